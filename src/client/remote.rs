//! The link to an engine in another process, over its API; the stop has a way of its own.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::address::SocketPath;
use super::{Call, Link, Problem, Stopped};
use crate::api::snapshot::tag;
use crate::core::Name;
use crate::gate::stop_socket::{Answer, StopLink, hardstop};
use crate::snapshot::Snapshot;

/// What an answer may take: the engine's own limit is 35 s.
const TIMEOUT: Duration = Duration::from_secs(40);
/// Between two snapshots at least.
const POLL: Duration = Duration::from_millis(250);
/// Between two looks at whether the stop gets through.
const PING: Duration = Duration::from_secs(1);
/// What a press may take to reach the gate where the open link is in use.
const PRESS: Duration = Duration::from_millis(500);
/// Requests that may wait.
const WAITING: usize = 64;

/// Where an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At a socket, `control.sock` in its state folder.
    Socket(PathBuf),
    /// At a URL, such as `http://localhost:8080`.
    Url(String),
}

/// One request and its answer.
///
/// # Errors
/// What the API says, or code `ENGINE_UNREACHABLE`.
pub fn call(target: &Target, call: &Call) -> Result<Value, Problem> {
    runtime()?.block_on(async { Http::to(target)?.send(call).await })
}

fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), "try again"))
}

/// HTTP to one engine.
struct Http {
    client: reqwest::Client,
    base: String,
    /// Keeps the folder open that a long path leads through.
    _address: Option<SocketPath>,
}

impl Http {
    fn to(target: &Target) -> Result<Self, Problem> {
        let builder = reqwest::Client::builder().no_proxy().timeout(TIMEOUT);
        let (builder, base, address) = match target {
            Target::Url(url) => (builder, url.trim_end_matches('/').to_owned(), None),
            Target::Socket(path) => {
                let address = SocketPath::of(path).map_err(|error| {
                    Problem::unreachable(format!("{}: {error}", path.display()))
                })?;
                let builder = builder.unix_socket(address.path());
                (builder, "http://localhost".to_owned(), Some(address))
            }
        };
        Ok(Self {
            client: builder.build().map_err(|error| unreachable(&error))?,
            base,
            _address: address,
        })
    }

    async fn send(&self, call: &Call) -> Result<Value, Problem> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes())
            .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), ""))?;
        let url = format!("{}/api/v1/{}", self.base, call.path);
        let mut request = self.client.request(method, url).query(&call.query);
        if !call.body.is_null() {
            request = request.json(&call.body);
        }
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(actor) = &call.actor {
            request = request.header("X-Actor", actor.as_str());
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let lines = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-ndjson"));
        let bytes = response
            .bytes()
            .await
            .map_err(|error| unreachable(&error))?;
        read(status, &bytes, lines)
    }
}

/// A document, or the problem in it; a stream of lines becomes a list.
fn read(status: u16, bytes: &[u8], lines: bool) -> Result<Value, Problem> {
    let garbled = |error: serde_json::Error| {
        let hint = "is another program listening there?";
        Problem::new(status, "ANSWER_GARBLED", error.to_string(), hint)
    };
    let body = if bytes.is_empty() {
        Value::Null
    } else if lines {
        let items: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(bytes)
            .into_iter()
            .collect();
        json!({ "items": items.map_err(garbled)? })
    } else {
        serde_json::from_slice(bytes).map_err(garbled)?
    };
    crate::api::Answer::with(status, body).into_result()
}

/// Nobody answers, for the reason at the bottom of the errors.
fn unreachable(error: &reqwest::Error) -> Problem {
    let mut deepest: &dyn Error = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    Problem::unreachable(format!("no engine answers: {deepest}"))
}

/// A link for a console in another process. Requests and snapshots go over the API; the stop goes
/// over a connection kept open to `stop.sock` for it alone.
pub struct RemoteLink {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
    stop: Option<Stop>,
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
        let stop = match target {
            Target::Socket(path) => path.parent().map(|dir| Stop::new(dir, who)).transpose()?,
            Target::Url(_) => None,
        };
        Ok(Self { jobs, shared, stop })
    }
}

impl RemoteLink {
    /// Says that the console was left, so that the engine does not take it for lost.
    pub fn leave(&self) {
        if let Some(stop) = &self.stop {
            let mut link = stop.link.lock().unwrap_or_else(PoisonError::into_inner);
            link.leave();
        }
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
        match &self.stop {
            Some(stop) => stop.press(reason),
            None => {
                let call = Call::post("coordinator/hardstop", json!({ "reason": reason }));
                let answer = self.call(call)?;
                serde_json::from_value(answer)
                    .map_err(|error| Problem::new(0, "ANSWER_GARBLED", error.to_string(), ""))
            }
        }
    }

    fn stop_linked(&self) -> bool {
        match &self.stop {
            Some(stop) => stop.linked.load(Ordering::Acquire),
            None => self.connected(),
        }
    }

    fn connected(&self) -> bool {
        self.shared.connected.load(Ordering::Acquire)
    }
}

/// The stop's own connection, and the thread that looks after it.
struct Stop {
    dir: PathBuf,
    who: Name,
    link: Arc<Mutex<StopLink>>,
    linked: Arc<AtomicBool>,
    /// Dropped with the link, which ends the thread.
    _alive: Sender<()>,
}

impl Stop {
    fn new(dir: &Path, who: Name) -> Result<Self, Problem> {
        let mut link = StopLink::of_console(dir, who);
        let linked = Arc::new(AtomicBool::new(link.ping()));
        let link = Arc::new(Mutex::new(link));
        let (alive, ended) = channel();
        let (theirs, flag) = (Arc::clone(&link), Arc::clone(&linked));
        thread::Builder::new()
            .name("stop-link".into())
            .spawn(move || look(&theirs, &flag, &ended))
            .map_err(|error| Problem::new(0, "CLIENT_FAILED", error.to_string(), ""))?;
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
