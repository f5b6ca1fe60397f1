//! A history for tests: commands handled by a state, and its decisions in a journal on disk.

use std::path::PathBuf;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use tempfile::TempDir;

use super::database_path;
use crate::core::command::{Letter, Press, Report, Start};
use crate::core::message::{MessageKind, Payload, Priority};
use crate::core::order::{Fill, Kind, Liquidity, OrderRequest, Side};
use crate::core::position::Amount;
use crate::core::reservation::{ReserveItem, Resource};
use crate::core::{
    Command, Context, Decision, Event, Quote, Quotes, RecordBody, Reply, Settings, State, Symbol,
    Time,
};
use crate::journal::{Batch, FileStore, Journal, Options, Reader};

/// 2026-02-14T11:23:33.740Z
const BEGIN: Time = Time(1_771_068_213_740);

pub struct History {
    dir: TempDir,
    journal: Journal,
    batch: Batch,
    pub state: State,
    now: Time,
}

impl History {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = FileStore::writable(&dir.path().join("journal")).unwrap();
        let options = Options {
            sizes: vec![1 << 20],
            prepare_aside: false,
            ..Options::default()
        };
        let (journal, _) = Journal::open(Box::new(store), options).unwrap();
        Self {
            dir,
            journal,
            batch: Batch::new(),
            state: State::default(),
            now: BEGIN,
        }
    }

    pub fn state_dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub fn journal_dir(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    pub fn database(&self) -> PathBuf {
        database_path(self.dir.path())
    }

    pub fn reader(&self, from: u64) -> Reader {
        Reader::open_dir(&self.journal_dir(), from).unwrap()
    }

    pub fn last_seq(&self) -> u64 {
        self.journal.last_seq()
    }

    pub fn now(&self) -> Time {
        self.now
    }

    pub fn wait(&mut self, ms: i64) {
        self.now = self.now + ms;
    }

    /// Handles a command and makes its record durable.
    pub fn say(&mut self, command: Command) -> Decision {
        let decision = self.decide(command);
        self.commit();
        decision
    }

    /// Handles a command; its record waits for the next commit.
    pub fn decide(&mut self, command: Command) -> Decision {
        let quotes = quotes(self.now);
        let context = Context {
            now: self.now,
            quotes: &quotes,
        };
        let actor = "operator".parse().unwrap();
        let decision = self.state.handle(&context, actor, &command);
        if !decision.events.is_empty() {
            self.record(RecordBody {
                actor,
                cause: self.state.seq - 1,
                command,
                quotes: decision.looked.clone(),
                events: decision.events.clone(),
                origin: "unix:1000".parse().ok(),
            });
        }
        decision
    }

    /// Makes what nobody decided durable, a record of its own, of the supervisor.
    pub fn fact(&mut self, event: Event) {
        let (seq, events) = (self.state.seq + 1, vec![event]);
        self.state.fold(seq, self.now, &events);
        self.record(RecordBody {
            actor: "supervisor".parse().unwrap(),
            cause: seq - 1,
            command: Command::Tick,
            quotes: Quotes::default(),
            events,
            origin: None,
        });
        self.commit();
    }

    fn record(&mut self, body: RecordBody) {
        let mut bytes = Vec::new();
        body.encode_into(&mut bytes);
        if self.batch.is_full() {
            self.commit();
        }
        self.batch
            .push(self.state.seq, self.state.time, &bytes)
            .unwrap();
    }

    pub fn commit(&mut self) {
        self.journal.append(&self.batch, self.now).unwrap();
        self.batch.clear();
    }

    pub fn start(&mut self) {
        let start = Start {
            version: "0.1.0".into(),
            account: "paper".into(),
            feed: "sim".into(),
            feed_hash: String::new(),
            settings: Settings::of(&[btc()]),
            balances: [("USDT".to_owned(), Amount(dec!(10000)))].into(),
        };
        self.say(Command::Start(Box::new(start)));
        self.say(Command::Statement(Box::default()));
    }

    pub fn reserve(&mut self, amount: Decimal, ttl_s: u64) -> Decision {
        self.say(Command::Reserve {
            items: vec![ReserveItem {
                resource: Resource::Capital,
                class: None,
                amount,
                purpose: "paper_trade".into(),
                ttl_s: Some(ttl_s),
                agent: None,
                strategy: None,
                sharpe: None,
            }],
            key: None,
            wait: false,
        })
    }

    /// Places a market order and returns its client id.
    pub fn buy(&mut self, quantity: Decimal, request_id: &str) -> String {
        let mut request = OrderRequest::new(btc(), Side::Buy, Kind::Market, quantity);
        request.request_id = Some(request_id.to_owned());
        request.stop = Some(dec!(49000.50));
        request.target = Some(dec!(52000));
        request.confidence = Some(dec!(0.70));
        request.metadata.insert("why".into(), "it's \"up\"".into());
        let Reply::Order(id) = self.say(Command::Place(Box::new(request))).reply else {
            panic!("the order was refused");
        };
        self.state.orders.get(id).unwrap().client_order_id.clone()
    }

    pub fn report(&mut self, client_order_id: &str, report: Report) {
        self.say(Command::Venue {
            client_order_id: client_order_id.to_owned(),
            report,
        });
    }

    pub fn fill(&mut self, client_order_id: &str, execution_id: &str, quantity: Decimal) {
        let fill = Fill {
            execution_id: execution_id.to_owned(),
            time: self.now,
            price: dec!(50000.10),
            quantity,
            fee: dec!(0.0000012345),
            liquidity: Liquidity::Taker,
        };
        self.report(client_order_id, Report::Filled(fill));
    }

    /// An entry that was shown, put off, searched and amended; a position that trails, and
    /// everything that befalls an account.
    pub fn befall(&mut self) {
        self.start();
        let entry = self.buy(dec!(0.02), "first");
        let id = self.state.orders.by_client_id(&entry).unwrap().id;
        let reason = "throttled".to_owned();
        self.report(&entry, Report::Deferred { reason, attempt: 1 });
        self.report(&entry, Report::Submitted);
        let reason = "no answer".to_owned();
        self.report(&entry, Report::Unknown { reason });
        self.fact(Event::AbsenceRead { id, wall: 1 });
        let venue_id = "V-1".to_owned();
        self.report(&entry, Report::Accepted { venue_id });
        self.fill(&entry, "E-1", dec!(0.01));
        self.fact(Event::OrderAmended {
            id,
            quantity: dec!(0.018),
            stop_price: None,
            price: Some(dec!(49990)),
        });
        self.fact(Event::OrderShown {
            id,
            quantity: dec!(0.015),
            stop_price: None,
            price: Some(dec!(49980)),
        });
        let position = *self.state.positions.open.keys().next().unwrap();
        self.fact(Event::Trailed {
            id: position,
            best: dec!(50600),
            stop: Some(dec!(49841)),
        });
        let strategy = "trend".parse().unwrap();
        let venue = "paper".parse().unwrap();
        let risk = |code: &str| crate::core::risk::Code::new(code).unwrap();
        for event in [
            Event::CooldownBegan {
                strategy,
                until: self.now + 30_000,
                trips: 1,
                rule: risk("RISK_SPREAD"),
            },
            Event::GuardBreached {
                venue,
                reason: "quotes are old".into(),
            },
            Event::GuardCleared { venue },
            Event::StrategyDayLost {
                strategy,
                day: self.now.day(),
                loss: dec!(5),
                limit: dec!(5),
            },
            Event::StrategyDayOver { strategy },
            Event::SyncAsked { by: venue },
            Event::ExternalSeen {
                orders: vec!["X-1".into()],
            },
            Event::BalanceAdjusted {
                asset: "ETH".into(),
                ours: dec!(0),
                venue: dec!(3),
            },
            Event::PositionsDiffer {
                symbol: btc(),
                ours: dec!(0.01),
                venue: dec!(0),
            },
            Event::PositionsAgree { symbol: btc() },
            Event::ProtectionRefitted { id },
            Event::Compared {
                orders: 3,
                differences: 2,
            },
            Event::FlattenBegan {
                by: venue,
                reason: "drill".into(),
                positions: vec![position],
            },
            Event::FlattenEnded,
        ] {
            self.fact(event);
        }
    }

    /// Something of everything that tables hold.
    pub fn play(&mut self) {
        self.start();
        let Reply::Reserved(ids) = self.reserve(dec!(100.10), 3600).reply else {
            panic!("nothing was reserved");
        };
        self.say(Command::Release { id: ids[0].id });
        self.wait(1);
        self.reserve(dec!(0.00000001), 60);

        let entry = self.buy(dec!(0.01), "first");
        self.report(&entry, Report::Submitted);
        let venue_id = "V-1".to_owned();
        self.report(&entry, Report::Accepted { venue_id });
        self.fill(&entry, "E-1", dec!(0.004));
        self.fill(&entry, "E-2", dec!(0.006));

        self.wait(5_000);
        let refused = self.buy(dec!(0.02), "second");
        self.report(&refused, Report::Submitted);
        let reason = "no such pair; DROP TABLE orders; --'\"".to_owned();
        self.report(&refused, Report::Rejected { reason });

        let letter = Letter {
            from: Some("trader".parse().unwrap()),
            to: Some("risk".parse().unwrap()),
            topic: None,
            kind: MessageKind::Request,
            priority: Priority::High,
            subject: "a question".into(),
            payload: Payload::Note {
                what: "note".into(),
                message: "how much?".into(),
            },
            ttl_s: Some(30),
            in_reply_to: None,
        };
        let Reply::Message(message) = self.say(Command::Send(Box::new(letter))).reply else {
            panic!("the message was not sent");
        };
        self.say(Command::Acknowledge {
            message,
            agent: None,
        });

        self.say(Command::StartCycle { symbol: None });
        self.wait(61_000);
        self.say(Command::Tick);
        self.say(Command::GateSeen {
            epoch: 1,
            presses: 1,
            notes: vec![Press {
                by: "operator".parse().unwrap(),
                how: "key".into(),
                reason: "enough".into(),
            }],
        });
    }
}

pub fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

fn quotes(now: Time) -> Quotes {
    let mut quotes = Quotes::default();
    quotes.set(
        btc(),
        Quote {
            last: dec!(50000.10),
            bid: dec!(50000.00),
            ask: dec!(50000.20),
            time: now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        },
    );
    quotes
}
