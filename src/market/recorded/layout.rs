//! Which column holds what: by name where there are names, else by their number.

/// What a file's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Candles,
    Trades,
}

/// Places of a row: the time first, then open, high, low, close, volume or price, volume.
pub(super) const SLOTS: usize = 6;

/// Which column fills which slot.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    slots: Vec<Option<usize>>,
}

const TIME: &[&str] = &[
    "time",
    "timestamp",
    "open_time",
    "opentime",
    "ts_ms",
    "ts_ns",
    "ts_us",
    "ts_s",
    "ts",
    "datetime",
    "date",
    "t",
];
const OPEN: &[&str] = &["open", "o"];
const HIGH: &[&str] = &["high", "h"];
const LOW: &[&str] = &["low", "l"];
const CLOSE: &[&str] = &["close", "c"];
const PRICE: &[&str] = &["price", "p"];
const VOLUME: &[&str] = &[
    "volume", "amount", "qty", "quantity", "size", "vol", "v", "q",
];
const CANDLE: [&[&str]; 6] = [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME];
const TRADE: [&[&str]; 3] = [TIME, PRICE, VOLUME];

impl Layout {
    /// The layout that the names give; none where no name is known.
    ///
    /// # Errors
    /// Names are known, but some that are needed are absent: which.
    pub(super) fn named(names: &[&str]) -> Option<Result<Self, String>> {
        let names: Vec<String> = names.iter().map(|name| normal(name)).collect();
        let find = |wanted: &[&str]| {
            wanted
                .iter()
                .find_map(|want| names.iter().position(|name| name == want))
        };
        if CANDLE.iter().chain(&TRADE).all(|w| find(w).is_none()) {
            return None;
        }
        let candles = [OPEN, HIGH, LOW, CLOSE].iter().any(|w| find(w).is_some());
        let (kind, wanted) = if candles {
            (Kind::Candles, &CANDLE[..])
        } else {
            (Kind::Trades, &TRADE[..])
        };
        let mut slots = vec![None; names.len()];
        for (slot, wanted) in wanted.iter().enumerate() {
            match find(wanted) {
                Some(column) => slots[column] = Some(slot),
                None => return Some(Err(format!("no column is named {}", wanted[0]))),
            }
        }
        Some(Ok(Self { kind, slots }))
    }

    /// The layout that `width` columns without names have.
    ///
    /// # Errors
    /// No recording is known to have that many.
    pub(super) fn by_width(width: usize) -> Result<Self, String> {
        let (kind, known) = match width {
            3 => (Kind::Trades, 3),
            6 | 7 | 12 => (Kind::Candles, 6),
            _ => {
                return Err(format!(
                    "{width} columns without names: 3 (time, price, volume) are expected for trades, \
                     6, 7 or 12 (time, open, high, low, close, volume, …) for candles"
                ));
            }
        };
        let slots = (0..width).map(|at| (at < known).then_some(at)).collect();
        Ok(Self { kind, slots })
    }

    /// Trades as rows of `ts_ms, id, type, side, price, amount, cost`.
    pub(super) fn trade_rows() -> Self {
        let slots = vec![Some(0), None, None, None, Some(1), Some(2), None];
        Self {
            kind: Kind::Trades,
            slots,
        }
    }

    /// How many columns a row has.
    pub(super) fn width(&self) -> usize {
        self.slots.len()
    }

    /// The slot that a column fills.
    pub(super) fn slot(&self, column: usize) -> Option<usize> {
        self.slots.get(column).copied().flatten()
    }
}

fn normal(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(names: &[&str]) -> (Kind, Vec<Option<usize>>) {
        let layout = Layout::named(names).unwrap().unwrap();
        (layout.kind, layout.slots)
    }

    #[test]
    fn columns_are_found_by_their_names_in_any_order() {
        assert_eq!(
            slots(&["Volume", "Close", "low", "HIGH", "open", "Open Time", "x"]),
            (
                Kind::Candles,
                vec![Some(5), Some(4), Some(3), Some(2), Some(1), Some(0), None]
            )
        );
        assert_eq!(
            slots(&["side", "qty", "ts_ns", "price"]),
            (Kind::Trades, vec![None, Some(2), Some(0), Some(1)])
        );
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = Layout::named(&["time", "open", "high", "low", "volume"]);
        assert_eq!(error.unwrap().unwrap_err(), "no column is named close");
        assert!(Layout::named(&["1", "2", "3"]).is_none());
    }
}
