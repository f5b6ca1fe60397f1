//! Who gets what, who waits, who gives way: the rules of domain.md, with the documents' own times
//! and amounts.

use std::collections::BTreeMap;

use pilothouse::core::activity::{ActivityKind, Verdict};
use pilothouse::core::command::{Press, Start};
use pilothouse::core::id::ReservationId;
use pilothouse::core::message::Payload;
use pilothouse::core::position::Amount;
use pilothouse::core::reservation::{Class, ReserveItem, Resource, SplitPolicy, Standing};
use pilothouse::core::{
    Command, Context, Event, Grant, Name, Quote, Quotes, Refusal, Reply, Settings, State, Symbol,
    Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

const BEGAN: Time = Time(1_771_068_213_000);

/// A core with its clock in hand and a pool of so many USD.
struct Desk {
    state: State,
    quotes: Quotes,
    now: Time,
    events: Vec<Event>,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn item(resource: Resource, amount: Decimal, purpose: &str) -> ReserveItem {
    ReserveItem {
        resource,
        class: None,
        amount,
        purpose: purpose.into(),
        ttl_s: Some(3600),
        agent: None,
        strategy: None,
        sharpe: None,
    }
}

fn capital(amount: Decimal, purpose: &str) -> ReserveItem {
    item(Resource::Capital, amount, purpose)
}

impl Desk {
    fn new(pool: Decimal) -> Self {
        Self::with(pool, |_| {})
    }

    fn with(pool: Decimal, adjust: impl FnOnce(&mut Settings)) -> Self {
        let symbol: Symbol = "BTC/USDT".parse().unwrap();
        let mut quotes = Quotes::default();
        let quote = Quote {
            last: dec!(45000),
            bid: dec!(45000),
            ask: dec!(45000),
            time: BEGAN,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        quotes.set(symbol, quote);
        let mut settings = Settings::of(&[symbol]);
        // The crew's own work would only be in the way here.
        for schedule in &mut settings.schedules {
            schedule.enabled = false;
        }
        adjust(&mut settings);
        let mut desk = Self {
            state: State::default(),
            quotes,
            now: BEGAN,
            events: Vec::new(),
        };
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(pool))]),
        };
        desk.ask("engine", Command::Start(Box::new(start)));
        desk.ask("engine", Command::Statement(Box::default()));
        assert!(desk.state.ledger.pool <= pool);
        desk
    }

    fn ask(&mut self, actor: &str, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        // Crowds are folded again by the property tests.
        let before = (self.state.ledger.live_count() < 50).then(|| self.state.clone());
        let decision = self.state.handle(&context, name(actor), &command);
        if let Some(mut folded) = before {
            self.state.ledger.check().unwrap();
            if !decision.events.is_empty() {
                folded.fold(self.state.seq, self.state.time, &decision.events);
            }
            assert_eq!(folded, self.state, "the state is the fold of its events");
        }
        self.events = decision.events;
        decision.reply
    }

    /// The clock at so many seconds after the beginning, every second ticked.
    fn at(&mut self, second: i64) {
        while self.now < BEGAN.plus_s(second) {
            self.now = self.now.plus_s(1);
            self.ask("clock", Command::Tick);
        }
    }

    fn reserve(&mut self, item: ReserveItem) -> Reply {
        self.request(vec![item], false)
    }

    fn request(&mut self, items: Vec<ReserveItem>, wait: bool) -> Reply {
        let command = Command::Reserve {
            items,
            key: None,
            wait,
        };
        self.ask("operator", command)
    }

    fn held(&mut self, item: ReserveItem) -> Grant {
        let grant = grants(self.reserve(item))[0];
        assert_eq!(grant.standing, Standing::Held);
        grant
    }

    fn queued(&mut self, item: ReserveItem) -> Grant {
        let grant = grants(self.request(vec![item], true))[0];
        assert_eq!(grant.standing, Standing::Queued);
        grant
    }

    fn refused(&mut self, item: ReserveItem) -> Refusal {
        refusal(self.reserve(item))
    }

    fn release(&mut self, grant: Grant) {
        self.ask("operator", Command::Release { id: grant.id });
    }

    fn standing(&self, id: ReservationId) -> Standing {
        let live = self.state.ledger.get(id).map(|r| r.standing);
        live.or_else(|| self.state.ledger.ended(id)).unwrap()
    }

    fn press(&mut self) {
        let press = Press {
            by: name("operator"),
            how: "key".into(),
            reason: "daily loss".into(),
        };
        let command = Command::GateSeen {
            epoch: self.state.trading.epoch + 1,
            presses: self.state.trading.presses + 1,
            notes: vec![press],
        };
        self.ask("gate", command);
    }

    /// What an agent was told, subject by subject.
    fn told(&self, agent: &str) -> Vec<String> {
        let to = |m: &&pilothouse::core::message::Message| m.to == Some(name(agent));
        let live = self.state.bus.live.values().filter(to);
        live.map(|m| m.subject.clone()).collect()
    }
}

