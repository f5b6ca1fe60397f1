//! News: events of the journal that an operator wants to come across in the log, in words.

use log::{Level, Record};
use serde_json::Value;
use tui_logger::Drain;

use super::figures;
use crate::snapshot::{AuditLine, Snapshot};

/// Puts what came after record `after` into the log pane; the last record that was looked at.
/// It comes in the order in which it was heard, between the program's own lines.
pub fn tell(snapshot: &Snapshot, after: u64) -> u64 {
    let pane = Drain::new();
    for line in snapshot.audit.iter().filter(|line| line.seq > after) {
        if let Some((level, text)) = said(line) {
            let at = figures::moment(line.time, snapshot.built_at);
            pane.log(
                &Record::builder()
                    .level(level)
                    .target("journal")
                    .args(format_args!("{at} {text}"))
                    .build(),
            );
        }
    }
    after.max(snapshot.audit.last().map_or(0, |line| line.seq))
}

/// An event in words, and how bad it is; none where it is everyday work.
fn said(line: &AuditLine) -> Option<(Level, String)> {
    let data = &line.data;
    let at = |path: &str| match data.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let is = |path: &str| data.pointer(path) == Some(&Value::Bool(true));
    Some(match line.kind.as_str() {
        "hardstop_engaged" => (
            Level::Error,
            format!(
                "HARDSTOP {} by {}: {}",
                at("/epoch"),
                at("/by"),
                at("/reason")
            ),
        ),
        "hardstop_cleared" => (
            Level::Warn,
            format!("HARDSTOP lifted by {}: {}", at("/by"), at("/reason")),
        ),
        "day_lost" => (Level::Error, format!("the day's loss is {}", at("/loss"))),
        "defect" => (Level::Error, format!("defect: {data}")),
        "reconcile_differs" => (Level::Error, format!("the venue differs: {data}")),
        "refused" => (
            Level::Warn,
            format!(
                "refused to {}: {} {}",
                line.actor,
                at("/refusal/code"),
                at("/refusal/message")
            ),
        ),
        "operator_lost" => (
            Level::Error,
            format!("{}; what follows: {}", at("/reason"), at("/follows")),
        ),
        "cause_added" => (Level::Warn, format!("{}: {}", at("/cause"), at("/reason"))),
        "cause_lifted" => (Level::Info, format!("{} is over", at("/cause"))),
        "symbol_paused" => (
            Level::Warn,
            format!("{} paused: {}", at("/symbol"), at("/reason")),
        ),
        "symbol_resumed" => (Level::Info, format!("{} resumed", at("/symbol"))),
        "health_changed" => match (is("/unhealthy"), is("/stale")) {
            (true, _) => (Level::Error, format!("{} is unhealthy", at("/agent"))),
            (_, true) => (
                Level::Error,
                format!("{} gives no sign of life", at("/agent")),
            ),
            _ => (Level::Info, format!("{} is well again", at("/agent"))),
        },
        "degradation_moved" => (
            Level::Warn,
            format!("degradation {}: {}", at("/level"), at("/reason")),
        ),
        "order_filled" => (
            Level::Info,
            format!(
                "{} filled {} at {}",
                at("/id"),
                at("/fill/quantity"),
                at("/fill/price")
            ),
        ),
        "position_closed" => (
            Level::Info,
            format!("{} closed, {} after fees", at("/id"), at("/realised")),
        ),
        "cycle_ended" if at("/phase") != "completed" => (
            Level::Warn,
            format!("{} {}: {}", at("/id"), at("/phase"), at("/result")),
        ),
        "approval_asked" => (
            Level::Warn,
            format!(
                "{} waits for you: {}",
                at("/approval/id"),
                at("/approval/reason")
            ),
        ),
        "approval_ended" => (
            Level::Info,
            format!("{} {} by {}", at("/id"), at("/verdict"), at("/by")),
        ),
        "reservation_ended" if at("/how") == "preempted" => (
            Level::Warn,
            format!("{} was preempted: {}", at("/id"), at("/reason")),
        ),
        "message_ended" if at("/how") == "dead" => (
            Level::Warn,
            format!("{} was given up: {}", at("/id"), at("/reason")),
        ),
        "run_asked" => (
            Level::Info,
            format!(
                "{} asked for: {} {}",
                at("/run/id"),
                at("/run/request/kind"),
                at("/run/request/strategy")
            )
            .trim_end()
            .to_owned(),
        ),
        "run_ended" => (
            match at("/verdict/status").as_str() {
                "passed" => Level::Info,
                _ => Level::Warn,
            },
            format!(
                "{} {}: {}",
                at("/id"),
                at("/verdict/status").replace('_', " "),
                at("/verdict/reason")
            ),
        ),
        "version_proved" => (
            Level::Info,
            format!(
                "{} {} may be put into service",
                at("/version/strategy"),
                at("/version/version")
            ),
        ),
        "service_opened" => (
            Level::Info,
            format!(
                "{}, a {} of {} {}, begins in {}",
                at("/service/id"),
                at("/service/kind"),
                at("/service/version/strategy"),
                at("/service/version/version"),
                stage(data.pointer("/service/stage"))
            ),
        ),
        "service_staged" => (
            Level::Info,
            format!("{} came to {}", at("/id"), stage(data.pointer("/stage"))),
        ),
        "service_began" => (
            Level::Info,
            format!("{} trades with {} USD", at("/id"), at("/capital")),
        ),
        "service_ended" => (
            match at("/how").as_str() {
                "promoted" | "superseded" => Level::Info,
                _ => Level::Warn,
            },
            format!(
                "{} {}: {}",
                at("/id"),
                at("/how").replace('_', " "),
                at("/reason")
            ),
        ),
        "alarm_acked" => (
            Level::Info,
            format!("{} acknowledged the alarm {}", at("/by"), at("/id")),
        ),
        "agent_registered" => (Level::Info, format!("{} joined the crew", line.actor)),
        _ => return None,
    })
}

