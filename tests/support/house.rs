//! An engine with its API before it, in a folder of its own.
#![allow(dead_code)] // each test takes what it needs

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pilothouse::api::{Answer, Api, Caller, Limits, Server, serve_within};
use pilothouse::client::Call;
use pilothouse::config::Config;
use pilothouse::engine::{Engine, FeedChoice, Options};
use serde_json::{Value, json};

pub struct House {
    pub api: Arc<Api>,
    engine: Option<Engine>,
    pub dir: tempfile::TempDir,
}

impl House {
    /// An engine without a market, whose clock is the wall's.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (api, engine) = start(dir.path(), FeedChoice::Idle);
        Self {
            api,
            engine: Some(engine),
            dir,
        }
    }

    /// An engine with a market.
    pub fn with_market() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (api, engine) = start(dir.path(), FeedChoice::Simulated);
        Self {
            api,
            engine: Some(engine),
            dir,
        }
    }

    /// Ends the engine and starts another one on the same folder.
    pub fn restart(&mut self) {
        self.end();
        let (api, engine) = start(self.dir.path(), FeedChoice::Idle);
        self.api = api;
        self.engine = Some(engine);
    }

    /// Ends the engine.
    pub fn end(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.handle.shutdown();
            engine.join();
        }
    }

    /// Serves it on a socket.
    pub fn listen(&self, limits: Limits) -> (Server, PathBuf) {
        let path = self.dir.path().join("control.sock");
        let server = serve_within(Arc::clone(&self.api), &path, limits).unwrap();
        (server, path)
    }

    pub fn ask(&self, who: Caller, method: &'static str, path: &str, body: Value) -> Answer {
        let mut call = Call::post(path, body);
        call.method = method;
        self.api.dispatch(&who, &call)
    }

    /// As `who`, with a query in the path.
    pub fn read(&self, who: Caller, path: &str) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut call = Call::get(path);
        call.query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        self.api.dispatch(&who, &call)
    }

    pub fn get(&self, path: &str) -> Value {
        self.read(Caller::owner(), path).into_result().unwrap()
    }

    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Caller::owner(), "POST", path, body)
    }

    /// Registers an agent: its token.
    pub fn register(&self, name: &str) -> String {
        let answer = self.post("agents", json!({ "name": name, "version": "1" }));
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// Whether the audit has such a refusal by this actor.
    pub fn was_refused(&self, actor: &str, code: &str) -> bool {
        let lines = self.get("audit?kind=refused");
        let lines = lines["items"].as_array().unwrap();
        lines
            .iter()
            .any(|l| l["actor"] == actor && l["data"]["refusal"]["code"] == code)
    }
}

fn start(dir: &Path, feed: FeedChoice) -> (Arc<Api>, Engine) {
    let config = Config::default();
    let engine = Engine::start(Options {
        state_dir: dir.to_owned(),
        config: config.clone(),
        feed,
        speed: None,
        seed: 1,
        symbol: None,
        exit_at_end: false,
        accept_loss: None,
        views: false,
    })
    .unwrap();
    let api = Arc::new(Api::new(engine.handle.clone(), dir));
    (api, engine)
}

impl Drop for House {
    fn drop(&mut self) {
        self.end();
    }
}

/// The code of an answer that is an error.
pub fn code(answer: &Answer) -> &str {
    answer.body["error"]["code"].as_str().unwrap_or("")
}
