//! The screens as text: `PILOTHOUSE_BLESS=1` writes what is drawn into `snapshots/`.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::client::Problem;
use crate::console::fixture;
use crate::console::form::Form;
use crate::console::message::{Links, Request};
use crate::console::palette::Typed;
use crate::console::theme::Palette;
use crate::console::ui::{Layer, Pending, Press, Question, Screen};
use crate::core::trading_state::Mode;
use crate::snapshot::HardstopRow;

pub(super) fn drawn(width: u16, height: u16, ui: &Ui, snapshot: &Snapshot, theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| view(snapshot, ui, &theme, fixture::NOW, frame))
        .unwrap();
    terminal.backend().buffer().clone()
}

pub(super) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    buffer
        .content
        .chunks(width)
        .map(|row| {
            let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            row.trim_end().to_owned() + "\n"
        })
        .collect()
}

pub(super) fn screen(width: u16, height: u16, ui: &Ui) -> String {
    let snapshot = fixture::snapshot();
    text(&drawn(width, height, ui, &snapshot, Theme::default()))
}

pub(super) fn stopped() -> Snapshot {
    let mut snapshot = fixture::snapshot();
    snapshot.status.state = Mode::Hardstopped;
    snapshot.status.hardstop = Some(HardstopRow {
        epoch: 3,
        by: "operator".parse().unwrap(),
        reason: "stop key".into(),
        engaged_at: fixture::NOW + 42,
        cancels_total: 14,
        cancels_confirmed: 12,
        open_positions: 3,
    });
    snapshot.engine.stop_gate_us = Some(38);
    snapshot.engine.stop_durable_us = Some(2_100);
    snapshot
}

pub(super) fn compare(name: &str, found: &str) {
    let path = format!(
        "{}/src/console/view/snapshots/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    if std::env::var_os("PILOTHOUSE_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == found,
        "{name} is drawn otherwise than in {path}:\n{found}"
    );
}

#[test]
fn the_overview_is_drawn_as_agreed() {
    let ui = Ui::new(false);
    compare("overview_80x24", &screen(80, 24, &ui));
    compare("overview_120x40", &screen(120, 40, &ui));
    compare("overview_200x60", &screen(200, 60, &ui));
}

#[test]
fn a_press_stands_beside_the_real_state() {
    let mut ui = Ui::new(false);
    ui.press = Press::Failed;
    let frame = screen(80, 24, &ui);
    let strip = frame.lines().next().unwrap();
    assert!(
        strip.contains("RUNNING  HARDSTOP FAILED ^X again"),
        "{strip}"
    );
    ui.press = Press::None;
    ui.layer = Some(Layer::Question(Question::Shutdown));
    let frame = screen(80, 6, &ui);
    assert!(frame.contains("window too small: enlarge it"), "{frame}");
    assert!(ui.cramped.get());
}

#[test]
fn a_question_that_does_not_fit_keeps_its_answers() {
    let mut ui = Ui::new(false);
    for words in [30, 300] {
        ui.layer = Some(Layer::Question(Question::Approve(
            "approval_3".into(),
            "buy 1 ".repeat(words),
        )));
        let frame = screen(42, 8, &ui);
        assert!(frame.contains("y yes     [n No]"), "{frame}");
        assert!(frame.contains('…'), "{frame}");
    }
}

#[test]
fn what_is_not_confirmed_stands_before_a_notice() {
    let mut ui = Ui::new(false);
    ui.pending.push(Pending {
        request: Request::Sync,
        seq: None,
    });
    ui.tell(Role::Bad, "ORDER_ENDED it has ended already");
    let frame = screen(80, 24, &ui);
    let both = "comparing with the venue…  ORDER_ENDED it has ended already";
    assert!(frame.contains(both), "{frame}");
}

