//! Orders that draw on what somebody holds, while that expires, is given back, taken or stopped.

use proptest::prelude::*;

use crate::crowd::Crowd;
use crate::steps::{Request, Step, Wish};

/// Limits of a start in which nobody is asked before an entry.
const UNASKED: u8 = 2;

/// Capital of one of the first classes: exits, live trades, deployments, paper.
fn hold() -> impl Strategy<Value = Step> {
    (0..4u8, any::<u8>(), 5_000..60_000u16, any::<u16>()).prop_map(|(class, agent, amount, ttl)| {
        Step::Reserve(Request {
            wishes: vec![Wish {
                resource: 2,
                class,
                agent,
                amount,
            }],
            wait: amount % 2 == 0,
            sharpe: None,
            key: None,
            ttl,
        })
    })
}

fn story() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => hold(),
        8 => (prop::bool::weighted(0.9), any::<u16>()).prop_map(|(buy, size)| Step::Place(buy, size)),
        16 => (any::<u8>(), any::<u8>(), any::<u16>())
            .prop_map(|(n, how, part)| Step::Answer(n, how, part)),
        4 => any::<u8>().prop_map(Step::Cancel),
        3 => any::<u8>().prop_map(Step::Close),
        3 => any::<u8>().prop_map(Step::Release),
        1 => (any::<u8>(), any::<u16>()).prop_map(|(n, ttl)| Step::Renew(n, ttl)),
        6 => (0u32..60_000).prop_map(Step::Pass),
        1 => (0u32..4_000_000).prop_map(Step::Pass),
        2 => (30_000..35_000u16).prop_map(Step::Price),
        2 => Just(Step::Resume),
    ];
    let stop = prop_oneof![9 => Just(None), 1 => Just(Some(Step::Press))];
    (
        prop::collection::vec(step, 1..150),
        stop,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut steps, stop, at)| {
            if let Some(stop) = stop {
                let at = at.index(steps.len());
                steps.insert(at, stop);
            }
            steps
        })
}

proptest! {
    #[test]
    fn whatever_is_drawn_comes_back_to_where_it_was_drawn_on(steps in story()) {
        let mut crowd = Crowd::new();
        crowd.start(UNASKED);
        for step in &steps {
            crowd.step(step);
        }
        crowd.over();
    }
}
