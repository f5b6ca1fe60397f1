//! What the journal keeps of one decision: who asked what, why, at which prices, and what came of
//! it. Sequence and engine time are the envelope's.

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::command::Command;
use super::event::Event;
use super::quote::Quotes;
use super::text::{Name, Origin};

/// The canonical bytes of a record say this.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct RecordBody {
    /// Who asked.
    #[n(0)]
    pub actor: Name,
    /// The record that caused it; 0 for none.
    #[n(1)]
    pub cause: u64,
    /// What was asked.
    #[n(2)]
    pub command: Command,
    /// The prices the decision looked at.
    #[n(3)]
    pub quotes: Quotes,
    /// What was decided, never nothing.
    #[n(4)]
    pub events: Vec<Event>,
    /// From where it was asked; none for what the engine asks of itself, whose bytes say nothing of
    /// it.
    #[n(5)]
    pub origin: Option<Origin>,
}

/// A record whose bytes this version cannot read: damaged, or written by a newer one.
#[derive(Debug, thiserror::Error)]
#[error("a record cannot be read: {0}")]
pub struct RecordError(#[from] minicbor::decode::Error);

impl RecordBody {
    /// Appends the canonical bytes to `buffer`.
    pub fn encode_into(&self, buffer: &mut Vec<u8>) {
        minicbor::encode(self, buffer).expect("a vector takes every byte");
    }

    /// Reads the canonical bytes.
    ///
    /// # Errors
    /// They are no record, have a kind of command or event unknown to this version, or go on after
    /// the record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut decoder = minicbor::Decoder::new(bytes);
        let body = decoder.decode()?;
        if decoder.position() < bytes.len() {
            return Err(minicbor::decode::Error::message("bytes after the record").into());
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RecordBody {
        RecordBody {
            actor: "operator".parse().unwrap(),
            cause: 7,
            command: Command::Pause {
                symbol: Some("BTC/USDT".parse().unwrap()),
                reason: "news".into(),
            },
            quotes: Quotes::default(),
            events: vec![Event::SymbolPaused {
                symbol: "BTC/USDT".parse().unwrap(),
                by: "operator".parse().unwrap(),
                reason: "news".into(),
            }],
            origin: Some("unix:1000".parse().unwrap()),
        }
    }

    /// A record as it was before origins were kept.
    #[derive(Encode)]
    struct Older {
        #[n(0)]
        actor: Name,
        #[n(1)]
        cause: u64,
        #[n(2)]
        command: Command,
        #[n(3)]
        quotes: Quotes,
        #[n(4)]
        events: Vec<Event>,
    }

    #[test]
    fn what_the_engine_asks_of_itself_has_the_bytes_that_it_always_had() {
        let unsaid = RecordBody {
            origin: None,
            ..record()
        };
        let body = record();
        let older = minicbor::to_vec(Older {
            actor: body.actor,
            cause: body.cause,
            command: body.command,
            quotes: body.quotes,
            events: body.events,
        })
        .unwrap();
        let mut bytes = Vec::new();
        unsaid.encode_into(&mut bytes);
        assert_eq!(bytes, older);
        assert_eq!(RecordBody::decode(&older).unwrap(), unsaid);
    }

    #[test]
    fn a_record_reads_as_it_was_written_and_nothing_may_follow_it() {
        let mut bytes = Vec::new();
        record().encode_into(&mut bytes);
        assert_eq!(RecordBody::decode(&bytes).unwrap(), record());
        bytes.push(0);
        assert!(RecordBody::decode(&bytes).is_err());
        assert!(RecordBody::decode(&bytes[..bytes.len() - 2]).is_err());
    }
}
