//! What of the selected row the journal can tell the story of.

use super::pane::alarms::{self, Selected};
use super::pane::{PaneId, audit};
use super::ui::Ui;
use crate::core::id::ReservationId;
use crate::snapshot::{AlarmKind, Snapshot};

/// Whether rows of a pane have stories in the journal.
pub fn tells_stories(pane: PaneId) -> bool {
    matches!(
        pane,
        PaneId::Positions
            | PaneId::Orders
            | PaneId::Reservations
            | PaneId::Waiting
            | PaneId::Cycles
            | PaneId::Approvals
            | PaneId::Runs
            | PaneId::Services
            | PaneId::Audit
            | PaneId::Alarms
    )
}

/// The id of what the selected row is about, where there is a story of it.
pub fn about(ui: &Ui, snapshot: &Snapshot) -> Option<String> {
    let pane = ui.focused();
    let id = ui.selected_id(snapshot).filter(|_| tells_stories(pane))?;
    match pane {
        PaneId::Waiting => id.parse::<ReservationId>().is_ok().then_some(id),
        PaneId::Approvals => {
            let mut rows = snapshot.approvals.items.iter();
            let row = rows.find(|a| a.id.to_string() == id)?;
            row.cycle_id.map(|cycle| cycle.to_string())
        }
        PaneId::Audit => audit::about(Some(id), snapshot),
        PaneId::Alarms => match alarms::selected(&id, snapshot)? {
            Selected::One(alarm) => matches!(
                alarm.kind,
                AlarmKind::UnknownOrder | AlarmKind::UnprotectedPosition | AlarmKind::StopUnfilled
            )
            .then(|| alarm.about.clone()),
            Selected::Many(..) => None,
        },
        _ => Some(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;
    use crate::console::ui::Screen;

    /// What the first row of a pane that has a story is about.
    fn first(pane: PaneId) -> Option<String> {
        let snapshot = fixture::snapshot();
        let mut ui = Ui::new(false);
        let mut screens = ('0'..='9').filter_map(Screen::of_digit);
        ui.screen = screens.find(|s| s.panes().contains(&pane))?;
        ui.focus = ui.screen.panes().iter().position(|p| *p == pane)?;
        let rows = pane.rows()?;
        ui.shown(pane, &snapshot).into_iter().find_map(|index| {
            ui.place_mut().selected = Some(rows.id(&snapshot, index));
            about(&ui, &snapshot)
        })
    }

    #[test]
    fn wherever_a_row_names_something_there_is_a_story() {
        let begins = |pane, with: &str| {
            let id = first(pane).unwrap_or_default();
            assert!(id.starts_with(with), "{pane:?}: {id:?}");
        };
        begins(PaneId::Positions, "position_");
        begins(PaneId::Orders, "order_");
        begins(PaneId::Cycles, "cycle_");
        begins(PaneId::Approvals, "cycle_");
        begins(PaneId::Runs, "run_");
        begins(PaneId::Services, "service_");
        assert!(first(PaneId::Waiting).is_some_and(|id| id.parse::<ReservationId>().is_ok()));
        assert_eq!(first(PaneId::Agents), None);
    }
}
