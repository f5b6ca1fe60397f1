//! Agents: who is well, who is late, who does not answer.

use super::{Cell, Column, Row, Rows, document_lines, pretty};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::Time;
use crate::snapshot::{Health, QueueRow, Snapshot};

/// The pane.
pub struct Agents;

const COLUMNS: &[Column] = &[
    Column::words("agent", 18, 90),
    Column::whole("health", 11, 99),
    Column::number("beat", 4, 80),
    Column::number("err", 4, 70),
    Column::number("mean", 5, 50),
    Column::whole("task", 4, 60),
    Column::number("queue", 5, 45),
    Column::number("fly", 3, 40),
    Column::number("done", 4, 20),
    Column::number("fail", 4, 30),
    Column::whole("where", 6, 25),
    Column::words("mean, oldest to newest", 12, 5),
    Column::words("says", 12, 10),
];

/// Cells of a mean's way.
const WAY: usize = 40;

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
        let queue = queue(snapshot, index);
        let waiting = queue.map(|q| q.waiting.iter().sum::<u64>().to_string());
        let flying = queue.map(|q| q.in_flight.to_string());
        let place = match (a.outside, &a.version) {
            (false, _) => "inside".to_owned(),
            (true, None) => "outside".to_owned(),
            (true, Some(version)) => format!("outside {version}"),
        };
        Row {
            cells: vec![
                a.name.to_string().into(),
                Cell::of(role, health),
                beat.unwrap_or_else(|| "-".into()).into(),
                figures::percent(a.error_rate).into(),
                a.mean_ms.map_or("-".into(), figures::latency).into(),
                task.into(),
                waiting.unwrap_or_else(|| "-".into()).into(),
                flying.unwrap_or_else(|| "-".into()).into(),
                a.successes.to_string().into(),
                a.errors.to_string().into(),
                place.into(),
                way(snapshot, index).into(),
                a.status_message.clone().unwrap_or_default().into(),
            ],
            quiet: a.health == Health::Off,
        }
    }

    fn document(&self, snapshot: &Snapshot, index: usize) -> String {
        let agent = &snapshot.status.agents[index];
        pretty(agent)
    }

    fn detail(&self, snapshot: &Snapshot, _: Time, index: usize) -> Vec<String> {
        let mut lines = document_lines(&self.document(snapshot, index));
        if let Some(queue) = queue(snapshot, index) {
            lines.push("queue:".into());
            let of_queue = document_lines(&pretty(queue));
            lines.extend(of_queue.into_iter().skip(1).map(|line| format!("  {line}")));
        }
        lines
    }
}

/// How an agent's mean response went.
fn way(snapshot: &Snapshot, index: usize) -> String {
    let name = snapshot.status.agents[index].name;
    let means = snapshot.measures.agents.get(&name);
    means.map_or_else(String::new, |means| figures::sparkline(means, WAY))
}

/// What waits for an agent.
fn queue(snapshot: &Snapshot, index: usize) -> Option<&QueueRow> {
    let name = snapshot.status.agents[index].name;
    snapshot.queues.iter().find(|q| q.agent == name)
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
