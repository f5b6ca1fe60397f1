//! Sorted tables, charts and the list of alarms, as text.

use super::tests::{SIZES, compare, drawn, text};
use super::*;
use crate::console::fixture;
use crate::console::pane::PaneId;
use crate::console::sorting::Sort;
use crate::console::theme::Palette;
use crate::console::ui::Screen;

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
