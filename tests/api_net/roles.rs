//! Who may do what over TCP, with TLS.

use pilothouse::client::{Call, call};
use serde_json::{Value, json};

use crate::net::Net;

#[test]
fn a_token_reaches_as_far_as_its_role_and_everybody_may_stop() {
    let dir = tempfile::tempdir().unwrap();
    let net = Net::secure(dir.path());
    let agent = net.house.register("scout");
    let viewer = net.token("vera", "viewer");
    let operator = net.token("olga", "operator");
    let admin = net.token("ada", "admin");
    let status = |token: &str, method: &'static str, path: &str, body: &Value| {
        let mut asked = Call::post(path, body.clone());
        asked.method = method;
        match call(&net.target(token, Some(dir.path())), &asked) {
            Ok(_) => 200,
            Err(problem) => problem.status,
        }
    };
    let wish = json!({"resource": "capital", "amount": "1", "purpose": "paper"});
    let clear = json!({"reason": "r", "epoch": 1, "confirm": "CLEAR"});
    let token = json!({"name": "new", "role": "viewer", "reason": "r"});
    // viewer, agent, operator, admin: 403 is by role, anything else is about the thing itself.
    for (method, path, body, expected) in [
        ("GET", "coordinator/status", Value::Null, [200; 4]),
        ("GET", "snapshot", Value::Null, [200; 4]),
        ("POST", "reservations", wish, [403, 200, 200, 200]),
        (
            "POST",
            "coordinator/pause",
            json!({"reason": "r"}),
            [403, 403, 200, 200],
        ),
        (
            "POST",
            "coordinator/resume",
            json!({"reason": "r"}),
            [403, 403, 200, 200],
        ),
        ("POST", "coordinator/clear", clear, [403, 403, 409, 409]),
        (
            "POST",
            "coordinator/task/risk/enable",
            json!({}),
            [403, 403, 404, 404],
        ),
        ("POST", "orders/sync", json!({}), [403, 403, 200, 200]),
        ("GET", "tokens", Value::Null, [403, 403, 403, 200]),
        ("POST", "tokens", token, [403, 403, 403, 200]),
        (
            "DELETE",
            "tokens/new",
            json!({"reason": "r"}),
            [403, 403, 403, 200],
        ),
        (
            "POST",
            "coordinator/hardstop",
            json!({"reason": "fire"}),
            [200; 4],
        ),
    ] {
        let callers = [&viewer, &agent, &operator, &admin];
        for (token, expected) in callers.into_iter().zip(expected) {
            let found = status(token, method, path, &body);
            let who = callers.iter().position(|t| *t == token).unwrap();
            assert_eq!(found, expected, "{method} {path} by caller {who}");
        }
    }
    let lines = net.house.get("audit?kind=cause_added&actor=olga");
    let paused = &lines["items"][0];
    assert_eq!(paused["data"]["cause"], "pause", "{lines}");
    let origin = paused["origin"].as_str().unwrap();
    assert!(origin.starts_with("tcp:127.0.0.1:") && origin.ends_with(" token"));
    let lines = net.house.get("audit?kind=hardstop_engaged");
    assert_eq!(lines["items"][0]["data"]["by"], "vera", "{lines}");
}

#[test]
fn an_agent_speaks_for_itself_alone() {
    let net = Net::plain(pilothouse::api::Bounds::default());
    let scout = net.house.register("scout");
    let wish = json!({"resource": "compute", "amount": 1, "purpose": "paper", "agent": "trader"});
    let refused = net.ask(&scout, "POST", "reservations", wish).unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (403, "FORBIDDEN"));
}

#[test]
fn on_the_network_nobody_comes_in_without_a_token() {
    let net = Net::plain(pilothouse::api::Bounds::default());
    let vera = net.token("vera", "viewer");
    let shown = |token: &str| format!("Authorization: Bearer {token}\r\n");
    for path in [
        "/api/v1/coordinator/status",
        "/api/v1/agent",
        "/metrics",
        "/docs",
        "/x",
    ] {
        let answer = net.get(path, "");
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("bearer"), "{path}");
        assert_eq!(answer.error()["code"], "UNAUTHENTICATED", "{path}");
    }
    // Saying a name is worth nothing here.
    let named = net.get("/api/v1/coordinator/status", "X-Actor: operator\r\n");
    assert_eq!(named.status, 401);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(net.get(path, "").status, 200, "{path}");
        assert_eq!(net.get(path, &shown(&vera)).status, 200, "{path}");
        assert_eq!(net.get(path, &shown("wrong")).status, 401, "{path}");
    }
    assert_eq!(net.get("/metrics", &shown(&vera)).status, 200);
    assert_eq!(
        net.get("/metrics", "Authorization: Basic eDp5\r\n").status,
        401
    );
}
