//! The API budget: two sliding windows at once (R3), counted in seconds of engine time.

use std::collections::VecDeque;

use minicbor::{Decode, Encode};

use crate::core::time::Time;

/// Calls spent in the last minute and the last hour.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
pub struct ApiWindows {
    /// Calls by second, oldest first; at most an hour of them.
    #[n(0)]
    spent: VecDeque<(i64, u64)>,
}

impl ApiWindows {
    /// Books calls.
    pub fn spend(&mut self, now: Time, calls: u64) {
        let second = now.0.div_euclid(1000);
        while let Some(&(oldest, _)) = self.spent.front() {
            if oldest > second - 3600 {
                break;
            }
            self.spent.pop_front();
        }
        match self.spent.back_mut() {
            Some((last, n)) if *last == second => *n += calls,
            _ => self.spent.push_back((second, calls)),
        }
    }

    /// When calls next leave one of the windows.
    pub fn next_slide(&self, now: Time) -> Option<Time> {
        let second = now.0.div_euclid(1000);
        [60, 3600]
            .into_iter()
            .filter_map(|width| {
                let gone = self.spent.partition_point(|(at, _)| at + width <= second);
                let (at, _) = self.spent.get(gone)?;
                Some(Time((at + width) * 1000))
            })
            .min()
    }

    /// Calls of the last `seconds` (60 or 3600).
    pub fn spent(&self, now: Time, seconds: i64) -> u64 {
        let second = now.0.div_euclid(1000);
        self.spent
            .iter()
            .rev()
            .take_while(|(at, _)| *at > second - seconds)
            .map(|(_, n)| n)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_leave_the_windows_when_they_are_old() {
        let mut windows = ApiWindows::default();
        windows.spend(Time(0), 10);
        windows.spend(Time(59_999), 5);
        assert_eq!(windows.spent(Time(59_999), 60), 15);
        assert_eq!(windows.spent(Time(60_000), 60), 5);
        assert_eq!(windows.spent(Time(60_000), 3600), 15);
        windows.spend(Time(3_600_000), 1);
        assert_eq!(windows.spent(Time(3_600_000), 3600), 6);
        // The hour's oldest, of second 59, is the next to go; then the last call of its minute.
        assert_eq!(windows.next_slide(Time(3_600_000)), Some(Time(3_659_000)));
        assert_eq!(windows.next_slide(Time(3_659_000)), Some(Time(3_660_000)));
        assert_eq!(windows.next_slide(Time(9_000_000)), None);
    }
}
