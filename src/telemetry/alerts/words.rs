//! Events in words: which are worth telling somebody, and what is said of them.

use rust_decimal::Decimal;

use super::kind::{AlertKind, Severity};
use super::letter::Alert;
use crate::core::degradation::Level;
use crate::core::order::{Fill, Order, Purpose, Side, Status};
use crate::core::position::{CloseReason, Position};
use crate::core::reservation::Standing;
use crate::core::trading_state::Cause;
use crate::core::{Event, State};

/// What is said of an event; nothing of most. `record` is all that was decided with it, `state` the
/// state after it.
pub(super) fn of(event: &Event, record: &[Event], state: &State) -> Option<Alert> {
    trading(event, state)
        .or_else(|| orders(event, record, state))
        .or_else(|| crew(event))
        .map(|said| said.at(state))
}

/// What is said of a step of degradation: down is a warning, up is good news.
pub(super) fn degradation(event: &Event, before: Level, state: &State) -> Option<Alert> {
    let Event::DegradationMoved { level, reason } = event else {
        return None;
    };
    let text = format!("{} after {}: {reason}", level.as_str(), before.as_str());
    let (kind, severity, title) = match level {
        level if *level < before => (AlertKind::Recovered, Severity::Info, "Degradation eases"),
        Level::Emergency => (
            AlertKind::Degradation,
            Severity::Critical,
            "Emergency: no entries",
        ),
        _ => (AlertKind::Degradation, Severity::Warning, "Degraded"),
    };
    Some(said(kind, severity, "degradation", title.into(), text).at(state))
}

/// An alert whose record is not named yet.
struct Said {
    kind: AlertKind,
    severity: Severity,
    about: String,
    title: String,
    text: String,
}

impl Said {
    fn at(self, state: &State) -> Alert {
        Alert {
            kind: self.kind,
            severity: self.severity,
            about: self.about,
            title: self.title,
            text: self.text,
            seq: state.seq,
            time: state.time,
        }
    }
}

fn said(
    kind: AlertKind,
    severity: Severity,
    about: impl ToString,
    title: String,
    text: String,
) -> Said {
    Said {
        kind,
        severity,
        about: about.to_string(),
        title,
        text,
    }
}

/// May we trade?
fn trading(event: &Event, state: &State) -> Option<Said> {
    use AlertKind as Kind;
    use Severity::{Critical, Info, Warning};
    Some(match event {
        Event::Started { .. } => {
            let starts = state.identity.as_ref().map_or(0, |i| i.starts);
            if starts < 2 {
                return None;
            }
            let open = state.positions.open.len();
            let stop = state.trading.hardstop.as_ref();
            let stop = stop.map_or_else(String::new, |stop| {
                format!(
                    "; HARDSTOP {} is still engaged: {}",
                    stop.epoch, stop.given.reason
                )
            });
            let text =
                format!("start {starts} goes on from the journal; open positions {open}{stop}");
            said(
                Kind::Recovered,
                Info,
                "engine",
                "Engine started again".into(),
                text,
            )
        }
        Event::HardstopEngaged {
            epoch,
            by,
            how,
            reason,
            entries,
            ..
        } => {
            let text = format!(
                "by {by} ({how}): {reason}; entries to cancel {entries}, open positions {}",
                state.positions.open.len()
            );
            said(
                Kind::Hardstop,
                Critical,
                "trading",
                format!("HARDSTOP {epoch}"),
                text,
            )
        }
        Event::HardstopPressed { epoch, by, how, .. } => said(
            Kind::Hardstop,
            Critical,
            "trading",
            format!("HARDSTOP {epoch} pressed again"),
            format!("by {by} ({how})"),
        ),
        Event::HardstopCleared {
            epoch, by, reason, ..
        } => said(
            Kind::Recovered,
            Info,
            "trading",
            format!("HARDSTOP {epoch} cleared"),
            format!("by {by}: {reason}; reduce-only until somebody resumes"),
        ),
        Event::CauseAdded { cause, by, reason } => return caused(*cause, by.as_str(), reason),
        Event::CauseLifted { cause, by, reason } => {
            if *cause == Cause::Recovering {
                return None;
            }
            let text = format!("by {by}: {reason}; trading is {}", state.mode().as_str());
            let title = format!("No longer: {}", cause.as_str());
            said(Kind::Recovered, Info, "trading", title, text)
        }
        Event::DayLost { loss, limit, .. } => {
            let of = limit.map_or_else(String::new, |limit| format!(" of {}", usd(limit)));
            said(
                Kind::LimitBreach,
                Critical,
                "daily_loss",
                "Loss of the day at its limit".into(),
                format!("{}{of}; it engages HARDSTOP", usd(*loss)),
            )
        }
        Event::StrategyDayLost {
            strategy,
            loss,
            limit,
            ..
        } => said(
            Kind::LimitBreach,
            Warning,
            strategy,
            format!("Loss of the day at its limit: {strategy}"),
            format!("{} of {}", usd(*loss), usd(*limit)),
        ),
        Event::SymbolPaused { symbol, by, reason } => said(
            Kind::SymbolPaused,
            Warning,
            symbol,
            format!("Entries refused: {symbol}"),
            format!("paused by {by}: {reason}"),
        ),
        Event::SymbolResumed { symbol, by } => said(
            Kind::Recovered,
            Info,
            symbol,
            format!("Entries again: {symbol}"),
            format!("resumed by {by}"),
        ),
        Event::GuardBreached { venue, reason } => said(
            Kind::GuardBreach,
            Warning,
            venue,
            format!("Live guard blocks entries: {venue}"),
            reason.clone(),
        ),
        Event::GuardCleared { venue } => said(
            Kind::Recovered,
            Info,
            venue,
            format!("Live guard lets entries through: {venue}"),
            "its figures are within bounds again".into(),
        ),
        _ => return None,
    })
}