#[test]
fn screens_and_questions_are_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Positions;
    ui.focus = 1;
    ui.layer = Some(Layer::Question(Question::Cancel(
        "order_42".into(),
        "buy 0.2 ETH/USDT at 3,147.4, filled 0".into(),
    )));
    ui.tell(
        Role::Bad,
        "cancelling order_41: ORDER_ENDED it has ended already",
    );
    compare("question_80x24", &screen(80, 24, &ui));
    ui.layer = Some(Layer::Help { scroll: 0 });
    compare("help_80x24", &screen(80, 24, &ui));
    ui.layer = None;
    ui.screen = Screen::Audit;
    compare("audit_80x24", &screen(80, 24, &ui));
    ui.screen = Screen::Messages;
    compare("messages_80x24", &screen(80, 24, &ui));
    ui.screen = Screen::Positions;
    ui.layer = Some(Layer::Palette("c".into()));
    compare("palette_80x24", &screen(80, 24, &ui));
    let chosen = Typed {
        chosen: Some(1),
        ..Typed::from("close order")
    };
    ui.layer = Some(Layer::Palette(chosen));
    compare("palette_120x40", &screen(120, 40, &ui));
    ui.layer = None;
    ui.notice = None;
    ui.place_mut().filter = "btc !stop".into();
    compare("filter_80x24", &screen(80, 24, &ui));
}

pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn screens_of_execution_are_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    for (digit, focus, name) in [('5', 0, "positions"), ('5', 1, "orders"), ('7', 0, "risk")] {
        ui.screen = Screen::of_digit(digit).unwrap();
        ui.focus = focus;
        for (width, height) in SIZES {
            let frame = screen(width, height, &ui);
            compare(&format!("{name}_{width}x{height}"), &frame);
        }
    }
    ui.screen = Screen::Positions;
    ui.focus = 0;
    let ascii = Theme {
        ascii: true,
        palette: Palette::Mono,
    };
    let frame = text(&drawn(120, 40, &ui, &fixture::snapshot(), ascii));
    compare("positions_ascii_120x40", &frame);
}

#[test]
fn details_and_forms_are_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Positions;
    ui.layer = Some(Layer::Detail { scroll: 0 });
    compare("position_80x24", &screen(80, 24, &ui));
    ui.focus = 1;
    ui.place_mut().selected = Some("order_41".into());
    compare("order_120x40", &screen(120, 40, &ui));
    ui.place_mut().selected = Some("order_48".into());
    compare("sliced_120x40", &screen(120, 40, &ui));
    let snapshot = fixture::snapshot();
    let mut form = Form::of("order_45", &snapshot).unwrap();
    form.step(true);
    *form.input().unwrap() = "99999".into();
    form.send().unwrap();
    let problem = Problem {
        limit: Some("0.02".into()),
        value: Some("0.5569".into()),
        ..Problem::new(
            409,
            "RISK_PRICE_COLLAR",
            "too far from the reference",
            "move it within the collar",
        )
    };
    let words = "RISK_PRICE_COLLAR too far from the reference (0.5569 against 0.02)".into();
    form.refused(&problem, words);
    ui.layer = Some(Layer::Form(form));
    compare("form_80x24", &screen(80, 24, &ui));
}

/// What the operator reads at night does not move by itself: only the age in the strip does.
#[test]
fn nothing_on_the_screens_of_execution_ticks() {
    let snapshot = fixture::snapshot();
    let mut ui = Ui::new(false);
    for digit in ['5', '7'] {
        ui.screen = Screen::of_digit(digit).unwrap();
        let body = |later: i64| -> String {
            let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
            let now = fixture::NOW + later;
            let theme = Theme::default();
            terminal
                .draw(|frame| view(&snapshot, &ui, &theme, now, frame))
                .unwrap();
            let frame = text(terminal.backend().buffer());
            frame.lines().skip(2).map(|l| l.to_owned() + "\n").collect()
        };
        assert_eq!(body(0), body(9_000));
    }
}

