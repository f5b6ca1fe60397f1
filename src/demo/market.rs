//! A market made up for the story: prices that swing, so that rules which follow them find something to
//! do. The same seed writes the same file.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::core::Time;

use super::Market;

/// Milliseconds of a bar.
const BAR_MS: i64 = 60_000;
/// Bars of a day.
const DAY: usize = 1_440;
/// Days that research looks at.
const BEFORE: usize = 12;
/// Days that are traded.
const AFTER: usize = 40;
/// 2026-01-01 00:00 UTC.
const BEGINS: Time = Time(1_767_225_600_000);

/// Noise, the same on every machine: a xorshift generator, scaled to −1..1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // 24 bits are exact in every float.
        let bits = u32::try_from(self.0 >> 40).unwrap_or_default();
        f64::from(bits) / f64::from(1 << 23) - 1.0
    }
}

/// Writes the two recordings into a folder: what comes before, and what is traded.
///
/// # Errors
/// They cannot be written.
pub fn write(dir: &Path, seed: u64) -> io::Result<Market> {
    fs::create_dir_all(dir)?;
    let mut noise = Noise(seed | 1);
    let mut close = 100.0;
    let mut drift = 0.0;
    let mut row = |n: usize| {
        let phase = |minutes: f64| (n as f64) / minutes * std::f64::consts::TAU;
        drift = 0.98 * drift + 0.0002 * noise.next();
        let level = 100.0 * (1.0 + 0.02 * phase(240.0).sin() + 0.008 * phase(65.0).sin() + drift);
        let open: f64 = close;
        close = level;
        let reach = 0.0004 * level * (1.0 + noise.next());
        let time = BEGINS.0 + BAR_MS * i64::try_from(n).unwrap_or_default();
        format!(
            "{time},{open:.4},{:.4},{:.4},{close:.4},{:.3}",
            open.max(close) + reach,
            open.min(close) - reach,
            40.0 + 20.0 * noise.next(),
        )
    };
    let mut file = |name: &str, rows: std::ops::Range<usize>| {
        let mut text = String::from("ts_ms,open,high,low,close,volume\n");
        for n in rows {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{}", row(n));
        }
        let path = dir.join(name);
        fs::write(&path, text).map(|()| path)
    };
    let split = BEFORE * DAY;
    Ok(Market {
        history: file("before_SWING_USDT.csv", 0..split)?,
        feed: file("SWING_USDT.csv", split..split + AFTER * DAY)?,
        symbol: "SWING/USDT".parse().expect("a symbol"),
        interval_ms: BAR_MS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_market() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let texts = dirs.each_ref().map(|dir| {
            let market = write(dir.path(), 3).unwrap();
            fs::read_to_string(market.feed).unwrap()
        });
        assert_eq!(texts[0], texts[1]);
        assert_eq!(texts[0].lines().count(), 1 + AFTER * DAY);
        let other = write(dirs[0].path(), 4).unwrap();
        assert_ne!(fs::read_to_string(other.feed).unwrap(), texts[0]);
    }
}
