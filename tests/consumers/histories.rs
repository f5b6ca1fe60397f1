//! Whatever is asked, in whatever order: nothing that a consumer held is leaked, nothing is promoted
//! twice, and no stage uses more than its share.

use std::collections::BTreeSet;

use super::*;
use pilothouse::core::Event;
use pilothouse::core::activity::ActivityKind;
use pilothouse::core::command::Report;
use pilothouse::core::order::{Purpose, Status};
use pilothouse::core::reservation::Standing;
use pilothouse::core::service::{End, Kind};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Deed {
    AskRun(u8),
    Step(u8, u32),
    StepDone(u8, u32),
    EndRun(u8, u8),
    StopRun(u8),
    Deploy(u8, u16),
    Rollback(u8),
    Act(u8, bool, u16),
    Judge(u8, u8),
    Reserve(u8, u16),
    Release(u8),
    Venue(u8, u8),
    Window,
    Price(u16),
    Pass(u32),
    Renew,
    Press,
    Clear,
}

fn deed() -> impl Strategy<Value = Deed> {
    let n = || 0_u8..8;
    prop_oneof![
        2 => (0_u8..3).prop_map(Deed::AskRun),
        6 => (n(), 0_u32..5).prop_map(|(r, s)| Deed::Step(r, s)),
        5 => (n(), 0_u32..5).prop_map(|(r, s)| Deed::StepDone(r, s)),
        3 => (n(), 0_u8..4).prop_map(|(r, s)| Deed::EndRun(r, s)),
        1 => n().prop_map(Deed::StopRun),
        4 => (n(), 1_u16..6000).prop_map(|(s, c)| Deed::Deploy(s, c)),
        1 => n().prop_map(Deed::Rollback),
        8 => (n(), any::<bool>(), 1_u16..400).prop_map(|(s, b, q)| Deed::Act(s, b, q)),
        6 => (n(), 0_u8..6).prop_map(|(s, j)| Deed::Judge(s, j)),
        3 => (0_u8..6, 1_u16..6000).prop_map(|(c, a)| Deed::Reserve(c, a)),
        2 => n().prop_map(Deed::Release),
        8 => (n(), 0_u8..4).prop_map(|(o, r)| Deed::Venue(o, r)),
        4 => Just(Deed::Window),
        4 => (80_u16..120).prop_map(Deed::Price),
        4 => prop_oneof![Just(60_u32), Just(3600), Just(86_400)].prop_map(Deed::Pass),
        3 => Just(Deed::Renew),
        1 => Just(Deed::Press),
        2 => Just(Deed::Clear),
    ]
}

const STRATEGIES: [&str; 4] = ["ema_cross", "breakout", "found_a", "found_b"];

/// The n-th of what there is.
fn nth<T: Copy>(all: impl Iterator<Item = T>, n: u8) -> Option<T> {
    let all: Vec<T> = all.collect();
    (!all.is_empty()).then(|| all[usize::from(n) % all.len()])
}

struct World {
    bench: Bench,
    promoted: BTreeSet<ServiceId>,
    seen: usize,
}

impl World {
    fn new() -> Self {
        let mut bench = Bench::with(|settings| {
            settings.schedules.clear();
            settings.research.warm_s = 3600;
            settings.research.limited_s = 3600;
        });
        bench.price(dec!(100));
        bench.prove(vec![
            promising("ema_cross", dec!(1.5)),
            version("breakout", "1"),
        ]);
        Self {
            bench,
            promoted: BTreeSet::new(),
            seen: 0,
        }
    }

    fn run(&self, n: u8) -> Option<RunId> {
        nth(self.bench.state.research.live.keys().copied(), n)
    }

    fn live(&self, n: u8) -> Option<ServiceId> {
        nth(self.bench.state.services.live.keys().copied(), n)
    }

