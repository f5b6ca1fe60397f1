//! Grant or refuse, all or nothing; give back; renew.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::{Class, Remembered, Reservation, ReserveItem, Resource, Standing};
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::ReservationId;
use crate::core::refusal::Refusal;
use crate::core::state::{Decider, Released, Reply};
use crate::core::text::Name;

/// Resources in one request.
const MAX_ITEMS: usize = 16;
/// Thirty days.
const MAX_TTL_S: u64 = 2_592_000;
/// Beyond it an amount is absurd.
const MAX_AMOUNT: Decimal = dec!(1000000000000);
/// Bytes of a purpose or a key.
const MAX_TEXT: usize = 256;
/// Holders named in a refusal.
const MAX_HOLDERS: usize = 10;

/// What a request comes to, item by item.
struct Wanted<'a> {
    item: &'a ReserveItem,
    class: Class,
    agent: Name,
    ttl_s: u64,
}

impl Decider<'_> {
    pub(in crate::core) fn reserve(
        &mut self,
        items: &[ReserveItem],
        key: Option<&str>,
        _wait: bool,
    ) -> Answer {
        let body = match key {
            Some(key) => {
                if key.is_empty() || key.len() > MAX_TEXT {
                    return Err(invalid("the key has 1 to 256 bytes", MAX_TEXT, key.len()));
                }
                let body = body_of(items);
                if let Some(known) = self.state.ledger.remembered(self.actor, key) {
                    return if known.body == body {
                        Ok(Reply::Reserved(known.grants.clone()))
                    } else {
                        Err(Refusal::new(
                            "IDEMPOTENCY_MISMATCH",
                            "this key came with another request before",
                            "a new request wants a new key",
                        ))
                    };
                }
                Some(body)
            }
            None => None,
        };
        if items.is_empty() || items.len() > MAX_ITEMS {
            return Err(invalid(
                "a request has 1 to 16 items",
                MAX_ITEMS,
                items.len(),
            ));
        }
        let default_ttl = u64::from(self.state.settings.resources.default_ttl_s);
        let wanted: Vec<Wanted<'_>> = items
            .iter()
            .map(|item| check(item, default_ttl))
            .collect::<Result<_, _>>()?;
        let mode = self.state.mode();
        if !mode.reserves()
            && let Some(other) = wanted.iter().find(|w| w.class != Class::Exit)
        {
            return Err(Refusal::new(
                "RESERVE_STATE",
                format!(
                    "nothing but exits may be reserved while trading is {}",
                    mode.as_str()
                ),
                "`pilothouse status` shows what has to be lifted",
            )
            .measured("exit", other.class.as_str()));
        }
        self.expire_reservations();
        self.fits(&wanted)?;
        let ids = self.grant(&wanted);
        let grants: Vec<_> = ids
            .iter()
            .filter_map(|id| self.state.ledger.get(*id))
            .map(Reservation::answer)
            .collect();
        if let (Some(key), Some(body)) = (key, body) {
            self.emit(Event::KeyRemembered {
                actor: self.actor,
                key: key.to_owned(),
                answer: Remembered {
                    body,
                    grants: grants.clone(),
                },
            });
        }
        Ok(Reply::Reserved(grants))
    }

    fn grant(&mut self, wanted: &[Wanted<'_>]) -> Vec<ReservationId> {
        let mut ids: Vec<ReservationId> = Vec::with_capacity(wanted.len());
        for want in wanted {
            let after = ids.iter().filter(|i| i.agent == want.agent).count();
            let after = u32::try_from(after).unwrap_or(0);
            ids.push(self.state.ledger.free_id(want.agent, self.now, after));
        }
        let group = if ids.len() > 1 {
            ids.clone()
        } else {
            Vec::new()
        };
        for (want, id) in wanted.iter().zip(&ids) {
            let row = Reservation {
                id: *id,
                agent: want.agent,
                strategy: want.item.strategy,
                resource: want.item.resource,
                class: want.class,
                amount: want.item.amount,
                asked: want.item.amount,
                purpose: want.item.purpose.clone(),
                standing: Standing::Held,
                created_at: self.now,
                expires_at: Some(self.now.plus_s(want.ttl_s as i64)),
                order: None,
                position: None,
                group: group.clone(),
                sharpe: want.item.sharpe,
                ttl_s: want.ttl_s,
                waits: None,
                told_at: None,
                granted_at: None,
                keyed: None,
            };
            self.emit(Event::Reserved { row: Box::new(row) });
        }
        ids
    }

    fn fits(&self, wanted: &[Wanted<'_>]) -> Result<(), Refusal> {
        let ledger = &self.state.ledger;
        let settings = &self.state.settings.resources;
        let sum = |f: &dyn Fn(&Wanted<'_>) -> bool| -> Decimal {
            wanted.iter().filter(|w| f(w)).map(|w| w.item.amount).sum()
        };
        let capital = sum(&|w| w.item.resource == Resource::Capital);
        let free = ledger.available_capital();
        if capital > free {
            return Err(Refusal::new(
                "RESERVE_CAPITAL",
                format!("{capital} USD are wanted and {free} are free"),
                "ask for less, or wait until one of the holders gives back",
            )
            .measured(free, capital)
            .held_by(self.holders(Resource::Capital, None)));
        }
        for (class, limit) in [
            (Class::Backtest, settings.backtests),
            (Class::Paper, settings.paper_trades),
        ] {
            let slots = sum(&|w| w.item.resource == Resource::Compute && w.class.slots() == class);
            let taken = ledger.slots_taken(class);
            let limit = Decimal::from(limit);
            if !slots.is_zero() && taken + slots > limit {
                return Err(Refusal::new(
                    "RESERVE_COMPUTE",
                    format!("{taken} of {limit} {} slots are taken", class.as_str()),
                    "wait until one of the holders gives back",
                )
                .measured(limit, taken + slots)
                .held_by(self.holders(Resource::Compute, Some(class))));
            }
        }
        let calls = sum(&|w| w.item.resource == Resource::Api);
        if !calls.is_zero() {
            let exits = wanted
                .iter()
                .all(|w| w.item.resource != Resource::Api || w.class == Class::Exit);
            for (window, seconds, limit) in [
                ("minute", 60, settings.api_per_minute),
                ("hour", 3600, settings.api_per_hour),
            ] {
                let limit = Decimal::from(limit);
                let limit = if exits {
                    limit
                } else {
                    limit * (Decimal::ONE - settings.api_exit_share)
                };
                let spent = Decimal::from(ledger.api.spent(self.now, seconds));
                if spent + calls > limit {
                    return Err(Refusal::new(
                        "RESERVE_API",
                        format!("{spent} calls were spent in the last {window}"),
                        format!(
                            "wait: the window slides; {} % are kept for exits",
                            (settings.api_exit_share * Decimal::ONE_HUNDRED).normalize()
                        ),
                    )
                    .measured(limit.normalize(), spent + calls));
                }
            }
        }
        Ok(())
    }

    /// Who holds a resource: the largest first, with the time they end.
    fn holders(&self, resource: Resource, slots: Option<Class>) -> Vec<String> {
        let mut rows: Vec<&Reservation> = self
            .state
            .ledger
            .live()
            .filter(|r| r.resource == resource && slots.is_none_or(|c| r.class.slots() == c))
            .collect();
        rows.sort_by(|a, b| b.amount.cmp(&a.amount).then(a.id.cmp(&b.id)));
        rows.iter()
            .take(MAX_HOLDERS)
            .map(|r| match r.expires_at {
                Some(at) => format!("{} holds {} until {at}", r.id, r.amount),
                None => format!("{} holds {} for an order or position", r.id, r.amount),
            })
            .collect()
    }

    pub(in crate::core) fn release(&mut self, id: ReservationId) -> Answer {
        if let Some(row) = self.state.ledger.get(id) {
            if row.standing == Standing::Bound {
                let by = match (row.order, row.position) {
                    (Some(order), _) => order.to_string(),
                    (None, Some(position)) => position.to_string(),
                    (None, None) => String::new(),
                };
                return Err(Refusal::new(
                    "RESERVE_BOUND",
                    format!("{by} lives on {id}"),
                    "it is given back when that has ended",
                )
                .held_by(vec![by]));
            }
            let queued = row.standing == Standing::Queued;
            let (how, answer) = if queued {
                (Standing::Cancelled, Released::Cancelled)
            } else {
                (Standing::Released, Released::Released)
            };
            self.emit(Event::ReservationEnded {
                id,
                how,
                reason: format!("given back by {}", self.actor),
            });
            return Ok(Reply::Released(answer));
        }
        Ok(Reply::Released(match self.state.ledger.ended(id) {
            Some(Standing::Expired) => Released::Expired,
            Some(_) => Released::AlreadyReleased,
            None => {
                self.emit(Event::Refused {
                    refusal: Refusal::new(
                        "RESERVE_UNKNOWN",
                        format!("nobody knows {id}"),
                        "`pilothouse reservations` lists them",
                    ),
                });
                Released::Unknown
            }
        }))
    }

    pub(in crate::core) fn renew(&mut self, id: ReservationId, ttl_s: u64) -> Answer {
        check_ttl(ttl_s)?;
        match self.state.ledger.get(id) {
            Some(row) if row.standing == Standing::Bound => Err(Refusal::new(
                "RESERVE_BOUND",
                format!("{id} has no time to live: an order or position lives on it"),
                "nothing has to be renewed",
            )),
            Some(_) => {
                let expires_at = self.now.plus_s(ttl_s as i64);
                self.emit(Event::Renewed { id, expires_at });
                Ok(Reply::Done)
            }
            None => Err(Refusal::new(
                "RESERVE_UNKNOWN",
                format!("{id} is not live"),
                "`pilothouse reservations` lists those that are",
            )),
        }
    }
}

fn check(item: &ReserveItem, default_ttl: u64) -> Result<Wanted<'_>, Refusal> {
    if item.amount <= Decimal::ZERO || item.amount > MAX_AMOUNT {
        return Err(invalid(
            "an amount lies above 0 and is not absurd",
            MAX_AMOUNT,
            item.amount,
        ));
    }
    if item.amount.normalize().scale() > 8 {
        return Err(invalid("an amount has at most 8 decimals", 8, item.amount));
    }
    if item.resource != Resource::Capital && !item.amount.fract().is_zero() {
        return Err(invalid("slots and calls are whole", 1, item.amount));
    }
    let purpose = item.purpose.trim();
    if purpose.is_empty() || purpose.len() > MAX_TEXT {
        return Err(invalid(
            "a purpose has 1 to 256 bytes",
            MAX_TEXT,
            item.purpose.len(),
        ));
    }
    let ttl_s = item.ttl_s.unwrap_or(default_ttl);
    check_ttl(ttl_s)?;
    let (class, agent) = Class::of_purpose(purpose);
    Ok(Wanted {
        item,
        class: item.class.unwrap_or(class),
        agent: item
            .agent
            .unwrap_or_else(|| agent.parse().expect("a built-in name")),
        ttl_s,
    })
}

fn check_ttl(ttl_s: u64) -> Result<(), Refusal> {
    if (1..=MAX_TTL_S).contains(&ttl_s) {
        return Ok(());
    }
    Err(invalid(
        "a time to live is 1 second to 30 days",
        MAX_TTL_S,
        ttl_s,
    ))
}

fn invalid(rule: &str, limit: impl std::fmt::Display, value: impl std::fmt::Display) -> Refusal {
    Refusal::new("RESERVE_INVALID", rule, "mend the request").measured(limit, value)
}

/// The request itself, so that another one under the same key is told apart.
fn body_of(items: &[ReserveItem]) -> Vec<u8> {
    minicbor::to_vec(items).expect("memory takes what is written to it")
}
