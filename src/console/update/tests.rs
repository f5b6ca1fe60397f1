use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

use super::*;
use crate::client::{Problem, Stopped};
use crate::console::fixture;
use crate::console::form::Form;
use crate::console::message::{Links, Request};
use crate::console::pane::PaneId;
use crate::console::ui::{Prompt, Question, Screen};
use crate::core::Name;
use crate::core::trading_state::{Cause, Mode};
use crate::snapshot::{CauseRow, HardstopRow};

pub(super) struct Desk {
    pub(super) ui: Ui,
    pub(super) snapshot: Snapshot,
}

pub(super) fn desk() -> Desk {
    Desk {
        ui: Ui::new(false),
        snapshot: fixture::snapshot(),
    }
}

pub(super) fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

impl Desk {
    pub(super) fn send(&mut self, msg: Msg) -> Effects {
        update(&mut self.ui, msg, &self.snapshot)
    }

    pub(super) fn code(&mut self, code: KeyCode) -> Effects {
        self.send(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Types letters; the effects of the last.
    pub(super) fn types(&mut self, text: &str) -> Effects {
        text.chars()
            .map(|c| self.code(KeyCode::Char(c)))
            .last()
            .unwrap_or_default()
    }

    pub(super) fn enter(&mut self) -> Effects {
        self.code(KeyCode::Enter)
    }

    pub(super) fn told(&self) -> &str {
        self.ui.notice.as_ref().map_or("", |n| n.text.as_str())
    }

    fn hardstopped(&mut self) {
        self.snapshot.status.state = Mode::Hardstopped;
        self.snapshot.status.hardstop = Some(HardstopRow {
            epoch: 3,
            by: operator(),
            reason: String::new(),
            engaged_at: fixture::NOW,
            cancels_total: 0,
            cancels_confirmed: 0,
            open_positions: 0,
        });
    }

    fn caused(&mut self, cause: Cause) {
        self.snapshot.status.state = cause.mode();
        self.snapshot.status.causes.push(CauseRow {
            cause: cause.as_str().to_owned(),
            by: operator(),
            reason: String::new(),
            since: fixture::NOW,
        });
    }
}

fn operator() -> Name {
    "operator".parse().unwrap()
}

/// What a request goes to, and what it carries.
pub(super) fn calls(effects: &Effects) -> Vec<(String, String)> {
    effects
        .iter()
        .filter_map(|e| match e {
            Effect::Call(_, call) => Some((call.path.clone(), call.body.to_string())),
            _ => None,
        })
        .collect()
}

fn refusal() -> Problem {
    Problem {
        status: 409,
        code: "RESUME_CAUSE_LASTS".into(),
        message: "the cause lasts: disk nearly full".into(),
        hint: "it lifts itself when it is gone".into(),
        rule: None,
        limit: None,
        value: None,
        holders: Vec::new(),
    }
}

#[test]
fn the_stop_key_works_in_every_mode() {
    let layers = [
        None,
        Some(Layer::Filter),
        Some(Layer::Palette("sh".into())),
        Some(Layer::Prompt(Prompt::ResumeReason, "beca".into())),
        Some(Layer::Prompt(Prompt::ClearWord(3), "CLEAR".into())),
        Some(Layer::Question(Question::Shutdown)),
        Some(Layer::Form(
            Form::of("position_9", &fixture::snapshot()).unwrap(),
        )),
        Some(Layer::Help { scroll: 3 }),
        Some(Layer::Detail { scroll: 3 }),
        Some(Layer::LampTest),
    ];
    let presses = [
        Msg::Key(control('x')),
        Msg::Key(control('X')),
        Msg::Key(KeyEvent::new(KeyCode::Char('\u{18}'), KeyModifiers::NONE)),
        Msg::Paste("half a pasted\u{18} text".into()),
    ];
    for read_only in [false, true] {
        for layer in &layers {
            for press in &presses {
                let mut desk = desk();
                desk.ui.read_only = read_only;
                desk.ui.layer = layer.clone();
                let effects = desk.send(press.clone());
                assert_eq!(effects[0], Effect::Stop, "{layer:?} {press:?}");
                assert_eq!(desk.ui.press, Press::Requested);
                assert_eq!(desk.ui.layer, *layer, "what was typed is kept");
            }
        }
    }
}

#[test]
fn the_stop_is_repainted_and_shown_until_a_snapshot_has_it() {
    let mut desk = desk();
    assert_eq!(desk.send(Msg::Pressed), [Effect::Repaint]);
    let answer = Stopped {
        gate_us: 38,
        ..Stopped::default()
    };
    assert_eq!(desk.send(Msg::Stopped(Ok(answer))), [Effect::Repaint]);
    assert_eq!(desk.ui.press, Press::GateClosed(38));
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::GateClosed(38));
    desk.hardstopped();
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::None);
    desk.send(Msg::Stopped(Err(refusal())));
    assert_eq!(desk.ui.press, Press::Failed);
    assert!(desk.told().contains("run: pilothouse hardstop"));
}

