//! What a file's name tells: the pair and the interval.

use crate::core::Symbol;

use super::super::MINUTE_MS;

/// What pairs are quoted in; longer ones first. BUSD and TUSD are not among them: SHIBUSD and DOTUSD
/// are quoted in USD.
const QUOTES: [&str; 14] = [
    "FDUSD", "USDT", "USDC", "USD", "EUR", "GBP", "JPY", "CAD", "AUD", "CHF", "BTC", "XBT", "ETH",
    "BNB",
];
/// Words of file names that are no currency, though a quote may follow them.
const WORDS: [&str; 12] = [
    "KRAKEN", "BINANCE", "BYBIT", "OKX", "SPOT", "LINEAR", "FUTURES", "USDM", "PERP", "TRADES",
    "CANDLES", "OHLCVT",
];

/// The pair anywhere in the name: `XBTUSD_60`, `binance_spot_XRPUSDT_5m`, `BTC_USDT-1m`.
pub(super) fn symbol(name: &str) -> Option<Symbol> {
    let parts: Vec<String> = parts(name).map(str::to_ascii_uppercase).collect();
    let joined = parts.iter().find_map(|part| {
        QUOTES
            .iter()
            .find_map(|quote| pair(part.strip_suffix(quote)?, quote))
    });
    joined.or_else(|| {
        parts.windows(2).find_map(|two| {
            QUOTES
                .contains(&two[1].as_str())
                .then(|| pair(&two[0], &two[1]))?
        })
    })
}

/// The interval: `5m`, `1h`, `1d`, or a last part that counts minutes, as in `XBTUSD_60`.
pub(super) fn interval_ms(name: &str) -> Option<i64> {
    let minutes = |part: &str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let count: i64 = digits.parse().ok().filter(|n| (1..=10_080).contains(n))?;
        let unit = match &part[digits.len()..] {
            "m" | "min" => 1,
            "h" => 60,
            "d" => 1_440,
            "w" => 10_080,
            _ => return None,
        };
        Some(count * unit)
    };
    let counted = || {
        let last = parts(name).last()?.parse().ok()?;
        [1, 5, 15, 30, 60, 240, 720, 1_440, 10_080]
            .contains(&last)
            .then_some(last)
    };
    parts(name)
        .find_map(minutes)
        .or_else(counted)
        .map(|minutes| minutes * MINUTE_MS)
}

/// The parts of a name between signs, without its endings.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem
        .strip_suffix(".csv")
        .or_else(|| stem.strip_suffix(".json"))
        .unwrap_or(stem);
    stem.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
}

fn pair(base: &str, quote: &str) -> Option<Symbol> {
    let letters = base.bytes().any(|b| b.is_ascii_alphabetic());
    if !(2..=6).contains(&base.len()) || !letters || WORDS.contains(&base) {
        return None;
    }
    format!("{}/{}", usual(base), usual(quote)).parse().ok()
}

/// Kraken's own names for currencies that everybody else calls otherwise.
fn usual(currency: &str) -> &str {
    match currency {
        "XBT" => "BTC",
        "XDG" => "DOGE",
        _ => currency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_is_found_anywhere_in_the_name() {
        for (name, expected) in [
            ("XBTUSD_60.csv", Some("BTC/USD")),
            ("kraken_XBTUSD_60.csv.gz", Some("BTC/USD")),
            ("XDGEUR_1440.csv", Some("DOGE/EUR")),
            ("binance_spot_XRPUSDT_5m.csv.gz", Some("XRP/USDT")),
            ("binance_DOTUSDT-1m-2026-02.csv.gz", Some("DOT/USDT")),
            ("kraken_BCHEUR_trades.csv", Some("BCH/EUR")),
            ("binance_XRPETH_trades_2019-10.json.gz", Some("XRP/ETH")),
            ("kraken_XBTUSDC_1m.csv", Some("BTC/USDC")),
            ("BTC_USDT-1m.json", Some("BTC/USDT")),
            ("DOTUSD_1.csv", Some("DOT/USD")),
            ("ETHXBT.csv", Some("ETH/BTC")),
            ("btc_perp_1m_2022-01.csv.gz", None),
            ("kraken_usd.csv", None),
            ("bars_42.csv", None),
            ("ticks.csv", None),
            ("binance_usdm.csv", None),
        ] {
            let found = symbol(name);
            assert_eq!(found.as_ref().map(Symbol::as_str), expected, "{name}");
        }
    }

    #[test]
    fn the_interval_is_found_in_the_name() {
        for (name, minutes) in [
            ("XBTUSD_60.csv", Some(60)),
            ("binance_spot_XRPUSDT_5m.csv.gz", Some(5)),
            ("binance_futures_BTCUSDT_1d.json", Some(1_440)),
            ("bars_42.csv", None),
            ("XBTUSD.csv", None),
        ] {
            assert_eq!(
                interval_ms(name),
                minutes.map(|m: i64| m * MINUTE_MS),
                "{name}"
            );
        }
    }
}
