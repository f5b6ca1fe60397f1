//! The alarms, the worst first, and below the strip on every screen. Many of one kind are one line.

use std::collections::BTreeMap;

use ratatui::text::Line;

use super::figures;
use super::pane::Look;
use super::theme::Role;
use crate::snapshot::Alarm;

/// So many of one kind stand each by itself; more are a flood.
const ALONE: usize = 3;

/// An alarm that is shown by itself, or the first of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its place among the alarms.
    pub first: usize,
    /// How many it stands for.
    pub count: usize,
}

/// Alarms with the floods among them drawn together, in the order of the alarms. Only those of one
/// kind and severity come together, and none that somebody has taken note of with one that nobody
/// has: nothing critical lies behind a warning.
pub fn entries(alarms: &[Alarm]) -> Vec<Entry> {
    let key = |alarm: &Alarm| (alarm.acked.is_some(), alarm.severity, alarm.kind);
    let mut counts = BTreeMap::new();
    for alarm in alarms {
        *counts.entry(key(alarm)).or_insert(0) += 1;
    }
    let mut entries = Vec::new();
    for (first, alarm) in alarms.iter().enumerate() {
        match counts.get_mut(&key(alarm)) {
            Some(0) => {}
            Some(count) if *count > ALONE => {
                let count = std::mem::take(count);
                entries.push(Entry { first, count });
            }
            _ => entries.push(Entry { first, count: 1 }),
        }
    }
    entries
}

/// What a flood is about: `14 × agent stale: quant, risk, …`.
pub fn flood(alarms: &[Alarm], entry: Entry) -> String {
    let first = &alarms[entry.first];
    let same = |a: &&Alarm| {
        (a.kind, a.severity, a.acked.is_some())
            == (first.kind, first.severity, first.acked.is_some())
    };
    let about: Vec<&str> = alarms
        .iter()
        .filter(same)
        .map(|a| &*a.about)
        .take(3)
        .collect();
    let kind = first.kind.to_string().replace('_', " ");
    format!("{} × {kind}: {}, …", entry.count, about.join(", "))
}

/// The mark and the look of an alarm; one that was acknowledged is quiet.
pub fn mark(alarm: &Alarm) -> (&'static str, Role) {
    let (mark, role) = match alarm.severity {
        0 | 1 => (" !", Role::Warn),
        _ => ("!!", Role::Bad),
    };
    (
        mark,
        if alarm.acked.is_some() {
            Role::Quiet
        } else {
            role
        },
    )
}

/// As many alarms as there are lines; what has no line is counted in the last.
pub fn lines(look: Look<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let alarms = &look.live.alarms;
    if alarms.is_empty() {
        return vec![Line::from(look.span(Role::Quiet, "no alarms"))];
    }
    let entries = entries(alarms);
    let shown: usize = entries.iter().take(height).map(|e| e.count).sum();
    let hidden = alarms.len() - shown;
    entries
        .iter()
        .take(height)
        .enumerate()
        .map(|(i, entry)| {
            let alarm = &alarms[entry.first];
            let (mark, role) = mark(alarm);
            let mut tail = String::new();
            if alarm.acked.is_some() {
                tail.push_str(" [acked]");
            }
            if hidden > 0 && i + 1 == height {
                let lists = look.ui.key_of("alarms");
                tail.push_str(&format!("  +{hidden} more, {lists} lists"));
            }
            let words = match entry.count {
                1 => alarm.text.clone(),
                _ => flood(alarms, *entry),
            };
            let since = figures::moment(alarm.since, look.now);
            let text = format!("{mark} {since} {words}{}", again(alarm));
            let room = width.saturating_sub(tail.len());
            Line::from(vec![
                look.span(role, cut(&text, room)),
                look.span(
                    if alarm.acked.is_some() {
                        Role::Quiet
                    } else {
                        Role::Strong
                    },
                    tail,
                ),
            ])
        })
        .collect()
}

/// How often it has come, where that is more than once.
fn again(alarm: &Alarm) -> String {
    match alarm.times {
        0 | 1 => String::new(),
        times => format!(" (came {times} times)"),
    }
}

/// Words up to `width` letters, cut between two words where they are too many.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let head: String = text.chars().take(width.saturating_sub(1)).collect();
    match head.rfind(' ') {
        Some(at) => format!("{}…", &head[..at]),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Time;
    use crate::snapshot::{AckRow, AlarmKind};

    fn alarm(kind: AlarmKind, severity: u8, about: &str) -> Alarm {
        Alarm::new(kind, severity, Time(0), about, format!("{about} is wrong"))
    }

    #[test]
    fn a_flood_is_one_entry_and_hides_nothing_worse_than_itself() {
        let mut alarms = vec![alarm(AlarmKind::Hardstop, 2, "hardstop")];
        let stale = |n| alarm(AlarmKind::AgentStale, 2, &format!("agent_{n}"));
        alarms.extend((0..14).map(stale));
        alarms.extend((0..3).map(|n| alarm(AlarmKind::Cooldown, 1, &format!("s{n}"))));
        let counts: Vec<usize> = entries(&alarms).iter().map(|e| e.count).collect();
        assert_eq!(counts, [1, 14, 1, 1, 1]);
        let text = flood(&alarms, entries(&alarms)[1]);
        assert_eq!(text, "14 × agent stale: agent_0, agent_1, agent_2, …");
        // Those that somebody has seen leave the flood.
        for alarm in &mut alarms[1..8] {
            alarm.acked = Some(AckRow {
                at: Time(1),
                by: "operator".parse().unwrap(),
            });
        }
        let counts: Vec<usize> = entries(&alarms).iter().map(|e| e.count).collect();
        assert_eq!(counts, [1, 7, 7, 1, 1, 1]);
        // A warning of the same kind is none of them.
        alarms.push(alarm(AlarmKind::AgentStale, 1, "late"));
        assert_eq!(
            entries(&alarms).last(),
            Some(&Entry {
                first: 18,
                count: 1
            })
        );
    }

    #[test]
    fn every_alarm_is_in_one_entry() {
        for many in 0..12 {
            let mix = |n: usize| {
                let kind = [AlarmKind::AgentStale, AlarmKind::Cooldown][n % 2];
                alarm(kind, 1 + u8::from(n.is_multiple_of(3)), &format!("a{n}"))
            };
            let alarms: Vec<Alarm> = (0..many).map(mix).collect();
            let sum: usize = entries(&alarms).iter().map(|e| e.count).sum();
            assert_eq!(sum, many);
        }
    }
}
