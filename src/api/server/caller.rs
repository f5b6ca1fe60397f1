//! Who asks: the socket's owner, or whoever has the token that is shown.

use axum::http::{HeaderMap, header};

use super::peer::{Origin, Peer};
use super::rates::Key;
use crate::api::Api;
use crate::api::problem::{invalid, unauthenticated};
use crate::api::request::{Caller, Pass};
use crate::client::Problem;

/// The socket is its owner's, who may act for anybody by name; whoever brings a token is who it was
/// given to, and nobody else. On the network nobody comes in without one. The owner's stop is not
/// refused for a name: it is the owner's then.
///
/// # Errors
/// 401: nobody is known by this. 422, 403: nobody can be called so.
pub(super) fn caller(
    api: &Api,
    peer: &Peer,
    headers: &HeaderMap,
    is_stop: bool,
) -> Result<Pass, Problem> {
    if let Origin::Unix(uid) = peer.origin
        && uid != Some(rustix::process::getuid().as_raw())
    {
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
        return Ok(api.bearer(token.trim())?.with_token_from(peer.journaled()));
    }
    if matches!(peer.origin, Origin::Tcp(_)) {
        return Err(unauthenticated(
            "over TCP every request needs a token",
            "send `Authorization: Bearer TOKEN`; `pilothouse token add NAME` gives one",
        ));
    }
    let owner = Caller {
        origin: peer.journaled(),
        ..Caller::owner()
    };
    let Some(actor) = headers.get("x-actor") else {
        return Ok(Pass::of(owner));
    };
    let text = actor.to_str().unwrap_or_default();
    let name = text.parse().map_err(|why| invalid("X-Actor", why));
    match name.and_then(|name| owner.acting(name)) {
        Err(_) if is_stop => Ok(Pass::of(owner)),
        named => named.map(Pass::of),
    }
}

/// Whose requests this one is counted with.
pub(super) fn counted(peer: &Peer, pass: &Pass) -> Key {
    match (peer.origin, &pass.token) {
        (Origin::Unix(Some(uid)), None) => Key::Uid(uid),
        _ => Key::Name(pass.who.name),
    }
}
