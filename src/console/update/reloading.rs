//! Reading the configuration again: what would change is shown first, and taken as it was shown.

use serde_json::{Value, json};

use super::acting;
use crate::client::Call;
use crate::console::message::{Effects, Request};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Prompt, Question, Ui};

/// Keys that a question names; of more it says how many.
const NAMED: usize = 6;

/// Asks what would change.
pub(super) fn preview(ui: &mut Ui) -> Effects {
    ui.touched = false;
    acting::ask(ui, Request::Changes, Call::get("config/reload"))
}

/// What would change has come: a question, where anything would. It opens only where nothing has been
/// pressed meanwhile; otherwise it is told that it can be seen.
pub(super) fn told(ui: &mut Ui, document: &Value) {
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
    if ui.touched || ui.layer.is_some() {
        ui.tell(Role::Normal, "the changes are here: :reload shows them");
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

/// What a yes does: what allows more wants its word first.
pub(super) fn yes(ui: &mut Ui, shown: Option<String>) -> Effects {
    if let Some(shown) = shown {
        let prompt = Prompt::WidenWord(shown);
        ui.layer = Some(Layer::Prompt(prompt, String::new()));
        return Vec::new();
    }
    let (request, call) = take(None);
    acting::ask(ui, request, call)
}

/// Takes the word for what allows more.
pub(super) fn widen(ui: &mut Ui, shown: String, word: &str) -> Effects {
    if word != "WIDEN" {
        ui.tell(Role::Warn, "WIDEN was expected; nothing was done");
        return Vec::new();
    }
    let (request, call) = take(Some(shown));
    acting::ask(ui, request, call)
}

/// What is asked for: what widens only as it was shown.
fn take(shown: Option<String>) -> (Request, Call) {
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
    use crate::console::message::Effect;

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
        ui.pending.clear();
        assert!(yes(&mut ui, shown).is_empty(), "a yes is not enough");
        let Some(Layer::Prompt(Prompt::WidenWord(shown), _)) = ui.layer.take() else {
            panic!("no word is asked for")
        };
        assert!(widen(&mut ui, shown.clone(), "y").is_empty());
        let effects = widen(&mut ui, shown, "WIDEN");
        let [Effect::Call(Request::Reload, call)] = &effects[..] else {
            panic!("{effects:?}")
        };
        assert_eq!(
            (&call.body["confirm"], &call.body["shown"]),
            (&"WIDEN".into(), &"abc".into())
        );
    }

    #[test]
    fn after_another_key_the_question_does_not_open_by_itself() {
        let mut ui = Ui::new(false);
        preview(&mut ui);
        ui.touched = true;
        told(
            &mut ui,
            &json!({"taken": [row("k", "2", "1")], "waiting": []}),
        );
        assert_eq!(ui.layer, None);
        let notice = ui.notice.as_ref().unwrap();
        assert!(notice.text.contains(":reload shows them"));
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
