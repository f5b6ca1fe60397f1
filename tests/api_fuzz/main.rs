//! The API by its own description: what the engine says of itself is asked of it, as it wants to be
//! asked, at the edges and as nobody should, and every answer has to be one that is described.
//!
//! `PILOTHOUSE_SEEDS=N` asks from so many seeds. A request that goes wrong is shown as it was sent,
//! with its seed.

#[path = "../simulation/dice.rs"]
mod dice;
mod document;
#[path = "../support/house.rs"]
mod house;
mod inputs;
mod judge;
mod pool;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use dice::Dice;
use document::{Document, Operation};
use house::House;
use inputs::{Inputs, Intent};
use judge::Judge;
use pilothouse::api::Limits;
use pilothouse::journal::verify;
use pool::Pool;
use serde_json::{Value, json};
use wire::{Reply, Request, encoded};

/// Seeds where nobody asks for more.
const SEEDS: usize = 1;
/// Requests to an operation of each intent and seed.
const EACH: usize = 5;
/// Who asks at once.
const CALLERS: usize = 8;
/// What ends everything: asked last.
const SHUTDOWN: &str = "/api/v1/coordinator/shutdown";
/// What stops everything: asked after the rest.
const HARDSTOP: &str = "/api/v1/coordinator/hardstop";

fn seeds() -> usize {
    let set = std::env::var("PILOTHOUSE_SEEDS").ok();
    set.map_or(SEEDS, |set| {
        set.parse().expect("PILOTHOUSE_SEEDS is a number")
    })
}

/// What came back, counted; and what was wrong.
#[derive(Default)]
struct Tally {
    requests: usize,
    statuses: BTreeMap<u16, usize>,
    /// How often each operation was done.
    done: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, operation: &Operation, reply: &Reply) {
        self.requests += 1;
        *self.statuses.entry(reply.status).or_default() += 1;
        if reply.status < 400 {
            *self.done.entry(operation.name()).or_default() += 1;
        }
    }
}

/// An engine with something of everything in it.
fn furnish(socket: &Path) {
    let ask = |method: &str, path: &str, body: Value| {
        let target = format!("/api/v1/{path}");
        let reply = Request::new(method, target)
            .json(body.to_string())
            .send(socket);
        assert!(
            reply.status < 500,
            "{path}: {}",
            String::from_utf8_lossy(&reply.body)
        );
    };
    for agent in ["outsider", "trader"] {
        ask(
            "POST",
            "agents",
            json!({ "name": agent, "version": "1", "handles": [] }),
        );
    }
    for (resource, purpose) in [
        ("capital", "live_x"),
        ("compute", "backtest"),
        ("api", "live"),
    ] {
        let wish = json!({ "resource": resource, "amount": "1", "purpose": purpose });
        ask("POST", "reservations", wish);
    }
    ask("POST", "activities", json!({ "kind": "discovery" }));
    let order = json!({
        "symbol": "BTC/USDT", "side": "buy", "type": "limit", "quantity": "0.001", "price": "1",
    });
    ask("POST", "orders", order);
    let message = json!({ "to": "trader", "subject": "hello", "payload": { "n": 1 } });
    ask("POST", "coordination/messages", message);
    ask(
        "POST",
        "coordination/cycle",
        json!({ "symbol": "BTC/USDT" }),
    );
    let deploy = json!({ "capital": "500", "unproven": true, "symbol": "BTC/USDT" });
    ask("POST", "strategies/trend/deploy", deploy);
}

/// Whether a request would end the engine, which is left to the end.
fn ends_it(operation: &Operation, request: &Request) -> bool {
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    let blank = request.body.iter().all(u8::is_ascii_whitespace);
    operation.path == SHUTDOWN && (blank || body == Some(json!({})))
}

/// All operations from one seed, by several callers at once.
fn round(socket: &Path, document: &Document, judge: &Judge<'_>, seed: u64, tally: &Mutex<Tally>) {
    let pool = Pool::of_engine(socket);
    let asked = |one: &&Operation| one.path != HARDSTOP || seed % 2 == 1;
    let all: Vec<&Operation> = document.operations.iter().filter(asked).collect();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (all, pool) = (&all, &pool);
            scope.spawn(move || {
                for (n, operation) in all.iter().enumerate() {
                    if n % CALLERS != caller {
                        continue;
                    }
                    let dice = Dice::new(seed.wrapping_mul(1_000).wrapping_add(n as u64));
                    let mut inputs = Inputs {
                        document,
                        pool,
                        dice,
                    };
                    for intent in [Intent::Valid, Intent::Boundary, Intent::Hostile] {
                        for _ in 0..EACH {
                            let request = inputs.request(operation, intent);
                            if !ends_it(operation, &request) {
                                ask(socket, judge, operation, &request, seed, tally);
                            }
                        }
                    }
                }
            });
        }
    });
}

