//! `docs/agents.md` is true: every exchange in it is played against an engine, and the answers have
//! the fields, and where they are no ids, times or figures the words, that the page shows.
//! `PILOTHOUSE_BLESS=1` writes the answers of the run into the page.

#[path = "support/agent.rs"]
mod agent;
#[path = "support/house.rs"]
mod house;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use agent::{Agent, http};
use house::House;
use pilothouse::api::Limits;
use serde_json::Value;

/// A part of the page: what is played, or what is only read.
enum Part {
    Text(String),
    Http { info: String, lines: Vec<String> },
    Ws { lines: Vec<String> },
}

fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    while let Some(line) = lines.next() {
        let info = line.strip_prefix("```");
        let Some(info) = info.filter(|i| i.starts_with("http") || *i == "ws") else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        let within = lines.by_ref().take_while(|line| *line != "```");
        let within = within.map(str::to_owned).collect();
        parts.push(match info {
            "ws" => Part::Ws { lines: within },
            info => Part::Http {
                info: info.to_owned(),
                lines: within,
            },
        });
    }
    parts.push(Part::Text(text));
    parts
}

/// What plays the page, and how the page's ids and tokens are called in this run.
struct Player {
    path: PathBuf,
    token: Option<String>,
    called: BTreeMap<String, String>,
}

impl Player {
    /// The page's text with the ids of this run; the longest first, and none twice.
    fn here(&self, text: &str) -> String {
        let mut ids: Vec<(&String, &String)> = self.called.iter().collect();
        ids.sort_by_key(|(page, _)| std::cmp::Reverse(page.len()));
        let mut text = text.to_owned();
        for (n, (page, _)) in ids.iter().enumerate() {
            text = text.replace(page.as_str(), &format!("\u{1}{n}\u{1}"));
        }
        for (n, (_, here)) in ids.iter().enumerate() {
            text = text.replace(&format!("\u{1}{n}\u{1}"), here);
        }
        text
    }