#[test]
fn a_stop_that_failed_is_said_until_the_engine_is_seen_to_go_on() {
    let mut desk = desk();
    desk.send(Msg::Pressed);
    desk.send(Msg::Stopped(Err(refusal())));
    desk.send(Msg::Links(Links::default()));
    desk.snapshot.built_at = desk.snapshot.built_at + 60_000;
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::Failed, "nothing gets through yet");
    desk.send(Msg::Links(Links {
        engine: true,
        stop: true,
    }));
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::None);
}

#[test]
fn in_a_window_that_shows_no_question_nothing_is_answered_and_the_stop_acts() {
    let mut desk = desk();
    desk.ui.screen = Screen::Positions;
    desk.types("c");
    assert!(matches!(desk.ui.layer, Some(Layer::Question(_))));
    desk.ui.cramped.set(true);
    assert!(desk.types("y").is_empty());
    assert_eq!(desk.told(), CRAMPED);
    assert_eq!(desk.send(Msg::Key(control('x')))[0], Effect::Stop);
    desk.code(KeyCode::Esc);
    assert_eq!(desk.ui.layer, None);
    desk.ui.notice = None;
    assert!(desk.types("p").is_empty(), "nothing is paused unseen");
    assert_eq!(desk.told(), CRAMPED);
    let prompt = Layer::Prompt(Prompt::ResumeReason, "because".into());
    desk.ui.layer = Some(prompt.clone());
    assert!(desk.enter().is_empty());
    assert_eq!(desk.ui.layer, Some(prompt));
    desk.ui.cramped.set(false);
    assert_eq!(desk.enter().len(), 1);
}

#[test]
fn a_closed_gate_is_said_until_later_records_show_that_it_was_lifted() {
    let mut desk = desk();
    desk.send(Msg::Pressed);
    desk.send(Msg::Stopped(Ok(Stopped::default())));
    desk.snapshot.built_at = desk.snapshot.built_at + 60_000;
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::GateClosed(0), "no record since");
    desk.snapshot.status.seq += 2;
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.press, Press::None);
}

#[test]
fn a_pause_is_asked_for_until_a_snapshot_confirms_it() {
    let mut desk = desk();
    let effects = desk.types("p");
    assert_eq!(
        calls(&effects),
        [(
            "coordinator/pause".to_owned(),
            r#"{"reason":"paused by hand"}"#.to_owned()
        )]
    );
    assert!(desk.types("p").is_empty(), "once is enough");
    let answer = json!({"state": "paused", "seq": 184_230});
    desk.send(Msg::Answered(Request::Pause, Ok(answer)));
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.pending.len(), 1, "an answer is no confirmation");
    desk.caused(Cause::Pause);
    desk.send(Msg::Snapshot);
    assert!(desk.ui.pending.is_empty());
    assert!(desk.types("p").is_empty());
    assert!(desk.told().contains("paused already"));
}

#[test]
fn what_another_has_undone_does_not_hang_for_ever() {
    let mut desk = desk();
    desk.types("p");
    let answer = json!({"state": "paused", "seq": 184_230});
    desk.send(Msg::Answered(Request::Pause, Ok(answer)));
    desk.snapshot.status.seq = 184_230;
    desk.send(Msg::Snapshot);
    assert!(desk.ui.pending.is_empty());
}

