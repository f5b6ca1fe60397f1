//! Who is told of what: how loud each event is, and the webhooks it goes to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::address::{Address, Scope};
use super::choice::{Ring, WebhookFormat};
use super::error::Fault;
use super::key::{Get, Key, Narrower, Section, section};
use super::kind::{Kind, count, whole};
use super::settled::Settled;
use super::value::Field;
use crate::core::Name;

section! {
    /// Messages to people: which events, and how loud. `silent` is sent and marked not to ring.
    Alerts in "alerts" {
        /// What this engine calls itself in messages; empty: the machine's name.
        engine: String = Kind::Line, "";
        /// An entry was approved and is sent.
        entry: Ring = Kind::Choice(Ring::WORDS), "silent";
        /// An entry filled, wholly or in part.
        entry_fill: Ring = Kind::Choice(Ring::WORDS), "on";
        /// An exit is sent.
        exit: Ring = Kind::Choice(Ring::WORDS), "silent";
        /// An exit, a stop or a target filled; with the gain where the position is closed.
        exit_fill: Ring = Kind::Choice(Ring::WORDS), "on";
        /// HARDSTOP was engaged, or pressed again.
        hardstop: Ring = Kind::Choice(Ring::WORDS), "on";
        /// A limit of risk refused an entry, or the day's loss is at its limit.
        limit_breach: Ring = Kind::Choice(Ring::WORDS), "silent";
        /// A venue's figures left their bounds.
        guard_breach: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Trading no longer runs: a pause, a full disk, risk's own alert, an orderly end.
        halted: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Drawdown, stops in a row, a strategy's loss of the day.
        circuit_breaker: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Entries of a symbol are refused.
        symbol_paused: Ring = Kind::Choice(Ring::WORDS), "on";
        /// A venue refused an order, or said what cannot be.
        execution_error: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Less of the crew is at work.
        degradation: Ring = Kind::Choice(Ring::WORDS), "on";
        /// An entry waits for the operator.
        approval_waiting: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Somebody gives way: signals that contradict, activities and capital that wait.
        conflict: Ring = Kind::Choice(Ring::WORDS), "silent";
        /// The venue holds another amount of an asset than the books.
        portfolio_warning: Ring = Kind::Choice(Ring::WORDS), "on";
        /// Orders or positions differ from the venue's.
        reconcile_mismatch: Ring = Kind::Choice(Ring::WORDS), "on";
        /// An order of unknown fate, or one at the venue that is none of ours.
        unknown_order: Ring = Kind::Choice(Ring::WORDS), "on";
        /// A position has had no working stop for longer than it may.
        unprotected_position: Ring = Kind::Choice(Ring::WORDS), "on";
        /// An agent gives no sign of life, or fails.
        agent_unhealthy: Ring = Kind::Choice(Ring::WORDS), "on";
        /// What was out of order is well again; also a start that went on from a journal.
        recovered: Ring = Kind::Choice(Ring::WORDS), "silent";
    }
    with {
        /// Where messages go.
        webhook: Webhooks,
    }
}

section! {
    /// A webhook.
    Webhook in "alerts.webhook" {
        /// Where it is called, with POST: http:// or https://, without user and password.
        url: String = Kind::Url, "";
        /// Name of the secret that holds the URL, instead of `url`: many URLs are secrets.
        url_name: String = Kind::Secret, "";
        /// What it is sent: the document, a form of its fields, or title and text as they are.
        format: WebhookFormat = Kind::Choice(WebhookFormat::WORDS), "json";
        /// Name of the secret that is sent as a bearer token.
        token_name: String = Kind::Secret, "";
        /// Headers whose values are secrets, as "Header: name-of-the-secret".
        headers: Vec<String> = Kind::Headers, "";
        /// Longest time for one call, wall time.
        timeout_ms: u64 = whole("milliseconds", 1, 30_000), "5000";
        /// Repeats of a message that did not get through; 0 is none.
        retries: u64 = whole("repeats", 0, 100), "10";
        /// Pause before the first repeat, doubled each time up to five minutes, wall time.
        retry_delay_ms: u64 = whole("milliseconds", 1, 300_000), "2000";
        /// Messages in any minute, five at once; what exceeds them waits and is put together.
        per_minute: u64 = count("messages"), "30";
        /// Messages that wait; beyond it the oldest silent ones go first.
        queue: u64 = whole("messages", 1, 10_000), "256";
    }
}

