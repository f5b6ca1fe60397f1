//! What the engine answers. An answer is no confirmation: that is a snapshot which shows it.

use serde::Deserialize;
use serde_json::Value;

use super::{explaining, reloading, researching};
use crate::client::{Problem, Stopped};
use crate::console::form::Form;
use crate::console::message::{Effect, Effects, Links, Request};
use crate::console::theme::Role;
use crate::console::ui::{Layer, Press, Screen, Ui};
use crate::core::trading_state::{Cause, Mode};
use crate::snapshot::{Snapshot, SyncedRow};

/// So much newer, in milliseconds, is a snapshot that speaks against what a press was answered.
const SETTLED_MS: i64 = 5_000;

/// The links changed. What was told of a worse thing stays.
pub(super) fn linked(ui: &mut Ui, links: Links) {
    let before = std::mem::replace(&mut ui.links, links);
    match (before.engine, links.engine) {
        (true, false) if ui.notice.as_ref().is_none_or(|n| n.role != Role::Bad) => ui.tell(
            Role::Bad,
            "no engine answers: what you see is old; this console waits for it to come back",
        ),
        (false, true) => ui.tell(Role::Normal, "the engine answers again"),
        _ => {}
    }
}

/// A request was answered.
pub(super) fn answered(ui: &mut Ui, request: Request, answer: Result<Value, Problem>) -> Effects {
    if let Request::Report(run) = request {
        ui.pending
            .retain(|p| p.request != Request::Report(run.clone()));
        researching::reported(ui, run, answer);
        return Vec::new();
    }
    match answer {
        Ok(document) if matches!(request, Request::Explain(_)) => {
            ui.pending.retain(|p| p.request != request);
            explaining::told(ui, request, &document);
        }
        Ok(document) if matches!(request, Request::Versions(_)) => {
            ui.pending.retain(|p| p.request != request);
            if let Request::Versions(run) = &request {
                researching::proved(ui, run, &document);
            }
        }
        Ok(document) if request == Request::Changes => {
            ui.pending.retain(|p| p.request != request);
            reloading::told(ui, &document);
        }
        Ok(document) => {
            if form_of(ui, &request).is_some() {
                ui.layer = None;
            }
            if request == Request::Sync {
                compared(ui, &document);
            }
            let seq = document.get("seq").and_then(Value::as_u64);
            ui.pending.retain_mut(|p| {
                if p.request != request {
                    return true;
                }
                // What carries no position is taken to be shown by whatever comes next.
                p.seq = Some(seq.unwrap_or(0));
                true
            });
        }
        Err(problem) => {
            ui.pending.retain(|p| p.request != request);
            if let Some(form) = form_of(ui, &request) {
                form.refused(&problem, words_of(&problem));
                return Vec::new();
            }
            let words = request.words();
            let words = words.trim_end_matches('…');
            ui.tell(Role::Bad, format!("{words}: {}", words_of(&problem)));
        }
    }
    Vec::new()
}

/// The form a request was sent from, while it is still open.
fn form_of<'a>(ui: &'a mut Ui, request: &Request) -> Option<&'a mut Form> {
    match &mut ui.layer {
        Some(Layer::Form(form)) if form.sent && form.request() == *request => Some(form),
        _ => None,
    }
}

/// What a comparison with the venue found.
fn compared(ui: &mut Ui, document: &Value) {
    let synced = SyncedRow::deserialize(document).unwrap_or_default();
    let risk = ui.screen_key(Screen::Risk);
    match (synced.synced, synced.differences.len()) {
        (None, _) => ui.tell(
            Role::Warn,
            format!("not compared yet: the venue has not answered; {risk} shows it when it has"),
        ),
        (Some(_), 0) => ui.tell(Role::Normal, "compared with the venue: no difference"),
        (Some(_), n) => {
            let words = format!("compared with the venue: {n} differ; {risk} shows what");
            ui.tell(Role::Warn, words);
        }
    }
}

/// A press of the stop was answered.
pub(super) fn stopped(
    ui: &mut Ui,
    answer: Result<Stopped, Problem>,
    snapshot: &Snapshot,
) -> Effects {
    ui.press_answered = (snapshot.built_at, snapshot.status.seq);
    match answer {
        Ok(stopped) => {
            if let Some(seq) = stopped.seq {
                ui.press_answered.1 = seq;
            }
            if ui.press == Press::Requested {
                ui.press = Press::GateClosed(stopped.gate_us);
            }
        }
        Err(problem) => {
            ui.press = Press::Failed;
            ui.tell(
                Role::Stop,
                format!(
                    // The way out stands first: a narrow screen cuts the end.
                    "HARDSTOP did not get through, run: pilothouse hardstop ({})",
                    words_of(&problem)
                ),
            );
        }
    }
    vec![Effect::Repaint]
}

/// Whether a snapshot that shows no stop ends what is said of a press: one that failed, once the stop
/// can get through again; one that closed the gate, once later records show that it was lifted.
fn is_over(ui: &Ui, snapshot: &Snapshot) -> bool {
    let (at, seq) = ui.press_answered;
    let later = snapshot.built_at - at >= SETTLED_MS;
    match ui.press {
        Press::None | Press::Requested => false,
        Press::Failed => later && ui.links.engine && ui.links.stop,
        Press::GateClosed(_) => later && snapshot.status.seq > seq,
    }
}

/// Forgets what a snapshot confirms.
pub(super) fn confirm(ui: &mut Ui, snapshot: &Snapshot) {
    let status = &snapshot.status;
    if status.state == Mode::Hardstopped || is_over(ui, snapshot) {
        ui.press = Press::None;
    }
    ui.pending.retain(|p| {
        let shown = p.seq.is_some_and(|seq| status.seq >= seq);
        let done = match &p.request {
            Request::Pause => status
                .causes
                .iter()
                .any(|c| c.cause == Cause::Pause.as_str()),
            Request::Resume => status.state == Mode::Running,
            Request::Clear => status.hardstop.is_none(),
            _ => false,
        };
        !(shown || done)
    });
}

/// A refusal with all that helps: code, words, rule, limit, measure, hint.
pub(super) fn words_of(problem: &Problem) -> String {
    let mut text = format!("{} {}", problem.code, problem.message);
    if let (Some(limit), Some(value)) = (&problem.limit, &problem.value) {
        text.push_str(&format!(" ({value} against {limit})"));
    }
    if !problem.hint.is_empty() {
        text.push_str(&format!(" — {}", problem.hint));
    }
    text
}
