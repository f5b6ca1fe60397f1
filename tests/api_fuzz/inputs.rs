//! What is sent: as the schemas want it, at their edges, and as nobody would want it.

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::document::{Document, Operation};
use crate::pool::Pool;
use crate::wire::{Request, encoded};

/// How a request is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    Valid,
    Boundary,
    Hostile,
}

/// Texts that somebody may hope to get through.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "'; DROP TABLE orders; --",
    "\" OR 1=1 --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%00",
    "\u{0}",
    "\r\nX-Injected: 1",
    "\u{202e}\u{feff}",
    "🦀🦀🦀",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "1e999999999",
    "99999999999999999999999999999",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "order_",
    "order_18446744073709551616",
    "run_-1",
    "cycle_99999999_999999_ffffffff",
    "cycle_00000000_000000_00000000",
    "x_1771068213740_4294967296",
    "_1771068213740",
    "x_99999999999999999999",
    "true",
    "null",
    "[]",
    "+10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "0000-01-01T00:00:00Z",
];

/// Bodies that are no objects, or no JSON, or too much.
fn bodies() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "{",
        "}",
        "[]",
        "[[]]",
        "null",
        "true",
        "0",
        "1e999",
        "\"x\"",
        "{}x",
        "{\"a\":}",
        "{'a':1}",
        "{\"a\":1,}",
        "\u{feff}{}",
        "{\"\":{}}",
        "{\"__proto__\":{}}",
        "NaN",
        "[1,2,3,4,5,6,7,8]",
        "{\"items\":[]}",
        "{\"items\":{}}",
        "{\"items\":[{}]}",
        "{\"reason\":1}",
        "{\"unknown\":1}",
        "{\"reason\":\"a\",\"reason\":\"b\"}",
        "{\"confirm\":null}",
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.push(vec![0xff, 0xfe, 0x00]);
    all.push(b"{\"reason\":\"\xff\"}".to_vec());
    all.push("[".repeat(100_000).into_bytes());
    all.push("{\"a\":".repeat(20_000).into_bytes());
    all.push(format!("{{\"reason\":\"{}\"}}", "x".repeat(200_000)).into_bytes());
    all.push(vec![b' '; 300 * 1024]);
    all
}

/// Requests are made of the document, a seed and what there is.
pub struct Inputs<'a> {
    pub document: &'a Document,
    pub pool: &'a Pool,
    pub dice: Dice,
}

