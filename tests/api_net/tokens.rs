//! Tokens from their gift to their end.

use std::time::Duration;

use pilothouse::api::{Bounds, Limits};
use serde_json::{Value, json};
use tungstenite::Message;
use tungstenite::client::IntoClientRequest;

use crate::net::Net;
use crate::program::{Home, until};

#[test]
fn a_token_is_told_once_and_the_last_one_of_a_name_counts() {
    let net = Net::plain(Bounds::default());
    let look = |token: &str| {
        let seen = net.ask(token, "GET", "coordinator/status", Value::Null);
        seen.map_or_else(|problem| problem.status, |_| 200)
    };
    let ada = net.token("ada", "admin");
    let body = json!({ "name": "vera", "role": "viewer", "reason": "r" });
    let first = net.ask(&ada, "POST", "tokens", body.clone()).unwrap();
    let second = net.ask(&ada, "POST", "tokens", body).unwrap();
    let text = |given: &Value| given["token"].as_str().unwrap().to_owned();
    assert_ne!(text(&first), text(&second));
    assert_eq!((look(&text(&first)), look(&text(&second))), (401, 200));

    let everything = [
        net.house.get("snapshot").to_string(),
        net.house.get("tokens").to_string(),
        net.house.get("audit").to_string(),
    ];
    let rows = net.house.get("tokens");
    assert_eq!(rows["items"][1]["name"], "vera");
    assert_eq!(rows["items"][1]["role"], "viewer");
    for shown in everything {
        assert!(!shown.contains(&text(&second)), "a token is shown");
    }

    let end = net.ask(&ada, "DELETE", "tokens/vera", json!({"reason": "left"}));
    assert_eq!(end.unwrap()["result"], "revoked");
    assert_eq!(look(&text(&second)), 401);
    let again = net.ask(&ada, "DELETE", "tokens/vera", json!({"reason": "left"}));
    assert_eq!(again.unwrap_err().code, "TOKEN_UNKNOWN");
    let silent = json!({ "name": "vera", "role": "viewer" });
    let refused = net.ask(&ada, "POST", "tokens", silent).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (422, "REASON_MISSING")
    );
    let god = json!({ "name": "vera", "role": "god", "reason": "r" });
    assert_eq!(
        net.ask(&ada, "POST", "tokens", god).unwrap_err().status,
        422
    );
}

#[test]
fn a_stream_ends_with_its_token() {
    let net = Net::streaming(Limits {
        silence: Duration::from_millis(600),
        ..Limits::default()
    });
    let olga = net.token("olga", "operator");
    let mut request = format!("ws://{}/api/v1/agent", net.address)
        .into_client_request()
        .unwrap();
    let shown = format!("Bearer {olga}").parse().unwrap();
    request.headers_mut().insert("Authorization", shown);
    let (mut socket, _) = tungstenite::client(request, net.connect()).unwrap();
    socket
        .send(Message::text(r#"{"id":1,"op":"status"}"#))
        .unwrap();
    let answer = until("an answer", || match socket.read().unwrap() {
        Message::Text(text) => Some(text),
        _ => None,
    });
    assert!(answer.contains(r#""ok":true"#), "{answer}");

    let end = json!({ "reason": "gone" });
    let ada = net.token("ada", "admin");
    net.ask(&ada, "DELETE", "tokens/olga", end).unwrap();
    let farewell = until("the end of the stream", || match socket.read() {
        Ok(Message::Close(frame)) => Some(frame),
        Ok(_) => None,
        Err(error) => panic!("broken off: {error}"),
    });
    assert_eq!(
        farewell.unwrap().reason,
        "your token is worth nothing any more"
    );
}

#[test]
fn what_was_given_and_taken_outlives_a_kill() {
    let home = Home::new();
    let config = home.path().join("net.toml");
    std::fs::write(&config, "[api]\nlisten = '127.0.0.1:0'\n").unwrap();
    let start = || {
        let named = config.to_str().unwrap();
        home.engine(&["--feed", "idle", "--config", named])
    };
    let add = |name: &str| {
        let given = home.read(&["token", "add", name, "--role", "viewer"]);
        given["token"].as_str().unwrap().to_owned()
    };
    let engine = start();
    let (kept, taken) = (add("vera"), add("victor"));
    home.read(&["token", "revoke", "victor", "--reason", "left"]);
    engine.kill();

    let engine = start();
    let url = until("where it listens", || {
        let said = engine.said();
        let at = said.find("http://127.0.0.1:")?;
        let rest = &said[at..];
        Some(rest[..rest.find('\n')?].trim().to_owned())
    });
    let look = |token: &str| {
        let mut command = home.program(&["status", "--json", "--url", &url]);
        command.env("PILOTHOUSE_TOKEN", token);
        home.ended(command)
    };
    assert_eq!(look(&kept).done()["state"], "running");
    assert_eq!(look(&taken).refusal(), (Some(3), "UNAUTHENTICATED".into()));
    let listed = home.read(&["token", "list"]);
    let names: Vec<_> = listed["items"].as_array().unwrap().iter().collect();
    assert_eq!((names.len(), &names[0]["name"]), (1, &json!("vera")));
}
