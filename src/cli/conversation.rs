//! The conversation that a message belongs to: what it answers, and what answered it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::exit::Exit;
use super::session::Session;
use super::table::cell;
use crate::client::{Call, Problem};

/// Shows the conversation of a message.
pub fn follow(session: &Session, id: &str) -> Exit {
    let mut call = Call::get("coordination/messages");
    call.query = vec![("limit".into(), "1000".into())];
    let shown = session.read(&call).and_then(|mut list| {
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        let items = conversation(items, id).ok_or_else(|| {
            let hint = "the audit has older ones: `pilothouse audit --kind sent`";
            let message = format!("{id} is none of the latest 1,000 messages");
            Problem::new(404, "MESSAGE_UNKNOWN", message, hint)
        })?;
        list["total"] = items.len().into();
        list["items"] = json!(items);
        Ok(list)
    });
    session.show(shown, |list| {
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        text(items)
    })
}

/// The messages of a conversation, oldest first; none where the message is not among these.
fn conversation(messages: &[Value], id: &str) -> Option<Vec<Value>> {
    let by_id: BTreeMap<&str, &Value> = messages
        .iter()
        .filter_map(|message| Some((message["id"].as_str()?, message)))
        .collect();
    let mut first = *by_id.get(id)?;
    while let Some(asked) = first["in_reply_to"].as_str().and_then(|id| by_id.get(id)) {
        first = asked;
    }
    let mut oldest_first: Vec<&Value> = messages.iter().collect();
    oldest_first.sort_by_key(|message| number(message));
    let mut found = vec![first];
    for message in oldest_first {
        if found
            .iter()
            .any(|known| known["id"] == message["in_reply_to"])
        {
            found.push(message);
        }
    }
    Some(found.into_iter().cloned().collect())
}

/// Ids are counted: a message answers one that was sent before it.
fn number(message: &Value) -> u64 {
    let id = message["id"].as_str().unwrap_or_default();
    let digits = id.rsplit('_').next().unwrap_or_default();
    digits.parse().unwrap_or(u64::MAX)
}

fn text(conversation: &[Value]) -> String {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for message in conversation {
        let of = |name: &str| cell(&message[name]);
        let asked = message["in_reply_to"].as_str();
        let depth = asked.and_then(|id| depths.get(id)).map_or(0, |d| d + 1);
        depths.insert(message["id"].as_str().unwrap_or_default(), depth);
        let to = message["to"].as_str().map_or(of("topic"), str::to_owned);
        let indent = "  ".repeat(depth);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{indent}{}  {}  {} → {to}  {}, {}, {}\n{indent}  {}\n{indent}  {}\n",
            of("created_at"),
            of("id"),
            of("from"),
            of("kind"),
            of("priority"),
            of("status"),
            of("subject"),
            message["payload"],
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u64, asked: Option<u64>) -> Value {
        json!({
            "id": format!("message_{n}"),
            "in_reply_to": asked.map(|n| format!("message_{n}")),
            "from": "trader", "to": "risk", "kind": "request", "priority": "high",
            "status": "queued", "subject": format!("s{n}"), "payload": { "n": n },
            "created_at": "2026-02-14T11:23:33.740Z",
        })
    }

    #[test]
    fn any_message_leads_to_the_whole_conversation() {
        // As the API lists them, newest first; 11 answers 9, 12 answers 11, 10 is another one.
        let list = [
            message(12, Some(11)),
            message(11, Some(9)),
            message(10, Some(2)),
            message(9, None),
        ];
        let ids = |from: &str| -> Vec<String> {
            let found = conversation(&list, from).unwrap();
            found.iter().map(|m| cell(&m["id"])).collect()
        };
        for from in ["message_9", "message_11", "message_12"] {
            assert_eq!(ids(from), ["message_9", "message_11", "message_12"]);
        }
        // What it answers is no longer known.
        assert_eq!(ids("message_10"), ["message_10"]);
        assert_eq!(conversation(&list, "message_2"), None);
    }

    #[test]
    fn answers_stand_under_what_they_answer() {
        let list = [message(2, Some(1)), message(1, None)];
        assert_eq!(
            text(&conversation(&list, "message_2").unwrap()),
            "2026-02-14T11:23:33.740Z  message_1  trader → risk  request, high, queued\n\
             \x20 s1\n\
             \x20 {\"n\":1}\n\
             \x20 2026-02-14T11:23:33.740Z  message_2  trader → risk  request, high, queued\n\
             \x20   s2\n\
             \x20   {\"n\":2}\n"
        );
    }
}
