//! What becomes of a request: its size, its caller, its rate, its answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Query, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response, Uri};

use super::at_hand::at_hand;
use super::bounds::Bounds;
use super::caller::{caller, counted};
use super::head::{decoded, fits};
use super::metrics::Metrics;
use super::peer::{Origin, Peer, network};
use super::places::Places;
use super::rates::{ATTEMPTS_PER_SECOND, Key, Rates};
use super::request_id::{HEADER, RequestId};
use super::respond::{ROLE, Shape, plain, respond, value_of};
use super::root;
use crate::api::answer::Answer;
use crate::api::body::LARGEST;
use crate::api::problem::{internal, no_method};
use crate::api::request::{Caller, Pass, Request, Role};
use crate::api::stream::{self, Limits, Seat};
use crate::api::{Api, content, events, openapi, routes};
use crate::client::Problem;

/// Where the API is.
const ROOT: &str = "/api/v1/";
/// What is said of a stop whose words did not come with it.
const LATE: &str = r#"{"reason":"no reason was given in time"}"#;
/// The agents' stream, as it is counted.
const STREAM: &str = "agent";
/// What a request may take.
const TIMEOUT: Duration = Duration::from_secs(35);

/// What answers every connection.
pub(super) struct Front {
    api: Arc<Api>,
    streams: Limits,
    bounds: Bounds,
    rates: Rates,
    metrics: Metrics,
}

/// A request that may be answered.
struct Asked {
    pass: Pass,
    head: Parts,
    body: Body,
    /// Decoded.
    path: String,
    is_stop: bool,
}

