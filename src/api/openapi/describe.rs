//! The whole document.

use serde_json::{Map, Value, json};

use super::operation::{self, Operation};
use super::roots::ROOTS;
use super::schemas::Schemas;
use super::tags;
use crate::api::routes::{self, Key};

/// Where the table's routes are.
const ROOT: &str = "/api/v1/";

const ABOUT: &str = "\
What the console can do can be done here. Amounts, prices and quantities are texts, times are RFC 3339 \
in UTC, what is absent is `null`. Every document carries `seq`, the journal position that it shows. \
What is changed is durable when the answer comes.

The owner of the Unix socket is admin without a token, and may act for anybody by `X-Actor`; whoever \
brings a token has its role and its name only. Roles, each with what is before it: viewer looks, and \
may engage HARDSTOP; agent reserves, trades and talks; operator pauses, resumes, clears; admin \
everything.

A method that a path does not take is refused with 405, a path that does not exist with 404. Bodies are \
JSON of at most 256 KiB, and fields that are not described here are refused by name.";

/// The document: every route of the table, and what stands beside it.
pub(super) fn document() -> Value {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut put = |one: &Operation<'_>| {
        let path = paths.entry(one.path).or_insert_with(|| json!({}));
        path[one.method.to_ascii_lowercase()] = one.describe(&mut schemas);
    };
    for route in routes::all() {
        put(&Operation {
            method: route.method,
            path: &format!("{ROOT}{}", route.pattern),
            needs: Some(route.needs),
            keyed: route.key != Key::Ignored,
            tag: tags::of(route.pattern),
            words: &route.words,
        });
    }
    for root in ROOTS {
        let below = root.path.strip_prefix(ROOT).unwrap_or(&root.path[1..]);
        put(&Operation {
            method: "GET",
            path: root.path,
            needs: root.needs,
            keyed: false,
            tag: tags::of(below),
            words: &root.words,
        });
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pilothouse",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The API of one engine.",
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "token": [] }],
        "tags": tags::all(),
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "responses": operation::errors(),
            "parameters": parameters(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that was issued, or that an agent got when it joined.",
                },
            },
        },
    })
}

/// Headers that several operations take.
fn parameters() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A repeat under the same key is answered as the first one was; another \
                            request under the same key is refused with 409.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 256 },
        },
        "Actor": {
            "name": "X-Actor",
            "in": "header",
            "required": false,
            "description": "Whom the owner of the socket acts for.",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9_.:@-]{1,40}$" },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, one)| (format!("{} {path}", method.to_uppercase()), one))
        });
        all.collect()
    }

    /// Every `$ref` in it.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(
                    fields
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_in_it_and_nothing_else() {
        let document = document();
        let described: BTreeSet<_> = operations(&document).into_iter().map(|(k, _)| k).collect();
        let table = routes::all().map(|r| format!("{} {ROOT}{}", r.method, r.pattern));
        let roots = ROOTS.iter().map(|root| format!("GET {}", root.path));
        assert_eq!(described, table.chain(roots).collect());
    }

    #[test]
    fn every_route_has_its_words() {
        let document = document();
        let mut ids = BTreeSet::new();
        for (name, one) in operations(&document) {
            let summary = one["summary"].as_str().unwrap();
            assert!(
                summary.len() > 8 && summary.ends_with('.'),
                "{name} has no description: add `.says(WORDS)` in the table"
            );
            assert!(one["tags"].is_array(), "{name} stands in no group");
            assert!(
                ids.insert(one["operationId"].to_string()),
                "{name}: its id is taken"
            );
            let done = one["responses"].as_object().unwrap();
            let done = done.keys().any(|status| status.as_str() < "400");
            let absent = one["x-not-configured"] == true;
            assert!(done != absent, "{name}: what does it answer?");
            for param in one["parameters"].as_array().unwrap() {
                let named = param["description"].as_str().is_some_and(|a| !a.is_empty());
                assert!(named || param.get("$ref").is_some(), "{name}: {param}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(
                document.pointer(pointer).is_some(),
                "{reference} leads nowhere"
            );
        }
        for name in document["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys()
        {
            let reference = format!("#/components/schemas/{name}");
            assert!(found.contains(&reference), "nobody refers to {name}");
        }
    }

    #[test]
    fn every_field_of_every_document_is_described() {
        let document = document();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let fields = schema["properties"].as_object();
            for (field, of) in fields.into_iter().flatten() {
                let said = of["description"]
                    .as_str()
                    .is_some_and(|said| !said.is_empty());
                let named = ["$ref", "oneOf", "anyOf"]
                    .iter()
                    .any(|way| of.get(way).is_some());
                assert!(said || named, "{name}.{field} is not described: {of}");
            }
        }
    }
}
