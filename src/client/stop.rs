//! The stop's own way to an engine elsewhere: a connection kept open for it alone, and looked at each
//! second.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::http::Http;
use super::target::Target;
use super::{Call, Problem, Stopped, remote};
use crate::core::Name;
use crate::gate::stop_socket::{Answer, StopLink, hardstop};

/// Between two looks at whether the stop gets through.
const PING: Duration = Duration::from_secs(1);
/// What a look may take on the network.
const LOOK: Duration = Duration::from_secs(3);
/// What a press may take to reach the gate where the open link is in use.
const PRESS: Duration = Duration::from_millis(500);
/// What a press may take on the network; the engine waits two seconds for its journaling. There are
/// two tries.
const TRY: Duration = Duration::from_secs(3);
/// Presses that may wait.
const PRESSES: usize = 16;

/// The stop's own connection, and the thread that looks after it.
pub(super) enum Stop {
    /// To `stop.sock`, which answers where the engine does not.
    Socket(Near),
    /// To the API, where nothing else is within reach.
    Url(Far),
}

impl Stop {
    /// Opens it. Over the socket presses are journaled as `who`'s; on the network they are the
    /// token's holder's.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(super) fn to(target: &Target, who: Name) -> Result<Self, Problem> {
        match target {
            Target::Socket(path) => Near::new(path.parent().unwrap_or(path), who).map(Self::Socket),
            Target::Url(_) => Far::new(Http::to(target)?).map(Self::Url),
        }
    }

    /// Engages HARDSTOP.
    ///
    /// # Errors
    /// The engine is out of reach.
    pub(super) fn press(&self, reason: &str) -> Result<Stopped, Problem> {
        match self {
            Self::Socket(near) => near.press(reason),
            Self::Url(far) => far.press(reason),
        }
    }

    /// Says that the console was left. On the network nobody counts consoles.
    pub(super) fn leave(&self) {
        if let Self::Socket(near) = self {
            let mut link = near.link.lock().unwrap_or_else(PoisonError::into_inner);
            link.leave();
        }
    }

    /// Whether a press would get through, as of the last look.
    pub(super) fn is_linked(&self) -> bool {
        let linked = match self {
            Self::Socket(near) => &near.linked,
            Self::Url(far) => &far.linked,
        };
        linked.load(Ordering::Acquire)
    }
}

/// The way over `stop.sock`.
pub(super) struct Near {
    dir: PathBuf,
    who: Name,
    link: Arc<Mutex<StopLink>>,
    linked: Arc<AtomicBool>,
    /// Dropped with the link, which ends the thread.
    _alive: Sender<()>,
}

impl Near {
    fn new(dir: &Path, who: Name) -> Result<Self, Problem> {
        let mut link = StopLink::of_console(dir, who);
        let linked = Arc::new(AtomicBool::new(link.ping()));
        let link = Arc::new(Mutex::new(link));
        let (alive, ended) = channel();
        let (theirs, flag) = (Arc::clone(&link), Arc::clone(&linked));
        spawn(move || look(&theirs, &flag, &ended))?;
        Ok(Self {
            dir: dir.to_owned(),
            who,
            link,
            linked,
            _alive: alive,
        })
    }

    fn press(&self, reason: &str) -> Result<Stopped, Problem> {
        // A ping that hangs must not keep a press waiting: it goes over a connection of its own.
        let pressed = match self.link.try_lock() {
            Ok(mut link) => link.engage(reason, |_| ()),
            Err(_) => hardstop(&self.dir, &self.who, reason, PRESS),
        };
        let Answer { latched, durable } =
            pressed.map_err(|error| Problem::unreachable(error.to_string()))?;
        Ok(Stopped {
            epoch: latched.epoch,
            already: latched.already,
            gate_us: latched.gate_us,
            durable_us: durable.durable_us,
            seq: durable.seq,
        })
    }
}

/// Pings each second, until the link is dropped.
fn look(link: &Mutex<StopLink>, linked: &AtomicBool, ended: &Receiver<()>) {
    let mut next = Instant::now() + PING;
    while let Err(RecvTimeoutError::Timeout) =
        ended.recv_timeout(next.saturating_duration_since(Instant::now()))
    {
        next = Instant::now() + PING;
        let answers = link.lock().unwrap_or_else(PoisonError::into_inner).ping();
        linked.store(answers, Ordering::Release);
    }
}