#[test]
fn the_strip_says_what_execution_is_at() {
    let mut snapshot = fixture::snapshot();
    let ui = Ui::new(false);
    let strip = |snapshot: &Snapshot| -> String {
        let frame = text(&drawn(200, 24, &ui, snapshot, Theme::default()));
        frame.lines().nth(1).unwrap().to_owned()
    };
    let line = strip(&snapshot);
    for words in [
        "GUARD BLOCKS",
        "differ 1",
        "cooling 2",
        "slices held 1",
        "slicing 1",
    ] {
        assert!(line.contains(words), "{words}: {line}");
    }
    snapshot.status.guard[0].connected = Some(false);
    snapshot.status.flattening = Some(crate::snapshot::FlatteningRow {
        by: "operator".parse().unwrap(),
        reason: "flattened by hand".into(),
        since: fixture::NOW,
        positions: vec![crate::core::id::PositionId(9)],
    });
    let line = strip(&snapshot);
    assert!(
        line.contains("FLATTENING, 1 open") && line.contains("VENUE DOWN"),
        "{line}"
    );
    snapshot.status.guard.clear();
    snapshot.status.flattening = None;
    snapshot.cooldowns.clear();
    snapshot.comparison.differences.clear();
    snapshot.comparison.found = 0;
    snapshot.orders.items.retain(|o| o.slicing.is_none());
    let line = strip(&snapshot);
    for words in ["GUARD", "VENUE", "FLAT", "differ", "cooling", "slic"] {
        assert!(!line.contains(words), "dark while all is well: {line}");
    }
}

#[test]
fn screens_of_coordination_are_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    for (digit, name) in [
        ('2', "agents"),
        ('3', "reservations"),
        ('4', "cycles"),
        ('6', "bus"),
    ] {
        ui.screen = Screen::of_digit(digit).unwrap();
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let frame = screen(width, height, &ui);
            compare(&format!("{name}_{width}x{height}"), &frame);
        }
    }
    ui.screen = Screen::Cycles;
    ui.focus = 1;
    compare("approvals_80x24", &screen(80, 24, &ui));
    let snapshot = fixture::snapshot();
    let terms = crate::console::pane::approvals::terms(&snapshot.approvals.items[0]);
    ui.layer = Some(Layer::Question(Question::Approve(
        "approval_3".into(),
        terms,
    )));
    compare("approve_80x24", &screen(80, 24, &ui));
}

#[test]
fn enter_shows_the_way_of_a_cycle_and_what_was_asked_and_answered() {
    let mut ui = Ui::new(false);
    ui.layer = Some(Layer::Detail { scroll: 0 });
    ui.screen = Screen::Cycles;
    compare("cycle_80x24", &screen(80, 24, &ui));
    ui.screen = Screen::Messages;
    ui.focus = 1;
    let frame = screen(80, 24, &ui);
    compare("conversation_80x24", &frame);
    let at = |text: &str| {
        frame
            .find(text)
            .unwrap_or_else(|| panic!("{text}\n{frame}"))
    };
    assert!(at("size BTC/USDT long") < at("0.0096 within every limit"));
    assert!(at("0.0096 within every limit") < at("with a tighter stop?"));
}

pub(super) fn frozen() -> Ui {
    let mut past = fixture::snapshot();
    past.status.seq = 90_000;
    past.status.clock = fixture::NOW.plus_s(-86_400);
    past.status.agents.truncate(5);
    past.status.state = Mode::Paused;
    past.built_at = fixture::NOW.plus_s(-60);
    let mut ui = Ui::new(false);
    ui.frozen = Some(crate::console::ui::Frozen {
        shown: std::sync::Arc::new(past),
        wanted: None,
        reading: None,
    });
    ui
}

