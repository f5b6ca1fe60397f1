//! What holds of every sliced order, whatever prices, venue and operator do.

use proptest::prelude::*;

use super::*;
use crate::core::reservation::Standing;

#[derive(Debug, Clone)]
enum Step {
    Pass(u16),
    Price(u16, u16),
    Trade(u16),
    Accept(u8),
    Fill(u8, u8),
    Reject(u8),
    Withdraw(u8),
    Hold(bool),
    Pause(bool),
    Cancel,
    Stop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0u16..200).prop_map(Step::Pass),
        4 => (0u16..600, 0u16..120).prop_map(|(p, s)| Step::Price(p, s)),
        3 => (0u16..2_000).prop_map(Step::Trade),
        4 => any::<u8>().prop_map(Step::Accept),
        8 => (any::<u8>(), 1u8..=100).prop_map(|(c, part)| Step::Fill(c, part)),
        1 => any::<u8>().prop_map(Step::Reject),
        1 => any::<u8>().prop_map(Step::Withdraw),
        2 => any::<bool>().prop_map(Step::Hold),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => Just(Step::Cancel),
        1 => Just(Step::Stop),
    ];
    prop::collection::vec(step, 1..60)
}

fn requests() -> impl Strategy<Value = OrderRequest> {
    let plans = (0usize..5, 1u32..2_000, 1u32..12, 1i64..=100, any::<bool>());
    (plans, 200i64..200_000, any::<bool>()).prop_map(
        |((kind, duration, slices, share, capped), milli, limit)| {
            let kind = [
                AlgorithmKind::Twap,
                AlgorithmKind::Vwap,
                AlgorithmKind::Pov,
                AlgorithmKind::Iceberg,
                AlgorithmKind::Passive,
            ][kind];
            let quantity = Decimal::new(milli, 4);
            let iceberg = kind == AlgorithmKind::Iceberg;
            let participation = (capped && !iceberg).then(|| Decimal::new(share, 2));
            let display = iceberg.then(|| (quantity * Decimal::new(share, 2)).max(dec!(0.01)));
            let slices = (slices > 1).then_some(slices.min(2));
            let request = buy(
                quantity,
                Algorithm {
                    participation,
                    display,
                    ..plan(kind, duration, slices)
                },
            );
            if limit || iceberg {
                OrderRequest {
                    kind: Kind::Limit,
                    price: Some(dec!(100)),
                    ..request
                }
            } else {
                request
            }
        },
    )
}

impl Bench {
    fn pick(&self, parent: OrderId, which: u8) -> Option<Order> {
        let live = self.live(parent);
        live.get(usize::from(which) % live.len().max(1)).cloned()
    }

    fn take(&mut self, parent: OrderId, step: &Step) {
        match step {
            Step::Pass(seconds) => self.pass(i64::from(*seconds)),
            Step::Price(price, spread) => {
                // 97 to 103, and up to 1.2 % of spread.
                let last = Decimal::new(9_700 + i64::from(*price), 2);
                let half = Decimal::new(i64::from(*spread), 2) / Decimal::TWO;
                self.touch(last - half, last, last + half);
                self.ask(Command::Tick);
            }
            Step::Trade(quantity) => {
                let before = self.quotes.get(btc()).unwrap().traded;
                // Now and then the figure starts anew.
                let next = match quantity % 7 {
                    0 => Decimal::ZERO,
                    _ => before + Decimal::new(i64::from(*quantity), 1),
                };
                self.traded(next);
                self.ask(Command::Tick);
            }
            Step::Accept(which) => {
                if let Some(child) = self.pick(parent, *which) {
                    self.accept(child.id);
                }
            }
            Step::Fill(which, percent) => {
                if let Some(child) = self.pick(parent, *which) {
                    let part = child.remaining() * Decimal::new(i64::from(*percent), 2);
                    let part = part.round_dp(8);
                    if part > Decimal::ZERO {
                        self.fill(child.id, part, child.price.unwrap_or(dec!(100.2)));
                    }
                }
            }
            Step::Reject(which) => {
                if let Some(child) = self.pick(parent, *which)
                    && child.status == Status::Pending
                {
                    let reason = "no".into();
                    self.report(child.id, Report::Rejected { reason });
                }
            }
            Step::Withdraw(which) => {
                if let Some(child) = self.pick(parent, *which) {
                    self.cancelled(child.id);
                }
            }
            Step::Hold(pause) => self.hold(
                parent,
                if *pause {
                    SliceAction::Pause
                } else {
                    SliceAction::Resume
                },
            ),
            Step::Pause(pause) => {
                let (symbol, reason) = (None, String::new());
                self.ask(if *pause {
                    Command::Pause { symbol, reason }
                } else {
                    Command::Resume { symbol, reason }
                });
            }
            Step::Cancel => {
                let reason = String::new();
                self.ask(Command::Cancel {
                    order: parent,
                    reason,
                });
            }
            Step::Stop => self.stop(),
        }
    }

    fn holds(&self, id: OrderId) -> Result<(), TestCaseError> {
        let parent = self.order(id);
        let children = self.children(id);
        let filled: Decimal = children.iter().map(|c| c.filled).sum();
        prop_assert_eq!(filled, parent.filled);
        let outstanding: Decimal = self.live(id).iter().map(Order::remaining).sum();
        prop_assert!(filled + outstanding <= parent.quantity);
        prop_assert_eq!(
            parent.filled_value,
            children.iter().map(|c| c.filled_value).sum()
        );
        if parent.status == Status::Filled {
            prop_assert_eq!(parent.filled, parent.quantity);
        }
        if parent.status.is_terminal() {
            prop_assert!(self.live(id).is_empty());
        }
        let e = &self.state.settings.execution;
        for child in &children {
            let price = child.request.price.unwrap_or(child.decision_price);
            prop_assert!(child.request.quantity * price >= e.minimum_value);
        }
        // What is bound covers what has filled, and is free once nothing needs it.
        let rows = self.state.ledger.live();
        let bound: Decimal = rows
            .filter(|r| r.standing == Standing::Bound)
            .map(|r| r.amount)
            .sum();
        if parent.status.is_terminal() {
            let explained = parent.filled_value + parent.fees;
            prop_assert!(bound >= explained && bound <= explained + dec!(0.00000001));
        } else {
            prop_assert!(bound > Decimal::ZERO);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn children_sum_to_the_parent_and_it_always_ends(request in requests(), steps in steps()) {
        let mut bench = Bench::new();
        let Reply::Order(id) = bench.ask(Command::Place(Box::new(request))) else {
            return Ok(());
        };
        bench.holds(id)?;
        let mut stopped_at = None;
        for step in &steps {
            bench.take(id, step);
            if matches!(step, Step::Stop) {
                stopped_at.get_or_insert(bench.sizes(id).len());
            }
            bench.holds(id)?;
            if let Some(children) = stopped_at {
                prop_assert_eq!(bench.sizes(id).len(), children, "a child after the stop");
            }
        }
        // Its time passes, and the venue does as it is told.
        bench.pass(3_000);
        for child in bench.live(id) {
            prop_assert!(child.cancel.is_some());
            bench.cancelled(child.id);
        }
        prop_assert!(bench.order(id).status.is_terminal());
        bench.holds(id)?;
        prop_assert!(bench.state.orders.sliced.is_empty());
        bench.folds();
    }
}
