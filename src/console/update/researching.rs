//! Runs are stopped and looked at, strategies put into service and taken out of it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::acting::ask;
use crate::client::{Call, Problem};
use crate::console::form::{Form, Proved};
use crate::console::message::{Effects, Request};
use crate::console::pane::{PaneId, runs, services};
use crate::console::report::{Report, Reported};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Question, Ui};
use crate::core::service::Kind;
use crate::snapshot::{Snapshot, StrategyRow};

/// Asks whether the selected run is to be stopped, the candidate to be dropped, or the strategy to be
/// rolled back.
pub(super) fn close(ui: &Ui, selected: String, snapshot: &Snapshot) -> Option<Question> {
    if ui.focused() == PaneId::Runs {
        let how_far = runs::of(&selected, snapshot).map(runs::how_far)?;
        return Some(Question::StopRun(selected, how_far));
    }
    let service = services::of(&selected, snapshot)?;
    if service.kind == Kind::Candidate {
        let what = services::dropped(service, snapshot);
        return Some(Question::Drop(selected, what));
    }
    let what = services::rolled_back(service, snapshot);
    let strategy = service.strategy.to_string();
    Some(Question::Rollback(strategy, selected, what))
}

/// Stops a run.
pub(super) fn stop(id: String) -> (Request, Call) {
    let body = json!({"reason": "stopped by hand"});
    let call = Call::post(format!("research/runs/{id}/stop"), body);
    (Request::StopRun(id), call)
}

/// Gives a candidate up.
pub(super) fn drop(id: String) -> (Request, Call) {
    let body = json!({"reason": "dropped by hand"});
    let call = Call::post(format!("research/candidates/{id}/drop"), body);
    (Request::Drop(id), call)
}

/// Takes a strategy out of service, and only the version that was asked about.
pub(super) fn rollback(strategy: String, service: &str) -> (Request, Call) {
    let body = json!({"reason": "rolled back by hand", "service": service});
    let call = Call::post(format!("strategies/{strategy}/rollback"), body);
    (Request::Rollback(strategy), call)
}

/// Opens the form of a deployment: of a service at once, of a run once it is read what it has proved.
pub(super) fn deploy(ui: &mut Ui, selected: &str, snapshot: &Snapshot) -> Effects {
    if ui.focused() == PaneId::Runs {
        let request = Request::Versions(selected.to_owned());
        return ask(ui, request, Call::get("strategies"));
    }
    if let Some(service) = services::of(selected, snapshot) {
        ui.layer = Some(Layer::Form(Form::deploy(Proved {
            strategy: service.strategy.to_string(),
            version: service.version.clone(),
            symbol: Some(service.symbol),
            promise: services::promise(service.promise.as_ref()),
        })));
    }
    Vec::new()
}

/// Opens the form of an optimisation, of the selected strategy to begin with.
pub(super) fn optimise(ui: &mut Ui, selected: &str, snapshot: &Snapshot) {
    let strategy = match ui.focused() {
        PaneId::Runs => runs::of(selected, snapshot).and_then(|run| run.strategy),
        _ => services::of(selected, snapshot).map(|service| service.strategy),
    };
    let strategy = strategy.map_or_else(String::new, |name| name.to_string());
    ui.layer = Some(Layer::Form(Form::optimise(&strategy)));
}

/// Reads the report of a run that has one and is not the one that was read last.
pub(super) fn report(ui: &mut Ui, snapshot: &Snapshot) -> Effects {
    let selected = ui.selected_id(snapshot).unwrap_or_default();
    let run = runs::of(&selected, snapshot).filter(|_| ui.focused() == PaneId::Runs);
    if run.is_none_or(|run| run.hash.is_none()) {
        return Vec::new();
    }
    let known = ui.reported.as_ref();
    if known.is_some_and(|r| r.run == selected && r.report.is_ok()) {
        return Vec::new();
    }
    let call = Call::get(format!("research/runs/{selected}/report"));
    ask(ui, Request::Report(selected), call)
}

/// The report has come, or has not.
pub(super) fn reported(ui: &mut Ui, run: String, answer: Result<Value, Problem>) {
    let report = match answer {
        Ok(document) => Report::read(&document),
        Err(problem) => Err(super::answers::words_of(&problem)),
    };
    ui.reported = Some(Reported { run, report });
}

/// What a run has proved has come: the form of its version opens, where nothing was opened meanwhile.
pub(super) fn proved(ui: &mut Ui, run: &str, document: &Value) {
    let items = document.get("items").unwrap_or(document);
    let rows = Vec::<StrategyRow>::deserialize(items).unwrap_or_default();
    let mut rows = rows.into_iter();
    let of_run = |row: &StrategyRow| row.run.is_some_and(|id| id.to_string() == run);
    let Some(row) = rows.find(of_run) else {
        let words = format!("{run} has proved no version that is still known: optimise again");
        ui.tell(Role::Warn, words);
        return;
    };
    if let Some(service) = row.in_service {
        let words = format!("{} {} is at work already: {service}", row.name, row.version);
        ui.tell(Role::Normal, words);
        return;
    }
    if ui.layer.is_some() {
        return;
    }
    ui.layer = Some(Layer::Form(Form::deploy(Proved {
        promise: services::promise(row.promise.as_ref()),
        strategy: row.name,
        version: row.version,
        symbol: row.symbol,
    })));
}
