//! What the journal says was decided, read as it is on disk after a kill.

use std::collections::BTreeSet;
use std::path::Path;

use pilothouse::core::order::Status;
use pilothouse::core::{Event, RecordBody};
use pilothouse::journal::Reader;

use super::client::Told;

#[derive(Default)]
pub struct Books {
    last: u64,
    approved: BTreeSet<String>,
    clients: BTreeSet<String>,
    sent: BTreeSet<String>,
    executions: BTreeSet<String>,
    reserved: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Positions of which a close was decided.
    closing: BTreeSet<String>,
}

impl Books {
    /// Reads on; nothing may happen twice.
    pub fn read(&mut self, journal: &Path) {
        let mut reader = Reader::open_dir(journal, self.last + 1).unwrap();
        while let Some(record) = reader.next_record().unwrap() {
            assert_eq!(record.seq, self.last + 1);
            self.last = record.seq;
            for event in RecordBody::decode(record.body).unwrap().events {
                self.note(event);
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::OrderApproved { order } => {
                assert!(self.approved.insert(order.id.to_string()), "{order:?}");
                if let Some(position) = order.position {
                    self.closing.insert(position.to_string());
                }
                let client = order.client_order_id.clone();
                assert!(self.clients.insert(client), "doubled: {order:?}");
            }
            Event::OrderMoved {
                id,
                status: Status::Submitted,
                ..
            } => {
                let id = id.to_string();
                assert!(self.approved.contains(&id), "{id} was never approved");
                assert!(self.sent.insert(id.clone()), "{id} was sent twice");
            }
            Event::OrderFilled { fill, .. } => {
                let execution = fill.execution_id;
                assert!(self.executions.insert(execution.clone()), "{execution}");
            }
            Event::Reserved { row } => {
                assert!(self.reserved.insert(row.id.to_string()), "{row:?}");
            }
            Event::CloseWanted { id, .. } => {
                self.closing.insert(id.to_string());
            }
            Event::ReservationEnded { id, .. } => {
                self.ended.insert(id.to_string());
            }
            _ => {}
        }
    }

    /// All that clients were told of was decided.
    pub fn hold(&self, told: &Told) {
        let within = |told: &BTreeSet<String>, decided: &BTreeSet<String>| {
            let lost: Vec<_> = told.difference(decided).collect();
            assert!(lost.is_empty(), "lost: {lost:?}");
        };
        within(&told.orders.lock().unwrap(), &self.approved);
        within(&told.closes.lock().unwrap(), &self.closing);
        within(&told.reserved.lock().unwrap(), &self.reserved);
        within(&told.released.lock().unwrap(), &self.ended);
        assert!(self.sent.len() <= self.approved.len());
    }

    /// The last record that was read.
    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn counts(&self) -> String {
        format!(
            "{} records, {} orders approved, {} sent, {} fills, {} reservations",
            self.last,
            self.approved.len(),
            self.sent.len(),
            self.executions.len(),
            self.reserved.len()
        )
    }
}
