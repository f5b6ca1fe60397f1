//! What operators and agents do, at random.

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::orders;
use super::story::{Found, World};
use crate::core::id::{OrderId, PositionId, ReservationId};
use crate::core::order::{Kind, OrderRequest};
use crate::core::reservation::{Class, ReserveItem, Resource, Standing};
use crate::core::slicing::SliceAction;
use crate::core::{Command, Symbol};

impl World {
    /// Somebody does something.
    pub(super) fn act(&mut self) -> Found {
        let Some(node) = &self.node else {
            return Ok(());
        };
        let trading = &node.state.trading;
        if trading.hardstop.is_some() {
            return if self.dice.chance(25) {
                self.clear()
            } else {
                self.act_on_orders()
            };
        }
        if !node.state.mode().entries() && self.dice.chance(40) {
            return self.say("operator", resume(None));
        }
        match self.dice.below(100) {
            0..=37 => {
                let request = self.entry();
                self.ask(request)
            }
            38..=41 => self.ask_again(),
            42..=46 => self.ask_nonsense(),
            47..=51 => self.reserve(),
            52..=54 => self.release(),
            55..=58 => self.pause(),
            59 => self.say("operator", flatten()),
            60 => self.say("operator", Command::Sync),
            _ => self.act_on_orders(),
        }
    }

    /// One command of an operator or an agent, as a step of its own.
    pub(super) fn say(&mut self, who: &str, command: Command) -> Found {
        self.begin(who, || super::words::command(&command));
        self.look_at_gate()?;
        self.submit(0, who, command)?;
        self.settle()
    }

    fn ask(&mut self, request: OrderRequest) -> Found {
        if request.request_id.is_some() {
            self.asked.push(request.clone());
        }
        self.say("trader", Command::Place(Box::new(request)))
    }

    fn entry(&mut self) -> OrderRequest {
        let symbol = self.symbol();
        let node = self.node.as_ref();
        let held = node.and_then(|n| n.state.positions.of(symbol).next().map(|p| p.side));
        self.ids += 1;
        orders::entry(
            &mut self.dice,
            symbol,
            self.quotes.get(symbol),
            held,
            self.ids,
        )
    }

    /// The same request once more: it is the same order.
    fn ask_again(&mut self) -> Found {
        let at = usize::try_from(self.dice.below(self.asked.len() as u64)).unwrap_or_default();
        let Some(mut request) = self.asked.get(at).cloned() else {
            return Ok(());
        };
        if self.dice.chance(30) {
            request.quantity += super::venue::STEP;
        }
        self.say("trader", Command::Place(Box::new(request)))
    }

    fn ask_nonsense(&mut self) -> Found {
        let mut request = self.entry();
        match self.dice.below(7) {
            0 => request.quantity = Decimal::ZERO,
            1 => request.quantity = -request.quantity,
            2 => request.quantity += dec!(0.00001),
            3 => request.symbol = "DOGE/USDT".parse().expect("a pair"),
            4 => request.price = Some(dec!(-1)),
            5 => request.stop = Some(Decimal::ZERO),
            _ => request.quantity = dec!(1000000),
        }
        self.ask(request)
    }

    fn act_on_orders(&mut self) -> Found {
        match self.dice.below(100) {
            0..=19 => self.cancel(),
            20..=39 => self.amend(),
            40..=64 => self.protect(),
            65..=84 => self.close(),
            85..=94 => self.reduce(),
            _ => self.slice(),
        }
    }

    fn symbol(&mut self) -> Symbol {
        self.dice.pick(&self.symbols).expect("there are two")
    }

    fn position(&mut self) -> Option<PositionId> {
        let open = self.node.as_ref()?.state.positions.open.keys();
        let open: Vec<_> = open.copied().collect();
        self.dice.pick(&open)
    }

    fn order(&mut self) -> Option<OrderId> {
        let live = self.node.as_ref()?.state.orders.live.keys();
        let live: Vec<_> = live.copied().collect();
        self.dice.pick(&live)
    }

    fn cancel(&mut self) -> Found {
        let Some(order) = self.order() else {
            return Ok(());
        };
        let reason = String::new();
        self.say("operator", Command::Cancel { order, reason })
    }

    fn amend(&mut self) -> Found {
        let Some(id) = self.order() else {
            return Ok(());
        };
        let node = self.node.as_ref().expect("it has orders");
        let order = &node.state.orders.live[&id];
        let last = self.last(order.request.symbol);
        let (shrinks, moves) = (self.dice.chance(50), self.dice.chance(60));
        let share = Decimal::from(self.dice.between(2, 9)) / dec!(10);
        let less = orders::on_step(order.quantity * share);
        let near = orders::near(last, self.dice.between(-40, 40));
        let command = Command::Amend {
            order: id,
            quantity: shrinks.then_some(less),
            price: (moves && order.request.kind == Kind::Limit).then_some(near),
            stop_price: (moves && order.stop_price.is_some()).then_some(near),
        };
        self.say("operator", command)
    }

