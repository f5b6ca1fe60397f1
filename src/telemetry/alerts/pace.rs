//! How fast a channel may be called: so many at once, refilled evenly, kept as one time.

/// Calls at once, at most.
const BURST: u64 = 5;

/// A bucket of calls.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Microseconds for one call.
    each: u64,
    /// How far it may run ahead, microseconds.
    ahead: u64,
    /// When the calls so far are paid for, microseconds.
    paid: u64,
}

impl Pace {
    /// So many in any minute, five at once.
    pub fn per_minute(calls: u64) -> Self {
        let each = 60_000_000 / calls.max(1);
        Self {
            each,
            ahead: each * (BURST.min(calls.max(1)) - 1),
            paid: 0,
        }
    }

    /// Takes one call now.
    ///
    /// # Errors
    /// Milliseconds until there is one.
    pub fn take(&mut self, now_ms: u64) -> Result<(), u64> {
        let now = now_ms.saturating_mul(1_000);
        match self.paid.saturating_sub(now.saturating_add(self.ahead)) {
            0 => {
                self.paid = self.paid.max(now).saturating_add(self.each);
                Ok(())
            }
            short => Err(short.div_ceil(1_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_at_once_then_evenly_and_never_more_than_a_minute_holds() {
        let mut pace = Pace::per_minute(30);
        let at_once = (0..9).filter(|_| pace.take(0).is_ok()).count();
        assert_eq!(at_once, 5);
        assert_eq!(pace.take(0), Err(2_000));
        assert_eq!(pace.take(1_999), Err(1));
        assert_eq!(pace.take(2_000), Ok(()));
        let later = (2_000..62_000)
            .filter(|now| pace.take(*now).is_ok())
            .count();
        assert_eq!(later, 29);
        let mut slow = Pace::per_minute(1);
        assert_eq!((slow.take(0), slow.take(0)), (Ok(()), Err(60_000)));
    }
}
