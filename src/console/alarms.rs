//! The alarms, the worst first, and below the strip on every screen.

use ratatui::text::Line;

use super::figures;
use super::pane::Look;
use super::theme::Role;

/// As many alarms as there are lines; what has no line is counted in the last.
pub fn lines(look: Look<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let alarms = &look.live.alarms;
    if alarms.is_empty() {
        return vec![Line::from(look.span(Role::Quiet, "no alarms"))];
    }
    let hidden = alarms.len().saturating_sub(height);
    alarms
        .iter()
        .take(height)
        .enumerate()
        .map(|(i, alarm)| {
            let (mark, role) = match alarm.severity {
                0 | 1 => (" !", Role::Warn),
                _ => ("!!", Role::Bad),
            };
            let more = if hidden > 0 && i + 1 == height {
                format!("  +{hidden} more")
            } else {
                String::new()
            };
            let text = format!(
                "{mark} {} {}",
                figures::moment(alarm.since, look.now),
                alarm.text
            );
            let room = width.saturating_sub(more.len());
            Line::from(vec![
                look.span(role, cut(&text, room)),
                look.span(Role::Strong, more),
            ])
        })
        .collect()
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
