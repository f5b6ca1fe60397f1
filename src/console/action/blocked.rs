//! Why an action cannot be done now.

mod research;

use crate::console::about::{about, tells_stories};
use crate::console::action::Action;
use crate::console::pane::PaneId;
use crate::console::pane::alarms::{self, Selected};
use crate::console::ui::{Screen, Ui};
use crate::core::message::Delivery;
use crate::core::reservation::Standing;
use crate::core::trading_state::{Cause, Mode};
use crate::snapshot::{SlicingRow, Snapshot};

pub(super) use research::{deploy_blocked, drops, optimise_blocked};

const NOTHING: &str = "nothing is selected";

/// What to select first, and where it is.
fn first(what: &str, screen: Screen, ui: &Ui) -> String {
    format!("select {what} first: {}", ui.screen_key(screen))
}

/// What to select first, a pane further on its screen.
fn beside(what: &str, screen: Screen, ui: &Ui) -> String {
    let pane = ui.key(Action::NextPane);
    format!("{}, then {pane}", first(what, screen, ui))
}

pub(super) fn never(_: &Ui, _: &Snapshot) -> Option<String> {
    None
}

pub(super) fn pause_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let paused = Cause::Pause.as_str();
    let causes = &snapshot.status.causes;
    causes
        .iter()
        .any(|c| c.cause == paused)
        .then(|| format!("it is paused already: {} resumes", ui.key(Action::Resume)))
}

pub(super) fn resume_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    match snapshot.status.state {
        Mode::Running => Some("it is running already".to_owned()),
        Mode::Hardstopped => Some("HARDSTOP is engaged: :clear lifts it".to_owned()),
        _ => None,
    }
}

pub(super) fn clear_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    match snapshot.status.hardstop {
        Some(_) => None,
        None => Some("HARDSTOP is not engaged".to_owned()),
    }
}

pub(super) fn task_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    if ui.focused() != PaneId::Agents {
        return Some(first("an agent", Screen::Agents, ui));
    }
    let Some(agent) = ui.selected_id(snapshot) else {
        return Some("no agent is shown".to_owned());
    };
    let tasks = &snapshot.status.schedules;
    match tasks.iter().find(|t| t.agent.as_str() == agent) {
        None => Some(format!("{agent} has no task of its own")),
        Some(task) if !task.available => Some(format!("{agent} is not at work in this version")),
        Some(_) => None,
    }
}

pub(super) fn close_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let pane = ui.focused();
    let closes = matches!(
        pane,
        PaneId::Positions
            | PaneId::Orders
            | PaneId::Reservations
            | PaneId::Waiting
            | PaneId::Cycles
            | PaneId::Runs
            | PaneId::Services
    );
    if !closes {
        let screens = [
            Screen::Positions,
            Screen::Reservations,
            Screen::Cycles,
            Screen::Research,
        ];
        let keys = screens.map(|screen| ui.screen_key(screen)).join(", ");
        let what = "a position, an order, a reservation, a cycle or a run";
        return Some(format!("select {what} first: {keys}"));
    }
    let Some(id) = ui.selected_id(snapshot) else {
        return Some(NOTHING.to_owned());
    };
    match pane {
        PaneId::Runs => return research::stop_blocked(&id, snapshot),
        PaneId::Services => return research::end_blocked(&id, snapshot),
        _ => {}
    }
    let is = |other: String| other == id;
    let ended = match pane {
        PaneId::Positions => {
            let mut rows = snapshot.positions.items.iter();
            rows.find(|p| is(p.id.to_string()))?.status != "open"
        }
        PaneId::Orders => {
            let mut rows = snapshot.orders.items.iter();
            let row = rows.find(|o| is(o.id.to_string()))?;
            row.status.is_terminal()
        }
        PaneId::Cycles => {
            let mut rows = snapshot.cycles.items.iter();
            let row = rows.find(|c| is(c.id.to_string()))?;
            row.ended_at.is_some()
        }
        _ => match reservation(&id, snapshot)? {
            Standing::Bound => return Some(format!("{id} is bound: close what lives on it")),
            standing => standing.is_terminal(),
        },
    };
    ended.then(|| format!("{id} has ended already"))
}

/// Where the reservation of that id stands; none where the row is none.
fn reservation(id: &str, snapshot: &Snapshot) -> Option<Standing> {
    let mut rows = snapshot.reservations.items.iter();
    rows.find(|r| r.id.to_string() == id).map(|r| r.status)
}

pub(super) fn edit_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let pane = ui.focused();
    if !matches!(
        pane,
        PaneId::Positions | PaneId::Orders | PaneId::Reservations | PaneId::Waiting
    ) {
        let keys = [Screen::Positions, Screen::Reservations].map(|s| ui.screen_key(s));
        let what = "a position, an order or a reservation";
        return Some(format!("select {what} first: {}", keys.join(", ")));
    }
    let Some(id) = ui.selected_id(snapshot) else {
        return Some(NOTHING.to_owned());
    };
    match pane {
        PaneId::Positions => position_edit_blocked(&id, snapshot),
        PaneId::Orders => order_edit_blocked(&id, ui, snapshot),
        _ => renew_blocked(&id, snapshot),
    }
}