impl Front {
    pub(super) fn new(api: Arc<Api>, streams: Limits, bounds: Bounds, places: Arc<Places>) -> Self {
        Self {
            api,
            streams,
            bounds,
            rates: Rates::new(bounds.requests_per_second, bounds.burst),
            metrics: Metrics::new(places),
        }
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Answers a request; its answer carries its id, and is counted.
    pub(super) async fn answer(&self, peer: Peer, request: HttpRequest<Body>) -> Response<Body> {
        let began = Instant::now();
        let id = RequestId::of(request.headers());
        let method = request.method().clone();
        let path = decoded(request.uri().path());
        let route = match path.strip_prefix(ROOT) {
            Some(_) if path == stream::PATH => Some(STREAM),
            Some(path) => routes::pattern(method.as_str(), path),
            None => root::known(&path),
        };
        let mut response = match self.admit(&peer, request, path) {
            Ok(asked) => {
                let role = asked.pass.who.role;
                let mut response = self.serve(&peer, asked, &id).await;
                response.headers_mut().insert(ROLE, value_of(role));
                response
            }
            Err(problem) => respond(problem.into(), Shape::Document, &id),
        };
        response.headers_mut().insert(HEADER, id.value());
        let status = response.status().as_u16();
        self.metrics
            .note(method.as_str(), route, status, began.elapsed());
        response
    }

    /// Whether it is answered at all.
    fn admit(
        &self,
        peer: &Peer,
        request: HttpRequest<Body>,
        path: String,
    ) -> Result<Asked, Problem> {
        let (head, body) = request.into_parts();
        fits(&head)?;
        let is_stop = path
            .strip_prefix(ROOT)
            .is_some_and(|path| routes::is_stop(head.method.as_str(), path));
        let pass = self.passes(peer, &head.headers, &path, is_stop)?;
        let key = match (&pass, peer.origin) {
            (None, Origin::Tcp(address)) => Key::Address(network(address.ip())),
            (None, Origin::Unix(uid)) => Key::Uid(uid.unwrap_or_default()),
            (Some(pass), _) => counted(peer, pass),
        };
        if !is_stop && !self.rates.take(key, Instant::now()) {
            return Err(self.too_often(self.bounds.requests_per_second));
        }
        Ok(Asked {
            pass: pass.unwrap_or_else(Pass::nobody),
            head,
            body,
            path,
            is_stop,
        })
    }

    /// Who asks; nobody has to be anybody to see whether the engine lives.
    fn passes(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        path: &str,
        is_stop: bool,
    ) -> Result<Option<Pass>, Problem> {
        let shows_nothing = !headers.contains_key("authorization");
        if root::is_for_anybody(path) && shows_nothing {
            return Ok(None);
        }
        let refused = match caller(&self.api, peer, headers, is_stop) {
            Ok(pass) => return Ok(Some(pass)),
            Err(refused) => refused,
        };
        if refused.status != 401 {
            return Err(refused);
        }
        let address = match peer.origin {
            Origin::Tcp(address) => network(address.ip()),
            Origin::Unix(_) => IpAddr::from([127, 0, 0, 1]),
        };
        if !self.rates.take(Key::Attempt(address), Instant::now()) {
            return Err(self.too_often(ATTEMPTS_PER_SECOND));
        }
        tracing::warn!("{peer} was not let in: {}", refused.message);
        Err(refused)
    }

    fn too_often(&self, per_second: u32) -> Problem {
        Problem {
            rule: Some("api_rate".into()),
            limit: Some(format!("{per_second} a second")),
            ..Problem::new(
                429,
                "API_RATE",
                "too many requests",
                "ask less often, or more in one request; HARDSTOP is always taken",
            )
        }
    }

    async fn serve(&self, peer: &Peer, asked: Asked, id: &RequestId) -> Response<Body> {
        if asked.is_stop {
            return respond(self.stop(asked).await, Shape::Document, id);
        }
        let method = &asked.head.method;
        let is_fixed = root::known(&asked.path).is_some() || asked.path == stream::PATH;
        let is_look = asked.path == root::DOCS && *method == Method::HEAD;
        if is_fixed && !is_look && *method != Method::GET {
            let problem = no_method(method.as_str(), &asked.path, "GET");
            return respond(problem.into(), Shape::Document, id);
        }
        if asked.path == stream::PATH {
            return match self.join(peer, asked).await {
                Ok(response) => response,
                Err(problem) => respond(problem.into(), Shape::Document, id),
            };
        }
        let path = asked.path.strip_prefix(ROOT).map(|p| p.trim_matches('/'));
        if path == Some(events::PATH) && asked.head.method == Method::GET {
            return match self.follow(peer, asked).await {
                Ok(response) => response,
                Err(problem) => respond(problem.into(), Shape::Document, id),
            };
        }
        if asked.path == root::METRICS {
            return self.show_metrics(id).await;
        }
        if asked.path == root::DOCS {
            return openapi::page();
        }
        let (answer, shape) = match self.document(asked).await {
            Ok(answered) => answered,
            Err(problem) => (problem.into(), Shape::Document),
        };
        respond(answer, shape, id)
    }

    /// An agent's stream begins.
    async fn join(&self, peer: &Peer, asked: Asked) -> Result<Response<Body>, Problem> {
        let Asked {
            mut pass, mut head, ..
        } = asked;
        let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut head, &()).await else {
            let hint =
                "GET it with the headers of RFC 6455: Connection, Upgrade, Sec-WebSocket-Key";
            let message = "the agents' stream is a WebSocket";
            return Err(Problem::new(426, "UPGRADE_REQUIRED", message, hint));
        };
        let limits = self.streams;
        let Some(seat) = Seat::take(&self.api, limits.streams) else {
            let message = format!("{} agents' streams are open", limits.streams);
            let hint = "close one, or use HTTP";
            return Err(Problem::new(503, "STREAMS_FULL", message, hint));
        };
        let is_owner = pass.token.is_none() && pass.who.name == Caller::owner().name;
        pass.who.role = pass.who.role.min(Role::Agent);
        // The owner who named nobody says hello first.
        let named = (!is_owner).then_some(pass);
        let api = Arc::clone(&self.api);
        peer.begins_to_stream();
        let from = peer.journaled();
        Ok(upgrade
            // The buffer is cleared before each read: the usual request fits, and no more is cleared.
            .read_buffer_size(stream::READ)
            .max_message_size(limits.frame_bytes)
            .max_frame_size(limits.frame_bytes)
            .on_upgrade(move |socket| stream::run(socket, api, from, named, limits, seat)))
    }

