//! What a Sharpe ratio is worth: the chance that it is not luck, for one look (probabilistic) and for the
//! best of many (deflated), after Bailey and López de Prado, 2014.
//!
//! Ratios in here are per day, not per year; chances are 0 to 1.

/// Euler's constant γ.
const EULER: f64 = 0.577_215_664_901_532_9;
/// Beyond it, what a normal distribution leaves is under 10⁻¹⁵.
const FAR: f64 = 8.0;

/// The shape of a sample of returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// How many there are.
    pub count: usize,
    /// Mean ÷ standard deviation (n − 1).
    pub sharpe: f64,
    /// Third standardised moment; 0 of a normal one.
    pub skew: f64,
    /// Fourth standardised moment, not less 3: 3 of a normal one.
    pub kurtosis: f64,
}

impl Shape {
    /// Of returns; none under two of them, or where all are the same.
    pub fn of(returns: &[f64]) -> Option<Self> {
        let count = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / count;
        let moment =
            |power: i32| returns.iter().map(|r| (r - mean).powi(power)).sum::<f64>() / count;
        let second = moment(2);
        if returns.len() < 2 || second <= 0.0 {
            return None;
        }
        Some(Self {
            count: returns.len(),
            sharpe: mean / (second * count / (count - 1.0)).sqrt(),
            skew: moment(3) / second.powf(1.5),
            kurtosis: moment(4) / (second * second),
        })
    }

    /// The chance that the true ratio lies above `benchmark`, both per day. None where the sample's shape
    /// leaves its spread without a root.
    pub fn probability_above(&self, benchmark: f64) -> Option<f64> {
        let spread =
            1.0 - self.skew * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe;
        let root = (self.count as f64 - 1.0).sqrt();
        (spread > 0.0).then(|| normal((self.sharpe - benchmark) * root / spread.sqrt()))
    }
}

/// The best ratio that so many trials give by luck alone, where their ratios vary so much around 0 and
/// none is worth anything; in the unit of the root of the variance. 0 for a single trial.
pub fn best_by_luck(trials: u64, variance: f64) -> f64 {
    if trials < 2 || variance <= 0.0 {
        return 0.0;
    }
    let trials = trials as f64;
    let first = normal_inverse(1.0 - 1.0 / trials);
    let second = normal_inverse(1.0 - 1.0 / (trials * std::f64::consts::E));
    variance.sqrt() * ((1.0 - EULER) * first + EULER * second)
}

/// Variance (n − 1) of values; 0 under two.
pub fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

/// The share of a standard normal distribution below `x`.
pub fn normal(x: f64) -> f64 {
    if x.abs() >= FAR {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    // ½ + φ(x) · (x + x³/3 + x⁵/(3·5) + …)
    let mut term = x;
    let mut sum = x;
    let mut odd = 3.0;
    while term.abs() > sum.abs() * f64::EPSILON {
        term *= x * x / odd;
        sum += term;
        odd += 2.0;
    }
    0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

/// Where a standard normal distribution has the share `p` below.
pub fn normal_inverse(p: f64) -> f64 {
    let (mut low, mut high) = (-FAR, FAR);
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if normal(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (x, share) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746),
            (-1.96, 0.024_997_895),
            (3.0, 0.998_650_102),
            (-6.0, 9.865_9e-10),
        ] {
            near(normal(x), share, 5e-10);
        }
        assert_eq!((normal(50.0), normal(-50.0)), (1.0, 0.0));
        near(normal_inverse(0.975), 1.959_963_985, 1e-8);
        near(normal_inverse(0.5), 0.0, 1e-12);
    }

    #[test]
    fn the_shape_of_four_returns_reckoned_by_hand() {
        // Mean 0.01; deviations −0.02, 0, 0, 0.02: m2 = 0.0002, m3 = 0, m4 = 8e-8.
        let shape = Shape::of(&[-0.01, 0.01, 0.01, 0.03]).unwrap();
        near(shape.sharpe, 0.01 / (0.0008f64 / 3.0).sqrt(), 1e-12);
        near(shape.skew, 0.0, 1e-9);
        near(shape.kurtosis, 2.0, 1e-9);
        // Mean 1; deviations −1, −1, 2: m2 = 2, m3 = 2, m4 = 6.
        let shape = Shape::of(&[0.0, 0.0, 3.0]).unwrap();
        near(shape.skew, 2.0 / 2f64.powf(1.5), 1e-12);
        near(shape.kurtosis, 1.5, 1e-12);
        assert_eq!(Shape::of(&[0.1]), None);
        assert_eq!(Shape::of(&[0.5, 0.5, 0.5]), None);
    }

    #[test]
    fn the_papers_example_comes_out() {
        // A yearly Sharpe of 2.5 over five years of 250 days, skew −3, kurtosis 10, the best of 100
        // trials whose yearly ratios have the variance ½: luck gives 0.1132 a day, the chance is 0.9004.
        let luck = best_by_luck(100, 0.5 / 250.0);
        near(luck, 0.1132, 5e-5);
        let shape = Shape {
            count: 1250,
            sharpe: 2.5 / 250f64.sqrt(),
            skew: -3.0,
            kurtosis: 10.0,
        };
        near(shape.probability_above(luck).unwrap(), 0.9004, 5e-4);
        let more = best_by_luck(1000, 0.5 / 250.0);
        assert!(more > luck, "more trials, more luck");
        assert!(shape.probability_above(more).unwrap() < 0.9004);
    }

    #[test]
    fn one_look_at_a_normal_sample() {
        // z = 0.1 · √99 ÷ √(1 + 0.5 · 0.01) = 0.992503…
        let shape = Shape {
            count: 100,
            sharpe: 0.1,
            skew: 0.0,
            kurtosis: 3.0,
        };
        near(
            shape.probability_above(0.0).unwrap(),
            normal(0.992_509_5),
            1e-6,
        );
        near(shape.probability_above(0.1).unwrap(), 0.5, 1e-12);
        assert_eq!(best_by_luck(1, 0.5), 0.0);
        assert_eq!(best_by_luck(50, 0.0), 0.0);
        near(variance(&[1.0, 2.0, 4.0]), 7.0 / 3.0, 1e-12);
        assert_eq!(variance(&[1.0]), 0.0);
    }
}
