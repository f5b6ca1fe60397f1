//! The gate every entry passes, an operator's own too: one fixed order, the first refusal wins,
//! and the verdict names rule, limit and value (trading.md, Risk). Exits meet only sanity.

mod check;
mod guard;
mod limits;
mod memory;
mod part;

pub use check::{Check, Code, Measure};
pub use limits::{Level, Limits, Narrower, exposure, of_order};
pub use memory::{Breach, Cooldown, RiskMemory};
pub use part::part;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::degradation;
use super::order::{Kind, OrderRequest, Purpose, Side};
use super::quote::Quote;
use super::refusal::Refusal;
use super::reservation::Class;
use super::state::State;
use super::time::Time;
use super::trading_state::Mode;

/// Everything the gate looked at, and the first refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In the gate's order, up to the refusal.
    pub checks: Vec<Check>,
    /// What the order may cost at worst, USD: price, fee, leverage.
    pub capital: Decimal,
    /// The reference price.
    pub reference: Decimal,
    /// Why not, if not.
    pub refusal: Option<Refusal>,
}

/// The gate at work on one order.
struct Gate {
    checks: Vec<Check>,
}

type Passed = Result<(), Refusal>;

impl Gate {
    fn rule(
        &mut self,
        code: &str,
        passed: bool,
        limit: impl Into<Measure>,
        value: impl Into<Measure>,
        message: &str,
        hint: &str,
    ) -> Passed {
        let (limit, value) = (limit.into(), value.into());
        let refusal = (!passed).then(|| Refusal::new(code, message, hint).measured(limit, value));
        self.checks.push(Check {
            rule: Code::new(code).expect("every rule's code is short"),
            limit,
            value,
            passed,
        });
        refusal.map_or(Ok(()), Err)
    }
}

/// The price an order may be filled at, at worst.
pub fn worst_price(request: &OrderRequest, reference: Decimal, slippage: Decimal) -> Decimal {
    match (request.kind, request.price, request.stop_price) {
        (Kind::Limit, Some(price), _) if request.side == Side::Buy => price,
        // A sell fills at its limit or better, which is worth more.
        (Kind::Limit, Some(price), _) => price.max(reference),
        (Kind::StopLoss | Kind::TakeProfit, _, Some(trigger)) => {
            trigger.max(reference) * (Decimal::ONE + slippage)
        }
        _ => reference * (Decimal::ONE + slippage),
    }
}

/// What an order of this size binds, USD: quantity × worst price ÷ leverage + taker fee.
pub fn capital_of(quantity: Decimal, worst: Decimal, leverage: Decimal, fee: Decimal) -> Decimal {
    let notional = quantity * worst;
    rounded_up(notional / leverage + notional * fee)
}

/// Rounded up to the eighth decimal: what is bound is never less than what it covers.
pub fn rounded_up(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(8, rust_decimal::RoundingStrategy::AwayFromZero)
}

/// Prices and quantities lie below it, so that every product of two can be counted.
pub const MOST: Decimal = dec!(1000000000000);

/// Whether a number is a whole multiple of a step.
pub fn on_step(value: Decimal, step: Decimal) -> bool {
    step.is_zero() || (value % step).is_zero()
}

/// The rules that even an exit meets: sizes and prices that make sense.
pub fn sanity(state: &State, request: &OrderRequest) -> Passed {
    let mut gate = Gate { checks: Vec::new() };
    gate.sane(state, request)
}

impl Gate {
    fn sane(&mut self, state: &State, request: &OrderRequest) -> Passed {
        let e = &state.settings.execution;
        let quantity = request.quantity;
        self.rule(
            "RISK_SIZE",
            quantity > Decimal::ZERO && quantity < MOST,
            "> 0",
            quantity,
            "the quantity must lie above 0",
            "give a quantity in the base currency",
        )?;
        self.rule(
            "RISK_SIZE",
            on_step(quantity, e.quantity_step),
            e.quantity_step,
            quantity,
            "the quantity is not a multiple of the step",
            "round it to the step",
        )?;
        let needs = match request.kind {
            Kind::Market => None,
            Kind::Limit => Some(("limit", request.price)),
            Kind::StopLoss | Kind::TakeProfit => Some(("trigger", request.stop_price)),
        };
        if let Some((what, price)) = needs {
            self.rule(
                "RISK_PRICE",
                price.is_some(),
                "a price",
                "none",
                &format!("this type of order needs a {what} price"),
                "--price for a limit, --stop-price for a stop-loss or take-profit",
            )?;
        }
        for price in [
            request.price,
            request.stop_price,
            request.stop,
            request.target,
        ]
        .into_iter()
        .flatten()
        {
            self.rule(
                "RISK_PRICE",
                price > Decimal::ZERO && price < MOST && on_step(price, e.price_step),
                format!("> 0, step {}", e.price_step),
                price,
                "a price must lie above 0, on the venue's step",
                "round it to the step",
            )?;
        }
        Ok(())
    }
}