#[test]
fn a_refusal_is_shown_with_code_and_hint_until_escape() {
    let mut desk = desk();
    desk.caused(Cause::Pause);
    desk.types("r");
    desk.send(Msg::Answered(Request::Resume, Err(refusal())));
    assert!(desk.ui.pending.is_empty());
    assert!(desk.told().contains("RESUME_CAUSE_LASTS"));
    assert!(desk.told().contains("it lifts itself when it is gone"));
    desk.send(Msg::Snapshot);
    assert!(!desk.told().is_empty());
    desk.code(KeyCode::Esc);
    assert!(desk.told().is_empty());
}

#[test]
fn resuming_asks_for_a_reason_only_where_the_cause_wants_one() {
    let mut paused = desk();
    paused.caused(Cause::Pause);
    assert_eq!(calls(&paused.types("r"))[0].0, "coordinator/resume");
    let mut halted = desk();
    halted.caused(Cause::Drawdown);
    assert!(halted.types("r").is_empty());
    assert!(halted.enter().is_empty(), "no reason, no request");
    halted.types("r");
    halted.types("checked with risk");
    let effects = halted.enter();
    assert!(calls(&effects)[0].1.contains("checked with risk"));
    let mut stopped = desk();
    stopped.hardstopped();
    assert!(stopped.types("r").is_empty());
    assert!(stopped.told().contains(":clear"));
}

#[test]
fn clearing_takes_typed_words_and_a_reason() {
    let mut desk = desk();
    desk.types(":clear");
    desk.enter();
    assert!(desk.told().contains("not engaged"));
    desk.hardstopped();
    for wrong in ["", "y", "clear 3", "CLEAR", "CLEAR 2"] {
        desk.types(":clear");
        desk.enter();
        desk.types(wrong);
        assert!(desk.enter().is_empty());
        assert_eq!(desk.ui.layer, None, "{wrong}");
    }
    desk.types(":clear");
    desk.enter();
    desk.types("CLEAR 3");
    desk.enter();
    desk.types("feed is back");
    assert_eq!(
        calls(&desk.enter()),
        [(
            "coordinator/clear".to_owned(),
            r#"{"confirm":"CLEAR","epoch":3,"reason":"feed is back"}"#.to_owned()
        )]
    );
}

#[test]
fn dangerous_keys_ask_and_no_is_the_default() {
    for no in [KeyCode::Enter, KeyCode::Esc, KeyCode::Char('n')] {
        let mut desk = desk();
        desk.types("5c");
        let id = desk.ui.selected_id(&desk.snapshot).unwrap();
        let Some(Layer::Question(question)) = &desk.ui.layer else {
            panic!("no question")
        };
        let words = question.words();
        let row = &desk.snapshot.positions.items;
        let row = row.iter().find(|p| p.id.to_string() == id).unwrap();
        for known in [&id, &row.symbol.to_string(), &row.side] {
            assert!(words.contains(known), "{words}");
        }
        assert!(words.contains("P&L"), "{words}");
        assert!(desk.code(no).is_empty());
        assert_eq!(desk.ui.layer, None);
        desk.types("c");
        let effects = desk.types("y");
        assert_eq!(calls(&effects)[0].0, format!("positions/{id}/close"));
    }
    let mut desk = desk();
    desk.types("5");
    desk.code(KeyCode::Tab);
    desk.types("c");
    assert_eq!(calls(&desk.types("y"))[0].0, "orders/order_42/cancel");
    desk.types(":shutdown");
    assert!(desk.enter().is_empty());
    assert_eq!(desk.ui.layer, Some(Layer::Question(Question::Shutdown)));
    assert_eq!(calls(&desk.types("y"))[0].0, "coordinator/shutdown");
}

#[test]
fn tasks_are_toggled_and_run_for_the_selected_agent() {
    let mut desk = desk();
    let enable = "coordinator/task/technical_analysis/enable";
    assert_eq!(calls(&desk.types("t"))[0].0, enable);
    let run = "coordinator/task/technical_analysis/run";
    assert_eq!(calls(&desk.types("x"))[0].0, run);
    desk.types("j");
    let disable = "coordinator/task/regime_detection/disable";
    assert_eq!(calls(&desk.types("t"))[0].0, disable);
    desk.types("jjt");
    assert!(
        desk.told().contains("no task of its own"),
        "{}",
        desk.told()
    );
    desk.code(KeyCode::Tab);
    desk.types("t");
    assert!(desk.told().contains("select an agent first"));
}