    fn act(&mut self, deed: &Deed) {
        let bench = &mut self.bench;
        match *deed {
            Deed::AskRun(kind) => {
                let kinds = [RunKind::Optimise, RunKind::Discover, RunKind::Backtest];
                let request = request(kinds[usize::from(kind)]);
                bench.ask("operator", Command::AskRun(Box::new(request)));
            }
            Deed::Step(run, step) => {
                if let Some(run) = self.run(run) {
                    self.bench.step(run, step);
                }
            }
            Deed::StepDone(run, step) => {
                if let Some(run) = self.run(run) {
                    self.bench.step_done(run, step);
                }
            }
            Deed::EndRun(run, status) => {
                if let Some(run) = self.run(run) {
                    let all = [
                        RunStatus::Passed,
                        RunStatus::Passed,
                        RunStatus::Failed,
                        RunStatus::NotJudged,
                    ];
                    let found = vec![
                        promising("found_a", dec!(1.5)),
                        promising("found_b", dec!(0.8)),
                    ];
                    self.bench.end(run, all[usize::from(status)], found);
                }
            }
            Deed::StopRun(run) => {
                if let Some(run) = self.run(run) {
                    let reason = String::new();
                    self.bench.ask("operator", Command::StopRun { run, reason });
                }
            }
            Deed::Deploy(strategy, capital) => {
                let strategy = STRATEGIES[usize::from(strategy) % STRATEGIES.len()];
                bench.ask_deploy(strategy, "1", capital.into());
            }
            Deed::Rollback(strategy) => {
                let strategy = name(STRATEGIES[usize::from(strategy) % STRATEGIES.len()]);
                let reason = String::new();
                bench.ask("operator", Command::Rollback { strategy, reason });
            }
            Deed::Act(service, buy, quantity) => {
                if let Some(id) = self.live(service) {
                    let side = if buy { Side::Buy } else { Side::Sell };
                    self.bench.act(id, side, Decimal::new(quantity.into(), 2));
                }
            }
            Deed::Judge(service, judgement) => {
                if let Some(id) = self.live(service) {
                    let judgement = match judgement {
                        0 => Judgement::Fail("a breach".into()),
                        1 => Judgement::NotJudged("too few trades".into()),
                        _ => Judgement::Advance,
                    };
                    let stage = self.bench.service(id).stage;
                    self.bench.judge(id, stage, judgement);
                }
            }
            Deed::Reserve(class, amount) => {
                let words = ["live", "deploy", "paper", "backtest", "research", "live"];
                let item = ReserveItem {
                    resource: Resource::Capital,
                    class: None,
                    amount: amount.into(),
                    purpose: words[usize::from(class)].into(),
                    ttl_s: Some(7200),
                    agent: None,
                    strategy: None,
                    sharpe: None,
                };
                let command = Command::Reserve {
                    items: vec![item],
                    key: None,
                    wait: amount % 2 == 0,
                };
                bench.ask("operator", command);
            }
            Deed::Release(n) => {
                let rows = bench.state.ledger.live();
                let held = rows.filter(|r| r.standing != Standing::Bound).map(|r| r.id);
                if let Some(id) = nth(held, n) {
                    bench.ask("operator", Command::Release { id });
                }
            }
            Deed::Venue(order, report) => {
                let Some(id) = nth(bench.state.orders.live.keys().copied(), order) else {
                    return;
                };
                let order = bench.order(id).clone();
                match report {
                    0 if order.status == Status::Pending => bench.open(id),
                    1 if order.cancel.is_some() => {
                        let reason = String::new();
                        bench.venue(id, Report::Cancelled { reason });
                    }
                    2 | 3 if order.is_sent() => {
                        let quantity = if report == 2 && order.remaining() > dec!(0.02) {
                            (order.remaining() / Decimal::TWO).round_dp(2)
                        } else {
                            order.remaining()
                        };
                        let price = bench.quotes.get(btc()).unwrap().last;
                        bench.fill(id, price, quantity);
                    }
                    _ => {}
                }
            }
            Deed::Window => {
                for priority in 2..=4 {
                    bench.ask("engine", Command::CloseWindow { priority });
                }
            }
            Deed::Price(price) => {
                bench.price(price.into());
                bench.ask("clock", Command::Tick);
            }
            Deed::Pass(seconds) => {
                let last = bench.quotes.get(btc()).unwrap().last;
                bench.now = bench.now.plus_s(seconds.into());
                bench.price(last);
                bench.ask("clock", Command::Tick);
            }
            Deed::Renew => {
                let services: Vec<Service> = bench.state.services.live.values().cloned().collect();
                for id in services.into_iter().flat_map(|s| s.holds) {
                    bench.ask("trader", Command::Renew { id, ttl_s: 86_400 });
                }
            }
            Deed::Press => bench.press(),
            Deed::Clear => {
                let presses = bench.state.trading.presses;
                let clear = Command::Clear {
                    epoch: bench.state.trading.epoch,
                    reason: "looked into".into(),
                    presses,
                    since_press_ms: 10_000,
                };
                bench.ask("operator", clear);
                let resume = Command::Resume {
                    symbol: None,
                    reason: "looked into".into(),
                };
                bench.ask("operator", resume);
            }
        }
    }

