//! Schemas in a page: a table of fields each, and a few words wherever one is named.

use serde_json::Value;

use super::text::{escaped, prose};

/// Levels of fields within fields that are shown.
const DEEPEST: u8 = 3;

/// Every schema of the document.
pub(super) fn all(document: &Value) -> String {
    let schemas = document["components"]["schemas"].as_object();
    let schemas = schemas.into_iter().flatten();
    schemas
        .map(|(name, schema)| {
            let name = escaped(name);
            format!(
                "<article class=\"entry\" id=\"schema-{name}\"><h3>{name}</h3>{}{}</article>",
                about(schema),
                inside(schema, 0),
            )
        })
        .collect()
}

/// What a schema is, in a few words.
pub(super) fn named(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escaped(reference.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (several, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        if let Some(parts) = schema[several].as_array() {
            let parts: Vec<String> = parts.iter().map(named).collect();
            return parts.join(between);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(word).collect();
        return words.join(" ");
    }
    let of = |one: &str| match one {
        "array" => format!("list of {}", named(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("by name: {}", named(&schema["additionalProperties"]))
        }
        "object" => match schema["properties"].as_object() {
            Some(fields) => {
                let names: Vec<String> = fields.keys().map(|name| escaped(name)).collect();
                format!("{{ {} }}", names.join(", "))
            }
            None => "object".to_owned(),
        },
        one => escaped(one),
    };
    match &schema["type"] {
        Value::String(one) => of(one) + &form(schema),
        Value::Array(several) => {
            let several = several.iter().filter_map(Value::as_str);
            several.map(of).collect::<Vec<_>>().join(" or ") + &form(schema)
        }
        _ => "any JSON".to_owned(),
    }
}

/// What else is known of a value: its form and its bounds.
fn form(schema: &Value) -> String {
    let bound = |field: &str, before: &str| match &schema[field] {
        Value::Number(number) => format!(" {before} {number}"),
        _ => String::new(),
    };
    let format = schema["format"].as_str().filter(|f| *f == "date-time");
    let format = format.map(|format| format!(", {format}"));
    let bounds = bound("minimum", "≥") + &bound("maximum", "≤");
    format!("{}{bounds}", format.unwrap_or_default())
}

fn word(word: &Value) -> String {
    let text = word
        .as_str()
        .map_or_else(|| word.to_string(), str::to_owned);
    format!("<code>{}</code>", escaped(&text))
}

fn about(schema: &Value) -> String {
    let said = schema["description"].as_str();
    said.map(|said| format!("<p>{}</p>", prose(said)))
        .unwrap_or_default()
}

/// The fields of an object, or what else it is.
fn inside(schema: &Value, depth: u8) -> String {
    let Some(fields) = schema["properties"].as_object() else {
        let pattern = schema["pattern"].as_str();
        let pattern = pattern.map(|p| format!(" <code>{}</code>", escaped(p)));
        let example = schema["examples"][0].as_str();
        let example = example.map(|e| format!(", such as <code>{}</code>", escaped(e)));
        return format!(
            "<p class=\"kind\">{}{}{}</p>",
            named(schema),
            pattern.unwrap_or_default(),
            example.unwrap_or_default()
        );
    };
    let needed = |name: &str| {
        let required = schema["required"].as_array().into_iter().flatten();
        required.into_iter().any(|one| one == name)
    };
    let rows = fields.iter().map(|(name, of)| {
        let mark = if needed(name) {
            ""
        } else {
            " <span class=\"maybe\">may be absent</span>"
        };
        let deeper = match of["properties"].as_object() {
            Some(_) if depth < DEEPEST => inside(of, depth + 1),
            _ => String::new(),
        };
        format!(
            "<tr><th scope=\"row\"><code>{}</code>{mark}</th><td class=\"kind\">{}</td>\
             <td>{}{deeper}</td></tr>",
            escaped(name),
            named(of),
            prose(of["description"].as_str().unwrap_or_default()),
        )
    });
    format!("<table>{}</table>", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_in_a_few_words() {
        for (schema, words) in [
            (json!({ "type": "string" }), "string"),
            (json!({ "type": ["string", "null"] }), "string or null"),
            (json!({ "type": "integer", "minimum": 0 }), "integer ≥ 0"),
            (
                json!({ "type": "array", "items": { "$ref": "#/components/schemas/Name" } }),
                "list of <a href=\"#schema-Name\">Name</a>",
            ),
            (
                json!({ "enum": ["a", "b"] }),
                "<code>a</code> <code>b</code>",
            ),
            (json!({}), "any JSON"),
            (
                json!({ "oneOf": [{ "type": "null" }, { "type": "string" }] }),
                "null or string",
            ),
        ] {
            assert_eq!(named(&schema), words, "{schema}");
        }
    }
}