#[test]
fn reservations_are_released_and_renewed_and_cycles_halted() {
    let mut desk = desk();
    desk.types("3c");
    let id = desk.ui.selected_id(&desk.snapshot).unwrap();
    let Some(Layer::Question(Question::Release(asked, terms))) = &desk.ui.layer else {
        panic!("no question")
    };
    assert!(*asked == id && terms.contains(" of "), "{asked}: {terms}");
    assert!(desk.enter().is_empty(), "No is the default");
    desk.types("c");
    let effects = desk.types("y");
    let [Effect::Call(_, call)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (call.method, &call.path),
        ("DELETE", &format!("reservations/{id}"))
    );
    for wrong in ["", "soon", "-5", "0"] {
        desk.types("e");
        desk.types(wrong);
        assert!(desk.enter().is_empty(), "{wrong}");
        assert!(desk.told().contains("whole seconds"), "{wrong}");
    }
    desk.types("e600");
    let renewed = (
        format!("reservations/{id}/renew"),
        r#"{"ttl_s":600}"#.to_owned(),
    );
    assert_eq!(calls(&desk.enter()), [renewed]);
    desk.types("jjjce");
    assert!(desk.told().contains("is bound"), "{}", desk.told());
    desk.types("4c");
    assert!(matches!(
        desk.ui.layer,
        Some(Layer::Question(Question::Halt(..)))
    ));
    let effects = desk.types("y");
    assert!(
        calls(&effects)[0].0.ends_with("0000032e/halt"),
        "{effects:?}"
    );
    desk.types("Gc");
    assert!(desk.told().contains("has ended already"));
}

#[test]
fn a_message_is_acknowledged_only_after_a_yes_that_names_it() {
    let mut desk = desk();
    desk.types("6");
    while desk.ui.focused() != PaneId::Messages {
        desk.code(KeyCode::Tab);
    }
    let first = &desk.snapshot.messages.items[0];
    let (id, to, subject) = (first.id, first.to.unwrap(), first.subject.clone());
    assert!(desk.types("a").is_empty());
    let Some(Layer::Question(question)) = &desk.ui.layer else {
        panic!("it does not ask");
    };
    let words = question.words();
    assert_eq!(words, format!("Acknowledge {id} for {to}: {subject}?"));
    assert!(desk.enter().is_empty(), "No is the default");
    desk.types("a");
    let wanted = (format!("coordination/messages/{id}/ack"), "{}".to_owned());
    assert_eq!(calls(&desk.types("y")), [wanted]);
}

#[test]
fn a_text_scrolls_no_further_than_it_was_drawn() {
    let mut desk = desk();
    desk.types("?");
    desk.ui.reach.set(12);
    for _ in 0..5 {
        desk.code(KeyCode::PageDown);
    }
    assert_eq!(desk.ui.layer, Some(Layer::Help { scroll: 12 }));
    desk.types("k");
    assert_eq!(desk.ui.layer, Some(Layer::Help { scroll: 11 }));
}

#[test]
fn an_approval_is_asked_twice_and_says_what_it_would_send() {
    let mut desk = desk();
    desk.types("4y");
    assert!(
        desk.told().contains("select an approval"),
        "{}",
        desk.told()
    );
    desk.code(KeyCode::Tab);
    for no in [KeyCode::Enter, KeyCode::Esc, KeyCode::Char('n')] {
        desk.types("y");
        let Some(Layer::Question(question)) = &desk.ui.layer else {
            panic!("it does not ask");
        };
        assert!(question.words().contains("buy 0.0096 BTC/USDT at 64,230.1"));
        assert!(desk.code(no).is_empty());
        assert_eq!(desk.ui.layer, None);
    }
    desk.types("yy");
    let approved = (
        "approvals/approval_3".to_owned(),
        r#"{"approve":true}"#.to_owned(),
    );
    assert_eq!(calls(&desk.enter()), [approved]);
    desk.types("jny");
    desk.types("spread too wide");
    let body = r#"{"approve":false,"reason":"spread too wide"}"#.to_owned();
    assert_eq!(
        calls(&desk.enter()),
        [("approvals/approval_4".to_owned(), body)]
    );
    desk.types("nn");
    assert!(desk.ui.layer.is_none());
    desk.types("Gy");
    assert!(desk.told().contains("is decided: approved"));
}

