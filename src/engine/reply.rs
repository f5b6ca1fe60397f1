//! Where an answer goes: to somebody who waits, or into a stream's own bounded queue.

use std::fmt;
use std::sync::mpsc::SyncSender;

use serde_json::Value;
use tokio::sync::mpsc::{OwnedPermit, Sender};

use super::handle::Outcome;

/// Where an answer goes. Telling never waits for anybody.
#[derive(Debug)]
pub enum ReplyTo<T> {
    /// Nobody asked.
    Nobody,
    /// To one who waits for it.
    Sync(SyncSender<T>),
    /// Into a stream's queue.
    Stream(Place),
}

/// What a stream is told.
#[derive(Debug)]
pub struct Told {
    /// The number it asked under.
    pub id: u64,
    /// None where the engine ended without an answer.
    pub heard: Option<Heard>,
}

/// What there is to be told.
#[derive(Debug)]
pub enum Heard {
    /// What became of a command.
    Outcome(Outcome),
    /// What was asked to be seen.
    Document(Value),
}

/// A place in a stream's queue, taken before something is asked: so the engine never waits for a
/// stream and a stream never goes without an answer, not even where the engine ends.
pub struct Place {
    id: u64,
    permit: Option<OwnedPermit<Told>>,
}

impl Place {
    /// Takes a place for request `id`; none where the queue is full, or its stream gone.
    pub fn take(queue: &Sender<Told>, id: u64) -> Option<Self> {
        let permit = Some(queue.clone().try_reserve_owned().ok()?);
        Some(Self { id, permit })
    }

    fn fill(&mut self, heard: Option<Heard>) {
        if let Some(permit) = self.permit.take() {
            permit.send(Told { id: self.id, heard });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.fill(None);
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({})", self.id)
    }
}

impl<T: Into<Heard>> ReplyTo<T> {
    /// Tells it.
    pub fn tell(self, answer: T) {
        match self {
            Self::Nobody => {}
            // One who no longer waits has left of his own accord.
            Self::Sync(sender) => drop(sender.try_send(answer)),
            Self::Stream(mut place) => place.fill(Some(answer.into())),
        }
    }

    /// Whether somebody wants to know.
    pub fn is_wanted(&self) -> bool {
        !matches!(self, Self::Nobody)
    }
}

impl From<Outcome> for Heard {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

impl From<Value> for Heard {
    fn from(document: Value) -> Self {
        Self::Document(document)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_stream_has_an_answer_for_each_place_it_took() {
        let (queue, mut told) = channel(2);
        let first = Place::take(&queue, 7).unwrap();
        let second = Place::take(&queue, 8).unwrap();
        assert!(Place::take(&queue, 9).is_none(), "there are two");
        ReplyTo::Stream(first).tell(Value::Bool(true));
        drop(ReplyTo::<Value>::Stream(second));
        let first = told.try_recv().unwrap();
        assert!(matches!(first.heard, Some(Heard::Document(_))));
        let second = told.try_recv().unwrap();
        assert_eq!((first.id, second.id), (7, 8));
        assert!(second.heard.is_none(), "the engine ended");
        drop(told);
        assert!(Place::take(&queue, 9).is_none());
    }
}
