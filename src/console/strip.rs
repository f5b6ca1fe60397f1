//! The strip: which engine, live or paper, running or not, how old, is the stop linked, how much
//! risk is used, what is abnormal.

use ratatui::text::Line;
use rust_decimal::Decimal;

use super::figures;
use super::fitting::{Part, fit};
use super::pane::Look;
use super::theme::Role;
use super::ui::{Layer, Press};
use super::update::CRAMPED;
use crate::core::order::Status as OrderStatus;
use crate::core::reservation::Standing;
use crate::core::trading_state::Mode;
use crate::snapshot::HardstopRow;

/// Data older than this, in milliseconds, is old.
const OLD_MS: i64 = 3_000;

/// The two lines.
pub fn lines(look: Look<'_>, width: usize) -> [Line<'static>; 2] {
    [first(look, width), second(look, width)]
}

/// All of it in one line: state, age and the stop key, for the smallest windows.
pub fn one_line(look: Look<'_>, width: usize) -> Line<'static> {
    let mut parts = vec![mode(look, 3), state(look)];
    parts.extend(press(look));
    parts.extend(frozen(look));
    parts.extend(cramped(look));
    parts.extend([age(look, 3), stop_key(look, 1)]);
    let line = fit(parts, width, look.theme);
    match line.spans.is_empty() {
        // Too narrow for the state in its word: the stop alone is said.
        true => fit(vec![stop_key(look, 0)], width, look.theme),
        false => line,
    }
}

/// That what is asked cannot be answered, or what was wanted not done, in a window in which neither
/// can be seen.
fn cramped(look: Look<'_>) -> Option<Part> {
    let asks = matches!(
        look.ui.layer,
        Some(Layer::Question(_) | Layer::Prompt(..) | Layer::Form(_))
    );
    let refused = look.ui.notice.as_ref().is_some_and(|n| n.text == CRAMPED);
    (asks || refused).then(|| {
        Part::new(2, Role::Warn, CRAMPED)
            .or("window too small")
            .or("SMALL")
    })
}

fn first(look: Look<'_>, width: usize) -> Line<'static> {
    let s = &look.live.status;
    let engine = &look.live.engine;
    let mut parts = vec![mode(look, 3), state(look)];
    parts.extend(press(look));
    parts.extend(frozen(look));
    if let Some(words) = asked(look) {
        parts.push(Part::new(3, Role::Warn, words));
    }
    if !look.ui.links.engine {
        parts.push(Part::new(1, Role::Bad, "NO ENGINE"));
    }
    if engine.stopping {
        parts.push(Part::new(3, Role::Warn, "SHUTTING DOWN"));
    }
    if engine.feed_ended {
        parts.push(Part::new(5, Role::Normal, "feed ended"));
    }
    let autonomy = match s.autonomy.as_str() {
        "guide" => "GUIDE",
        _ => "AUTO",
    };
    let guided = if autonomy == "GUIDE" {
        Role::Strong
    } else {
        Role::Normal
    };
    parts.push(Part::new(6, guided, autonomy));
    if s.degradation != "normal" {
        let words = s.degradation.to_uppercase().replace('_', " ");
        parts.push(Part::new(4, Role::Warn, format!("DEGRADED {words}")).or(words));
    }
    parts.push(Part::new(8, Role::Quiet, format!("seq {}", s.seq)));
    parts.push(age(look, 2));
    let speed = s.speed.trim_end_matches('x');
    let unit = if speed == "max" { "" } else { "x" };
    parts.push(Part::new(7, Role::Normal, format!("clock {speed}{unit}")));
    parts.push(stop_key(look, 1));
    if look.ui.read_only {
        parts.push(Part::new(6, Role::Normal, "READ ONLY"));
    }
    parts.push(Part::new(
        9,
        Role::Quiet,
        figures::moment(s.clock, look.now),
    ));
    fit(parts, width, look.theme)
}

fn second(look: Look<'_>, width: usize) -> Line<'static> {
    let s = look.live;
    let account = &s.account;
    let mut parts = Vec::new();
    if let Some(stop) = &s.status.hardstop {
        parts.extend(stages(look, stop));
    }
    let loss = account.day_pnl < Decimal::ZERO;
    let pnl = if loss { Role::Warn } else { Role::Normal };
    parts.push(Part::new(
        4,
        pnl,
        format!("P&L {}", figures::signed(account.day_pnl)),
    ));
    parts.push(Part::new(
        6,
        Role::Normal,
        format!("equity {}", figures::money(account.equity)),
    ));
    let near = account.exposure * Decimal::from(10) >= account.exposure_limit * Decimal::from(9);
    parts.push(Part::new(
        5,
        if near { Role::Warn } else { Role::Normal },
        format!(
            "exposure {}/{}",
            figures::short(account.exposure),
            figures::short(account.exposure_limit)
        ),
    ));
    let reservations = s.reservations.items.iter();
    let held = reservations.filter(|r| r.status == Standing::Held).count();
    parts.push(Part::new(8, Role::Normal, format!("held {held}")));
    let live = s.orders.items.iter().filter(|o| !o.status.is_terminal());
    parts.push(Part::new(
        7,
        Role::Normal,
        format!("orders {}", live.count()),
    ));
    let waiting = s.approvals.items.iter().filter(|a| a.status == "waiting");
    let waiting = waiting.count();
    if waiting > 0 {
        let words = format!("APPROVALS {waiting}");
        parts.push(Part::new(4, Role::Warn, words).or(format!("APPR {waiting}")));
    }
    parts.extend(execution(look));
    if !s.dead.is_empty() {
        parts.push(Part::new(6, Role::Warn, format!("dead {}", s.dead.len())));
    }
    parts.extend(losses(look));
    parts.push(alarms(look));
    fit(parts, width, look.theme)
}

/// That the panes show what was, and when that was. Everything else in the strip is what is.
fn frozen(look: Look<'_>) -> Option<Part> {
    let frozen = look.ui.frozen.as_ref()?;
    let s = &frozen.shown.status;
    let at = figures::moment(s.clock, look.now);
    let mut part = Part::new(2, Role::Focus, format!("FROZEN at seq {} {at}", s.seq));
    if let Some(seq) = frozen.reading {
        part = Part::new(2, Role::Focus, format!("FROZEN reading {seq}…"));
    }
    Some(part.or(format!("FROZEN {}", s.seq)).or("FROZEN"))
}

fn mode(look: Look<'_>, rank: u8) -> Part {
    let mode = look.live.status.mode.to_uppercase();
    let role = if mode == "LIVE" {
        Role::Focus
    } else {
        Role::Strong
    };
    Part::new(rank, role, format!("[{mode}]"))
}

/// The state of trading, in its words.
fn state(look: Look<'_>) -> Part {
    let s = &look.live.status;
    let (role, words) = match s.state {
        Mode::Hardstopped => {
            let part = match &s.hardstop {
                Some(stop) => {
                    let at = figures::clock_ms(stop.engaged_at);
                    Part::new(0, Role::Stop, format!("HARDSTOP LATCHED {at}"))
                        .or("HARDSTOP LATCHED")
                }
                None => Part::new(0, Role::Stop, "HARDSTOP LATCHED"),
            };
            return part.or("HARDSTOP");
        }
        Mode::Halted => (Role::Bad, "HALTED"),
        Mode::Recovering => (Role::Warn, "RECOVERING"),
        Mode::ReduceOnly => (Role::Warn, "REDUCE ONLY"),
        Mode::Paused => (Role::Warn, "PAUSED"),
        Mode::Running => (Role::Strong, "RUNNING"),
    };
    // Where there is no room for both, a press says more than a state that it may have ended.
    let rank = u8::from(look.ui.press != Press::None);
    Part::new(rank, role, words)
}

/// How far a press of the stop is that no snapshot shows, beside the state that they do show.
fn press(look: Look<'_>) -> Option<Part> {
    if look.live.status.state == Mode::Hardstopped {
        return None;
    }
    let part = |words| Part::new(0, Role::Stop, words);
    match look.ui.press {
        Press::None => None,
        Press::Requested => Some(part("HARDSTOP REQUESTED…").or("STOP ASKED")),
        Press::Failed => Some(
            part("HARDSTOP FAILED ^X again")
                .or("HARDSTOP FAILED")
                .or("STOP FAILED"),
        ),
        Press::GateClosed(_) => Some(part("HARDSTOP GATE CLOSED…").or("GATE CLOSED")),
    }
}

/// What was asked of the state and is not confirmed.
fn asked(look: Look<'_>) -> Option<String> {
    let pending = look.ui.pending.iter().rev();
    let of_state = pending.map(|p| &p.request).find(|r| r.is_of_state());
    of_state.map(super::message::Request::words)
}

fn age(look: Look<'_>, rank: u8) -> Part {
    let age = look.now - look.live.built_at;
    let role = if age > OLD_MS {
        Role::Bad
    } else {
        Role::Normal
    };
    let age = format!("age {}s", (age / 1_000).max(0));
    Part::new(rank, role, age)
}

fn stop_key(look: Look<'_>, rank: u8) -> Part {
    if look.ui.links.stop {
        Part::new(rank, Role::Normal, "STOP KEY ^X linked")
            .or("^X linked")
            .or("^X")
    } else {
        Part::new(rank, Role::Bad, "STOP KEY: NO LINK — pilothouse hardstop")
            .or("^X NO LINK")
            .or("^X!")
    }
}

/// How far the stop is: never a bare "stopped".
fn stages(look: Look<'_>, stop: &HardstopRow) -> Vec<Part> {
    let engine = &look.live.engine;
    let gate = match (engine.stop_gate_us, look.ui.press) {
        (Some(us), _) | (None, Press::GateClosed(us)) => {
            format!("gate closed {}", figures::micros(us))
        }
        _ => "gate closed".to_owned(),
    };
    let journaled = engine.stop_durable_us.map_or_else(
        || "→ journaled".to_owned(),
        |us| format!("→ journaled {}", figures::micros(us)),
    );
    let cancels = format!(
        "→ cancels {}/{}",
        stop.cancels_confirmed, stop.cancels_total
    );
    let open = format!("→ positions open {}", stop.open_positions);
    let late = |done| if done { Role::Normal } else { Role::Warn };
    vec![
        Part::new(3, Role::Normal, gate).or("gate closed"),
        Part::new(3, Role::Normal, journaled).or("→ journaled"),
        Part::new(
            2,
            late(stop.cancels_confirmed >= stop.cancels_total),
            cancels,
        ),
        Part::new(2, late(stop.open_positions == 0), open.clone())
            .or(format!("→ open {}", stop.open_positions)),
    ]
}

/// What execution is at that is not every day's: a flatten, a venue that is down or blocked,
/// sliced orders, cooldowns, and what the venue says otherwise than we do.
fn execution(look: Look<'_>) -> Vec<Part> {
    let s = look.live;
    let mut parts = Vec::new();
    if let Some(f) = &s.status.flattening {
        let open = f.positions.len();
        let long = format!("FLATTENING, {open} open");
        parts.push(Part::new(3, Role::Warn, long).or(format!("FLAT {open}")));
    }
    let guard = &s.status.guard;
    if guard.iter().any(|g| g.connected == Some(false)) {
        parts.push(Part::new(3, Role::Bad, "VENUE DOWN"));
    } else if guard.iter().any(|g| g.blocked) {
        parts.push(Part::new(4, Role::Bad, "GUARD BLOCKS").or("GUARD"));
    }
    let live = s.orders.items.iter().filter(|o| !o.status.is_terminal());
    let sliced: Vec<bool> = live
        .filter_map(|o| o.slicing.as_ref())
        .map(|slicing| slicing.paused)
        .collect();
    let held = sliced.iter().filter(|paused| **paused).count();
    let cooling = s.cooldowns.iter().filter(|c| c.until > s.status.clock);
    for (count, word, role) in [
        (s.comparison.unresolved(), "differ", Role::Warn),
        (cooling.count(), "cooling", Role::Warn),
        (held, "slices held", Role::Warn),
        (sliced.len() - held, "slicing", Role::Normal),
    ] {
        if count > 0 {
            parts.push(Part::new(7, role, format!("{word} {count}")));
        }
    }
    parts
}

/// What was lost or nobody has confirmed.
fn losses(look: Look<'_>) -> Vec<Part> {
    let s = look.live;
    let unconfirmed = s.orders.items.iter().filter(|o| {
        matches!(
            o.status,
            OrderStatus::Pending | OrderStatus::Submitted | OrderStatus::Unknown
        )
    });
    [
        (s.engine.overflowed, "refused", Role::Bad),
        (unconfirmed.count() as u64, "unconfirmed", Role::Warn),
        (s.engine.views_lag, "views behind", Role::Normal),
        (s.engine.conflated, "conflated", Role::Quiet),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, word, role)| Part::new(9, role, format!("{word} {count}")))
    .collect()
}

fn alarms(look: Look<'_>) -> Part {
    let alarms = &look.live.alarms;
    let open = || alarms.iter().filter(|a| a.acked.is_none());
    let critical = open().filter(|a| a.severity >= 2).count();
    let warnings = open().count() - critical;
    let acked = alarms.len() - open().count();
    let role = match (critical, warnings) {
        (0, 0) => Role::Normal,
        (0, _) => Role::Warn,
        _ => Role::Bad,
    };
    let seen = match acked {
        0 => String::new(),
        acked => format!(" acked {acked}"),
    };
    Part::new(1, role, format!("ALARMS !!{critical} !{warnings}{seen}"))
        .or(format!("!!{critical} !{warnings}"))
}
