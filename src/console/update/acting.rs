//! What changes the engine: a request goes out, and it counts as asked for until a snapshot shows
//! it.

use serde_json::json;

use super::{alarming, reloading, researching, terms};
use crate::client::Call;
use crate::console::action::Action;
use crate::console::form::Form;
use crate::console::message::{Effect, Effects, Request};
use crate::console::pane::PaneId;
use crate::console::theme::Role;
use crate::console::ui::{Layer, Pending, Prompt, Question, Ui};
use crate::core::trading_state::Cause;
use crate::snapshot::Snapshot;

/// Requests that may wait for their answers at a time.
const WAITING: usize = 8;

/// Sends a request and remembers that it is not confirmed.
pub(super) fn ask(ui: &mut Ui, request: Request, call: Call) -> Effects {
    if ui.pending.iter().any(|p| p.request == request) {
        ui.tell(Role::Normal, format!("asked already: {}", request.words()));
        return Vec::new();
    }
    if ui.pending.len() >= WAITING {
        ui.tell(
            Role::Warn,
            format!("{WAITING} requests wait for the engine already"),
        );
        return Vec::new();
    }
    ui.notice = None;
    ui.pending.push(Pending {
        request: request.clone(),
        seq: None,
    });
    vec![Effect::Call(request, call)]
}

/// Resumes, with a reason.
pub(super) fn resume(ui: &mut Ui, reason: &str) -> Effects {
    ask(
        ui,
        Request::Resume,
        Call::post("coordinator/resume", json!({"reason": reason})),
    )
}

/// Pauses one symbol, or lets it go on.
pub(super) fn symbol(ui: &mut Ui, symbol: &str, pause: bool) -> Effects {
    let symbol = symbol.to_uppercase().replace('_', "/");
    let (path, reason) = match pause {
        true => ("coordinator/pause", "paused by hand"),
        false => ("coordinator/resume", "resumed by hand"),
    };
    let call = Call::post(path, json!({"symbol": symbol, "reason": reason}));
    ask(ui, Request::Symbol(symbol, pause), call)
}

/// Does one of the actions that change something, or asks first.
pub(super) fn act(ui: &mut Ui, action: Action, snapshot: &Snapshot) -> Effects {
    let selected = ui.selected_id(snapshot).unwrap_or_default();
    match action {
        Action::Pause => {
            let call = Call::post("coordinator/pause", json!({"reason": "paused by hand"}));
            return ask(ui, Request::Pause, call);
        }
        Action::Resume if wants_reason(snapshot) => {
            ui.layer = Some(Layer::Prompt(Prompt::ResumeReason, String::new()));
        }
        Action::Resume => return resume(ui, "resumed by hand"),
        Action::ToggleTask | Action::RunTask => return task(ui, action, &selected, snapshot),
        Action::Close if matches!(ui.focused(), PaneId::Runs | PaneId::Services) => {
            let question = researching::close(ui, selected, snapshot);
            ui.layer = question.map(Layer::Question);
        }
        Action::Deploy => return researching::deploy(ui, &selected, snapshot),
        Action::Optimise => researching::optimise(ui, &selected, snapshot),
        Action::Close => {
            let question = terms::closing(ui.focused(), selected, snapshot);
            ui.layer = Some(Layer::Question(question));
        }
        Action::Approve | Action::Reject => {
            let terms = terms::approval(&selected, snapshot);
            ui.layer = Some(Layer::Question(match action {
                Action::Approve => Question::Approve(selected, terms),
                _ => Question::Reject(selected, terms),
            }));
        }
        Action::Edit if matches!(ui.focused(), PaneId::Positions | PaneId::Orders) => {
            match Form::of(&selected, snapshot) {
                Some(form) => ui.layer = Some(Layer::Form(form)),
                None => ui.tell(Role::Warn, format!("what {selected} protects is not shown")),
            }
        }
        Action::Slices => return slices(ui, selected, snapshot),
        Action::Sync => {
            let call = Call::post("orders/sync", json!({}));
            return ask(ui, Request::Sync, call);
        }
        Action::Flatten => {
            let positions = snapshot.positions.items.iter();
            let open = positions.filter(|p| p.status == "open").count();
            ui.layer = Some(Layer::Question(Question::Flatten(open)));
        }
        Action::Edit => {
            let prompt = Prompt::RenewTtl(selected);
            ui.layer = Some(Layer::Prompt(prompt, String::new()));
        }
        Action::AcknowledgeAll => alarming::acknowledge_all(ui, snapshot),
        Action::Acknowledge if ui.focused() != PaneId::Messages => {
            return alarming::acknowledge(ui, snapshot);
        }
        Action::Acknowledge => {
            let about = terms::about(&selected, snapshot);
            ui.layer = Some(Layer::Question(Question::Acknowledge(selected, about)));
        }
        Action::Reload => return reloading::preview(ui),
        Action::Shutdown => ui.layer = Some(Layer::Question(Question::Shutdown)),
        Action::Clear => {
            if let Some(stop) = &snapshot.status.hardstop {
                let prompt = Prompt::ClearWord(stop.epoch);
                ui.layer = Some(Layer::Prompt(prompt, String::new()));
            }
        }
        Action::Yes => {
            if let Some(Layer::Question(question)) = ui.layer.take() {
                return yes(ui, question);
            }
        }
        _ => {}
    }
    Vec::new()
}