/// Passes an entry through every rule. Prices of other symbols come from `price`.
pub fn entry(
    state: &State,
    now: Time,
    request: &OrderRequest,
    quote: Option<Quote>,
    worth: Option<Decimal>,
    price: impl Fn(super::text::Symbol) -> Option<Decimal>,
) -> Verdict {
    let mut gate = Gate {
        checks: Vec::with_capacity(20),
    };
    let reference = quote.map_or(Decimal::ZERO, |q| q.last);
    let worst = worst_price(
        request,
        reference,
        state.settings.execution.expected_slippage,
    );
    // What is not sane is refused before its capital is asked for.
    let capital = match sanity(state, request) {
        Ok(()) => capital_of(
            request.quantity,
            worst.max(Decimal::ZERO),
            request.leverage.max(Decimal::ONE),
            state.settings.execution.taker_fee,
        ),
        Err(_) => Decimal::ZERO,
    };
    let refusal = gate
        .all(state, now, request, quote, worth, capital, price)
        .err();
    Verdict {
        checks: gate.checks,
        capital,
        reference,
        refusal,
    }
}

/// The rules that a new price of a resting entry meets; answers what it may cost at worst, USD.
///
/// # Errors
/// The first rule that refuses it.
pub fn amended(
    state: &State,
    now: Time,
    request: &OrderRequest,
    quote: Option<Quote>,
) -> Result<Decimal, Refusal> {
    let mut gate = Gate { checks: Vec::new() };
    gate.state(state, request)?;
    let quote = gate.fresh(now, quote, state.settings.risk.max_quote_age_s)?;
    gate.prices(state, request, &quote)?;
    let e = &state.settings.execution;
    let worst = worst_price(request, quote.last, e.expected_slippage);
    Ok(capital_of(
        request.quantity,
        worst,
        request.leverage,
        e.taker_fee,
    ))
}

impl Gate {
    #[allow(clippy::too_many_arguments)] // one call, and each is a fact the rules measure
    fn all(
        &mut self,
        state: &State,
        now: Time,
        request: &OrderRequest,
        quote: Option<Quote>,
        worth: Option<Decimal>,
        capital: Decimal,
        price: impl Fn(super::text::Symbol) -> Option<Decimal>,
    ) -> Passed {
        let r = &state.settings.risk;
        let symbol = request.symbol;
        self.state(state, request)?;
        let known = state.settings.symbols.contains(&symbol);
        self.rule(
            "RISK_SYMBOL",
            known,
            "a traded symbol",
            symbol,
            "the symbol is not traded here",
            "`pilothouse status` lists the symbols",
        )?;
        self.sane(state, request)?;
        let quote = self.fresh(now, quote, r.max_quote_age_s)?;
        self.prices(state, request, &quote)?;
        self.orders(state, now, request)?;
        self.counts(state, request)?;
        let notional = request.quantity * request.price.unwrap_or(quote.last);
        for (level, limits) in limits::levels(state, request) {
            let total = exposure(state, level, &price) + notional;
            self.rule(
                "RISK_EXPOSURE",
                total <= limits.max_exposure_usd,
                limits.max_exposure_usd,
                total.normalize(),
                "positions and entries together would be worth too much",
                "close something, or ask for less",
            )?;
        }
        let loss = state.account.day_start - worth.unwrap_or(state.account.equity);
        self.rule(
            "RISK_DAILY_LOSS",
            loss < r.daily_loss_usd && state.account.loss_day != Some(now.day()),
            r.daily_loss_usd,
            loss.round_dp(8).normalize(),
            "the day's loss is at its limit",
            "entries are possible again on the next UTC day, or with a higher limit",
        )?;
        self.duplicate(state, now, request)?;
        let opposing = state
            .positions
            .of(symbol)
            .find(|p| p.side != request.side && p.is_open());
        self.rule(
            "RISK_OPPOSING_POSITION",
            opposing.is_none(),
            "none",
            opposing.map_or("none".to_owned(), |p| p.id.to_string()),
            "a position of the other side is open",
            "close it first: `pilothouse positions close ID`",
        )?;
        // An entry may take what lower priorities hold.
        let free = state.ledger.reachable_capital(Class::Live.priority());
        self.rule(
            "RISK_CAPITAL",
            capital <= free,
            free.normalize(),
            capital.normalize(),
            "the capital for it is not free",
            "`pilothouse reservations` shows who holds it",
        )
    }