/// A stage as the documents name it: the journal counts the parts of a deployment from 0.
fn stage(written: Option<&Value>) -> String {
    let part = |v: &Value| v.get("part").and_then(Value::as_u64);
    match written {
        Some(Value::String(name)) => name.clone(),
        Some(other) => part(other).map_or_else(String::new, |n| format!("stage_{}", n + 1)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;
    use serde_json::json;

    fn line(kind: &str, data: Value) -> AuditLine {
        AuditLine {
            seq: 7,
            time: fixture::NOW,
            kind: kind.into(),
            actor: "trader".parse().unwrap(),
            origin: None,
            cause: None,
            data,
        }
    }

    #[test]
    fn what_weighs_is_said_and_everyday_work_is_not() {
        let refusal = json!({"refusal": {"code": "RISK_EXPOSURE", "message": "too much"}});
        let words = |kind, data| said(&line(kind, data));
        assert_eq!(
            words("refused", refusal),
            Some((
                Level::Warn,
                "refused to trader: RISK_EXPOSURE too much".into()
            ))
        );
        let stop = json!({"epoch": 3, "by": "operator", "reason": "stop key"});
        assert_eq!(
            words("hardstop_engaged", stop),
            Some((Level::Error, "HARDSTOP 3 by operator: stop key".into()))
        );
        let fill = json!({"id": "order_41", "fill": {"quantity": "0.5", "price": "64230.1"}});
        let (_, text) = words("order_filled", fill).unwrap();
        assert_eq!(text, "order_41 filled 0.5 at 64230.1");
        assert_eq!(words("cycle_ended", json!({"phase": "completed"})), None);
        assert_eq!(words("sent", json!({})), None);
        let staged = json!({"id": "service_9", "stage": {"part": 1}});
        let (_, text) = words("service_staged", staged).unwrap();
        assert_eq!(text, "service_9 came to stage_2");
        let verdict = json!({"status": "not_judged", "reason": "4 trades"});
        assert_eq!(
            words("run_ended", json!({"id": "run_3", "verdict": verdict})),
            Some((Level::Warn, "run_3 not judged: 4 trades".into()))
        );
    }

    #[test]
    fn each_record_is_told_once() {
        let snapshot = fixture::snapshot();
        let last = tell(&snapshot, 0);
        assert_eq!(Some(last), snapshot.audit.last().map(|line| line.seq));
        assert_eq!(tell(&snapshot, last), last);
        let mut none = snapshot;
        none.audit.clear();
        assert_eq!(tell(&none, last), last);
    }
}
