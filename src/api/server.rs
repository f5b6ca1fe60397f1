//! The API on a Unix socket: its owner's alone, bounded in connections, bodies and time.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri, header};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

use super::Api;
use super::answer::Answer;
use super::body::LARGEST;
use super::problem::{RETRY_AFTER_S, internal, invalid, no_method, unauthenticated};
use super::request::{Caller, Pass, Request, Role};
use super::socket::{Bounded, Peer};
use super::stream::{self, Limits, Seat};
use super::{content, openapi};
use crate::client::{Problem, address::SocketPath};
use crate::core::trading_state::Mode;

/// Where the API is.
const ROOT: &str = "/api/v1/";
/// Connections at once; the agents' streams, which stay, take half of them at most.
const CONNECTIONS: usize = 512;
/// What a request may take.
const TIMEOUT: Duration = Duration::from_secs(35);
/// What requests under way may take when the server ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// The running server; dropping it ends it and removes the socket.
pub struct Server {
    runtime: Option<Runtime>,
    path: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone, which is what is wanted.
        let _ = fs::remove_file(&self.path);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(FAREWELL);
        }
    }
}

/// Serves the API at `path`, whose folder is made (0700) where it is missing. A stale socket is
/// replaced: whoever calls this holds the state folder's lock.
///
/// # Errors
/// The socket cannot be bound, or there are no threads for it.
pub fn serve(api: Arc<Api>, path: &Path) -> io::Result<Server> {
    serve_within(api, path, Limits::default())
}

/// The same, with other bounds of the agents' streams.
///
/// # Errors
/// As [`serve`].
pub fn serve_within(api: Arc<Api>, path: &Path, limits: Limits) -> io::Result<Server> {
    if let Some(dir) = path.parent() {
        crate::gate::make_state_dir(dir)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(CONNECTIONS)
        .thread_name("api")
        .enable_all()
        .build()?;
    let address = SocketPath::of(path)?;
    let listener = {
        let _inside = runtime.enter();
        UnixListener::bind(address.path())?
    };
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    let listener = Bounded::new(listener, CONNECTIONS);
    let app = Router::new()
        .route(stream::PATH, any(join))
        .fallback(handle)
        .with_state(Served { api, limits })
        .into_make_service_with_connect_info::<Peer>();
    runtime.spawn(async move { axum::serve(listener, app).await });
    Ok(Server {
        runtime: Some(runtime),
        path: path.to_owned(),
    })
}

/// What is served, and within which bounds.
#[derive(Clone)]
struct Served {
    api: Arc<Api>,
    limits: Limits,
}

/// An agent's stream begins.
async fn join(
    State(Served { api, limits }): State<Served>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    let refuse = |problem: Problem| respond(problem.into(), false);
    let mut pass = match caller(&api, peer, &headers) {
        Ok(pass) => pass,
        Err(problem) => return refuse(problem),
    };
    if method != Method::GET {
        return refuse(no_method(method.as_str(), stream::PATH, "GET"));
    }
    let Ok(upgrade) = upgrade else {
        let hint = "GET it with the headers of RFC 6455: Connection, Upgrade, Sec-WebSocket-Key";
        let message = "the agents' stream is a WebSocket";
        return refuse(Problem::new(426, "UPGRADE_REQUIRED", message, hint));
    };
    let Some(seat) = Seat::take(&api, limits.streams) else {
        let message = format!("{} agents' streams are open", limits.streams);
        return refuse(Problem::new(
            503,
            "STREAMS_FULL",
            message,
            "close one, or use HTTP",
        ));
    };
    // The owner who named nobody says hello first.
    pass.who.role = Role::Agent;
    let named = (pass.who.name != Caller::owner().name).then_some(pass);
    upgrade
        // The buffer is cleared before each read: the usual request fits, and no more is cleared.
        .read_buffer_size(stream::READ)
        .max_message_size(limits.frame_bytes)
        .max_frame_size(limits.frame_bytes)
        .on_upgrade(move |socket| stream::run(socket, api, named, limits, seat))
}

async fn handle(
    State(Served { api, .. }): State<Served>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    uri: Uri,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let who = match caller(&api, peer, &headers) {
        Ok(pass) => pass.who,
        Err(problem) => return respond(problem.into(), false),
    };
    let Ok(body) = to_bytes(body, LARGEST).await else {
        let message = format!("the body is larger than {LARGEST} bytes, or was cut");
        return respond(
            Problem::new(413, "BODY_TOO_LARGE", message, "send less").into(),
            false,
        );
    };
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok());
    let key = key.map(str::to_owned);
    let path = decoded(uri.path());
    if let Err(problem) = content::is_json(&headers, &path, body.len()) {
        return respond(problem.into(), false);
    }
    if path == "/docs"
        && let Some(page) = openapi::page(&method)
    {
        return page;
    }
    if let Some(path) = path.strip_prefix(ROOT) {
        let held = Request {
            who,
            method: method.as_str(),
            path,
            query: &query,
            body: &String::from_utf8_lossy(&body),
            key: None,
        };
        if let Some(answer) = api.held(&held).await {
            return respond(answer, false);
        }
    }
    let work = tokio::task::spawn_blocking(move || {
        let Some(path) = path.strip_prefix(ROOT) else {
            return (at_root(&api, &method, &path), false);
        };
        let answer = match std::str::from_utf8(&body) {
            Ok(body) => api.answer(&Request {
                who,
                method: method.as_str(),
                path,
                query: &query,
                body,
                key: key.as_deref(),
            }),
            Err(_) => {
                Problem::new(400, "BODY_MALFORMED", "the body is no UTF-8", "send JSON").into()
            }
        };
        (answer, path == "audit")
    });
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok((answer, lines))) => respond(answer, lines),
        Ok(Err(_)) => respond(internal().into(), false),
        Err(_) => respond(
            Problem::new(
                503,
                "TIMEOUT",
                "no answer within 35 s",
                "it may still happen",
            )
            .into(),
            false,
        ),
    }
}

