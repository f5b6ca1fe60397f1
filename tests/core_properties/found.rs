//! What random histories have found, each as the shortest story that shows it. The auditor looks on.

use pilothouse::core::activity::ActivityKind;
use pilothouse::core::command::Press;
use pilothouse::core::id::ReservationId;
use pilothouse::core::reservation::{Class, ReserveItem, Resource, Standing, Waits};
use pilothouse::core::{Command, Reply};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::crowd::{Crowd, item, name};

fn of(class: Class, agent: &str, amount: Decimal) -> ReserveItem {
    ReserveItem {
        class: Some(class),
        agent: Some(name(agent)),
        ..item(Resource::Capital, amount, "its work")
    }
}

fn paper(agent: &str, slots: u8) -> ReserveItem {
    ReserveItem {
        resource: Resource::Compute,
        ..of(Class::Paper, agent, slots.into())
    }
}

fn calls(class: Class, agent: &str, count: u8) -> ReserveItem {
    ReserveItem {
        resource: Resource::Api,
        ..of(class, agent, count.into())
    }
}

impl Crowd {
    fn reserve(&mut self, items: Vec<ReserveItem>, wait: bool) -> Vec<ReservationId> {
        let key = None;
        match self.ask("operator", Command::Reserve { items, key, wait }) {
            Reply::Reserved(grants) => grants.iter().map(|g| g.id).collect(),
            Reply::Gathering(_, ids) => ids,
            other => panic!("{other:?}"),
        }
    }