fn ask(
    socket: &Path,
    judge: &Judge<'_>,
    operation: &Operation,
    request: &Request,
    seed: u64,
    tally: &Mutex<Tally>,
) {
    let reply = request.send(socket);
    let verdict = judge.judge(operation, request, &reply);
    let mut tally = tally.lock().unwrap();
    tally.count(operation, &reply);
    if let Err(why) = verdict {
        let body = String::from_utf8_lossy(&reply.body);
        let body: String = body.chars().take(600).collect();
        let name = operation.name();
        let brief = request.brief();
        tally.wrong.push(format!(
            "seed {seed}, {name}: {why}\n  sent {brief}\n  got {} {body}",
            reply.status
        ));
    }
}

#[test]
fn whatever_is_asked_the_answer_is_one_that_is_described() {
    let mut house = House::with_market();
    let (_server, socket) = house.listen(Limits::default());
    let document = Document::of(&socket);
    let judge = Judge {
        document: &document,
        folder: house.dir.path().display().to_string(),
    };
    furnish(&socket);
    let tally = Mutex::new(Tally::default());
    // Of each seed a round in trade, and one in which HARDSTOP is pressed too.
    let seeds = seeds() as u64;
    for seed in (0..seeds)
        .map(|n| 2 * n)
        .chain((0..seeds).map(|n| 2 * n + 1))
    {
        round(&socket, &document, &judge, seed, &tally);
    }
    let last = document.find("POST", SHUTDOWN).unwrap();
    ask(
        &socket,
        &judge,
        last,
        &Request::new("POST", SHUTDOWN),
        0,
        &tally,
    );
    let tally = tally.into_inner().unwrap();
    println!(
        "{} operations, {} requests, {} operations done at least once, statuses {:?}",
        document.operations.len(),
        tally.requests,
        tally.done.len(),
        tally.statuses,
    );
    let shown: Vec<_> = tally.wrong.iter().take(20).cloned().collect();
    assert!(
        tally.wrong.is_empty(),
        "{} answers are not as described:\n{}",
        tally.wrong.len(),
        shown.join("\n")
    );
    assert!(tally.done.contains_key(&last.name()));
    // Too few would mean that only refusals were looked at.
    assert!(tally.done.len() > document.operations.len() / 2);
    let journal = house.dir.path().join("journal");
    house.end();
    verify(&journal).expect("the journal is whole after all of it");
}

#[test]
fn every_path_answers_and_no_other_method_does() {
    let house = House::new();
    let (_server, socket) = house.listen(Limits::default());
    let document = Document::of(&socket);
    let judge = Judge {
        document: &document,
        folder: house.dir.path().display().to_string(),
    };
    let names = |path: &str| {
        let parts = path.split('/').map(|part| match part.starts_with('{') {
            true => "x".to_owned(),
            false => encoded(part),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    for operation in &document.operations {
        let path = names(&operation.path);
        let known = document.methods(&path);
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
        ] {
            let request = Request::new(method, path.as_str()).json("{\"no_such_field\":1}");
            let reply = request.send(&socket);
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            if known.contains(&method) {
                assert!(!text.contains("\"NOT_FOUND\""), "{method} {path}: {text}");
                assert_ne!(reply.status, 405, "{method} {path}");
            } else if (method, path.as_str()) != ("HEAD", "/docs") {
                assert_eq!(reply.status, 405, "{method} {path}: {text}");
                judge.error(&request, &reply).unwrap();
            }
        }
    }
    let nowhere = Request::new("GET", "/api/v1/no/such/thing").send(&socket);
    assert_eq!(nowhere.status, 404);
}

#[test]
fn a_repeat_under_a_key_is_answered_as_the_first_one_was() {
    let house = House::with_market();
    let (_server, socket) = house.listen(Limits::default());
    let document = Document::of(&socket);
    furnish(&socket);
    let pool = Pool::of_engine(&socket);
    let mut repeated = 0;
    for (n, operation) in document.operations.iter().enumerate() {
        if !operation.is_keyed() || operation.path == SHUTDOWN {
            continue;
        }
        let mut inputs = Inputs {
            document: &document,
            pool: &pool,
            dice: Dice::new(n as u64),
        };
        let mut request = inputs.request(operation, Intent::Valid);
        request
            .headers
            .retain(|(name, _)| name != "idempotency-key");
        let request = request.with("idempotency-key", format!("once-{n}"));
        let first = request.send(&socket);
        if first.status < 400 {
            let again = request.send(&socket);
            assert_eq!(first.status, again.status, "{}", request.brief());
            repeated += 1;
        }
    }
    assert!(repeated > 5, "only {repeated} were done at all");
}

#[test]
fn the_page_comes_as_a_page_and_loads_nothing() {
    let house = House::new();
    let (_server, socket) = house.listen(Limits::default());
    let reply = Request::new("GET", "/docs").send(&socket);
    assert_eq!((reply.status, reply.media()), (200, "text/html"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = String::from_utf8(reply.body).unwrap();
    for word in [
        "/api/v1/coordinator/hardstop",
        "Idempotency-Key",
        "NOT_CONFIGURED",
    ] {
        assert!(page.contains(word), "{word}");
    }
}
