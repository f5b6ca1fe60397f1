//! Every size, on every screen and with everything that can lie above it.

use std::collections::BTreeSet;

use super::states::everything;
use super::tests::{drawn, stopped, text};
use super::*;
use crate::console::fixture;
use crate::console::pane::{self, PaneId};
use crate::console::theme::Palette;
use crate::console::ui::{Layer, Screen};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Sizes at which something changes, and their neighbours.
const EDGES: [(u16, u16); 22] = [
    (0, 0),
    (1, 1),
    (2, 1),
    (1, 80),
    (250, 1),
    (3, 2),
    (4, 3),
    (8, 4),
    (24, 6),
    (40, 6),
    (40, 80),
    (250, 6),
    (41, 7),
    (42, 8),
    (60, 12),
    (79, 23),
    (80, 24),
    (119, 39),
    (120, 40),
    (160, 40),
    (180, 50),
    (250, 80),
];

#[test]
fn no_size_is_a_panic() {
    let theme = Theme {
        palette: Palette::Mono,
        ascii: true,
    };
    let snapshot = stopped();
    let all = everything();
    // Each size meets some of the states, and each state many sizes.
    let mut turn = 0;
    for width in 0..=250 {
        for height in (width % 7..=80).step_by(7) {
            drawn(width, height, &all[turn % all.len()], &snapshot, theme);
            turn += 1;
        }
    }
    for ui in &all {
        for (width, height) in EDGES {
            drawn(width, height, ui, &snapshot, theme);
        }
    }
}

#[test]
fn strip_alarms_and_footer_are_never_covered() {
    let snapshot = fixture::snapshot();
    for (width, height) in [(41, 8), (60, 12), (80, 24), (120, 40), (200, 60)] {
        for ui in everything() {
            let frame = text(&drawn(width, height, &ui, &snapshot, Theme::default()));
            assert!(frame.lines().next().unwrap().contains("RUNNING"));
            assert!(frame.lines().nth(1).unwrap().contains("!!1 !2"));
            assert!(frame.contains("!! 14:01:09"), "{frame}");
            let footer = frame.lines().last().unwrap();
            assert!(footer.ends_with("^X HARDSTOP"), "{footer}");
        }
    }
}

/// However small: the state where it fits, and the stop key beside it or alone.
#[test]
fn the_smallest_windows_say_the_state_and_the_stop_as_far_as_they_fit() {
    let snapshot = fixture::snapshot();
    for ui in everything() {
        for width in 0..=40 {
            let frame = text(&drawn(width, 3, &ui, &snapshot, Theme::default()));
            let line = frame.lines().next().unwrap_or_default();
            assert_eq!(
                line.contains("^X"),
                (2..7).contains(&width) || width >= 11,
                "{width}: {line}"
            );
            assert_eq!(line.contains("RUNNING"), width >= 7, "{width}: {line}");
        }
    }
}

/// Words with a digit in them, as they stand in a frame, ids and documents taken apart; `…` shows where
/// words, not numbers, end.
fn figures(frame: &str) -> BTreeSet<String> {
    let between = |c: char| " \n│─…()[]_\"{}=".contains(c);
    let words = frame.split(between);
    let figures = words.filter(|word| word.contains(|c: char| c.is_ascii_digit()));
    figures.map(str::to_owned).collect()
}

fn pane_at(pane: PaneId, ui: &Ui, width: u16) -> String {
    let snapshot = fixture::snapshot();
    let mut terminal = Terminal::new(TestBackend::new(width, 30)).unwrap();
    let look = Look {
        snapshot: &snapshot,
        live: &snapshot,
        ui,
        theme: Theme::default(),
        now: fixture::NOW,
    };
    terminal
        .draw(|frame| pane::draw(pane, look, frame.area(), frame))
        .unwrap();
    text(terminal.backend().buffer())
}

/// What a narrow pane shows of a figure a wide one shows too, whole.
#[test]
fn numbers_are_whole_or_absent_at_every_width() {
    // Drawn to scale, or scrolled by somebody else's widget: their figures depend on the width.
    let scaled = [PaneId::Chart, PaneId::Equity, PaneId::Log];
    let mut wrong = Vec::new();
    for screen in Screen::all() {
        let mut ui = Ui::new(false);
        ui.screen = screen;
        for pane in screen.panes().iter().filter(|pane| !scaled.contains(pane)) {
            let mut known = BTreeSet::new();
            for width in (1..=250).rev() {
                let found = figures(&pane_at(*pane, &ui, width));
                if width > 200 {
                    known.extend(found);
                    continue;
                }
                let new: Vec<&String> = found.difference(&known).collect();
                if !new.is_empty() {
                    wrong.push(format!("{pane:?} at {width} cuts {new:?}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

#[test]
fn each_glyph_has_a_twin_and_ascii_frames_hold_ascii_only() {
    let snapshot = stopped();
    let ascii = Theme {
        palette: Palette::Dark,
        ascii: true,
    };
    let mut glyphs = BTreeSet::new();
    for ui in everything() {
        for (width, height) in [(40, 6), (80, 24), (200, 60)] {
            let frame = text(&drawn(width, height, &ui, &snapshot, Theme::default()));
            glyphs.extend(frame.chars().filter(|c| !c.is_ascii()));
            let frame = text(&drawn(width, height, &ui, &snapshot, ascii));
            assert!(frame.is_ascii(), "{frame}");
        }
    }
    assert!(glyphs.len() > 10, "{glyphs:?}");
    for glyph in glyphs {
        let twin = ascii.text(&glyph.to_string());
        assert_ne!(twin, "?", "{glyph} has no twin");
    }
}

/// All that a help of any screen says can be read by scrolling.
#[test]
fn help_says_what_its_screen_is_for_and_scrolls_to_its_end() {
    let snapshot = fixture::snapshot();
    for screen in Screen::all() {
        let mut ui = Ui::new(false);
        ui.screen = screen;
        ui.layer = Some(Layer::Help { scroll: 0 });
        let top = text(&drawn(80, 24, &ui, &snapshot, Theme::default()));
        let head = format!("{}: ", screen.name().to_uppercase());
        assert!(top.contains(&head), "{top}");
        ui.layer = Some(Layer::Help { scroll: usize::MAX });
        let end = text(&drawn(80, 24, &ui, &snapshot, Theme::default()));
        assert!(end.contains("README's table names"), "{end}");
    }
}