    fn check(&mut self) -> Result<(), String> {
        let state = &self.bench.state;
        let mut owned: BTreeSet<ReservationId> = BTreeSet::new();
        for run in state.research.live.values() {
            for (step, slot) in &run.steps {
                let row = state
                    .ledger
                    .get(*slot)
                    .ok_or(format!("step {step} lost {slot}"))?;
                if row.resource != Resource::Compute
                    || state.research.step_of(*slot) != Some((run.id, *step))
                {
                    return Err(format!(
                        "{slot} is not the slot of step {step} of {}",
                        run.id
                    ));
                }
                owned.insert(*slot);
            }
            let runs = run.activity.map(|a| state.activities.live.contains_key(&a));
            if runs == Some(false) {
                return Err(format!("the activity of {} is over", run.id));
            }
        }
        for service in state.services.live.values() {
            for hold in &service.holds {
                if state.ledger.get(*hold).is_none() {
                    return Err(format!("{} lost {hold}", service.id));
                }
                if !owned.insert(*hold) {
                    return Err(format!("{hold} is held twice"));
                }
            }
            let waits = service.holds.iter().any(|h| {
                state
                    .ledger
                    .get(*h)
                    .is_some_and(|r| r.standing == Standing::Queued)
            });
            if waits == service.is_at_work() {
                return Err(format!("{} waits and works", service.id));
            }
        }
        // What a consumer reserved belongs to a run or a service, or an order or position lives on it.
        for row in state.ledger.live() {
            let consumer = matches!(row.agent.as_str(), "trader" | "optimizer" | "discoverer");
            let ours = row.purpose.contains("run_")
                || row.strategy.is_some() && row.purpose.contains(": ");
            if consumer && ours && row.standing != Standing::Bound && !owned.contains(&row.id) {
                return Err(format!("{} ({}) is leaked", row.id, row.purpose));
            }
        }
        if state.trading.hardstop.is_some()
            && !(state.services.live.is_empty() && state.research.live.is_empty())
        {
            return Err("something works under HARDSTOP".into());
        }
        let kinds = state.activities.live.values().filter(|a| !a.queued);
        let deployments = kinds.filter(|a| a.kind == ActivityKind::Deployment).count();
        if deployments > 1 {
            return Err("two deployments run".into());
        }
        for (_, _, events) in &self.bench.history[self.seen..] {
            for event in events {
                match event {
                    Event::ServiceEnded {
                        id,
                        how: End::Promoted,
                        ..
                    } if !self.promoted.insert(*id) => {
                        return Err(format!("{id} is promoted twice"));
                    }
                    Event::OrderApproved { order } if order.purpose == Purpose::Entry => {
                        within_share(state, order.request.service)?;
                    }
                    _ => {}
                }
            }
        }
        self.seen = self.bench.history.len();
        Ok(())
    }
}

/// What a stage has drawn is within its share of the capital.
fn within_share(state: &pilothouse::core::State, service: Option<ServiceId>) -> Result<(), String> {
    let service = service.and_then(|id| state.services.live.get(&id));
    let Some(service) = service.filter(|s| s.kind == Kind::Deployment) else {
        return Ok(());
    };
    for hold in &service.holds {
        let Some(row) = state.ledger.get(*hold) else {
            continue;
        };
        let drawn = row.granted() - row.amount;
        let share = row.granted() * state.share_of(service.stage);
        if drawn > share {
            return Err(format!("{} has drawn {drawn} of {share}", service.id));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_leaked_doubled_or_overdrawn(deeds in prop::collection::vec(deed(), 1..120)) {
        let mut world = World::new();
        for deed in &deeds {
            world.act(deed);
            if let Err(why) = world.check() {
                prop_assert!(false, "after {deed:?}: {why}");
            }
        }
        world.bench.check_fold();
    }
}
