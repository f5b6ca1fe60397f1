//! Pictures of characters, plain where the terminal has no more than ASCII.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// From low to high.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same in ASCII.
const PLAIN: [char; 8] = ['_', '.', ',', '-', '~', '=', '+', '#'];

/// Whether the terminal was set up for more than ASCII.
pub fn speaks_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

/// How much of something is done, 0 to 1, in `width` cells.
pub fn bar(share: f64, width: usize, plain: bool) -> String {
    let (full, open) = if plain { ('#', '.') } else { ('█', '░') };
    let cells = (share.clamp(0.0, 1.0) * width as f64).to_usize();
    let filled = cells.unwrap_or(0).min(width);
    let cells = (0..width).map(|at| if at < filled { full } else { open });
    cells.collect()
}

/// A curve in one row of at most `width` cells, all of it: of many values each cell shows its last.
pub fn curve(values: &[Decimal], width: usize, plain: bool) -> String {
    let steps = if plain { PLAIN } else { STEPS };
    let cells = values.len().min(width);
    let last = |cell: usize| values[(cell + 1) * values.len() / cells - 1];
    let shown: Vec<Decimal> = (0..cells).map(last).collect();
    let (Some(low), Some(high)) = (shown.iter().min(), shown.iter().max()) else {
        return String::new();
    };
    let top = Decimal::from(STEPS.len() - 1);
    let step = |value: &Decimal| {
        let share = (*value - *low).checked_div(*high - *low);
        // What does not move stands in the middle.
        share.map_or(3, |share| (share * top).round().to_usize().unwrap_or(0))
    };
    shown.iter().map(|value| steps[step(value)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimals(values: &[i64]) -> Vec<Decimal> {
        values.iter().map(|v| Decimal::from(*v)).collect()
    }

    #[test]
    fn a_curve_is_shown_from_end_to_end() {
        assert_eq!(curve(&decimals(&[1, 2, 3]), 9, false), "▁▅█");
        assert_eq!(curve(&decimals(&[1, 2, 3]), 9, true), "_~#");
        assert_eq!(curve(&decimals(&[0, 7, 9, 0, 3, 7]), 3, false), "█▁█");
        assert_eq!(curve(&decimals(&[5, 5]), 9, false), "▄▄");
        assert_eq!(curve(&[], 9, false), "");
    }

    #[test]
    fn a_bar_is_full_only_where_all_is_done() {
        assert_eq!(bar(0.0, 4, true), "....");
        assert_eq!(bar(0.99, 4, true), "###.");
        assert_eq!(bar(1.0, 4, false), "████");
        assert_eq!(bar(f64::NAN, 4, false), "░░░░");
    }
}