fn position_edit_blocked(id: &str, snapshot: &Snapshot) -> Option<String> {
    let mut rows = snapshot.positions.items.iter();
    let row = rows.find(|p| p.id.to_string() == id)?;
    if row.status != "open" {
        return Some(format!("{id} has ended already"));
    }
    row.closing.then(|| format!("{id} is being closed"))
}

fn order_edit_blocked(id: &str, ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let mut rows = snapshot.orders.items.iter();
    let row = rows.find(|o| o.id.to_string() == id)?;
    if row.status.is_terminal() {
        return Some(format!("{id} has ended already"));
    }
    if row.slicing.is_some() {
        let (slices, close) = (ui.key(Action::Slices), ui.key(Action::Close));
        return Some(format!(
            "{id} is sent in slices: {slices} holds it, {close} cancels it"
        ));
    }
    let parent = row.parent_id;
    parent.map(|parent| format!("{id} is a slice of {parent}, which decides its figures"))
}

/// How far the selected order is, where it lives and is sent in slices.
pub(super) fn slicing<'a>(ui: &Ui, snapshot: &'a Snapshot) -> Option<&'a SlicingRow> {
    if ui.focused() != PaneId::Orders {
        return None;
    }
    let index = ui.selected_index(PaneId::Orders, snapshot)?;
    let order = &snapshot.orders.items[index];
    let lives = !order.status.is_terminal();
    order.slicing.as_ref().filter(|_| lives)
}

pub(super) fn slices_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    match slicing(ui, snapshot) {
        Some(_) => None,
        None => Some(beside(
            "a live order that is sent in slices",
            Screen::Positions,
            ui,
        )),
    }
}

pub(super) fn flatten_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    let flattening = snapshot.status.flattening.as_ref();
    flattening.map(|f| format!("{} positions are being closed already", f.positions.len()))
}

fn renew_blocked(id: &str, snapshot: &Snapshot) -> Option<String> {
    match reservation(id, snapshot) {
        Some(Standing::Held | Standing::Queued) => None,
        Some(Standing::Bound) => Some(format!("{id} is bound: no time runs for it")),
        Some(_) => Some(format!("{id} has ended already")),
        None => Some(format!("{id} is no reservation")),
    }
}

pub(super) fn approval_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    if ui.focused() != PaneId::Approvals {
        return Some(beside("an approval", Screen::Cycles, ui));
    }
    let Some(id) = ui.selected_id(snapshot) else {
        return Some(NOTHING.to_owned());
    };
    let mut rows = snapshot.approvals.items.iter();
    let row = rows.find(|a| a.id.to_string() == id)?;
    (row.status != "waiting").then(|| format!("{id} is decided: {}", row.status))
}

/// Whether nobody need take note of anything.
pub(super) fn all_acked(snapshot: &Snapshot) -> bool {
    snapshot.alarms.iter().all(|a| a.acked.is_some())
}

pub(super) fn alarms_blocked(_: &Ui, snapshot: &Snapshot) -> Option<String> {
    all_acked(snapshot).then(|| "no alarm waits to be acknowledged".to_owned())
}

fn alarm_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let id = ui.selected_id(snapshot)?;
    match alarms::selected(&id, snapshot)? {
        Selected::One(alarm) | Selected::Many(alarm, _) => {
            let by = alarm.acked?.by;
            Some(format!("{by} has acknowledged it already"))
        }
    }
}

pub(super) fn acknowledge_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    match ui.focused() {
        PaneId::Messages => {}
        PaneId::Alarms => return alarm_blocked(ui, snapshot),
        _ if ui.screen == Screen::Messages => {
            return Some(beside("a message", Screen::Messages, ui));
        }
        _ => return alarms_blocked(ui, snapshot),
    }
    let Some(id) = ui.selected_id(snapshot) else {
        return Some(NOTHING.to_owned());
    };
    let mut rows = snapshot.messages.items.iter();
    let row = rows.find(|m| m.id.to_string() == id)?;
    let open = matches!(row.status, Delivery::Queued | Delivery::Delivered);
    (!open).then(|| format!("{id} is {} already", row.status.as_str()))
}

pub(super) fn explain_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    if !tells_stories(ui.focused()) {
        return Some(
            "select an order, a position, a run or another row with an id first".to_owned(),
        );
    }
    if ui.selected_id(snapshot).is_none() {
        return Some(NOTHING.to_owned());
    }
    match about(ui, snapshot) {
        Some(_) => None,
        None => {
            let detail = ui.key(Action::Detail);
            Some(format!(
                "the journal has no story of this row: {detail} shows it"
            ))
        }
    }
}