    fn state(&mut self, state: &State, request: &OrderRequest) -> Passed {
        let mode = state.mode();
        self.rule(
            "RISK_STATE",
            mode.entries(),
            Mode::Running.as_str(),
            mode.as_str(),
            "no entry while trading does not run",
            "`pilothouse status` shows why; `pilothouse resume` lifts what may be lifted",
        )?;
        let level = state.degradation.level;
        self.rule(
            "RISK_DEGRADED",
            level < degradation::Level::Emergency,
            degradation::Level::Limited.as_str(),
            level.as_str(),
            "no entry while too much of the crew fails",
            "it goes down by itself after some minutes without a failure: `pilothouse status`",
        )?;
        let paused = state.trading.paused_symbols.contains_key(&request.symbol);
        self.rule(
            "RISK_SYMBOL_PAUSED",
            !paused,
            "not paused",
            if paused { "paused" } else { "not paused" },
            "the symbol is paused",
            "pilothouse resume --symbol SYMBOL",
        )
    }

    fn fresh(&mut self, now: Time, quote: Option<Quote>, max_age_s: u32) -> Result<Quote, Refusal> {
        let age = quote.map(|q| (now - q.time).max(0));
        let limit = quote.map_or(0, |q| (i64::from(max_age_s) * 1000).max(q.bar_ms));
        self.rule(
            "RISK_STALE_PRICE",
            age.is_some_and(|a| a <= limit),
            format!("{} s", Decimal::new(limit, 3).normalize()),
            age.map_or("no price".to_owned(), |a| {
                format!("{} s", Decimal::new(a, 3).normalize())
            }),
            "the symbol's price is too old, or there is none",
            "wait for the feed",
        )?;
        quote.ok_or_else(|| Refusal::new("RISK_STALE_PRICE", "no price", "wait for the feed"))
    }

    fn prices(&mut self, state: &State, request: &OrderRequest, quote: &Quote) -> Passed {
        let r = limits::of_order(state, request);
        let reference = quote.last;
        for price in [request.price, request.stop_price].into_iter().flatten() {
            let distance = ((price - reference) / reference).abs().round_dp(8);
            self.rule(
                "RISK_PRICE_COLLAR",
                distance <= r.price_collar,
                r.price_collar,
                distance.normalize(),
                "the price is too far from the market",
                &format!("the last price is {}", reference.normalize()),
            )?;
        }
        for (name, price, beyond) in [
            ("stop", request.stop, Decimal::NEGATIVE_ONE),
            ("target", request.target, Decimal::ONE),
        ] {
            if let Some(price) = price {
                let entry = request.price.unwrap_or(reference);
                self.rule(
                    "RISK_PRICE",
                    (price - entry) * beyond * request.side.sign() > Decimal::ZERO,
                    if (beyond * request.side.sign()).is_sign_positive() {
                        format!("above {}", entry.normalize())
                    } else {
                        format!("below {}", entry.normalize())
                    },
                    price.normalize(),
                    &format!("the {name} is on the wrong side of the entry"),
                    "a long's stop lies below and its target above; a short's the other way round",
                )?;
            }
        }
        let value = request.quantity * request.price.unwrap_or(reference);
        let minimum = state.settings.execution.minimum_value;
        self.rule(
            "RISK_SIZE",
            value >= minimum,
            minimum,
            value.normalize(),
            "the order is worth less than the venue takes",
            "ask for more",
        )?;
        self.rule(
            "RISK_ORDER_VALUE",
            value <= r.max_order_value_usd,
            r.max_order_value_usd,
            value.normalize(),
            "the order is worth too much",
            "ask for less",
        )?;
        let middle = (quote.ask + quote.bid) / dec!(2);
        let spread = (quote.ask - quote.bid)
            .checked_div(middle)
            .unwrap_or_default()
            .round_dp(8);
        self.rule(
            "RISK_SPREAD",
            spread <= r.max_spread,
            r.max_spread,
            spread.normalize(),
            "the spread is too wide",
            "wait until it narrows",
        )?;
        let slippage = match request.kind {
            Kind::Limit => Decimal::ZERO,
            _ => state.settings.execution.expected_slippage,
        };
        self.rule(
            "RISK_SLIPPAGE",
            slippage <= r.max_slippage,
            r.max_slippage,
            slippage,
            "the expected slippage is too high",
            "use a limit order",
        )
    }

