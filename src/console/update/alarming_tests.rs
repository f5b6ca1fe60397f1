//! The list of alarms by keys.

use crossterm::event::KeyCode;

use super::tests::{Desk, calls, desk};
use super::*;
use crate::console::message::Request;
use crate::console::pane::PaneId;
use crate::console::ui::{Question, Screen};
use crate::core::Time;
use crate::snapshot::{AckRow, Alarm, AlarmKind};

fn alarm(kind: AlarmKind, severity: u8, about: &str) -> Alarm {
    Alarm::new(
        kind,
        severity,
        Time(5_000),
        about,
        format!("{about} is wrong"),
    )
}

/// A desk with these alarms, the list open.
fn with(alarms: Vec<Alarm>) -> Desk {
    let mut desk = desk();
    desk.snapshot.alarms = alarms;
    desk.types("A");
    assert_eq!(desk.ui.screen, Screen::Alarms);
    desk
}

fn flooded() -> Desk {
    let stale = |n| alarm(AlarmKind::AgentStale, 2, &format!("agent_{n}"));
    let mut alarms: Vec<Alarm> = (0..6).map(stale).collect();
    alarms.push(alarm(AlarmKind::SymbolPaused, 1, "BTC/USDT"));
    with(alarms)
}

#[test]
fn the_list_opens_from_every_screen_and_leads_back() {
    let mut desk = desk();
    for digit in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"] {
        desk.types(digit);
        let from = desk.ui.screen;
        desk.types("A");
        assert_eq!(desk.ui.screen, Screen::Alarms);
        desk.code(KeyCode::Esc);
        assert_eq!(desk.ui.screen, from);
        desk.types("AA");
        assert_eq!(desk.ui.screen, from);
    }
}

#[test]
fn the_selected_one_is_acknowledged_as_it_was_seen() {
    let mut desk = with(vec![alarm(AlarmKind::SymbolPaused, 1, "BTC/USDT")]);
    let effects = desk.types("a");
    assert_eq!(
        calls(&effects),
        [(
            "alarms/symbol_paused:BTC_USDT/ack".to_owned(),
            r#"{"since":"1970-01-01T00:00:05.000Z"}"#.to_owned()
        )]
    );
    assert!(matches!(
        &effects[..],
        [Effect::Call(Request::AckAlarm(_), _)]
    ));
    desk.snapshot.alarms[0].acked = Some(AckRow {
        at: Time(6_000),
        by: "operator".parse().unwrap(),
    });
    assert!(desk.types("a").is_empty());
    assert!(
        desk.told().contains("operator has acknowledged it"),
        "{}",
        desk.told()
    );
}

#[test]
fn a_flood_is_opened_by_enter_closed_by_esc_and_acknowledged_after_a_yes() {
    let mut desk = flooded();
    let rows = |desk: &Desk| desk.ui.shown(PaneId::Alarms, &desk.snapshot).len();
    assert_eq!(rows(&desk), 2);
    desk.enter();
    assert_eq!(rows(&desk), 6);
    desk.code(KeyCode::Esc);
    assert_eq!((rows(&desk), desk.ui.screen), (2, Screen::Alarms));
    assert!(desk.types("a").is_empty(), "it asks");
    let Some(Layer::Question(question)) = &desk.ui.layer else {
        panic!("{:?}", desk.ui.layer);
    };
    assert_eq!(question.words(), "Acknowledge all 6 of agent stale?");
    let effects = desk.types("y");
    let calls = calls(&effects);
    assert_eq!(calls[0].0, "alarms/ack");
    assert_eq!(calls[0].1.matches("agent_stale:agent_").count(), 6);
    assert!(!calls[0].1.contains("BTC"));
}

#[test]
fn all_are_acknowledged_by_name_and_no_is_the_default() {
    let mut desk = flooded();
    desk.types(":ack-all");
    assert!(desk.enter().is_empty());
    assert!(desk.enter().is_empty(), "Enter is No");
    desk.types(":ack-all");
    desk.enter();
    let effects = desk.types("y");
    assert!(matches!(
        &effects[..],
        [Effect::Call(Request::AckAlarms(7), _)]
    ));
}

#[test]
fn from_elsewhere_the_most_urgent_one_is_asked_about() {
    let mut desk = flooded();
    desk.types("1a");
    let Some(Layer::Question(Question::AckAlarm(id, ..))) = &desk.ui.layer else {
        panic!("{:?}", desk.ui.layer);
    };
    assert_eq!(id, "agent_stale:agent_0");
    assert_eq!(
        calls(&desk.types("y"))[0].0,
        "alarms/agent_stale:agent_0/ack"
    );
}

#[test]
fn enter_leads_to_what_an_alarm_is_about_or_shows_it() {
    for (kind, about, screen, pane) in [
        (
            AlarmKind::AgentStale,
            "regime_detection",
            Screen::Agents,
            PaneId::Agents,
        ),
        (
            AlarmKind::UnknownOrder,
            "order_42",
            Screen::Positions,
            PaneId::Orders,
        ),
        (
            AlarmKind::UnprotectedPosition,
            "position_9",
            Screen::Positions,
            PaneId::Positions,
        ),
        (
            AlarmKind::ApprovalWaiting,
            "approval_3",
            Screen::Cycles,
            PaneId::Approvals,
        ),
    ] {
        let mut desk = with(vec![alarm(kind, 2, about)]);
        desk.enter();
        assert_eq!((desk.ui.screen, desk.ui.focused()), (screen, pane));
        assert_eq!(desk.ui.selected_id(&desk.snapshot).as_deref(), Some(about));
        desk.code(KeyCode::Esc);
        assert_eq!(desk.ui.screen, Screen::Alarms, "and back to the list");
    }
    let mut desk = with(vec![alarm(AlarmKind::Journal, 2, "journal")]);
    desk.enter();
    assert_eq!(desk.ui.layer, Some(Layer::Detail { scroll: 0 }));
    let mut desk = with(vec![alarm(AlarmKind::Degradation, 2, "degradation")]);
    desk.enter();
    assert_eq!(desk.ui.screen, Screen::Agents);
}

#[test]
fn a_row_that_has_gone_is_told_and_no_other_is_selected_instead() {
    let mut desk = with(vec![alarm(AlarmKind::AgentStale, 2, "nobody_here")]);
    desk.enter();
    assert_eq!(desk.ui.screen, Screen::Alarms);
    assert_eq!(desk.told(), "nobody_here is shown no more");
}

#[test]
fn a_screen_that_was_asked_for_leads_to_the_overview_and_not_where_the_list_was_opened() {
    let mut desk = desk();
    desk.types("3A5");
    desk.code(KeyCode::Esc);
    assert_eq!(desk.ui.screen, Screen::default());
}

#[test]
fn a_filter_of_alarms_takes_what_must_not_be_there() {
    let mut desk = flooded();
    let shown = |desk: &mut Desk, filter: &str| {
        desk.ui.place_mut().filter = filter.to_owned();
        desk.ui.shown(PaneId::Alarms, &desk.snapshot).len()
    };
    assert_eq!(shown(&mut desk, "agent_1"), 1);
    assert_eq!(shown(&mut desk, "!agent_1"), 6);
    assert_eq!(shown(&mut desk, "!kind:agent_stale"), 1);
    assert_eq!(shown(&mut desk, "kind:agent_stale !agent_1 !AGENT_2"), 4);
}

#[test]
fn a_reader_takes_note_of_nothing() {
    let mut desk = flooded();
    desk.ui.read_only = true;
    assert!(desk.types("a").is_empty() && desk.ui.layer.is_none());
}
