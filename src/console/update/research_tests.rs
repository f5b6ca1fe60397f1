//! What is done with runs and strategies.

use crossterm::event::KeyCode;
use serde_json::{Value, json};

use super::tests::{Desk, calls, control, desk};
use super::*;
use crate::client::Problem;
use crate::console::fixture;
use crate::console::message::Request;
use crate::console::ui::Question;
use crate::core::trading_state::Mode;

/// On the runs, or one pane further on the strategies, with a row selected.
fn at(tabs: usize, id: &str) -> Desk {
    let mut desk = desk();
    desk.types("8");
    (0..tabs).for_each(|_| {
        desk.code(KeyCode::Tab);
    });
    desk.ui.place_mut().selected = Some(id.to_owned());
    desk
}

fn call(path: &str, body: Value) -> (String, String) {
    (path.to_owned(), body.to_string())
}

fn strategies() -> Value {
    json!({"items": [
        {"name": "ema_cross", "version": "1", "about": "", "feature_hash": "", "origin": "built_in",
            "symbol": null, "run": null, "promise": null, "in_service": null},
        {"name": "ema_cross", "version": "1-run_29", "about": "", "feature_hash": "",
            "origin": "optimised", "symbol": "BTC/USDT", "run": "run_29",
            "promise": {"sharpe": "1.42", "max_drawdown_pct": "7.31", "trades": 64,
                "mean_trade_pct": null, "return_pct": "18.03"}, "in_service": null},
    ]})
}

#[test]
fn a_run_is_stopped_only_by_a_yes() {
    let mut desk = at(0, "run_33");
    desk.types("c");
    let Some(Layer::Question(question)) = &desk.ui.layer else {
        panic!("{:?}", desk.ui.layer);
    };
    assert!(
        question
            .words()
            .contains("1,240 of 2,000 trials done, 30m left"),
        "{}",
        question.words()
    );
    assert!(desk.enter().is_empty(), "Enter is No");
    desk.types("c");
    let effects = desk.types("y");
    let reason = json!({"reason": "stopped by hand"});
    assert_eq!(calls(&effects), [call("research/runs/run_33/stop", reason)]);
    let mut over = at(0, "run_29");
    over.types("c");
    assert_eq!(over.ui.layer, None);
    assert!(
        over.told().contains("run_29 is over: passed"),
        "{}",
        over.told()
    );
}

#[test]
fn a_rollback_says_what_it_does_and_asks() {
    let mut desk = at(1, "service_21");
    desk.types("c");
    assert!(matches!(
        &desk.ui.layer,
        Some(Layer::Question(Question::Rollback(..)))
    ));
    let effects = desk.types("y");
    let body = json!({"reason": "rolled back by hand", "service": "service_21"});
    assert_eq!(calls(&effects), [call("strategies/trend/rollback", body)]);
    let mut ended = at(1, "service_24");
    ended.types("c");
    assert!(
        ended.ui.layer.is_none() && ended.told().contains("has ended: rolled back"),
        "{}",
        ended.told()
    );
}

#[test]
fn a_candidate_is_dropped_only_by_a_yes() {
    let mut desk = at(1, "service_28");
    desk.types("c");
    let Some(Layer::Question(question)) = &desk.ui.layer else {
        panic!("{:?}", desk.ui.layer);
    };
    let words = question.words();
    assert!(words.starts_with("Drop service_28?"), "{words}");
    assert!(desk.enter().is_empty(), "Enter is No");
    desk.types("c");
    let body = json!({"reason": "dropped by hand"});
    assert_eq!(
        calls(&desk.types("y")),
        [call("research/candidates/service_28/drop", body)]
    );
}

#[test]
fn what_a_run_has_proved_is_deployed_by_a_form_and_a_yes() {
    let mut desk = at(0, "run_29");
    let effects = desk.types("d");
    let request = Request::Versions("run_29".into());
    assert!(matches!(&effects[..], [Effect::Call(asked, call)]
        if *asked == request && call.method == "GET" && call.path == "strategies"));
    desk.send(Msg::Answered(request, Ok(strategies())));
    let Some(Layer::Form(form)) = &desk.ui.layer else {
        panic!("{:?}", desk.ui.layer);
    };
    assert!(
        form.words
            .contains("ema_cross 1-run_29 on BTC/USDT; promised Sharpe 1.42"),
        "{}",
        form.words
    );
    assert!(desk.enter().is_empty());
    assert!(matches!(&desk.ui.layer, Some(Layer::Form(form)) if form.fields[0].error.is_some()));
    desk.types("2000");
    assert!(desk.enter().is_empty(), "it asks first");
    assert!(matches!(
        &desk.ui.layer,
        Some(Layer::Question(Question::Send(..)))
    ));
    let effects = desk.types("y");
    let body = json!({"capital": "2000", "version": "1-run_29"});
    assert_eq!(calls(&effects), [call("strategies/ema_cross/deploy", body)]);
    let refused = Problem::new(409, "DEPLOY_CAPITAL", "too little", "more capital");
    let request = Request::Deploy("ema_cross 1-run_29".into());
    desk.send(Msg::Answered(request, Err(refused)));
    assert!(matches!(&desk.ui.layer, Some(Layer::Form(form))
        if form.fields[0].error.as_ref().is_some_and(|e| e.contains("DEPLOY_CAPITAL"))));
    assert!(desk.ui.pending.is_empty());
}

