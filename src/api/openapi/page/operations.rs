//! Operations in a page: the contents beside it, and each of them with what it takes and gives.

use serde_json::Value;

use super::shapes::named;
use super::text::{escaped, prose};

/// An operation and where it is.
struct One<'a> {
    method: String,
    path: &'a str,
    says: &'a Value,
}

/// The operations of a group, in the order of their paths.
fn of_group<'a>(document: &'a Value, group: &'a Value) -> impl Iterator<Item = One<'a>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, says)| One {
            method: method.to_uppercase(),
            path,
            says,
        })
    });
    all.filter(move |one| one.says["tags"][0] == *group)
}

fn groups_of(document: &Value) -> impl Iterator<Item = &Value> {
    document["tags"].as_array().into_iter().flatten()
}

/// The list beside the page.
pub(super) fn contents(document: &Value) -> String {
    let group = |group: &Value| {
        let links: String = of_group(document, &group["name"])
            .map(|one| one.link())
            .collect();
        let name = escaped(group["name"].as_str().unwrap_or_default());
        format!("<h2>{name}</h2><ul>{links}</ul>")
    };
    groups_of(document).map(group).collect()
}

/// The operations, by their groups.
pub(super) fn groups(document: &Value) -> String {
    let group = |group: &Value| {
        let all: String = of_group(document, &group["name"])
            .map(|one| one.article(document))
            .collect();
        format!(
            "<section><h2>{}</h2><p>{}</p>{all}</section>",
            escaped(group["name"].as_str().unwrap_or_default()),
            prose(group["description"].as_str().unwrap_or_default()),
        )
    };
    groups_of(document).map(group).collect()
}

/// What errors there are, by status.
pub(super) fn errors(document: &Value) -> String {
    let mut rows: Vec<(&str, String)> = Vec::new();
    for (_, item) in document["paths"].as_object().into_iter().flatten() {
        for (_, says) in item.as_object().into_iter().flatten() {
            for (status, answer) in says["responses"].as_object().into_iter().flatten() {
                let known = rows.iter().any(|(known, _)| known == status);
                if let (false, Some(response)) = (known, referred(document, answer)) {
                    let about = response["description"].as_str().unwrap_or_default();
                    rows.push((status, prose(about)));
                }
            }
        }
    }
    rows.sort();
    let rows = rows.into_iter().map(|(status, about)| {
        format!("<tr><th scope=\"row\"><code>{status}</code></th><td>{about}</td></tr>")
    });
    rows.collect()
}

/// What a reference leads to; none where it is no reference.
fn referred<'a>(document: &'a Value, one: &Value) -> Option<&'a Value> {
    let pointer = one["$ref"].as_str()?.strip_prefix('#')?;
    document.pointer(pointer)
}

impl One<'_> {
    fn id(&self) -> String {
        escaped(self.says["operationId"].as_str().unwrap_or_default())
    }

    fn head(&self) -> String {
        format!(
            "<span class=\"method {0}\">{0}</span> <code>{1}</code>",
            self.method,
            escaped(self.path)
        )
    }

    fn link(&self) -> String {
        format!("<li><a href=\"#{}\">{}</a></li>", self.id(), self.head())
    }

    fn article(&self, document: &Value) -> String {
        let role = self.says["x-role"]
            .as_str()
            .unwrap_or("nobody in particular");
        let absent = match self.says["x-not-configured"] == true {
            true => {
                "<p><strong>Not part of this version: 409 <code>NOT_CONFIGURED</code>.</strong></p>"
            }
            false => "",
        };
        format!(
            "<article class=\"entry\" id=\"{}\"><h3>{}</h3><p>{}</p>{absent}\
             <p class=\"role\">For: {}</p>{}{}{}</article>",
            self.id(),
            self.head(),
            prose(self.says["summary"].as_str().unwrap_or_default()),
            escaped(role),
            self.parameters(document),
            self.body(),
            self.answers(),
        )
    }

    fn parameters(&self, document: &Value) -> String {
        let all = self.says["parameters"].as_array().into_iter().flatten();
        let rows: String = all
            .map(|one| {
                let one = referred(document, one).unwrap_or(one);
                let mark = match one["required"] == true {
                    true => "",
                    false => " <span class=\"maybe\">may be absent</span>",
                };
                format!(
                    "<tr><th scope=\"row\"><code>{}</code>{mark}</th><td>{}</td>\
                     <td class=\"kind\">{}</td><td>{}</td></tr>",
                    escaped(one["name"].as_str().unwrap_or_default()),
                    escaped(one["in"].as_str().unwrap_or_default()),
                    named(&one["schema"]),
                    prose(one["description"].as_str().unwrap_or_default()),
                )
            })
            .collect();
        match rows.is_empty() {
            true => rows,
            false => format!("<h4>Parameters</h4><table>{rows}</table>"),
        }
    }

    fn body(&self) -> String {
        let Some(content) = self.says["requestBody"]["content"].as_object() else {
            return String::new();
        };
        let kinds = content.values().map(|one| named(&one["schema"]));
        let maybe = match self.says["requestBody"]["required"] == true {
            true => "",
            false => " <span class=\"maybe\">may be absent</span>",
        };
        let kinds: String = kinds.collect();
        format!("<h4>Body</h4><p class=\"kind\">{kinds}{maybe}</p>")
    }

    fn answers(&self) -> String {
        let all = self.says["responses"].as_object().into_iter().flatten();
        let (mut rows, mut errors) = (String::new(), Vec::new());
        for (status, answer) in all {
            if answer["$ref"].is_string() {
                errors.push(format!("<code>{status}</code>"));
                continue;
            }
            let content = answer["content"].as_object().into_iter().flatten();
            let kinds = content.map(|(media, one)| {
                let kind = named(&one["schema"]);
                format!("{kind} <span class=\"media\">{}</span>", escaped(media))
            });
            rows += &format!(
                "<tr><th scope=\"row\"><code>{status}</code></th><td class=\"kind\">{}</td>\
                 <td>{}</td></tr>",
                kinds.collect::<String>(),
                prose(answer["description"].as_str().unwrap_or_default()),
            );
        }
        format!(
            "<h4>Answers</h4><table>{rows}</table>\
             <p class=\"errors\"><a href=\"#errors\">Errors</a>: {}</p>",
            errors.join(" ")
        )
    }
}
