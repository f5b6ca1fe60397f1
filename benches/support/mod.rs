//! What the whole-system benchmarks share.
#![allow(dead_code)] // each benchmark takes what it needs

use std::path::Path;
use std::time::Duration;

use pilothouse::config::Config;
use pilothouse::core::reservation::{Class, ReserveItem, Resource};
use pilothouse::core::{Command, Name};
use pilothouse::engine::{Engine, FeedChoice, Options};
use rust_decimal::Decimal;

/// An engine without a market.
pub fn engine(dir: &Path) -> Engine {
    Engine::start(Options {
        state_dir: dir.to_owned(),
        config: Config::default(),
        feed: FeedChoice::Idle,
        speed: None,
        seed: 1,
        symbol: None,
        exit_at_end: false,
        accept_loss: None,
        views: false,
    })
    .expect("an engine starts on an empty folder")
}

/// One cent of capital for a second: it always fits and goes by itself.
pub fn cent() -> Command {
    Command::Reserve {
        items: vec![ReserveItem {
            resource: Resource::Capital,
            class: Some(Class::Paper),
            amount: Decimal::new(1, 2),
            purpose: "paper".into(),
            ttl_s: Some(1),
            agent: None,
            strategy: None,
            sharpe: None,
        }],
        key: None,
        wait: false,
    }
}

/// Who asks.
pub fn who() -> Name {
    "operator".parse().expect("a name")
}

/// The p-th part of sorted durations.
pub fn percentile(sorted: &[Duration], p: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted[((last as f64) * p).round() as usize]
}
