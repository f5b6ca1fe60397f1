//! Under systemd: ready when trading state is up, alive while the engine's loop turns, stopping, and
//! a line of status. Where nobody gave a socket, nothing is told.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::engine::EngineHandle;
use crate::gate::{Heartbeat, monotonic_ms};
use crate::snapshot::Snapshot;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Between two lines of status that differ in figures alone, milliseconds.
const STATUS_MS: u64 = 5_000;
/// Between two snapshots that are asked for, milliseconds.
const FRESH_MS: u64 = 1_000;
/// Signs of life in the time after which the manager gives up.
const PINGS: u64 = 3;

/// What the manager is told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Say {
    Ready,
    Alive,
    Stopping,
    Status(String),
}

/// What there is to tell.
struct Seen {
    now_ms: u64,
    /// What hangs in the engine, where something does.
    hangs: Option<String>,
    stopping: bool,
    /// State of trading and figures, in words.
    state: &'static str,
    figures: String,
}

/// What has been told.
#[derive(Default)]
struct Told {
    ready: bool,
    stopping: bool,
    alive_at: Option<u64>,
    status: Option<(u64, String)>,
}

impl Told {
    /// What to tell now. A sign of life is every `ping_ms`, and only of an engine that turns.
    fn due(&mut self, seen: &Seen, ping_ms: Option<u64>) -> Vec<Say> {
        let mut say = Vec::new();
        if !std::mem::replace(&mut self.ready, true) {
            say.push(Say::Ready);
        }
        if seen.stopping && !std::mem::replace(&mut self.stopping, true) {
            say.push(Say::Stopping);
        }
        let over = |at: Option<u64>, ms| at.is_none_or(|at| seen.now_ms.saturating_sub(at) >= ms);
        if let Some(ping_ms) = ping_ms
            && seen.hangs.is_none()
            && over(self.alive_at, ping_ms)
        {
            self.alive_at = Some(seen.now_ms);
            say.push(Say::Alive);
        }
        let (word, line) = match (&seen.hangs, seen.stopping) {
            (Some(why), _) => ("not responding", format!("NOT RESPONDING: {why}")),
            (None, true) => ("stopping", format!("stopping, {}", seen.figures)),
            (None, false) => (seen.state, format!("{}, {}", seen.state, seen.figures)),
        };
        let known = self.status.as_ref();
        let same = known.is_some_and(|(_, known)| known == word);
        if !same || over(known.map(|(at, _)| *at), STATUS_MS) {
            self.status = Some((seen.now_ms, word.to_owned()));
            say.push(Say::Status(line));
        }
        say
    }
}

/// The thread that tells. It ends when this is dropped.
pub struct Service {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Whether somebody wants to be told.
    pub fn is_wanted() -> bool {
        std::env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty())
    }

    /// Says that a start is on its way.
    pub fn starting() {
        if Self::is_wanted() {
            tell(&[Say::Status("recovering".into())]);
        }
    }

    /// Tells from now on that the engine is ready and how it fares; silence of its heart for longer
    /// than `limit` is no life.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn ready(
        handle: &EngineHandle,
        heart: Arc<Heartbeat>,
        limit: Duration,
    ) -> io::Result<Option<Self>> {
        if !Self::is_wanted() {
            return Ok(None);
        }
        let ping_ms =
            sd_notify::watchdog_enabled().map(|limit| (milliseconds(limit) / PINGS).max(1));
        let end = Arc::new(AtomicBool::new(false));
        let (ending, handle) = (Arc::clone(&end), handle.clone());
        let thread = std::thread::Builder::new()
            .name("service".into())
            .spawn(move || {
                let look = LOOK.min(Duration::from_millis(ping_ms.unwrap_or(u64::MAX)));
                let mut told = Told::default();
                let mut wanted_at = None;
                while !ending.load(Ordering::Acquire) {
                    let seen = seen(&handle, &heart, limit);
                    if wanted_at.is_none_or(|at| seen.now_ms.saturating_sub(at) >= FRESH_MS) {
                        // For the next looks: the engine builds none that nobody wants.
                        handle.want();
                        wanted_at = Some(seen.now_ms);
                    }
                    tell(&told.due(&seen, ping_ms));
                    std::thread::park_timeout(look);
                }
            })?;
        Ok(Some(Self {
            end,
            thread: Some(thread),
        }))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn seen(handle: &EngineHandle, heart: &Heartbeat, limit: Duration) -> Seen {
    let now_ms = monotonic_ms();
    let shown = handle.latest();
    Seen {
        now_ms,
        hangs: heart.overdue(now_ms, milliseconds(limit)),
        stopping: handle.is_stopping(),
        state: shown.status.state.as_str(),
        figures: figures(&shown),
    }
}

fn figures(shown: &Snapshot) -> String {
    let status = &shown.status;
    let open = shown.positions.items.iter().filter(|p| p.status == "open");
    format!(
        "{}, record {}, open positions {}, alarms {}",
        status.mode,
        status.seq,
        open.count(),
        shown.alarms.len()
    )
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn tell(say: &[Say]) {
    if say.is_empty() {
        return;
    }
    let states: Vec<_> = say
        .iter()
        .map(|say| match say {
            Say::Ready => NotifyState::Ready,
            Say::Alive => NotifyState::Watchdog,
            Say::Stopping => NotifyState::Stopping,
            Say::Status(line) => NotifyState::Status(line),
        })
        .collect();
    if let Err(error) = sd_notify::notify(&states) {
        tracing::debug!("the service manager is not told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(now_ms: u64) -> Seen {
        Seen {
            now_ms,
            hangs: None,
            stopping: false,
            state: "running",
            figures: format!("record {now_ms}"),
        }
    }

    fn status(line: &str) -> Say {
        Say::Status(line.into())
    }

    #[test]
    fn ready_is_told_once_life_in_its_time_and_figures_now_and_then() {
        let mut told = Told::default();
        let first = told.due(&seen(0), Some(1_000));
        assert_eq!(first, [Say::Ready, Say::Alive, status("running, record 0")]);
        assert_eq!(told.due(&seen(999), Some(1_000)), []);
        assert_eq!(told.due(&seen(1_000), Some(1_000)), [Say::Alive]);
        let later = told.due(&seen(5_000), Some(1_000));
        assert_eq!(later, [Say::Alive, status("running, record 5000")]);
        let paused = Seen {
            state: "paused",
            ..seen(5_100)
        };
        let changed = told.due(&paused, Some(1_000));
        assert_eq!(changed, [status("paused, record 5100")], "at once");
    }

    #[test]
    fn an_engine_that_hangs_gives_no_sign_of_life_until_it_turns_again() {
        let mut told = Told::default();
        told.due(&seen(0), Some(100));
        let hung = |now_ms| Seen {
            hangs: Some("a sync runs".into()),
            ..seen(now_ms)
        };
        let line = status("NOT RESPONDING: a sync runs");
        assert_eq!(told.due(&hung(200), Some(100)), [line]);
        for now in (300..5_000).step_by(100) {
            assert_eq!(told.due(&hung(now), Some(100)), []);
        }
        assert!(told.due(&seen(5_000), Some(100)).contains(&Say::Alive));
    }

    #[test]
    fn stopping_is_told_once_and_without_a_watchdog_no_sign_of_life_is() {
        let mut told = Told::default();
        told.due(&seen(0), None);
        let ending = |now_ms| Seen {
            stopping: true,
            ..seen(now_ms)
        };
        let first = told.due(&ending(10), None);
        assert_eq!(first, [Say::Stopping, status("stopping, record 10")]);
        assert_eq!(told.due(&ending(20), None), []);
    }
}