/// The webhooks by name: `[alerts.webhook.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Webhooks(pub BTreeMap<Name, Webhook>);

impl Webhooks {
    /// None: which there are is no line of the table.
    fn build(_: Get<'_>) -> Self {
        Self::default()
    }
}

/// The key of a webhook, by its name.
pub(super) fn webhook_key(name: &str) -> Option<&'static Key> {
    Webhook::KEYS.iter().find(|key| key.name == name)
}

/// The webhooks that somebody wrote something of.
pub(super) fn webhooks(settled: &Settled) -> Webhooks {
    let named = settled.scopes().filter_map(|scope| match scope {
        Scope::Webhook(name) => Some(*name),
        _ => None,
    });
    let build = |name: Name| {
        let webhook = Webhook::build(&|_, field| {
            let key = webhook_key(field).expect("a section builds from its own keys");
            let scope = Scope::Webhook(name);
            settled.at(&Address { scope, key }).unwrap_or_else(|| {
                let raw = super::raw::Raw::from_text(key.default, &key.kind);
                key.kind.check(&raw).expect("a default is allowed")
            })
        });
        (name, webhook)
    };
    Webhooks(named.map(build).collect())
}

/// Webhooks that cannot be called: no address, or two; or one whose secrets would be readable on
/// their way.
pub(super) fn faults(settled: &Settled) -> Vec<Fault> {
    let fault = |name: &Name, found: &str, allowed: &str| {
        let (path, place) = settled.first_of(&Scope::Webhook(*name));
        Fault {
            place,
            key: Some(path),
            found: found.to_owned(),
            allowed: allowed.to_owned(),
            meant: None,
        }
    };
    let mut faults = Vec::new();
    for (name, hook) in &webhooks(settled).0 {
        if hook.url.is_empty() == hook.url_name.is_empty() {
            let found = match hook.url.is_empty() {
                true => "a webhook without an address",
                false => "a webhook with two addresses",
            };
            faults.push(fault(name, found, "either url or url_name"));
        }
        let has_secrets = !hook.token_name.is_empty() || !hook.headers.is_empty();
        if has_secrets && hook.url.starts_with("http:") && !is_loopback(&hook.url) {
            let found = "secrets over http, which anybody on the way can read";
            let allowed = "https, or an address of this machine's loopback";
            faults.push(fault(name, found, allowed));
        }
    }
    faults
}

/// Whether a URL leads to this machine itself.
pub fn is_loopback(url: &str) -> bool {
    let host = reqwest::Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        let address = host.parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
    })
}

/// A URL that may be called.
pub(super) fn is_url(text: &str) -> bool {
    text.len() <= 2_000
        && reqwest::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}

/// Header and name of the secret, out of "Header: name-of-the-secret".
pub fn header(text: &str) -> Option<(&str, &str)> {
    let (header, name) = text.split_once(':')?;
    let (header, name) = (header.trim(), name.trim());
    let is_header = header.parse::<axum::http::HeaderName>().is_ok();
    (is_header && super::secret::is_name(name)).then_some((header, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_headers_are_told_from_what_only_looks_like_them() {
        for (text, is) in [
            ("https://hooks.example.org/x?y=1", true),
            ("http://127.0.0.1:8080", true),
            ("ftp://example.org", false),
            ("https://me:word@example.org", false),
            ("example.org/hook", false),
            ("https://", false),
        ] {
            assert_eq!(is_url(text), is, "{text}");
        }
        assert!(is_loopback("http://[::1]:80/") && is_loopback("http://localhost/"));
        assert!(!is_loopback("http://127.0.0.1.example.org/"));
        assert_eq!(header("X-Key: ops-key"), Some(("X-Key", "ops-key")));
        assert_eq!(header("X Key: ops-key"), None);
        assert_eq!(header("X-Key: hunter 2!"), None, "a secret is no name");
    }
}
