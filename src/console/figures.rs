//! Numbers and times as an operator reads them: whole, in few characters, with their signs.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::theme::Role;
use crate::core::Time;

/// An amount of money with two decimals and grouped thousands: `4,087.60`.
pub fn money(amount: Decimal) -> String {
    grouped(&format!("{:.2}", amount.round_dp(2)))
}

/// As [`money`], with a sign in front of a gain too: `+12.40`.
pub fn signed(amount: Decimal) -> String {
    let rounded = amount.round_dp(2);
    let sign = if rounded > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", money(rounded))
}

/// An amount in at most six characters: `850`, `1.2k`, `4k`, `1.5M`.
pub fn short(amount: Decimal) -> String {
    for (size, unit) in [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] {
        let size = Decimal::from(size);
        if amount.abs() >= size {
            let scaled = (amount / size).round_dp(1).normalize();
            return format!("{scaled}{unit}");
        }
    }
    amount.round_dp(0).normalize().to_string()
}

/// A price with as many decimals as its size makes worth reading: `64,231.5`, `0.61234`.
pub fn price(price: Decimal) -> String {
    let decimals = match price.abs() {
        p if p >= Decimal::from(1_000) => 2,
        p if p >= Decimal::ONE => 4,
        _ => 8,
    };
    grouped(&price.round_dp(decimals).normalize().to_string())
}

/// A quantity as it is, without idle zeros.
pub fn quantity(quantity: Decimal) -> String {
    grouped(&quantity.normalize().to_string())
}

/// A share of one in whole percent: `8%`.
pub fn percent(share: Decimal) -> String {
    format!(
        "{}%",
        (share * Decimal::ONE_HUNDRED).round_dp(0).normalize()
    )
}

/// A span in whole units: `0s`, `62s`, `12m`, `5h`, `3d`. Below zero it is zero.
pub fn span(ms: i64) -> String {
    let seconds = (ms / 1_000).max(0);
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A whole number with grouped thousands: `1,240`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A span of seconds that is an estimate, coarse enough not to tick: `<1m`, `25m`, `3h`, `2d`.
pub fn about(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    match minutes {
        0..=1 => "<1m".to_owned(),
        2..=9 => format!("{minutes}m"),
        10..=119 => format!("{}m", minutes.div_ceil(5) * 5),
        120..=2_879 => format!("{}h", minutes.div_ceil(60)),
        _ => format!("{}d", minutes.div_ceil(1_440)),
    }
}

/// A duration measured in milliseconds: `1ms`, `2s`.
pub fn latency(ms: f64) -> String {
    if ms >= 1_000.0 {
        format!("{:.0}s", ms / 1_000.0)
    } else if (0.05..9.95).contains(&ms) {
        format!("{ms:.1}ms")
    } else {
        format!("{ms:.0}ms")
    }
}

/// How long something took, in engine milliseconds: `420ms`, `12.3s`, `5m`.
pub fn took(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..=999 => format!("{ms}ms"),
        ms @ 1_000..=119_999 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        ms => span(ms),
    }
}

/// A duration measured in microseconds: `38us`, `2ms`.
pub fn micros(us: u64) -> String {
    match us {
        0..=999 => format!("{us}us"),
        1_000..=999_999 => format!("{}ms", us / 1_000),
        _ => format!("{}s", us / 1_000_000),
    }
}

/// The time of day, UTC: `14:02:11`.
pub fn clock(time: Time) -> String {
    time.utc().format("%H:%M:%S").to_string()
}