fn caused(cause: Cause, by: &str, reason: &str) -> Option<Said> {
    use AlertKind::{CircuitBreaker, Halted};
    let (kind, severity, what) = match cause {
        // Every start reconciles first.
        Cause::Recovering => return None,
        Cause::Drawdown => (
            CircuitBreaker,
            Severity::Critical,
            "Circuit breaker: drawdown",
        ),
        Cause::StopsInRow => (
            CircuitBreaker,
            Severity::Critical,
            "Circuit breaker: stops in a row",
        ),
        Cause::StrategyLoss => (
            CircuitBreaker,
            Severity::Critical,
            "Circuit breaker: a strategy's loss of the day",
        ),
        Cause::RiskAlert => (Halted, Severity::Critical, "Halted: risk said so"),
        Cause::DiskLow => (
            Halted,
            Severity::Critical,
            "Reduce-only: the disk is nearly full",
        ),
        Cause::LossAccepted => (
            Halted,
            Severity::Warning,
            "Reduce-only: a part of the journal was given up",
        ),
        Cause::AfterClear => (Halted, Severity::Info, "Reduce-only until somebody resumes"),
        Cause::Pause => (Halted, Severity::Warning, "Paused"),
        Cause::Shutdown => (Halted, Severity::Info, "The engine ends in order"),
    };
    let text = format!("by {by}: {reason}");
    Some(said(kind, severity, cause.as_str(), what.into(), text))
}

