//! Whether anything may be entered at all: trading, the symbol, the venue, what is open against it.

use super::gate::{Gate, Passed};
use crate::core::degradation;
use crate::core::trading_state::Mode;

impl Gate<'_> {
    /// Trading runs, the crew is well enough, and nobody paused the symbol.
    pub(super) fn trading(&mut self) -> Passed {
        let mode = self.state.mode();
        let flattening = self.state.trading.flattening.is_some();
        self.rule(
            "RISK_STATE",
            mode.entries() && !flattening,
            Mode::Running.as_str(),
            if flattening && mode.entries() {
                "flattening"
            } else {
                mode.as_str()
            },
            "no entry while trading does not run",
            "`pilothouse status` shows why; `pilothouse resume` lifts what may be lifted",
        )?;
        let level = self.state.degradation.level;
        self.rule(
            "RISK_DEGRADED",
            level < degradation::Level::Emergency,
            degradation::Level::Limited.as_str(),
            level.as_str(),
            "no entry while too much of the crew fails",
            "it goes down by itself after some minutes without a failure: `pilothouse status`",
        )?;
        let pauses = &self.state.trading.paused_symbols;
        let paused = pauses.contains_key(&self.request.symbol);
        self.rule(
            "RISK_SYMBOL_PAUSED",
            !paused,
            "not paused",
            if paused { "paused" } else { "not paused" },
            "the symbol is paused",
            "pilothouse resume --symbol SYMBOL",
        )
    }

    /// The symbol is one that is traded here.
    pub(super) fn symbol(&mut self) -> Passed {
        let symbol = self.request.symbol;
        self.rule(
            "RISK_SYMBOL",
            self.state.settings.symbols.contains(&symbol),
            "a traded symbol",
            symbol,
            "the symbol is not traded here",
            "`pilothouse status` lists the symbols",
        )
    }

    /// The venue's figures are within their bounds (G4).
    pub(super) fn venue(&mut self) -> Passed {
        let breach = self.state.risk.guard.iter().next();
        self.rule(
            "RISK_GUARD",
            breach.is_none(),
            "within bounds",
            breach.map_or("within bounds", |(_, breach)| breach.reason.as_str()),
            "the venue's figures are out of bounds",
            "`pilothouse guard` shows them; it clears by itself once they are back for a while",
        )
    }

    /// Nothing of the other side is open or may still open: the venue would net the two, and refuse
    /// what closes the smaller one.
    pub(super) fn opposing(&mut self) -> Passed {
        let (symbol, side) = (self.request.symbol, self.request.side);
        let mut open = self.state.positions.of(symbol);
        let position = open.find(|p| p.side != side && p.is_open());
        let mut live = self.state.orders.live.values();
        let entry =
            live.find(|o| o.counts() && o.request.symbol == symbol && o.request.side != side);
        let id = position
            .map(|p| p.id.to_string())
            .or_else(|| entry.map(|o| o.id.to_string()));
        self.rule(
            "RISK_OPPOSING_POSITION",
            id.is_none(),
            "none",
            id.unwrap_or_else(|| "none".to_owned()),
            "a position of the other side is open, or an entry that may open one",
            "close it first, or cancel the entry: `pilothouse positions close ID`, `orders cancel ID`",
        )
    }
}
