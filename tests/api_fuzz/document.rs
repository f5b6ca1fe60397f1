//! The document of a running engine, as the fuzzer reads it.

use std::collections::BTreeMap;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::wire::{Reply, Request};

/// What the engine says of itself.
pub struct Document {
    pub whole: Value,
    pub operations: Vec<Operation>,
}

/// One operation.
pub struct Operation {
    /// In capitals.
    pub method: String,
    pub path: String,
    pub says: Value,
    /// What may come back, by status.
    answers: BTreeMap<u16, Answer>,
}

struct Answer {
    media: Option<String>,
    schema: Option<Validator>,
}

impl Document {
    /// Asks the engine.
    pub fn of(socket: &Path) -> Self {
        let reply = Request::new("GET", "/api/v1/openapi.json").send(socket);
        assert_eq!(reply.status, 200);
        let whole: Value = serde_json::from_slice(&reply.body).unwrap();
        let mut strict = whole.clone();
        strict["components"] = closed(&whole, &whole["components"]);
        let mut operations = Vec::new();
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, says) in item.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    answers: answers(&whole, &strict["components"], &says["responses"]),
                    says: says.clone(),
                });
            }
        }
        Self { whole, operations }
    }

    /// What a reference leads to, or the thing itself.
    pub fn at<'a>(&'a self, one: &'a Value) -> &'a Value {
        resolved(&self.whole, one)
    }

    /// The operation at a path with this method.
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let found = self.operations.iter();
        found
            .filter(|one| one.method == method)
            .find(|one| one.path == path)
    }

    /// The methods that a path without a query takes.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let fits = self.operations.iter().filter(|one| fits(&one.path, path));
        fits.map(|one| one.method.as_str()).collect()
    }
}

impl Operation {
    /// What is wrong with an answer to it.
    pub fn check(&self, reply: &Reply) -> Result<(), String> {
        let Some(answer) = self.answers.get(&reply.status) else {
            let known: Vec<_> = self.answers.keys().collect();
            return Err(format!("{} is not among {known:?}", reply.status));
        };
        let Some(media) = &answer.media else {
            let empty = reply.body.is_empty();
            return if empty {
                Ok(())
            } else {
                Err("a body where none is described".into())
            };
        };
        if reply.media() != media {
            return Err(format!("it is {:?}, and not {media:?}", reply.media()));
        }
        let Some(schema) = &answer.schema else {
            return Ok(());
        };
        let lines = match media.as_str() {
            "application/json" => vec![reply.body.as_slice()],
            "application/x-ndjson" => reply.body.split(|b| *b == b'\n').collect(),
            _ => Vec::new(),
        };
        for line in lines.into_iter().filter(|line| !line.is_empty()) {
            let document: Value =
                serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
            let wrong: Vec<String> = schema
                .iter_errors(&document)
                .take(3)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            if !wrong.is_empty() {
                return Err(wrong.join("; "));
            }
        }
        Ok(())
    }

    /// Whether it says that it takes repeats by their key.
    pub fn is_keyed(&self) -> bool {
        let params = self.says["parameters"].as_array().into_iter().flatten();
        params
            .into_iter()
            .any(|one| one["$ref"] == "#/components/parameters/IdempotencyKey")
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn answers(whole: &Value, components: &Value, responses: &Value) -> BTreeMap<u16, Answer> {
    let all = responses.as_object().unwrap().iter();
    all.map(|(status, response)| {
        let response = resolved(whole, response);
        let content = response["content"].as_object();
        let first = content.and_then(|content| content.iter().next());
        let schema = first.map(|(_, content)| {
            let schema = json!({
                "allOf": [closed(whole, &content["schema"])],
                "components": components,
            });
            jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{schema}: {e}"))
        });
        let answer = Answer {
            media: first.map(|(media, _)| media.clone()),
            schema,
        };
        (status.parse().unwrap(), answer)
    })
    .collect()
}

fn resolved<'a>(whole: &'a Value, one: &'a Value) -> &'a Value {
    match one["$ref"].as_str() {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').unwrap();
            let found = whole.pointer(pointer);
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => one,
    }
}

/// A schema of objects that have no other fields than those that are described.
fn closed(whole: &Value, schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| closed(whole, item)).collect(),
        Value::Object(fields) => {
            let mut fields = fields.clone();
            if let Some(Value::Array(parts)) = fields.remove("allOf") {
                merge(whole, &mut fields, &parts);
            }
            if fields.get("properties").is_some_and(Value::is_object) {
                fields.insert("additionalProperties".into(), false.into());
            }
            let fields = fields.into_iter();
            fields
                .map(|(name, of)| (name, closed(whole, &of)))
                .collect()
        }
        other => other.clone(),
    }
}

/// All parts as one object.
fn merge(whole: &Value, fields: &mut Map<String, Value>, parts: &[Value]) {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts {
        let mut part = resolved(whole, part).clone();
        if let Some(Value::Array(inner)) = part.get("allOf").cloned() {
            let mut flat = Map::new();
            merge(whole, &mut flat, &inner);
            part = flat.into();
        }
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    fields.insert("type".into(), "object".into());
    fields.insert("properties".into(), properties.into());
    fields.insert("required".into(), required.into());
}

/// Whether a path is one of a template's.
pub fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted.starts_with('{') && !part.is_empty() => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}
