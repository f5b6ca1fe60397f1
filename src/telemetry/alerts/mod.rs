//! Alerts: messages to people about what the journal holds.
//!
//! [`Watch`] puts into words what a record says, once it is durable: who restarts sees nothing old
//! again. What no record says, because it is measured by the wall clock or is the end of the watch
//! itself, the engine tells ([`Alert::unprotected`], [`Alert::watch_ended`]). [`Alerts`] is where messages go: to the log, and into the outbox of each channel, which a
//! thread of its own empties. Whoever raises an alert waits for nobody, every queue is bounded, and
//! what is lost is counted.
//!
//! What must not come in: anything that decides, and secrets in words.

mod channel;
mod courier;
mod found;
mod kind;
mod letter;
mod log;
mod outbox;
mod pace;
mod post;
mod watch;
mod words;

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use channel::{Channel, Sender};
pub use courier::{Came, Coming, Courier, Http};
pub use kind::{AlertKind, Severity};
pub use letter::{Alert, Document, Letter};
pub use outbox::{Figures, Next, Outbox, Rules};
pub use post::Post;
pub use watch::Watch;

use log::AlertLog;

use crate::config::{self, Ring};
use crate::core::Time;
use crate::snapshot::{AlertChannelRow, AlertTestRow};

/// Longest wait for what comes back of a test: longer than any channel's timeout.
const TEST: Duration = Duration::from_secs(32);

/// Where alerts go; a clone is the same.
#[derive(Clone)]
pub struct Alerts(Arc<Inner>);

struct Inner {
    rings: config::Alerts,
    sender: Sender,
    channels: Vec<Arc<Channel>>,
    log: Mutex<AlertLog>,
    /// Of the thread that empties the outboxes; none where there is no channel.
    runtime: Option<tokio::runtime::Handle>,
}

impl Alerts {
    fn new(
        rings: config::Alerts,
        sender: Sender,
        channels: Vec<Arc<Channel>>,
        runtime: Option<tokio::runtime::Handle>,
    ) -> Self {
        Self(Arc::new(Inner {
            rings,
            sender,
            channels,
            log: Mutex::default(),
            runtime,
        }))
    }

    /// Writes an alert to the log and hands it to every channel.
    pub fn tell(&self, alert: &Alert) {
        // It holds a pace and a count: a panic leaves both usable.
        let log = self.0.log.lock();
        log.unwrap_or_else(PoisonError::into_inner).write(alert);
        self.raise(alert);
    }

    /// Hands an alert to every channel, as loud as its kind is.
    pub fn raise(&self, alert: &Alert) {
        let silent = match alert.kind.ring(&self.0.rings) {
            Ring::Off => return,
            ring => ring == Ring::Silent,
        };
        for channel in &self.0.channels {
            channel.put(alert.clone(), silent);
        }
    }

    /// How the channels fare, by name.
    pub fn rows(&self) -> Vec<AlertChannelRow> {
        self.0.channels.iter().map(|c| c.row()).collect()
    }

    /// Tries the named channel, or all of them, and waits for what comes back: 32 s at most. None
    /// where there is no such channel. Record and engine time are those of the message.
    pub fn test(&self, named: Option<&str>, seq: u64, time: Time) -> Option<Vec<AlertTestRow>> {
        let named = |c: &&Arc<Channel>| named.is_none_or(|name| c.name() == name);
        let channels: Vec<_> = self.0.channels.iter().filter(named).cloned().collect();
        let runtime = self.0.runtime.as_ref().filter(|_| !channels.is_empty())?;
        let mut tried = Vec::new();
        for channel in channels {
            let (told, hears) = sync_channel(1);
            let (inner, tested) = (Arc::clone(&self.0), Arc::clone(&channel));
            runtime.spawn(async move {
                // Nobody listens any more where it took too long.
                let _ = told.try_send(tested.test(&inner.sender, seq, time).await);
            });
            tried.push((channel, hears));
        }
        let heard = tried.into_iter().map(|(channel, hears)| {
            hears.recv_timeout(TEST).unwrap_or_else(|_| AlertTestRow {
                channel: channel.name().to_owned(),
                ok: false,
                status: None,
                elapsed_ms: u64::try_from(TEST.as_millis()).unwrap_or(u64::MAX),
                error: Some("no answer; the engine may be ending".into()),
            })
        });
        Some(heard.collect())
    }
}
