//! A reader of server-sent events over a Unix socket, whose patience is bounded.
#![allow(dead_code)] // each test takes what it needs

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub event: String,
    pub data: Value,
}

pub struct Stream {
    reader: BufReader<UnixStream>,
    /// What is left of the chunk that is being read.
    chunk: usize,
    pub retry: Option<u64>,
    /// Signs of life that came.
    pub comments: u32,
    last: Option<String>,
}

fn ask(path: &Path, query: &str, last: Option<&str>) -> (u16, BufReader<UnixStream>, usize) {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
    write!(
        stream,
        "GET /api/v1/events{query} HTTP/1.1\r\nHost: x\r\n{last}\r\n"
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut status = 0;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            return (status, reader, length);
        }
        if status == 0 {
            status = line[9..12].parse().unwrap();
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.parse().unwrap();
        }
    }
}

/// A stream that is refused: status and error.
pub fn refused(path: &Path, query: &str, last: Option<&str>) -> (u16, Value) {
    let (status, mut reader, length) = ask(path, query, last);
    let mut body = vec![0; length];
    std::io::Read::read_exact(&mut reader, &mut body).unwrap();
    let mut document: Value = serde_json::from_slice(&body).unwrap();
    (status, document["error"].take())
}

impl Stream {
    pub fn open(path: &Path, query: &str, last: Option<&str>) -> Self {
        let (status, reader, _) = ask(path, query, last);
        assert_eq!(status, 200, "{query} {last:?}");
        Self {
            reader,
            chunk: 0,
            retry: None,
            comments: 0,
            last: None,
        }
    }

    /// The next line of the stream; none where it is over.
    fn text(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            if self.chunk == 0 {
                let mut head = String::new();
                while head.trim().is_empty() {
                    head.clear();
                    if self.reader.read_line(&mut head).unwrap() == 0 {
                        return None;
                    }
                }
                self.chunk = usize::from_str_radix(head.trim(), 16).unwrap();
                if self.chunk == 0 {
                    return None;
                }
            }
            let mut byte = [0];
            std::io::Read::read_exact(&mut self.reader, &mut byte).unwrap();
            self.chunk -= 1;
            if byte[0] == b'\n' {
                return Some(String::from_utf8(line).unwrap());
            }
            line.push(byte[0]);
        }
    }

    /// The next event with data; places on the way are remembered.
    fn block(&mut self, any: bool) -> Option<Event> {
        let mut found = Event {
            id: None,
            event: String::new(),
            data: Value::Null,
        };
        loop {
            let line = self.text()?;
            let (name, value) = line.split_once(':').unwrap_or((line.as_str(), ""));
            let value = value.trim_start();
            match name {
                "id" => found.id = Some(value.to_owned()),
                "event" => found.event = value.to_owned(),
                "data" => found.data = serde_json::from_str(value).unwrap(),
                "retry" => self.retry = value.parse().ok(),
                "" if !line.is_empty() => self.comments += 1,
                "" if line.is_empty() => {
                    if found.id.is_some() {
                        self.last.clone_from(&found.id);
                    }
                    if any && found.id.is_some() || !found.data.is_null() {
                        return Some(found);
                    }
                    found.id = None;
                }
                _ => {}
            }
        }
    }

    pub fn next(&mut self) -> Event {
        self.block(false).expect("an event")
    }

    /// The next place to go on from, an event or not.
    pub fn place(&mut self) -> String {
        self.block(true).expect("a place").id.unwrap()
    }

    /// The next event's line of the audit.
    pub fn line(&mut self) -> Value {
        let event = self.next();
        assert_eq!(event.data["kind"], event.event.as_str());
        event.data
    }

    /// Whether the stream has ended.
    pub fn is_over(&mut self) -> bool {
        self.block(false).is_none()
    }
}
