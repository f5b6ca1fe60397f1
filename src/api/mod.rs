//! What can be asked of an engine, transport left aside: one dispatch for the console inside the
//! process, for the socket, and for a state folder nobody runs on.
//!
//! A request is text in and a document out. Roles are checked here, bodies are typed here, refusals
//! of the core become problems here. What must not come in: rules of trading, anything that decides.

mod activities;
mod agents;
mod alarms;
mod alerts;
mod answer;
mod approvals;
mod ask;
mod audit;
mod body;
mod conflicts;
mod content;
mod coordinator;
mod cycles;
mod data;
mod denied;
mod desk;
mod events;
pub(crate) mod exact;
mod executed;
mod explain;
mod held;
mod idempotency;
mod list;
mod mail;
mod messages;
mod openapi;
mod orders;
mod past;
mod portfolio;
mod positions;
mod problem;
mod reconcile;
mod reload;
mod request;
mod research;
mod reservations;
mod risk;
mod route;
mod routes;
pub mod server;
mod services;
pub(crate) mod snapshot;
mod steps;
mod strategies;
mod stream;
mod telemetry;
mod token;
mod tokens;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use answer::Answer;
pub use desk::{Desk, Folder};
pub use request::{Caller, Request, Role};
pub use server::{Bounds, Doors, OpenError, Server, Tcp, open, serve, serve_within, tls};
pub use stream::Limits;

use crate::client::{Call, Problem};
use crate::core::Time;
use crate::snapshot::Snapshot;
use ask::Ask;
use idempotency::Keys;
use request::Pass;
use routes::{Found, Handler};
use steps::Stepped;

/// How long a read waits for a snapshot that is newer than the request.
const FRESH: Duration = Duration::from_millis(100);
/// A snapshot this young is shown as it is, milliseconds of wall time.
const YOUNG_MS: i64 = 50;
/// How long a change waits for a snapshot that shows it.
const SHOWN: Duration = Duration::from_secs(2);

/// The API of one engine, or of a state folder.
pub struct Api {
    desk: Box<dyn Desk>,
    state_dir: PathBuf,
    keys: Keys,
    past: past::Past,
    /// The last record that somebody was told of here: no read shows less.
    told: AtomicU64,
    streams: stream::Counts,
    /// Event streams that are open.
    watched: AtomicU64,
    denials: Mutex<denied::Denials>,
    /// Held by whoever reads the data of a run: one at a time has it in memory.
    reading: Mutex<()>,
}

impl Api {
    /// The API before `desk`, whose state lies in `state_dir`.
    pub fn new(desk: impl Desk + 'static, state_dir: &Path) -> Self {
        Self {
            desk: Box::new(desk),
            state_dir: state_dir.to_owned(),
            keys: Keys::default(),
            past: past::Past::default(),
            told: AtomicU64::new(0),
            streams: stream::Counts::default(),
            watched: AtomicU64::new(0),
            denials: Mutex::default(),
            reading: Mutex::new(()),
        }
    }

    /// Where its requests are carried out.
    pub fn desk(&self) -> &dyn Desk {
        &*self.desk
    }

    /// Event streams that are open.
    pub fn event_streams(&self) -> u64 {
        self.watched.load(Ordering::Acquire)
    }

    /// Answers a call from within the process; it blocks until what it changes is durable.
    pub fn dispatch(&self, who: &Caller, call: &Call) -> Answer {
        let body = match &call.body {
            serde_json::Value::Null => String::new(),
            body => body.to_string(),
        };
        self.answer(&Request {
            who: *who,
            method: call.method,
            path: &call.path,
            query: &call.query,
            body: &body,
            key: call.key.as_deref(),
        })
    }