    /// The code of a refusal.
    fn refused(&mut self, items: Vec<ReserveItem>, wait: bool) -> String {
        let key = None;
        match self.ask("operator", Command::Reserve { items, key, wait }) {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    fn deploy(&mut self, agent: &str) {
        let (kind, agent) = (ActivityKind::Deployment, Some(name(agent)));
        self.ask("operator", Command::BeginActivity { kind, agent });
    }

    fn release(&mut self, id: ReservationId) {
        self.ask("operator", Command::Release { id });
    }

    fn stop(&mut self) {
        self.press(Press {
            by: name("operator"),
            how: "key".into(),
            reason: "found".into(),
        });
    }

    fn standing(&self, id: ReservationId) -> Standing {
        let ledger = &self.state.ledger;
        let live = ledger.get(id).map(|r| r.standing);
        live.or_else(|| ledger.ended(id)).unwrap()
    }

    fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_s(seconds);
        self.price(self.last());
        self.ask("clock", Command::Tick);
    }
}

#[test]
fn an_exit_that_waits_has_its_turn_under_hardstop() {
    let mut crowd = Crowd::new();
    let all = crowd.reserve(vec![of(Class::Exit, "risk", dec!(1000))], false)[0];
    let waits = crowd.reserve(vec![of(Class::Exit, "trader", dec!(500))], true)[0];
    crowd.stop();
    assert_eq!(crowd.standing(waits), Standing::Queued);
    crowd.release(all);
    assert_eq!(crowd.standing(waits), Standing::Held);
}

#[test]
fn an_exit_is_nobodys_activity() {
    let mut crowd = Crowd::new();
    crowd.stop();
    let exit = crowd.reserve(vec![of(Class::Exit, "deployer", dec!(5))], false)[0];
    assert_eq!(crowd.standing(exit), Standing::Held);
    assert!(crowd.state.activities.live.is_empty());
}

#[test]
fn what_waits_together_ends_together_under_hardstop() {
    let mut crowd = Crowd::new();
    crowd.reserve(vec![of(Class::Live, "agent_20", dec!(900))], false);
    let items = vec![
        of(Class::Live, "trader", dec!(200)),
        of(Class::Exit, "trader", dec!(200)),
    ];
    let both = crowd.reserve(items, true);
    crowd.stop();
    for id in both {
        assert_eq!(crowd.standing(id), Standing::Cancelled);
    }
}

#[test]
fn of_two_deployments_in_one_window_the_second_waits_for_the_first() {
    let mut crowd = Crowd::new();
    let want = |agent, sharpe| ReserveItem {
        sharpe: Some(sharpe),
        ..of(Class::Deployment, agent, dec!(100))
    };
    let first = crowd.reserve(vec![want("deployer", dec!(2))], false)[0];
    let second = crowd.reserve(vec![want("agent_20", dec!(1))], false)[0];
    let third = crowd.reserve(vec![want("agent_21", dec!(-1))], false)[0];
    crowd.ask("allocation", Command::CloseWindow { priority: 3 });
    assert_eq!(crowd.standing(first), Standing::Held);
    for waiting in [second, third] {
        let row = crowd.state.ledger.get(waiting).unwrap();
        assert!(matches!(row.waits, Some(Waits::Activity(_))), "{row:?}");
    }
    crowd.release(first);
    assert_eq!(crowd.standing(second), Standing::Held);
    assert_eq!(crowd.standing(third), Standing::Queued);
}

#[test]
fn what_would_have_to_wait_for_itself_is_refused() {
    let mut crowd = Crowd::new();
    let items = vec![
        of(Class::Deployment, "deployer", dec!(5)),
        of(Class::Research, "discoverer", dec!(5)),
    ];
    assert_eq!(crowd.refused(items, true), "RESERVE_INVALID");
}

#[test]
fn what_waits_together_is_renewed_together() {
    let mut crowd = Crowd::new();
    crowd.reserve(vec![of(Class::Live, "agent_20", dec!(900))], false);
    let short = |class| ReserveItem {
        ttl_s: Some(50),
        ..of(class, "trader", dec!(100))
    };
    let both = crowd.reserve(vec![short(Class::Live), short(Class::Live)], true);
    let (id, ttl_s) = (both[1], 600);
    crowd.ask("trader", Command::Renew { id, ttl_s });
    crowd.pass(55);
    assert_eq!(crowd.standing(both[0]), Standing::Queued);
    crowd.pass(600);
    assert_eq!(crowd.standing(both[0]), Standing::Expired);
    assert_eq!(crowd.standing(both[1]), Standing::Expired);
}

#[test]
fn nobody_waits_behind_what_a_shrunken_pool_can_never_grant() {
    let mut crowd = Crowd::new();
    let all = crowd.reserve(vec![of(Class::Live, "agent_20", dec!(990))], false)[0];
    let large = crowd.reserve(vec![of(Class::Live, "agent_21", dec!(980))], true)[0];
    let small = crowd.reserve(vec![of(Class::Live, "agent_22", dec!(20))], true)[0];
    // The pool is 600 USD from here on.
    crowd.start(1);
    crowd.release(all);
    assert_eq!(crowd.standing(large), Standing::Queued);
    assert_eq!(crowd.standing(small), Standing::Held);
}

#[test]
fn an_activity_that_is_ended_goes_on_while_something_is_held_for_it() {
    let mut crowd = Crowd::new();
    let (kind, agent) = (ActivityKind::Deployment, Some(name("deployer")));
    let begin = Command::BeginActivity { kind, agent };
    let Reply::Activity(id) = crowd.ask("deployer", begin) else {
        panic!("it did not begin");
    };
    let held = crowd.reserve(vec![of(Class::Deployment, "deployer", dec!(5))], false)[0];
    let reason = String::new();
    crowd.ask("deployer", Command::EndActivity { id, reason });
    assert!(crowd.state.activities.runs(ActivityKind::Deployment));
    crowd.release(held);
    assert!(crowd.state.activities.live.is_empty());
}

#[test]
fn nobody_waits_behind_more_calls_than_there_ever_are() {
    let mut crowd = Crowd::new();
    let first = crowd.reserve(vec![calls(Class::Deployment, "deployer", 1)], false)[0];
    // A minute has 60 calls, and a tenth of them is kept for exits.
    let large = crowd.reserve(vec![calls(Class::Deployment, "agent_19", 55)], true)[0];
    let small = crowd.reserve(vec![calls(Class::Live, "discoverer", 5)], true)[0];
    assert_eq!(crowd.standing(small), Standing::Queued);
    crowd.release(first);
    assert_eq!(crowd.standing(large), Standing::Queued);
    assert_eq!(crowd.standing(small), Standing::Held);
}

#[test]
fn nothing_is_kept_for_what_lacks_more_calls_than_there_ever_are() {
    let mut crowd = Crowd::new();
    // Three slots for paper trades from here on.
    crowd.start(1);
    let all = crowd.reserve(vec![paper("agent_20", 3)], false)[0];
    let never = || vec![paper("agent_21", 2), calls(Class::Live, "agent_21", 55)];
    assert_eq!(crowd.refused(never(), true), "RESERVE_COMPUTE");
    // An activity queues it all the same.
    crowd.deploy("deployer");
    let mut items = never();
    items[1].class = Some(Class::Deployment);
    let queued = crowd.reserve(items, true)[0];
    let small = crowd.reserve(vec![paper("agent_22", 1)], true)[0];
    let id = *crowd.state.activities.live.keys().next().unwrap();
    let reason = String::new();
    crowd.ask("deployer", Command::EndActivity { id, reason });
    let items = vec![paper("agent_23", 3)];
    let behind = crowd.reserve(items, true)[0];
    crowd.release(all);
    assert_eq!(crowd.standing(queued), Standing::Queued);
    assert_eq!(crowd.standing(small), Standing::Held);
    assert_eq!(crowd.standing(behind), Standing::Queued);
}

#[test]
fn whoever_is_asked_for_second_closes_a_circle_as_well() {
    let mut crowd = Crowd::new();
    crowd.reserve(vec![of(Class::Exit, "discoverer", dec!(900))], false);
    crowd.deploy("deployer");
    crowd.reserve(vec![of(Class::Deployment, "deployer", dec!(500))], true);
    // A discovery would wait for the deployer, who waits for the discoverer.
    let both = vec![paper("risk", 1), paper("discoverer", 1)];
    assert_eq!(crowd.refused(both, true), "RESERVE_DEADLOCK");
}

#[test]
fn those_asked_for_together_do_not_wait_for_each_other() {
    let mut crowd = Crowd::new();
    let both = |amount| {
        vec![
            of(Class::Live, "agent_20", amount),
            of(Class::Live, "agent_21", amount),
        ]
    };
    crowd.reserve(both(dec!(400)), false);
    assert_eq!(crowd.refused(both(dec!(350)), true), "RESERVE_DEADLOCK");
}

#[test]
fn whoever_waits_beside_another_is_waited_for() {
    let mut crowd = Crowd::new();
    crowd.reserve(vec![of(Class::Live, "agent_20", dec!(500))], false);
    crowd.reserve(vec![of(Class::Live, "agent_21", dec!(500))], false);
    let both = vec![
        of(Class::Live, "agent_22", dec!(300)),
        of(Class::Live, "agent_20", dec!(300)),
    ];
    crowd.reserve(both, true);
    let back = vec![of(Class::Live, "agent_21", dec!(600))];
    assert_eq!(crowd.refused(back, true), "RESERVE_DEADLOCK");
}