fn yes(ui: &mut Ui, question: Question) -> Effects {
    let (request, call) = match question {
        Question::Close(id, _) => {
            let call = Call::post(
                format!("positions/{id}/close"),
                json!({"reason": "closed by hand"}),
            );
            (Request::Close(id), call)
        }
        Question::Cancel(id, _) => {
            let call = Call::post(format!("orders/{id}/cancel"), json!({}));
            (Request::Cancel(id), call)
        }
        Question::Release(id, _) => {
            let call = Call::delete(format!("reservations/{id}"));
            (Request::Release(id), call)
        }
        Question::Halt(id, _) => {
            let call = Call::post(
                format!("coordination/cycles/{id}/halt"),
                json!({"reason": "halted by hand"}),
            );
            (Request::Halt(id), call)
        }
        Question::Acknowledge(id, _) => {
            let call = Call::post(format!("coordination/messages/{id}/ack"), json!({}));
            (Request::Acknowledge(id), call)
        }
        Question::AckAlarm(id, since, _) => return alarming::one(ui, id, &since),
        Question::AckAlarms(_, items) => alarming::all_of(&items),
        Question::Approve(id, _) => {
            let prompt = Prompt::ApproveReason(id);
            ui.layer = Some(Layer::Prompt(prompt, String::new()));
            return Vec::new();
        }
        Question::Reject(id, _) => {
            let prompt = Prompt::RejectReason(id);
            ui.layer = Some(Layer::Prompt(prompt, String::new()));
            return Vec::new();
        }
        Question::GoOn(id) => {
            let call = Call::post(format!("orders/{id}/resume"), json!({}));
            (Request::Slices(id, false), call)
        }
        Question::Flatten(_) => {
            let body = json!({"reason": "flattened by hand", "confirm": "FLATTEN"});
            (Request::Flatten, Call::post("flatten", body))
        }
        Question::StopRun(id, _) => researching::stop(id),
        Question::Drop(id, _) => researching::drop(id),
        Question::Rollback(strategy, service, _) => researching::rollback(strategy, &service),
        Question::Send(form, _) => return send(ui, *form),
        Question::Reload(_, shown) => return reloading::yes(ui, shown),
        Question::Shutdown => (
            Request::Shutdown,
            Call::post("coordinator/shutdown", json!({})),
        ),
    };
    ask(ui, request, call)
}

/// Holds a sliced order at once; to let it go on asks.
fn slices(ui: &mut Ui, id: String, snapshot: &Snapshot) -> Effects {
    let mut orders = snapshot.orders.items.iter();
    let row = orders.find(|o| o.id.to_string() == id);
    let Some(slicing) = row.and_then(|o| o.slicing.as_ref()) else {
        return Vec::new();
    };
    if slicing.paused {
        ui.layer = Some(Layer::Question(Question::GoOn(id)));
        return Vec::new();
    }
    let call = Call::post(format!("orders/{id}/pause"), json!({}));
    ask(ui, Request::Slices(id, true), call)
}

/// Sends a form, or asks first where it does more than change figures.
pub(super) fn submit(ui: &mut Ui, mut form: Form, snapshot: &Snapshot) -> Effects {
    if form.sent || !form.holds() {
        ui.layer = Some(Layer::Form(form));
        return Vec::new();
    }
    match form.question(snapshot) {
        Some(what) => {
            ui.layer = Some(Layer::Question(Question::Send(Box::new(form), what)));
            Vec::new()
        }
        None => send(ui, form),
    }
}

/// Sends a form; it stays until it is answered.
fn send(ui: &mut Ui, mut form: Form) -> Effects {
    let request = form.request();
    let call = form.send();
    ui.layer = Some(Layer::Form(form));
    let Some(call) = call else { return Vec::new() };
    let effects = ask(ui, request, call);
    if effects.is_empty()
        && let Some(Layer::Form(form)) = &mut ui.layer
    {
        form.sent = false;
    }
    effects
}

fn task(ui: &mut Ui, action: Action, agent: &str, snapshot: &Snapshot) -> Effects {
    let tasks = &snapshot.status.schedules;
    let Some(task) = tasks.iter().find(|t| t.agent.as_str() == agent) else {
        return Vec::new();
    };
    let name = task.name.to_string();
    let (request, verb) = match (action, task.enabled) {
        (Action::RunTask, _) => (Request::Run(name.clone()), "run"),
        (_, true) => (Request::Task(name.clone(), false), "disable"),
        (_, false) => (Request::Task(name.clone(), true), "enable"),
    };
    let call = Call::post(format!("coordinator/task/{name}/{verb}"), json!({}));
    let effects = ask(ui, request, call);
    if !effects.is_empty() {
        let words = format!("asked of {agent}: {verb} its task {name}");
        ui.tell(Role::Normal, words);
    }
    effects
}

/// Decides an approval.
pub(super) fn decide(ui: &mut Ui, id: String, approve: bool, reason: &str) -> Effects {
    let mut body = json!({ "approve": approve });
    if !reason.is_empty() {
        body["reason"] = reason.into();
    }
    let call = Call::post(format!("approvals/{id}"), body);
    let request = if approve {
        Request::Approve(id)
    } else {
        Request::Reject(id)
    };
    ask(ui, request, call)
}

/// Renews a reservation.
pub(super) fn renew(ui: &mut Ui, id: String, ttl: &str) -> Effects {
    match ttl.parse::<u64>() {
        Ok(ttl_s @ 1..) => {
            let call = Call::post(
                format!("reservations/{id}/renew"),
                json!({ "ttl_s": ttl_s }),
            );
            ask(ui, Request::Renew(id), call)
        }
        _ => {
            ui.tell(Role::Warn, "whole seconds are expected; nothing was done");
            Vec::new()
        }
    }
}

/// Whether lifting what holds trading up wants a reason.
fn wants_reason(snapshot: &Snapshot) -> bool {
    let halts = [Cause::Drawdown, Cause::StopsInRow, Cause::RiskAlert];
    snapshot.status.causes.iter().any(|row| {
        halts
            .iter()
            .any(|cause| cause.wants_reason() && cause.as_str() == row.cause)
    })
}