    /// Answers a request; it blocks until what it changes is durable.
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        let route = match route(request) {
            Ok(route) => route,
            Err(problem) => return self.refused(request, problem).into(),
        };
        let ask = self.ask(request, &route);
        let run = || {
            let given = match route.handler {
                Handler::Whole(handler) => handler(&ask),
                Handler::Steps(handler) => self.walk(request.who, handler(&ask)),
            };
            given.unwrap_or_else(Answer::from)
        };
        match request.key {
            Some(key) if route.keyed => self.keys.once(request, key, run),
            _ => run(),
        }
    }

    /// The first step of a request, without waiting for anything; none where its answer has to be
    /// waited for.
    fn begin(&self, request: &Request<'_>) -> Option<Stepped> {
        let route = match route(request) {
            Ok(route) => route,
            Err(problem) => return Some(Err(self.refused(request, problem))),
        };
        match route.handler {
            Handler::Steps(handler) => Some(handler(&self.ask(request, &route))),
            Handler::Whole(_) => None,
        }
    }

    fn ask<'a>(&'a self, request: &'a Request<'a>, route: &'a Found<'a>) -> Ask<'a> {
        Ask {
            api: self,
            request,
            captured: &route.captured,
        }
    }

    /// Who has this token, and what they may do with it.
    ///
    /// # Errors
    /// 401: nobody has it.
    fn bearer(&self, token: &str) -> Result<Pass, Problem> {
        let hash = token::hash(token);
        let holder = self.desk.token_of(&hash).ok_or_else(|| {
            let hint = "the last one of a name counts: an agent registers anew, POST /api/v1/agents; \
                        anybody else asks for one, `pilothouse token add NAME`";
            problem::unauthenticated("nobody has this token", hint)
        })?;
        Ok(Pass {
            who: Caller {
                name: holder.name,
                role: Role::of(holder.access),
                origin: None,
            },
            token: Some(hash),
        })
    }

    /// A snapshot that shows whatever somebody was told of here, and is as good as new.
    fn snapshot(&self) -> Arc<Snapshot> {
        let mut snapshot = self.newer();
        // A stop that came past the API is seen as soon as it is engaged, not a beat later.
        let deadline = Instant::now() + SHOWN;
        while let Some(seen) = self.desk.gate().map(crate::gate::Gate::observe) {
            let shown = snapshot.status.hardstop.as_ref().map_or(0, |h| h.epoch);
            let left = deadline.saturating_duration_since(Instant::now());
            if !seen.closed || shown >= seen.epoch || left.is_zero() {
                break;
            }
            snapshot = self.desk.fresh(left);
        }
        snapshot
    }

    fn newer(&self) -> Arc<Snapshot> {
        let snapshot = self.desk.latest();
        let age_ms = wall_now() - snapshot.built_at;
        let young = (0..=YOUNG_MS).contains(&age_ms);
        if young && snapshot.status.seq >= self.told.load(Ordering::Acquire) {
            return snapshot;
        }
        let snapshot = self.desk.fresh(FRESH);
        match self.told.load(Ordering::Acquire) {
            told if snapshot.status.seq < told => self.shown(told),
            _ => snapshot,
        }
    }

    /// A snapshot that shows record `seq`, or the last one where the engine takes too long.
    fn shown(&self, seq: u64) -> Arc<Snapshot> {
        let deadline = Instant::now() + SHOWN;
        let mut snapshot = self.desk.latest();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if snapshot.status.seq >= seq || left.is_zero() {
                return snapshot;
            }
            snapshot = self.desk.fresh(left);
        }
    }

    fn journal_dir(&self) -> PathBuf {
        self.state_dir.join("journal")
    }
}

/// The route of a request, whose role it is for.
fn route<'a>(request: &Request<'a>) -> Result<Found<'a>, Problem> {
    let found = routes::find(request)?;
    if request.who.role < found.needs {
        return Err(problem::forbidden(request.who.role, found.needs));
    }
    Ok(found)
}

fn wall_now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time(since.map_or(0, |s| i64::try_from(s.as_millis()).unwrap_or(i64::MAX)))
}

/// The problem of a thing that is not there.
fn unknown(what: &str, id: &str) -> Problem {
    Problem::new(
        404,
        &format!("{}_UNKNOWN", what.to_ascii_uppercase()),
        format!("there is no {what} {id:?}"),
        "what ended long ago is no longer in memory; the journal keeps it: `pilothouse explain ID`",
    )
}

#[cfg(test)]
mod tests;
