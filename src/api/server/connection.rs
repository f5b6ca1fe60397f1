//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::door::House;
use super::line::Line;
use super::peer::Peer;

/// Headers of a request, at most.
const HEADERS: usize = 64;
/// Bytes that are kept of what was read, at most: the head of a request fits.
const BUFFER: usize = 64 * 1024;

/// Serves a connection. The head of a request may take `header`, for ever where there is none.
pub(super) async fn serve<S, P>(
    line: Line<S, P>,
    peer: Peer,
    header: Option<Duration>,
    house: House,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    P: Unpin + Send + 'static,
{
    let House {
        front,
        mut ending,
        present,
    } = house;
    let of = peer.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (front, peer) = (Arc::clone(&front), of.clone());
        async move {
            let request = request.map(Body::new);
            Ok::<_, Infallible>(front.answer(peer, request).await)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(header)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER);
    let served = http.serve_connection(TokioIo::new(line), service);
    let mut served = pin!(served.with_upgrades());
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        _ = ending.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection of {peer} broke off: {error}");
    }
    drop(present);
}
