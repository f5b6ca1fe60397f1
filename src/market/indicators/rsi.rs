//! Relative strength.

use super::Wilder;

/// Wilder's relative strength index: the share of gains in all moves, 0 to 100.
#[derive(Debug, Clone)]
pub struct Rsi {
    before: Option<f64>,
    gain: Wilder,
    loss: Wilder,
}

impl Rsi {
    /// Usually over 14 closes.
    ///
    /// # Panics
    /// When the period is 0.
    pub fn new(period: usize) -> Self {
        Self {
            before: None,
            gain: Wilder::new(period),
            loss: Wilder::new(period),
        }
    }

    /// Takes the next close in. Where nothing has moved at all it reads 50: neither side is stronger.
    pub fn next(&mut self, close: f64) -> Option<f64> {
        let change = close - self.before.replace(close)?;
        let gain = self.gain.next(change.max(0.0));
        let loss = self.loss.next((-change).max(0.0));
        let (gain, loss) = (gain?, loss?);
        let moved = gain + loss;
        Some(if moved == 0.0 {
            50.0
        } else {
            100.0 * gain / moved
        })
    }
}