/// The time of day, and the date where it is not that of `today`: `14:02:11`,
/// `2019-10-13 11:20:00`.
pub fn moment(time: Time, today: Time) -> String {
    if time.day() == today.day() {
        clock(time)
    } else {
        time.utc().format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

/// The time of day with milliseconds, UTC: `14:02:11.042`.
pub fn clock_ms(time: Time) -> String {
    time.utc().format("%H:%M:%S%.3f").to_string()
}

/// A bar of `width` cells: each part as long as its share of the whole, what is left over `·`. A
/// part that is there at all has a cell.
pub fn bar(parts: &[(Decimal, char)], whole: Decimal, width: usize) -> String {
    let cells = Decimal::from(width);
    let mut bar = String::new();
    let mut drawn = 0;
    let mut sum = Decimal::ZERO;
    for (amount, shape) in parts {
        sum += *amount;
        let share = sum.checked_div(whole).unwrap_or(Decimal::ONE);
        let end = (share * cells).round().to_usize().unwrap_or(0);
        let least = drawn + usize::from(*amount > Decimal::ZERO);
        let end = end.max(least).min(width);
        bar.extend(std::iter::repeat_n(*shape, end - drawn));
        drawn = end;
    }
    bar.extend(std::iter::repeat_n('·', width - drawn));
    bar
}

/// From this share of a limit on it is near.
pub const NEAR: Decimal = Decimal::from_parts(8, 0, 0, false, 1);

/// What is used of a limit; a limit of zero is reached by anything.
pub fn use_of(used: Decimal, limit: Decimal) -> Decimal {
    used.checked_div(limit).unwrap_or(if used > Decimal::ZERO {
        Decimal::ONE
    } else {
        Decimal::ZERO
    })
}

/// How the use of a limit looks: amber when near, red when reached.
pub fn role_of_use(share: Decimal) -> Role {
    match share {
        share if share >= Decimal::ONE => Role::Bad,
        share if share >= NEAR => Role::Warn,
        _ => Role::Normal,
    }
}

/// How much of a life is left, in eight cells.
pub fn life(left: i64, whole: i64) -> String {
    let cells = left.max(0).saturating_mul(8).checked_div(whole.max(1));
    let full = cells.unwrap_or(0).clamp(0, 8) as usize;
    "■".repeat(full) + &"□".repeat(8 - full)
}

/// A bar chart of one row, the latest values that fit into `width` columns.
pub fn sparkline(values: &[f64], width: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = &values[values.len().saturating_sub(width)..];
    let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = high - low;
    shown
        .iter()
        .map(|value| {
            if *value == 0.0 && range <= 0.0 {
                return STEPS[0];
            }
            if range <= 0.0 || !range.is_finite() {
                return STEPS[3];
            }
            let step = ((value - low) / range * 7.0).round();
            STEPS[step.to_usize().unwrap_or(0).min(7)]
        })
        .collect()
}

fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (whole, rest) = match digits.find('.') {
        Some(dot) => digits.split_at(dot),
        None => (digits, ""),
    };
    let mut text = String::with_capacity(number.len() + whole.len() / 3);
    text.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn numbers_are_grouped_signed_and_short() {
        assert_eq!(money(dec!(4087.6)), "4,087.60");
        assert_eq!(money(dec!(-1234567.891)), "-1,234,567.89");
        assert_eq!(signed(dec!(12.4)), "+12.40");
        assert_eq!(signed(dec!(-12.4)), "-12.40");
        assert_eq!(signed(dec!(0.001)), "0.00");
        assert_eq!(short(dec!(1234)), "1.2k");
        assert_eq!(short(dec!(4000)), "4k");
        assert_eq!(short(dec!(850.4)), "850");
        assert_eq!(price(dec!(64231.50)), "64,231.5");
        assert_eq!(price(dec!(0.612345678)), "0.61234568");
        assert_eq!(percent(dec!(0.084)), "8%");
    }

    #[test]
    fn spans_are_whole_and_never_negative() {
        assert_eq!(span(-5_000), "0s");
        assert_eq!(span(62_900), "62s");
        assert_eq!(span(720_000), "12m");
        assert_eq!(span(3 * 86_400_000), "3d");
    }

    #[test]
    fn an_estimate_is_coarse_and_never_too_short() {
        for (seconds, text) in [
            (0, "<1m"),
            (130, "3m"),
            (1_261, "25m"),
            (7_201, "3h"),
            (200_000, "3d"),
        ] {
            assert_eq!(about(seconds), text, "{seconds}");
        }
        assert_eq!(count(1_240), "1,240");
    }

    #[test]
    fn bars_are_as_wide_as_asked_and_hide_nothing() {
        let parts = [(dec!(1234.5), '█'), (dec!(812.25), '▒')];
        assert_eq!(bar(&parts, dec!(4087.6), 16), "█████▒▒▒········");
        assert_eq!(bar(&[(dec!(0.1), '█')], dec!(4087), 4), "█···");
        assert_eq!(bar(&[(dec!(9), '█')], dec!(0), 4), "████");
        assert_eq!(bar(&[(dec!(9), '█'), (dec!(9), '▒')], dec!(9), 4), "████");
        assert_eq!(life(30, 60), "■■■■□□□□");
        assert_eq!((life(-5, 60), life(90, 60)), ("□".repeat(8), "■".repeat(8)));
    }

    #[test]
    fn a_limit_is_amber_from_four_fifths_and_red_when_reached() {
        let role = |used, limit| role_of_use(use_of(used, limit));
        assert_eq!(role(dec!(79.9), dec!(100)), Role::Normal);
        assert_eq!(role(dec!(80), dec!(100)), Role::Warn);
        assert_eq!(role(dec!(99.9), dec!(100)), Role::Warn);
        assert_eq!(role(dec!(100), dec!(100)), Role::Bad);
        assert_eq!(role(dec!(1), dec!(0)), Role::Bad);
        assert_eq!(role(dec!(0), dec!(0)), Role::Normal);
    }

    #[test]
    fn another_day_says_which() {
        let now = Time(1_771_077_731_000);
        assert_eq!(moment(now, now), "14:02:11");
        assert_eq!(moment(now, now.plus_s(86_400)), "2026-02-14 14:02:11");
        assert_eq!(
            (took(42), took(12_340), took(720_000)),
            ("42ms".into(), "12.3s".into(), "12m".into())
        );
    }

    #[test]
    fn a_sparkline_shows_the_latest_values_and_survives_any() {
        assert_eq!(sparkline(&[9.0, 1.0, 2.0, 3.0], 3), "▁▅█");
        assert_eq!(sparkline(&[2.0, 2.0], 5), "▄▄");
        assert_eq!(
            sparkline(&[0.0, 0.0], 5),
            "▁▁",
            "nothing lies at the bottom"
        );
        assert_eq!(sparkline(&[], 5), "");
        assert_eq!(sparkline(&[f64::NAN, f64::INFINITY], 5).chars().count(), 2);
    }
}
