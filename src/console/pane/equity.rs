//! The account over time: each minute of engine time a point.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Look;
use crate::console::axis::{self, Axis};
use crate::console::figures;
use crate::console::plot::{Level, Plot};
use crate::console::theme::Role;
use crate::snapshot::Snapshot;

/// The account's curve, with its peak and what the day began with across it: what lies above that is
/// the day's gain.
pub fn lines(look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    let account = &look.snapshot.account;
    let peak = Level {
        at: account.peak.to_f64().unwrap_or(f64::NAN),
        label: format!("peak {}", figures::money(account.peak)),
        role: Role::Quiet,
    };
    let day = Level {
        at: (account.equity - account.day_pnl)
            .to_f64()
            .unwrap_or(f64::NAN),
        label: format!("day {}", figures::signed(account.day_pnl)),
        role: role(account.day_pnl),
    };
    let to = look.snapshot.status.clock;
    let minutes = account.curve.len().saturating_sub(1) as i64;
    let plot = Plot {
        values: &account.curve,
        levels: &[peak, day],
        marks: &[],
        axis: Some(Axis {
            figure: axis::money,
            from: to.plus_s(-60 * minutes),
            to,
        }),
        role: role(account.day_pnl),
    };
    let lines = plot.lines(area.width.into(), area.height.into(), look.theme);
    if lines.is_empty() {
        return vec![Line::from(look.span(Role::Quiet, "  no curve yet"))];
    }
    lines
}

/// What it is worth, and what the day brought.
pub fn summary(snapshot: &Snapshot) -> String {
    let account = &snapshot.account;
    format!(
        "{} · day {} · {} minutes",
        figures::money(account.equity),
        figures::signed(account.day_pnl),
        account.curve.len()
    )
}

/// How a gain or a loss looks.
pub fn role(gain: Decimal) -> Role {
    match gain {
        gain if gain > Decimal::ZERO => Role::Good,
        gain if gain < Decimal::ZERO => Role::Warn,
        _ => Role::Normal,
    }
}
