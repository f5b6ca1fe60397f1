//! Why a run cannot be stopped, a strategy not be deployed, dropped or rolled back now.

use super::NOTHING;
use crate::console::action::Action;
use crate::console::pane::{PaneId, runs, services};
use crate::console::ui::{Screen, Ui};
use crate::core::research::{RunKind, RunStatus};
use crate::core::service::{End, Kind};
use crate::core::trading_state::Mode;
use crate::snapshot::{RunRow, ServiceRow, Snapshot};

pub(super) fn stop_blocked(id: &str, snapshot: &Snapshot) -> Option<String> {
    let run = runs::of(id, snapshot)?;
    let word = runs::word(run.status);
    run.status
        .is_over()
        .then(|| format!("{id} is over: {word}"))
}

/// Whether a candidate is selected, which is dropped where a deployment is rolled back.
pub(in crate::console::action) fn drops(ui: &Ui, snapshot: &Snapshot) -> bool {
    let selected = ui.selected_id(snapshot);
    ui.focused() == PaneId::Services
        && selected
            .and_then(|id| services::of(&id, snapshot))
            .is_some_and(|service| service.kind == Kind::Candidate)
}

/// Why a candidate cannot be dropped, or a deployment not be rolled back.
pub(super) fn end_blocked(id: &str, snapshot: &Snapshot) -> Option<String> {
    let service = services::of(id, snapshot)?;
    if let Some(end) = &service.end {
        return Some(format!("{id} has ended: {}", services::ended(end.how)));
    }
    if service.kind == Kind::Candidate {
        return None;
    }
    let others = snapshot.research.services.iter();
    let newer = others
        .filter(|s| s.end.is_none() && s.kind == Kind::Deployment)
        .filter(|s| s.strategy == service.strategy)
        .max_by_key(|s| s.id)
        .filter(|s| s.id > service.id)?;
    Some(format!(
        "{} is rolled back first: it is the newer version of {}",
        newer.id, service.strategy
    ))
}

pub(in crate::console::action) fn optimise_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    if ui.screen != Screen::Research {
        return Some("runs are begun on 8 Research".to_owned());
    }
    stopped(snapshot, "no run begins")
}

pub(in crate::console::action) fn deploy_blocked(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let pane = ui.focused();
    if !matches!(pane, PaneId::Runs | PaneId::Services) {
        return Some("select a passed run or a promoted candidate first: 8".to_owned());
    }
    let Some(id) = ui.selected_id(snapshot) else {
        return Some(NOTHING.to_owned());
    };
    let unproved = match pane {
        PaneId::Runs => unproved_run(runs::of(&id, snapshot)?, ui),
        _ => unproved_service(services::of(&id, snapshot)?, ui),
    };
    unproved.or_else(|| match snapshot.status.state {
        Mode::Running | Mode::Hardstopped => stopped(snapshot, "nothing is deployed"),
        mode => (!mode.reserves())
            .then(|| format!("nothing is deployed while trading is {}", mode.as_str())),
    })
}

fn stopped(snapshot: &Snapshot, what: &str) -> Option<String> {
    (snapshot.status.state == Mode::Hardstopped)
        .then(|| format!("{what} under HARDSTOP: :clear lifts it"))
}

fn unproved_run(run: &RunRow, ui: &Ui) -> Option<String> {
    match (run.status, run.kind) {
        (RunStatus::Passed, RunKind::Discover) => Some(format!(
            "what {} found is tried as candidates first: {}, select a promoted one",
            run.id,
            ui.key(Action::NextPane)
        )),
        (RunStatus::Passed, _) => None,
        (status, _) => Some(format!(
            "{} is {}: only what a run passed is deployed",
            run.id,
            runs::word(status)
        )),
    }
}

fn unproved_service(service: &ServiceRow, ui: &Ui) -> Option<String> {
    let id = service.id;
    match (service.kind, service.end.as_ref().map(|end| end.how)) {
        (Kind::Candidate, Some(End::Promoted))
        | (Kind::Deployment, Some(End::Superseded | End::Cancelled)) => None,
        (Kind::Candidate, None) => Some(format!(
            "{id} is still tried: only a promoted one is deployed"
        )),
        (Kind::Candidate, Some(how)) => Some(format!(
            "{id} was {}: it proved nothing",
            services::ended(how)
        )),
        (Kind::Deployment, None) => Some(format!("{id} is at work already")),
        (Kind::Deployment, Some(how)) => Some(format!(
            "{id} was {}: {} searches anew; `pilothouse strategy deploy` insists",
            services::ended(how),
            ui.key(Action::Optimise)
        )),
    }
}
