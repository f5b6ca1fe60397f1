//! Risk: each limit and its use, and what was refused. Research: what this version does not have.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::Look;
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::reservation::Resource;

/// Draws the limits.
pub fn draw(look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let account = &look.snapshot.account;
    let loss = (-account.day_pnl).max(Decimal::ZERO);
    let drawdown = (account.peak - account.equity).max(Decimal::ZERO);
    let share = drawdown.checked_div(account.peak).unwrap_or_default();
    let mut lines = vec![
        used("exposure", account.exposure, account.exposure_limit),
        used("loss of the day", loss, account.daily_loss_limit),
        format!(
            "  {:<22} {:>12}  {} below the peak of {}",
            "drawdown",
            figures::money(drawdown),
            figures::percent(share),
            figures::money(account.peak)
        ),
    ];
    for row in &look.snapshot.status.resources {
        let name = match row.resource {
            Resource::Capital => "capital",
            Resource::Compute => "compute",
            Resource::Api => "api calls",
        };
        let name = format!("{name} {}", row.class.as_deref().unwrap_or(""));
        match row.limit {
            Some(limit) => lines.push(used(&name, row.held + row.bound, limit)),
            None => lines.push(format!(
                "  {name:<22} {:>12}  no limit",
                figures::quantity(row.held + row.bound)
            )),
        }
    }
    lines.push(String::new());
    lines.push("  REFUSED ENTRIES BY RULE".to_owned());
    let refused = &look.snapshot.status.statistics.trades_rejected;
    if refused.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.extend(
        refused
            .iter()
            .map(|(code, count)| format!("  {code:<32} {count:>6}")),
    );
    lines.push(String::new());
    lines.push(
        "  The live guard and circuit breakers of strategies are not in this version.".into(),
    );
    put(look, &lines, area, frame);
}

/// Says what is not there.
pub fn draw_research(look: Look<'_>, area: Rect, frame: &mut Frame<'_>) {
    let lines = [
        "  Research and policies are not in this version: no runs, no trials, no gates to show."
            .to_owned(),
        "  Requests of optimizer and discoverer are reserved for; see 3 Reservations.".to_owned(),
    ];
    put(look, &lines, area, frame);
}

fn used(name: &str, used: Decimal, limit: Decimal) -> String {
    let share = used.checked_div(limit).unwrap_or_default();
    let mark = match share {
        s if s >= Decimal::ONE => "!! AT ITS LIMIT",
        s if s >= Decimal::new(8, 1) => "! near its limit",
        _ => "",
    };
    let share = figures::percent(share);
    format!(
        "  {name:<22} {:>12}  of {:>12}  {share:>5}  {mark}",
        figures::money(used),
        figures::money(limit),
    )
}

fn put(look: Look<'_>, lines: &[String], area: Rect, frame: &mut Frame<'_>) {
    for (row, text) in lines.iter().take(usize::from(area.height)).enumerate() {
        let role = if text.contains("!!") {
            Role::Bad
        } else if text.contains('!') {
            Role::Warn
        } else {
            Role::Normal
        };
        let line = Line::from(look.span(role, whole(text, usize::from(area.width))));
        let y = area.y + row as u16;
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}

/// As many of a line's parts as fit, so that no number is cut.
fn whole(text: &str, width: usize) -> String {
    let mut text = text.trim_end();
    while text.chars().count() > width {
        match text.rfind(' ') {
            Some(at) => text = text[..at].trim_end(),
            None => return String::new(),
        }
    }
    text.to_owned()
}
