//! One operation of the document.

use serde_json::{Map, Value, json};

use super::schemas::{ERROR, Schemas, reference};
use super::words::{Content, Gives, Kind, Param, Words};
use crate::api::request::Role;

/// Statuses that any request may be refused with.
const ANYWHERE: &[u16] = &[400, 401, 403, 408, 413, 414, 415, 422, 429, 431, 503];

/// An error by its status: the name of the response, and what it means.
const ERRORS: &[(u16, &str, &str)] = &[
    (400, "Malformed", "The body is no JSON."),
    (
        401,
        "Unauthenticated",
        "Nobody is known by the token, or there is none.",
    ),
    (403, "Forbidden", "Others may, this one may not."),
    (
        404,
        "Unknown",
        "There is no such thing, or no longer in memory.",
    ),
    (408, "Slow", "The body does not come in time."),
    (
        409,
        "Refused",
        "A rule refuses it, or it is not configured (`NOT_CONFIGURED`).",
    ),
    (413, "TooLarge", "The body is too large."),
    (414, "LongPath", "The path or the query is too long."),
    (
        415,
        "NoJson",
        "The body says that it is something else than JSON.",
    ),
    (
        422,
        "Unfit",
        "A value cannot be, whatever the state of the engine; it is named.",
    ),
    (426, "UpgradeRequired", "This is a WebSocket."),
    (
        429,
        "TooMany",
        "Too many at once; `Retry-After` says when another try makes sense.",
    ),
    (431, "LongHeaders", "The headers are too large."),
    (
        503,
        "Unavailable",
        "The engine recovers, stops, or takes too long.",
    ),
];

/// What an operation is, apart from its words.
pub(super) struct Operation<'a> {
    pub(super) method: &'a str,
    /// From the root on.
    pub(super) path: &'a str,
    /// None: it is for everybody.
    pub(super) needs: Option<Role>,
    /// Whether it takes `Idempotency-Key`.
    pub(super) keyed: bool,
    pub(super) tag: Option<&'static str>,
    pub(super) words: &'a Words,
}

impl Operation<'_> {
    /// The operation as the document has it.
    pub(super) fn describe(&self, schemas: &mut Schemas) -> Value {
        let mut operation = json!({
            "operationId": self.id(),
            "summary": self.words.summary,
            "parameters": self.parameters(),
            "responses": self.responses(schemas),
        });
        if let Some(tag) = self.tag {
            operation["tags"] = json!([tag]);
        }
        if let Some(needs) = self.needs {
            operation["x-role"] = needs.to_string().into();
        }
        if self.words.gives.iter().all(Option::is_none) {
            operation["x-not-configured"] = true.into();
        }
        if let Some(body) = &self.words.takes {
            operation["requestBody"] = body_of(body, schemas);
        }
        operation
    }

    /// `postOrdersIdCancel`.
    fn id(&self) -> String {
        let path = self.path.trim_start_matches("/api/v1");
        let words = path.split(|c: char| !c.is_ascii_alphanumeric());
        let capital = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        let rest: String = words.map(capital).collect();
        format!("{}{rest}", self.method.to_ascii_lowercase())
    }

    fn parameters(&self) -> Vec<Value> {
        let parts = self.path.split('/');
        let names = parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut all: Vec<Value> = names.map(of_path).collect();
        all.extend(self.words.query.iter().map(of_query));
        if self.keyed {
            all.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
        }
        if self.needs.is_some() {
            all.push(json!({ "$ref": "#/components/parameters/Actor" }));
        }
        all
    }

    fn responses(&self, schemas: &mut Schemas) -> Value {
        let mut all = Map::new();
        for gives in self.words.gives.iter().flatten() {
            all.insert(gives.status.to_string(), answer(gives, schemas));
        }
        for (status, name, _) in ERRORS.iter().filter(|(status, ..)| self.refuses(*status)) {
            // A status with an answer of its own keeps it.
            all.entry(status.to_string())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        all.into()
    }

    fn refuses(&self, status: u16) -> bool {
        ANYWHERE.contains(&status)
            || self.words.refuses.contains(&status)
            || (status == 404 && (self.path.contains('{') || self.words.takes.is_some()))
            || (status == 409 && self.method != "GET")
    }
}

/// The errors that operations refer to.
pub(super) fn errors() -> Value {
    let one = |(_, name, about): &(u16, &str, &str)| {
        let response = json!({
            "description": about,
            "content": { "application/json": { "schema": reference(ERROR) } },
        });
        ((*name).to_owned(), response)
    };
    Value::Object(ERRORS.iter().map(one).collect())
}

fn body_of(content: &Content, schemas: &mut Schemas) -> Value {
    let (schema, required) = match content {
        Content::Json(known) => {
            let schema = schemas.body(known);
            (schema, schemas.needs_fields(known))
        }
        _ => (json!({}), true),
    };
    json!({ "required": required, "content": { "application/json": { "schema": schema } } })
}

fn answer(gives: &Gives, schemas: &mut Schemas) -> Value {
    let about = match gives.status {
        101 => "The protocol changes.",
        201 => "Made.",
        202 => "Taken; it comes about later.",
        204 => "Nothing new.",
        503 => "Not ready.",
        _ => "Done.",
    };
    let (media, schema) = match &gives.content {
        Content::Nothing => return json!({ "description": about }),
        Content::Json(known) => ("application/json", schemas.answer(known)),
        Content::Any => ("application/json", json!({})),
        Content::Lines(known) => ("application/x-ndjson", schemas.answer(known)),
        Content::Text(media) => (*media, json!({ "type": "string" })),
    };
    json!({ "description": about, "content": { media: { "schema": schema } } })
}

/// What stands in a path under this name.
fn of_path(name: &str) -> Value {
    let (about, schema) = match name {
        "action" => (
            "What to do.",
            json!({ "type": "string", "enum": ["run", "enable", "disable"] }),
        ),
        "id" => ("Its id.", json!({ "type": "string" })),
        "key" => ("Under which key.", json!({ "type": "string" })),
        "name" => ("Its name.", json!({ "type": "string" })),
        _ => ("Which.", json!({ "type": "string" })),
    };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
}

fn of_query(param: &Param) -> Value {
    let schema = match param.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Flag => json!({ "type": "boolean" }),
    };
    json!({
        "name": param.name,
        "in": "query",
        "required": param.needed,
        "description": param.about,
        "schema": schema,
    })
}
