//! What goes out of an event stream: pieces of the journal while the reader takes them, a sign of
//! life where there are none, and a last word.

use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::mpsc::{OwnedPermit, Sender};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::frame::{self, Cut};
use super::place::Place;
use super::tail::Tail;
use super::{Seat, blocking};
use crate::api::request::Pass;
use crate::api::stream::Limits;
use crate::engine::Reached;

/// Rests between two looks at the journal: many commits a second are read together.
const PACE: Duration = Duration::from_millis(20);

pub(super) struct Writer {
    chunks: Sender<Bytes>,
    pass: Pass,
    seat: Seat,
    limits: Limits,
}

/// Why nothing more is sent.
enum End {
    /// The reader has gone.
    Gone,
    Cut(Cut, Place),
}

impl Writer {
    pub(super) fn new(chunks: Sender<Bytes>, pass: Pass, seat: Seat, limits: Limits) -> Self {
        Self {
            chunks,
            pass,
            seat,
            limits,
        }
    }

    /// Sends until the reader goes, is cut, or the engine ends.
    pub(super) async fn run(self, tail: Tail, watch: watch::Receiver<Reached>) {
        // Kept from the start, so that there is room for it when there is none left.
        let Ok(last): Result<OwnedPermit<Bytes>, _> = self.chunks.clone().reserve_owned().await
        else {
            return;
        };
        if let End::Cut(why, place) = self.follow(tail, watch).await {
            if why == Cut::TooSlow {
                tracing::warn!("an event stream was cut: its reader takes nothing");
            }
            last.send(frame::cut(why, place).into());
        }
    }

    async fn follow(&self, mut tail: Tail, mut watch: watch::Receiver<Reached>) -> End {
        if let Err(end) = self.send(frame::greeting(tail.place()), tail.place()).await {
            return end;
        }
        let mut sent = tail.place();
        loop {
            let reached = *watch.borrow_and_update();
            let before = tail.place();
            let read = blocking(move || {
                let piece = tail.read(reached.seq);
                (tail, piece)
            });
            let piece = match read.await {
                Ok((back, Ok(piece))) => {
                    tail = back;
                    piece
                }
                Ok((_, Err(_))) | Err(_) => return End::Cut(Cut::Unreadable, before),
            };
            if !self.pass.holds(self.seat.0.desk()) {
                return End::Cut(Cut::Revoked, before);
            }
            if !piece.text.is_empty() {
                if let Err(end) = self.send(piece.text, before).await {
                    return end;
                }
                sent = tail.place();
            }
            if piece.more {
                continue;
            }
            if reached.over {
                return End::Cut(Cut::Stopped, tail.place());
            }
            let far = tail.passes_over() && tail.place() > sent;
            match self.wait(&mut watch, tail.place(), far).await {
                Ok(()) if far => sent = tail.place(),
                Ok(()) => {}
                Err(end) => return end,
            }
        }
    }

    /// Waits for a commit, and gives a sign of life while none comes; where nothing was sent on a
    /// `far` way to this place, the place goes with it.
    async fn wait(
        &self,
        watch: &mut watch::Receiver<Reached>,
        place: Place,
        far: bool,
    ) -> Result<(), End> {
        let mark = if far {
            frame::mark(place)
        } else {
            String::new()
        };
        loop {
            let commit = tokio::select! {
                () = self.chunks.closed() => return Err(End::Gone),
                commit = timeout(self.limits.event_heartbeat, watch.changed()) => commit,
            };
            match commit {
                Ok(Ok(())) => {
                    sleep(PACE).await;
                    return Ok(());
                }
                Ok(Err(_)) => return Err(End::Cut(Cut::Stopped, place)),
                Err(_) => {}
            }
            if !self.pass.holds(self.seat.0.desk()) {
                return Err(End::Cut(Cut::Revoked, place));
            }
            // Who takes nothing is found out when there is an event to take.
            if let Ok(room) = self.chunks.try_reserve() {
                room.send(format!("{}{mark}", frame::HEARTBEAT).into());
            }
        }
    }

    /// Waits for room no longer than a reader may stall.
    async fn send(&self, text: String, place: Place) -> Result<(), End> {
        match timeout(self.limits.event_stall, self.chunks.reserve()).await {
            Ok(Ok(room)) => {
                room.send(text.into());
                Ok(())
            }
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Cut(Cut::TooSlow, place)),
        }
    }
}
