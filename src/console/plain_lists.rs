//! Lists as lines, for whoever has no screen or does not see it: each figure follows the name of its
//! column.

use super::figures;
use super::pane::{self, PaneId};
use super::theme::Theme;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// Rows of a list that are printed.
const MOST: usize = 100;

/// Every list by its name.
pub const LISTS: &[(&str, PaneId)] = &[
    ("agents", PaneId::Agents),
    ("positions", PaneId::Positions),
    ("orders", PaneId::Orders),
    ("reservations", PaneId::Reservations),
    ("waiting", PaneId::Waiting),
    ("resources", PaneId::Resources),
    ("activities", PaneId::Activities),
    ("conflicts", PaneId::Conflicts),
    ("cycles", PaneId::Cycles),
    ("approvals", PaneId::Approvals),
    ("messages", PaneId::Messages),
    ("queues", PaneId::Queues),
    ("dead", PaneId::Dead),
    ("limits", PaneId::Limits),
    ("guard", PaneId::Guard),
    ("cooldowns", PaneId::Cooldowns),
    ("runs", PaneId::Runs),
    ("services", PaneId::Services),
    ("audit", PaneId::Audit),
    ("engine", PaneId::Engine),
    ("allocation", PaneId::Allocation),
];

/// The list of that name as lines, as far as its rows pass the filter; none where there is no such list.
pub fn list(
    name: &str,
    filter: &str,
    s: &Snapshot,
    now: Time,
    theme: Theme,
) -> Option<Vec<String>> {
    let lines = match name {
        "alarms" => alarms(s, now),
        "prices" => prices(s),
        _ => {
            let (_, pane) = LISTS.iter().find(|(known, _)| *known == name)?;
            rows(name, *pane, filter, s, now)
        }
    };
    Some(lines.iter().map(|line| theme.text(line)).collect())
}

fn rows(name: &str, pane: PaneId, filter: &str, s: &Snapshot, now: Time) -> Vec<String> {
    let Some(rows) = pane.rows() else {
        return Vec::new();
    };
    let all = rows.order(s).len();
    let shown = pane::shown(pane, s, filter);
    let mut lines = vec![match filter {
        "" => format!("{name}: {all}"),
        _ => format!("{name} with {filter}: {} of {all}", shown.len()),
    }];
    for index in shown.iter().take(MOST) {
        let id = rows.id(s, *index);
        let cells = rows.row(s, now, *index).cells;
        let figures = rows
            .columns()
            .iter()
            .zip(&cells)
            .filter_map(|(column, cell)| {
                let text = cell.text.trim();
                let says = !matches!(text, "" | "-") && text != id;
                says.then(|| format!("{} {text}", column.head).trim().to_owned())
            });
        let figures: Vec<String> = figures.collect();
        lines.push(format!("{id}: {}", figures.join(", ")));
    }
    if shown.len() > MOST {
        let more = shown.len() - MOST;
        lines.push(format!(
            "{more} more; words after the name narrow it: {name} BTC !closed"
        ));
    }
    lines
}

fn alarms(s: &Snapshot, now: Time) -> Vec<String> {
    let mut lines = vec![format!("alarms: {}", s.alarms.len())];
    lines.extend(s.alarms.iter().map(|alarm| {
        let how_bad = if alarm.severity >= 2 {
            "critical"
        } else {
            "warning"
        };
        let since = figures::moment(alarm.since, now);
        let acked = alarm.acked.as_ref();
        let acked = acked.map_or(String::new(), |ack| format!(", acknowledged by {}", ack.by));
        format!("{how_bad}, since {since}: {}{acked}", alarm.text)
    }));
    lines
}

fn prices(s: &Snapshot) -> Vec<String> {
    let all = s.prices.iter();
    all.map(|p| format!("{}: {}", p.symbol, figures::price(p.quote.last)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn every_list_says_how_many_and_names_each_figure() {
        let snapshot = fixture::snapshot();
        let said = |name: &str, filter: &str| {
            list(name, filter, &snapshot, fixture::NOW, Theme::default()).unwrap()
        };
        for (name, pane) in LISTS {
            let lines = said(name, "");
            let all = pane.rows().unwrap().order(&snapshot).len();
            assert_eq!(lines[0], format!("{name}: {all}"));
            assert_eq!(lines.len(), 1 + all.min(MOST), "{name}");
        }
        let agents = said("agents", "STALE");
        assert_eq!(agents[0], "agents with STALE: 1 of 12");
        assert!(agents[1].starts_with("technical_analysis: "), "{agents:?}");
        assert!(
            agents[1].contains("STALE") && agents[1].contains("beat 62s"),
            "{agents:?}"
        );
        assert!(
            said("orders", "BTC !stop")[1..]
                .iter()
                .all(|l| !l.contains("stop"))
        );
        assert!(said("alarms", "")[1].starts_with("critical, since 14:01:09: technical_analysis"));
        assert_eq!(said("prices", "")[0], "BTC/USDT: 64,231.5");
        assert!(list("sudo", "", &snapshot, fixture::NOW, Theme::default()).is_none());
    }
}
