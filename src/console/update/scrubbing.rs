//! Frozen panes, and steps through the journal. At most one record is read at a time: steps made
//! meanwhile add up, and the last place is read next.

use std::sync::Arc;

use super::answers::words_of;
use crate::client::Problem;
use crate::console::action::Action;
use crate::console::message::{Effect, Effects};
use crate::console::theme::Role;
use crate::console::ui::{Frozen, Ui};
use crate::snapshot::Snapshot;

/// Freezes what is shown, or follows again.
pub(super) fn freeze(ui: &mut Ui, live: &Snapshot) {
    ui.frozen = match ui.frozen {
        Some(_) => None,
        None => Some(Frozen {
            shown: Arc::new(live.clone()),
            wanted: None,
            reading: None,
        }),
    };
}

/// Why nothing can be changed while the panes show what was.
pub(super) fn refusal(ui: &Ui) -> Option<String> {
    let frozen = ui.frozen.as_ref()?;
    let seq = frozen.shown.status.seq;
    let freeze = ui.key(Action::Freeze);
    Some(format!(
        "frozen at record {seq}: {freeze} follows the engine again, then it can be done; ^X stops at once"
    ))
}

/// Goes through the journal.
pub(super) fn step(ui: &mut Ui, action: Action, live: &Snapshot) -> Effects {
    let freeze = ui.key(Action::Freeze);
    let Some(frozen) = &mut ui.frozen else {
        let (back, on) = (ui.key(Action::StepBack), ui.key(Action::StepOn));
        let words = format!("{freeze} freezes the panes first, then {back} and {on} step");
        ui.tell(Role::Normal, words);
        return Vec::new();
    };
    let from = frozen.wanted.unwrap_or(frozen.shown.status.seq);
    let to = match action {
        Action::StepBack => from.saturating_sub(1),
        Action::LeapBack => from.saturating_sub(100),
        Action::StepOn => from + 1,
        _ => from + 100,
    };
    let last = live.status.seq.max(1);
    let to = to.clamp(1, last);
    if to == from {
        let which = if from == 1 {
            "the first record".to_owned()
        } else {
            format!("the latest record; {freeze} follows")
        };
        ui.tell(Role::Normal, format!("this is {which}"));
        return Vec::new();
    }
    frozen.wanted = Some(to);
    next(frozen)
}

/// Reads what is wanted, where nothing is being read.
fn next(frozen: &mut Frozen) -> Effects {
    match (frozen.reading, frozen.wanted) {
        (None, Some(seq)) => {
            frozen.reading = Some(seq);
            vec![Effect::Past(seq)]
        }
        _ => Vec::new(),
    }
}

/// A record was read, or not.
pub(super) fn read(ui: &mut Ui, seq: u64, answer: Result<Arc<Snapshot>, Problem>) -> Effects {
    let Some(frozen) = ui.frozen.as_mut().filter(|f| f.reading == Some(seq)) else {
        return Vec::new();
    };
    frozen.reading = None;
    match answer {
        Ok(shown) => {
            frozen.shown = shown;
            frozen.wanted = frozen.wanted.filter(|wanted| *wanted != seq);
            next(frozen)
        }
        Err(problem) => {
            frozen.wanted = None;
            ui.tell(Role::Bad, format!("record {seq}: {}", words_of(&problem)));
            Vec::new()
        }
    }
}
