//! Where everything stands.
//!
//! ```text
//! 80×24, one column          120×40, two columns         200×60, three
//! strip 2                    strip 2                     strip 2
//! alarms 1                   alarms 3                    alarms 5
//! focused pane               agents  | positions         agents | positions    | detail
//! and the others, condensed  cycles  | reservations      cycles | reservations |
//! footer 1                   log     | queues            log    | queues       |
//!                            footer 1                    footer 1
//! ```

use ratatui::layout::Rect;

use super::pane::PaneId;
use super::ui::{Screen, Ui};
use crate::snapshot::Snapshot;

/// How a window is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    /// Two lines of facts.
    pub strip: Rect,
    /// What is wrong.
    pub alarms: Rect,
    /// The panes and where they stand.
    pub panes: Vec<(PaneId, Rect)>,
    /// The selected row in full.
    pub detail: Option<Rect>,
    /// All of the panes' area.
    pub body: Rect,
    /// What is typed or told, where there is something.
    pub told: Rect,
    /// The keys.
    pub footer: Rect,
}

/// Whether a window is too small for anything but one line.
pub fn is_tiny(area: Rect) -> bool {
    area.width <= 40 || area.height <= 6
}

/// Divides a window; `told` is whether a line above the footer is wanted.
pub fn divide(area: Rect, ui: &Ui, snapshot: &Snapshot, told: bool) -> Division {
    let mut y = area.y;
    let mut take = |height: u16| {
        let height = height.min(area.bottom().saturating_sub(y));
        let taken = Rect { y, height, ..area };
        y += height;
        taken
    };
    let alarms = match (area.width, area.height) {
        (160.., 50..) => 5,
        (120.., 30..) => 3,
        _ => 1,
    };
    let strip = take(2);
    let alarms = take(alarms);
    let told = u16::from(told);
    let body = take(
        area.height
            .saturating_sub(strip.height + alarms.height + told + 1),
    );
    let told = take(told);
    let footer = take(1);
    let (panes, detail) = panes(body, area, ui, snapshot);
    Division {
        strip,
        alarms,
        panes,
        detail,
        body,
        told,
        footer,
    }
}

fn panes(
    body: Rect,
    area: Rect,
    ui: &Ui,
    snapshot: &Snapshot,
) -> (Vec<(PaneId, Rect)>, Option<Rect>) {
    if area.width < 80 || area.height < 24 {
        return (vec![(ui.focused(), body)], None);
    }
    match (ui.screen, area.width, area.height) {
        (Screen::Overview, 180.., 50..) => three_columns(body),
        (Screen::Overview, 120.., 30..) => (two_columns(body), None),
        (Screen::Overview, ..) => (one_column(body, ui, snapshot), None),
        (Screen::Positions, 160.., 40..) => charts_beside(body, ui, snapshot),
        (Screen::Positions, ..) => (charts_between(body, ui, snapshot), None),
        (Screen::Alarms, ..) => {
            let (list, detail) = cut(body, body.height - MEANING.min(body.height / 2));
            (vec![(PaneId::Alarms, list)], Some(detail))
        }
        (Screen::Risk, 160.., 40..) => (risk(body, ui, snapshot), None),
        (Screen::Research, 160.., 40..) => beside(body, ui, snapshot),
        (Screen::Research, 120.., 36..) => below(body, ui, snapshot),
        (Screen::Agents | Screen::Cycles | Screen::Messages | Screen::Audit, 180.., 40..) => {
            beside(body, ui, snapshot)
        }
        (screen, 160.., _) if screen.panes().len() > 3 => {
            let (first, second) = screen.panes().split_at(2);
            let (left, right) = halves(body);
            let mut panes = stacked(left, first, ui, snapshot);
            panes.extend(stacked(right, second, ui, snapshot));
            (panes, None)
        }
        (screen, ..) => (stacked(body, screen.panes(), ui, snapshot), None),
    }
}

/// Lines of a chart beside the lists.
const CHART: u16 = 16;
/// Lines of the account's curve.
const CURVE: u16 = 9;
/// Letters of a row in full beside the lists.
const DETAIL: u16 = 78;
/// Lines of what an alarm means.
const MEANING: u16 = 16;
/// The width that has room for two charts.
const TWO_CHARTS: u16 = 110;

