//! Agents: who is well, who is late, who does not answer.

use super::{Cell, Column, Row, Rows, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{Health, Snapshot};

/// The pane.
pub struct Agents;

const COLUMNS: &[Column] = &[
    Column::words("agent", 18, 9),
    Column::whole("health", 11, 10),
    Column::number("beat", 4, 8),
    Column::number("err", 4, 7),
    Column::number("mean", 5, 5),
    Column::whole("task", 4, 6),
    Column::number("done", 4, 2),
    Column::number("fail", 4, 3),
    Column::words("says", 12, 1),
];

impl Rows for Agents {
    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn order(&self, snapshot: &Snapshot) -> Vec<usize> {
        let agents = &snapshot.status.agents;
        let mut order: Vec<usize> = (0..agents.len()).collect();
        order.sort_by_key(|i| agents[*i].health);
        order
    }

    fn id(&self, snapshot: &Snapshot, index: usize) -> String {
        snapshot.status.agents[index].name.to_string()
    }

    fn row(&self, snapshot: &Snapshot, now: Time, index: usize) -> Row {
        let a = &snapshot.status.agents[index];
        let (role, health) = match a.health {
            Health::Unhealthy => (Role::Bad, "X UNHEALTHY"),
            Health::Stale => (Role::Bad, "X STALE"),
            Health::Laggy => (Role::Warn, "! LAGGY"),
            Health::Ok => (Role::Normal, "  ok"),
            Health::Off => (Role::Normal, "- off"),
        };
        let beat = a.last_heartbeat.map(|at| figures::span(now - at));
        let task = match a.task_enabled {
            Some(true) => "on",
            Some(false) => "off",
            None => "-",
        };
        Row {
            cells: vec![
                a.name.to_string().into(),
                Cell::of(role, health),
                beat.unwrap_or_else(|| "-".into()).into(),
                figures::percent(a.error_rate).into(),
                a.mean_ms.map_or("-".into(), figures::latency).into(),
                task.into(),
                a.successes.to_string().into(),
                a.errors.to_string().into(),
                a.status_message.clone().unwrap_or_default().into(),
            ],
            quiet: a.health == Health::Off,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        let agent = &snapshot.status.agents[index];
        pretty(agent)
    }
}

/// How many there are, and how many are not well.
pub fn summary(snapshot: &Snapshot) -> String {
    let agents = &snapshot.status.agents;
    let mut text = agents.len().to_string();
    for (health, word) in [
        (Health::Unhealthy, "unhealthy"),
        (Health::Stale, "stale"),
        (Health::Laggy, "laggy"),
    ] {
        let count = agents.iter().filter(|a| a.health == health).count();
        if count > 0 {
            text.push_str(&format!(" · {count} {word}"));
        }
    }
    text
}
