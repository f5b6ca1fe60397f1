//! A client over the socket, and what clients were told before the engine died.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pilothouse::client::{Call, Target, call};
use pilothouse::core::State;
use serde_json::json;

use crate::dice::Dice;
use crate::program::Home;

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Enters, and closes what is open.
    Trader,
    /// Reserves, and releases now and then.
    Holder,
}

/// What was acknowledged, over all lives of the engine.
#[derive(Default)]
pub struct Told {
    answers: AtomicUsize,
    pub orders: Mutex<BTreeSet<String>>,
    /// Positions that are to be closed.
    pub closes: Mutex<BTreeSet<String>>,
    pub reserved: Mutex<BTreeSet<String>>,
    pub released: Mutex<BTreeSet<String>>,
}

impl Told {
    pub fn answers(&self) -> usize {
        self.answers.load(Ordering::Acquire)
    }

    /// What was given back is held by nobody in the state that the next start has.
    pub fn stays_released(&self, state: &State) {
        let rows = state.ledger.live().map(|row| row.id.to_string());
        let live: BTreeSet<String> = rows.collect();
        for id in self.released.lock().unwrap().iter() {
            assert!(!live.contains(id), "{id} was released, and is held");
        }
    }

    pub fn has_all_kinds(&self) -> bool {
        [&self.orders, &self.closes, &self.reserved, &self.released]
            .iter()
            .all(|ids| ids.lock().unwrap().len() >= 3)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |ids: &Mutex<BTreeSet<String>>| ids.lock().unwrap().len();
        write!(
            f,
            "{} answers told of {} orders, {} closes, {} reservations, {} releases",
            self.answers(),
            count(&self.orders),
            count(&self.closes),
            count(&self.reserved),
            count(&self.released)
        )
    }
}

pub fn target(home: &Home) -> Target {
    Target::Socket(home.state().join("control.sock"))
}

/// Asks until the engine is gone.
pub fn work(home: &Home, kind: Kind, mut dice: Dice, told: &Told, over: &AtomicBool) {
    let target = target(home);
    let mut own: Vec<String> = Vec::new();
    while !over.load(Ordering::Acquire) {
        let (request, kept) = match kind {
            Kind::Holder if !own.is_empty() && dice.chance(20) => {
                let id = own.swap_remove(dice.below(own.len()));
                let path = format!("reservations/{id}");
                (Call::delete(path), Kept::Released(id))
            }
            Kind::Holder => (reserve(), Kept::Reserved),
            Kind::Trader if dice.chance(50) => (enter(), Kept::Order),
            Kind::Trader => match open_position(&target) {
                Some(id) => {
                    let body = json!({"reason": "torture"});
                    let path = format!("positions/{id}/close");
                    (Call::post(path, body), Kept::Close(id))
                }
                None => (enter(), Kept::Order),
            },
        };
        match call(&target, &request) {
            Ok(answer) => {
                let id = |field: &str| answer[field].as_str().expect("an id").to_owned();
                match kept {
                    Kept::Order => told.orders.lock().unwrap().insert(id("id")),
                    Kept::Close(id) => told.closes.lock().unwrap().insert(id),
                    Kept::Released(id) => told.released.lock().unwrap().insert(id),
                    Kept::Reserved => {
                        own.push(id("reservation_id"));
                        told.reserved.lock().unwrap().insert(id("reservation_id"))
                    }
                };
            }
            // What was asked may have been done or not: nobody was told.
            Err(problem) if problem.status == 0 => continue,
            Err(_) => {}
        }
        told.answers.fetch_add(1, Ordering::Release);
    }
}

enum Kept {
    Order,
    Close(String),
    Reserved,
    Released(String),
}

fn reserve() -> Call {
    let body = json!({
        "resource": "capital",
        "amount": "1",
        "purpose": "paper: kept",
        "ttl_s": 2_592_000,
    });
    Call::post("reservations", body)
}

fn enter() -> Call {
    let body = json!({
        "symbol": "BTC/USDT",
        "side": "buy",
        "type": "market",
        "quantity": "0.005",
        "stop": "50000",
        "target": "90000",
    });
    Call::post("orders", body)
}

fn open_position(target: &Target) -> Option<String> {
    let list = call(target, &Call::get("positions?status=open")).ok()?;
    Some(list["items"].get(0)?["id"].as_str()?.to_owned())
}
