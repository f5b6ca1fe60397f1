//! The whole gate, held against figures that are measured without it: whatever is asked, in whatever
//! order, no entry gets past a limit, and no exit meets any rule but sanity.

mod world;

use pilothouse::core::order::{Kind, OrderRequest, Side};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use world::{STRATEGIES, SYMBOLS, World};

#[derive(Debug, Clone)]
enum Step {
    /// Symbol, strategy, size in USD, leverage in tenths, limit order.
    Enter(usize, usize, u32, u8, bool),
    /// A part of an open position, in hundredths.
    Exit(usize, u8),
    Fill(usize, u8),
    Reject(usize),
    Cancel(usize),
    Amend(usize, i8),
    Pass(u32),
    /// Symbol, change in tenths of a percent.
    Price(usize, i8),
    Spread(usize, u8),
    Pause(bool),
    Guard(bool),
    Restart(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = 0..1_000_usize;
    let enter = (n.clone(), n.clone(), 1..3_000_u32, 5..60_u8, any::<bool>());
    let step = prop_oneof![
        12 => enter.prop_map(|(s, o, usd, l, limit)| Step::Enter(s, o, usd, l, limit)),
        4 => (n.clone(), 1..120_u8).prop_map(|(p, part)| Step::Exit(p, part)),
        8 => (n.clone(), 1..=100_u8).prop_map(|(o, part)| Step::Fill(o, part)),
        1 => n.clone().prop_map(Step::Reject),
        1 => n.clone().prop_map(Step::Cancel),
        2 => (n.clone(), -20..20_i8).prop_map(|(o, by)| Step::Amend(o, by)),
        6 => (0..30_000_u32).prop_map(Step::Pass),
        4 => (n.clone(), -20..20_i8).prop_map(|(s, by)| Step::Price(s, by)),
        1 => (n.clone(), 0..20_u8).prop_map(|(s, by)| Step::Spread(s, by)),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => any::<bool>().prop_map(Step::Guard),
        1 => any::<u8>().prop_map(Step::Restart),
    ];
    prop::collection::vec(step, 1..100)
}

fn carry_out(world: &mut World, step: &Step) {
    match *step {
        Step::Enter(symbol, owner, usd, leverage, limit) => {
            let symbol = world.symbols[symbol % SYMBOLS.len()];
            let last = world.last(symbol);
            let dollars = last * world.usd(symbol.quote());
            let quantity = (Decimal::from(usd) / dollars).round_dp(8);
            let owner = STRATEGIES[owner % STRATEGIES.len()];
            let side = if usd % 7 == 0 { Side::Sell } else { Side::Buy };
            let kind = if limit { Kind::Limit } else { Kind::Market };
            world.enter(OrderRequest {
                price: limit.then_some(last),
                leverage: Decimal::new(leverage.into(), 1),
                strategy: owner.map(|name| name.parse().unwrap()),
                ..OrderRequest::new(symbol, side, kind, quantity)
            });
        }
        Step::Exit(n, part) => world.exit(n, part),
        Step::Fill(n, part) => world.fill(n, part),
        Step::Reject(n) => world.reject(n),
        Step::Cancel(n) => world.cancel(n),
        Step::Amend(n, by) => world.amend(n, by),
        Step::Pass(ms) => world.pass(ms.into()),
        Step::Price(symbol, by) => {
            let factor = dec!(1) + Decimal::new(by.into(), 3);
            world.move_price(symbol % SYMBOLS.len(), factor);
        }
        Step::Spread(symbol, by) => world.widen(symbol % SYMBOLS.len(), by.into()),
        Step::Pause(pause) => world.pause(pause),
        Step::Guard(breach) => world.guard(breach),
        Step::Restart(n) => world.restart(n),
    }
}

proptest! {
    #[test]
    fn no_entry_gets_past_a_limit_and_no_exit_meets_one(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            carry_out(&mut world, step);
        }
    }
}
