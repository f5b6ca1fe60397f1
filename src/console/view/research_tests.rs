//! The screen of research as text.

use super::tests::{SIZES, compare, drawn, screen, text};
use super::*;
use crate::console::fixture;
use crate::console::form::{Form, Proved};
use crate::console::report::{Report, Reported};
use crate::console::theme::Palette;
use crate::console::ui::{Layer, Question, Screen};

/// On the runs, the one that passed selected and its report read.
pub(super) fn reported() -> Ui {
    let mut ui = at(0, "run_29");
    ui.reported = Some(Reported {
        run: "run_29".into(),
        report: Report::read(&fixture::report()),
    });
    ui
}

fn at(focus: usize, id: &str) -> Ui {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Research;
    ui.focus = focus;
    ui.place_mut().selected = Some(id.into());
    ui
}

#[test]
fn runs_and_strategies_are_drawn_as_agreed() {
    for (width, height) in SIZES {
        let mut ui = Ui::new(false);
        ui.screen = Screen::Research;
        let runs = screen(width, height, &ui);
        compare(&format!("research_{width}x{height}"), &runs);
        ui.focus = 1;
        let services = screen(width, height, &ui);
        compare(&format!("services_{width}x{height}"), &services);
    }
    compare("research_reported_200x60", &screen(200, 60, &reported()));
    compare("champion_200x60", &screen(200, 60, &at(1, "service_21")));
}

#[test]
fn without_colour_and_without_glyphs_nothing_is_lost() {
    let ascii = Theme {
        ascii: true,
        palette: Palette::Mono,
    };
    let snapshot = fixture::snapshot();
    let frame = text(&drawn(200, 60, &reported(), &snapshot, ascii));
    compare("research_ascii_200x60", &frame);
    for words in [
        "X failed",
        "! not judged",
        "+ passed",
        "X rolled back",
        "* champion",
        "PASS",
    ] {
        assert!(frame.contains(words), "{words}\n{frame}");
    }
    let colour = Theme {
        ascii: true,
        palette: Palette::Dark,
    };
    let coloured = text(&drawn(200, 60, &reported(), &snapshot, colour));
    assert_eq!(coloured, frame);
}

#[test]
fn details_of_research_are_drawn_as_agreed() {
    let mut ui = reported();
    ui.layer = Some(Layer::Detail { scroll: 0 });
    compare("run_80x24", &screen(80, 24, &ui));
    compare("run_120x40", &screen(120, 40, &ui));
    let mut ui = at(1, "service_24");
    ui.layer = Some(Layer::Detail { scroll: 0 });
    let frame = screen(80, 60, &ui);
    for words in [
        "X FAIL",
        "! NOT JUDGED",
        "PASS",
        "promised",
        "-13.19",
        "LEFT 50%",
    ] {
        assert!(frame.contains(words), "{words}\n{frame}");
    }
    compare("service_120x40", &screen(120, 40, &ui));
}

#[test]
fn what_a_deployment_does_is_asked_as_agreed() {
    let mut ui = at(1, "service_19");
    let mut form = Form::optimise("ema_cross");
    form.send();
    ui.layer = Some(Layer::Form(form));
    compare("optimise_80x24", &screen(80, 24, &ui));
    let mut form = Form::deploy(Proved {
        strategy: "found_0003".into(),
        version: "1-run_17".into(),
        symbol: None,
        promise: "Sharpe 1.42".into(),
    });
    *form.input().unwrap() = "5000".into();
    let question = form.question(&fixture::snapshot()).unwrap();
    ui.layer = Some(Layer::Question(Question::Send(Box::new(form), question)));
    let frame = screen(80, 24, &ui);
    compare("deploy_80x24", &frame);
    assert!(
        frame.contains("[n No]") && frame.contains("SURE?"),
        "{frame}"
    );
}

#[test]
fn a_report_that_is_not_there_is_said() {
    let mut ui = reported();
    if let Some(reported) = &mut ui.reported {
        reported.report = Err("REPORT_UNKNOWN there is none".into());
    }
    let frame = screen(200, 60, &ui);
    assert!(
        frame.contains("no map and no curve: REPORT_UNKNOWN"),
        "{frame}"
    );
    ui.reported = None;
    assert!(screen(200, 60, &ui).contains("Enter reads its report"));
}

/// A run that goes on moves a few figures and nothing else; one that stands still moves nothing.
#[test]
fn nothing_on_the_screen_of_research_ticks() {
    let mut snapshot = fixture::snapshot();
    let ui = reported();
    let frame = |snapshot: &Snapshot| -> Vec<String> {
        let frame = text(&drawn(200, 60, &ui, snapshot, Theme::default()));
        frame.lines().skip(2).map(str::to_owned).collect()
    };
    let before = frame(&snapshot);
    for run in &mut snapshot.research.runs {
        run.progress += 0.003;
        run.eta_s = run.eta_s.map(|eta| eta - 9);
    }
    for service in &mut snapshot.research.services {
        let left = service.time_left_s;
        service.time_left_s = left.map(|left| left.saturating_sub(9));
    }
    assert_eq!(frame(&snapshot), before);
    snapshot.research.runs[1].trials_done += 1;
    let after = frame(&snapshot);
    let moved = before.iter().zip(&after).filter(|(a, b)| a != b);
    assert_eq!(moved.count(), 1);
}
