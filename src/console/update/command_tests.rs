//! Commands by name, filters, copies and keys that were rebound.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::tests::{Desk, calls, control, desk};
use super::*;
use crate::config::{Sources, load};
use crate::console::action::{ACTIONS, Takes};
use crate::console::keymap::Keymap;
use crate::console::palette::{self, REMEMBERED};
use crate::console::pane::{self, PaneId};
use crate::console::theme::Named;
use crate::console::ui::{Question, Screen};

fn line(desk: &Desk) -> &str {
    match &desk.ui.layer {
        Some(Layer::Palette(typed)) => &typed.text,
        other => panic!("no command is typed: {other:?}"),
    }
}

fn error(desk: &Desk) -> &str {
    match &desk.ui.layer {
        Some(Layer::Palette(typed)) => typed.error.as_deref().unwrap_or_default(),
        other => panic!("no command is typed: {other:?}"),
    }
}

/// Types a command and sends it.
fn does(desk: &mut Desk, command: &str) -> Effects {
    desk.types(":");
    desk.types(command);
    desk.enter()
}

/// A desk whose keys the environment rebinds.
fn bound(keys: &[(&str, &str)]) -> Desk {
    let env = keys.iter().map(|(action, keys)| {
        let name = format!("PILOTHOUSE__CONSOLE__KEYS__{}", action.to_uppercase());
        (name, (*keys).to_owned())
    });
    let sources = Sources {
        env: env.collect(),
        ..Sources::default()
    };
    let keymap = Keymap::of(&load(&sources).unwrap()).unwrap();
    let mut desk = desk();
    desk.ui = Ui::with_keys(false, Arc::new(keymap));
    desk
}

#[test]
fn what_is_half_named_is_completed_first_and_done_by_the_second_enter() {
    let mut desk = desk();
    assert!(does(&mut desk, "lamp").is_empty());
    assert_eq!(line(&desk), "lamptest");
    desk.enter();
    assert_eq!(desk.ui.layer, Some(Layer::LampTest));
    desk.code(KeyCode::Esc);
    // Letters in their order find a name too, and nothing is done by it yet.
    assert!(does(&mut desk, "shtd").is_empty());
    assert_eq!(line(&desk), "shutdown");
    desk.code(KeyCode::Esc);
    assert!(desk.ui.layer.is_none());
}

#[test]
fn a_line_that_was_chosen_is_done_at_once() {
    let mut desk = desk();
    desk.types(":pau");
    desk.code(KeyCode::Down);
    assert_eq!(calls(&desk.enter())[0].0, "coordinator/pause");
    desk.types(":screen ");
    for _ in 0..7 {
        desk.code(KeyCode::Down);
    }
    desk.code(KeyCode::Up);
    desk.enter();
    assert_eq!(desk.ui.screen, Screen::Messages);
}

#[test]
fn tab_completes_a_name_then_offers_what_it_may_be_told() {
    let mut desk = desk();
    desk.types(":clos");
    desk.code(KeyCode::Tab);
    assert_eq!(line(&desk), "close");
    desk.code(KeyCode::Tab);
    assert_eq!(line(&desk), "close ");
    desk.types("tion_8");
    desk.code(KeyCode::Tab);
    assert_eq!(line(&desk), "close position_8");
    desk.enter();
    let is = |layer: &Layer| matches!(layer, Layer::Question(Question::Close(id, _)) if id == "position_8");
    assert!(desk.ui.layer.as_ref().is_some_and(is));
    assert_eq!(
        desk.ui.focused(),
        PaneId::Positions,
        "it is shown what is closed"
    );
}

#[test]
fn a_row_is_gone_to_wherever_it_is_and_no_filter_hides_it() {
    let mut desk = desk();
    desk.types("5");
    desk.code(KeyCode::Tab);
    desk.ui.place_mut().filter = "nothing".into();
    desk.types("1");
    does(&mut desk, "go order_42");
    assert_eq!(
        (desk.ui.screen, desk.ui.focused()),
        (Screen::Positions, PaneId::Orders)
    );
    assert_eq!(
        desk.ui.selected_id(&desk.snapshot).as_deref(),
        Some("order_42")
    );
    does(&mut desk, "go APPROVAL_3");
    assert_eq!(desk.ui.focused(), PaneId::Approvals);
    does(&mut desk, "go order_9999");
    assert!(
        error(&desk).contains("no row here is \"order_9999\""),
        "{}",
        error(&desk)
    );
    desk.types("x");
    assert_eq!(error(&desk), "", "what is typed on takes the error away");
}

