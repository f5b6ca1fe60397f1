//! An agent on the stream: a blocking client, whose patience is bounded.
#![allow(dead_code)] // each test takes what it needs

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Agent {
    pub socket: WebSocket<UnixStream>,
    last: u64,
    pushed: VecDeque<Value>,
}

/// Why the upgrade was refused.
#[derive(Debug)]
pub struct NoUpgrade(pub u16);

impl Agent {
    /// Opens a stream, with a token or without.
    pub fn open(path: &Path, token: Option<&str>) -> Result<Self, NoUpgrade> {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut request = "ws://localhost/api/v1/agent".into_client_request().unwrap();
        if let Some(token) = token {
            let bearer = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", bearer);
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self {
                socket,
                last: 0,
                pushed: VecDeque::new(),
            }),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(NoUpgrade(response.status().as_u16()))
            }
            Err(error) => panic!("no stream: {error}"),
        }
    }

    pub fn join(path: &Path, token: &str) -> Self {
        Self::open(path, Some(token)).unwrap()
    }

    /// Sends a text as it is.
    pub fn say(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).unwrap();
    }

    /// Sends a request: its id.
    pub fn ask(&mut self, op: &str, args: Value) -> u64 {
        self.last += 1;
        self.say(&json!({ "id": self.last, "op": op, "args": args }).to_string());
        self.last
    }

    /// The next frame, whatever it is; none where the server has closed.
    pub fn frame(&mut self) -> Option<Value> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The answer to a request; messages that come before it are kept.
    pub fn answer(&mut self, id: u64) -> Value {
        loop {
            let frame = self.frame().expect("an answer");
            if frame["push"] == "message" {
                self.pushed.push_back(frame);
            } else if frame["id"] == id {
                return frame;
            }
        }
    }

    /// A request that is done: its result.
    pub fn call(&mut self, op: &str, args: Value) -> Value {
        let id = self.ask(op, args);
        let frame = self.answer(id);
        assert_eq!(frame["ok"], true, "{op}: {frame}");
        frame["result"].clone()
    }

    /// A request that is refused: the error.
    pub fn refused(&mut self, op: &str, args: Value) -> Value {
        let id = self.ask(op, args);
        let frame = self.answer(id);
        assert_eq!(frame["ok"], false, "{op}: {frame}");
        frame["error"].clone()
    }

    /// The next message for this agent that is as it should be; others are dropped.
    pub fn message(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = match self.pushed.pop_front() {
                Some(frame) => frame,
                None => self.frame().expect("a message"),
            };
            if frame["push"] == "message" && wanted(&frame["message"]) {
                return frame["message"].clone();
            }
        }
    }

    /// Reads until the server closes: what it says of why.
    pub fn closed(&mut self) -> Option<String> {
        loop {
            match self.socket.read() {
                Ok(Message::Close(said)) => return said.map(|s| s.reason.to_string()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}

/// A request whose answer nobody waits for.
pub fn abandoned(path: &Path, token: &str, request: &str) -> UnixStream {
    let mut stream = UnixStream::connect(path).unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// One request of HTTP over the socket: status and document.
pub fn http(path: &Path, token: Option<&str>, request: &str, body: &str) -> (u16, Value) {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
    let token = token.map_or(String::new(), |t| format!("Authorization: Bearer {t}\r\n"));
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text[9..12].parse().unwrap();
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or_default())
}
