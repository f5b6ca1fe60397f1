//! Risk: what holds entries up, how near the account is to its limits, and whether the venue says
//! the same as we do. Research: what this version does not have.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_decimal::Decimal;

use super::Look;
use crate::console::figures;
use crate::console::fitting::{Part, fit};
use crate::console::theme::Role;
use crate::core::reservation::Resource;
use crate::snapshot::{GuardRow, Snapshot};

/// Cells of a bar.
const BAR: usize = 16;
/// Differences with the venue that are shown, the latest.
const DIFFERENCES: usize = 5;

/// A line: its parts, the first of which is never left out.
type Parts = Vec<(Role, String)>;

/// What is to be said, the worst first.
pub fn lines(look: Look<'_>, area: Rect) -> Vec<Line<'static>> {
    said(look.snapshot)
        .into_iter()
        .map(|parts| {
            let ranked = parts.into_iter().enumerate();
            let parts = ranked.map(|(i, (role, text))| {
                let rank = u8::try_from(i).unwrap_or(u8::MAX);
                Part::new(rank.saturating_add(10), role, text)
            });
            fit(parts.collect(), area.width.into(), look.theme)
        })
        .collect()
}

/// Its lines, with the title.
pub fn height(snapshot: &Snapshot) -> u16 {
    u16::try_from(said(snapshot).len() + 1).unwrap_or(u16::MAX)
}

fn said(snapshot: &Snapshot) -> Vec<Parts> {
    let mut lines = holds(snapshot);
    lines.extend(gauges(snapshot));
    lines.extend(unlimited(snapshot));
    lines.extend(compared(snapshot));
    lines
}

/// What holds entries up.
fn holds(snapshot: &Snapshot) -> Vec<Parts> {
    let status = &snapshot.status;
    let moment = |at| figures::moment(at, status.clock);
    let mut lines: Vec<Parts> = Vec::new();
    if let Some(stop) = &status.hardstop {
        lines.push(vec![
            (
                Role::Bad,
                format!("X HARDSTOP {} by {}", stop.epoch, stop.by),
            ),
            (Role::Normal, moment(stop.engaged_at)),
            (Role::Normal, stop.reason.clone()),
        ]);
    }
    for cause in &status.causes {
        lines.push(vec![
            (Role::Warn, format!("! {} by {}", cause.cause, cause.by)),
            (Role::Normal, format!("since {}", moment(cause.since))),
            (Role::Normal, cause.reason.clone()),
        ]);
    }
    if let Some(f) = &status.flattening {
        let left = f.positions.len();
        lines.push(vec![
            (
                Role::Warn,
                format!("! flattening by {}: {left} still open", f.by),
            ),
            (Role::Normal, format!("since {}", moment(f.since))),
            (Role::Normal, f.reason.clone()),
        ]);
    }
    let down = |g: &GuardRow| g.connected == Some(false);
    for g in status.guard.iter().filter(|g| g.blocked || down(g)) {
        let word = if down(g) { "is down" } else { "blocks entries" };
        let mut line = vec![(Role::Bad, format!("X {} {word}", g.venue))];
        line.extend(
            g.since
                .map(|at| (Role::Normal, format!("since {}", moment(at)))),
        );
        line.extend(g.reason.clone().map(|why| (Role::Normal, why)));
        lines.push(line);
    }
    if !status.paused_symbols.is_empty() {
        let mut line: Parts = vec![(Role::Warn, "! entries paused in".to_owned())];
        let symbols = status.paused_symbols.iter();
        line.extend(symbols.map(|s| (Role::Warn, s.to_string())));
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(vec![(Role::Quiet, "  nothing holds entries up".to_owned())]);
    }
    lines
}

/// How near the account is to its limits.
fn gauges(snapshot: &Snapshot) -> Vec<Parts> {
    let account = &snapshot.account;
    let loss = (-account.day_pnl).max(Decimal::ZERO);
    let drawdown = (account.peak - account.equity).max(Decimal::ZERO);
    let share = drawdown.checked_div(account.peak).unwrap_or_default();
    let mut lines = vec![
        gauge("exposure", account.exposure, account.exposure_limit),
        gauge("loss of the day", loss, account.daily_loss_limit),
    ];
    let resources = snapshot.status.resources.iter();
    let capital = resources.filter(|r| r.resource == Resource::Capital && r.class.is_none());
    lines.extend(capital.filter_map(|r| Some(gauge("capital", r.held + r.bound, r.limit?))));
    lines.push(vec![
        (
            Role::Normal,
            format!("  {:<16} {:>12}", "drawdown", figures::money(drawdown)),
        ),
        (
            Role::Normal,
            format!("{} below the peak of", figures::percent(share)),
        ),
        (Role::Normal, figures::money(account.peak)),
    ]);
    lines
}

fn gauge(name: &str, used: Decimal, limit: Decimal) -> Parts {
    let share = figures::use_of(used, limit);
    let role = figures::role_of_use(share);
    let mark = match role {
        Role::Bad => "!! AT ITS LIMIT",
        Role::Warn => "! near its limit",
        _ => "",
    };
    let bar = figures::bar(&[(used, '█')], limit, BAR);
    let percent = figures::percent(share);
    let mut line = vec![
        (role, format!("  {name:<16} {bar} {percent:>5}")),
        (
            Role::Normal,
            format!(
                "{:>10} of {:>10}",
                figures::money(used),
                figures::money(limit)
            ),
        ),
    ];
    if !mark.is_empty() {
        line.insert(1, (role, mark.to_owned()));
    }
    line
}

/// Entries refused by rules that have no figure.
fn unlimited(snapshot: &Snapshot) -> Option<Parts> {
    let has_figure = |code: &str| snapshot.limits.iter().any(|l| l.rule == code);
    let refused = snapshot.status.statistics.trades_rejected.iter();
    let mut line: Parts = vec![(Role::Normal, "  refused otherwise".to_owned())];
    for (code, count) in refused.filter(|(code, _)| !has_figure(code)) {
        let code = code.trim_start_matches("RISK_");
        line.push((Role::Normal, format!("{code} {count}")));
    }
    (line.len() > 1).then_some(line)
}

/// Whether the venue says the same as we do.
fn compared(snapshot: &Snapshot) -> Vec<Parts> {
    let c = &snapshot.comparison;
    let Some(at) = c.at else {
        let never = "  venue            not compared yet";
        return vec![vec![(Role::Quiet, never.to_owned())]];
    };
    let when = figures::moment(at, snapshot.status.clock);
    let counted = |word: &str, count: usize, role: Role| match count {
        0 => (Role::Normal, format!("{word} 0")),
        count => (role, format!("! {word} {count}")),
    };
    let mut lines = vec![vec![
        (Role::Normal, format!("  venue compared   {when}")),
        counted("differences", c.found as usize, Role::Warn),
        counted("unknown", c.unknown as usize, Role::Bad),
        (Role::Normal, format!("orders {}", c.orders)),
    ]];
    if !c.mismatched.is_empty() {
        let mut line: Parts = vec![(Role::Bad, "  ! the venue does not hold".to_owned())];
        line.extend(c.mismatched.iter().map(|s| (Role::Bad, s.to_string())));
        lines.push(line);
    }
    let shown = c.differences.iter().rev().take(DIFFERENCES);
    lines.extend(shown.map(|text| vec![(Role::Warn, format!("    {text}"))]));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;
    use crate::core::trading_state::Cause;
    use crate::snapshot::CauseRow;

    fn text(snapshot: &Snapshot) -> String {
        let lines = said(snapshot).into_iter();
        let lines = lines.map(|parts| parts.into_iter().map(|(_, t)| t + "  ").collect::<String>());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_holds_entries_up_comes_first_and_says_who_and_why() {
        let mut snapshot = fixture::snapshot();
        snapshot.status.paused_symbols.clear();
        let said = text(&snapshot);
        assert!(
            said.starts_with("X kraken blocks entries  since 14:01:31  31 % of its orders"),
            "{said}"
        );
        snapshot.status.guard.clear();
        assert!(text(&snapshot).starts_with("  nothing holds entries up"));
        snapshot.status.causes.push(CauseRow {
            cause: Cause::Drawdown.as_str().to_owned(),
            by: "risk".parse().unwrap(),
            reason: "11 % below the peak".into(),
            since: fixture::NOW.plus_s(-90),
        });
        let said = text(&snapshot);
        assert!(
            said.starts_with(
                "! drawdown from the peak by risk  since 14:00:41  11 % below the peak"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_reached_limit_says_so_in_words_too() {
        let mut snapshot = fixture::snapshot();
        snapshot.account.day_pnl = -snapshot.account.daily_loss_limit;
        assert!(text(&snapshot).contains("!! AT ITS LIMIT"));
        snapshot.account.day_pnl *= Decimal::new(8, 1);
        assert!(text(&snapshot).contains("! near its limit"));
    }

    #[test]
    fn differences_with_the_venue_are_counted_and_the_latest_shown() {
        let mut snapshot = fixture::snapshot();
        snapshot.comparison.differences = (0..9).map(|i| format!("order_{i} differs")).collect();
        snapshot.comparison.found = 9;
        let said = text(&snapshot);
        assert!(said.contains("! differences 9"), "{said}");
        assert!(said.contains("order_8 differs") && !said.contains("order_3 differs"));
        snapshot.comparison.differences.clear();
        snapshot.comparison.found = 0;
        let said = text(&snapshot);
        assert!(said.contains("  differences 0") && !said.contains("does not hold"));
        snapshot.comparison.mismatched = vec!["BTC/USDT".parse().unwrap()];
        let said = text(&snapshot);
        assert!(
            said.contains("! the venue does not hold  BTC/USDT"),
            "{said}"
        );
        snapshot.comparison.at = None;
        assert!(text(&snapshot).contains("not compared yet"));
    }
}
