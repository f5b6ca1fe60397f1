//! A strategy at work in full: what it does against what was promised, its position, and the stages it
//! has left with the gates that let it.

use ratatui::text::Line;
use rust_decimal::Decimal;

use super::services::{self, ratio};
use super::{Look, gates};
use crate::console::figures;
use crate::console::theme::Role;
use crate::core::service::Kind;
use crate::snapshot::{ServiceRow, Snapshot};

/// In lines of at most `width` letters.
pub fn lines(look: Look<'_>, width: usize, index: usize) -> Vec<Line<'static>> {
    let service = &look.snapshot.research.services[index];
    let mut said = head(service, look.snapshot);
    said.extend(against(service));
    said.extend(positions(service, look.snapshot));
    said.extend(stages(service, look.snapshot));
    super::told(look, said, width)
}

fn head(s: &ServiceRow, snapshot: &Snapshot) -> Vec<(Role, String)> {
    let moment = |at| figures::moment(at, snapshot.status.clock);
    let state = services::state(s);
    let title = format!(
        "{} {} {} on {}, bars of {}",
        s.id,
        s.strategy,
        s.version,
        s.symbol,
        figures::span(s.interval_s.saturating_mul(1_000))
    );
    let mut said = vec![
        (Role::Strong, title),
        (state.role, format!("{}, a {}", state.text, s.kind.as_str())),
        (Role::Normal, services::ladder(s, snapshot)),
    ];
    if let Some(end) = &s.end {
        let words = format!(
            "{} {}: {}",
            services::ended(end.how),
            moment(end.at),
            end.reason
        );
        said.push((state.role, words));
    }
    if let Some(waits) = &s.waits_for {
        said.push((Role::Warn, format!("waits          {waits}")));
    }
    let since = moment(s.stage_since);
    let left = match (s.time_left_s, &s.end) {
        (Some(0), None) => ", judged as soon as it can be".to_owned(),
        (Some(_), None) => format!(", at least {} more", services::left(s)),
        _ => String::new(),
    };
    said.push((Role::Normal, format!("in this stage  since {since}{left}")));
    let capital = match s.kind {
        Kind::Deployment => format!(
            "{} held, {} of it works",
            figures::money(s.asked),
            figures::percent(s.share)
        ),
        Kind::Candidate => format!("{} for this stage", figures::money(s.capital)),
    };
    said.push((Role::Normal, format!("capital        {capital}")));
    let run = s.run.map_or("no run".to_owned(), |id| id.to_string());
    said.push((
        Role::Normal,
        format!(
            "asked          {} by {}, judged by {run}",
            moment(s.created_at),
            s.by
        ),
    ));
    if let Some(before) = s.replaces {
        said.push((Role::Normal, format!("replaces       {before}")));
    }
    if !s.holds.is_empty() {
        let holds: Vec<String> = s.holds.iter().map(ToString::to_string).collect();
        said.push((Role::Normal, format!("holds          {}", holds.join(" "))));
    }
    said
}

/// What it does in this stage, beside what its research promises.
fn against(s: &ServiceRow) -> Vec<(Role, String)> {
    let promise = s.promise.as_ref();
    let money = |value: Option<Decimal>| value.map_or("-".to_owned(), figures::money);
    let signed = |value: Option<Decimal>| value.map_or("-".to_owned(), figures::signed);
    let mean = s
        .return_pct
        .and_then(|all| all.checked_div(Decimal::from(s.trades)));
    let fall = services::fall(s);
    let rows = [
        (
            "Sharpe",
            ratio(s.sharpe),
            ratio(promise.and_then(|p| p.sharpe)),
        ),
        (
            "return %",
            signed(s.return_pct),
            signed(promise.map(|p| p.return_pct)),
        ),
        (
            "drawdown %",
            figures::money(s.max_drawdown_pct),
            money(promise.map(|p| p.max_drawdown_pct)),
        ),
        (
            "a trade %",
            signed(mean),
            signed(promise.and_then(|p| p.mean_trade_pct)),
        ),
        (
            "trades",
            figures::count(s.trades),
            promise.map_or("-".to_owned(), |p| figures::count(p.trades)),
        ),
    ];
    let mut said = vec![
        (Role::Normal, String::new()),
        (
            Role::Quiet,
            format!("{:<14} {:>11} {:>11}", "", "this stage", "promised"),
        ),
    ];
    said.extend(rows.into_iter().map(|(name, own, promised)| {
        let (role, note) = match (name, s.allowed_drawdown_pct) {
            ("drawdown %", Some(allowed)) => (
                fall.role,
                format!("  ended beyond {}", figures::money(allowed)),
            ),
            _ => (Role::Normal, String::new()),
        };
        (role, format!("{name:<14} {own:>11} {promised:>11}{note}"))
    }));
    said.push((
        super::equity::role(s.pnl),
        format!(
            "{:<14} {:>11}   open {}",
            "P&L",
            figures::signed(s.pnl),
            figures::signed(s.unrealised)
        ),
    ));
    let won = s.win_rate_pct.map_or_else(String::new, |p| {
        format!("   {}% of its trades won", figures::quantity(p.round_dp(0)))
    });
    let signals = figures::count(s.signals);
    said.push((
        Role::Normal,
        format!("{:<14} {signals:>11}{won}", "signals"),
    ));
    let held = ratio(s.baseline_sharpe);
    said.push((Role::Normal, format!("{:<14} {held:>11}", "holding Sharpe")));
    said
}

fn positions(s: &ServiceRow, snapshot: &Snapshot) -> Vec<(Role, String)> {
    let mut said: Vec<(Role, String)> = services::positions(s, snapshot)
        .map(|p| {
            let gain = p.unrealised.map_or("-".to_owned(), figures::signed);
            let stop = match (p.protected, p.stop) {
                (true, Some(stop)) => format!("stop {}", figures::price(stop)),
                _ => "X NO STOP".to_owned(),
            };
            let text = format!(
                "position       {} {} {} from {}, {gain}, {stop}",
                p.id,
                p.side,
                figures::quantity(p.quantity),
                figures::price(p.entry)
            );
            (if p.protected { Role::Normal } else { Role::Bad }, text)
        })
        .collect();
    if said.is_empty() && s.end.is_none() {
        let text = match s.stage.as_str() {
            "warm" => "position       on paper only, no order is sent",
            _ => "position       none open",
        };
        said.push((Role::Normal, text.to_owned()));
    }
    said
}

/// The stages it has left, the latest first: its gates tell why it is where it is.
fn stages(s: &ServiceRow, snapshot: &Snapshot) -> Vec<(Role, String)> {
    let mut said = Vec::new();
    for stage in s.stages.iter().rev() {
        said.push((Role::Normal, String::new()));
        said.push((
            Role::Strong,
            format!(
                "LEFT {} {}  P&L {}  {} trades  Sharpe {}  fall {}%",
                services::stage(&stage.stage, snapshot),
                figures::moment(stage.left_at, snapshot.status.clock),
                figures::signed(stage.pnl),
                figures::count(stage.trades),
                ratio(stage.sharpe),
                figures::money(stage.max_drawdown_pct)
            ),
        ));
        said.extend(gates::lines(&stage.gates));
    }
    if said.is_empty() {
        said.push((Role::Normal, String::new()));
        said.push((
            Role::Quiet,
            "no stage is left yet: nothing was judged".to_owned(),
        ));
    }
    said
}