/// Orders, their fills, and what the venue says of both.
fn orders(event: &Event, record: &[Event], state: &State) -> Option<Said> {
    use AlertKind as Kind;
    use Severity::{Critical, Info, Warning};
    Some(match event {
        Event::OrderApproved { order } => return approved(order),
        Event::OrderFilled { id, fill } => {
            let order = state.orders.get(*id)?;
            // What closes a position is told once, with its gain.
            let closes = |e: &Event| matches!(e, Event::PositionClosed { id, .. } if Some(*id) == order.position);
            if record.iter().any(closes) {
                return None;
            }
            return Some(filled(order, fill));
        }
        Event::PositionClosed {
            id,
            reason,
            realised,
        } => {
            let position = state.positions.get(*id)?;
            return Some(closed(position, *reason, *realised));
        }
        Event::OrderMoved {
            id, status, reason, ..
        } => {
            let order = state.orders.get(*id)?;
            let symbol = order.request.symbol;
            let why = reason.as_deref().unwrap_or("no reason was given");
            let text = format!("{}: {why}", described(order));
            match status {
                Status::Rejected => said(
                    Kind::ExecutionError,
                    Warning,
                    symbol,
                    format!("The venue refused an order: {symbol}"),
                    text,
                ),
                Status::Unknown => said(
                    Kind::UnknownOrder,
                    Critical,
                    order.id,
                    format!("An order of unknown fate: {symbol}"),
                    text,
                ),
                _ => return None,
            }
        }
        Event::OrderDeferred {
            id,
            attempt,
            reason,
        } => {
            let order = state.orders.get(*id)?;
            let symbol = order.request.symbol;
            let text = format!("{}: repeat {attempt}, {reason}", described(order));
            let title = format!("An order is sent again: {symbol}");
            said(Kind::ExecutionError, Info, symbol, title, text)
        }
        Event::Defect { what } => said(
            Kind::ExecutionError,
            Warning,
            "venue",
            "The venue said what cannot be".into(),
            what.clone(),
        ),
        Event::ExternalSeen { orders } if !orders.is_empty() => said(
            Kind::UnknownOrder,
            Warning,
            "external",
            "Orders at the venue that are none of ours".into(),
            format!(
                "{}: {}",
                orders.len(),
                orders[..orders.len().min(5)].join(", ")
            ),
        ),
        Event::ReconcileDiffers { id, what } => {
            let about = id.map_or_else(|| "orders".into(), |id| id.to_string());
            let title = format!("The venue's orders differ: {about}");
            said(
                Kind::ReconcileMismatch,
                Warning,
                "orders",
                title,
                what.clone(),
            )
        }
        Event::PositionsDiffer {
            symbol,
            ours,
            venue,
        } => said(
            Kind::ReconcileMismatch,
            Critical,
            symbol,
            format!("The venue's positions differ: {symbol}"),
            format!(
                "ours {}, the venue's {}",
                ours.normalize(),
                venue.normalize()
            ),
        ),
        Event::PositionsAgree { symbol } => said(
            Kind::Recovered,
            Info,
            symbol,
            format!("Positions agree again: {symbol}"),
            "the venue holds what the books say".into(),
        ),
        Event::BalanceAdjusted { asset, ours, venue } => said(
            Kind::PortfolioWarning,
            Warning,
            asset,
            format!("The account differs from the books: {asset}"),
            format!(
                "{} became {}: the venue wins",
                ours.normalize(),
                venue.normalize()
            ),
        ),
        Event::RiskChecked {
            checks,
            symbol,
            strategy,
            ..
        } => {
            let failed = checks.iter().find(|check| !check.passed)?;
            let symbol = symbol.map_or_else(|| "an order".into(), |s| s.to_string());
            let by = strategy.map_or_else(String::new, |s| format!(", strategy {s}"));
            let (rule, limit, value) = (failed.rule, failed.limit, failed.value);
            said(
                Kind::LimitBreach,
                Info,
                format!("{rule} {symbol}"),
                format!("Risk refused {symbol}: {rule}"),
                format!("limit {limit}, measured {value}{by}"),
            )
        }
        _ => return None,
    })
}

fn approved(order: &Order) -> Option<Said> {
    // Slices are their parent's affair.
    if order.parent.is_some() {
        return None;
    }
    let (kind, what) = match (order.purpose, order.request.side) {
        (Purpose::Entry, _) => (AlertKind::Entry, "Entry"),
        (Purpose::Exit, _) => (AlertKind::Exit, "Exit"),
        (Purpose::Rebalance, Side::Buy) => (AlertKind::Entry, "Rebalance"),
        (Purpose::Rebalance, Side::Sell) => (AlertKind::Exit, "Rebalance"),
        (Purpose::Stop | Purpose::Target, _) => return None,
    };
    let symbol = order.request.symbol;
    let title = format!("{what} sent: {symbol}");
    Some(said(kind, Severity::Info, symbol, title, described(order)))
}

