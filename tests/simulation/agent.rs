//! Those who take part: what each is after, what it knows it holds, what it has to ask again.

use std::collections::BTreeMap;

use pilothouse::core::activity::ActivityKind;
use pilothouse::core::id::{ActivityId, ReservationId};
use pilothouse::core::reservation::{Class, ReserveItem, Resource};
use pilothouse::core::{Command, Name, Time};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use crate::dice::Dice;

/// How many take part.
pub const AGENTS: usize = 24;

/// One of them.
pub struct Agent {
    pub name: Name,
    class: Class,
    /// What it was told it holds or waits for.
    pub holds: Vec<ReservationId>,
    /// What its keys got first.
    pub got: BTreeMap<String, Vec<ReservationId>>,
    /// Commands whose answers a crash has swallowed.
    pub again: Vec<Command>,
    /// The last request that was answered.
    pub last: Option<Command>,
    /// An activity that it began.
    pub activity: Option<ActivityId>,
    /// It gives no sign of life until then.
    pub away_until: Time,
    keys: u32,
}

impl Agent {
    pub fn new(n: usize) -> Self {
        let (name, class) = match n {
            0 => ("deployer".to_owned(), Class::Deployment),
            1 => ("optimizer".to_owned(), Class::Backtest),
            2 => ("discoverer".to_owned(), Class::Research),
            3 => ("trader".to_owned(), Class::Live),
            4 => ("risk".to_owned(), Class::Exit),
            _ => {
                let class = [Class::Live, Class::Paper, Class::Backtest, Class::Research][n % 4];
                (format!("{}_{n:02}", class.as_str()), class)
            }
        };
        Self {
            name: name.parse().expect("a short name"),
            class,
            holds: Vec::new(),
            got: BTreeMap::new(),
            again: Vec::new(),
            last: None,
            activity: None,
            away_until: Time(0),
            keys: 0,
        }
    }

    fn item(&self, resource: Resource, dice: &mut Dice) -> ReserveItem {
        let amount = match resource {
            Resource::Capital => Decimal::new(dice.below(30_000) as i64 + 1, 2),
            Resource::Compute => Decimal::from(dice.below(2) + 1),
            Resource::Api => Decimal::from(dice.below(30) + 1),
        };
        // Now and then in another's line of work.
        let class = if dice.chance(10) {
            dice.pick(&Class::ALL).unwrap_or(self.class)
        } else {
            self.class
        };
        ReserveItem {
            resource,
            class: Some(class),
            amount,
            purpose: "its work".into(),
            ttl_s: Some(30 + dice.below(870) as u64),
            agent: Some(self.name),
            strategy: None,
            sharpe: None,
        }
    }

    /// A request of one resource, of several, or one that is gathered with others.
    pub fn request(&mut self, several: bool, gathered: bool, dice: &mut Dice) -> Command {
        let kinds = [
            Resource::Capital,
            Resource::Capital,
            Resource::Capital,
            Resource::Compute,
            Resource::Api,
        ];
        let count = if several { 2 + dice.below(2) } else { 1 };
        let mut items: Vec<ReserveItem> = (0..count)
            .map(|_| {
                let resource = dice.pick(&kinds).unwrap_or(Resource::Capital);
                self.item(resource, dice)
            })
            .collect();
        if gathered {
            items[0] = self.item(Resource::Capital, dice);
            items[0].sharpe = Some(Decimal::new(dice.below(40) as i64 - 10, 1));
            items[0].amount += dec!(50);
        }
        self.keys += 1;
        Command::Reserve {
            items,
            key: Some(format!("{}-{}", self.name, self.keys)),
            wait: dice.chance(75),
        }
    }

    /// What it is at, when it says so itself.
    pub fn activity_kind(&self) -> ActivityKind {
        match self.class {
            Class::Deployment => ActivityKind::Deployment,
            Class::Backtest => ActivityKind::Optimisation,
            Class::Research => ActivityKind::Discovery,
            _ => ActivityKind::LiveTrading,
        }
    }
}
