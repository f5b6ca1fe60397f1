//! The last numbers, and what is known of them without looking at each again.

/// The last so many numbers.
#[derive(Debug)]
pub(super) struct Ring {
    numbers: Vec<f64>,
    next: usize,
    full: bool,
}

impl Ring {
    pub fn new(length: u32) -> Self {
        Self {
            numbers: vec![0.0; length as usize],
            next: 0,
            full: false,
        }
    }

    /// Takes a number in and gives the one it takes the place of.
    pub fn push(&mut self, number: f64) -> Option<f64> {
        let out = std::mem::replace(&mut self.numbers[self.next], number);
        let was_full = self.full;
        self.next += 1;
        if self.next == self.numbers.len() {
            self.next = 0;
            self.full = true;
        }
        was_full.then_some(out)
    }

    /// Whether the one taken in last is in the last place: once in every length.
    fn is_around(&self) -> bool {
        self.next == 0
    }
}

/// Mean and deviation of the last so many numbers.
#[derive(Debug)]
pub(super) struct Moments {
    ring: Ring,
    /// Sums are of what lies beyond it: small numbers lose fewer digits.
    base: f64,
    sum: f64,
    squares: f64,
    count: f64,
}

/// Under this share of the numbers a deviation is what rounding leaves of none.
const ROUNDING: f64 = 1e-12;

impl Moments {
    pub fn new(length: u32) -> Self {
        Self {
            ring: Ring::new(length),
            base: 0.0,
            sum: 0.0,
            squares: 0.0,
            count: f64::from(length),
        }
    }

    /// Takes a number in; until there are enough, the others count as absent and the reading is none.
    pub fn push(&mut self, number: f64) {
        if !self.ring.full && self.ring.next == 0 {
            self.base = number;
        }
        let out = self.ring.push(number);
        if self.ring.is_around() {
            // Summed anew: a running sum would gather rounding errors over the years.
            self.base = number;
            (self.sum, self.squares) = (0.0, 0.0);
            for number in &self.ring.numbers {
                let beyond = number - self.base;
                self.sum += beyond;
                self.squares += beyond * beyond;
            }
            return;
        }
        let beyond = number - self.base;
        self.sum += beyond;
        self.squares += beyond * beyond;
        if let Some(out) = out {
            let beyond = out - self.base;
            self.sum -= beyond;
            self.squares -= beyond * beyond;
        }
    }

    pub fn is_ready(&self) -> bool {
        self.ring.full
    }

    pub fn mean(&self) -> f64 {
        self.base + self.sum / self.count
    }

    /// Of the whole, ÷ n.
    pub fn deviation(&self) -> f64 {
        let mean = self.sum / self.count;
        let variance = self.squares / self.count - mean * mean;
        let deviation = variance.max(0.0).sqrt();
        let rounding = ROUNDING * self.mean().abs();
        if deviation > rounding { deviation } else { 0.0 }
    }
}

/// The highest of the last so many numbers.
#[derive(Debug)]
pub(super) struct Highest {
    /// Those that no later one exceeds, falling, each with the moment it came.
    falling: Vec<(u64, f64)>,
    first: usize,
    count: usize,
    length: u64,
    moment: u64,
}

impl Highest {
    pub fn new(length: u32) -> Self {
        Self {
            falling: vec![(0, 0.0); length as usize],
            first: 0,
            count: 0,
            length: length.into(),
            moment: 0,
        }
    }

    /// The highest, once there are enough.
    pub fn reading(&self) -> Option<f64> {
        (self.moment >= self.length).then(|| self.falling[self.first].1)
    }

    pub fn push(&mut self, number: f64) {
        let places = self.falling.len();
        if self.count > 0 && self.falling[self.first].0 + self.length <= self.moment {
            self.first = (self.first + 1) % places;
            self.count -= 1;
        }
        while self.count > 0 && self.falling[(self.first + self.count - 1) % places].1 <= number {
            self.count -= 1;
        }
        self.falling[(self.first + self.count) % places] = (self.moment, number);
        self.count += 1;
        self.moment += 1;
    }
}