fn filled(order: &Order, fill: &Fill) -> Said {
    let (kind, what) = match (order.purpose, order.request.side) {
        (Purpose::Entry, _) => (AlertKind::EntryFill, "Entry"),
        (Purpose::Exit, _) => (AlertKind::ExitFill, "Exit"),
        (Purpose::Stop, _) => (AlertKind::ExitFill, "Stop"),
        (Purpose::Target, _) => (AlertKind::ExitFill, "Target"),
        (Purpose::Rebalance, Side::Buy) => (AlertKind::EntryFill, "Rebalance"),
        (Purpose::Rebalance, Side::Sell) => (AlertKind::ExitFill, "Rebalance"),
    };
    let symbol = order.request.symbol;
    let text = format!(
        "{}: {} at {}, {} of {} by now",
        described(order),
        fill.quantity.normalize(),
        fill.price.normalize(),
        order.filled.normalize(),
        order.quantity.normalize()
    );
    let title = format!("{what} filled: {symbol}");
    said(kind, Severity::Info, symbol, title, text)
}

fn closed(position: &Position, reason: CloseReason, realised: Decimal) -> Said {
    let reason = match reason {
        CloseReason::StopLoss => "its stop was hit",
        CloseReason::TakeProfit => "its target was reached",
        CloseReason::Exit => "it was closed",
    };
    let symbol = position.symbol;
    let price = position.exit_price();
    let at = price.map_or_else(String::new, |price| {
        format!(" at {}", price.round_dp(8).normalize())
    });
    let sign = if realised > Decimal::ZERO { "+" } else { "" };
    let text = format!(
        "{}{at}, {reason}: {sign}{} {} after fees",
        position.id,
        realised.round_dp(8).normalize(),
        symbol.quote()
    );
    let title = format!("Position closed: {symbol}");
    said(AlertKind::ExitFill, Severity::Info, symbol, title, text)
}

/// Agents, approvals, and who gives way to whom.
fn crew(event: &Event) -> Option<Said> {
    use AlertKind as Kind;
    use Severity::{Critical, Info, Warning};
    Some(match event {
        Event::HealthChanged {
            agent,
            stale,
            unhealthy,
        } => match (stale, unhealthy) {
            (true, _) => said(
                Kind::AgentUnhealthy,
                Critical,
                agent,
                format!("No sign of life: {agent}"),
                "its heartbeat is overdue".into(),
            ),
            (false, true) => said(
                Kind::AgentUnhealthy,
                Critical,
                agent,
                format!("Fails too often: {agent}"),
                "more of its latest work went wrong than it may".into(),
            ),
            (false, false) => said(
                Kind::Recovered,
                Info,
                agent,
                format!("Well again: {agent}"),
                "it answers and its work succeeds".into(),
            ),
        },
        Event::ApprovalAsked { approval } => {
            let request = &approval.request;
            said(
                Kind::ApprovalWaiting,
                Warning,
                approval.id,
                format!("Waits for approval: {}", request.symbol),
                format!(
                    "{}: {} {} by {}: {}",
                    approval.id,
                    side(request.side),
                    request.quantity.normalize(),
                    approval.by,
                    approval.reason
                ),
            )
        }
        Event::SignalWeighed {
            symbol, verdict, ..
        } if verdict.starts_with("conflict") => said(
            Kind::Conflict,
            Info,
            symbol,
            format!("Signals contradict each other: {symbol}"),
            verdict.clone(),
        ),
        Event::ActivityBegan { activity } if activity.queued => {
            let kind = activity.kind.as_str();
            said(
                Kind::Conflict,
                Info,
                kind,
                format!("Waits for its turn: {kind}"),
                format!("{} of {}", activity.id, activity.agent),
            )
        }
        Event::ReservationEnded { id, how, reason } if *how == Standing::Preempted => said(
            Kind::Conflict,
            Info,
            "reservations",
            "A reservation gave way".into(),
            format!("{id}: {reason}"),
        ),
        _ => return None,
    })
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn described(order: &Order) -> String {
    let price = order.price.or(order.stop_price);
    let price = price.map_or_else(
        || "at the market".into(),
        |price| format!("at {}", price.normalize()),
    );
    format!(
        "{}: {} {} {price}",
        order.id,
        side(order.request.side),
        order.quantity.normalize()
    )
}

fn usd(amount: Decimal) -> String {
    format!("{} USD", amount.round_dp(2).normalize())
}
