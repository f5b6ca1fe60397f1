//! A channel: an outbox, the courier that empties it, and how both fare.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::courier::{Came, Courier};
use super::kind::{AlertKind, Severity};
use super::letter::{Alert, Letter};
use super::outbox::{Next, Outbox, Rules};
use crate::core::Time;
use crate::snapshot::{AlertChannelRow, AlertTestRow};

/// How the engine signs its messages.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// Which engine.
    pub engine: String,
    /// `paper` or `live`.
    pub mode: String,
}

/// A channel and all that waits for it.
pub struct Channel {
    name: String,
    outbox: Mutex<Outbox>,
    bell: Notify,
    /// Who carries its messages; or why nobody can.
    courier: Result<Box<dyn Courier>, String>,
    born: Instant,
}

impl Channel {
    /// A channel of this name. One without a courier takes nothing, and says why.
    pub fn new(name: &str, rules: Rules, courier: Result<Box<dyn Courier>, String>) -> Self {
        Self {
            name: name.to_owned(),
            outbox: Mutex::new(Outbox::new(rules)),
            bell: Notify::new(),
            courier,
            born: Instant::now(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        // Every change is one of counts and whole messages: a panic leaves a usable box behind.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Takes an alert in; it waits for nobody.
    pub fn put(&self, alert: Alert, silent: bool) {
        if self.courier.is_ok() {
            self.outbox().put(alert, silent);
            self.bell.notify_one();
        }
    }

    /// Sends what waits until `end`, then what can go at once.
    pub async fn run(&self, sender: &Sender, end: &CancellationToken) {
        let Ok(courier) = &self.courier else { return };
        loop {
            let next = self.outbox().next(self.now_ms());
            let pause = match next {
                Next::Send(letter) => {
                    let came = deliver(&**courier, &letter, sender).await;
                    let came = came.error.map_or(Ok(()), Err);
                    self.outbox().done(letter, came, self.now_ms());
                    continue;
                }
                Next::Wait(_) | Next::Idle if end.is_cancelled() => return,
                Next::Wait(ms) => Duration::from_millis(ms),
                Next::Idle => Duration::MAX,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.bell.notified() => {}
                () = end.cancelled() => {}
            }
        }
    }

    /// Sends one message past all that waits, and says what came back.
    pub async fn test(&self, sender: &Sender, seq: u64, time: Time) -> AlertTestRow {
        let began = Instant::now();
        let letter = Letter::new(
            Alert {
                kind: AlertKind::Test,
                severity: Severity::Info,
                about: self.name.clone(),
                title: format!("Test of the channel {}", self.name),
                text: "Somebody tries whether messages arrive. Nothing has happened.".into(),
                seq,
                time,
            },
            false,
        );
        let came = match &self.courier {
            Ok(courier) => deliver(&**courier, &letter, sender).await,
            Err(why) => Came {
                status: None,
                error: Some(why.clone()),
            },
        };
        if came.error.is_none() {
            self.outbox().got_through();
            self.bell.notify_one();
        }
        AlertTestRow {
            channel: self.name.clone(),
            ok: came.error.is_none(),
            status: came.status,
            elapsed_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            error: came.error,
        }
    }

    /// How it fares.
    pub fn row(&self) -> AlertChannelRow {
        let figures = self.outbox().figures();
        let (state, last_error) = match &self.courier {
            Ok(_) => (figures.state(), figures.last_error),
            Err(why) => ("unusable", Some(why.clone())),
        };
        AlertChannelRow {
            channel: self.name.clone(),
            state: state.into(),
            queued: figures.queued,
            sent: figures.sent,
            failed: figures.failed,
            dropped: figures.dropped,
            last_error,
        }
    }
}

async fn deliver(courier: &dyn Courier, letter: &Letter, sender: &Sender) -> Came {
    let document = letter.document(&sender.engine, &sender.mode);
    courier.deliver(&document).await
}
