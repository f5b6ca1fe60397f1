//! What goes out of a stream: answers and messages in turn, the latter taken from the mailbox only
//! when the socket takes them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::Notify;
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{End, Limits, frame};
use crate::api::Api;
use crate::core::Name;
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
    agent: Name,
    limits: &Limits,
) -> End {
    let mut ping = interval(limits.silence / PINGS);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    let mail = Mail { api, agent };
    loop {
        let first = tokio::select! {
            biased;
            Some(answer) = outgoing.recv() => answer,
            _ = ping.tick() => Message::Ping(Default::default()),
            letter = mail.next() => match letter {
                Some(letter) => letter,
                None => return End::Stopped,
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

/// The agent's mailbox.
struct Mail<'a> {
    api: &'a Api,
    agent: Name,
}

impl Mail<'_> {
    /// The next message, as soon as there is one; none at the engine's end. For somebody who has
    /// not registered there never is one.
    async fn next(&self) -> Option<Message> {
        let Some(boxes) = self.api.desk.mailboxes() else {
            return std::future::pending().await;
        };
        loop {
            let bell: Option<Arc<Notify>> = boxes.notifier(self.agent);
            if let Some(letter) = self.waiting(1).pop() {
                return Some(letter);
            }
            if boxes.is_closed() {
                return None;
            }
            match bell {
                Some(bell) => bell.notified().await,
                None => std::future::pending().await,
            }
        }
    }

    /// What waits now, in order of delivery, at most so many.
    fn waiting(&self, most: usize) -> Vec<Message> {
        let boxes = self.api.desk.mailboxes();
        let taken = boxes.map(|boxes| boxes.take(self.agent, most, Duration::ZERO));
        let letter = |letter| frame::message(&MessageRow::from(letter));
        taken.iter().flatten().map(letter).collect()
    }
}