/// Lists at the left, at the right the charts and the selected row in full.
fn charts_beside(body: Rect, ui: &Ui, snapshot: &Snapshot) -> (Vec<(PaneId, Rect)>, Option<Rect>) {
    let (left, right) = split(body, body.width * 3 / 5);
    let mut panes = stacked(left, ui.screen.panes(), ui, snapshot);
    let (chart, rest) = cut(right, CHART);
    let (curve, detail) = cut(rest, CURVE);
    panes.extend([(PaneId::Chart, chart), (PaneId::Equity, curve)]);
    (panes, Some(detail))
}

/// Lists at the left, the selected row in full at the right.
fn beside(body: Rect, ui: &Ui, snapshot: &Snapshot) -> (Vec<(PaneId, Rect)>, Option<Rect>) {
    let (left, right) = split(body, body.width.saturating_sub(DETAIL + 1));
    (stacked(left, ui.screen.panes(), ui, snapshot), Some(right))
}

/// Lists above, and below them the selected row as far as there is room.
fn below(body: Rect, ui: &Ui, snapshot: &Snapshot) -> (Vec<(PaneId, Rect)>, Option<Rect>) {
    let (lists, detail) = cut(body, body.height / 2);
    (
        stacked(lists, ui.screen.panes(), ui, snapshot),
        Some(detail),
    )
}

/// The chart of what is selected between the two lists, with the account's curve where both fit.
fn charts_between(body: Rect, ui: &Ui, snapshot: &Snapshot) -> Vec<(PaneId, Rect)> {
    let height = (body.height * 2 / 5).min(CHART);
    let lists = Rect {
        height: body.height - height,
        ..body
    };
    let mut panes = stacked(lists, ui.screen.panes(), ui, snapshot);
    let y = panes.first().map_or(body.y, |(_, first)| first.bottom());
    for (_, list) in panes.iter_mut().skip(1) {
        list.y += height;
    }
    let room = Rect { y, height, ..body };
    if body.width < TWO_CHARTS {
        panes.push((PaneId::Chart, room));
    } else {
        let (chart, curve) = split(room, body.width * 3 / 5);
        panes.extend([(PaneId::Chart, chart), (PaneId::Equity, curve)]);
    }
    panes
}

/// What holds entries up, the venues and the account's curve at the left, the limits at the right.
fn risk(body: Rect, ui: &Ui, snapshot: &Snapshot) -> Vec<(PaneId, Rect)> {
    let (left, right) = split(body, body.width * 2 / 5);
    let (lists, curve) = cut(left, left.height.saturating_sub(CHART));
    let beside = [PaneId::Risk, PaneId::Guard, PaneId::Cooldowns];
    let mut panes = stacked(lists, &beside, ui, snapshot);
    panes.extend([(PaneId::Limits, right), (PaneId::Equity, curve)]);
    panes
}

/// The upper lines, and the others.
fn cut(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let upper = Rect { height, ..area };
    let lower = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (upper, lower)
}

/// A title and a row.
const LEAST: u16 = 2;

/// Below one another: the focused one as much as it wants while the others keep a title and a row;
/// the others their share, then what their neighbours leave over; what nobody needs is the focused
/// one's.
fn stacked(body: Rect, panes: &[PaneId], ui: &Ui, snapshot: &Snapshot) -> Vec<(PaneId, Rect)> {
    let focused = panes.iter().position(|p| *p == ui.focused());
    let others = (panes.len() as u16).saturating_sub(u16::from(focused.is_some()));
    let most = body.height.saturating_sub(LEAST * others);
    let wanted: Vec<u16> = panes
        .iter()
        .map(|p| p.wanted(ui, snapshot).min(most))
        .collect();
    let first = focused.map_or(0, |i| wanted[i].max(LEAST + 3).min(most));
    let share = (body.height - first) / others.max(1);
    let mut heights: Vec<u16> = wanted.iter().map(|w| (*w).min(share)).collect();
    if let Some(i) = focused {
        heights[i] = first;
    }
    let mut left = body.height.saturating_sub(heights.iter().sum::<u16>());
    for (height, wanted) in heights.iter_mut().zip(wanted) {
        let more = wanted.saturating_sub(*height).min(left);
        *height += more;
        left -= more;
    }
    heights[focused.unwrap_or(0)] += left;
    let mut y = body.y;
    panes
        .iter()
        .zip(heights)
        .map(|(pane, height)| {
            let rect = Rect { y, height, ..body };
            y += height;
            (*pane, rect)
        })
        .collect()
}

/// Side by side, with a column between them.
fn halves(body: Rect) -> (Rect, Rect) {
    split(body, (body.width - 1) / 2)
}

