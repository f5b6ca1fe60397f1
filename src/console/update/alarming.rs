//! The list of alarms: there and back, from an alarm to what it is about, and taking note of it.

use serde_json::json;

use super::acting;
use crate::client::Call;
use crate::console::message::{Effects, Request};
use crate::console::pane::PaneId;
use crate::console::pane::alarms::{Selected, selected};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Question, Screen, Ui};
use crate::snapshot::{Alarm, AlarmKind, Snapshot};

/// To the list, or from it back to where one came from.
pub(super) fn toggle(ui: &mut Ui) {
    if ui.screen == Screen::Alarms {
        leave(ui);
    } else {
        ui.came_from = Some((ui.screen, ui.focus));
        ui.screen = Screen::Alarms;
        ui.focus = 0;
    }
}

/// Back to where one came from.
pub(super) fn leave(ui: &mut Ui) {
    (ui.screen, ui.focus) = ui.came_from.take().unwrap_or_default();
}

/// Where what an alarm is about is shown, and its id there.
fn place(alarm: &Alarm) -> Option<(Screen, PaneId)> {
    Some(match alarm.kind {
        AlarmKind::AgentStale | AlarmKind::AgentUnhealthy | AlarmKind::Degradation => {
            (Screen::Agents, PaneId::Agents)
        }
        AlarmKind::UnprotectedPosition | AlarmKind::StopUnfilled => {
            (Screen::Positions, PaneId::Positions)
        }
        AlarmKind::UnknownOrder => (Screen::Positions, PaneId::Orders),
        AlarmKind::ApprovalWaiting => (Screen::Cycles, PaneId::Approvals),
        AlarmKind::GuardBreach => (Screen::Risk, PaneId::Guard),
        AlarmKind::Cooldown => (Screen::Risk, PaneId::Cooldowns),
        AlarmKind::ReconcileMismatch => (Screen::Risk, PaneId::Risk),
        AlarmKind::StrategyLost => (Screen::Research, PaneId::Services),
        _ => return None,
    })
}

/// Opens a flood, leads to the row an alarm is about, or shows the alarm in full where there is none.
pub(super) fn open(ui: &mut Ui, snapshot: &Snapshot) {
    let id = ui.selected_id(snapshot).unwrap_or_default();
    match selected(&id, snapshot) {
        Some(Selected::Many(first, _)) => {
            let place = ui.place_mut();
            place.filter = format!("kind:{}", first.kind);
            place.selected = None;
        }
        Some(Selected::One(alarm)) => match place(alarm) {
            Some((screen, pane)) => lead(ui, screen, pane, alarm, snapshot),
            None => ui.layer = Some(Layer::Detail { scroll: 0 }),
        },
        None => {}
    }
}

/// Whether what an alarm is about is no row of the pane that shows it, but the pane as a whole.
fn is_of_the_pane(kind: AlarmKind) -> bool {
    matches!(
        kind,
        AlarmKind::Degradation | AlarmKind::ReconcileMismatch | AlarmKind::StrategyLost
    )
}

/// To a row, and from there back to the list. A row that has gone leads nowhere: on its pane another
/// would be selected in its stead.
fn lead(ui: &mut Ui, screen: Screen, pane: PaneId, alarm: &Alarm, snapshot: &Snapshot) {
    let about = &alarm.about;
    let index = pane.rows().and_then(|rows| {
        let order = rows.order(snapshot);
        order.iter().position(|i| rows.id(snapshot, *i) == *about)
    });
    if index.is_none() && !is_of_the_pane(alarm.kind) {
        ui.tell(Role::Warn, format!("{about} is shown no more"));
        return;
    }
    ui.came_from = Some((Screen::Alarms, 0));
    ui.screen = screen;
    ui.focus = screen.panes().iter().position(|p| *p == pane).unwrap_or(0);
    let place = ui.place_mut();
    place.filter.clear();
    if let Some(index) = index {
        place.selected = Some(about.clone());
        place.index = index;
    }
}

/// Takes note: of the selected one at once, of many after a yes; from elsewhere of the most urgent one
/// after a yes, for it may be another by the time the key is pressed.
pub(super) fn acknowledge(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    if ui.focused() != PaneId::Alarms {
        if let Some(alarm) = snapshot.alarms.iter().find(|a| a.acked.is_none()) {
            let question = Question::AckAlarm(alarm.id.clone(), seen(alarm), alarm.text.clone());
            ui.layer = Some(Layer::Question(question));
        }
        return Vec::new();
    }
    let id = ui.selected_id(snapshot).unwrap_or_default();
    match selected(&id, snapshot) {
        Some(Selected::One(alarm)) => one(ui, alarm.id.clone(), &seen(alarm)),
        Some(Selected::Many(first, count)) => {
            let same = |a: &&Alarm| a.kind == first.kind && a.severity == first.severity;
            let what = format!(
                "all {count} of {}",
                first.kind.to_string().replace('_', " ")
            );
            several(ui, what, snapshot.alarms.iter().filter(same));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Takes note of all, after a yes.
pub(super) fn acknowledge_all(ui: &mut Ui, snapshot: &Snapshot) {
    let open = snapshot.alarms.iter().filter(|a| a.acked.is_none());
    let what = format!("all {} alarms", open.clone().count());
    several(ui, what, open);
}

fn several<'a>(ui: &mut Ui, what: String, alarms: impl Iterator<Item = &'a Alarm>) {
    let open = alarms.filter(|a| a.acked.is_none());
    let items = open.map(|a| (a.id.clone(), seen(a))).collect();
    ui.layer = Some(Layer::Question(Question::AckAlarms(what, items)));
}

/// The standing that was seen: one that comes again is another.
fn seen(alarm: &Alarm) -> String {
    alarm.since.to_string()
}

/// Asks to take note of one.
pub(super) fn one(ui: &mut Ui, id: String, since: &str) -> Effects {
    let path = format!("alarms/{}/ack", id.replace('/', "_"));
    let call = Call::post(path, json!({ "since": since }));
    acting::ask(ui, Request::AckAlarm(id), call)
}

/// Asks to take note of those that were seen.
pub(super) fn all_of(items: &[(String, String)]) -> (Request, Call) {
    let items: Vec<_> = items
        .iter()
        .map(|(id, since)| json!({"id": id, "since": since}))
        .collect();
    let many = items.len();
    let call = Call::post("alarms/ack", json!({ "items": items }));
    (Request::AckAlarms(many), call)
}
