//! A webhook's other end: it keeps what it is sent and behaves as badly as a test wants.
#![allow(dead_code)] // each test takes what it needs

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub enum Manners {
    /// 200.
    Well,
    /// 500, with words.
    Broken,
    /// Never.
    Hangs,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Got {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no document: {self:?}"))
    }
}

pub struct Hook {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
    manners: Arc<Mutex<Manners>>,
}

impl Hook {
    pub fn new(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let hook = Self {
            url,
            got: Arc::default(),
            manners: Arc::new(Mutex::new(manners)),
        };
        let (got, manners) = (Arc::clone(&hook.got), Arc::clone(&hook.manners));
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let how = *manners.lock().unwrap();
                if let Some(request) = read(&stream) {
                    got.lock().unwrap().push(request);
                }
                match how {
                    Manners::Well => answer(&stream, "200 OK", "thanks"),
                    Manners::Broken => answer(&stream, "500 Internal Server Error", "no disk"),
                    Manners::Hangs => held.push(stream),
                }
            }
        });
        hook
    }

    /// An address where nobody listens.
    pub fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/hook", listener.local_addr().unwrap())
    }

    pub fn mend(&self) {
        *self.manners.lock().unwrap() = Manners::Well;
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The documents of one kind, as JSON.
    pub fn of(&self, kind: &str) -> Vec<serde_json::Value> {
        let documents = self.got().into_iter().map(|got| got.document());
        documents
            .filter(|document| document["kind"] == kind)
            .collect()
    }
}

fn read(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Got { headers, body })
}

fn answer(mut stream: &TcpStream, status: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}