#[test]
fn frozen_panes_show_what_was_and_everything_else_what_is() {
    let mut ui = frozen();
    let frame = screen(120, 40, &ui);
    compare("frozen_120x40", &frame);
    let first = frame.lines().next().unwrap();
    assert!(first.starts_with("[PAPER]  RUNNING  FROZEN at seq 90000 2026-02-13 14:02:11"));
    let footer = frame.lines().last().unwrap();
    assert!(
        footer.contains("f follow") && footer.ends_with("^X HARDSTOP"),
        "{footer}"
    );
    assert!(!footer.contains("pause"), "{footer}");
    for (width, height) in [(40, 6), (41, 8), (80, 24)] {
        assert!(
            screen(width, height, &ui).contains("FROZEN"),
            "{width}x{height}"
        );
    }
    if let Some(frozen) = &mut ui.frozen {
        frozen.reading = Some(89_999);
    }
    assert!(screen(80, 24, &ui).contains("FROZEN reading 89999…"));
    let snapshot = stopped();
    let frame = text(&drawn(80, 24, &ui, &snapshot, Theme::default()));
    assert!(
        frame.contains("HARDSTOP LATCHED") && frame.contains("FROZEN"),
        "{frame}"
    );
}

#[test]
fn the_audit_is_filtered_by_kind_by_actor_and_by_text() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Audit;
    for (filter, found, gone) in [
        ("kind:refused", "RISK_EXPOSURE", "order_filled"),
        ("by:risk", "approval_asked", "order_filled"),
        ("RISK_ by:trader", "refused", "approval_asked"),
        ("order_41", "order_filled", "refused"),
    ] {
        ui.place_mut().filter = filter.into();
        let frame = screen(120, 40, &ui);
        assert!(frame.contains(found), "{filter}\n{frame}");
        assert!(!frame.contains(gone), "{filter}\n{frame}");
    }
}

/// `cargo test --lib the_overview_can_be_looked_at -- --nocapture` prints it.
#[test]
fn the_overview_can_be_looked_at() {
    let frame = screen(120, 40, &Ui::new(false));
    println!("{frame}");
    assert_eq!(frame.lines().count(), 40);
}

#[test]
fn the_stop_shows_its_stages_at_every_width() {
    let snapshot = stopped();
    let ui = Ui::new(false);
    let lines = |width| text(&drawn(width, 24, &ui, &snapshot, Theme::default()));
    let wide = lines(80);
    let mut rows = wide.lines();
    assert_eq!(
        rows.next().unwrap(),
        "[PAPER]  HARDSTOP LATCHED 14:02:11.042  REDUCED  age 0s  STOP KEY ^X linked"
    );
    assert_eq!(
        rows.next().unwrap(),
        "gate closed  → journaled  → cancels 12/14  → positions open 3  ALARMS !!1 !2"
    );
    assert!(lines(120).contains("gate closed 38us  → journaled 2ms  → cancels 12/14"));
    assert!(lines(60).contains("→ cancels 12/14"));
    assert!(lines(45).starts_with("[PAPER]  HARDSTOP LATCHED  age 0s  ^X"));
}

#[test]
fn what_is_asked_for_is_not_shown_as_done() {
    let mut ui = Ui::new(false);
    ui.pending.push(crate::console::ui::Pending {
        request: crate::console::message::Request::Pause,
        seq: None,
    });
    let first = screen(80, 24, &ui);
    assert!(first.starts_with("[PAPER]  RUNNING  PAUSING…"), "{first}");
}

#[test]
fn the_strip_says_what_is_cut_off() {
    let mut ui = Ui::new(false);
    ui.links = Links {
        engine: false,
        stop: false,
    };
    let frame = screen(120, 40, &ui);
    assert!(frame.contains("NO ENGINE"));
    assert!(frame.contains("STOP KEY: NO LINK — pilothouse hardstop"));
    let mut old = fixture::snapshot();
    old.built_at = fixture::NOW + -12_900;
    let frame = drawn(80, 24, &ui, &old, Theme::default());
    assert!(text(&frame).contains("age 12s"));
}

