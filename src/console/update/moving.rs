//! Between screens, panes and rows. A selection follows its row's id, not its place.

use super::alarming;
use crate::console::action::{self, Action, Key};
use crate::console::pane::{self, PaneId};
use crate::console::sorting::Sort;
use crate::console::theme::Role;
use crate::console::ui::{Layer, Screen, Ui};
use crate::snapshot::Snapshot;

/// Rows of a page.
const PAGE: usize = 10;

/// Moves; `key` tells which screen, by its place among the keys of screens.
pub(super) fn go(ui: &mut Ui, action: Action, key: Option<Key>, snapshot: &Snapshot) {
    let panes = ui.screen.panes().len();
    match action {
        Action::NextPane => ui.focus = (ui.focus + 1) % panes,
        Action::PreviousPane => ui.focus = (ui.focus + panes - 1) % panes,
        Action::Screen => {
            let keys = ui.keys.keys(action::of(Action::Screen));
            let place = keys.iter().position(|known| Some(*known) == key);
            if let Some(screen) = place.and_then(|place| Screen::KEYED.get(place)) {
                show(ui, *screen);
            }
        }
        _ => rows(ui, action, snapshot),
    }
}

/// Shows a screen, its first pane taking the keys.
pub(super) fn show(ui: &mut Ui, screen: Screen) {
    if screen == Screen::Alarms && ui.screen != screen {
        return alarming::toggle(ui);
    }
    if screen != ui.screen {
        ui.came_from = None;
    }
    ui.screen = screen;
    ui.focus = 0;
}

/// Selects a row wherever its pane is: on this screen, else on the pane's own. A filter that would
/// hide it is taken away.
pub(super) fn to(ui: &mut Ui, pane: PaneId, index: usize, snapshot: &Snapshot) {
    let Some(rows) = pane.rows() else { return };
    let place_on = |screen: Screen| screen.panes().iter().position(|p| *p == pane);
    // The overview has some of everything: it is nothing's own.
    let own = Screen::all().rev().find(|s| place_on(*s).is_some());
    let screen = match (place_on(ui.screen), own) {
        (Some(_), _) => ui.screen,
        (None, Some(own)) => own,
        (None, None) => return,
    };
    ui.layer = None;
    if screen != ui.screen {
        show(ui, screen);
    }
    ui.focus = place_on(screen).unwrap_or(0);
    let hidden = !pane::shown(pane, snapshot, ui.filter(pane)).contains(&index);
    let place = ui.place_mut();
    if hidden {
        place.filter.clear();
    }
    place.selected = Some(rows.id(snapshot, index));
    let shown = ui.shown(pane, snapshot);
    let at = shown.iter().position(|i| *i == index);
    ui.place_mut().index = at.unwrap_or(0);
}

fn moved(from: usize, action: Action, last: usize) -> usize {
    match action {
        Action::Up => from.saturating_sub(1),
        Action::Down => from.saturating_add(1),
        Action::PageUp => from.saturating_sub(PAGE),
        Action::PageDown => from.saturating_add(PAGE),
        Action::First => 0,
        _ => last,
    }
    .min(last)
}

fn rows(ui: &mut Ui, action: Action, snapshot: &Snapshot) {
    if let Some(Layer::Help { scroll } | Layer::Detail { scroll } | Layer::Story { scroll, .. }) =
        &mut ui.layer
    {
        *scroll = moved(*scroll, action, ui.reach.get());
        return;
    }
    if let Some(Layer::Form(form)) = &mut ui.layer {
        form.step(action == Action::Down);
        return;
    }
    let pane = ui.focused();
    let Some(rows) = pane.rows() else { return };
    let shown = ui.shown(pane, snapshot);
    if shown.is_empty() {
        return;
    }
    let from = ui.selected_row(pane, snapshot, &shown);
    let to = moved(from, action, shown.len() - 1);
    let place = ui.place_mut();
    place.index = to;
    place.selected = Some(rows.id(snapshot, shown[to]));
}

/// Chooses the column by which the focused pane is sorted, or turns its order round; the selection
/// stays with its row.
pub(super) fn sort(ui: &mut Ui, action: Action, snapshot: &Snapshot) {
    let pane = ui.focused();
    let Some(rows) = pane.rows() else {
        ui.tell(Role::Normal, "this pane has no rows to sort");
        return;
    };
    let selected = ui.place(pane).selected.and(ui.selected_id(snapshot));
    let now = ui.sort(pane);
    let next = match action {
        Action::SortOn => Sort::step(rows, now, true),
        Action::SortBefore => Sort::step(rows, now, false),
        Action::AbnormalFirst => None,
        _ => match now {
            Some(sort) => Some(sort.reversed()),
            None => {
                let key = ui.key(Action::SortOn);
                let words = format!("the abnormal rows are first: {key} sorts by a column");
                ui.tell(Role::Normal, words);
                return;
            }
        },
    };
    let place = ui.place_mut();
    place.sort = next;
    place.selected = selected;
}

/// Where a selected row has gone, the one in its place is selected; where it moved, it stays.
pub(super) fn keep_selection(ui: &mut Ui, snapshot: &Snapshot) {
    for pane in ui.screen.panes() {
        let Some(rows) = pane.rows() else { continue };
        if !ui.places.contains_key(pane) {
            continue;
        }
        let shown = ui.shown(*pane, snapshot);
        let row = ui.selected_row(*pane, snapshot, &shown);
        if let Some(place) = ui.places.get_mut(pane)
            && place.selected.is_some()
        {
            place.index = row;
            place.selected = shown.get(row).map(|i| rows.id(snapshot, *i));
        }
    }
}
