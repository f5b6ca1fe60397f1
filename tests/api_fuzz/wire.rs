//! HTTP by hand: a request that no well-meaning client could be made to send.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Longer than the server takes at most.
const PATIENCE: Duration = Duration::from_secs(45);

/// What is sent.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// Path and query, as they go over the wire.
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            target: target.into(),
            ..Self::default()
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a body that says it is JSON.
    pub fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("content-type", "application/json")
    }

    /// Sends it on a connection of its own.
    pub fn send(&self, socket: &Path) -> Reply {
        let mut stream = UnixStream::connect(socket).expect("the engine listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut bytes = format!(
            "{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n",
            self.method, self.target
        )
        .into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if !self.body.is_empty() {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        // Who refuses a body early does not read all of it.
        let _ = stream.write_all(&bytes);
        let mut answer = Vec::new();
        let mut piece = [0; 16 * 1024];
        // A connection that is reset after its answer has given it; a stream has no end.
        let read = loop {
            match stream.read(&mut piece) {
                Ok(0) => break Ok(()),
                Ok(count) => answer.extend_from_slice(&piece[..count]),
                Err(error) => break Err(error),
            }
            if streams(&answer) {
                break Ok(());
            }
        };
        assert!(
            read.is_ok() || !answer.is_empty(),
            "no answer to {self:?}: {read:?}"
        );
        Reply::read(&answer).unwrap_or_else(|| panic!("no answer to {self:?}"))
    }

    /// In a few words.
    pub fn brief(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let body: String = body.chars().take(400).collect();
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect();
        let target: String = self.target.chars().take(300).collect();
        format!("{} {target} [{}] {body}", self.method, headers.join("; "))
    }
}

impl Reply {
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers
            .iter()
            .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let rest = &bytes[end + 4..];
        let body = if streams(bytes) {
            Vec::new()
        } else if chunked {
            joined(rest)?
        } else {
            rest.to_vec()
        };
        Some(Self {
            status,
            headers,
            body,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The media type, its parameters left aside.
    pub fn media(&self) -> &str {
        let said = self.header("content-type").unwrap_or_default();
        said.split(';').next().unwrap_or_default().trim()
    }
}

/// The chunks of a body, joined.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        rest = rest.get(end + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

/// Percent-encoded, whatever it is.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|b| match plain(b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}

/// Whether the head of an answer says that events will follow for ever.
fn streams(answer: &[u8]) -> bool {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    end.is_some_and(|end| {
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        head.contains("content-type: text/event-stream")
    })
}