    fn protect(&mut self) -> Found {
        let Some(position) = self.position() else {
            return Ok(());
        };
        let node = self.node.as_ref().expect("it has positions");
        let open = &node.state.positions.open[&position];
        let (last, sign) = (self.last(open.symbol), open.side.sign());
        let away = |dice: &mut super::dice::Dice, sign: Decimal| {
            let bps = Decimal::from(dice.between(20, 200));
            (last * (Decimal::ONE + sign * bps / dec!(10000))).round_dp(2)
        };
        let stop = away(&mut self.dice, -sign);
        let target = away(&mut self.dice, sign);
        let trail = Decimal::new(self.dice.between(0, 20), 3);
        let command = Command::Protect {
            position,
            stop: self.dice.chance(70).then_some(stop),
            target: self.dice.chance(50).then_some(target),
            trail: self.dice.chance(40).then_some(trail),
        };
        self.say("operator", command)
    }

    fn close(&mut self) -> Found {
        let Some(position) = self.position() else {
            return Ok(());
        };
        let node = self.node.as_ref().expect("it has positions");
        let last = self.last(node.state.positions.open[&position].symbol);
        let limit = orders::near(last, self.dice.between(-30, 30));
        let command = Command::Close {
            position,
            limit: self.dice.chance(30).then_some(limit),
            reason: String::new(),
        };
        self.say("operator", command)
    }

    /// An exit of one's own, for a part of what is open.
    fn reduce(&mut self) -> Found {
        let Some(position) = self.position() else {
            return Ok(());
        };
        let node = self.node.as_ref().expect("it has positions");
        let open = &node.state.positions.open[&position];
        let share = Decimal::from(self.dice.between(1, 10)) / dec!(10);
        let quantity = orders::on_step(open.quantity * share);
        let request = OrderRequest {
            reduce_only: self.dice.chance(70),
            ..OrderRequest::new(open.symbol, open.side.opposite(), Kind::Market, quantity)
        };
        self.ask(request)
    }

    fn slice(&mut self) -> Found {
        let Some(node) = &self.node else {
            return Ok(());
        };
        let parents = node.state.orders.live.values().filter(|o| !o.is_sent());
        let parents: Vec<_> = parents.map(|o| o.id).collect();
        let Some(order) = self.dice.pick(&parents) else {
            return Ok(());
        };
        let action = if self.dice.chance(50) {
            SliceAction::Pause
        } else {
            SliceAction::Resume
        };
        self.say("operator", Command::Slice { order, action })
    }

    fn reserve(&mut self) -> Found {
        let classes = [Class::Live, Class::Paper, Class::Research];
        let agents = ["trader", "optimizer", "discoverer"];
        let at = usize::try_from(self.dice.below(3)).unwrap_or_default();
        self.ids += 1;
        let item = ReserveItem {
            resource: Resource::Capital,
            class: Some(classes[at]),
            amount: Decimal::from(self.dice.between(50, 4_000)),
            purpose: "its work".into(),
            ttl_s: Some(self.dice.between(10, 300).unsigned_abs()),
            agent: None,
            strategy: None,
            sharpe: None,
        };
        let command = Command::Reserve {
            items: vec![item],
            key: Some(format!("key-{}", self.ids)),
            wait: self.dice.chance(50),
        };
        self.say(agents[at], command)
    }

    fn release(&mut self) -> Found {
        let Some(node) = &self.node else {
            return Ok(());
        };
        let rows = node.state.ledger.live();
        let held: Vec<ReservationId> = rows
            .filter(|r| r.standing != Standing::Bound)
            .map(|r| r.id)
            .collect();
        match self.dice.pick(&held) {
            Some(id) => self.say(id.agent.as_str(), Command::Release { id }),
            None => Ok(()),
        }
    }

    fn pause(&mut self) -> Found {
        let symbol = self.symbol();
        let symbol = self.dice.chance(60).then_some(symbol);
        let reason = "a pause".to_owned();
        let command = if self.dice.chance(50) {
            Command::Pause { symbol, reason }
        } else {
            resume(symbol)
        };
        self.say("operator", command)
    }

    /// An operator lifts the stop, and later what it left behind.
    pub(super) fn clear(&mut self) -> Found {
        let Some(node) = &self.node else {
            return Ok(());
        };
        let seen = node.gate.observe();
        let since = self.pressed_at.map(|at| (self.now - at).unsigned_abs());
        let command = Command::Clear {
            epoch: node.state.trading.epoch,
            reason: "looked at".into(),
            presses: seen.presses,
            since_press_ms: since.unwrap_or(u64::MAX),
        };
        self.say("operator", command)
    }
}

/// Lifts what may be lifted.
pub fn resume(symbol: Option<Symbol>) -> Command {
    let reason = "looked at".to_owned();
    Command::Resume { symbol, reason }
}

fn flatten() -> Command {
    Command::Flatten {
        reason: "enough".into(),
    }
}
