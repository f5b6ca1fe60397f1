//! How much a caller may take: requests, connections, bytes, time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use pilothouse::api::Bounds;
use serde_json::{Value, json};

use crate::net::{Answer, Net, heard, impatient};
use crate::program::until;

fn shown(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// A figure of the metrics, as the owner of the socket sees it.
fn figure(net: &Net, token: &str, name: &str) -> Option<f64> {
    let text = net.get("/metrics", &shown(token)).body;
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn who_asks_too_often_waits_and_the_stop_does_not() {
    let net = Net::plain(Bounds {
        requests_per_second: 1,
        burst: 3,
        ..Bounds::default()
    });
    let (vera, victor) = (net.token("vera", "viewer"), net.token("victor", "viewer"));
    let status = |token: &str| net.get("/api/v1/coordinator/status", &shown(token));
    let refused = until("a refusal", || {
        let answer = status(&vera);
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let error = refused.error();
    assert_eq!(error["code"], "API_RATE");
    assert_eq!(error["retry_after_s"], 1);
    assert_eq!(status(&victor).status, 200, "each has a rate of their own");
    for _ in 0..10 {
        let body = json!({ "reason": "fire" });
        let stopped = net.ask(&vera, "POST", "coordinator/hardstop", body);
        assert!(stopped.is_ok(), "{stopped:?}");
    }
    until("another request", || {
        (status(&vera).status == 200).then_some(())
    });
}

#[test]
fn who_tries_tokens_is_slowed_down_and_locks_nobody_out() {
    let net = Net::plain(Bounds::default());
    let vera = net.token("vera", "viewer");
    let guess = || net.get("/api/v1/risk", &shown("guess"));
    let refused = until("a refusal", || {
        let answer = guess();
        (answer.status != 401).then_some(answer)
    });
    assert_eq!(
        (refused.status, refused.error()["code"].as_str()),
        (429, Some("API_RATE"))
    );
    assert_eq!(net.get("/api/v1/risk", &shown(&vera)).status, 200);
}

#[test]
fn sizes_are_bounded() {
    let net = Net::plain(Bounds::default());
    let vera = shown(&net.token("vera", "viewer"));
    let long = |n: usize| "x".repeat(n);
    let path = net.get(&format!("/api/v1/{}", long(3_000)), &vera);
    assert_eq!(
        (path.status, path.error()["code"].as_str()),
        (414, Some("URI_TOO_LONG"))
    );
    let query = net.get(&format!("/api/v1/risk?x={}", long(9_000)), &vera);
    assert_eq!(query.status, 414);
    let headers = net.get(
        "/api/v1/risk",
        &format!("{vera}X-Long: {}\r\n", long(20_000)),
    );
    assert_eq!(
        (headers.status, headers.error()["code"].as_str()),
        (431, Some("HEADERS_TOO_LARGE"))
    );
    let many: String = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert_eq!(
        net.get("/api/v1/risk", &format!("{vera}{many}")).status,
        431
    );
    let body = long(300 * 1024);
    let posted = format!(
        "POST /api/v1/coordinator/pause HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{vera}\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = net.connect();
    stream.write_all(posted.as_bytes()).unwrap();
    // The answer may come before all of it is taken.
    let _ = stream.write_all(body.as_bytes());
    let text = heard(&mut stream);
    if !text.is_empty() {
        let answer = Answer::of(&text);
        assert_eq!(
            (answer.status, answer.error()["code"].as_str()),
            (413, Some("BODY_TOO_LARGE"))
        );
    }
}

#[test]
fn who_is_slow_is_cut_off() {
    let net = Net::plain(impatient(300));
    let vera = net.token("vera", "viewer");
    // A head that never ends.
    let mut slow = net.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: ").unwrap();
    heard(&mut slow);
    // A connection that says nothing.
    heard(&mut net.connect());
    // A body that never ends.
    let posted = format!(
        "POST /api/v1/coordinator/pause HTTP/1.1\r\nHost: x\r\n{}Content-Length: 10\r\n\r\n{{",
        shown(&vera)
    );
    let answer = net.raw(&posted);
    assert_eq!(
        (answer.status, answer.error()["code"].as_str()),
        (408, Some("BODY_TIMEOUT"))
    );
    // Somebody who asks much and reads nothing.
    let mut deaf = net.connect();
    let ask = format!(
        "GET /api/v1/snapshot HTTP/1.1\r\nHost: x\r\n{}\r\n",
        shown(&vera)
    );
    until("the deaf one is cut off", || {
        if deaf.write_all(ask.repeat(50).as_bytes()).is_err() {
            return Some(());
        }
        let open = figure(&net, &vera, "pilothouse_tcp_connections").unwrap();
        (open < 2.0).then_some(())
    });
}

#[test]
fn connections_are_bounded_and_the_owner_always_gets_in() {
    let net = Net::plain(Bounds {
        connections: 4,
        per_address: 3,
        ..Bounds::default()
    });
    let vera = net.token("vera", "viewer");
    let mut held: Vec<TcpStream> = (0..3).map(|_| net.connect()).collect();
    // Whoever is taken in is answered, also the last of them.
    for stream in &mut held {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    assert_eq!(heard(&mut net.connect()), "", "a fourth is turned away");
    let socket = net.house.dir.path().join("control.sock");
    let target = pilothouse::client::Target::Socket(socket);
    let call = pilothouse::client::Call::get("coordinator/status");
    assert!(pilothouse::client::call(&target, &call).is_ok());
    drop(held);
    until("room again", || {
        let status = net.ask(&vera, "GET", "coordinator/status", Value::Null);
        status.is_ok().then_some(())
    });
    let refused = figure(&net, &vera, "pilothouse_tcp_connections_refused_total");
    assert!(refused.unwrap() >= 1.0);
}

#[test]
fn a_request_is_called_as_its_caller_calls_it() {
    let net = Net::plain(Bounds::default());
    let vera = shown(&net.token("vera", "viewer"));
    let named = net.get(
        "/api/v1/nowhere",
        &format!("{vera}X-Request-Id: trace-7\r\n"),
    );
    assert_eq!(named.header("x-request-id"), Some("trace-7"));
    assert_eq!(named.error()["request_id"], "trace-7");
    let odd = net.get("/api/v1/nowhere", &format!("{vera}X-Request-Id: a b\r\n"));
    let made = odd.header("x-request-id").unwrap();
    assert!(made.starts_with("http_"), "{made}");
    assert_eq!(odd.error()["request_id"], made);
    let fine = net.get("/healthz", "X-Request-Id: trace-8\r\n");
    assert_eq!(fine.header("x-request-id"), Some("trace-8"));
}

/// A stop as these bytes: its answer, and the reason that is shown.
fn stopped(net: &Net, path: &str, headers: &str, body: &str) -> (Value, Value) {
    let answer = net.raw(&format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n{body}"
    ));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let status = net.house.get("coordinator/status");
    let pressed = serde_json::from_str(&answer.body).unwrap();
    (pressed, status["hardstop"]["reason"].clone())
}

#[test]
fn no_body_keeps_a_stop_waiting() {
    let late = "no reason was given in time";
    // Nothing of it comes; or less than was said; or more than is taken.
    for (length, body) in [
        (10, String::new()),
        (10, "{".into()),
        (300 << 10, "x".into()),
    ] {
        // Patience of the usual length: whoever waited for the body would not answer in time.
        let net = Net::plain(Bounds::default());
        let vera = shown(&net.token("vera", "viewer"));
        let headers = format!("{vera}Content-Length: {length}\r\n");
        let (_, reason) = stopped(&net, "coordinator/hardstop", &headers, &body);
        assert_eq!(reason, late, "{length}");
    }
}

#[test]
fn a_stop_is_heard_in_whatever_words_and_slashes() {
    let body = r#"{"reason":"fire"}"#;
    for path in ["coordinator/hardstop", "coordinator/hardstop/"] {
        let net = Net::plain(Bounds::default());
        let vera = shown(&net.token("vera", "viewer"));
        let headers = format!(
            "{vera}Content-Type: text/plain\r\nContent-Length: {}\r\n",
            body.len()
        );
        let (pressed, reason) = stopped(&net, path, &headers, body);
        assert_eq!(pressed["already"], false);
        assert_eq!(reason, "fire", "{path}");
    }
}

#[test]
fn the_owners_stop_is_not_refused_for_a_name() {
    for actor in ["no name", "engine"] {
        let net = Net::plain(Bounds::default());
        let mut socket = UnixStream::connect(net.house.dir.path().join("control.sock")).unwrap();
        let mut ask = |path: &str| {
            write!(
                socket,
                "POST /api/v1/coordinator/{path} HTTP/1.1\r\nHost: x\r\nX-Actor: {actor}\r\n\
                 Content-Length: 0\r\n\r\n"
            )
            .unwrap();
            let mut first = [0; 12];
            socket.read_exact(&mut first).unwrap();
            String::from_utf8_lossy(&first).into_owned()
        };
        assert_eq!(ask("hardstop"), "HTTP/1.1 200", "{actor}");
        let status = net.house.get("coordinator/status");
        assert_eq!(status["hardstop"]["by"], "operator", "{actor}");
    }
}

#[test]
fn an_engine_that_has_ended_is_not_ready() {
    let mut net = Net::plain(Bounds::default());
    assert_eq!(net.get("/readyz", "").status, 200);
    net.house.end();
    assert_eq!(net.get("/readyz", "").status, 503);
}
