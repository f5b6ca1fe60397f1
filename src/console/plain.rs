//! Lines instead of a screen: for screen readers, for logs, for where there is no terminal. What
//! changed between two snapshots is said once, in words.

use super::figures;
use super::pane::orders;
use super::theme::Theme;
use crate::core::order::Status as OrderStatus;
use crate::core::trading_state::Mode;
use crate::snapshot::{OrderRow, PositionRow, Snapshot};

/// What is said of a snapshot after another; all that holds where there is none before it.
pub fn lines(before: Option<&Snapshot>, now: &Snapshot, theme: Theme) -> Vec<String> {
    let mut said = Vec::new();
    state(before, now, &mut said);
    alarms(before, now, &mut said);
    positions(before, now, &mut said);
    orders_of(before, now, &mut said);
    let at = figures::clock(now.status.clock);
    said.into_iter()
        .map(|line| theme.text(&format!("{at} {line}")))
        .collect()
}

fn state_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Hardstopped => "HARDSTOP LATCHED",
        Mode::Recovering => "RECOVERING",
        Mode::Halted => "HALTED",
        Mode::ReduceOnly => "REDUCE ONLY",
        Mode::Paused => "PAUSED",
        Mode::Running => "RUNNING",
    }
}

fn state(before: Option<&Snapshot>, now: &Snapshot, said: &mut Vec<String>) {
    let of = |s: &Snapshot| {
        let causes: Vec<&str> = s.status.causes.iter().map(|c| c.cause.as_str()).collect();
        let mode = s.status.mode.to_uppercase();
        let mut words = format!("[{mode}] {}", state_word(s.status.state));
        if !causes.is_empty() {
            words.push_str(&format!(" ({})", causes.join(", ")));
        }
        if let Some(stop) = &s.status.hardstop {
            words.push_str(&format!(
                " {} epoch {} cancels {}/{} positions open {}",
                figures::clock_ms(stop.engaged_at),
                stop.epoch,
                stop.cancels_confirmed,
                stop.cancels_total,
                stop.open_positions
            ));
        }
        words
    };
    let words = of(now);
    if before.map(of).as_ref() != Some(&words) {
        said.push(format!(
            "{words}  seq {}  P&L {}  equity {}",
            now.status.seq,
            figures::signed(now.account.day_pnl),
            figures::money(now.account.equity)
        ));
    }
}

fn alarms(before: Option<&Snapshot>, now: &Snapshot, said: &mut Vec<String>) {
    let known = before.map_or(&[][..], |s| &s.alarms);
    for alarm in &now.alarms {
        if !known.contains(alarm) {
            let mark = if alarm.severity >= 2 { "!!" } else { "!" };
            said.push(format!("ALARM {mark} {}", alarm.text));
        }
    }
    for alarm in known {
        let holds = |a: &&crate::snapshot::Alarm| a.about == alarm.about && a.text == alarm.text;
        if !now.alarms.iter().any(|a| holds(&a)) {
            said.push(format!("ALARM over: {}", alarm.text));
        }
    }
}

fn positions(before: Option<&Snapshot>, now: &Snapshot, said: &mut Vec<String>) {
    let known = before.map_or(&[][..], |s| &s.positions.items);
    for p in now.positions.items.iter().rev() {
        let same = |q: &&PositionRow| {
            q.id == p.id
                && (&q.status, q.protected, q.closing) == (&p.status, p.protected, p.closing)
        };
        let news = p.status == "open" || before.is_some();
        if !news || known.iter().any(|q| same(&q)) {
            continue;
        }
        let mut line = format!(
            "{} {} {} {} at {}: {}",
            p.id,
            p.symbol,
            p.side,
            figures::quantity(p.quantity),
            figures::price(p.entry),
            p.status
        );
        if p.status == "closed" {
            line.push_str(&format!(", realised {}", figures::signed(p.realised)));
        } else if p.closing {
            line.push_str(", closing");
        } else if !p.protected {
            line.push_str(", NO STOP yet");
        }
        said.push(line);
    }
}

fn orders_of(before: Option<&Snapshot>, now: &Snapshot, said: &mut Vec<String>) {
    let known = before.map_or(&[][..], |s| &s.orders.items);
    for o in now.orders.items.iter().rev() {
        let same = |q: &&OrderRow| q.id == o.id && (q.status, q.filled) == (o.status, o.filled);
        let news = !o.status.is_terminal() || before.is_some();
        // What passes within a moment is not worth a line of its own.
        let passing = matches!(o.status, OrderStatus::Pending | OrderStatus::Submitted);
        if !news || passing || known.iter().any(|q| same(&q)) {
            continue;
        }
        let price = o.average_price.or(o.price).or(o.stop_price);
        said.push(format!(
            "{} {} {} {} {} at {}: {} {}",
            o.id,
            orders::purpose(o.purpose),
            o.symbol,
            orders::side(o.side),
            figures::quantity(o.quantity),
            price.map_or("market".into(), figures::price),
            orders::status_word(o.status),
            o.reason.as_deref().unwrap_or("")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    #[test]
    fn what_changed_is_said_once() {
        let theme = Theme::default();
        let before = fixture::snapshot();
        let all = lines(None, &before, theme);
        assert!(all[0].starts_with("14:02:11 [PAPER] RUNNING"), "{all:#?}");
        assert!(
            all.iter()
                .any(|l| l.contains("ALARM !! technical_analysis"))
        );
        assert!(all.iter().any(|l| l.contains("position_8 ETH/USDT short")));
        assert!(
            !all.iter().any(|l| l.contains("position_6")),
            "closed before"
        );
        assert!(lines(Some(&before), &before, theme).is_empty());
        let mut now = before.clone();
        now.status.state = Mode::Paused;
        now.alarms.remove(0);
        now.positions.items[0].status = "closed".into();
        now.orders.items[4].status = OrderStatus::Cancelled;
        let said = lines(Some(&before), &now, theme);
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].contains("PAUSED") && said[1].contains("ALARM over"));
        assert!(said[2].contains("closed, realised -0.96"));
        assert!(said[3].contains("order_44 stop BTC/USDT sell"));
    }

    #[test]
    fn what_others_say_cannot_steer_the_terminal() {
        let theme = Theme {
            ascii: true,
            ..Theme::default()
        };
        let mut now = fixture::snapshot();
        now.alarms[0].text = "\u{1b}[2Jgone …".into();
        let said = lines(None, &now, theme);
        assert!(
            said.iter()
                .all(|l| l.chars().all(|c| (' '..='~').contains(&c)))
        );
    }
}
