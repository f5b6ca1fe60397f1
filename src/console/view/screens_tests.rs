//! Sorted tables, charts and the list of alarms, as text.

use super::tests::{SIZES, compare, drawn, text};
use super::*;
use crate::console::fixture;
use crate::console::pane::PaneId;
use crate::console::sorting::Sort;
use crate::console::theme::Palette;
use crate::console::ui::Screen;
use crate::snapshot::{AckRow, Alarm, AlarmKind};

const LOOKS: [(&str, Theme); 3] = [
    (
        "colour",
        Theme {
            palette: Palette::Dark,
            ascii: false,
        },
    ),
    (
        "mono",
        Theme {
            palette: Palette::Mono,
            ascii: false,
        },
    ),
    (
        "ascii",
        Theme {
            palette: Palette::Mono,
            ascii: true,
        },
    ),
];

/// Compares a screen at each size in each look. Colour and mono differ in nothing but colour.
fn compare_looks(name: &str, ui: &Ui, snapshot: &Snapshot) {
    for (width, height) in SIZES {
        for (look, theme) in LOOKS {
            let frame = text(&drawn(width, height, ui, snapshot, theme));
            let name = match look {
                "ascii" => format!("{name}_ascii_{width}x{height}"),
                _ => format!("{name}_{width}x{height}"),
            };
            compare(&name, &frame);
        }
    }
}

#[test]
fn a_sorted_table_shows_by_what_and_which_way() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Positions;
    ui.focus = 1;
    let rows = PaneId::Orders.rows().unwrap();
    let column = rows
        .columns()
        .iter()
        .position(|c| c.head == "quantity")
        .unwrap_or(4);
    ui.place_mut().sort = Some(Sort { column, down: true });
    compare_looks("sorted_orders", &ui, &fixture::snapshot());
}

#[test]
fn the_engines_figures_and_the_allocation_are_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Agents;
    ui.focus = 1;
    compare_looks("engine", &ui, &fixture::snapshot());
    ui.screen = Screen::Positions;
    ui.focus = 2;
    compare_looks("allocation", &ui, &fixture::snapshot());
}

/// A night on which half the crew went, an order was lost, and somebody has looked at some of it.
fn alarming() -> Snapshot {
    let mut snapshot = fixture::snapshot();
    let since = |ago: i64| fixture::NOW.plus_s(-ago);
    let stale = |n: i64| {
        let about = format!("agent_{n}");
        let text = format!("{about} gives no sign of life");
        Alarm::new(AlarmKind::AgentStale, 2, since(60 - n), about, text)
    };
    let mut alarms = vec![Alarm::new(
        AlarmKind::UnknownOrder,
        2,
        since(90),
        "order_42",
        "order_42 ETH/USDT: nobody knows its fate",
    )];
    alarms.extend((1..=14).map(stale));
    alarms.push(Alarm {
        times: 6,
        ..Alarm::new(
            AlarmKind::Cooldown,
            1,
            since(20),
            "ema_cross",
            "ema_cross rests: RISK_ORDER_RATE",
        )
    });
    alarms.push(Alarm {
        acked: Some(AckRow {
            at: since(5),
            by: "operator".parse().unwrap(),
        }),
        ..Alarm::new(
            AlarmKind::GuardBreach,
            2,
            since(300),
            "paper",
            "paper is sent no entries: quotes are 12 s old",
        )
    });
    snapshot.alarms = alarms;
    snapshot
}

#[test]
fn the_list_of_alarms_is_drawn_as_agreed() {
    let mut ui = Ui::new(false);
    ui.screen = Screen::Alarms;
    compare_looks("alarms", &ui, &alarming());
    ui.place_mut().filter = "kind:agent_stale".into();
    let frame = text(&drawn(80, 24, &ui, &alarming(), Theme::default()));
    compare("alarms_open_80x24", &frame);
}

#[test]
fn nothing_critical_lies_behind_a_warning_and_what_was_seen_is_quiet() {
    let mut ui = Ui::new(false);
    for (width, height) in SIZES {
        let frame = text(&drawn(width, height, &ui, &alarming(), Theme::default()));
        let lines: Vec<&str> = frame.lines().skip(1).collect();
        assert!(lines[0].contains("ALARMS !!15 !1 acked 1"), "{}", lines[0]);
        assert!(lines[1].contains("order_42"), "{}", lines[1]);
        if height >= 30 {
            assert!(lines[2].contains("14 × agent stale"), "{}", lines[2]);
            assert!(lines[3].contains("came 6 times"), "{}", lines[3]);
        }
        if height >= 50 {
            assert!(lines[4].contains("[acked]"), "{}", lines[4]);
        }
    }
    ui.screen = Screen::Alarms;
    let buffer = drawn(120, 40, &ui, &alarming(), Theme::default());
    let frame = text(&buffer);
    let row = frame
        .lines()
        .position(|l| l.contains("paper is sent") && l.contains("operator"));
    let cell = &buffer[(2, row.unwrap() as u16)];
    assert_eq!(cell.fg, Theme::default().style(Role::Quiet).fg.unwrap());
}
