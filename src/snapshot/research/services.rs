//! A service's row.

use rust_decimal::Decimal;

use super::{EndRow, PromiseRow, ServiceRow, StageRow};
use crate::core::research::Promise;
use crate::core::service::{Book, Left, Service, Stage};
use crate::core::{Quotes, State, Time};
use crate::snapshot::contention::waits_for;

/// Digits of a figure that is shown.
const DIGITS: u32 = 6;

/// Where a service stands.
pub(super) fn status(s: &Service) -> &'static str {
    match (&s.ended, s.began_at) {
        (Some(_), _) => "ended",
        (None, Some(_)) => "running",
        (None, None) => "waiting",
    }
}

/// A service's document.
pub(in crate::snapshot) fn service(
    state: &State,
    quotes: &Quotes,
    now: Time,
    s: &Service,
) -> ServiceRow {
    // What ended has left its last stage, and its figures with it.
    let book = match (&s.ended, s.left.last()) {
        (Some(_), Some(left)) => &left.book,
        _ => &s.book,
    };
    let price = quotes.get(s.symbol()).map(|q| q.last);
    let worth = price.and_then(|price| state.worth_of_service(s.id, price));
    let pnl = match worth.filter(|_| s.is_at_work()) {
        Some(worth) => worth - book.capital,
        None => book.realised,
    };
    let open = match price.filter(|_| s.is_at_work()) {
        Some(price) => {
            let paper = book.holding.as_ref().map(|h| h.gain(price));
            let real = state.positions_of(s.id).map(|p| p.unrealised(price));
            paper.unwrap_or_default() + real.sum::<Decimal>()
        }
        None => Decimal::ZERO,
    };
    ServiceRow {
        id: s.id,
        kind: s.kind,
        strategy: s.strategy(),
        version: s.version.version.clone(),
        symbol: s.symbol(),
        interval_s: s.version.interval_ms / 1000,
        stage: s.stage.to_string(),
        share: state.share_of(s.stage).normalize(),
        status: status(s).into(),
        waits_for: waits(state, s),
        capital: s.capital.normalize(),
        asked: s.asked.normalize(),
        signals: book.signals,
        trades: book.trades,
        wins: book.wins,
        win_rate_pct: percent(book.wins.into(), book.trades.into()),
        pnl: shown(pnl),
        unrealised: shown(open),
        return_pct: percent(pnl, book.capital),
        sharpe: book.days.yearly().map(shown),
        baseline_sharpe: book.baseline.yearly().map(shown),
        max_drawdown_pct: drawdown(book),
        allowed_drawdown_pct: Some(shown(
            s.most_drawdown(&state.settings.research) * Decimal::ONE_HUNDRED,
        )),
        promise: s.version.promise.as_ref().map(PromiseRow::from),
        gates: s.left.last().map(|l| l.gates.clone()).unwrap_or_default(),
        stages: s.left.iter().map(StageRow::from).collect(),
        run: s.run,
        by: s.by,
        created_at: s.created_at,
        stage_since: s.staged_at,
        time_left_s: time_left(state, now, s),
        holds: s.holds.clone(),
        replaces: s.replaces,
        end: s.ended.as_ref().map(|ended| EndRow {
            how: ended.how,
            at: ended.at,
            reason: ended.reason.clone(),
        }),
    }
}

fn waits(state: &State, s: &Service) -> Option<String> {
    if s.ended.is_some() || s.began_at.is_some() {
        return None;
    }
    let rows = s.holds.iter().filter_map(|id| state.ledger.get(*id));
    let mut words = rows.filter_map(|row| {
        let why = waits_for(row)?;
        Some(format!("{}: {why}", row.pooled().as_str()))
    });
    words.next()
}

fn time_left(state: &State, now: Time, s: &Service) -> Option<u64> {
    if s.ended.is_some() || s.stage == Stage::InService {
        return None;
    }
    let least = u64::from(state.settings.research.shortest(s.stage));
    let lasted = u64::try_from((now - s.began_at?) / 1000).unwrap_or(0);
    Some(least.saturating_sub(lasted))
}

fn shown(figure: Decimal) -> Decimal {
    figure.round_dp(DIGITS).normalize()
}

fn percent(part: Decimal, of: Decimal) -> Option<Decimal> {
    let share = part.checked_div(of)?;
    share.checked_mul(Decimal::ONE_HUNDRED).map(shown)
}

fn drawdown(book: &Book) -> Decimal {
    shown(book.max_drawdown * Decimal::ONE_HUNDRED)
}

impl From<&Left> for StageRow {
    fn from(left: &Left) -> Self {
        Self {
            stage: left.stage.to_string(),
            left_at: left.at,
            trades: left.book.trades,
            pnl: shown(left.book.realised),
            sharpe: left.book.days.yearly().map(shown),
            max_drawdown_pct: drawdown(&left.book),
            gates: left.gates.clone(),
        }
    }
}

impl From<&Promise> for PromiseRow {
    fn from(p: &Promise) -> Self {
        let percent = |share: Decimal| shown(share * Decimal::ONE_HUNDRED);
        Self {
            sharpe: p.sharpe.map(shown),
            max_drawdown_pct: percent(p.max_drawdown),
            trades: p.trades,
            mean_trade_pct: p.mean_trade.map(percent),
            return_pct: percent(p.gained),
        }
    }
}
