//! What becomes of a signal before risk sees it: HOLD, conflicts, consensus, minimum confidence.

use rust_decimal::Decimal;

use super::{Cycle, Findings, Phase};
use crate::core::degradation::Level;
use crate::core::event::Event;
use crate::core::message::{Payload, Topic, TradingSignal};
use crate::core::signal::{self, Voices};
use crate::core::state::Decider;
use crate::core::text::{Name, Symbol};

impl Decider<'_> {
    fn voices(&self, symbol: Symbol) -> Voices {
        let latest = |topic| {
            self.state
                .bus
                .latest(topic, None, Some(symbol), self.now)
                .map(|m| m.payload.clone())
        };
        Voices {
            ta: latest(Topic::TaSignals).and_then(|p| match p {
                Payload::Ta(ta) => Some(ta),
                _ => None,
            }),
            regime: latest(Topic::RegimeUpdates).and_then(|p| match p {
                Payload::Regime(regime) => Some(regime),
                _ => None,
            }),
            sentiment: latest(Topic::SentimentUpdates).and_then(|p| match p {
                Payload::Sentiment(sentiment) => Some(sentiment),
                _ => None,
            }),
        }
    }

    /// HOLD → conflicts → consensus → minimum confidence; then risk is asked for a size.
    pub(super) fn analysed(&mut self, cycle: &Cycle, mut signal: TradingSignal) {
        let agent: Name = "trading_decision".parse().expect("a built-in name");
        self.publish(agent, Payload::Signal(signal.clone()));
        let voices = self.voices(cycle.symbol);
        let found = Findings {
            signal: Some(signal.clone()),
            seen: Some(Box::new(voices.clone())),
            ..Findings::default()
        };
        self.found(cycle.id, found.clone());
        let Some(side) = signal.action.side() else {
            let why = format!("HOLD: {}", signal.reasoning);
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        };
        let agreement = signal::agreement(&voices, side);
        let weighed = signal::weigh(signal.confidence, agreement);
        let strict = voices.regime.as_ref().is_some_and(|r| r.entry_strictness);
        let r = &self.state.settings.risk;
        let minimum = if strict {
            r.strict_confidence
        } else {
            r.minimum_confidence
        };
        let risk_per_trade = r.risk_per_trade;
        let mode = self.state.mode();
        let (passed, verdict) = if let Some(conflict) = signal::conflict(&voices, false) {
            (false, format!("conflict: {conflict}; wait"))
        } else if weighed < minimum {
            (
                false,
                format!("confidence {weighed} is under the minimum {minimum}"),
            )
        } else if !mode.entries() {
            (false, format!("ignored: trading is {}", mode.as_str()))
        } else {
            (true, "goes on to risk".to_owned())
        };
        self.emit(Event::SignalWeighed {
            cycle: cycle.id,
            symbol: cycle.symbol,
            confidence: signal.confidence,
            agreement: agreement.map(|a| a.round_dp(4)),
            weighed,
            verdict: verdict.clone(),
            passed,
        });
        if !passed {
            let why = format!("{} {verdict}", signal.action.as_str());
            self.end_cycle(cycle.id, Phase::Completed, &why);
            return;
        }
        signal.confidence = weighed;
        let Some(quote) = self.quote(cycle.symbol) else {
            self.end_cycle(cycle.id, Phase::Failed, "the symbol has no price");
            return;
        };
        self.found(
            cycle.id,
            Findings {
                signal: Some(signal.clone()),
                ..found
            },
        );
        let unknown = if self.state.degradation.level >= Level::Limited {
            self.state.settings.unknown_regime_multiplier
        } else {
            Decimal::ONE
        };
        let multiplier = voices
            .regime
            .map_or(unknown, |r| r.position_size_multiplier);
        let ask = Payload::Validate {
            signal,
            equity: self.worth().unwrap_or(self.state.account.equity),
            price: quote.last,
            multiplier,
            risk_per_trade,
        };
        self.enter_phase(cycle.id, Phase::RiskValidation, "validate", ask, &verdict);
    }
}
