//! What may happen in a history of many agents. Numbers are taken modulo what there is.

use proptest::prelude::*;

/// One resource of a request: which, of what class and agent, how much.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub resource: u8,
    pub class: u8,
    pub agent: u8,
    pub amount: u16,
}

/// A request, as it is drawn.
#[derive(Debug, Clone)]
pub struct Request {
    pub wishes: Vec<Wish>,
    pub wait: bool,
    /// Names a Sharpe ratio, so that it is gathered.
    pub sharpe: Option<i8>,
    pub key: Option<u8>,
    pub ttl: u16,
}

#[derive(Debug, Clone)]
pub enum Step {
    Reserve(Request),
    /// A request that came with a key, again: the same, or another body under that key.
    Repeat(u8, bool),
    Release(u8),
    ReleaseEnded(u8),
    ReleaseUnknown,
    Renew(u8, u16),
    RenewEnded(u8, u16),
    CloseWindow(u8),
    Begin(u8, u8),
    End(u8, u8),
    Pass(u32),
    Price(u16),
    Pause,
    Resume,
    Press,
    Clear,
    /// The engine ends and starts again, with other limits where they say so.
    Restart(u8),
    Hours(u8),
    Place(bool, u16),
    Answer(u8, u8, u16),
    Cancel(u8),
    Close(u8),
    Say(u8, u8, u8),
    Publish(u8, u8),
    Subscribe(u8, u8, bool),
    Acknowledge(u8),
    Undelivered(u8),
    Join(u8),
    Beat(u8, bool),
    /// A cycle is opened, halted or written to.
    Cycle(u8, u8),
    /// A question of a cycle is answered, well or badly, or nobody answers it in time.
    Phase(u8, u16),
    TaskDone(u8, u8),
    Decide(u8, u8),
}

fn request() -> impl Strategy<Value = Request> {
    let wish = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>()).prop_map(
        |(resource, class, agent, amount)| Wish {
            resource,
            class,
            agent,
            amount,
        },
    );
    (
        prop_oneof![
            6 => prop::collection::vec(wish.clone(), 1),
            1 => prop::collection::vec(wish, 2..=3),
        ],
        prop::bool::weighted(0.7),
        prop::option::weighted(0.3, any::<i8>()),
        prop::option::weighted(0.3, any::<u8>()),
        any::<u16>(),
    )
        .prop_map(|(wishes, wait, sharpe, key, ttl)| Request {
            wishes,
            wait,
            sharpe,
            key,
            ttl,
        })
}

/// A history of at most `most` steps.
pub fn history(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        30 => request().prop_map(Step::Reserve),
        4 => (any::<u8>(), any::<bool>()).prop_map(|(n, same)| Step::Repeat(n, same)),
        14 => any::<u8>().prop_map(Step::Release),
        1 => any::<u8>().prop_map(Step::ReleaseEnded),
        1 => Just(Step::ReleaseUnknown),
        3 => (any::<u8>(), any::<u16>()).prop_map(|(n, ttl)| Step::Renew(n, ttl)),
        1 => (any::<u8>(), any::<u16>()).prop_map(|(n, ttl)| Step::RenewEnded(n, ttl)),
        8 => any::<u8>().prop_map(Step::CloseWindow),
        5 => (any::<u8>(), any::<u8>()).prop_map(|(kind, agent)| Step::Begin(kind, agent)),
        5 => (any::<u8>(), any::<u8>()).prop_map(|(n, by)| Step::End(n, by)),
        10 => (0u32..90_000).prop_map(Step::Pass),
        2 => (0u32..8_000_000).prop_map(Step::Pass),
        3 => any::<u16>().prop_map(Step::Price),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::Press),
        3 => Just(Step::Clear),
        1 => any::<u8>().prop_map(Step::Restart),
        1 => any::<u8>().prop_map(Step::Hours),
        4 => (any::<bool>(), any::<u16>()).prop_map(|(buy, size)| Step::Place(buy, size)),
        6 => (any::<u8>(), any::<u8>(), any::<u16>()).prop_map(|(n, how, part)| Step::Answer(n, how, part)),
        1 => any::<u8>().prop_map(Step::Cancel),
        1 => any::<u8>().prop_map(Step::Close),
        4 => (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(from, to, how)| Step::Say(from, to, how)),
        3 => any::<u8>().prop_map(Step::Acknowledge),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(from, how)| Step::Publish(from, how)),
        3 => (any::<u8>(), any::<u8>(), any::<bool>()).prop_map(|(who, what, on)| Step::Subscribe(who, what, on)),
        1 => any::<u8>().prop_map(Step::Undelivered),
        1 => any::<u8>().prop_map(Step::Join),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(who, ok)| Step::Beat(who, ok)),
        5 => (any::<u8>(), any::<u8>()).prop_map(|(n, how)| Step::Cycle(n, how)),
        8 => (any::<u8>(), any::<u16>()).prop_map(|(n, how)| Step::Phase(n, how)),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(n, how)| Step::TaskDone(n, how)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(n, how)| Step::Decide(n, how)),
    ];
    prop::collection::vec(step, 1..most)
}
