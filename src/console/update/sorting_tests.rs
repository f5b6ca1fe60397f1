//! Sorting by keys and by name.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::console::fixture;
use crate::console::pane::PaneId;

fn press(ui: &mut Ui, keys: &str, snapshot: &Snapshot) {
    for letter in keys.chars() {
        let code = match letter {
            '\n' => KeyCode::Enter,
            letter => KeyCode::Char(letter),
        };
        let event = KeyEvent::new(code, KeyModifiers::NONE);
        let effects = update(ui, Msg::Key(event), snapshot);
        assert!(effects.is_empty(), "nothing is asked of the engine");
    }
}

fn ids(ui: &Ui, pane: PaneId, snapshot: &Snapshot) -> Vec<String> {
    let rows = pane.rows().unwrap();
    let shown = ui.shown(pane, snapshot);
    shown.iter().map(|i| rows.id(snapshot, *i)).collect()
}

#[test]
fn a_column_is_chosen_turned_round_and_left_again() {
    let snapshot = fixture::snapshot();
    let mut ui = Ui::new(false);
    let own = ids(&ui, PaneId::Agents, &snapshot);
    press(&mut ui, ">", &snapshot);
    let mut names = own.clone();
    names.sort();
    assert_eq!(ids(&ui, PaneId::Agents, &snapshot), names);
    press(&mut ui, "=", &snapshot);
    names.reverse();
    assert_eq!(ids(&ui, PaneId::Agents, &snapshot), names);
    press(&mut ui, "<", &snapshot);
    assert_eq!(ids(&ui, PaneId::Agents, &snapshot), own);
    press(&mut ui, ">>:abnormal-first\n", &snapshot);
    assert_eq!(ids(&ui, PaneId::Agents, &snapshot), own);
    press(&mut ui, "=", &snapshot);
    let told = ui.notice.as_ref().unwrap();
    assert!(told.text.contains("> sorts"), "{}", told.text);
}

#[test]
fn the_selection_stays_with_its_row_and_each_pane_has_its_own_order() {
    let snapshot = fixture::snapshot();
    let mut ui = Ui::new(false);
    press(&mut ui, "jj", &snapshot);
    let selected = ui.selected_id(&snapshot);
    for keys in [">", "=", ">", "<", "=", "<"] {
        press(&mut ui, keys, &snapshot);
        assert_eq!(ui.selected_id(&snapshot), selected, "{keys}");
    }
    press(&mut ui, ">", &snapshot);
    press(&mut ui, "5", &snapshot);
    assert_eq!(ui.sort(PaneId::Positions), None);
    press(&mut ui, "1", &snapshot);
    assert_eq!(ui.sort(PaneId::Agents).map(|s| s.column), Some(0));
    assert_eq!(ui.selected_id(&snapshot), selected);
}

#[test]
fn a_filter_and_an_order_hold_together_and_rows_may_come_and_go() {
    let mut snapshot = fixture::snapshot();
    let mut ui = Ui::new(false);
    press(&mut ui, "/analysis", &snapshot);
    press(&mut ui, "\n>", &snapshot);
    let before = ids(&ui, PaneId::Agents, &snapshot);
    assert!(before.len() < snapshot.status.agents.len());
    snapshot
        .status
        .agents
        .retain(|a| a.name.as_str() != before[0]);
    update(&mut ui, Msg::Snapshot, &snapshot);
    assert_eq!(ids(&ui, PaneId::Agents, &snapshot), before[1..]);
    press(&mut ui, "0", &snapshot);
    press(&mut ui, ">", &snapshot);
    assert!(ui.notice.is_some(), "a log has no rows");
}