#[test]
fn every_row_of_every_kind_is_reached_by_its_id() {
    for b in ACTIONS
        .iter()
        .filter(|b| matches!(b.takes, Takes::Row(_) | Takes::Place))
    {
        let panes = match b.takes {
            Takes::Row(panes) => panes,
            _ => crate::console::action::PLACES,
        };
        for pane in panes {
            let mut desk = desk();
            let rows = pane.rows().unwrap();
            for index in rows.order(&desk.snapshot) {
                let id = rows.id(&desk.snapshot, index);
                let text = format!("{} {id}", b.id);
                let read = palette::read(&text, &desk.ui, &desk.snapshot);
                assert!(read.is_ok(), "{text}");
                desk.ui.layer = None;
                does(&mut desk, &format!("go {id}"));
                let selected = desk.ui.selected_id(&desk.snapshot);
                assert_eq!(selected.as_deref(), Some(&*id), "{pane:?}");
            }
        }
    }
}

#[test]
fn commands_are_told_screens_themes_filters_tasks_and_stories() {
    let mut desk = desk();
    does(&mut desk, "screen risk");
    assert_eq!(desk.ui.screen, Screen::Risk);
    does(&mut desk, "screen 0");
    assert_eq!(desk.ui.screen, Screen::Logs);
    assert_eq!(
        does(&mut desk, "theme light"),
        [Effect::Theme(Named::Light)]
    );
    does(&mut desk, "screen agents");
    does(&mut desk, "filter stale !ok");
    assert_eq!(desk.ui.filter(PaneId::Agents), "stale !ok");
    desk.types("1");
    let enable = "coordinator/task/technical_analysis/enable";
    assert_eq!(
        calls(&does(&mut desk, "task technical_analysis"))[0].0,
        enable
    );
    assert_eq!(
        calls(&does(&mut desk, "explain order_41"))[0].0,
        "explain/order_41"
    );
    assert_eq!(desk.ui.focused(), PaneId::Orders);
    let gone = calls(&does(&mut desk, "explain order_7"));
    assert_eq!(
        gone[0].0, "explain/order_7",
        "the journal knows what is shown no more"
    );
    let body = calls(&does(&mut desk, "pause BTC/USDT"));
    assert_eq!(
        body[0].1,
        r#"{"reason":"paused by hand","symbol":"BTC/USDT"}"#
    );
    does(&mut desk, "optimise ema_cross");
    assert!(
        matches!(&desk.ui.layer, Some(Layer::Form(form)) if form.fields[0].text == "ema_cross")
    );
}

#[test]
fn errors_say_what_to_mend() {
    for (command, words) in [
        ("zzz", "nothing known"),
        ("screen zzz", "such as overview, agents"),
        ("theme zzz", "no theme here is \"zzz\"; such as dark, light"),
        (
            "pause DOGE/USDT",
            "no symbol that is watched; such as BTC/USDT",
        ),
        ("flatten now", "takes nothing after its name"),
        ("approve order_41", "no row here is"),
    ] {
        let mut desk = desk();
        assert!(does(&mut desk, command).is_empty(), "{command}");
        assert!(error(&desk).contains(words), "{command}: {}", error(&desk));
    }
    let mut desk = desk();
    desk.types(":go ");
    assert!(!palette::offers(&"go ".into(), &desk.ui, &desk.snapshot).is_empty());
    desk.send(Msg::Key(control('c')));
    assert_eq!(line(&desk), "");
}

#[test]
fn what_was_done_before_is_recalled_on_an_empty_line() {
    let mut desk = desk();
    for command in ["screen risk", "screen audit", "screen risk"] {
        does(&mut desk, command);
    }
    assert_eq!(desk.ui.commands, ["screen audit", "screen risk"]);
    desk.types(":");
    desk.code(KeyCode::Up);
    assert_eq!(line(&desk), "screen risk");
    desk.code(KeyCode::Up);
    desk.code(KeyCode::Up);
    assert_eq!(line(&desk), "screen audit");
    desk.code(KeyCode::Down);
    desk.code(KeyCode::Down);
    assert_eq!(line(&desk), "");
    desk.code(KeyCode::Up);
    desk.enter();
    assert_eq!(desk.ui.screen, Screen::Risk);
    for n in 0..2 * REMEMBERED {
        does(&mut desk, &format!("filter {n}"));
        does(&mut desk, "screen agents");
    }
    assert_eq!(desk.ui.commands.len(), REMEMBERED);
}

#[test]
fn a_reader_is_offered_no_act_but_the_stop() {
    let mut desk = desk();
    desk.ui.read_only = true;
    let offered = palette::offers(&"".into(), &desk.ui, &desk.snapshot);
    let acts = |name: &str| ACTIONS.iter().any(|b| b.id == name && b.acts);
    assert!(
        offered
            .iter()
            .all(|o| !acts(o.name.split(' ').next().unwrap()))
    );
    does(&mut desk, "close position_9");
    assert!(error(&desk).contains("may only read"), "{}", error(&desk));
    desk.code(KeyCode::Esc);
    assert_eq!(does(&mut desk, "hardstop")[0], Effect::Stop);
}

