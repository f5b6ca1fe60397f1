//! Generated bars, and a plain computation of the reference rule on them.
#![allow(dead_code)] // each test takes what it needs

use std::fmt::Write as _;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

/// 2024-01-01, in ms.
const FROM_MS: i64 = 1_704_067_200_000;

/// One-minute bars as numbers and as a file.
pub struct Bars {
    pub opens: Vec<Decimal>,
    pub closes: Vec<Decimal>,
    pub csv: String,
}

/// The random numbers that the reference workload is made from: MT19937, as Python has it.
struct Twister {
    state: [u32; 624],
    at: usize,
    spare: Option<f64>,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [0u32; 624];
        state[0] = 19_650_218;
        for n in 1..624 {
            let before = state[n - 1] ^ (state[n - 1] >> 30);
            state[n] = before.wrapping_mul(1_812_433_253).wrapping_add(n as u32);
        }
        let mut n = 1;
        for _ in 0..624 {
            let before = state[n - 1] ^ (state[n - 1] >> 30);
            state[n] = (state[n] ^ before.wrapping_mul(1_664_525)).wrapping_add(seed);
            n += 1;
            if n == 624 {
                state[0] = state[623];
                n = 1;
            }
        }
        for _ in 0..623 {
            let before = state[n - 1] ^ (state[n - 1] >> 30);
            state[n] = (state[n] ^ before.wrapping_mul(1_566_083_941)).wrapping_sub(n as u32);
            n += 1;
            if n == 624 {
                state[0] = state[623];
                n = 1;
            }
        }
        state[0] = 0x8000_0000;
        Self {
            state,
            at: 624,
            spare: None,
        }
    }

    fn word(&mut self) -> u32 {
        if self.at == 624 {
            for n in 0..624 {
                let both =
                    (self.state[n] & 0x8000_0000) | (self.state[(n + 1) % 624] & 0x7fff_ffff);
                let odd = if both & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[n] = self.state[(n + 397) % 624] ^ (both >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// 0 up to below 1.
    fn uniform(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self, deviation: f64) -> f64 {
        let value = self.spare.take().unwrap_or_else(|| {
            let angle = self.uniform() * std::f64::consts::TAU;
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            self.spare = Some(angle.sin() * radius);
            angle.cos() * radius
        });
        0.0 + value * deviation
    }
}

/// The bars of the reference workload; where `gaps`, each opens beside the close before it.
pub fn generate(seed: u32, count: usize, gaps: bool) -> Bars {
    let mut random = Twister::new(seed);
    let mut price = 30_000.0f64;
    let mut csv = String::from("ts_ms,open,high,low,close,volume\n");
    let tenth = |price: f64| format!("{price:.1}").parse::<Decimal>().unwrap();
    let mut close = tenth(price);
    let (mut opens, mut closes) = (Vec::new(), Vec::new());
    for n in 0..count {
        if gaps {
            price *= random.normal(0.0005).exp();
        }
        let open = if gaps { tenth(price) } else { close };
        let (mut high, mut low) = (price, price);
        for _ in 0..4 {
            price *= random.normal(0.000_25).exp();
            high = high.max(price);
            low = low.min(price);
        }
        close = tenth(price);
        let high = tenth(high).max(open).max(close);
        let low = tenth(low).min(open).min(close);
        let time = FROM_MS + n as i64 * 60_000;
        let volume = 10.0 + random.uniform() * 20.0;
        writeln!(
            csv,
            "{time},{open:.1},{high:.1},{low:.1},{close:.1},{volume:.4}"
        )
        .unwrap();
        opens.push(open);
        closes.push(close);
    }
    Bars { opens, closes, csv }
}

/// What the rule comes to.
#[derive(Debug, PartialEq)]
pub struct Plain {
    pub fills: u64,
    pub equity: Decimal,
    /// Cash and what is held, at each close.
    pub worth: Vec<Decimal>,
    /// What each closed trade gained, after fees.
    pub closed: Vec<Decimal>,
    /// Closes at which something was held.
    pub exposed: usize,
}

/// EMA(10) over EMA(30) with one unit and a fee of 0.26 %, from 10,000,000: filled at the close, or at the
/// next open.
pub fn plain(bars: &Bars, next_open: bool) -> Plain {
    let float = |price: Decimal| f64::try_from(price).unwrap();
    let (mut cash, mut long, mut fills) = (dec!(10000000), false, 0);
    let (mut flat, mut closed, mut exposed, mut worth) = (cash, Vec::new(), 0, Vec::new());
    let (mut fast, mut slow) = (float(bars.closes[0]), float(bars.closes[0]));
    for (n, close) in bars.closes.iter().enumerate() {
        if n > 0 {
            fast = 2.0 / 11.0 * float(*close) + (1.0 - 2.0 / 11.0) * fast;
            slow = 2.0 / 31.0 * float(*close) + (1.0 - 2.0 / 31.0) * slow;
        }
        if n + 1 >= 30 && n + 1 < bars.closes.len() && long != (fast > slow) {
            let price = if next_open { bars.opens[n + 1] } else { *close };
            cash += if long { price } else { -price };
            cash -= price * dec!(0.0026);
            if long {
                closed.push(cash - flat);
                flat = cash;
            }
            long = !long;
            fills += 1;
        }
        exposed += usize::from(long);
        worth.push(if long { cash + close } else { cash });
    }
    Plain {
        fills,
        equity: worth.last().unwrap().normalize(),
        worth,
        closed,
        exposed,
    }
}