    /// Takes over how the ids of an older page are called now.
    fn learn(&mut self, page: &Value, said: &Value) {
        match (page, said) {
            (Value::Object(page), Value::Object(said)) => {
                for (name, value) in page {
                    self.learn(value, said.get(name).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(page), Value::Array(said)) => {
                page.iter().zip(said).for_each(|(p, s)| self.learn(p, s));
            }
            (Value::String(page), Value::String(said)) if page != said && page.len() >= 8 => {
                self.called.insert(page.clone(), said.clone());
            }
            _ => {}
        }
    }

    /// Compares what the page shows with what was said.
    fn compare(&mut self, at: &str, page: &Value, said: &Value) {
        match (page, said) {
            (Value::Object(page), Value::Object(said)) => {
                let names = |of: &serde_json::Map<String, Value>| {
                    of.keys().cloned().collect::<Vec<String>>()
                };
                assert_eq!(names(page), names(said), "{at}");
                for (name, value) in page {
                    self.compare(&format!("{at}.{name}"), value, &said[name]);
                }
            }
            (Value::Array(page), Value::Array(said)) => {
                assert_eq!(page.is_empty(), said.is_empty(), "{at}");
                for (page, said) in page.iter().zip(said) {
                    self.compare(&format!("{at}[]"), page, said);
                }
            }
            (Value::String(page), Value::String(said)) if page != said => {
                let is_figure = |text: &str| text.bytes().any(|b| b.is_ascii_digit());
                assert!(is_figure(page) && is_figure(said), "{at}: {page} {said}");
                if page.len() >= 8 {
                    self.called.insert(page.clone(), said.clone());
                }
            }
            (Value::Number(_), Value::Number(_)) => {}
            (page, said) => assert_eq!(page, said, "{at}"),
        }
    }

    /// Plays one request of HTTP: the lines of its block as they are now.
    fn exchange(&mut self, info: &str, lines: &[String], bless: bool) -> Vec<String> {
        let (asked, shown): (Vec<&String>, Vec<&String>) =
            lines.iter().partition(|line| line.starts_with("> "));
        let asked: Vec<String> = asked.into_iter().map(|line| self.here(line)).collect();
        let body = asked.get(1).map_or("", |line| &line[2..]);
        let owner = info.ends_with("operator");
        let token = self.token.clone().filter(|_| !owner);
        let (status, said) = http(&self.path, token.as_deref(), &asked[0][2..], body);
        if let Some(token) = said["token"].as_str() {
            self.token = Some(token.to_owned());
        }
        let shown: Vec<&str> = shown.into_iter().map(String::as_str).collect();
        let page = shown.get(1).map(|text| serde_json::from_str(text).unwrap());
        let page: Value = page.unwrap_or_default();
        if bless {
            self.learn(&page, &said);
        } else {
            assert_eq!(shown[0], status.to_string(), "{}: {said}", asked[0]);
            self.compare(&asked[0], &page, &said);
        }
        [asked, vec![status.to_string(), said.to_string()]].concat()
    }

    /// Plays the stream: each request and its answer, each message where the page has it.
    fn converse(&mut self, lines: &[String], bless: bool) -> Vec<String> {
        let mut stream = Agent::open(&self.path, None).unwrap();
        let mut told = Vec::new();
        let mut lines = lines.iter().peekable();
        while let Some(line) = lines.next() {
            let (page, said) = if let Some(request) = line.strip_prefix("> ") {
                let request = self.here(request);
                told.push(format!("> {request}"));
                let token = self.token.clone().unwrap_or_default();
                stream.say(&request.replace("TOKEN", &token));
                let request: Value = serde_json::from_str(&request).unwrap();
                let said = stream.answer(request["id"].as_u64().unwrap());
                let shown =
                    lines.next_if(|line| line.starts_with("{\"") && !line.contains("\"push\""));
                let page = shown.map(|line| serde_json::from_str(line).unwrap());
                (page.unwrap_or_default(), said)
            } else {
                let page: Value = serde_json::from_str(line).unwrap();
                let message = stream.message(|m| m["topic"] == page["message"]["topic"]);
                (
                    page,
                    serde_json::json!({ "push": "message", "message": message }),
                )
            };
            if bless {
                self.learn(&page, &said);
            } else {
                self.compare(line, &page, &said);
            }
            told.push(said.to_string());
        }
        told
    }
}

#[test]
fn every_exchange_of_the_page_is_as_it_says() {
    let page_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agents.md");
    let page = std::fs::read_to_string(&page_path).unwrap();
    let bless = std::env::var_os("PILOTHOUSE_BLESS").is_some();
    let house = House::with_market();
    // What the schedules begin with is over: nobody else asks the page's agent anything.
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let cycles = house.get("coordination/cycles");
        let ended = |cycle: &&Value| !cycle["ended_at"].is_null();
        if cycles["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(ended)
            .count()
            >= 3
        {
            break;
        }
        assert!(Instant::now() < deadline, "{cycles}");
    }
    let (_server, path) = house.listen(Limits::default());
    let mut player = Player {
        path,
        token: None,
        called: BTreeMap::new(),
    };
    let mut written = String::new();
    let mut played = 0;
    for part in parts(&page) {
        let (info, lines) = match part {
            Part::Text(text) => {
                written.push_str(&text);
                continue;
            }
            Part::Http { info, lines } => {
                let told = player.exchange(&info, &lines, bless);
                (info, told)
            }
            Part::Ws { lines } => ("ws".to_owned(), player.converse(&lines, bless)),
        };
        played += 1;
        writeln!(written, "```{info}\n{}\n```", lines.join("\n")).unwrap();
    }
    assert!(played > 15, "only {played} blocks are played");
    if bless {
        std::fs::write(&page_path, written).unwrap();
    }
}

/// Every operation, endpoint and field that tables and prose name in code is one the engine knows.
#[test]
fn what_the_page_names_in_prose_exists() {
    let page = include_str!("../docs/agents.md");
    let house = House::new();
    let (_server, path) = house.listen(Limits::default());
    let token = house.register("scout");
    for method_path in page.split('`').filter(|code| code.starts_with("GET ")) {
        let method_path = method_path.split('?').next().unwrap();
        let (_, rest) = method_path.split_once(' ').unwrap();
        let rest = rest.trim_start_matches("/api/v1/");
        let (status, said) = http(&path, Some(&token), &format!("GET /api/v1/{rest}"), "");
        assert_ne!(status, 404, "{rest}: {said}");
    }
    let mut stream = Agent::join(&path, &token);
    for op in [
        "send",
        "unsubscribe",
        "answer",
        "activity_begin",
        "activity_end",
        "data_put",
        "data_get",
        "hardstop",
    ] {
        assert!(page.contains(&format!("`{op}`")), "{op}");
        // With nothing given it is refused for what is missing, or done; it is never unknown.
        let id = stream.ask(op, serde_json::json!({}));
        assert_ne!(stream.answer(id)["error"]["code"], "OP_UNKNOWN", "{op}");
    }
}
