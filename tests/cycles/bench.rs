//! A core with its clock and prices in hand, and a crew that says what the test wants.

use std::collections::BTreeMap;

use pilothouse::core::approval::ApprovalId;
use pilothouse::core::command::{Answer, Registration, Report, Start};
use pilothouse::core::cycle::{Cycle, Phase};
use pilothouse::core::id::{CycleId, MessageId, OrderId};
use pilothouse::core::message::{Action, Payload, TradingSignal};
use pilothouse::core::order::{Kind, OrderRequest, Side};
use pilothouse::core::position::Amount;
use pilothouse::core::trading_state::Mode;
use pilothouse::core::{
    Command, Context, Event, Name, Quote, Quotes, Refusal, Reply, Settings, State, Symbol, Time,
};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

pub struct Bench {
    pub state: State,
    pub quotes: Quotes,
    pub now: Time,
    history: Vec<(u64, Time, Vec<Event>)>,
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

pub fn signal(action: Action) -> Payload {
    Payload::Signal(TradingSignal {
        symbol: btc(),
        action,
        confidence: dec!(0.9),
        entry_price: None,
        stop_loss_pct: Some(dec!(2)),
        take_profit_pct: Some(dec!(4)),
        leverage: Some(dec!(1)),
        reasoning: "The trend goes up.".into(),
        policy_version: Some("rules-7".into()),
        feature_hash: Some("f00d".into()),
    })
}

pub fn sized() -> Payload {
    Payload::Sized {
        quantity: dec!(0.01),
        stop: dec!(44100),
        target: dec!(46800),
    }
}

pub fn buy(quantity: Decimal) -> OrderRequest {
    OrderRequest {
        stop: Some(dec!(44000)),
        target: Some(dec!(47000)),
        ..OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity)
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Settings::of(&[btc()]))
    }

    pub fn guided() -> Self {
        Self::with(Settings {
            guide: true,
            ..Settings::of(&[btc()])
        })
    }

    pub fn with(settings: Settings) -> Self {
        let mut bench = Self {
            state: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
            history: Vec::new(),
        };
        bench.price(dec!(45000));
        bench.start(settings);
        bench
    }

    pub fn start(&mut self, settings: Settings) {
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        };
        self.ask("engine", Command::Start(Box::new(start)));
        self.ask("engine", Command::Statement(Box::default()));
        assert_eq!(self.state.mode(), Mode::Running);
    }

    pub fn price(&mut self, last: Decimal) {
        for symbol in ["BTC/USDT", "ETH/USDT", "XRP/USDT"] {
            self.quotes.set(
                symbol.parse().unwrap(),
                Quote {
                    last,
                    bid: last,
                    ask: last,
                    time: self.now,
                    bar_ms: 0,
                    traded: rust_decimal::Decimal::ZERO,
                },
            );
        }
    }

    /// Time passes, prices stay fresh, and what is due happens.
    pub fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_s(seconds);
        let last = self.quotes.get(btc()).unwrap().last;
        self.price(last);
        self.ask("clock", Command::Tick);
    }

    pub fn events(&mut self, actor: &str, command: Command) -> (Vec<Event>, Reply) {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name(actor), &command);
        self.state.ledger.check().unwrap();
        if !decision.events.is_empty() {
            let events = decision.events.clone();
            self.history.push((self.state.seq, self.state.time, events));
        }
        (decision.events, decision.reply)
    }

    pub fn ask(&mut self, actor: &str, command: Command) -> Reply {
        self.events(actor, command).1
    }

    /// A fact that another part of the core decides.
    pub fn fact(&mut self, event: Event) {
        let (seq, now) = (self.state.seq + 1, self.now);
        self.state.fold(seq, now, std::slice::from_ref(&event));
        self.history.push((seq, now, vec![event]));
    }

    pub fn register(&mut self, agent: &str, handles: &[&str]) {
        self.fact(Event::AgentRegistered {
            registration: Box::new(Registration {
                name: name(agent),
                version: "1".into(),
                handles: handles.iter().map(|h| name(h)).collect(),
                lockstep: false,
                token_hash: String::new(),
            }),
        });
    }

    /// The refusal, which is in the audit too.
    pub fn refused(&mut self, actor: &str, command: Command) -> Refusal {
        let (events, reply) = self.events(actor, command);
        let Reply::Refused(refusal) = reply else {
            panic!("not refused: {reply:?}");
        };
        let recorded = |e: &Event| matches!(e, Event::Refused { refusal: r } if *r == refusal);
        assert!(events.iter().any(recorded), "{events:?}");
        refusal
    }

    pub fn open(&mut self) -> CycleId {
        match self.ask("operator", Command::StartCycle { symbol: None }) {
            Reply::Cycle(id) => id,
            other => panic!("{other:?}"),
        }
    }

    pub fn cycle(&self, id: CycleId) -> &Cycle {
        self.state.cycles.get(id).unwrap()
    }

    pub fn question(&self, id: CycleId) -> MessageId {
        self.cycle(id).waiting.unwrap()
    }

    pub fn says(&mut self, actor: &str, message: MessageId, answer: Answer) -> Reply {
        self.ask(actor, Command::PhaseDone { message, answer })
    }

    /// The agent that is asked answers.
    pub fn answer(&mut self, id: CycleId, answer: Answer) {
        let (message, agent) = (self.question(id), self.cycle(id).asked().unwrap());
        assert_eq!(self.says(agent.as_str(), message, answer), Reply::Done);
    }

    pub fn said(&mut self, id: CycleId, payload: Payload) {
        self.answer(id, Answer::Said(vec![payload]));
    }

    /// Opens a cycle and answers until it stands in this phase.
    pub fn until(&mut self, phase: Phase) -> CycleId {
        let id = self.open();
        for answer in [signal(Action::Buy), sized(), Payload::Plan { limit: None }] {
            if self.cycle(id).phase == phase {
                break;
            }
            self.said(id, answer);
        }
        assert_eq!(self.cycle(id).phase, phase);
        id
    }

    /// A cycle that waits for the operator.
    pub fn until_approval(&mut self) -> (CycleId, ApprovalId) {
        let id = self.until(Phase::Execution);
        self.said(id, Payload::Plan { limit: None });
        (
            id,
            *self.state.approvals.waiting.keys().next_back().unwrap(),
        )
    }

    pub fn venue(&mut self, id: OrderId, report: Report) {
        let client_order_id = format!("ph-{}", id.0);
        self.ask(
            "venue",
            Command::Venue {
                client_order_id,
                report,
            },
        );
    }

    pub fn folds_to_the_same_state(&self) {
        let mut again = State::default();
        for (seq, time, events) in &self.history {
            again.fold(*seq, *time, events);
        }
        assert_eq!(again, self.state);
        let bytes = minicbor::to_vec(&self.state).unwrap();
        assert_eq!(minicbor::decode::<State>(&bytes).unwrap(), self.state);
    }
}
