//! The story of something, told by the journal: of the selected row, and on the audit of what a record
//! is about.

use serde_json::Value;

use super::{acting, alarming, researching};
use crate::client::Call;
use crate::console::about::about;
use crate::console::message::{Effects, Request};
use crate::console::pane::PaneId;
use crate::console::ui::{Layer, Ui};
use crate::snapshot::Snapshot;

/// The selected row in full; of an event that names something, its story.
pub(super) fn open(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    if ui.focused() == PaneId::Alarms {
        alarming::open(ui, snapshot);
        return Vec::new();
    }
    let named = about(ui, snapshot).filter(|_| ui.focused() == PaneId::Audit);
    match named {
        Some(id) => {
            let call = Call::get(format!("explain/{id}"));
            acting::ask(ui, Request::Explain(id), call)
        }
        None => {
            let effects = researching::report(ui, snapshot);
            // What is being read must not move away under new rows.
            let selected = ui.selected_id(snapshot);
            ui.place_mut().selected = selected;
            ui.layer = Some(Layer::Detail { scroll: 0 });
            effects
        }
    }
}

/// The story of the selected row.
pub(super) fn story(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    let id = about(ui, snapshot).unwrap_or_default();
    let call = Call::get(format!("explain/{id}"));
    acting::ask(ui, Request::Explain(id), call)
}

/// The story has come. It opens only where nothing has been opened meanwhile.
pub(super) fn told(ui: &mut Ui, request: Request, document: &Value) {
    let Request::Explain(about) = request else {
        return;
    };
    if ui.layer.is_some() {
        return;
    }
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = text("narrative").lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push("the journal has no words for it".to_owned());
    }
    let outcome = text("outcome");
    if !outcome.is_empty() {
        lines.push(String::new());
        lines.push(format!("outcome: {outcome}"));
    }
    let records = document["records"].as_array().into_iter().flatten();
    let records: Vec<String> = records.map(Value::to_string).collect();
    lines.push(format!("records: {}", records.join(" ")));
    ui.layer = Some(Layer::Story {
        about,
        lines,
        scroll: 0,
    });
}
