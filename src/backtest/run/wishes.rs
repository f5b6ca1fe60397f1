//! From a wish to an order.

use sha2::{Digest, Sha256};

use super::Run;
use crate::backtest::watch::Watch;
use crate::core::Command;
use crate::core::order::{Kind, OrderRequest};
use crate::strategies::{Standing, Wish};

/// Bytes of a feature hash.
const HASHED: usize = 8;

impl<W: Watch> Run<'_, W> {
    /// Asks the core for what a strategy wants. A position whose stop or target holds it is closed
    /// whole: the core moves them out of the way first.
    pub(super) fn wish(&mut self, lane: usize, wish: &Wish) {
        let wish = wish.on_steps(self.paper.quantity_step, self.paper.price_step);
        let of = &self.lanes[lane];
        let leaves = match of.standing {
            Standing::Long(_) | Standing::Short(_) => {
                self.desk.state.positions.of(of.symbol).find(|p| {
                    p.side != wish.side && (p.stop_order.is_some() || p.target_order.is_some())
                })
            }
            Standing::Flat | Standing::Waiting => None,
        };
        let command = match leaves {
            Some(position) => Command::Close {
                position: position.id,
                limit: wish.limit,
                reason: format!("{} wants to", self.names.strategy),
            },
            None => {
                let kind = match wish.limit {
                    Some(_) => Kind::Limit,
                    None => Kind::Market,
                };
                Command::Place(Box::new(OrderRequest {
                    price: wish.limit,
                    stop: wish.stop,
                    target: wish.target,
                    strategy: Some(self.names.strategy),
                    agent_id: Some(self.names.trader),
                    policy_version: Some(self.version.to_owned()),
                    feature_hash: Some(feature_hash(&of.strategy.features())),
                    ..OrderRequest::new(of.symbol, wish.side, kind, wish.quantity)
                }))
            }
        };
        // What is refused is a record and a count of its own.
        self.desk.ask(self.names.strategy, 0, command);
        self.settle();
    }
}

/// The first bytes of the SHA-256 of what was looked at, in hex.
fn feature_hash(features: &[f64]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut sha = Sha256::new();
    for feature in features {
        sha.update(feature.to_le_bytes());
    }
    let mut text = String::with_capacity(2 * HASHED);
    for byte in &sha.finalize()[..HASHED] {
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
    text
}
