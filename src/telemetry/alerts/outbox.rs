//! What waits for one channel, and what follows from each try: no clock and no I/O of its own.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::kind::Severity;
use super::letter::{Alert, Letter};
use super::pace::Pace;

/// Failures in a row after which a channel counts as dead.
const DEAD_AFTER: u32 = 3;
/// The longest pause between two tries, milliseconds.
const LONGEST_PAUSE_MS: u64 = 300_000;

/// What a channel's outbox goes by.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Messages that wait, at most.
    pub queue: usize,
    /// Repeats of one message.
    pub retries: u64,
    /// Pause after the first failure, milliseconds; it doubles with each further one.
    pub retry_delay_ms: u64,
    /// Calls in a minute.
    pub per_minute: u64,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this, and say what came of it.
    Send(Letter),
    /// Nothing for so many milliseconds.
    Wait(u64),
    /// Nothing until there is a message.
    Idle,
}

/// How a channel fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages that wait or are under way.
    pub queued: u64,
    /// Messages that got through.
    pub sent: u64,
    /// Alerts whose message was given up.
    pub failed: u64,
    /// Alerts that found no room.
    pub dropped: u64,
    /// Failures in a row.
    pub failures: u32,
    /// What went wrong last, until a message gets through.
    pub last_error: Option<String>,
}

impl Figures {
    /// `idle`, `ok`, `retrying`, `dead`.
    pub fn state(&self) -> &'static str {
        match (self.failures, self.sent) {
            (0, 0) => "idle",
            (0, _) => "ok",
            (failures, _) if failures < DEAD_AFTER => "retrying",
            _ => "dead",
        }
    }
}

/// What waits for one channel.
#[derive(Debug)]
pub struct Outbox {
    rules: Rules,
    waiting: VecDeque<Letter>,
    pace: Pace,
    not_before_ms: u64,
    under_way: bool,
    figures: Figures,
}

impl Outbox {
    /// An empty one.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            waiting: VecDeque::new(),
            pace: Pace::per_minute(rules.per_minute),
            not_before_ms: 0,
            under_way: false,
            figures: Figures::default(),
        }
    }

    /// Takes an alert in: to an equal one that waits, else to the end. Where there is no room, the
    /// least severe message goes; of equals a silent one before one that rings, then the oldest.
    pub fn put(&mut self, alert: Alert, silent: bool) {
        if let Some(letter) = self.waiting.iter_mut().find(|l| l.takes(&alert)) {
            letter.add(alert, silent);
            return;
        }
        self.waiting.push_back(Letter::new(alert, silent));
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.waiting.len() > self.rules.queue {
            let waiting = self.waiting.iter().enumerate();
            let least = waiting.min_by_key(|(_, letter)| weight(letter));
            let least = least.map_or(0, |(index, _)| index);
            if let Some(gone) = self.waiting.remove(least) {
                self.figures.dropped += gone.count;
            }
        }
    }

    /// What is to be done now: the most severe message goes first; of equals one that rings before
    /// a silent one, then the oldest.
    pub fn next(&mut self, now_ms: u64) -> Next {
        if self.waiting.is_empty() {
            return Next::Idle;
        }
        if now_ms < self.not_before_ms {
            return Next::Wait(self.not_before_ms - now_ms);
        }
        if let Err(wait) = self.pace.take(now_ms) {
            return Next::Wait(wait);
        }
        let waiting = self.waiting.iter().enumerate();
        let most = waiting.min_by_key(|(_, letter)| Reverse(weight(letter)));
        match self.waiting.remove(most.map_or(0, |(index, _)| index)) {
            Some(letter) => {
                self.under_way = true;
                Next::Send(letter)
            }
            None => Next::Idle,
        }
    }

    /// What came of a message that was to be sent.
    pub fn done(&mut self, mut letter: Letter, came: Result<(), String>, now_ms: u64) {
        self.under_way = false;
        let Err(why) = came else {
            self.got_through();
            self.figures.sent += 1;
            return;
        };
        let doubled = self.figures.failures.min(20);
        let pause = self.rules.retry_delay_ms.saturating_mul(1 << doubled);
        self.not_before_ms = now_ms.saturating_add(pause.min(LONGEST_PAUSE_MS));
        self.figures.failures = self.figures.failures.saturating_add(1);
        self.figures.last_error = Some(why);
        letter.tries += 1;
        if letter.tries > self.rules.retries {
            self.figures.failed += letter.count;
            return;
        }
        self.waiting.push_front(letter);
        self.make_room();
    }

    /// The channel answers: whatever waits need not wait longer.
    pub fn got_through(&mut self) {
        self.figures.failures = 0;
        self.figures.last_error = None;
        self.not_before_ms = 0;
    }

    /// How it fares.
    pub fn figures(&self) -> Figures {
        let queued = self.waiting.len() + usize::from(self.under_way);
        Figures {
            queued: queued as u64,
            ..self.figures.clone()
        }
    }
}

