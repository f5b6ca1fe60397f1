//! `GET events`: the journal as server-sent events, one a line of the audit, from a place on and
//! then as it is written.
//!
//! Only what is durable is sent. Every event has an id to go on from, so that a reader who comes
//! back, to this engine or to the next one on the folder, misses nothing and sees nothing twice.
//! What waits for a reader is bounded: who does not take it is cut, and told so last.

mod frame;
mod place;
mod tail;
mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use tokio::sync::mpsc;

use super::ask::Ask;
use super::audit::{Filter, Mark};
use super::openapi::{Param, Words};
use super::problem;
use super::request::{Pass, Request};
use super::routes::Given;
use super::stream::{Limits, one_more};
use super::{Api, route};
use crate::client::Problem;
use crate::engine::EngineError;
use place::Place;
use tail::Tail;
use writer::Writer;

/// Below `/api/v1/`.
pub(super) const PATH: &str = "events";
/// Chunks that may wait for a reader; one more place is kept for the last word.
const CHUNKS: usize = 8;

pub(super) const STREAM: Words = Words::of(
    "What happens, as a stream of server-sent events: a line of the audit each, from now on, or from \
     where `Last-Event-ID` or `since` says.",
)
.query(&[
    Param::text("since", "From this record or this RFC 3339 time on."),
    Param::text("after", "From behind the event with this id, as `Last-Event-ID`."),
    Param::text("until", "Up to this record or this RFC 3339 time."),
    Param::text("kind", "Only events of this name."),
    Param::text("actor", "Only what this one did."),
    Param::text(
        "from",
        "Only what was asked from there, such as `unix:1000`; `engine` is the engine itself.",
    ),
])
.gives_text("text/event-stream")
.refuses(&[409]);

/// Where there is no connection that could be kept.
pub(super) fn alone(_: &Ask<'_>) -> Given {
    Err(Problem::new(
        409,
        "STREAM_ONLY",
        "events come as a stream, over HTTP",
        "GET /api/v1/events at the engine's socket; `pilothouse audit --follow` does",
    ))
}

/// The stream.
///
/// # Errors
/// Why there is none.
pub(super) async fn stream(
    api: Arc<Api>,
    pass: Pass,
    query: &[(String, String)],
    headers: &HeaderMap,
    limits: Limits,
) -> Result<Response<Body>, Problem> {
    let body = begin(api, pass, query, headers, limits).await?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/event-stream");
    headers.insert(header::CONTENT_TYPE, kind);
    let fresh = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, fresh);
    // Its connection ends with it, and is no longer counted as a stream's.
    let last = HeaderValue::from_static("close");
    headers.insert(header::CONNECTION, last);
    Ok(response)
}

async fn begin(
    api: Arc<Api>,
    pass: Pass,
    query: &[(String, String)],
    headers: &HeaderMap,
    limits: Limits,
) -> Result<Body, Problem> {
    let request = Request {
        who: pass.who,
        method: "GET",
        path: PATH,
        query,
        body: "",
        key: None,
    };
    let found = route(&request)?;
    let ask = api.ask(&request, &found);
    let filter = Filter::read(|name| ask.query(name))?;
    let durable = api.desk.durable();
    let durable = durable.ok_or_else(|| problem::silent(&EngineError::Stopped))?;
    let watch = durable.watch();
    let now = durable.seq();
    let last = match headers.get("last-event-id") {
        Some(id) => Some(id.to_str().unwrap_or_default()),
        None => ask.query("after"),
    };
    let from = match (last.filter(|id| !id.is_empty()), filter.since) {
        (Some(id), _) => Some(Place::read(id)?),
        (None, Some(Mark::Seq(seq))) => Some(Place::after(seq.saturating_sub(1))),
        // Wherever the journal here begins: what is older was archived.
        (None, Some(Mark::Time(_))) => None,
        (None, None) => Some(Place::after(now)),
    };
    if from.is_some_and(|place| place.seq() > now) {
        let message = format!("the journal ends with record {now}");
        let hint = "is this another state folder? start without Last-Event-ID";
        return Err(Problem::new(409, "SEQ_UNKNOWN", message, hint));
    }
    let seat = Seat::take(&api, limits.event_streams)?;
    let dir = api.journal_dir();
    let tail = blocking(move || match from {
        Some(place) => Tail::open(&dir, place, filter),
        None => Tail::from_first(&dir, filter),
    });
    let tail = tail.await??;
    let (chunks, waiting) = mpsc::channel::<Bytes>(CHUNKS + 1);
    let writer = Writer::new(chunks, pass, seat, limits);
    tokio::spawn(writer.run(tail, watch));
    let chunks = futures_util::stream::unfold(waiting, |mut waiting| async {
        let chunk = waiting.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), waiting))
    });
    Ok(Body::from_stream(chunks))
}

/// Runs what reads files on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| problem::internal())
}

/// A stream's place among those there may be, until it is dropped.
struct Seat(Arc<Api>);

impl Seat {
    /// # Errors
    /// 503: all are taken.
    fn take(api: &Arc<Api>, most: u64) -> Result<Self, Problem> {
        if one_more(&api.watched, most) {
            return Ok(Self(Arc::clone(api)));
        }
        Err(Problem::new(
            503,
            "STREAMS_FULL",
            format!("{most} event streams are open"),
            "close one, or read GET /api/v1/audit?since=SEQ from time to time",
        ))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.watched.fetch_sub(1, Ordering::AcqRel);
    }
}