    fn orders(&mut self, state: &State, now: Time, request: &OrderRequest) -> Passed {
        for (level, limits) in limits::levels(state, request) {
            let limit = limits.orders_per_minute;
            let recent = state
                .orders
                .recent
                .iter()
                .filter(|r| now - r.at < 60_000 && level.holds(r.symbol, r.strategy))
                .count();
            self.rule(
                "RISK_ORDER_RATE",
                recent < limit as usize,
                limit,
                recent + 1,
                "too many entries in the last minute",
                "wait a minute",
            )?;
        }
        Ok(())
    }

    fn counts(&mut self, state: &State, request: &OrderRequest) -> Passed {
        let r = limits::of_order(state, request);
        let pending = |symbol: Option<super::text::Symbol>| {
            state
                .orders
                .live
                .values()
                .filter(|o| {
                    o.purpose == Purpose::Entry
                        // A part belongs to the position of its whole.
                        && o.parent.is_none()
                        && o.filled.is_zero()
                        && symbol.is_none_or(|s| s == o.request.symbol)
                })
                .count()
        };
        let of_symbol =
            state.positions.of(request.symbol).count() + pending(Some(request.symbol)) + 1;
        self.rule(
            "RISK_POSITIONS_SYMBOL",
            of_symbol <= r.positions_per_symbol as usize,
            r.positions_per_symbol,
            of_symbol,
            "too many positions of this symbol",
            "close one first",
        )?;
        let total = state.positions.open.len() + pending(None) + 1;
        self.rule(
            "RISK_POSITIONS_TOTAL",
            total <= state.settings.risk.positions_total as usize,
            state.settings.risk.positions_total,
            total,
            "too many positions",
            "close one first",
        )?;
        self.rule(
            "RISK_LEVERAGE",
            request.leverage >= Decimal::ONE && request.leverage <= r.max_leverage,
            r.max_leverage,
            request.leverage,
            "the leverage is out of range",
            "1 up to the limit",
        )
    }

    fn duplicate(&mut self, state: &State, now: Time, request: &OrderRequest) -> Passed {
        let window = i64::from(state.settings.risk.duplicate_window_s) * 1000;
        let same = |side: Side| {
            state.orders.recent.iter().rev().find(|r| {
                now - r.at < window
                    && r.symbol == request.symbol
                    && r.side == side
                    && r.quantity == request.quantity
            })
        };
        let twin = same(request.side);
        self.rule(
            "RISK_DUPLICATE",
            twin.is_none(),
            format!("{window} ms"),
            twin.map_or("none".to_owned(), |r| format!("{} ms", now - r.at)),
            "the same order was placed a moment ago",
            "if it is meant, place it again a little later",
        )
    }
}

/// The largest size within every limit that shrinks, base currency, on the venue's step.
pub fn cut(
    state: &State,
    request: &OrderRequest,
    quote: &Quote,
    price: impl Fn(super::text::Symbol) -> Option<Decimal>,
) -> Decimal {
    let r = limits::of_order(state, request);
    let e = &state.settings.execution;
    let at = request.price.unwrap_or(quote.last);
    let worst = worst_price(request, quote.last, e.expected_slippage);
    let room = limits::levels(state, request)
        .into_iter()
        .map(|(level, limits)| limits.max_exposure_usd - exposure(state, level, &price))
        .min()
        .unwrap_or_default()
        .max(Decimal::ZERO);
    let by_value = r.max_order_value_usd.min(room).checked_div(at);
    let each = worst / request.leverage + worst * e.taker_fee;
    let by_capital = state
        .ledger
        .reachable_capital(Class::Live.priority())
        .checked_div(each);
    let most = by_value
        .unwrap_or_default()
        .min(by_capital.unwrap_or_default())
        .min(request.quantity);
    if e.quantity_step.is_zero() {
        return most;
    }
    ((most / e.quantity_step).floor() * e.quantity_step).normalize()
}
