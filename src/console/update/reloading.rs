//! Reading the configuration again: what would change is shown first, and taken as it was shown.

use serde_json::{Value, json};

use super::acting;
use crate::client::Call;
use crate::console::message::{Effects, Request};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Question, Ui};

/// Keys that a question names; of more it says how many.
const NAMED: usize = 6;

/// Asks what would change.
pub(super) fn preview(ui: &mut Ui) -> Effects {
    acting::ask(ui, Request::Changes, Call::get("config/reload"))
}

/// What would change has come: a question, where anything would. It opens only where nothing has been
/// opened meanwhile.
pub(super) fn told(ui: &mut Ui, document: &Value) {
    if ui.layer.is_some() {
        return;
    }
    let rows = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    let (taken, waiting, later) = (rows("taken"), rows("waiting"), rows("restart"));
    let restart = match later.len() {
        0 => String::new(),
        n => format!(" {n} more only with a restart."),
    };
    if taken.is_empty() && waiting.is_empty() {
        let text = format!("the configuration has not changed.{restart}");
        ui.tell(Role::Normal, text.trim_end_matches('.'));
        return;
    }
    let mut words: Vec<String> = Vec::new();
    if !waiting.is_empty() {
        words.push(format!("ALLOWS MORE: {}.", list(&waiting)));
    }
    if !taken.is_empty() {
        words.push(format!("Takes {}.", list(&taken)));
    }
    let what = format!("{}{restart}", words.join(" "));
    let shown = document["widening"].as_str().map(str::to_owned);
    let shown = shown.filter(|_| !waiting.is_empty());
    ui.layer = Some(Layer::Question(Question::Reload(what, shown)));
}

fn list(rows: &[Value]) -> String {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let one = |row: &Value| {
        let (key, from, to) = (text(row, "key"), text(row, "from"), text(row, "to"));
        format!("{key} {from} -> {to}")
    };
    let mut words: Vec<String> = rows.iter().take(NAMED).map(one).collect();
    if rows.len() > NAMED {
        words.push(format!("and {} more", rows.len() - NAMED));
    }
    words.join(", ")
}

/// What a yes asks for: what widens only as it was shown.
pub(super) fn take(shown: Option<String>) -> (Request, Call) {
    let mut body = json!({ "reason": "reloaded by hand" });
    if let Some(shown) = shown {
        body["confirm"] = "WIDEN".into();
        body["shown"] = shown.into();
    }
    (Request::Reload, Call::post("config/reload", body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str, from: &str, to: &str) -> Value {
        json!({"key": key, "from": from, "to": to, "origin": "default", "widens": true})
    }

    #[test]
    fn what_widens_is_said_first_and_confirmed_as_it_was_shown() {
        let mut ui = Ui::new(false);
        let effects = preview(&mut ui);
        assert_eq!(effects.len(), 1);
        told(
            &mut ui,
            &json!({
                "taken": [row("risk.max_spread", "0.01", "0.005")],
                "waiting": [row("risk.max_leverage", "5", "7")],
                "restart": [row("store.segment_mb", "64", "4")],
                "widening": "abc",
            }),
        );
        let Some(Layer::Question(question)) = ui.layer.take() else {
            panic!("no question")
        };
        let words = question.words();
        assert!(
            words.contains("ALLOWS MORE: risk.max_leverage 5 -> 7."),
            "{words}"
        );
        assert!(words.contains("1 more only with a restart"), "{words}");
        let Question::Reload(_, shown) = question else {
            panic!()
        };
        let (_, call) = take(shown);
        assert_eq!(
            (&call.body["confirm"], &call.body["shown"]),
            (&"WIDEN".into(), &"abc".into())
        );
    }

    #[test]
    fn nothing_new_is_said_and_what_only_narrows_needs_no_word() {
        let mut ui = Ui::new(false);
        told(&mut ui, &json!({"taken": [], "waiting": []}));
        assert!(ui.layer.is_none());
        assert!(ui.notice.as_ref().unwrap().text.contains("has not changed"));
        let rows: Vec<Value> = (0..9).map(|n| row(&format!("k{n}"), "2", "1")).collect();
        told(
            &mut ui,
            &json!({"taken": rows, "waiting": [], "widening": "abc"}),
        );
        let Some(Layer::Question(Question::Reload(what, shown))) = ui.layer else {
            panic!("no question")
        };
        assert!(what.contains("and 3 more") && shown.is_none(), "{what}");
        assert_eq!(take(shown).1.body, json!({"reason": "reloaded by hand"}));
    }
}