#[test]
fn the_stop_is_offered_first_only_where_it_is_meant() {
    let desk = desk();
    let first = |typed: &str| {
        let offered = palette::offers(&typed.into(), &desk.ui, &desk.snapshot);
        offered.first().map(|offer| offer.line.clone())
    };
    for typed in ["", "h", "ha", "H", "hd", "hs", "hp"] {
        assert_ne!(first(typed).as_deref(), Some("hardstop"), "{typed}");
    }
    for typed in ["har", "HARD", "stop", "hardstop"] {
        assert_eq!(first(typed).as_deref(), Some("hardstop"), "{typed}");
    }
    let offered = palette::offers(&"h".into(), &desk.ui, &desk.snapshot);
    assert_eq!(offered[1].line, "hardstop", "it is there, and not first");
}

#[test]
fn escape_clears_the_filter_that_is_typed_and_each_pane_keeps_its_own() {
    let mut desk = desk();
    desk.types("2/tech");
    desk.enter();
    desk.types("5/btc");
    desk.enter();
    assert_eq!(desk.ui.filter(PaneId::Agents), "tech");
    desk.types("/");
    desk.code(KeyCode::Esc);
    assert_eq!(desk.ui.filter(PaneId::Positions), "");
    assert_eq!(desk.ui.filter(PaneId::Agents), "tech");
}

#[test]
fn an_id_or_what_is_read_is_copied_and_said() {
    let mut desk = desk();
    desk.types("5");
    let id = desk.ui.selected_id(&desk.snapshot).unwrap();
    assert_eq!(desk.types("Y"), [Effect::Copy(id.clone())]);
    assert!(
        desk.told()
            .starts_with(&format!("{id} sent to the terminal's clipboard"))
    );
    desk.enter();
    let [Effect::Copy(text)] = &desk.types("Y")[..] else {
        panic!("no copy");
    };
    assert!(text.lines().count() > 5 && text.contains(&id), "{text}");
    desk.ui.layer = Some(Layer::Story {
        about: "order_41".into(),
        lines: vec!["é".repeat(1_000); 100],
        scroll: 0,
    });
    let [Effect::Copy(text)] = &desk.types("Y")[..] else {
        panic!("no copy");
    };
    assert!((32_000..=32_768).contains(&text.len()), "{}", text.len());
    assert!(desk.told().contains("the first 32 KiB"));
    desk.code(KeyCode::Esc);
    desk.types("0");
    assert!(desk.types("Y").is_empty());
    assert!(desk.told().contains("nothing was copied"));
}

#[test]
fn rebound_keys_do_what_they_say_everywhere_they_are_named() {
    let mut desk = bound(&[("pause", "F5"), ("resume", "^r"), ("hardstop", "^X,F12,^g")]);
    assert!(desk.types("p").is_empty());
    assert_eq!(calls(&desk.code(KeyCode::F(5)))[0].0, "coordinator/pause");
    let pause = ACTIONS.iter().find(|b| b.id == "pause").unwrap();
    assert_eq!(desk.ui.keys.shown(pause), "F5");
    let paused = crate::core::trading_state::Cause::Pause;
    desk.ui.pending.clear();
    desk.snapshot.status.causes.push(crate::snapshot::CauseRow {
        cause: paused.as_str().to_owned(),
        by: "operator".parse().unwrap(),
        reason: String::new(),
        since: crate::console::fixture::NOW,
    });
    desk.code(KeyCode::F(5));
    assert!(desk.told().contains("^R resumes"), "{}", desk.told());
}

#[test]
fn an_added_stop_key_stops_in_every_context() {
    let mut opened = vec![None];
    for keys in ["/ab", ":pa", "?", "5c", "5e"] {
        let mut desk = desk();
        desk.types(keys);
        opened.push(desk.ui.layer);
    }
    for layer in opened {
        let mut desk = bound(&[("hardstop", "^X,F12,^g")]);
        for press in [control('x'), control('g')] {
            desk.ui.layer.clone_from(&layer);
            assert_eq!(desk.send(Msg::Key(press))[0], Effect::Stop, "{layer:?}");
            assert_eq!(desk.ui.layer, layer);
        }
        assert_eq!(desk.code(KeyCode::F(12))[0], Effect::Stop, "{layer:?}");
    }
}

#[test]
fn screens_follow_their_keys_in_order() {
    let ten = "F1,F2,F3,F4,F5,F6,F7,F8,F9,F10";
    let mut desk = bound(&[("screen", ten)]);
    desk.types("5");
    assert_eq!(desk.ui.screen, Screen::Overview);
    desk.code(KeyCode::F(7));
    assert_eq!(desk.ui.screen, Screen::Risk);
    desk.code(KeyCode::F(10));
    assert_eq!(desk.ui.screen, Screen::Logs);
    desk.types("t");
    assert!(
        desk.told().ends_with("select an agent first: F2"),
        "{}",
        desk.told()
    );
}

#[test]
fn a_filter_takes_rows_that_hold_a_word_away() {
    let desk = desk();
    let count = |filter: &str| pane::shown(PaneId::Orders, &desk.snapshot, filter).len();
    let (all, stops, rest) = (count(""), count("stop"), count("!stop"));
    assert!(stops > 0 && rest > 0);
    assert_eq!(stops + rest, all);
    assert!(count("stop btc") < all);
}
