//! Who pressed the stop, how and why: kept for the core, and never in the way of the closing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use crate::core::{Name, Origin};

/// Presses whose text is kept until the core takes it.
const SLOTS: usize = 64;
/// Bytes of a reason that are kept.
const REASON_BYTES: usize = 512;

/// One press of the stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// Who pressed.
    pub by: Name,
    /// By which way it came.
    pub how: How,
    /// Why, in the presser's words; the gate keeps the first 512 bytes.
    pub reason: String,
}

/// The ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The stop key, read as a key.
    Key,
    /// SIGQUIT, which the stop key raises in the kernel.
    Signal,
    /// `stop.sock`.
    Socket,
    /// A sentinel left by another process.
    Sentinel,
    /// A limit of the organisation, such as its daily loss.
    Limit,
    /// The core or a sync hung.
    Watchdog,
    /// The last console was lost without having been left.
    ConsoleLost,
    /// A request over the API, and from where it came.
    Request(Option<Origin>),
}

impl How {
    /// The word used in the journal and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Signal => "signal",
            Self::Socket => "socket",
            Self::Sentinel => "sentinel",
            Self::Limit => "limit",
            Self::Watchdog => "watchdog",
            Self::ConsoleLost => "console lost",
            Self::Request(_) => "request",
        }
    }

    /// From where it came, as the journal has it; none for what the engine found itself.
    pub fn origin(self) -> Option<Origin> {
        let word = match self {
            Self::Key => "console",
            Self::Signal => "signal",
            Self::Socket => "stop.sock",
            Self::Sentinel => "sentinel",
            Self::Limit | Self::Watchdog | Self::ConsoleLost => return None,
            Self::Request(origin) => return origin,
        };
        Some(word.parse().expect("a built-in origin"))
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A slot each for the presses not yet taken. A presser takes the first slot that is free and
/// unlocked at that instant, so that none ever waits for another, or for the reader.
pub(super) struct PressSlots {
    slots: [Mutex<Option<(u64, Press)>>; SLOTS],
    ticket: AtomicU64,
    dropped: AtomicU64,
}

impl PressSlots {
    pub(super) fn new() -> Self {
        Self {
            slots: [const { Mutex::new(None) }; SLOTS],
            ticket: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    pub(super) fn put(&self, mut press: Press) {
        let end = press.reason.floor_char_boundary(REASON_BYTES);
        press.reason.truncate(end);
        let ticket = self.ticket.fetch_add(1, Ordering::Relaxed);
        for slot in &self.slots {
            let mut slot = match slot.try_lock() {
                Ok(slot) => slot,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            if slot.is_none() {
                *slot = Some((ticket, press));
                return;
            }
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// What was put since last taken, in the order of pressing.
    pub(super) fn take(&self) -> Vec<Press> {
        let mut taken: Vec<_> = self
            .slots
            .iter()
            .filter_map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take())
            .collect();
        taken.sort_by_key(|(ticket, _)| *ticket);
        taken.into_iter().map(|(_, press)| press).collect()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(reason: String) -> Press {
        Press {
            by: "tester".parse().unwrap(),
            how: How::Key,
            reason,
        }
    }

    #[test]
    fn a_press_says_from_where_it_came() {
        let far: Origin = "tcp:192.0.2.7:40312 token".parse().unwrap();
        let word = |how: How| how.origin().map(|o| o.to_string());
        assert_eq!(word(How::Request(Some(far))), Some(far.to_string()));
        assert_eq!(word(How::Key), Some("console".into()));
        assert_eq!(word(How::Signal), Some("signal".into()));
        assert_eq!(word(How::Socket), Some("stop.sock".into()));
        assert_eq!(word(How::Watchdog), None);
        assert_eq!(word(How::ConsoleLost), None);
    }

    #[test]
    fn presses_come_back_in_order_and_what_does_not_fit_is_counted() {
        let slots = PressSlots::new();
        for n in 0..SLOTS + 3 {
            slots.put(press(n.to_string()));
        }
        let reasons: Vec<_> = slots.take().into_iter().map(|p| p.reason).collect();
        let expected: Vec<_> = (0..SLOTS).map(|n| n.to_string()).collect();
        assert_eq!((reasons, slots.dropped()), (expected, 3));
        assert!(slots.take().is_empty());
    }

    #[test]
    fn a_slot_somebody_holds_is_passed_over() {
        let slots = PressSlots::new();
        let held = slots.slots[0].lock().unwrap();
        slots.put(press("not kept waiting".into()));
        drop(held);
        assert_eq!(slots.take().len(), 1);
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let slots = PressSlots::new();
        slots.put(press("ä".repeat(REASON_BYTES)));
        assert_eq!(slots.take()[0].reason.len(), REASON_BYTES);
        slots.put(press(format!("a{}", "ä".repeat(REASON_BYTES))));
        assert_eq!(slots.take()[0].reason.len(), REASON_BYTES - 1);
    }
}
