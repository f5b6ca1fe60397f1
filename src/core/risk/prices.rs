//! The rules on prices: fresh, near the market, protection on the right side, worth enough and not
//! too much, at a cost of trading that is not too high.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::gate::{Gate, Passed};
use crate::core::order::{Kind, Side};
use crate::core::quote::Quote;
use crate::core::refusal::Refusal;

/// What an order may say of the market it saw, in its metadata.
const SPREAD: &str = "spread";
const ADVERSE_SELECTION: &str = "adverse_selection";

impl Gate<'_> {
    /// The symbol's price, if it is young enough to decide by.
    pub(super) fn fresh(&mut self, quote: Option<Quote>) -> Result<Quote, Refusal> {
        let most = i64::from(self.state.settings.risk.max_quote_age_s) * 1000;
        let age = quote.map(|q| (self.now - q.time).max(0));
        let limit = quote.map_or(most, |q| most.max(q.bar_ms));
        let seconds = |ms: i64| format!("{} s", Decimal::new(ms, 3).normalize());
        self.rule(
            "RISK_STALE_PRICE",
            age.is_some_and(|a| a <= limit),
            seconds(limit),
            age.map_or("no price".to_owned(), seconds),
            "the symbol's price is too old, or there is none",
            "wait for the feed",
        )?;
        quote.ok_or_else(|| Refusal::new("RISK_STALE_PRICE", "no price", "wait for the feed"))
    }

    /// USD of one of the symbol's quote currency, by which limits in USD are compared.
    pub(super) fn rate_of_quote(&mut self) -> Result<Decimal, Refusal> {
        let symbol = self.request.symbol;
        match self.state.usd_of(symbol.quote(), self.price) {
            Some(rate) => Ok(rate),
            None => {
                self.rule(
                    "RISK_STALE_PRICE",
                    false,
                    "a price",
                    format!("no price of {}", symbol.quote()),
                    format_args!("what {} is worth in USD is not known", symbol.quote()),
                    "wait for the feed",
                )?;
                Ok(Decimal::ONE)
            }
        }
    }

    pub(super) fn prices(&mut self, quote: &Quote, rate: Decimal) -> Passed {
        self.collar(quote.last)?;
        self.protection(quote.last)?;
        self.value(quote.last, rate)?;
        self.spread(quote)?;
        self.adverse_selection(quote)?;
        self.slippage()
    }

    fn collar(&mut self, reference: Decimal) -> Passed {
        let limit = self.limits.price_collar;
        let prices = [self.request.price, self.request.stop_price];
        for price in prices.into_iter().flatten() {
            let distance = ((price - reference) / reference).abs().round_dp(8);
            self.rule(
                "RISK_PRICE_COLLAR",
                distance <= limit,
                limit,
                distance.normalize(),
                "the price is too far from the market",
                format_args!("the last price is {}", reference.normalize()),
            )?;
        }
        Ok(())
    }

    fn protection(&mut self, reference: Decimal) -> Passed {
        let request = self.request;
        let entry = request.price.unwrap_or(reference);
        for (name, price, beyond) in [
            ("stop", request.stop, Decimal::NEGATIVE_ONE),
            ("target", request.target, Decimal::ONE),
        ] {
            let Some(price) = price else {
                continue;
            };
            let above = (beyond * request.side.sign()).is_sign_positive();
            self.rule(
                "RISK_PRICE",
                (price - entry) * beyond * request.side.sign() > Decimal::ZERO,
                format!(
                    "{} {}",
                    if above { "above" } else { "below" },
                    entry.normalize()
                ),
                price.normalize(),
                format_args!("the {name} is on the wrong side of the entry"),
                "a long's stop lies below and its target above; a short's the other way round",
            )?;
        }
        Ok(())
    }

    fn value(&mut self, reference: Decimal, rate: Decimal) -> Passed {
        let value = self.request.quantity * self.request.price.unwrap_or(reference);
        let minimum = self.state.settings.execution.minimum_value;
        self.rule(
            "RISK_SIZE",
            value >= minimum,
            minimum,
            value.normalize(),
            "the order is worth less than the venue takes",
            "ask for more",
        )?;
        let dollars = value.saturating_mul(rate);
        let limit = self.limits.max_order_value_usd;
        self.rule(
            "RISK_ORDER_VALUE",
            dollars <= limit,
            limit,
            dollars.normalize(),
            "the order is worth too much",
            "ask for less",
        )
    }

    /// The wider of the spread we see and the one the order says it saw.
    fn spread(&mut self, quote: &Quote) -> Passed {
        let ours = (quote.ask - quote.bid)
            .checked_div(middle(quote))
            .unwrap_or_default();
        let spread = self.worse(ours, SPREAD)?;
        let limit = self.limits.max_spread;
        self.rule(
            "RISK_SPREAD",
            spread <= limit,
            limit,
            spread,
            "the spread is too wide",
            "wait until it narrows",
        )
    }

    /// How far the market trades away from who enters now: a buy below the mid price is sold to by
    /// those who know more, a sell above it bought from. Trades below the mid are the sellers' and
    /// those above it the buyers' (C. Lee, M. Ready: Inferring Trade Direction from Intraday Data,
    /// Journal of Finance 46, 1991). The worse of ours and what the order says.
    fn adverse_selection(&mut self, quote: &Quote) -> Passed {
        let mid = middle(quote);
        let against = match self.request.side {
            Side::Buy => mid - quote.last,
            Side::Sell => quote.last - mid,
        };
        let ours = against
            .max(Decimal::ZERO)
            .checked_div(mid)
            .unwrap_or_default();
        let selection = self.worse(ours, ADVERSE_SELECTION)?;
        let limit = self.limits.max_adverse_selection;
        self.rule(
            "RISK_ADVERSE_SELECTION",
            selection <= limit,
            limit,
            selection,
            "the market trades against this side",
            "wait until it has turned",
        )
    }

    fn slippage(&mut self) -> Passed {
        let slippage = match self.request.kind {
            Kind::Limit => Decimal::ZERO,
            _ => self.state.settings.execution.expected_slippage,
        };
        let limit = self.limits.max_slippage;
        self.rule(
            "RISK_SLIPPAGE",
            slippage <= limit,
            limit,
            slippage,
            "the expected slippage is too high",
            "use a limit order",
        )
    }

    /// The larger of a figure of ours and the order's own, which has to be a fraction.
    fn worse(&mut self, ours: Decimal, name: &str) -> Result<Decimal, Refusal> {
        let ours = ours.round_dp(8).normalize();
        let Some(text) = self.request.metadata.get(name) else {
            return Ok(ours);
        };
        let Ok(theirs) = text.parse::<Decimal>() else {
            self.rule(
                "ORDER_INVALID",
                false,
                "a fraction",
                text.as_str(),
                format_args!("metadata.{name} is not a number"),
                "a fraction, as in 0.002, or leave it out",
            )?;
            return Ok(ours);
        };
        Ok(ours.max(theirs.normalize()))
    }
}

fn middle(quote: &Quote) -> Decimal {
    (quote.ask + quote.bid) / dec!(2)
}
