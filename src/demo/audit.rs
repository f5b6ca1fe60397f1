//! The journal of a scene as a table: who did what, when, side by side, as the documents draw it.

use std::fmt::Write as _;

use serde_json::Value;

use super::watch::text;
use super::{DemoError, Stage};
use crate::client::Call;
use crate::core::Time;

/// Characters of a column.
const WIDTH: usize = 46;
/// Characters of the time.
const CLOCK: usize = 13;
/// Lines of a scene, at most.
const LINES: usize = 40;

/// What a story is made of.
const KINDS: [&str; 13] = [
    "hardstop_engaged",
    "run_ended",
    "service_ended",
    "activity_began",
    "reserved",
    "window_closed",
    "granted",
    "service_opened",
    "service_staged",
    "service_began",
    "handed_over",
    "reservation_ended",
    "hardstop_swept",
];

/// One line of the journal, for one column.
struct Line {
    seconds: i64,
    agent: String,
    words: String,
}

impl Stage {
    /// Prints what the journal says since a record, a column for each of `agents`; what is of others is
    /// left out.
    pub(super) fn show(&mut self, since: u64, agents: &[&str]) -> Result<(), DemoError> {
        let mut items = Vec::new();
        for kind in KINDS {
            let mut call = Call::get("audit");
            call.query = vec![
                ("since".into(), (since + 1).to_string()),
                ("kind".into(), kind.into()),
                ("limit".into(), "10000".into()),
            ];
            let answer = self.ask(&call)?;
            items.extend(answer["items"].as_array().cloned().unwrap_or_default());
        }
        // Lines of one record keep the order in which their kinds are listed.
        items.sort_by_key(|item| item["seq"].as_u64());
        let began = items.first().and_then(time).unwrap_or(Time(0));
        let mut lines: Vec<Line> = Vec::new();
        for item in &items {
            let Some((agent, words)) = spoken(item) else {
                continue;
            };
            if !agents.contains(&agent.as_str()) {
                continue;
            }
            // A run's steps are alike: the first and what is out of the ordinary is told.
            if lines.iter().any(|l| l.agent == agent && l.words == words) {
                continue;
            }
            let seconds = (time(item).unwrap_or(began) - began) / 1000;
            lines.push(Line {
                seconds,
                agent,
                words,
            });
        }
        let mut head = format!("  {:CLOCK$}", "time");
        for agent in agents {
            // Writing to memory cannot fail.
            let _ = write!(head, "{agent:WIDTH$}");
        }
        self.say(head.trim_end());
        let more = lines.len().saturating_sub(LINES);
        for line in lines.iter().take(LINES) {
            let column = agents.iter().position(|a| *a == line.agent).unwrap_or(0);
            let clock = clock(line.seconds);
            let words = &line.words;
            self.say(&format!(
                "  {clock:CLOCK$}{:w$}{words}",
                "",
                w = column * WIDTH
            ));
        }
        if more > 0 {
            self.say(&format!("  … and {more} more lines in the audit"));
        }
        Ok(())
    }
}

fn time(item: &Value) -> Option<Time> {
    serde_json::from_value(item["time"].clone()).ok()
}

fn clock(seconds: i64) -> String {
    format!(
        "{}{:02}:{:02}:{:02}",
        if seconds >= 86_400 {
            format!("{}d ", seconds / 86_400)
        } else {
            String::new()
        },
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Whose line it is, and what it says; none where it belongs to nobody's story.
fn spoken(item: &Value) -> Option<(String, String)> {
    let data = &item["data"];
    let row = &data["row"];
    let owner = |row: &Value| text(row, "agent").to_owned();
    let said = |agent: &str, words: String| Some((agent.to_owned(), words));
    match text(item, "kind") {
        "reserved" if text(row, "standing") == "bound" => None,
        "reserved" => {
            let how = match (text(row, "standing"), &row["waits"]) {
                ("queued", Value::Object(waits)) if waits.contains_key("activity") => {
                    "waits for the deployment"
                }
                ("queued", _) => "waits",
                _ => "held",
            };
            said(&owner(row), format!("reserve {}: {how}", what(row)))
        }
        "granted" => {
            let agent = agent_of(text(data, "id"));
            said(&agent, format!("granted {}", number(&data["amount"])))
        }
        "reservation_ended" => {
            let agent = agent_of(text(data, "id"));
            let (how, reason) = (text(data, "how"), text(data, "reason"));
            let ordinary = reason.contains("position") || reason.contains("order");
            (!ordinary).then_some(())?;
            said(&agent, format!("{how}: {reason}"))
        }
        "handed_over" => said("deployer", "capital passes to the trader".into()),
        "activity_began" => {
            let activity = &data["activity"];
            let kind = text(activity, "kind");
            said(&owner(activity), format!("{kind} begins"))
        }
        "run_ended" => {
            let verdict = &data["verdict"];
            let run = text(data, "id");
            let words = format!(
                "{run} {}: {}",
                text(verdict, "status"),
                text(verdict, "reason")
            );
            let agent = if text(verdict, "status") == "cancelled" {
                "discoverer"
            } else {
                "optimizer"
            };
            said(agent, words)
        }
        "service_opened" => {
            let service = &data["service"];
            let judge = judge(text(service, "kind"));
            let version = &service["version"];
            said(
                judge,
                format!(
                    "{} {}: begins",
                    text(service, "id"),
                    text(version, "strategy")
                ),
            )
        }
        "service_staged" => said(
            of_stage(&data["stage"]),
            format!("{} → {}", text(data, "id"), stage(&data["stage"])),
        ),
        "service_began" => said(
            "trader",
            format!(
                "{} trades, {} USD",
                text(data, "id"),
                number(&data["capital"])
            ),
        ),
        "service_ended" => said(
            if matches!(text(data, "how"), "promoted" | "dropped") {
                "discoverer"
            } else {
                "deployer"
            },
            format!(
                "{} {}: {}",
                text(data, "id"),
                text(data, "how"),
                text(data, "reason")
            ),
        ),
        "window_closed" => said(
            "trader",
            format!(
                "window closed: shared {}",
                data["split"].as_str().unwrap_or("not at all")
            ),
        ),
        "hardstop_engaged" => said("discoverer", format!("HARDSTOP: {}", text(data, "reason"))),
        "hardstop_swept" => said("discoverer", "every reservation but exits has ended".into()),
        _ => None,
    }
}

fn judge(kind: &str) -> &'static str {
    if kind == "candidate" {
        "discoverer"
    } else {
        "deployer"
    }
}

/// Who leads a service to a stage.
fn of_stage(stage: &Value) -> &'static str {
    match stage.as_str() {
        Some("warm" | "limited") => "discoverer",
        _ => "deployer",
    }
}

fn stage(stage: &Value) -> String {
    match stage {
        Value::String(name) => name.clone(),
        Value::Object(part) => part
            .get("part")
            .and_then(Value::as_u64)
            .map_or_else(|| stage.to_string(), |n| format!("stage {}", n + 1)),
        other => other.to_string(),
    }
}

fn what(row: &Value) -> String {
    let amount = number(&row["amount"]);
    match text(row, "resource") {
        "capital" => format!("{amount} USD ({})", text(row, "class")),
        other => format!("{amount} {other} ({})", text(row, "class")),
    }
}

fn number(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// `optimizer_1771…` → `optimizer`.
fn agent_of(reservation: &str) -> String {
    reservation
        .split_once('_')
        .map_or(reservation, |(agent, _)| agent)
        .to_owned()
}
