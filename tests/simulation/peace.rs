//! The end of a story: nothing fails any more, everybody gives back, and within ten minutes whoever
//! could be granted was, and nothing is left over.

use pilothouse::core::Command;
use pilothouse::core::id::{ActivityId, ReservationId};
use pilothouse::core::reservation::{Class, Pooled, Resource, Standing};
use rust_decimal::Decimal;

use crate::fault::Mishap;
use crate::invariants::Found;
use crate::story::Story;

/// Ten minutes, in rounds of fifteen seconds.
const ROUNDS: usize = 40;
const ROUND_S: i64 = 15;

impl Story {
    /// Lets things come to rest.
    pub fn peace(&mut self) -> Found {
        self.faults = false;
        self.up()?;
        self.commit()?;
        self.up()?;
        // A disk that was about to be full no longer is.
        self.ends(Mishap::KilledUntold);
        self.up()?;
        let patient = self.patient();
        self.note(|s| format!("peace; {} wait", s.state().ledger.queue_len()));
        for _ in 0..ROUNDS {
            self.now = self.now.plus_s(ROUND_S);
            self.round()?;
        }
        self.at_rest(&patient)
    }

    fn round(&mut self) -> Found {
        let now = self.now;
        while let Some(priority) = self.node.as_mut().and_then(|n| n.due_window(now)) {
            self.submit("allocation", &Command::CloseWindow { priority }, None)?;
        }
        self.price(self.last_price());
        self.submit("clock", &Command::Tick, None)?;
        if self.state().trading.hardstop.is_some() {
            self.clear("it is over".into())?;
        }
        if !self.state().mode().entries() {
            let (symbol, reason) = (None, "it is over".to_owned());
            self.submit("operator", &Command::Resume { symbol, reason }, None)?;
        }
        for id in self.held() {
            self.submit(id.agent.as_str(), &Command::Release { id }, None)?;
        }
        let declared = self.state().activities.live.values();
        let over: Vec<ActivityId> = declared.filter(|a| a.declared).map(|a| a.id).collect();
        for id in over {
            let reason = String::new();
            self.submit("operator", &Command::EndActivity { id, reason }, None)?;
        }
        self.commit()
    }

    fn held(&self) -> Vec<ReservationId> {
        let rows = self.state().ledger.live();
        rows.filter(|r| r.standing == Standing::Held)
            .map(|r| r.id)
            .collect()
    }

    /// Those that wait, have the time to, and do not want more than there is. Under HARDSTOP only
    /// exits do.
    fn patient(&self) -> Vec<ReservationId> {
        let ledger = &self.state().ledger;
        let until = self.now.plus_s(ROUNDS as i64 * ROUND_S);
        let waits = ledger.queue().filter(|first| {
            let ids = first.together();
            let rows: Vec<_> = ids.iter().filter_map(|id| ledger.get(*id)).collect();
            let capital = rows.iter().filter(|r| r.resource == Resource::Capital);
            let asked: Decimal = capital.map(|r| r.asked).sum();
            asked <= ledger.pool
                && rows
                    .iter()
                    .all(|r| r.expires_at.is_some_and(|at| at > until))
        });
        waits.map(|r| r.id).collect()
    }

    fn at_rest(&self, patient: &[ReservationId]) -> Found {
        let state = self.state();
        let ledger = &state.ledger;
        if let Some(id) = patient.iter().find(|id| !self.granted.contains(id)) {
            return Err(format!("{id} waited ten minutes for nothing"));
        }
        if let Some(row) = ledger.live().find(|r| r.asked <= ledger.pool) {
            return Err(format!("left over: {row:?}"));
        }
        if let Some(activity) = state.activities.live.values().next() {
            return Err(format!("left over: {activity:?}"));
        }
        let slots = Class::ALL.map(|c| ledger.slots_taken(c));
        let capital = ledger.held_capital(None) + ledger.bound_capital(None);
        if slots.iter().any(|n| !n.is_zero()) || !capital.is_zero() {
            return Err(format!("left over: {slots:?} slots, {capital} USD"));
        }
        if let Some(priority) = ledger.windows.keys().next() {
            return Err(format!("the window of priority {priority} is still open"));
        }
        let waiting: u64 = Pooled::ALL.iter().map(|p| ledger.waiting(*p)).sum();
        if waiting > 0 && ledger.live_count() == 0 {
            return Err(format!("{waiting} are counted as waiting"));
        }
        Ok(())
    }
}