#[test]
fn the_selected_message_is_acknowledged_unless_it_is_done_with() {
    let mut desk = desk();
    desk.types("6a");
    assert!(desk.told().contains("select a message"));
    desk.code(KeyCode::Tab);
    assert_eq!(
        calls(&desk.types("ay"))[0].0,
        "coordination/messages/message_12004/ack"
    );
    desk.types("ja");
    assert!(desk.told().contains("acknowledged already"));
}

#[test]
fn an_audit_row_is_explained_where_it_names_something() {
    let mut desk = desk();
    desk.types("9");
    let effects = desk.enter();
    let cycle = "explain/cycle_20260214_140131_0000032e";
    assert_eq!(calls(&effects)[0].0, cycle);
    let request = desk.ui.pending[0].request.clone();
    let story = json!({"narrative": "it began.\nit ended.", "outcome": "x", "records": [7, 9]});
    desk.send(Msg::Answered(request, Ok(story)));
    let Some(Layer::Story { lines, .. }) = &desk.ui.layer else {
        panic!("no story");
    };
    assert_eq!(lines.first().unwrap(), "it began.");
    assert_eq!(lines.last().unwrap(), "records: 7 9");
    assert!(desk.ui.pending.is_empty());
    desk.code(KeyCode::Esc);
    desk.types("j");
    assert!(desk.enter().is_empty());
    assert_eq!(desk.ui.layer, Some(Layer::Detail { scroll: 0 }));
}

#[test]
fn what_is_being_read_does_not_move_away_under_new_rows() {
    let mut desk = desk();
    desk.types("9");
    desk.snapshot.audit.pop();
    desk.enter();
    assert_eq!(desk.ui.layer, Some(Layer::Detail { scroll: 0 }));
    let read = desk.ui.selected_id(&desk.snapshot);
    let more = fixture::snapshot().audit.pop().unwrap();
    desk.snapshot.audit.push(more);
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.selected_id(&desk.snapshot), read);
}

fn shown_at(desk: &Desk, seq: u64) -> Arc<Snapshot> {
    let mut past = desk.snapshot.clone();
    past.status.seq = seq;
    Arc::new(past)
}

#[test]
fn frozen_panes_step_through_the_journal_one_read_at_a_time() {
    let mut desk = desk();
    let seq = desk.snapshot.status.seq;
    assert!(desk.types("[").is_empty());
    assert!(desk.told().contains("f freezes"));
    desk.types("f");
    desk.types("]");
    assert!(desk.told().contains("latest record"));
    assert_eq!(desk.types("["), [Effect::Past(seq - 1)]);
    assert!(
        desk.types("[{]").is_empty(),
        "the first is still being read"
    );
    let shown = shown_at(&desk, seq - 1);
    let effects = desk.send(Msg::Past(seq - 1, Ok(shown)));
    assert_eq!(
        effects,
        [Effect::Past(seq - 101)],
        "then where the operator is now"
    );
    let shown = shown_at(&desk, seq - 101);
    assert!(desk.send(Msg::Past(seq - 101, Ok(shown))).is_empty());
    assert_eq!(desk.ui.frozen.as_ref().unwrap().shown.status.seq, seq - 101);
    desk.types("}");
    desk.send(Msg::Past(seq - 1, Err(refusal())));
    assert!(desk.told().contains("RESUME_CAUSE_LASTS"));
    let frozen = desk.ui.frozen.as_ref().unwrap();
    assert_eq!(
        (frozen.shown.status.seq, frozen.wanted, frozen.reading),
        (seq - 101, None, None)
    );
    desk.types("[f");
    assert!(desk.ui.frozen.is_none());
    let late = shown_at(&desk, seq - 102);
    assert!(desk.send(Msg::Past(seq - 102, Ok(late))).is_empty());
    assert!(desk.ui.frozen.is_none(), "who follows is not taken back");
}

#[test]
fn nothing_acts_on_what_was_but_the_stop() {
    let mut desk = desk();
    desk.types("f");
    for keys in [
        "p",
        "r",
        "1t",
        "1x",
        "5c",
        "3c",
        "3e",
        "4c",
        ":shutdown",
        ":clear",
        ":pause",
    ] {
        let mut effects = desk.types(keys);
        if keys.starts_with(':') {
            effects.extend(desk.enter());
        }
        assert!(effects.is_empty(), "{keys}");
        assert_eq!(desk.ui.layer, None, "{keys}");
        assert!(
            desk.told().contains("frozen at record 184223: f follows"),
            "{keys}"
        );
        desk.ui.notice = None;
    }
    let effects = desk.send(Msg::Key(control('x')));
    assert_eq!(effects, [Effect::Stop, Effect::Repaint]);
    assert!(desk.ui.frozen.is_some());
}

