//! When a sliced order takes its next step, and what each step does to it.

use super::view::{View, Wish};
use super::{AlgorithmKind, Slicing, Tape, adapt, passive};
use crate::core::event::Event;
use crate::core::id::OrderId;
use crate::core::order::Order;
use crate::core::risk;
use crate::core::state::Decider;
use crate::core::time::Time;

/// A child that rests is moved no more often, milliseconds.
const FOLLOW_MS: i64 = 1_000;
/// Events that one step may come to.
const STEP_EVENTS: usize = 64;

/// Why a sliced order ends by itself.
pub(super) const OVER: &str = "the time of its plan is over";
/// Why one goes whose rest no venue takes.
const DUST: &str = "what is left is less than the venue takes";

impl Decider<'_> {
    /// Lets every sliced order take its step whose time has come.
    pub(in crate::core) fn run_slices(&mut self) {
        if self.state.orders.sliced.is_empty() {
            return;
        }
        let sliced: Vec<OrderId> = self.state.orders.sliced.iter().copied().collect();
        for id in sliced {
            if self.left() < STEP_EVENTS {
                return;
            }
            if self.is_slice_due(id) {
                self.run_slice(id);
            }
        }
    }

    /// Without a look at the whole: most prices are no reason for a step.
    fn is_slice_due(&self, id: OrderId) -> bool {
        let Some(order) = self.state.orders.live.get(&id) else {
            return false;
        };
        let Some(slicing) = order.slicing.as_deref().filter(|_| order.cancel.is_none()) else {
            return false;
        };
        if self.now >= slicing.ends_at || slicing.wants_a_look(self.now) {
            return true;
        }
        let next = self.state.next_slice_of(slicing);
        let follows = slicing.plan.kind == AlgorithmKind::Passive;
        !self.state.is_held(order, slicing)
            && (next.is_some_and(|at| at <= self.now) || follows && slicing.next_at <= self.now)
    }

    /// One step of a sliced order: its end, a child, a move, or a look at the market.
    pub(in crate::core) fn run_slice(&mut self, id: OrderId) {
        let Some(order) = self.state.orders.live.get(&id).cloned() else {
            return;
        };
        let Some(slicing) = order.slicing.as_deref() else {
            return;
        };
        if order.cancel.is_some() || order.remaining().is_zero() {
            return self.end_slices(id);
        }
        if self.now >= slicing.ends_at {
            return self.ask_cancel(id, OVER);
        }
        let held = self.state.is_held(&order, slicing);
        let next = self.state.next_slice_of(slicing).filter(|_| !held);
        let due = next.is_some_and(|at| at <= self.now);
        let looks = due || slicing.wants_a_look(self.now);
        let view = self.view_of(&order, slicing);
        let follows = !held && slicing.next_at <= self.now && passive::follow(&view).is_some();
        if view.is_dust() && self.state.children_of(id).next().is_none() {
            return self.ask_cancel(id, DUST);
        }
        let mut slicing = view.slicing.clone();
        if due || follows {
            self.take_step(&view, &mut slicing);
        }
        if due || follows || looks {
            self.emit(Event::SlicingMoved {
                id,
                slicing: Box::new(slicing),
            });
        }
    }

    fn take_step(&mut self, view: &View, slicing: &mut Slicing) {
        let (now, order) = (self.now, &view.order);
        slicing.next_at = self.after_waiting(slicing);
        match view.wish() {
            Wish::Wait => {}
            Wish::Send(child) => match self.send_child(order, &child) {
                Ok(id) => {
                    let price = view.quote.map_or(slicing.arrival, |q| q.last);
                    slicing.children += 1;
                    slicing.last_child = Some(id);
                    slicing.tape.get_or_insert(Tape::begun(now, price));
                    slicing.next_at = match slicing.plan.kind {
                        AlgorithmKind::Iceberg => now,
                        AlgorithmKind::Passive if now < slicing.late_at() => now + FOLLOW_MS,
                        _ => slicing.next_slot_at(now),
                    };
                }
                Err(refusal) => {
                    self.emit(Event::Refused { refusal });
                    slicing.next_at = slicing.retry_at(now).min(slicing.next_slot_at(now));
                }
            },
            Wish::Move(child, price) => {
                slicing.next_at = match self.move_child(child, price) {
                    Ok(()) => now + FOLLOW_MS,
                    Err(refusal) => {
                        self.emit(Event::Refused { refusal });
                        slicing.retry_at(now)
                    }
                };
            }
            Wish::Withdraw(child) => {
                self.ask_cancel(child, "late: the rest crosses");
                slicing.next_at = now;
            }
        }
    }

    /// When a step that came to nothing is looked at again.
    fn after_waiting(&self, slicing: &Slicing) -> Time {
        match slicing.plan.kind {
            AlgorithmKind::Iceberg => slicing.retry_at(self.now),
            AlgorithmKind::Passive if self.now < slicing.late_at() => {
                slicing.retry_at(self.now).min(slicing.late_at())
            }
            _ => slicing.next_slot_at(self.now),
        }
    }

    /// A sliced order as its plan sees it now.
    pub(super) fn view_of(&mut self, order: &Order, slicing: &Slicing) -> View {
        let quote = self.quote(order.request.symbol);
        let state = &*self.state;
        let e = &state.settings.execution;
        let last = slicing.last_child.and_then(|id| state.orders.get(id));
        let cap = risk::limits_of(&state.settings, &order.request).max_spread;
        let is_wide = quote.is_some_and(|q| adapt::is_wide(&q, cap));
        let moved = last.is_some_and(|o| adapt::has_moved_the_price(o, e.expected_slippage));
        View {
            now: self.now,
            quote,
            last: last.cloned(),
            committed: state.committed(order),
            minimum: state.smallest(order.price, quote),
            quantity_step: e.quantity_step,
            price_step: e.price_step,
            is_careful: is_wide || moved,
            pov_share: e.pov_share,
            slicing: slicing.observed(self.now, quote),
            order: order.clone(),
        }
    }

    /// The market at a fill: the last one is what the report goes up to.
    pub(in crate::core) fn look_at_fill(&mut self, parent: OrderId) {
        let Some(order) = self.state.orders.live.get(&parent) else {
            return;
        };
        let symbol = order.request.symbol;
        let Some(slicing) = order.slicing.clone() else {
            return;
        };
        let seen = slicing.observed(self.now, self.quote(symbol));
        if seen != *slicing {
            self.emit(Event::SlicingMoved {
                id: parent,
                slicing: Box::new(seen),
            });
        }
    }
}
