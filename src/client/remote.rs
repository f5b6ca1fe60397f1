//! The link to an engine in another process, over its API; the stop has a way of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, mpsc};

use super::http::Http;
use super::stop::Stop;
use super::target::Target;
use super::{Call, Link, Problem, Stopped};
use crate::api::snapshot::tag;
use crate::core::Name;
use crate::snapshot::Snapshot;

/// Between two snapshots at least.
const POLL: Duration = Duration::from_millis(250);
/// Requests that may wait.
const WAITING: usize = 64;

/// One request and its answer.
///
/// # Errors
/// What the API says, or code `ENGINE_UNREACHABLE`.
pub fn call(target: &Target, call: &Call) -> Result<Value, Problem> {
    runtime()?.block_on(async { Http::to(target)?.send(call).await })
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), "try again"))
}

/// A link for a console in another process. Requests and snapshots go over the API; the stop goes
/// over a connection kept open for it alone.
pub struct RemoteLink {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
    stop: Stop,
}

struct Job {
    call: Call,
    answer: SyncSender<Result<Value, Problem>>,
}

struct Shared {
    latest: Mutex<Arc<Snapshot>>,
    wanted: Notify,
    connected: AtomicBool,
}

impl Shared {
    fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RemoteLink {
    /// Connects and fetches a first snapshot. Presses of the stop are journaled as `who`'s.
    ///
    /// # Errors
    /// Nobody answers there.
    pub fn connect(target: &Target, who: Name) -> Result<Self, Problem> {
        let runtime = runtime()?;
        let http = Arc::new(Http::to(target)?);
        let first = runtime.block_on(http.send(&Call::get("snapshot")))?;
        let first: Snapshot = serde_json::from_value(first).map_err(|error| {
            let hint = "use the same version on both sides";
            Problem::new(0, "ANSWER_GARBLED", error.to_string(), hint)
        })?;
        let shared = Arc::new(Shared {
            latest: Mutex::new(Arc::new(first)),
            wanted: Notify::new(),
            connected: AtomicBool::new(true),
        });
        let (jobs, waiting) = mpsc::channel(WAITING);
        let work = work(Arc::clone(&http), Arc::clone(&shared), waiting);
        thread::Builder::new()
            .name("link".into())
            .spawn(move || runtime.block_on(work))
            .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), ""))?;
        let stop = Stop::to(target, who)?;
        Ok(Self { jobs, shared, stop })
    }
}

impl RemoteLink {
    /// Says that the console was left, so that the engine does not take it for lost.
    pub fn leave(&self) {
        self.stop.leave();
    }
}

/// Answers jobs and fetches snapshots until the link is dropped.
async fn work(http: Arc<Http>, shared: Arc<Shared>, mut jobs: mpsc::Receiver<Job>) {
    let polling = tokio::spawn(poll(Arc::clone(&http), shared));
    while let Some(Job { call, answer }) = jobs.recv().await {
        let http = Arc::clone(&http);
        tokio::spawn(async move {
            // Whoever asked may have gone.
            let _ = answer.send(http.send(&call).await);
        });
    }
    polling.abort();
}

async fn poll(http: Arc<Http>, shared: Arc<Shared>) {
    loop {
        shared.wanted.notified().await;
        let next = tokio::time::Instant::now() + POLL;
        let mut call = Call::get("snapshot");
        call.query = vec![("after".into(), tag(&shared.latest()))];
        let fetched = http.send(&call).await;
        shared.connected.store(fetched.is_ok(), Ordering::Release);
        if let Ok(snapshot) = fetched.map(serde_json::from_value::<Snapshot>)
            && let Ok(snapshot) = snapshot
        {
            *shared.latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        }
        tokio::time::sleep_until(next).await;
    }
}

impl Link for RemoteLink {
    fn call(&self, call: Call) -> Result<Value, Problem> {
        let (answer, answered) = sync_channel(1);
        self.jobs
            .try_send(Job { call, answer })
            .map_err(|_| Problem::unreachable("too many requests wait for an answer"))?;
        let gone = |_| Problem::unreachable("the link was closed");
        answered.recv().map_err(gone)?
    }

    fn latest(&self) -> Arc<Snapshot> {
        self.shared.latest()
    }

    fn want(&self) {
        self.shared.wanted.notify_one();
    }

    fn stop(&self, reason: &str) -> Result<Stopped, Problem> {
        self.stop.press(reason)
    }

    fn stop_linked(&self) -> bool {
        self.stop.is_linked()
    }

    fn connected(&self) -> bool {
        self.shared.connected.load(Ordering::Acquire)
    }
}