#[test]
fn small_windows_keep_strip_alarms_pane_and_at_last_one_line() {
    let ui = Ui::new(false);
    let small = screen(79, 20, &ui);
    assert!(small.contains("!! 14:01:09 technical_analysis"));
    assert!(small.contains("AGENTS") && !small.contains("POSITIONS"));
    assert!(small.contains("^X HARDSTOP"));
    let narrow = screen(41, 7, &ui);
    for word in ["RUNNING", "age 0s", "p pause", "? help", "q leave", "^X"] {
        assert!(narrow.contains(word), "{word}\n{narrow}");
    }
    assert_eq!(
        screen(40, 6, &ui).lines().next().unwrap(),
        "[PAPER]  RUNNING  age 0s  ^X linked"
    );
    assert_eq!(screen(12, 3, &ui).lines().next().unwrap(), "RUNNING  ^X");
}

#[test]
fn colour_repeats_what_words_say_and_mono_has_none() {
    let snapshot = stopped();
    let ui = Ui::new(false);
    let themed = |palette| {
        let ascii = false;
        drawn(120, 40, &ui, &snapshot, Theme { palette, ascii })
    };
    let (dark, mono) = (themed(Palette::Dark), themed(Palette::Mono));
    assert_eq!(text(&dark), text(&mono));
    let stop = dark.cell((9, 0)).unwrap();
    assert_eq!((stop.fg, stop.bg), (Color::Red, Color::Yellow));
    assert!(
        mono.content
            .iter()
            .all(|c| c.fg == Color::Reset && c.bg == Color::Reset)
    );
    let selected = mono
        .content
        .chunks(120)
        .position(|row| row[0].symbol() == ">")
        .unwrap();
    let cell = mono.cell((1, selected as u16)).unwrap();
    assert!(cell.modifier.contains(Modifier::REVERSED));
}

#[test]
fn the_cursor_stands_on_the_selected_row() {
    let snapshot = fixture::snapshot();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let mut ui = Ui::new(false);
    for row in 0..3 {
        ui.place_mut().index = row;
        ui.place_mut().selected = Some(format!("gone_{row}"));
        terminal
            .draw(|frame| view(&snapshot, &ui, &Theme::default(), fixture::NOW, frame))
            .unwrap();
        let at = terminal.get_cursor_position().unwrap();
        let cell = terminal.backend().buffer().cell(at).unwrap();
        assert_eq!(cell.symbol(), ">");
    }
}

#[test]
fn screens_without_data_say_so() {
    let mut ui = Ui::new(false);
    let mut snapshot = fixture::snapshot();
    snapshot.research = crate::snapshot::ResearchDocument::default();
    ui.screen = Screen::Research;
    let research = text(&drawn(120, 40, &ui, &snapshot, Theme::default()));
    for words in ["0 running", "0 champions", "nothing is selected"] {
        assert!(research.contains(words), "{words}\n{research}");
    }
    ui.screen = Screen::Risk;
    snapshot.limits.clear();
    snapshot.cooldowns.clear();
    snapshot.status.guard.clear();
    snapshot.comparison.at = None;
    snapshot.account.curve.clear();
    let risk = text(&drawn(200, 60, &ui, &snapshot, Theme::default()));
    for words in [
        "exposure",
        "PRICE_COLLAR 4",
        "not compared yet",
        "no curve yet",
    ] {
        assert!(risk.contains(words), "{words}\n{risk}");
    }
    ui.screen = Screen::Positions;
    snapshot.prices.clear();
    let positions = text(&drawn(120, 40, &ui, &snapshot, Theme::default()));
    assert!(positions.contains("no bars of ETH/USDT yet"), "{positions}");
    snapshot.positions.items.clear();
    let positions = text(&drawn(120, 40, &ui, &snapshot, Theme::default()));
    assert!(positions.contains("nothing is selected"), "{positions}");
}
