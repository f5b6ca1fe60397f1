//! Requests that wait for their turn: exits first, then in the order in which they were made.
//! Cancels of the stop, of a flatten and of a shutdown are counted and never wait (trading.md,
//! Orders).

use std::collections::VecDeque;

use super::bucket::Bucket;
use super::desk::Wall;
use crate::core::Time;
use crate::core::id::OrderId;
use crate::venue::Amendment;

/// Requests that wait, at most: what exceeds it is told to be unsent.
pub(super) const ROOM: usize = 10_000;

/// What is asked of the venue.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// An order; how it stands is looked up when it leaves.
    Place {
        id: OrderId,
        client_order_id: String,
        /// The epoch it was approved in: what widens risk needs a permit of it.
        epoch: u64,
        /// Until when it may leave.
        deadline: Option<Wall>,
    },
    Amend(String, Amendment),
    Cancel(String),
    LookUp(String),
    State,
}

impl Wish {
    /// The client id of the order it is about.
    pub fn about(&self) -> Option<&str> {
        match self {
            Self::Place {
                client_order_id: id,
                ..
            }
            | Self::Amend(id, _)
            | Self::Cancel(id)
            | Self::LookUp(id) => Some(id),
            Self::State => None,
        }
    }
}

/// A wish, and the record it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub wish: Wish,
    pub cause: u64,
}

/// How urgent a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// It leaves at once, on credit.
    AtOnce,
    /// It can only reduce, or protects.
    Exit,
    /// Everything else.
    Normal,
}

#[derive(Debug)]
pub(super) struct Outbox {
    calls: Bucket,
    orders: Bucket,
    at_once: VecDeque<Request>,
    exits: VecDeque<Request>,
    normal: VecDeque<Request>,
}

impl Outbox {
    pub fn new(calls: Bucket, orders: Bucket) -> Self {
        Self {
            calls,
            orders,
            at_once: VecDeque::new(),
            exits: VecDeque::new(),
            normal: VecDeque::new(),
        }
    }

    /// So many calls and orders a minute and at once, from now on.
    pub fn set_pace(&mut self, now: Time, calls: (u32, u32), orders: (u32, u32)) {
        self.calls.set_pace(now, calls.0, calls.1);
        self.orders.set_pace(now, orders.0, orders.1);
    }

    /// Takes a request in; gives it back where too many wait, unless it leaves at once.
    pub fn put(&mut self, rank: Rank, request: Request) -> Result<(), Request> {
        let queue = match rank {
            Rank::AtOnce => {
                self.at_once.push_back(request);
                return Ok(());
            }
            Rank::Exit => &mut self.exits,
            Rank::Normal => &mut self.normal,
        };
        if queue.len() >= ROOM {
            return Err(request);
        }
        queue.push_back(request);
        Ok(())
    }

    /// The next request whose turn has come.
    pub fn take(&mut self, now: Time) -> Option<Request> {
        if let Some(request) = self.at_once.pop_front() {
            self.count(&request, now);
            return Some(request);
        }
        for queue in [&mut self.exits, &mut self.normal] {
            let Some(next) = queue.front() else { continue };
            let is_order = matches!(next.wish, Wish::Place { .. });
            if !self.calls.has(now) || is_order && !self.orders.has(now) {
                // An exit that waits lets nobody pass.
                return None;
            }
            self.calls.take(now);
            if is_order {
                self.orders.take(now);
            }
            return queue.pop_front();
        }
        None
    }

    fn count(&mut self, request: &Request, now: Time) {
        self.calls.take(now);
        if matches!(request.wish, Wish::Place { .. }) {
            self.orders.take(now);
        }
    }

    /// When the next one has its turn.
    pub fn wakes_at(&self, now: Time) -> Option<Time> {
        let next = self.exits.front().or_else(|| self.normal.front())?;
        let calls = self.calls.ready_at(now);
        Some(match next.wish {
            Wish::Place { .. } => calls.max(self.orders.ready_at(now)),
            _ => calls,
        })
    }

    /// Takes out everything that `which` names.
    pub fn drop_where(&mut self, which: impl Fn(&Wish) -> bool) -> Vec<Request> {
        let mut dropped = Vec::new();
        for queue in [&mut self.exits, &mut self.normal] {
            let (gone, kept) = std::mem::take(queue)
                .into_iter()
                .partition(|r| which(&r.wish));
            *queue = kept;
            dropped.extend::<VecDeque<_>>(gone);
        }
        dropped
    }

    /// Whether something of the kind waits already.
    pub fn any(&self, which: impl Fn(&Wish) -> bool) -> bool {
        let queues = [&self.at_once, &self.exits, &self.normal];
        queues.into_iter().flatten().any(|r| which(&r.wish))
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.at_once.len() + self.exits.len() + self.normal.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: &str) -> Request {
        Request {
            wish: Wish::LookUp(id.to_owned()),
            cause: 0,
        }
    }

    fn outbox(burst: u32) -> Outbox {
        Outbox::new(Bucket::new(60, burst), Bucket::new(60, burst))
    }

    fn ids(outbox: &mut Outbox, now: Time) -> Vec<String> {
        std::iter::from_fn(|| outbox.take(now))
            .map(|r| match r.wish {
                Wish::LookUp(id) => id,
                _ => String::new(),
            })
            .collect()
    }

    #[test]
    fn exits_go_first_and_what_leaves_at_once_is_counted() {
        let mut outbox = outbox(2);
        outbox.put(Rank::Normal, request("a")).unwrap();
        outbox.put(Rank::Exit, request("b")).unwrap();
        outbox.put(Rank::Exit, request("c")).unwrap();
        outbox.put(Rank::AtOnce, request("d")).unwrap();
        assert_eq!(ids(&mut outbox, Time(0)), ["d", "b"]);
        assert_eq!(outbox.wakes_at(Time(0)), Some(Time(1_000)));
        assert_eq!(ids(&mut outbox, Time(1_000)), ["c"]);
        assert_eq!(ids(&mut outbox, Time(2_000)), ["a"]);
        assert_eq!(outbox.wakes_at(Time(2_000)), None);
    }

    #[test]
    fn what_has_no_room_is_given_back_and_what_leaves_at_once_always_has() {
        let mut outbox = outbox(1);
        for _ in 0..ROOM {
            outbox.put(Rank::Normal, request("a")).unwrap();
        }
        assert_eq!(outbox.put(Rank::Normal, request("b")), Err(request("b")));
        assert!(outbox.put(Rank::AtOnce, request("b")).is_ok());
        assert_eq!(outbox.drop_where(|_| true).len(), ROOM);
        assert_eq!(outbox.len(), 1);
    }
}
