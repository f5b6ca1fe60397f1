//! An engine whose API is on the network, and callers that speak to it byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pilothouse::api::{Bounds, Doors, Limits, Server, Tcp, open, tls};
use pilothouse::client::{Call, Problem, Remote, Target, call};
use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};

use crate::house::House;
use crate::program::PATIENCE;

/// An engine, its API on loopback, and who may use it.
pub struct Net {
    server: Option<Server>,
    pub house: House,
    pub address: SocketAddr,
}

impl Net {
    /// Without TLS.
    pub fn plain(bounds: Bounds) -> Self {
        Self::open(bounds, Limits::default(), None)
    }

    /// With bounds of streams.
    pub fn streaming(streams: Limits) -> Self {
        Self::open(Bounds::default(), streams, None)
    }

    /// With TLS by the certificate in `dir`.
    pub fn secure(dir: &Path) -> Self {
        let (certificate, key) = certificate(dir);
        let tls = tls::load(&certificate, &key).unwrap();
        Self::open(Bounds::default(), Limits::default(), Some(tls))
    }

    fn open(bounds: Bounds, streams: Limits, tls: Option<tls::Tls>) -> Self {
        let house = House::new();
        let doors = Doors {
            socket: house.dir.path().join("control.sock"),
            tcp: Some(Tcp {
                address: "127.0.0.1:0".parse().unwrap(),
                tls,
            }),
            bounds,
            streams,
        };
        let server = open(Arc::clone(&house.api), doors).unwrap();
        Self {
            address: server.address().unwrap(),
            server: Some(server),
            house,
        }
    }

    /// Ends the server and leaves the engine.
    pub fn close(&mut self) {
        self.server.take();
    }

    /// Gives somebody a token.
    pub fn token(&self, name: &str, role: &str) -> String {
        let body = json!({ "name": name, "role": role, "reason": "a test" });
        let given = self.house.post("tokens", body);
        assert_eq!(given.status, 201, "{}", given.body);
        given.body["token"].as_str().unwrap().to_owned()
    }

    /// Where it is, for whoever has this token; `dir` has its certificate.
    pub fn target(&self, token: &str, dir: Option<&Path>) -> Target {
        let (scheme, ca) = match dir {
            Some(dir) => ("https", Some(dir.join("cert.pem"))),
            None => ("http", None),
        };
        let url = format!("{scheme}://localhost:{}", self.address.port());
        Target::Url(Remote::new(&url, ca, Some(token.to_owned())).unwrap())
    }

    /// Asks without TLS, with a token.
    pub fn ask(
        &self,
        token: &str,
        method: &'static str,
        path: &str,
        body: Value,
    ) -> Result<Value, Problem> {
        let mut asked = Call::post(path, body);
        asked.method = method;
        call(&self.target(token, None), &asked)
    }

    /// One request as these bytes, and its answer.
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        Answer::of(&heard(&mut stream))
    }

    /// A `GET` whose connection ends with it, with more headers.
    pub fn get(&self, path: &str, headers: &str) -> Answer {
        self.raw(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        ))
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// Everything that is said until the other end hangs up; that must come.
pub fn heard(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            Err(error) => panic!("not hung up: {error}"),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| line.starts_with(&format!("{name}: "));
        let found = self.head.lines().find(|l| line(l))?;
        Some(&found[name.len() + 2..])
    }

    pub fn error(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["error"].clone()
    }
}

/// A certificate for localhost and its key in `dir`.
pub fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let pair = generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&certificate, pair.cert.pem()).unwrap();
    std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
    let own = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key, own).unwrap();
    (certificate, key)
}

/// Bounds with this much patience for whatever is slow.
pub fn impatient(ms: u64) -> Bounds {
    let patience = Duration::from_millis(ms);
    Bounds {
        header: patience,
        body: patience,
        write: patience,
        ..Bounds::default()
    }
}