#[test]
fn only_what_is_proved_is_deployed_and_nothing_under_hardstop() {
    for (tabs, id, why) in [
        (0, "run_31", "run_31 is failed"),
        (0, "run_33", "run_33 is running"),
        (1, "service_28", "still tried"),
        (1, "service_21", "at work already"),
        (1, "service_24", "was rolled back"),
    ] {
        let mut desk = at(tabs, id);
        assert!(desk.types("d").is_empty());
        assert!(desk.told().contains(why), "{id}: {}", desk.told());
    }
    let mut desk = at(1, "service_19");
    desk.snapshot.status.state = Mode::Hardstopped;
    desk.types("d");
    assert!(desk.told().contains("under HARDSTOP"), "{}", desk.told());
    desk.types("o");
    assert!(desk.ui.layer.is_none() && desk.told().contains("under HARDSTOP"));
    desk.snapshot.status.state = Mode::Running;
    desk.types("d");
    assert!(
        matches!(&desk.ui.layer, Some(Layer::Form(_))),
        "a promoted candidate"
    );
    let mut reader = at(1, "service_19");
    reader.ui.read_only = true;
    reader.types("d");
    assert!(reader.ui.layer.is_none() && reader.told().contains("only read"));
}

#[test]
fn a_version_that_is_gone_or_at_work_opens_no_form() {
    for (id, why) in [
        ("run_29", "at work already: service_27"),
        ("run_77", "no version"),
    ] {
        let mut answer = strategies();
        answer["items"][1]["in_service"] = "service_27".into();
        let mut desk = at(0, "run_29");
        desk.types("d");
        desk.send(Msg::Answered(Request::Versions(id.into()), Ok(answer)));
        assert!(
            desk.ui.layer.is_none() && desk.told().contains(why),
            "{}",
            desk.told()
        );
    }
}

#[test]
fn an_optimisation_is_begun_by_a_form_and_a_yes() {
    let mut desk = at(0, "run_33");
    desk.types("o");
    desk.types("data/btc");
    desk.code(KeyCode::Tab);
    desk.code(KeyCode::Tab);
    desk.send(Msg::Key(control('c')));
    desk.types("500");
    assert!(desk.enter().is_empty(), "it asks first");
    let effects = desk.types("y");
    let body = json!({"kind": "optimise", "strategy": "breakout", "data": ["data/btc"],
        "method": "tpe", "trials": 500, "seed": 0});
    assert_eq!(calls(&effects), [call("research/runs", body)]);
    desk.send(Msg::Answered(
        Request::Optimise("breakout".into()),
        Ok(json!({"id": "run_35"})),
    ));
    assert_eq!(desk.ui.layer, None);
}

#[test]
fn enter_reads_a_report_once_and_shows_what_came_of_it() {
    let mut desk = at(0, "run_29");
    let effects = desk.enter();
    assert!(
        matches!(&effects[..], [Effect::Call(Request::Report(id), call)]
        if id == "run_29" && call.path == "research/runs/run_29/report")
    );
    assert!(matches!(desk.ui.layer, Some(Layer::Detail { .. })));
    let request = Request::Report("run_29".into());
    desk.send(Msg::Answered(request.clone(), Ok(fixture::report())));
    assert!(desk.ui.reported.as_ref().is_some_and(|r| r.report.is_ok()));
    desk.code(KeyCode::Esc);
    assert!(desk.enter().is_empty(), "it was read");
    let missing = Problem::new(404, "REPORT_UNKNOWN", "there is none", "");
    desk.send(Msg::Answered(request, Err(missing)));
    assert!(desk.ui.reported.as_ref().is_some_and(|r| r.report.is_err()));
    assert!(at(0, "run_33").enter().is_empty(), "it has none yet");
}

#[test]
fn the_story_of_a_row_is_asked_for_also_by_those_who_only_read() {
    let mut desk = at(1, "service_21");
    desk.ui.read_only = true;
    let effects = desk.types("w");
    assert!(
        matches!(&effects[..], [Effect::Call(Request::Explain(id), call)]
        if id == "service_21" && call.path == "explain/service_21")
    );
    desk.types("0");
    assert!(desk.types("w").is_empty());
}