/// What comes first and is dropped last; age decides between equals.
fn weight(letter: &Letter) -> (Severity, bool) {
    (letter.alert.severity, !letter.silent)
}

#[cfg(test)]
mod tests {
    use super::super::kind::AlertKind;
    use super::super::letter::tests::alert;
    use super::*;

    const RULES: Rules = Rules {
        queue: 4,
        retries: 4,
        retry_delay_ms: 1_000,
        per_minute: 6_000,
    };

    fn sent(outbox: &mut Outbox, now_ms: u64) -> Letter {
        match outbox.next(now_ms) {
            Next::Send(letter) => letter,
            other => panic!("{other:?}"),
        }
    }

    fn refused() -> Result<(), String> {
        Err("refused".into())
    }

    #[test]
    fn a_hundred_equal_alerts_become_one_with_a_count() {
        let mut outbox = Outbox::new(RULES);
        outbox.put(alert(AlertKind::LimitBreach, "BTC/USDT", 1), false);
        let first = sent(&mut outbox, 0);
        assert_eq!(first.count, 1, "the first waits for nobody");
        for seq in 2..=101 {
            outbox.put(alert(AlertKind::LimitBreach, "BTC/USDT", seq), false);
        }
        outbox.done(first, Ok(()), 10);
        let rest = sent(&mut outbox, 10);
        assert_eq!((rest.count, rest.first_seq, rest.alert.seq), (100, 2, 101));
        outbox.done(rest, Ok(()), 20);
        assert_eq!(outbox.next(20), Next::Idle);
        let figures = outbox.figures();
        assert_eq!((figures.sent, figures.dropped), (2, 0));
        assert_eq!(figures.state(), "ok");
    }

