//! What is done with positions, orders and slices, and what the forms make of bad input.

use crossterm::event::KeyCode;
use serde_json::json;

use super::tests::{Desk, calls, control, desk};
use super::*;
use crate::client::Problem;
use crate::console::fixture;
use crate::console::message::Request;
use crate::console::ui::Question;
use crate::snapshot::{Snapshot, SyncedRow};

/// On the positions, or one pane further on the orders, with a row selected.
fn at(tabs: usize, id: &str) -> Desk {
    let mut desk = desk();
    desk.types("5");
    (0..tabs).for_each(|_| {
        desk.code(KeyCode::Tab);
    });
    desk.ui.place_mut().selected = Some(id.to_owned());
    desk
}

fn form(desk: &Desk) -> &crate::console::form::Form {
    match &desk.ui.layer {
        Some(Layer::Form(form)) => form,
        other => panic!("{other:?}"),
    }
}

fn retype(desk: &mut Desk, text: &str) {
    desk.send(Msg::Key(control('c')));
    desk.types(text);
}

fn collar() -> Problem {
    Problem {
        limit: Some("0.02".into()),
        value: Some("0.55".into()),
        ..Problem::new(409, "RISK_PRICE_COLLAR", "too far off", "move it nearer")
    }
}

#[test]
fn a_stop_is_moved_by_a_form_that_stays_until_it_is_answered() {
    let mut desk = at(0, "position_9");
    desk.types("e");
    assert_eq!(form(&desk).fields[0].text, "61515.7");
    retype(&mut desk, "63000");
    desk.code(KeyCode::Tab);
    retype(&mut desk, "66,000");
    let effects = desk.enter();
    assert_eq!(
        calls(&effects),
        [(
            "positions/position_9".to_owned(),
            r#"{"stop":"63000","target":"66000"}"#.to_owned()
        )]
    );
    let [Effect::Call(_, call)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(call.method, "PATCH");
    assert!(desk.enter().is_empty(), "once is enough");
    let answer = json!({"seq": 184_230});
    desk.send(Msg::Answered(
        Request::Edit("position_9".into()),
        Ok(answer),
    ));
    assert_eq!(desk.ui.layer, None);
    assert_eq!(desk.ui.pending.len(), 1, "an answer is no confirmation");
    desk.snapshot.status.seq = 184_230;
    desk.send(Msg::Snapshot);
    assert!(desk.ui.pending.is_empty());
}

#[test]
fn bad_figures_are_said_beside_them_and_nothing_goes_out() {
    for wrong in ["", "soon", "-5", "0", "6 3000"] {
        let mut desk = at(0, "position_9");
        desk.types("e");
        retype(&mut desk, wrong);
        assert!(desk.enter().is_empty(), "{wrong}");
        assert!(form(&desk).fields[0].error.is_some(), "{wrong}");
        assert!(desk.ui.pending.is_empty(), "{wrong}");
        desk.code(KeyCode::Esc);
        assert_eq!(desk.ui.layer, None);
    }
}

#[test]
fn a_refusal_is_shown_with_code_limit_and_value_where_it_is_mended() {
    let mut desk = at(1, "order_45");
    desk.types("e");
    desk.code(KeyCode::Tab);
    retype(&mut desk, "99999");
    let effects = desk.enter();
    assert_eq!(calls(&effects)[0].1, r#"{"price":"99999"}"#);
    desk.send(Msg::Answered(
        Request::Edit("order_45".into()),
        Err(collar()),
    ));
    let error = form(&desk).fields[1].error.clone().unwrap();
    assert!(
        error.starts_with("RISK_PRICE_COLLAR too far off (0.55 against 0.02)"),
        "{error}"
    );
    assert!(desk.ui.pending.is_empty());
    retype(&mut desk, "64300");
    assert_eq!(calls(&desk.enter())[0].1, r#"{"price":"64300"}"#);
    desk.code(KeyCode::Esc);
    desk.send(Msg::Answered(
        Request::Edit("order_45".into()),
        Err(collar()),
    ));
    assert!(
        desk.told().contains("RISK_PRICE_COLLAR"),
        "closed meanwhile: said below"
    );
}

#[test]
fn an_answer_to_another_form_leaves_this_one_open() {
    let mut desk = at(0, "position_9");
    desk.types("e");
    retype(&mut desk, "63000");
    desk.enter();
    desk.code(KeyCode::Esc);
    desk.types("e");
    let answer = json!({"seq": 184_230});
    desk.send(Msg::Answered(
        Request::Edit("position_9".into()),
        Ok(answer),
    ));
    assert!(!form(&desk).sent, "what is typed now was not sent");
}

#[test]
fn what_cannot_be_edited_says_why() {
    for (tabs, id, why) in [
        (0, "position_6", "has ended"),
        (1, "order_41", "has ended"),
        (1, "order_48", "sent in slices"),
        (1, "order_47", "a slice of order_48"),
    ] {
        let mut desk = at(tabs, id);
        desk.types("e");
        assert_eq!(desk.ui.layer, None, "{id}");
        assert!(desk.told().contains(why), "{id}: {}", desk.told());
    }
    let mut desk = at(1, "order_44");
    desk.types("e");
    assert_eq!(form(&desk).about, "position_9", "a stop is its position's");
}

#[test]
fn slices_are_held_at_once_and_go_on_after_a_question() {
    let mut desk = at(1, "order_48");
    assert_eq!(calls(&desk.types("s"))[0].0, "orders/order_48/pause");
    let mut desk = at(1, "order_46");
    assert!(desk.types("s").is_empty());
    let wanted = Layer::Question(Question::GoOn("order_46".into()));
    assert_eq!(desk.ui.layer, Some(wanted));
    assert!(desk.enter().is_empty(), "No is the default");
    desk.types("s");
    assert_eq!(calls(&desk.types("y"))[0].0, "orders/order_46/resume");
    let mut desk = at(1, "order_45");
    assert!(desk.types("s").is_empty());
    assert!(desk.told().contains("sent in slices first"));
}

#[test]
fn a_comparison_is_asked_for_and_says_what_it_found() {
    let mut desk = at(1, "order_45");
    assert_eq!(calls(&desk.types("v"))[0].0, "orders/sync");
    let mut snapshot = fixture::snapshot();
    let answer = |snapshot: &Snapshot, done| json!(SyncedRow::of(snapshot, done));
    let found = answer(&snapshot, true);
    assert_eq!(found["synced"], 7);
    let answered = |document| Msg::Answered(Request::Sync, Ok(document));
    desk.send(answered(found));
    assert!(desk.told().contains("1 differ"), "{}", desk.told());
    desk.send(Msg::Snapshot);
    desk.types("v");
    snapshot.comparison.differences.clear();
    desk.send(answered(answer(&snapshot, true)));
    assert!(desk.told().contains("no difference"), "{}", desk.told());
    desk.send(Msg::Snapshot);
    desk.types("v");
    desk.send(answered(answer(&snapshot, false)));
    let told = desk.told();
    assert!(told.contains("not compared yet"), "{told}");
}

#[test]
fn flatten_is_a_name_and_a_yes() {
    let mut desk = desk();
    desk.types(":flatten");
    assert!(desk.enter().is_empty());
    assert_eq!(desk.ui.layer, Some(Layer::Question(Question::Flatten(3))));
    assert!(desk.enter().is_empty(), "No is the default");
    desk.types(":flatten");
    desk.enter();
    assert_eq!(
        calls(&desk.types("y")),
        [(
            "flatten".to_owned(),
            r#"{"confirm":"FLATTEN","reason":"flattened by hand"}"#.to_owned()
        )]
    );
}

#[test]
fn readers_and_frozen_panes_change_nothing() {
    for key in ["e", "s", "v", "c"] {
        for (tabs, id) in [(0, "position_9"), (1, "order_48")] {
            let mut reader = at(tabs, id);
            reader.ui.read_only = true;
            assert!(reader.types(key).is_empty(), "{key}");
            assert_eq!(reader.ui.layer, None, "{key}");
            assert!(reader.told().contains("only read"), "{key}");
            let mut frozen = at(tabs, id);
            frozen.types("f");
            assert!(frozen.types(key).is_empty(), "{key}");
            assert_eq!(frozen.ui.layer, None, "{key}");
            assert!(frozen.told().contains("frozen"), "{key}: {}", frozen.told());
        }
    }
}