/// `left` columns, one between, and the others.
fn split(body: Rect, left: u16) -> (Rect, Rect) {
    let right = Rect {
        x: body.x + left + 1,
        width: body.width - left - 1,
        ..body
    };
    let left = Rect {
        width: left,
        ..body
    };
    (left, right)
}

const LEFT: [PaneId; 3] = [PaneId::Agents, PaneId::Cycles, PaneId::Log];
const RIGHT: [PaneId; 3] = [PaneId::Positions, PaneId::Reservations, PaneId::Queues];

fn two_columns(body: Rect) -> Vec<(PaneId, Rect)> {
    let (left, right) = halves(body);
    let mut panes = column(left, &LEFT);
    panes.extend(column(right, &RIGHT));
    panes
}

fn three_columns(body: Rect) -> (Vec<(PaneId, Rect)>, Option<Rect>) {
    let detail = body.width * 3 / 10;
    let panes = Rect {
        width: body.width - detail - 1,
        ..body
    };
    let detail = Rect {
        x: panes.right() + 1,
        width: detail,
        ..body
    };
    (two_columns(panes), Some(detail))
}

/// Three panes below one another, the first a little larger: it has the most rows.
fn column(area: Rect, panes: &[PaneId; 3]) -> Vec<(PaneId, Rect)> {
    let first = (area.height * 2 / 5).max(1).min(area.height);
    let second = (area.height - first) / 2;
    let heights = [first, second, area.height - first - second];
    let mut y = area.y;
    panes
        .iter()
        .zip(heights)
        .map(|(pane, height)| {
            let rect = Rect { y, height, ..area };
            y += height;
            (*pane, rect)
        })
        .collect()
}

/// The order in which the panes of one column stand.
const COLUMN: [PaneId; 6] = [
    PaneId::Agents,
    PaneId::Positions,
    PaneId::Cycles,
    PaneId::Reservations,
    PaneId::Queues,
    PaneId::Log,
];

fn one_column(body: Rect, ui: &Ui, snapshot: &Snapshot) -> Vec<(PaneId, Rect)> {
    let focused = ui.focused();
    let wanted = |pane: PaneId| match pane {
        PaneId::Agents => 4,
        PaneId::Positions => {
            let open = snapshot.positions.items.iter();
            let open = open.filter(|p| p.status == "open").count();
            2 + open.clamp(1, 3) as u16
        }
        PaneId::Log => 3,
        _ => 1,
    };
    let others: u16 = COLUMN
        .iter()
        .filter(|p| **p != focused)
        .map(|p| wanted(*p))
        .sum();
    let mut left = body.height.saturating_sub(others);
    // A tall window gives the condensed panes rows of their own.
    let extra = left.saturating_sub(16) / 5;
    left -= extra * 5;
    let mut y = body.y;
    COLUMN
        .iter()
        .map(|pane| {
            let height = if *pane == focused {
                left
            } else {
                wanted(*pane) + extra
            };
            let height = height.min(body.bottom().saturating_sub(y));
            let rect = Rect { y, height, ..body };
            y += height;
            (*pane, rect)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn nothing_overlaps_and_the_focused_pane_has_the_room() {
        let snapshot = fixture::snapshot();
        for (width, height) in [
            (80, 24),
            (80, 60),
            (120, 40),
            (200, 60),
            (231, 28),
            (160, 24),
            (60, 15),
            (250, 80),
        ] {
            let screens = ('0'..='9').filter_map(Screen::of_digit);
            let places = screens.flat_map(|s| (0..s.panes().len()).map(move |focus| (s, focus)));
            for (screen, focus) in places {
                let mut ui = Ui::new(false);
                ui.screen = screen;
                ui.focus = focus;
                let area = Rect::new(0, 0, width, height);
                let d = divide(area, &ui, &snapshot, true);
                let mut all = vec![d.strip, d.alarms, d.told, d.footer];
                all.extend(d.panes.iter().map(|(_, rect)| *rect));
                all.extend(d.detail);
                for (i, a) in all.iter().enumerate() {
                    assert!(area.intersection(*a) == *a, "{a:?} leaves {area:?}");
                    for b in &all[i + 1..] {
                        assert!(a.intersection(*b).is_empty(), "{a:?} over {b:?}");
                    }
                }
                assert_eq!(d.footer.bottom(), height);
                let focused = d.panes.iter().find(|(p, _)| *p == ui.focused());
                assert!(focused.unwrap().1.height >= 5, "{width}x{height} {focus}");
            }
        }
    }
}