/// The socket is its owner's, who may act for anybody by name; whoever brings a token is the agent
/// it was given to, and nobody else.
fn caller(api: &Api, peer: Peer, headers: &HeaderMap) -> Result<Pass, Problem> {
    if peer.uid != Some(rustix::process::getuid().as_raw()) {
        return Err(unauthenticated(
            "the socket is its owner's alone",
            "call as the user the engine runs as",
        ));
    }
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let text = authorization.to_str().unwrap_or_default();
        let token = text.strip_prefix("Bearer ").ok_or_else(|| {
            unauthenticated("this is no token", "send `Authorization: Bearer TOKEN`")
        })?;
        return api.bearer(token.trim());
    }
    let owner = Caller::owner();
    let Some(actor) = headers.get("x-actor") else {
        return Ok(Pass::of(owner));
    };
    let text = actor.to_str().unwrap_or_default();
    let name = text.parse().map_err(|why| invalid("X-Actor", why))?;
    Caller::acting(name, owner.role).map(Pass::of)
}

fn at_root(api: &Api, method: &Method, path: &str) -> Answer {
    let known = ["/healthz", "/readyz", "/metrics", "/docs"].contains(&path);
    if known && *method != Method::GET {
        return no_method(method.as_str(), path, "GET").into();
    }
    match path {
        "/healthz" => Answer::ok(json!({ "ok": true })),
        "/readyz" => {
            let snapshot = api.desk.latest();
            let ready = snapshot.status.state != Mode::Recovering && !snapshot.engine.stopping;
            Answer::with(if ready { 200 } else { 503 }, json!({ "ready": ready }))
        }
        "/metrics" => super::problem::absent(path).into(),
        _ => Problem::new(
            404,
            "NOT_FOUND",
            format!("there is no {path}"),
            "see /api/v1",
        )
        .into(),
    }
}

/// Percent-encoding undone; what is none stays as it is.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &more[2..];
            }
            _ => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// JSON, or a line an item. A problem carries the number of its request.
fn respond(mut answer: Answer, lines: bool) -> Response<Body> {
    static REFUSED: AtomicU64 = AtomicU64::new(0);
    let lines = lines && answer.is_ok();
    if let Some(Value::Object(error)) = answer.body.get_mut("error") {
        let number = REFUSED.fetch_add(1, Ordering::Relaxed) + 1;
        error.insert("request_id".into(), format!("http_{number}").into());
        if answer.status == 429 {
            error.insert("retry_after_s".into(), RETRY_AFTER_S.into());
        }
    }
    let text = match &answer.body {
        _ if answer.written.is_some() => answer.written.take().unwrap_or_default(),
        Value::Null => String::new(),
        body if lines => {
            let items = body["items"].as_array().into_iter().flatten();
            items.map(|item| format!("{item}\n")).collect()
        }
        body => body.to_string(),
    };
    let kind = if lines {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    if answer.status == 429 {
        headers.insert(
            header::RETRY_AFTER,
            header::HeaderValue::from(RETRY_AFTER_S),
        );
    }
    response
}
