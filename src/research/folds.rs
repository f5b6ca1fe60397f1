//! Walk-forward: what chose the parameters does not judge them.
//!
//! The bars are cut into 3 + K blocks of one length; what is left over stands before the first. Fold k is
//! searched on blocks k, k + 1, k + 2 and judged on block k + 3 alone, so that the judged blocks follow
//! one another, and each of them comes after everything that its parameters were chosen by.

use std::ops::Range;

/// Blocks that a fold is searched on.
const SEARCHED: usize = 3;

/// The bars of one fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// What its parameters are chosen by.
    pub search: Range<usize>,
    /// What judges them.
    pub judge: Range<usize>,
}

/// How many bars a block has.
pub fn block(bars: usize, folds: usize) -> usize {
    bars / (SEARCHED + folds)
}

/// The folds of so many bars, in the order of time; the judged blocks end with the last bar.
pub fn folds(bars: usize, folds: usize) -> Vec<Fold> {
    let block = block(bars, folds);
    let before = bars - block * (SEARCHED + folds);
    let at = |nth: usize| before + nth * block;
    (0..folds)
        .map(|fold| Fold {
            search: at(fold)..at(fold + SEARCHED),
            judge: at(fold + SEARCHED)..at(fold + SEARCHED + 1),
        })
        .collect()
}

/// All judged bars: the blocks of every fold, one after the other.
pub fn judged(bars: usize, folds: usize) -> Range<usize> {
    bars - block(bars, folds) * folds..bars
}

/// What may be looked at before anything is judged: the first third, no judged bar in it.
pub fn first_look(bars: usize, folds: usize) -> Range<usize> {
    0..(bars / 3).min(judged(bars, folds).start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seven_hundred_bars_in_four_folds() {
        let all = folds(703, 4);
        assert_eq!(
            all[0],
            Fold {
                search: 3..303,
                judge: 303..403
            }
        );
        assert_eq!(
            all[3],
            Fold {
                search: 303..603,
                judge: 603..703
            }
        );
        assert_eq!(judged(703, 4), 303..703);
        assert_eq!(first_look(703, 4), 0..234);
        assert_eq!(
            first_look(2300, 20),
            0..300,
            "a third would reach into the judged bars"
        );
    }

    proptest! {
        #[test]
        fn no_bar_judges_what_it_chose(bars in 21usize..5_000, count in 1usize..=20) {
            let all = folds(bars, count);
            prop_assert_eq!(all.len(), count);
            for fold in &all {
                prop_assert!(fold.search.end <= fold.judge.start);
                prop_assert_eq!(fold.judge.len(), block(bars, count));
            }
            for two in all.windows(2) {
                prop_assert_eq!(two[0].judge.end, two[1].judge.start);
            }
            let judged = judged(bars, count);
            prop_assert_eq!(all[0].judge.start, judged.start);
            prop_assert_eq!(all[count - 1].judge.end, bars);
            prop_assert!(first_look(bars, count).end <= judged.start);
        }
    }
}