fn grants(reply: Reply) -> Vec<Grant> {
    match reply {
        Reply::Reserved(grants) => grants,
        other => panic!("{other:?}"),
    }
}

fn refusal(reply: Reply) -> Refusal {
    match reply {
        Reply::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

fn by(agent: &str, mut item: ReserveItem) -> ReserveItem {
    item.agent = Some(name(agent));
    item
}

fn of(class: Class, mut item: ReserveItem) -> ReserveItem {
    item.class = Some(class);
    item
}

/// Document 000, scenario 1, with its times: deploy at 0, optimise at 30, done at 600.
#[test]
fn an_optimisation_waits_for_the_deployment_and_goes_on_by_itself() {
    let mut desk = Desk::new(dec!(51.52));
    let deployer = desk.held(capital(dec!(5), "deploy strategy"));
    assert!(desk.state.activities.runs(ActivityKind::Deployment));
    desk.at(30);
    // Without being asked to wait.
    let optimizer = grants(desk.reserve(capital(dec!(5), "paper run of parameters")))[0];
    assert_eq!(optimizer.standing, Standing::Queued);
    assert_eq!(optimizer.id.agent, name("optimizer"));
    assert!(!desk.state.activities.runs(ActivityKind::Optimisation));
    assert_eq!(desk.state.ledger.held_capital(None), dec!(5));
    desk.at(599);
    assert_eq!(desk.standing(optimizer.id), Standing::Queued);
    desk.at(600);
    desk.release(deployer);
    // In the very decision that gave it back.
    assert!(
        desk.events
            .iter()
            .any(|e| matches!(e, Event::Granted { id, .. } if *id == optimizer.id))
    );
    assert_eq!(desk.standing(optimizer.id), Standing::Held);
    assert!(desk.state.activities.runs(ActivityKind::Optimisation));
    assert!(!desk.state.activities.runs(ActivityKind::Deployment));
    // Its life counts from the grant.
    let row = desk.state.ledger.get(optimizer.id).unwrap();
    assert_eq!(row.expires_at, Some(BEGAN.plus_s(600 + 3600)));
}

/// Document 000, scenario 2, by its own formula.
#[test]
fn two_strategies_share_what_does_not_suffice_for_both() {
    let mut desk = Desk::new(dec!(12));
    let want = |strategy: &str, sharpe| ReserveItem {
        strategy: Some(name(strategy)),
        sharpe: Some(sharpe),
        ..capital(dec!(10), "live trade")
    };
    let Reply::Gathering(priority, a) = desk.reserve(want("a", dec!(1.5))) else {
        panic!("decided alone");
    };
    let Reply::Gathering(_, b) = desk.reserve(want("b", dec!(0.8))) else {
        panic!("decided alone");
    };
    assert_eq!(priority, 2);
    assert_eq!(desk.state.ledger.held_capital(None), dec!(0));
    let Reply::Allocated(answers) = desk.ask("allocation", Command::CloseWindow { priority })
    else {
        panic!("not decided");
    };
    let got = |id| {
        let (_, answer) = answers.iter().find(|(found, _)| *found == id).unwrap();
        let grant = answer.as_ref().unwrap();
        (grant.amount, grant.asked, grant.standing)
    };
    assert_eq!(got(a[0]), (dec!(7.83), dec!(10), Standing::Held));
    assert_eq!(got(b[0]), (dec!(4.17), dec!(10), Standing::Held));
    assert_eq!(desk.state.ledger.available_capital(), dec!(0));
    assert!(desk.state.ledger.windows.is_empty());
}

#[test]
fn what_fits_is_not_split_and_a_window_takes_from_lower_priorities() {
    let mut desk = Desk::new(dec!(100));
    let research = desk.held(capital(dec!(90), "research"));
    let want = |amount| ReserveItem {
        sharpe: Some(dec!(1)),
        ..capital(amount, "live trade")
    };
    desk.reserve(want(dec!(30)));
    desk.reserve(want(dec!(50)));
    let Reply::Allocated(answers) = desk.ask("allocation", Command::CloseWindow { priority: 2 })
    else {
        panic!("not decided");
    };
    let mut amounts: Vec<Decimal> = answers
        .iter()
        .map(|(_, a)| a.as_ref().unwrap().amount)
        .collect();
    amounts.sort();
    assert_eq!(amounts, [dec!(30), dec!(50)]);
    assert_eq!(desk.standing(research.id), Standing::Preempted);
}

#[test]
fn who_gets_nothing_of_a_window_is_denied_or_waits_as_it_asked() {
    let mut desk = Desk::with(dec!(10), |s| {
        s.resources.split_policy = SplitPolicy::SharpeWeighted;
    });
    let all = desk.held(of(Class::Live, capital(dec!(10), "live trade")));
    let want = |sharpe| ReserveItem {
        sharpe: Some(sharpe),
        ..capital(dec!(5), "live trade")
    };
    let Reply::Gathering(_, waits) = desk.request(vec![want(dec!(1))], true) else {
        panic!();
    };
    let key = Some("k".to_owned());
    let command = Command::Reserve {
        items: vec![want(dec!(2))],
        key,
        wait: false,
    };
    let Reply::Gathering(_, denied) = desk.ask("trader", command.clone()) else {
        panic!();
    };
    // The same request again waits for the same answer.
    assert_eq!(
        desk.ask("trader", command.clone()),
        Reply::Gathering(2, denied.clone())
    );
    let Reply::Allocated(answers) = desk.ask("allocation", Command::CloseWindow { priority: 2 })
    else {
        panic!();
    };
    let refused = answers.iter().find(|(id, _)| *id == denied[0]).unwrap();
    let refused = refused.1.as_ref().unwrap_err();
    assert_eq!(refused.code, "RESERVE_CAPITAL");
    assert!(refused.holders[0].starts_with(&all.id.to_string()));
    assert_eq!(desk.standing(denied[0]), Standing::Denied);
    assert_eq!(desk.standing(waits[0]), Standing::Queued);
    // A refusal is not remembered: the key may be used again.
    assert!(matches!(
        desk.ask("trader", command),
        Reply::Gathering(2, ids) if ids != denied
    ));
    // Alone in a window it reads as it would without one.
    let answers = desk.ask("allocation", Command::CloseWindow { priority: 2 });
    let Reply::Allocated(answers) = answers else {
        panic!();
    };
    let alone = answers[0].1.as_ref().unwrap_err();
    assert_eq!(alone.message, "5 USD are wanted and 0 are free");
    desk.release(all);
    assert_eq!(desk.standing(waits[0]), Standing::Held);
}

/// Document 000, scenario 3: a loss of the day while a discovery runs.
#[test]
fn hardstop_ends_a_discovery_and_frees_its_capital() {
    let mut desk = Desk::new(dec!(51.52));
    let cold = desk.held(of(
        Class::Backtest,
        by("discoverer", capital(dec!(3), "COLD")),
    ));
    let warm = desk.held(by(
        "discoverer",
        item(Resource::Compute, dec!(1), "paper WARM"),
    ));
    let waits = desk.queued(of(Class::Backtest, capital(dec!(50), "later")));
    let exit = desk.held(capital(dec!(1), "exit of a position"));
    assert!(desk.state.activities.runs(ActivityKind::Discovery));
    desk.press();
    for id in [cold.id, warm.id, waits.id] {
        assert_eq!(desk.standing(id), Standing::Cancelled);
    }
    assert_eq!(desk.standing(exit.id), Standing::Held);
    assert_eq!(desk.state.ledger.available_capital(), dec!(50.52));
    assert!(desk.state.activities.live.is_empty());
    let refused = desk.refused(capital(dec!(1), "paper"));
    assert_eq!(refused.code, "RESERVE_STATE");
    let begin = Command::BeginActivity {
        kind: ActivityKind::Discovery,
        agent: Some(name("discoverer")),
    };
    assert_eq!(refusal(desk.ask("operator", begin)).code, "ACTIVITY_STATE");
    desk.held(capital(dec!(2), "exit"));
}

#[test]
fn a_higher_priority_takes_the_lowest_and_newest_first_and_no_more_than_it_needs() {
    let mut desk = Desk::new(dec!(100));
    let paper = desk.held(capital(dec!(20), "paper"));
    desk.at(1);
    let old = desk.held(capital(dec!(20), "backtest"));
    desk.at(2);
    let new = desk.held(capital(dec!(30), "research"));
    // 30 are free; 70 need 40 more: the newest research (30), then the older backtest.
    let live = desk.held(capital(dec!(70), "live trade"));
    assert_eq!(desk.standing(new.id), Standing::Preempted);
    assert_eq!(desk.standing(old.id), Standing::Preempted);
    assert_eq!(desk.standing(paper.id), Standing::Held);
    assert!(desk.told("discoverer")[0].contains(&new.id.to_string()));
    // Nothing is taken where all of it would not do, and the refusal says who holds the rest.
    let refused = desk.refused(capital(dec!(31), "live trade"));
    assert_eq!(refused.code, "RESERVE_CAPITAL");
    assert!(refused.holders[0].contains(&live.id.to_string()));
    assert_eq!(desk.standing(paper.id), Standing::Held);
    // Equals do not take from each other, lower ones never from higher ones.
    assert_eq!(
        desk.refused(capital(dec!(20), "deploy")).code,
        "RESERVE_CAPITAL"
    );
    // An exit takes from live trades too.
    desk.held(capital(dec!(60), "exit"));
    assert_eq!(desk.standing(live.id), Standing::Preempted);
}

#[test]
fn whoever_waits_comes_to_its_turn_by_priority_and_then_by_time() {
    let mut desk = Desk::new(dec!(1000));
    let slots: Vec<Grant> = (0..3)
        .map(|_| desk.held(by("a", item(Resource::Compute, dec!(1), "backtest"))))
        .collect();
    let first = desk.queued(by("b", item(Resource::Compute, dec!(2), "backtest")));
    desk.at(1);
    let second = desk.queued(by("c", item(Resource::Compute, dec!(1), "backtest")));
    desk.release(slots[0]);
    // One slot is free, and it is kept for the first of those that wait.
    assert_eq!(desk.standing(first.id), Standing::Queued);
    assert_eq!(desk.standing(second.id), Standing::Queued);
    desk.release(slots[1]);
    assert_eq!(desk.standing(first.id), Standing::Held);
    assert_eq!(desk.standing(second.id), Standing::Queued);
    desk.release(slots[2]);
    assert_eq!(desk.standing(second.id), Standing::Held);

    let all = desk.held(capital(dec!(1000), "live trade"));
    let research = desk.queued(capital(dec!(10), "research"));
    let live = desk.queued(capital(dec!(1000), "live trade"));
    desk.release(all);
    assert_eq!(desk.standing(live.id), Standing::Held);
    assert_eq!(desk.standing(research.id), Standing::Queued);
}

#[test]
fn whoever_waits_is_told_each_minute_and_not_for_ever() {
    let mut desk = Desk::new(dec!(10));
    let holder = desk.held(ReserveItem {
        ttl_s: Some(7200),
        ..capital(dec!(10), "live trade")
    });
    let waits = desk.queued(ReserveItem {
        ttl_s: Some(150),
        ..by("scout", capital(dec!(5), "research"))
    });
    desk.at(59);
    assert!(desk.told("scout").is_empty());
    desk.at(60);
    assert_eq!(desk.told("scout").len(), 1);
    let told = desk.state.bus.live.values().next_back().unwrap();
    let Payload::Json { text } = &told.payload else {
        panic!();
    };
    assert!(text.contains(&holder.id.to_string()), "{text}");
    desk.at(120);
    assert_eq!(desk.told("scout").len(), 2);
    desk.at(150);
    assert_eq!(desk.standing(waits.id), Standing::Expired);
}

#[test]
fn what_is_asked_together_is_granted_together_or_waits_together() {
    let mut desk = Desk::new(dec!(10));
    let all = desk.held(capital(dec!(10), "live trade"));
    let both = vec![
        capital(dec!(5), "paper run"),
        item(Resource::Compute, dec!(1), "paper run"),
    ];
    assert_eq!(
        refusal(desk.request(both.clone(), false)).code,
        "RESERVE_CAPITAL"
    );
    let waits = grants(desk.request(both, true));
    assert!(waits.iter().all(|g| g.standing == Standing::Queued));
    desk.release(all);
    assert!(waits.iter().all(|g| desk.standing(g.id) == Standing::Held));
    let again = desk.held(capital(dec!(5), "live trade"));
    let both = vec![
        capital(dec!(5), "research"),
        item(Resource::Compute, dec!(1), "research"),
    ];
    let waits = grants(desk.request(both, true));
    // Giving up one gives up all of it.
    desk.release(waits[1]);
    assert!(
        waits
            .iter()
            .all(|g| desk.standing(g.id) == Standing::Cancelled)
    );
    desk.release(again);
}

#[test]
fn nobody_waits_in_a_circle() {
    let mut desk = Desk::new(dec!(100));
    desk.held(by("ann", of(Class::Paper, capital(dec!(100), "run"))));
    for _ in 0..5 {
        desk.held(by("bob", item(Resource::Compute, dec!(1), "paper run")));
    }
    desk.queued(by("ann", item(Resource::Compute, dec!(1), "paper run")));
    let closes = by("bob", of(Class::Paper, capital(dec!(10), "run")));
    let refused = refusal(desk.request(vec![closes.clone()], true));
    assert_eq!(refused.code, "RESERVE_DEADLOCK");
    assert_eq!(refused.holders, ["bob", "ann", "bob"]);
    // Somebody who holds nothing closes none.
    desk.queued(by("eve", of(Class::Paper, capital(dec!(10), "run"))));
    // And waiting for oneself is no circle.
    let mut alone = Desk::new(dec!(100));
    alone.held(by("ann", of(Class::Paper, capital(dec!(80), "run"))));
    alone.queued(by("ann", of(Class::Paper, capital(dec!(50), "run"))));
}

#[test]
fn a_third_who_can_give_back_keeps_a_circle_open() {
    let mut desk = Desk::new(dec!(100));
    desk.held(by("ann", of(Class::Paper, capital(dec!(50), "run"))));
    desk.held(by("eve", of(Class::Paper, capital(dec!(50), "run"))));
    for _ in 0..5 {
        desk.held(by("bob", item(Resource::Compute, dec!(1), "paper run")));
    }
    desk.queued(by("ann", item(Resource::Compute, dec!(1), "paper run")));
    // Ann waits for bob, and bob may be served by eve alone.
    desk.queued(by("bob", of(Class::Paper, capital(dec!(50), "run"))));
}

#[test]
fn more_than_there_will_ever_be_is_refused_even_to_those_who_would_wait() {
    let mut desk = Desk::new(dec!(100));
    let reply = desk.request(vec![capital(dec!(101), "live trade")], true);
    assert_eq!(refusal(reply).code, "RESERVE_CAPITAL");
    let slots = item(Resource::Compute, dec!(4), "backtest");
    assert_eq!(
        refusal(desk.request(vec![slots], true)).code,
        "RESERVE_COMPUTE"
    );
}

#[test]
fn api_calls_slide_back_and_those_who_wait_get_them() {
    let mut desk = Desk::new(dec!(100));
    desk.held(item(Resource::Api, dec!(540), "live trade"));
    let refused = desk.refused(item(Resource::Api, dec!(1), "live trade"));
    assert_eq!(refused.code, "RESERVE_API");
    // A tenth is kept for exits.
    desk.held(item(Resource::Api, dec!(60), "exit"));
    let waits = desk.queued(item(Resource::Api, dec!(10), "live trade"));
    desk.at(59);
    assert_eq!(desk.standing(waits.id), Standing::Queued);
    desk.at(61);
    assert_eq!(desk.standing(waits.id), Standing::Held);
}

/// Every ordered pair of activities (R13), by declared ones.
#[test]
fn every_pair_of_activities_is_decided_as_the_table_says() {
    use ActivityKind::{Deployment, Discovery, Hardstop, LiveTrading, Optimisation};
    for running in [Deployment, Optimisation, Discovery, LiveTrading] {
        for new in [Deployment, Optimisation, Discovery, LiveTrading] {
            let mut desk = Desk::new(dec!(100));
            let begin = |kind, agent: &str| Command::BeginActivity {
                kind,
                agent: Some(name(agent)),
            };
            let Reply::Activity(first) = desk.ask("operator", begin(running, "one")) else {
                panic!();
            };
            let Reply::Activity(second) = desk.ask("operator", begin(new, "two")) else {
                panic!();
            };
            let queued = desk.state.activities.live[&second].queued;
            let expected = running == Deployment && new != LiveTrading
                || (running, new) == (Discovery, Discovery);
            assert_eq!(queued, expected, "{running:?} then {new:?}");
            assert_eq!(running.verdict(new) == Verdict::Queue, expected);
            let end = Command::EndActivity {
                id: first,
                reason: String::new(),
            };
            desk.ask("operator", end);
            assert!(!desk.state.activities.live[&second].queued);
            desk.press();
            assert!(desk.state.activities.live.is_empty());
        }
        assert_eq!(running.verdict(Hardstop), Verdict::Cancel);
        assert_eq!(Hardstop.verdict(running), Verdict::Deny);
    }
    assert_eq!(Hardstop.verdict(Hardstop), Verdict::Already);
}

#[test]
fn a_request_belongs_to_the_activity_its_agent_has_running() {
    let mut desk = Desk::new(dec!(100));
    let money = desk.held(capital(dec!(5), "deploy"));
    // Another resource belongs to the same deployment.
    let slot = desk.held(item(Resource::Compute, dec!(1), "deploy"));
    assert_eq!(desk.state.activities.live.len(), 1);
    // A second one for the same resource is another deployment: it waits.
    let next = grants(desk.reserve(capital(dec!(5), "deploy")))[0];
    assert_eq!(next.standing, Standing::Queued);
    desk.release(money);
    assert_eq!(desk.standing(next.id), Standing::Queued);
    desk.release(slot);
    assert_eq!(desk.standing(next.id), Standing::Held);

    // An optimisation that runs is held at its next step.
    let mut desk = Desk::new(dec!(100));
    desk.held(by(
        "optimizer",
        item(Resource::Compute, dec!(1), "backtest"),
    ));
    let deploy = desk.held(capital(dec!(5), "deploy"));
    let step = grants(desk.reserve(by("optimizer", capital(dec!(1), "backtest"))))[0];
    assert_eq!(step.standing, Standing::Queued);
    // A discovery that runs goes on.
    desk.release(deploy);
    desk.held(by(
        "discoverer",
        item(Resource::Compute, dec!(1), "research"),
    ));
    desk.held(capital(dec!(5), "deploy"));
    desk.held(by("discoverer", capital(dec!(1), "research")));
}

#[test]
fn a_shrinking_pool_takes_nothing_away_and_grants_nothing() {
    let mut desk = Desk::with(dec!(100), |s| s.resources.capital_pool_usd = Some(dec!(80)));
    let held = desk.held(capital(dec!(70), "paper"));
    let start = Start {
        version: "test".into(),
        account: "paper".into(),
        feed: "test".into(),
        feed_hash: String::new(),
        settings: {
            let mut s = desk.state.settings.clone();
            s.resources.capital_pool_usd = Some(dec!(50));
            s
        },
        balances: BTreeMap::new(),
    };
    desk.ask("engine", Command::Start(Box::new(start)));
    desk.ask("engine", Command::Statement(Box::default()));
    assert_eq!(desk.state.ledger.pool, dec!(50));
    assert_eq!(desk.standing(held.id), Standing::Held);
    assert_eq!(desk.state.ledger.available_capital(), dec!(0));
    assert_eq!(
        desk.refused(capital(dec!(1), "paper")).code,
        "RESERVE_CAPITAL"
    );
    // Not even by taking from lower priorities; an exit may.
    assert_eq!(
        desk.refused(capital(dec!(1), "live trade")).code,
        "RESERVE_CAPITAL"
    );
    desk.held(capital(dec!(40), "exit"));
    assert_eq!(desk.standing(held.id), Standing::Preempted);
}

#[test]
fn a_restart_leaves_no_window_open() {
    let mut desk = Desk::new(dec!(100));
    let want = ReserveItem {
        sharpe: Some(dec!(1)),
        ..capital(dec!(10), "live trade")
    };
    let Reply::Gathering(_, gone) = desk.reserve(want.clone()) else {
        panic!();
    };
    let Reply::Gathering(_, stays) = desk.request(vec![want], true) else {
        panic!();
    };
    let start = Start {
        version: "test".into(),
        account: "paper".into(),
        feed: "test".into(),
        feed_hash: String::new(),
        settings: desk.state.settings.clone(),
        balances: BTreeMap::new(),
    };
    desk.ask("engine", Command::Start(Box::new(start)));
    assert!(desk.state.ledger.windows.is_empty());
    desk.ask("engine", Command::Statement(Box::default()));
    assert_eq!(desk.standing(gone[0]), Standing::Denied);
    assert_eq!(desk.standing(stays[0]), Standing::Held);
}

#[test]
fn thompson_draws_from_a_seed_in_the_journal() {
    let shares = |policy| {
        let mut desk = Desk::with(dec!(100), |s| s.resources.split_policy = policy);
        for sharpe in [dec!(1), dec!(1.1), dec!(0.9)] {
            desk.reserve(ReserveItem {
                sharpe: Some(sharpe),
                ..capital(dec!(100), "live trade")
            });
        }
        let reply = desk.ask("allocation", Command::CloseWindow { priority: 2 });
        let seed = desk.events.iter().find_map(|e| match e {
            Event::WindowClosed { seed, split, .. } => Some((*seed, *split)),
            _ => None,
        });
        (reply, seed.unwrap())
    };
    let (drawn, (seed, split)) = shares(SplitPolicy::Thompson);
    assert!(seed > 0);
    assert_eq!(split, Some(SplitPolicy::Thompson));
    assert_eq!(shares(SplitPolicy::Thompson).0, drawn);
    assert_ne!(shares(SplitPolicy::SharpeWeighted).0, drawn);
}

#[test]
fn absurd_requests_are_refused_with_rule_and_value_and_change_nothing() {
    let mut desk = Desk::new(dec!(100));
    let bad = [
        capital(dec!(0), "paper"),
        capital(dec!(-5), "paper"),
        capital(dec!(1e13), "paper"),
        capital(dec!(0.000000001), "paper"),
        item(Resource::Compute, dec!(1.5), "backtest"),
        capital(dec!(1), " "),
        ReserveItem {
            ttl_s: Some(0),
            ..capital(dec!(1), "paper")
        },
        ReserveItem {
            ttl_s: Some(2_592_001),
            ..capital(dec!(1), "paper")
        },
        ReserveItem {
            sharpe: Some(dec!(1001)),
            ..capital(dec!(1), "live trade")
        },
    ];
    for item in bad {
        let refused = desk.refused(item.clone());
        assert_eq!(refused.code, "RESERVE_INVALID", "{item:?}");
        assert!(refused.limit.is_some() && refused.value.is_some());
        // It is in the audit, and that is all.
        assert!(matches!(desk.events[..], [Event::Refused { .. }]));
    }
    assert_eq!(desk.state.ledger.live_count(), 0);
    let unknown = "trader_1771068213740".parse().unwrap();
    desk.ask("operator", Command::Release { id: unknown });
    assert!(
        matches!(&desk.events[..], [Event::Refused { refusal }] if refusal.code == "RESERVE_UNKNOWN")
    );
}

/// A record that does not fit into a frame would end the engine: whatever is asked, decisions stay
/// small, and what they leave is done by the next.
fn longest(desk: &Desk) -> usize {
    desk.events
        .iter()
        .map(|e| minicbor::to_vec(e).unwrap().len())
        .sum()
}

const FRAME: usize = 1024 * 1024;

#[test]
fn one_request_takes_from_no_more_than_one_record_holds() {
    let mut desk = Desk::new(dec!(100));
    for _ in 0..300 {
        desk.held(capital(dec!(0.01), "backtest"));
    }
    let purpose = format!("live {}", "x".repeat(240));
    let refused = desk.refused(capital(dec!(100), &purpose));
    assert_eq!(refused.code, "RESERVE_CAPITAL");
    assert!(refused.message.contains("would have to go at once"));
    desk.held(capital(dec!(99.5), &purpose));
    assert!(longest(&desk) < FRAME / 4, "{}", longest(&desk));
    // Blanks around a purpose are not kept.
    let padded = capital(dec!(0.01), &format!("live{}", " ".repeat(200_000)));
    desk.held(padded);
    assert!(longest(&desk) < 1_000);
}

#[test]
fn groups_that_expire_together_do_so_in_as_many_records_as_they_need() {
    let mut desk = Desk::new(dec!(100));
    desk.held(ReserveItem {
        ttl_s: Some(7200),
        ..capital(dec!(100), "live trade")
    });
    let group: Vec<ReserveItem> = (0..16)
        .map(|_| ReserveItem {
            ttl_s: Some(60),
            ..by("scout", capital(dec!(1), "research"))
        })
        .collect();
    for _ in 0..400 {
        assert!(matches!(
            desk.request(group.clone(), true),
            Reply::Reserved(_)
        ));
    }
    desk.now = desk.now.plus_s(61);
    let mut ticks = 0;
    while desk.state.ledger.live_count() > 1 {
        desk.ask("clock", Command::Tick);
        assert!(longest(&desk) < FRAME, "{}", longest(&desk));
        assert!(desk.state.next_due().unwrap() <= desk.now || desk.state.ledger.live_count() == 1);
        ticks += 1;
        assert!(ticks < 10);
    }
    assert!(ticks > 1);
}

#[test]
fn a_long_queue_is_served_to_its_end() {
    let mut desk = Desk::new(dec!(2000));
    let all = desk.held(capital(dec!(2000), "live trade"));
    for n in 0..1_500 {
        let agent = format!("scout_{}", n % 50);
        desk.queued(by(&agent, capital(dec!(1), "research")));
    }
    desk.release(all);
    // What one decision leaves is due at once.
    let mut ticks = 0;
    while desk.state.ledger.queue_len() > 0 {
        assert!(desk.state.next_due().unwrap() <= desk.now);
        desk.ask("clock", Command::Tick);
        ticks += 1;
        assert!(ticks < 5);
    }
    assert_eq!(desk.state.ledger.held_capital(None), dec!(1500));
}

#[test]
fn whoever_waits_for_calls_is_looked_at_when_they_are_back_and_not_before() {
    let mut desk = Desk::new(dec!(100));
    desk.held(item(Resource::Api, dec!(540), "live trade"));
    let waits = desk.queued(item(Resource::Api, dec!(540), "live trade"));
    let due = desk.state.next_due().unwrap();
    assert!(due > desk.now.plus_s(50), "{due}");
    // A tick in between has nothing to do, and time is not due in the past for it.
    desk.now = desk.now.plus_s(2);
    desk.ask("clock", Command::Tick);
    assert!(desk.state.next_due().unwrap() > desk.now);
    desk.now = due;
    desk.ask("clock", Command::Tick);
    desk.at(61);
    assert_eq!(desk.standing(waits.id), Standing::Held);
}

#[test]
fn a_window_takes_from_lower_priorities_as_a_request_does() {
    let mut desk = Desk::new(dec!(100));
    let tests = desk.held(capital(dec!(100), "backtest"));
    let want = ReserveItem {
        sharpe: Some(dec!(1)),
        ..capital(dec!(60), "live trade")
    };
    desk.reserve(want.clone());
    desk.reserve(want);
    let Reply::Allocated(answers) = desk.ask("allocation", Command::CloseWindow { priority: 2 })
    else {
        panic!();
    };
    assert!(
        answers
            .iter()
            .all(|(_, a)| a.as_ref().unwrap().amount == dec!(50))
    );
    assert_eq!(desk.standing(tests.id), Standing::Preempted);
}

#[test]
fn a_key_whose_request_ended_in_its_window_is_free_again() {
    let mut desk = Desk::new(dec!(100));
    let command = Command::Reserve {
        items: vec![ReserveItem {
            sharpe: Some(dec!(1)),
            ..capital(dec!(10), "live trade")
        }],
        key: Some("once".into()),
        wait: false,
    };
    let Reply::Gathering(_, first) = desk.ask("trader", command.clone()) else {
        panic!();
    };
    desk.press();
    assert_eq!(desk.standing(first[0]), Standing::Cancelled);
    assert_eq!(
        refusal(desk.ask("trader", command)).code,
        "RESERVE_STATE",
        "no dead reservation is named as queued"
    );
}

fn register(desk: &mut Desk, agent: &str) {
    let registration = pilothouse::core::command::Registration {
        name: name(agent),
        version: "1".into(),
        handles: Vec::new(),
        lockstep: false,
        token_hash: "0".repeat(64),
    };
    let reply = desk.ask("operator", Command::Register(Box::new(registration)));
    assert!(!matches!(reply, Reply::Refused(_)), "{reply:?}");
}

#[test]
fn an_agent_outside_acts_as_itself_alone() {
    let mut desk = Desk::new(dec!(100));
    register(&mut desk, "scout");
    let ask = |desk: &mut Desk, command| refusal(desk.ask("scout", command)).code;
    let reserve = |item| Command::Reserve {
        items: vec![item],
        key: None,
        wait: false,
    };
    let others = desk.held(capital(dec!(5), "live trade"));
    for command in [
        reserve(by("trader", capital(dec!(1), "research"))),
        Command::Release { id: others.id },
        Command::Renew {
            id: others.id,
            ttl_s: 9,
        },
        Command::BeginActivity {
            kind: ActivityKind::Deployment,
            agent: Some(name("deployer")),
        },
        Command::Send(Box::new(pilothouse::core::command::Letter {
            from: Some(name("trader")),
            to: Some(name("risk")),
            topic: None,
            kind: pilothouse::core::message::MessageKind::Event,
            priority: pilothouse::core::message::Priority::Normal,
            subject: "signed by another".into(),
            payload: Payload::Json { text: "{}".into() },
            ttl_s: None,
            in_reply_to: None,
        })),
    ] {
        assert_eq!(ask(&mut desk, command), "AGENT_NOT_ITSELF");
        assert!(matches!(desk.events[..], [Event::Refused { .. }]));
    }
    assert_eq!(
        ask(&mut desk, reserve(capital(dec!(1), "exit of a position"))),
        "RESERVE_CLASS"
    );
    // Whatever the purpose begins with, it asks for itself.
    let own = grants(desk.ask("scout", reserve(capital(dec!(1), "live trade"))))[0];
    assert_eq!(own.id.agent, name("scout"));
    assert_eq!(desk.standing(others.id), Standing::Held);
}

#[test]
fn a_stranger_that_fails_degrades_nobody() {
    let mut desk = Desk::new(dec!(100));
    register(&mut desk, "scout");
    for _ in 0..20 {
        let beat = Command::Heartbeat {
            agent: name("scout"),
            ok: false,
            message: None,
        };
        desk.ask("scout", beat);
    }
    assert!(desk.state.agents[&name("scout")].unhealthy);
    assert_eq!(desk.state.degradation.level.as_str(), "normal");
}

#[test]
fn a_deployment_that_is_declared_takes_over_what_its_reservations_began() {
    let mut desk = Desk::new(dec!(100));
    let held = desk.held(capital(dec!(5), "deploy"));
    let begin = Command::BeginActivity {
        kind: ActivityKind::Deployment,
        agent: Some(name("deployer")),
    };
    let Reply::Activity(id) = desk.ask("operator", begin) else {
        panic!();
    };
    assert!(!desk.state.activities.live[&id].queued);
    desk.release(held);
    assert!(desk.state.activities.runs(ActivityKind::Deployment));
    let end = Command::EndActivity {
        id,
        reason: String::new(),
    };
    desk.ask("operator", end);
    assert!(!desk.state.activities.runs(ActivityKind::Deployment));
}
