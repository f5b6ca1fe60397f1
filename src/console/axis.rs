//! What stands at the edges of a chart: its highest and lowest figure, and from when to when.

use super::figures;
use crate::core::Time;

/// The axes of a chart.
#[derive(Clone, Copy)]
pub struct Axis {
    /// A figure in words.
    pub figure: fn(f64) -> String,
    /// When the first value was.
    pub from: Time,
    /// When the last one was.
    pub to: Time,
}

impl Axis {
    /// The line below a chart of `width` cells: when it begins, in the middle, and when it ends, as
    /// many of them as have room. The day is said where it is not one day throughout.
    pub fn line(&self, width: usize) -> String {
        let one_day = self.from.day() == self.to.day();
        let said = |time: Time| {
            let format = if one_day { "%H:%M" } else { "%m-%d %H:%M" };
            time.utc().format(format).to_string()
        };
        let middle = self.from + (self.to - self.from) / 2;
        let (from, middle, to) = (said(self.from), said(middle), said(self.to));
        let dashes = |n: usize| "─".repeat(n);
        let Some(between) = width.checked_sub(from.len() + to.len() + 2) else {
            return dashes(width);
        };
        match between.checked_sub(middle.len() + 2 + 2 * LEAST) {
            Some(rest) => {
                let (left, right) = (LEAST + rest / 2, LEAST + rest - rest / 2);
                format!("{from} {} {middle} {} {to}", dashes(left), dashes(right))
            }
            None => format!("{from} {} {to}", dashes(between)),
        }
    }
}

/// Least dashes between two times.
const LEAST: usize = 2;

/// A price in words.
pub fn price(value: f64) -> String {
    rust_decimal::Decimal::from_f64_retain(value).map_or_else(String::new, figures::price)
}

/// An amount of money in words.
pub fn money(value: f64) -> String {
    rust_decimal::Decimal::from_f64_retain(value).map_or_else(String::new, figures::money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::NOW;

    fn axis(from: Time) -> Axis {
        Axis {
            figure: price,
            from,
            to: NOW,
        }
    }

    #[test]
    fn times_are_whole_or_absent_and_the_line_is_as_wide_as_asked() {
        let axis = axis(NOW.plus_s(-7_200));
        for width in 0..80 {
            let line = axis.line(width);
            assert_eq!(line.chars().count(), width, "{line}");
        }
        assert_eq!(axis.line(11), "───────────");
        assert_eq!(axis.line(16), "12:02 ──── 14:02");
        assert!(axis.line(60).contains(" 13:02 "), "{}", axis.line(60));
    }

    #[test]
    fn another_day_is_said() {
        let line = axis(NOW.plus_s(-86_400)).line(60);
        assert!(
            line.starts_with("02-13 14:02 ") && line.ends_with(" 02-14 14:02"),
            "{line}"
        );
    }
}
