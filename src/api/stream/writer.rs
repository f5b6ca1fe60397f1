//! What goes out of a stream: answers and messages in turn, the latter taken from the mailbox only
//! when the socket takes them.

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{End, Limits, frame};
use crate::api::Api;
use crate::api::request::Pass;
use crate::snapshot::MessageRow;

pub(super) type Sink = SplitSink<WebSocket, Message>;

/// Answers written before a flush, at most.
const BURST: usize = 64;
/// Messages written with them, at most: no flood of answers keeps a halt back.
const LETTERS: usize = 16;
/// Pings in the time a client may be silent.
const PINGS: u32 = 3;

pub(super) async fn write(
    sink: &mut Sink,
    outgoing: &mut Receiver<Message>,
    api: &Api,
    pass: &Pass,
    limits: &Limits,
) -> End {
    let mut ping = interval(limits.silence / PINGS);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    let mail = Mail { api, pass };
    loop {
        let first = tokio::select! {
            biased;
            Some(answer) = outgoing.recv() => answer,
            // Who says and hears nothing is found out here.
            _ = ping.tick() => match mail.is_theirs() {
                true => Message::Ping(Default::default()),
                false => return End::Revoked,
            },
            letter = mail.next() => match letter {
                Ok(letter) => letter,
                Err(end) => return end,
            },
        };
        let burst = async {
            sink.feed(first).await?;
            for _ in 1..BURST {
                let Ok(answer) = outgoing.try_recv() else {
                    break;
                };
                sink.feed(answer).await?;
            }
            for letter in mail.waiting(LETTERS) {
                sink.feed(letter).await?;
            }
            sink.flush().await
        };
        match timeout(limits.silence, burst).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Gone,
            Err(_) => return End::TooSlow,
        }
    }
}

/// Writes all that is left, until nobody has anything more to say.
pub(super) async fn write_out(sink: &mut Sink, outgoing: &mut Receiver<Message>) {
    while let Some(answer) = outgoing.recv().await {
        if sink.feed(answer).await.is_err() {
            return;
        }
    }
    // One who has left does not hear it.
    let _ = sink.flush().await;
}

/// The agent's mailbox.
struct Mail<'a> {
    api: &'a Api,
    pass: &'a Pass,
}

impl Mail<'_> {
    fn is_theirs(&self) -> bool {
        self.pass.holds(self.api.desk())
    }

    /// The next message, as soon as there is one, or why there will be none. For somebody who has
    /// not registered there never is one.
    async fn next(&self) -> Result<Message, End> {
        let Some(boxes) = self.api.desk.mailboxes() else {
            return std::future::pending().await;
        };
        while boxes.filled(self.pass.who.name).await {
            if !self.is_theirs() {
                return Err(End::Revoked);
            }
            if let Some(letter) = self.waiting(1).pop() {
                return Ok(letter);
            }
        }
        Err(End::Stopped)
    }

    /// What waits now, in order of delivery, at most so many.
    fn waiting(&self, most: usize) -> Vec<Message> {
        let boxes = self.api.desk.mailboxes().filter(|_| self.is_theirs());
        let taken = boxes.map(|boxes| boxes.take(self.pass.who.name, most));
        let letter = |letter| frame::message(&MessageRow::from(letter));
        taken.iter().flatten().map(letter).collect()
    }
}
