//! The stop, seen from where it must bite: orders asked for without a rest until one is refused for it.
#![allow(dead_code)] // each test takes what it needs

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Home, PATIENCE};

/// One connection to an engine's API, on which orders are asked for.
pub struct Orders {
    stream: UnixStream,
    bytes: Vec<u8>,
}

impl Orders {
    /// To the engine of this home.
    pub fn open(home: &Home) -> Self {
        let stream = UnixStream::connect(home.state().join("control.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    /// Asks for an order that is refused in any case, for its size, so that none changes what the
    /// next one meets: the code of the refusal.
    pub fn refusal(&mut self) -> String {
        let order =
            json!({"symbol": "BTC/USDT", "side": "buy", "type": "market", "quantity": "900"});
        self.send(&request("orders", &order));
        let answer = self.answer();
        answer["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Asks until an order is refused for the state of trading: how long that took.
    pub fn until_stopped(&mut self, since: Instant) -> Duration {
        while self.refusal() != "RISK_STATE" {
            assert!(since.elapsed() < PATIENCE, "the stop does not get through");
        }
        since.elapsed()
    }

    /// Sends requests without waiting for their answers.
    pub fn send(&mut self, requests: &str) {
        // An engine that ends meanwhile answers nobody.
        let _ = self.stream.write_all(requests.as_bytes());
    }

    /// The document of the next answer.
    pub fn answer(&mut self) -> Value {
        let head = self.until(|bytes| {
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
            end.map(|at| at + 4)
        });
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap_or_default();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        let body = self.until(|bytes| (bytes.len() >= length).then_some(length));
        serde_json::from_slice(&body).unwrap()
    }

    fn until(&mut self, end: impl Fn(&[u8]) -> Option<usize>) -> Vec<u8> {
        loop {
            if let Some(end) = end(&self.bytes) {
                let rest = self.bytes.split_off(end);
                return std::mem::replace(&mut self.bytes, rest);
            }
            let mut chunk = [0; 4_096];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the engine hung up");
            self.bytes.extend_from_slice(&chunk[..read]);
        }
    }
}

/// A request as it goes over the socket.
pub fn request(path: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
