//! Two dozen agents who reserve, wait, give back, begin and end, while prices move, orders fill,
//! the engine restarts and somebody presses the stop.

use pilothouse::core::activity::ActivityKind;
use pilothouse::core::command::{Press, Report};
use pilothouse::core::id::ReservationId;
use pilothouse::core::order::{Fill, Kind, Liquidity, OrderRequest, Side, Status};
use pilothouse::core::reservation::{Class, ReserveItem, Resource};
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{Command, Time};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::crowd::{Crowd, agent, item, name};
use crate::steps::{Request, Step, Wish, history};

const KINDS: [ActivityKind; 4] = [
    ActivityKind::Deployment,
    ActivityKind::Optimisation,
    ActivityKind::Discovery,
    ActivityKind::LiveTrading,
];

fn wish(wish: &Wish, request: &Request) -> ReserveItem {
    // Capital is what most is wanted.
    let resource = match wish.resource % 6 {
        0 => Resource::Compute,
        1 => Resource::Api,
        _ => Resource::Capital,
    };
    let amount = match resource {
        Resource::Capital => Decimal::new(i64::from(wish.amount % 60_000) + 1, 2),
        Resource::Compute => Decimal::from(wish.amount % 4 + 1),
        Resource::Api => Decimal::from(wish.amount % 50 + 1),
    };
    // Short lives and long ones.
    let ttl = if request.ttl.is_multiple_of(3) {
        60
    } else {
        4000
    };
    ReserveItem {
        class: Some(Class::ALL[usize::from(wish.class) % 6]),
        agent: Some(agent(wish.agent)),
        ttl_s: Some(u64::from(request.ttl) % ttl + 1),
        sharpe: request.sharpe.map(|s| Decimal::new(i64::from(s), 1)),
        ..item(resource, amount, "something")
    }
}