impl Inputs<'_> {
    /// A request to an operation.
    pub fn request(&mut self, operation: &Operation, intent: Intent) -> Request {
        let target = self.target(operation, intent);
        let mut request = Request::new(&operation.method, target);
        let body = &operation.says["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            let body = body.clone();
            request = self.body(request, &body, intent);
        } else if intent == Intent::Hostile && self.dice.chance(50) {
            request = self.nonsense(request);
        }
        if operation.is_keyed() && self.dice.chance(30) {
            let key = match intent {
                Intent::Valid => format!("key-{}", self.dice.roll()),
                Intent::Boundary => "k".repeat(256),
                Intent::Hostile => "k".repeat(257),
            };
            request = request.with("idempotency-key", key);
        }
        if intent == Intent::Hostile {
            request = self.headers(request);
        }
        request
    }

    fn target(&mut self, operation: &Operation, intent: Intent) -> String {
        let odd = |dice: &mut Dice| intent == Intent::Hostile && dice.chance(60);
        let mut target = operation.path.clone();
        let mut query = Vec::new();
        for one in operation.says["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let one = self.document.at(one).clone();
            let name = one["name"].as_str().unwrap();
            match one["in"].as_str().unwrap() {
                "path" => {
                    let value = if odd(&mut self.dice) {
                        self.hostile_text()
                    } else if let Some(words) = one["schema"]["enum"].as_array() {
                        words[self.dice.below(words.len())]
                            .as_str()
                            .unwrap()
                            .to_owned()
                    } else {
                        self.pool.id(&operation.path, name, &mut self.dice)
                    };
                    target = target.replace(&format!("{{{name}}}"), &encoded(&value));
                }
                "query" if one["required"] == true || self.dice.chance(40) => {
                    let value = if odd(&mut self.dice) {
                        self.hostile_text()
                    } else {
                        self.asked(name, &one["schema"], intent)
                    };
                    query.push(format!("{}={}", encoded(name), encoded(&value)));
                }
                _ => {}
            }
        }
        if intent == Intent::Hostile && self.dice.chance(20) {
            query.push(
                ["=", "&&", "a", "%", "%zz=%", "limit=1&limit=x", "a[]=1"][self.dice.below(7)]
                    .to_owned(),
            );
        }
        if !query.is_empty() {
            target = format!("{target}?{}", query.join("&"));
        }
        target
    }

    /// The value of a query parameter.
    fn asked(&mut self, name: &str, schema: &Value, intent: Intent) -> String {
        if let Some(words) = schema["enum"].as_array() {
            return words[self.dice.below(words.len())]
                .as_str()
                .unwrap()
                .to_owned();
        }
        match (schema["type"].as_str(), name) {
            // Waiting is another test's.
            (_, "wait_s") => self.dice.below(2).to_string(),
            (Some("integer"), _) => match intent {
                Intent::Valid => (1 + self.dice.below(20)).to_string(),
                _ if self.dice.chance(50) => schema["minimum"].to_string(),
                _ => schema["maximum"].to_string(),
            },
            (Some("boolean"), _) => self.dice.chance(50).to_string(),
            (_, "symbol") => "BTC/USDT".into(),
            (_, "agent" | "source" | "actor") => self.pool.agent(&mut self.dice),
            (_, "topic") => "market_data".into(),
            (_, "strategy" | "name") => self.pool.strategy(&mut self.dice),
            (_, "since" | "seq") => (1 + self.dice.below(30)).to_string(),
            (_, "kind") => "refused".into(),
            _ => self.hostile_text(),
        }
    }

    fn body(&mut self, request: Request, schema: &Value, intent: Intent) -> Request {
        if intent == Intent::Hostile && self.dice.chance(50) {
            return self.nonsense(request);
        }
        let body = self.value(schema, intent, 0);
        request.json(body.to_string())
    }

    fn nonsense(&mut self, request: Request) -> Request {
        let all = bodies();
        let body = all[self.dice.below(all.len())].clone();
        match self.dice.below(4) {
            0 => Request { body, ..request }.with("content-type", "text/plain"),
            1 => Request { body, ..request },
            _ => request.json(body),
        }
    }

    fn headers(&mut self, request: Request) -> Request {
        match self.dice.below(12) {
            0 => request.with("authorization", "Bearer nobody"),
            1 => request.with("authorization", "Basic eDp5"),
            2 => request.with("authorization", vec![b'B', 0xff, 0xfe]),
            3 => request.with("x-actor", "supervisor"),
            4 => request.with("x-actor", "no name at all"),
            5 => request.with("x-actor", self.pool.agent(&mut self.dice)),
            6 => request.with("x-actor", vec![0xc3, 0x28]),
            7 => request.with("idempotency-key", ""),
            8 => request.with("last-event-id", "x".repeat(1_000)),
            9 => request.with("accept", "text/xml"),
            _ => request,
        }
    }

    /// A value of a schema; hostile ones have something wrong somewhere.
    fn value(&mut self, schema: &Value, intent: Intent, depth: u8) -> Value {
        if intent == Intent::Hostile && self.dice.chance(15) {
            return self.wrong();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            if let Some(known) = self.known(name, intent) {
                return known;
            }
            let schema = self.document.at(schema).clone();
            return self.value(&schema, intent, depth);
        }
        for several in ["oneOf", "anyOf"] {
            if let Some(parts) = schema[several].as_array() {
                let part = &parts[self.dice.below(parts.len())];
                return self.value(part, intent, depth);
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[self.dice.below(words.len())].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(several) => several[self.dice.below(several.len())].clone(),
            one => one.clone(),
        };
        match kind.as_str() {
            Some("object") => self.object(schema, intent, depth),
            Some("array") => {
                let most = schema["maxItems"].as_u64().unwrap_or(3);
                let least = schema["minItems"].as_u64().unwrap_or(0);
                let count = match intent {
                    Intent::Boundary => least,
                    _ => least.max(1 + self.dice.roll() % most.max(1)),
                };
                (0..count)
                    .map(|_| self.value(&schema["items"], intent, depth + 1))
                    .collect()
            }
            Some("integer") => self.whole(schema, intent),
            Some("number") => json!(self.dice.below(1_000)),
            Some("boolean") => self.dice.chance(50).into(),
            Some("null") => Value::Null,
            Some("string") => self.word(intent).into(),
            _ => json!({ "note": self.word(intent) }),
        }
    }

    fn object(&mut self, schema: &Value, intent: Intent, depth: u8) -> Value {
        let mut fields = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            let needed = required.iter().any(|one| one == name);
            let dropped = intent == Intent::Hostile && self.dice.chance(10);
            if (needed && !dropped) || (depth < 4 && self.dice.chance(30)) {
                let value = match (name.as_str(), intent) {
                    ("confirm", Intent::Valid) => self.dice.pick(&["CLEAR", "FLATTEN"]).into(),
                    ("epoch", Intent::Valid) => json!(self.dice.below(3)),
                    ("ttl_s", Intent::Valid) => json!(1 + self.dice.below(3_600)),
                    ("purpose", Intent::Valid) => "live_fuzz".into(),
                    ("topic", Intent::Valid) => "system_events".into(),
                    _ => self.value(of, intent, depth + 1),
                };
                fields.insert(name.clone(), value);
            }
        }
        if schema["additionalProperties"].is_object() {
            let value = self.value(&schema["additionalProperties"], intent, depth + 1);
            fields.insert("some_name".into(), value);
        }
        if intent == Intent::Hostile && self.dice.chance(15) {
            fields.insert(self.hostile_text(), self.wrong());
        }
        fields.into()
    }

    /// What there is of the types that name things.
    fn known(&mut self, schema: &str, intent: Intent) -> Option<Value> {
        if intent == Intent::Boundary && self.dice.chance(30) {
            return None;
        }
        let text = match schema {
            "Symbol" => self
                .dice
                .pick(&["BTC/USDT", "ETH/USDT", "btc_usdt"])?
                .to_owned(),
            "Name" => self.pool.agent(&mut self.dice),
            "Decimal" => match intent {
                Intent::Valid => self.dice.pick(&["0.01", "1", "100.5", "25000"])?.to_owned(),
                _ => self
                    .dice
                    .pick(&[
                        "0",
                        "-1",
                        "1e-28",
                        "79228162514264337593543950335",
                        "0.0000000001",
                    ])?
                    .to_owned(),
            },
            "Time" => "2030-01-01T00:00:00.000Z".to_owned(),
            id if id.ends_with("Id") => {
                let kind = id.trim_end_matches("Id").to_ascii_lowercase();
                self.pool.of(&kind, &mut self.dice)
            }
            _ => return None,
        };
        Some(text.into())
    }

    fn whole(&mut self, schema: &Value, intent: Intent) -> Value {
        match intent {
            Intent::Valid => json!(1 + self.dice.below(100)),
            _ => match self.dice.below(5) {
                0 => schema.get("minimum").cloned().unwrap_or(json!(0)),
                1 => json!(u64::MAX),
                2 => json!(u32::MAX),
                3 => json!(i64::MIN),
                _ => json!(0),
            },
        }
    }

    fn word(&mut self, intent: Intent) -> String {
        match intent {
            Intent::Valid => format!("word {}", self.dice.below(100)),
            Intent::Boundary => match self.dice.below(3) {
                0 => String::new(),
                1 => "x".repeat(1_024),
                _ => "x".repeat(1_025),
            },
            Intent::Hostile => self.hostile_text(),
        }
    }

    fn hostile_text(&mut self) -> String {
        match self.dice.below(10) {
            0 => "y".repeat(4_000),
            _ => self.dice.pick(HOSTILE).unwrap_or_default().to_owned(),
        }
    }

    fn wrong(&mut self) -> Value {
        match self.dice.below(8) {
            0 => Value::Null,
            1 => json!([]),
            2 => json!({}),
            3 => json!(-1),
            4 => json!(1.5e300),
            5 => json!(u64::MAX),
            6 => true.into(),
            _ => self.hostile_text().into(),
        }
    }
}