    /// A stream of events begins.
    async fn follow(&self, peer: &Peer, asked: Asked) -> Result<Response<Body>, Problem> {
        let (api, query) = (Arc::clone(&self.api), query(&asked.head.uri));
        let headers = &asked.head.headers;
        let response = events::stream(api, asked.pass, &query, headers, self.streams).await?;
        peer.begins_to_stream();
        Ok(response)
    }

    async fn show_metrics(&self, id: &RequestId) -> Response<Body> {
        let api = Arc::clone(&self.api);
        let seen = tokio::task::spawn_blocking(move || (api.snapshot(), api.streams.open())).await;
        match seen {
            Ok((snapshot, streams)) => {
                let figures = self.api.desk().figures();
                let text = self.metrics.text(&snapshot, figures, streams);
                plain(text, super::metrics::KIND, id)
            }
            Err(_) => respond(internal().into(), Shape::Document, id),
        }
    }

    /// Presses the stop with what is there of its body, whatever that is: it waits for none of it.
    async fn stop(&self, asked: Asked) -> Answer {
        let words = at_hand(asked.body).await;
        let words = words.as_deref().map(String::from_utf8_lossy);
        let request = Request {
            who: asked.pass.who,
            method: "POST",
            path: routes::STOP,
            query: &[],
            body: words.as_deref().unwrap_or(LATE),
            key: None,
        };
        let pressed = self.api.held(&request).await;
        pressed.unwrap_or_else(|| internal().into())
    }

    async fn document(&self, asked: Asked) -> Result<(Answer, Shape), Problem> {
        let Asked {
            pass,
            head,
            body,
            path,
            ..
        } = asked;
        let body = self.whole(body).await?;
        content::is_json(&head.headers, body.len())?;
        let query = query(&head.uri);
        let key = head.headers.get("idempotency-key");
        let key = key.and_then(|v| v.to_str().ok()).map(str::to_owned);
        if let Some(path) = path.strip_prefix(ROOT) {
            let held = Request {
                who: pass.who,
                method: head.method.as_str(),
                path,
                query: &query,
                body: &String::from_utf8_lossy(&body),
                key: None,
            };
            if let Some(answer) = self.api.held(&held).await {
                return Ok((answer, Shape::Document));
            }
        }
        let api = Arc::clone(&self.api);
        let work = tokio::task::spawn_blocking(move || {
            let Some(path) = path.strip_prefix(ROOT) else {
                return (root::answer(&api, &path), Shape::Document);
            };
            let shape = match path {
                "audit" => Shape::Lines,
                _ => Shape::Document,
            };
            let Ok(body) = std::str::from_utf8(&body) else {
                let message = "the body is no UTF-8";
                let problem = Problem::new(400, "BODY_MALFORMED", message, "send JSON");
                return (problem.into(), shape);
            };
            let answer = api.answer(&Request {
                who: pass.who,
                method: head.method.as_str(),
                path,
                query: &query,
                body,
                key: key.as_deref(),
            });
            (answer, shape)
        });
        match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(answered)) => Ok(answered),
            Ok(Err(_)) => Err(internal()),
            Err(_) => {
                let message = "no answer within 35 s";
                Err(Problem::new(503, "TIMEOUT", message, "it may still happen"))
            }
        }
    }

    /// The whole body, which is neither too large nor too slow.
    async fn whole(&self, body: Body) -> Result<Vec<u8>, Problem> {
        let allowed = self.bounds.body;
        match tokio::time::timeout(allowed, to_bytes(body, LARGEST)).await {
            Ok(Ok(body)) => Ok(body.into()),
            Ok(Err(_)) => {
                let message = format!("the body is larger than {LARGEST} bytes, or was cut");
                Err(Problem::new(413, "BODY_TOO_LARGE", message, "send less"))
            }
            Err(_) => {
                let message = format!("no whole body within {} s", allowed.as_secs());
                Err(Problem::new(
                    408,
                    "BODY_TIMEOUT",
                    message,
                    "send it at once",
                ))
            }
        }
    }
}

fn query(uri: &Uri) -> Vec<(String, String)> {
    // Pairs of text hold whatever stands there.
    Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs)
}