impl Crowd {
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Reserve(request) => {
                let items = request.wishes.iter().map(|w| wish(w, request)).collect();
                let key = request.key.map(|k| format!("k{}", k % 16));
                let wait = request.wait;
                let actor = agent(request.wishes[0].agent % 3);
                self.ask(actor.as_str(), Command::Reserve { items, key, wait });
            }
            Step::Repeat(n, same) => {
                if let Some((actor, mut command)) = self.keys.nth(*n) {
                    if let Command::Reserve { items, .. } = &mut command
                        && !same
                    {
                        items[0].purpose.push('!');
                    }
                    self.ask(actor.as_str(), command);
                }
            }
            Step::Release(n) => {
                if let Some(id) = self.live(*n).map(|r| r.id) {
                    self.ask(agent(*n).as_str(), Command::Release { id });
                }
            }
            Step::ReleaseEnded(n) => {
                if let Some(id) = self.past(*n).map(|r| r.id) {
                    self.ask("operator", Command::Release { id });
                }
            }
            Step::ReleaseUnknown => {
                let id = ReservationId {
                    at: Time(1_600_000_000_000),
                    agent: name("nobody"),
                    n: 0,
                };
                self.ask("operator", Command::Release { id });
            }
            Step::Renew(n, ttl) => {
                if let Some(id) = self.live(*n).map(|r| r.id) {
                    let ttl_s = u64::from(ttl % 5000);
                    self.ask(id.agent.as_str(), Command::Renew { id, ttl_s });
                }
            }
            Step::RenewEnded(n, ttl) => {
                if let Some(id) = self.past(*n).map(|r| r.id) {
                    let ttl_s = u64::from(ttl % 5000);
                    self.ask(id.agent.as_str(), Command::Renew { id, ttl_s });
                }
            }
            Step::CloseWindow(n) => {
                let open: Vec<u8> = self.state.ledger.windows.keys().copied().collect();
                let priority = *open.get(usize::from(*n) % open.len().max(1)).unwrap_or(&2);
                self.ask("allocation", Command::CloseWindow { priority });
            }
            Step::Begin(kind, who) => {
                let kind = KINDS[usize::from(*kind) % 4];
                let agent = Some(agent(*who));
                self.ask("operator", Command::BeginActivity { kind, agent });
            }
            Step::End(n, by) => {
                let live = &self.state.activities.live;
                let nth = live.values().nth(usize::from(*n) % live.len().max(1));
                if let Some(activity) = nth {
                    let owner = [activity.agent, agent(*by)][usize::from(*by) % 2];
                    let (id, reason) = (activity.id, String::new());
                    self.ask(owner.as_str(), Command::EndActivity { id, reason });
                }
            }
            Step::Pass(ms) => {
                self.now = self.now + i64::from(*ms);
                self.price(self.last());
                self.ask("clock", Command::Tick);
            }
            Step::Price(change) => {
                let factor = dec!(1) + (Decimal::from(*change) - dec!(32768)) / dec!(400000);
                self.price((self.last() * factor).round_dp(2));
                self.ask("clock", Command::Tick);
            }
            _ => self.trade(step),
        }
    }

    fn trade(&mut self, step: &Step) {
        match step {
            Step::Pause => {
                let reason = "because".into();
                self.ask(
                    "operator",
                    Command::Pause {
                        symbol: None,
                        reason,
                    },
                );
            }
            Step::Resume => {
                let reason = "looked".into();
                self.ask(
                    "operator",
                    Command::Resume {
                        symbol: None,
                        reason,
                    },
                );
            }
            Step::Press => {
                self.press(Press {
                    by: name("operator"),
                    how: "key".into(),
                    reason: "random".into(),
                });
                assert_eq!(self.state.mode(), Mode::Hardstopped);
            }
            Step::Clear => {
                let command = Command::Clear {
                    epoch: self.state.trading.epoch,
                    reason: "looked".into(),
                    presses: self.presses,
                    since_press_ms: 10_000,
                };
                self.ask("operator", command);
            }
            Step::Restart(limits) => {
                let stopped = self.state.trading.hardstop.is_some();
                self.start(*limits);
                assert_eq!(stopped, self.state.trading.hardstop.is_some());
            }
            Step::Hours(n) => {
                let hour = self.now.0 / 3_600_000 + i64::from(*n);
                self.ask("clock", Command::WallHour { hour });
            }
            Step::Place(buy, size) => {
                let side = if *buy { Side::Buy } else { Side::Sell };
                let last = self.last();
                let quantity = (Decimal::from(size % 400) / last).round_dp(8);
                let offset = last * dec!(0.02) * side.sign();
                // Half of them draw on what somebody holds, some of those on anything at all.
                let cost = Decimal::from(size % 400) * dec!(1.01);
                let draws = match size % 8 {
                    0..=2 => self.drawable(cost),
                    3 => self.live((size % 256) as u8).map(|r| r.id),
                    _ => None,
                };
                let request = OrderRequest {
                    draws,
                    stop: Some((last - offset).round_dp(8)),
                    ..OrderRequest::new(self.symbol, side, Kind::Market, quantity)
                };
                self.ask("trader", Command::Place(Box::new(request)));
            }
            Step::Answer(n, how, part) => self.answer(*n, *how, *part),
            Step::Cancel(n) => {
                let live = &self.state.orders.live;
                if let Some(order) = live.keys().nth(usize::from(*n) % live.len().max(1)) {
                    let (order, reason) = (*order, String::new());
                    self.ask("operator", Command::Cancel { order, reason });
                }
            }
            Step::Close(n) => {
                let open = &self.state.positions.open;
                if let Some(position) = open.keys().nth(usize::from(*n) % open.len().max(1)) {
                    let command = Command::Close {
                        position: *position,
                        limit: None,
                        reason: String::new(),
                    };
                    self.ask("operator", command);
                }
            }
            _ => self.work(step),
        }
    }

    /// The venue speaks of a live order.
    fn answer(&mut self, n: u8, how: u8, part: u16) {
        let live = &self.state.orders.live;
        let Some(order) = live.values().nth(usize::from(n) % live.len().max(1)) else {
            return;
        };
        let open = order
            .position
            .and_then(|p| self.state.positions.open.get(&p));
        let quantity = match how % 4 {
            1 => order.remaining(),
            _ => (order.remaining() * Decimal::from(part % 100 + 1) / dec!(100)).round_dp(8),
        };
        // An exit cannot fill more than its position holds: the venue reduces only.
        let quantity = match open {
            Some(position) if order.purpose.reduces() => quantity.min(position.quantity),
            None if order.purpose.reduces() => return,
            _ => quantity,
        };
        let report = match how % 4 {
            0 if order.status == Status::Pending => Report::Submitted,
            1 | 2 if quantity > Decimal::ZERO => Report::Filled(Fill {
                execution_id: format!("x{}", self.fills),
                time: self.now,
                price: self.last(),
                quantity,
                fee: (self.last() * quantity * dec!(0.0026)).round_dp(8),
                liquidity: Liquidity::Taker,
            }),
            3 if order.cancel.is_some() => Report::Cancelled {
                reason: "asked".into(),
            },
            _ => return,
        };
        let client_order_id = order.client_order_id.clone();
        self.fills += 1;
        self.ask(
            "venue",
            Command::Venue {
                client_order_id,
                report,
            },
        );
    }
}

proptest! {
    #[test]
    fn whatever_two_dozen_agents_ask_the_rules_hold(steps in history(200)) {
        let mut crowd = Crowd::new();
        for step in &steps {
            crowd.step(step);
        }
        crowd.over();
    }
}