    #[test]
    fn repeats_come_after_pauses_that_double_and_then_the_message_is_given_up() {
        let mut outbox = Outbox::new(RULES);
        outbox.put(alert(AlertKind::Hardstop, "trading", 1), false);
        let mut now = 0;
        let mut pauses = Vec::new();
        loop {
            match outbox.next(now) {
                Next::Send(letter) => outbox.done(letter, refused(), now),
                Next::Wait(ms) => {
                    pauses.push(ms);
                    now += ms;
                }
                Next::Idle => break,
            }
        }
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000]);
        let figures = outbox.figures();
        assert_eq!((figures.failed, figures.state()), (1, "dead"));
        assert_eq!(figures.last_error.as_deref(), Some("refused"));
        outbox.put(alert(AlertKind::Recovered, "trading", 2), false);
        assert_eq!(outbox.next(now), Next::Wait(16_000), "still dead");
        outbox.got_through();
        let letter = sent(&mut outbox, now);
        outbox.done(letter, Ok(()), now);
        assert_eq!(outbox.figures().state(), "ok");
        assert_eq!(outbox.figures().last_error, None);
    }

    #[test]
    fn a_message_that_was_tried_takes_nothing_more_and_fails_for_all_it_stands_for() {
        let rules = Rules {
            retries: 1,
            ..RULES
        };
        let mut outbox = Outbox::new(rules);
        for seq in [1, 2] {
            outbox.put(alert(AlertKind::Entry, "a", seq), false);
        }
        let tried = sent(&mut outbox, 0);
        outbox.done(tried, refused(), 0);
        outbox.put(alert(AlertKind::Entry, "a", 3), false);
        let again = sent(&mut outbox, 1_000);
        assert_eq!((again.count, again.alert.seq), (2, 2), "as it was sent");
        outbox.done(again, refused(), 1_000);
        assert_eq!(outbox.figures().failed, 2);
        let next = sent(&mut outbox, 10_000);
        assert_eq!((next.first_seq, next.count), (3, 1));
    }

    #[test]
    fn the_pause_ends_at_five_minutes() {
        let rules = Rules {
            retries: 100,
            ..RULES
        };
        let mut outbox = Outbox::new(rules);
        outbox.put(alert(AlertKind::Hardstop, "trading", 1), false);
        let mut now = 0;
        for _ in 0..100 {
            if let Next::Send(letter) = outbox.next(now) {
                outbox.done(letter, refused(), now);
            }
            let Next::Wait(ms) = outbox.next(now) else {
                panic!("it is tried again");
            };
            assert!(ms <= 300_000);
            now += ms;
        }
    }

    #[test]
    fn without_room_the_oldest_silent_ones_go_first_and_what_goes_is_counted() {
        let mut outbox = Outbox::new(RULES);
        for (n, silent) in [(1, false), (2, true), (3, true), (4, false), (5, false)] {
            outbox.put(alert(AlertKind::Entry, &n.to_string(), n), silent);
        }
        outbox.put(alert(AlertKind::Entry, "3", 6), true);
        assert_eq!(outbox.figures().dropped, 1, "number 2");
        outbox.put(alert(AlertKind::Entry, "6", 7), false);
        assert_eq!(outbox.figures().dropped, 3, "number 3, which stood for two");
        outbox.put(alert(AlertKind::Entry, "7", 8), true);
        assert_eq!(outbox.figures().dropped, 4, "itself: all others ring");
        outbox.put(alert(AlertKind::Entry, "8", 9), false);
        assert_eq!(outbox.figures().dropped, 5, "number 1, the oldest");
        assert_eq!(outbox.figures().queued, 4);
        assert_eq!(sent(&mut outbox, 0).alert.about, "4");
    }

    #[test]
    fn the_most_severe_goes_first_and_is_dropped_last() {
        let mut outbox = Outbox::new(RULES);
        let mut put = |n: u64, severity, silent| {
            let mut alert = alert(AlertKind::Halted, &n.to_string(), n);
            alert.severity = severity;
            outbox.put(alert, silent);
        };
        put(1, Severity::Critical, true);
        put(2, Severity::Critical, false);
        put(3, Severity::Info, false);
        put(4, Severity::Warning, true);
        put(5, Severity::Warning, false);
        put(6, Severity::Info, false);
        assert_eq!(outbox.figures().dropped, 2, "3 and 6");
        let order: Vec<_> = (0..4).map(|_| sent(&mut outbox, 0).first_seq).collect();
        assert_eq!(order, [2, 1, 5, 4]);
    }

    #[test]
    fn what_rings_overtakes_what_is_silent_and_a_failing_message_blocks_neither() {
        let mut outbox = Outbox::new(RULES);
        outbox.put(alert(AlertKind::Entry, "a", 1), true);
        let quiet = sent(&mut outbox, 0);
        outbox.put(alert(AlertKind::Hardstop, "trading", 2), false);
        outbox.done(quiet, refused(), 0);
        let next = sent(&mut outbox, 1_000);
        assert_eq!(next.alert.kind, AlertKind::Hardstop);
    }

    #[test]
    fn a_channel_is_called_no_faster_than_it_may() {
        let rules = Rules {
            per_minute: 60,
            queue: 1_000,
            ..RULES
        };
        let mut outbox = Outbox::new(rules);
        for n in 0..500 {
            outbox.put(alert(AlertKind::Entry, &n.to_string(), n), false);
        }
        let mut calls = 0;
        for now in 0..60_000 {
            if let Next::Send(letter) = outbox.next(now) {
                calls += 1;
                outbox.done(letter, Ok(()), now);
            }
        }
        assert_eq!(calls, 5 + 59);
    }
}