#[test]
fn readers_are_refused_whatever_they_press() {
    let mut desk = desk();
    desk.ui.read_only = true;
    for keys in [
        "p",
        "r",
        "t",
        "x",
        "5c",
        "3c",
        "3e",
        "4c",
        "4\ty",
        "4\tn",
        "6\ta",
        ":shutdown",
        ":clear",
        ":pause",
    ] {
        let mut effects = Vec::new();
        for letter in keys.chars() {
            effects.extend(match letter {
                '\t' => desk.code(KeyCode::Tab),
                letter => desk.code(KeyCode::Char(letter)),
            });
        }
        if keys.starts_with(':') {
            effects.extend(desk.enter());
        }
        assert!(effects.is_empty(), "{keys}");
        let said = match desk.ui.layer.take() {
            Some(Layer::Palette(typed)) => typed.error.unwrap_or_default(),
            _ => desk.told().to_owned(),
        };
        assert!(said.contains("may only read"), "{keys}");
        desk.ui.notice = None;
    }
}

#[test]
fn a_paste_is_text_and_never_keys() {
    let mut desk = desk();
    assert!(desk.send(Msg::Paste("pq:shutdown\ry".into())).is_empty());
    assert_eq!(desk.ui.layer, None);
    desk.types("/");
    desk.send(Msg::Paste("sta\r\nle".into()));
    assert_eq!(desk.ui.filter(desk.ui.focused()), "stale");
}

#[test]
fn leaving_asks_nothing_and_control_c_leaves_nothing() {
    let mut desk = desk();
    assert!(desk.send(Msg::Key(control('c'))).is_empty());
    assert!(desk.told().contains("q leaves"));
    desk.types("/abc");
    desk.send(Msg::Key(control('c')));
    assert_eq!(desk.ui.filter(desk.ui.focused()), "");
    assert_eq!(desk.ui.layer, Some(Layer::Filter));
    desk.enter();
    assert_eq!(desk.types("q"), [Effect::Leave]);
}

#[test]
fn escape_goes_back_a_level_at_a_time_and_never_acts() {
    let mut desk = desk();
    desk.types("2/tech");
    desk.enter();
    desk.types("?");
    for _ in 0..5 {
        assert!(desk.code(KeyCode::Esc).is_empty());
    }
    assert_eq!(desk.ui.screen, Screen::Overview);
    assert_eq!(desk.ui.layer, None);
}

#[test]
fn the_selection_follows_its_row() {
    let mut desk = desk();
    desk.types("jj");
    let id = desk.ui.selected_id(&desk.snapshot).unwrap();
    desk.snapshot.status.agents.reverse();
    desk.send(Msg::Snapshot);
    assert_eq!(desk.ui.selected_id(&desk.snapshot), Some(id.clone()));
    let agents = &mut desk.snapshot.status.agents;
    agents.retain(|a| a.name.as_str() != id);
    desk.send(Msg::Snapshot);
    assert_ne!(desk.ui.selected_id(&desk.snapshot), Some(id));
    desk.types("G");
    desk.types("g");
    let first = desk.ui.selected_id(&desk.snapshot);
    assert_eq!(first.as_deref(), Some("technical_analysis"));
}

#[test]
fn names_are_completed_by_tab() {
    let mut desk = desk();
    desk.types(":pa");
    desk.code(KeyCode::Tab);
    assert_eq!(desk.ui.layer, Some(Layer::Palette("pause".into())));
    assert_eq!(calls(&desk.enter())[0].0, "coordinator/pause");
    desk.types(":lamptest");
    desk.enter();
    assert_eq!(desk.ui.layer, Some(Layer::LampTest));
}

#[test]
fn requests_are_bounded() {
    let mut desk = desk();
    for n in 0..9 {
        acting::ask(
            &mut desk.ui,
            Request::Run(n.to_string()),
            crate::client::Call::get("x"),
        );
    }
    assert_eq!(desk.ui.pending.len(), 8);
    assert!(desk.told().contains("wait for the engine"));
}