/// The way over the API, by a client and a thread of its own.
pub(super) struct Far {
    /// Dropped with the link, which ends the thread.
    presses: mpsc::Sender<Press>,
    linked: Arc<AtomicBool>,
}

struct Press {
    reason: String,
    answer: SyncSender<Result<Stopped, Problem>>,
}

impl Far {
    fn new(http: Http) -> Result<Self, Problem> {
        let runtime = remote::runtime()?;
        let linked = Arc::new(AtomicBool::new(runtime.block_on(is_within_reach(&http))));
        let (presses, pressed) = mpsc::channel(PRESSES);
        let flag = Arc::clone(&linked);
        spawn(move || runtime.block_on(keep(Arc::new(http), flag, pressed)))?;
        Ok(Self { presses, linked })
    }

    fn press(&self, reason: &str) -> Result<Stopped, Problem> {
        let (answer, answered) = sync_channel(1);
        let press = Press {
            reason: reason.to_owned(),
            answer,
        };
        let gone = || Problem::unreachable("the link was closed");
        match self.presses.try_send(press) {
            Ok(()) => answered.recv().map_err(|_| gone())?,
            Err(mpsc::error::TrySendError::Full(_)) => Err(Problem::unreachable(
                "the presses before this one still wait",
            )),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(gone()),
        }
    }
}

/// Carries presses over at once and looks each second, until the link is dropped.
async fn keep(http: Arc<Http>, linked: Arc<AtomicBool>, mut presses: mpsc::Receiver<Press>) {
    let theirs = Arc::clone(&http);
    let looking = tokio::spawn(async move {
        let mut each = interval(PING);
        each.set_missed_tick_behavior(MissedTickBehavior::Delay);
        each.reset();
        loop {
            each.tick().await;
            linked.store(is_within_reach(&theirs).await, Ordering::Release);
        }
    });
    while let Some(Press { reason, answer }) = presses.recv().await {
        let http = Arc::clone(&http);
        tokio::spawn(async move {
            // Whoever pressed may have gone.
            let _ = answer.send(press(&http, &reason, TRY).await);
        });
    }
    looking.abort();
}

async fn is_within_reach(http: &Http) -> bool {
    timeout(LOOK, http.lives()).await.unwrap_or(false)
}

/// A press; once more where the connection turns out to be gone: a second one changes nothing.
async fn press(http: &Http, reason: &str, limit: Duration) -> Result<Stopped, Problem> {
    let call = Call::post("coordinator/hardstop", json!({ "reason": reason }));
    let answered = match within(limit, http.send(&call)).await {
        Err(problem) if problem.code == super::UNREACHABLE => within(limit, http.send(&call)).await,
        answered => answered,
    };
    serde_json::from_value(answered?).map_err(|error| {
        let hint = "use the same version on both sides";
        Problem::new(0, "ANSWER_GARBLED", error.to_string(), hint)
    })
}

/// An answer, or the word that none came in time: whoever pressed has to look for another way.
async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    timeout(limit, answer).await.unwrap_or_else(|_| {
        let message = format!("no answer to the stop within {} s", limit.as_secs_f32());
        Err(Problem::unreachable(message))
    })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), Problem> {
    let thread = thread::Builder::new().name("stop-link".into());
    match thread.spawn(work) {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::new(0, "CLIENT_FAILED", error.to_string(), "")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::target::Remote;
    use super::*;

    #[test]
    fn a_network_that_swallows_everything_is_told_of_soon() {
        // Connections are taken by the kernel, and nobody ever answers.
        let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", deaf.local_addr().unwrap());
        let remote = Remote::new(&url, None, Some("token".into())).unwrap();
        let http = Http::to(&Target::Url(remote)).unwrap();
        let pressed = press(&http, "fire", Duration::from_millis(50));
        let problem = remote::runtime().unwrap().block_on(pressed).unwrap_err();
        assert_eq!(problem.code, super::super::UNREACHABLE);
        assert!(problem.message.contains("within 0.05 s"), "{problem:?}");
    }
}
