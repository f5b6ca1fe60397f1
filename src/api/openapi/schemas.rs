//! The schemas that bodies and answers name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::words::{Known, Named};

/// The name of what every error is.
pub(super) const ERROR: &str = "Error";

/// Schemas by name, those of bodies and those of answers.
#[derive(Default)]
pub(super) struct Schemas {
    all: BTreeMap<String, Value>,
}

impl Schemas {
    /// Takes in what a body is; a reference to it.
    pub(super) fn body(&mut self, known: &Known) -> Value {
        self.take(known, |_| {})
    }

    /// Takes in what an answer is, all of whose fields are always there; a reference to it.
    pub(super) fn answer(&mut self, known: &Known) -> Value {
        self.take(known, always_there)
    }

    /// The fields that a body of this type has to have.
    pub(super) fn needs_fields(&self, known: &Known) -> bool {
        let schema = self.all.get(&known.name());
        schema.is_none_or(|schema| schema.get("required").is_some() || schema["oneOf"].is_array())
    }

    /// All of them, and the error's.
    pub(super) fn into_components(mut self) -> Value {
        self.all.insert(ERROR.to_owned(), error());
        json!(self.all)
    }

    fn take(&mut self, known: &Known, mend: fn(&mut Value)) -> Value {
        let mut named = Named::new();
        known.collect(&mut named);
        for (name, schema) in named {
            let mut schema = json!(schema);
            mend(&mut schema);
            self.all.insert(name, schema);
        }
        reference(&known.name())
    }
}

/// A reference to a schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// What is absent in an answer is `null`, not missing; and where it may be one of several, it may be
/// more than one of them.
fn always_there(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                let names: Vec<Value> = properties.keys().cloned().map(Value::from).collect();
                fields.insert("required".into(), names.into());
            }
            if let Some(several) = fields.remove("oneOf") {
                fields.insert("anyOf".into(), several);
            }
            fields.values_mut().for_each(always_there);
        }
        Value::Array(items) => items.iter_mut().for_each(always_there),
        _ => {}
    }
}

/// What every error is.
fn error() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let mut fields = Map::new();
    for (name, about) in [
        ("code", "Stable, in capitals: what programs look at."),
        ("message", "What happened, in words."),
        ("hint", "What to mend, in words."),
        ("request_id", "The number of this request, as in the log."),
        ("rule", "The rule that refused it, where one did."),
        ("limit", "The rule's limit, in its own unit."),
        ("value", "What was measured, in the same unit."),
    ] {
        fields.insert(name.to_owned(), text(about));
    }
    fields.insert(
        "holders".into(),
        json!({
            "type": "array",
            "items": { "type": "string" },
            "description": "Who holds what was wanted.",
        }),
    );
    fields.insert(
        "retry_after_s".into(),
        json!({
            "type": "integer",
            "minimum": 0,
            "description": "Seconds after which another try makes sense; with 429.",
        }),
    );
    json!({
        "type": "object",
        "description": "Every error, whatever its status.",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "description": "What went wrong.",
                "required": ["code", "message", "hint", "request_id"],
                "properties": fields,
            },
        },
    })
}
