use std::collections::BTreeMap;

use super::*;
use crate::core::command::{Letter, Registration, Start};
use crate::core::id::MessageId;
use crate::core::order::{Kind, OrderRequest, Side as OrderSide};
use crate::core::position::Amount;
use crate::core::trading_state::{Cause, Mode};
use crate::core::{Command, Context, Quote, Quotes, Reply, Settings, State};
use rust_decimal_macros::dec;

struct Bench {
    state: State,
    again: State,
    quotes: Quotes,
    now: Time,
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn btc() -> Symbol {
    "BTC/USDT".parse().unwrap()
}

fn json(text: &str) -> Payload {
    Payload::Json { text: text.into() }
}

fn letter(to: &str, payload: Payload) -> Letter {
    Letter {
        from: None,
        to: Some(name(to)),
        topic: None,
        kind: MessageKind::Request,
        priority: Priority::Normal,
        subject: "s".into(),
        payload,
        ttl_s: None,
        in_reply_to: None,
    }
}

fn publication(topic: Topic, text: &str) -> Letter {
    Letter {
        to: None,
        topic: Some(topic),
        kind: MessageKind::Event,
        ..letter("risk", Payload::read(Some(topic), text).unwrap())
    }
}

fn answer(question: MessageId, payload: Payload) -> Letter {
    Letter {
        to: None,
        subject: String::new(),
        in_reply_to: Some(question),
        ..letter("risk", payload)
    }
}

impl Bench {
    /// Two agents have joined and know how things stand.
    fn new() -> Self {
        let mut bench = Self {
            state: State::default(),
            again: State::default(),
            quotes: Quotes::default(),
            now: Time(1_771_068_213_740),
        };
        let quote = Quote {
            last: dec!(45000),
            bid: dec!(45000),
            ask: dec!(45000),
            time: bench.now,
            bar_ms: 0,
            traded: rust_decimal::Decimal::ZERO,
        };
        bench.quotes.set(btc(), quote);
        let mut settings = Settings::of(&[btc()]);
        settings.schedules.clear();
        settings.queue = 4;
        let start = Start {
            version: "test".into(),
            account: "paper".into(),
            feed: "test".into(),
            feed_hash: String::new(),
            settings,
            balances: BTreeMap::from([("USDT".into(), Amount(dec!(10000)))]),
        };
        bench.ask("engine", Command::Start(Box::new(start)));
        bench.ask("engine", Command::Statement(Box::default()));
        for agent in ["scout", "echo"] {
            assert_eq!(bench.register(agent), Reply::Done);
            let told = bench.queue(agent);
            bench.acknowledge(agent, told[0]);
        }
        bench
    }

    fn ask(&mut self, actor: &str, command: Command) -> Reply {
        let context = Context {
            now: self.now,
            quotes: &self.quotes,
        };
        let decision = self.state.handle(&context, name(actor), &command);
        if !decision.events.is_empty() {
            let (seq, time) = (self.state.seq, self.state.time);
            self.again.fold(seq, time, &decision.events);
        }
        assert_eq!(
            self.again, self.state,
            "the state is the fold of its events"
        );
        decision.reply
    }

    fn refused(&mut self, actor: &str, command: Command) -> (String, String) {
        match self.ask(actor, command) {
            Reply::Refused(refusal) => (refusal.code, refusal.message),
            other => panic!("a refusal is expected, not {other:?}"),
        }
    }

    fn send(&mut self, actor: &str, letter: Letter) -> MessageId {
        match self.ask(actor, Command::Send(Box::new(letter))) {
            Reply::Message(id) => id,
            other => panic!("it was not sent: {other:?}"),
        }
    }

    fn refuse(&mut self, actor: &str, letter: Letter) -> (String, String) {
        self.refused(actor, Command::Send(Box::new(letter)))
    }

    fn register(&mut self, agent: &str) -> Reply {
        let registration = Registration {
            name: name(agent),
            version: "1".into(),
            handles: Vec::new(),
            lockstep: false,
            token_hash: "0".repeat(64),
        };
        self.ask("operator", Command::Register(Box::new(registration)))
    }

    fn acknowledge(&mut self, actor: &str, message: MessageId) -> Reply {
        let agent = None;
        self.ask(actor, Command::Acknowledge { message, agent })
    }

    fn subscribe(&mut self, agent: &str, topic: Topic, filter: Filter) {
        let agent = Some(name(agent));
        let command = Command::Subscribe {
            agent,
            topic,
            filter,
        };
        assert_eq!(self.ask("operator", command), Reply::Done);
    }

    fn queue(&self, agent: &str) -> Vec<MessageId> {
        self.state.bus.queue(name(agent)).map(|m| m.id).collect()
    }

    fn past(&self, id: MessageId) -> &Message {
        let mut past = self.state.bus.past.iter().rev();
        past.find(|m| m.id == id).expect("it is done with")
    }

    fn question_of_cycle(&mut self) -> MessageId {
        let reply = self.ask("operator", Command::StartCycle { symbol: None });
        let Reply::Cycle(id) = reply else {
            panic!("no cycle: {reply:?}")
        };
        self.state.cycles.live[&id].waiting.unwrap()
    }
}

#[test]
fn a_queue_is_in_order_of_priority_then_of_time() {
    let mut bench = Bench::new();
    let mut send = |priority| {
        bench.send(
            "operator",
            Letter {
                priority,
                ..letter("scout", json("{}"))
            },
        )
    };
    let low = send(Priority::Low);
    let first = send(Priority::Critical);
    let normal = send(Priority::Normal);
    let second = send(Priority::Critical);
    assert_eq!(bench.queue("scout"), [first, second, normal, low]);
    assert_eq!(bench.state.bus.queued(name("scout")), 4);
}

#[test]
fn a_full_queue_gives_up_the_newest_of_the_lowest_priority_and_says_so() {
    let mut bench = Bench::new();
    let ids: Vec<_> = (0..4)
        .map(|_| bench.send("operator", letter("scout", json("{}"))))
        .collect();
    // The one that comes in is the newest of the lowest itself.
    let late = bench.send("operator", letter("scout", json("{}")));
    assert_eq!(bench.past(late).delivery, Delivery::Dead);
    let urgent = Letter {
        priority: Priority::High,
        ..letter("scout", json("{}"))
    };
    let urgent = bench.send("operator", urgent);
    assert_eq!(bench.queue("scout"), [urgent, ids[0], ids[1], ids[2]]);
    let dead: Vec<_> = bench
        .state
        .bus
        .dead_letters
        .iter()
        .map(|d| (d.message.id, d.agent, d.reason.as_str()))
        .collect();
    let scout = Some(name("scout"));
    let why = "the queue of scout is full: 4 messages wait";
    assert_eq!(dead, [(late, scout, why), (ids[3], scout, why)]);
    assert_eq!(bench.state.bus.dead, 2);
}

#[test]
fn what_is_too_old_is_dropped_and_counted() {
    let mut bench = Bench::new();
    let short = Letter {
        ttl_s: Some(5),
        ..letter("scout", json("{}"))
    };
    let short = bench.send("operator", short);
    let lasting = bench.send("operator", letter("scout", json("{}")));
    bench.now = bench.now.plus_s(5);
    bench.ask("clock", Command::Tick);
    assert_eq!(bench.queue("scout"), [lasting]);
    assert_eq!(bench.past(short).delivery, Delivery::Expired);
    assert_eq!(bench.state.bus.expired, 1);
}

#[test]
fn a_topic_reaches_those_whose_filter_matches_and_lives_until_the_last_is_done() {
    let mut bench = Bench::new();
    let eth = Filter {
        symbol: Some("ETH/USDT".parse().unwrap()),
        ..Filter::default()
    };
    let all = Filter::default();
    bench.subscribe("scout", Topic::SentimentUpdates, eth);
    bench.subscribe("echo", Topic::SentimentUpdates, all.clone());
    let say = |symbol: &str| {
        let text = format!(r#"{{"symbol":"{symbol}","bias":"bullish","confidence":0.5}}"#);
        Letter {
            from: Some(name("sentiment_analysis")),
            ..publication(Topic::SentimentUpdates, &text)
        }
    };
    let on_btc = bench.send("operator", say("BTC/USDT"));
    let on_eth = bench.send("operator", say("ETH/USDT"));
    assert_eq!(bench.queue("scout"), [on_eth]);
    assert_eq!(bench.queue("echo"), [on_btc, on_eth]);
    bench.acknowledge("echo", on_eth);
    assert!(bench.state.bus.live.contains_key(&on_eth));
    assert_eq!(bench.queue("scout"), [on_eth]);
    bench.acknowledge("scout", on_eth);
    assert_eq!(bench.past(on_eth).delivery, Delivery::Acknowledged);

    let urgent = Filter {
        priority: Some(Priority::High),
        source: Some(name("echo")),
        ..all
    };
    bench.subscribe("scout", Topic::SystemEvents, urgent);
    let note = |priority| Letter {
        priority,
        ..publication(Topic::SystemEvents, r#"{"kind":"k","message":"m"}"#)
    };
    bench.send("echo", note(Priority::Normal));
    bench.send("operator", note(Priority::High));
    let heard = bench.send("echo", note(Priority::High));
    assert_eq!(bench.queue("scout"), [heard]);

    let (agent, topic) = (Some(name("scout")), Topic::SystemEvents);
    let source = Some(name("echo"));
    bench.ask(
        "scout",
        Command::Unsubscribe {
            agent,
            topic,
            source,
        },
    );
    bench.send("echo", note(Priority::High));
    assert_eq!(bench.queue("scout"), [heard]);
    assert!(!bench.state.bus.is_read(topic));
}

#[test]
fn subscriptions_are_bounded_and_the_same_again_is_no_other() {
    let mut bench = Bench::new();
    let subscribe = |source: usize| Command::Subscribe {
        agent: None,
        topic: Topic::SystemEvents,
        filter: Filter {
            source: Some(name(&format!("agent{source}"))),
            ..Filter::default()
        },
    };
    for source in 0..64 {
        assert_eq!(bench.ask("scout", subscribe(source)), Reply::Done);
    }
    let before = bench.state.seq;
    assert_eq!(bench.ask("scout", subscribe(0)), Reply::Done);
    assert_eq!(bench.state.seq, before);
    let (code, _) = bench.refused("scout", subscribe(64));
    assert_eq!(code, "SUBSCRIPTIONS_FULL");
    let (code, _) = bench.refused("nobody", subscribe(0));
    assert_eq!(code, "AGENT_UNKNOWN");
}

#[test]
fn an_answer_goes_to_who_asked_and_both_are_linked() {
    let mut bench = Bench::new();
    let question = Letter {
        priority: Priority::High,
        subject: "how much?".into(),
        ..letter("echo", json("{}"))
    };
    let question = bench.send("scout", question);
    let (code, _) = bench.refuse("scout", answer(question, json("{}")));
    assert_eq!(code, "MESSAGE_UNKNOWN", "it was not asked");
    let elsewhere = Letter {
        to: Some(name("risk")),
        ..answer(question, json("{}"))
    };
    assert_eq!(bench.refuse("echo", elsewhere).0, "MESSAGE_INVALID");
    let response = bench.send("echo", answer(question, json("{}")));
    let got = &bench.state.bus.live[&response];
    assert_eq!(got.to, Some(name("scout")));
    assert_eq!(got.subject, "Re: how much?");
    assert_eq!(got.priority, Priority::High);
    assert_eq!(got.kind, MessageKind::Response);
    assert_eq!(got.in_reply_to, Some(question));
    let asked = bench.past(question);
    assert_eq!(asked.response, Some(response));
    assert_eq!(asked.delivery, Delivery::Acknowledged);
    let (code, _) = bench.refuse("echo", answer(question, json("{}")));
    assert_eq!(code, "MESSAGE_UNKNOWN", "it is answered");
}

#[test]
fn only_who_was_sent_it_or_an_operator_acknowledges() {
    let mut bench = Bench::new();
    let first = bench.send("operator", letter("scout", json("{}")));
    let second = bench.send("operator", letter("scout", json("{}")));
    let acknowledge = |message| Command::Acknowledge {
        message,
        agent: None,
    };
    let (code, _) = bench.refused("echo", acknowledge(first));
    assert_eq!(code, "MESSAGE_NOT_YOURS");
    assert_eq!(bench.acknowledge("scout", first), Reply::Done);
    assert_eq!(bench.acknowledge("operator", second), Reply::Done);
    let (code, _) = bench.refused("scout", acknowledge(first));
    assert_eq!(code, "MESSAGE_UNKNOWN");
}

#[test]
fn what_is_never_acknowledged_is_a_dead_letter() {
    let mut bench = Bench::new();
    let id = bench.send("operator", letter("scout", json("{}")));
    let undelivered = Command::Undelivered {
        message: id,
        agent: name("scout"),
        times: 6,
    };
    assert_eq!(bench.ask("engine", undelivered.clone()), Reply::Done);
    let letter = bench.state.bus.dead_letters.back().unwrap();
    assert_eq!(letter.reason, "not acknowledged after 6 deliveries");
    let seq = bench.state.seq;
    bench.ask("engine", undelivered);
    assert_eq!(bench.state.seq, seq, "it is given up once");
}

#[test]
fn a_halt_reaches_every_agent_but_the_sender() {
    let mut bench = Bench::new();
    let alert = r#"{"alert_type":"loss","severity":"high","message":"too much",
        "action_required":"halt_trading"}"#;
    let alert = publication(Topic::RiskAlerts, alert);
    bench.send("risk", alert);
    assert_eq!(bench.state.mode(), Mode::Halted);
    let cause = &bench.state.trading.causes[&Cause::RiskAlert];
    assert_eq!(cause.reason, "too much");
    for agent in ["technical_analysis", "trading_decision", "scout", "echo"] {
        let halts: Vec<_> = bench.state.bus.queue(name(agent)).collect();
        let [halt] = halts[..] else {
            panic!("{agent} got {} messages", halts.len())
        };
        assert_eq!(halt.kind, MessageKind::Halt);
        assert_eq!(halt.priority, Priority::Critical);
        assert_eq!(halt.subject, "EMERGENCY HALT");
        assert_eq!(halt.expires_at, Some(bench.now.plus_s(60)));
    }
    assert!(bench.queue("risk").is_empty());
    // Who joins later is told.
    bench.register("late");
    let told = bench.state.bus.queue(name("late")).next().unwrap();
    let text = r#"{"state":"halted","hardstop":false}"#;
    assert_eq!(
        (told.subject.as_str(), &told.payload),
        ("STATE", &json(text))
    );
}

#[test]
fn names_of_the_engines_own_are_not_given_away() {
    let mut bench = Bench::new();
    for taken in ["risk", "risk_management", "supervisor", "feed", "own"] {
        let Reply::Refused(refusal) = bench.register(taken) else {
            panic!("{taken} was given away")
        };
        assert_eq!(refusal.code, "AGENT_BUILT_IN");
    }
    let forged = Letter {
        from: Some(name("supervisor")),
        ..letter("scout", json("{}"))
    };
    let (code, _) = bench.refuse("operator", forged);
    assert_eq!(code, "SUPERVISOR_ONLY");
}

#[test]
fn topics_are_published_on_by_their_owners_only() {
    let mut bench = Bench::new();
    let own = publication(Topic::Own, r#"{"symbol":"BTC/USDT","score":1}"#);
    bench.send("scout", own.clone());
    assert_eq!(bench.refuse("deployer", own).0, "TOPIC_OWNED");
    let price = r#"{"symbol":"BTC/USDT","price":1,"time":"2026-01-01T00:00:00Z"}"#;
    let price = publication(Topic::MarketData, price);
    assert_eq!(bench.refuse("feed", price).0, "TOPIC_OWNED");
    let bus = &bench.state.bus;
    let word = |symbol| bus.latest(Topic::Own, Some(name("scout")), Some(symbol), bench.now);
    assert!(word(btc()).is_some(), "the latest is known by symbol");
    assert!(word("ETH/USDT".parse().unwrap()).is_none());
    let later = bench.now.plus_s(300);
    let old = bus.latest(Topic::Own, None, Some(btc()), later);
    assert!(old.is_none(), "an expired one counts as absent");
}

#[test]
fn a_phase_is_answered_by_a_message_and_what_it_lacks_is_named() {
    let mut bench = Bench::new();
    let question = bench.question_of_cycle();
    let lacks = answer(question, json(r#"{"symbol":"BTC/USDT","action":"BUY"}"#));
    let (code, message) = bench.refuse("trading_decision", lacks);
    assert_eq!(code, "MESSAGE_INVALID");
    assert_eq!(message, "missing field `confidence`");
    let said = r#"{"symbol":"BTC/USDT","action":"BUY","confidence":0.9,"stop_loss_pct":2,
        "take_profit_pct":4}"#;
    assert_eq!(
        bench.refuse("risk", answer(question, json(said))).0,
        "MESSAGE_UNKNOWN"
    );
    bench.send("trading_decision", answer(question, json(said)));
    assert!(bench.past(question).response.is_some());
    let cycle = bench.state.cycles.live.values().next().expect("it goes on");
    let sizing = cycle.waiting.expect("risk is asked");
    let size = r#"{"quantity":0.02,"stop":44100}"#;
    let (_, message) = bench.refuse("risk", answer(sizing, json(size)));
    assert_eq!(message, "missing field `target`");
    let size = r#"{"quantity":"0.02","stop":"44100","target":"46800"}"#;
    bench.send("risk", answer(sizing, json(size)));
    let cycle = bench.state.cycles.live.values().next().expect("it goes on");
    let sending = cycle.waiting.expect("execution is asked");
    bench.send("execution", answer(sending, json(r#"{"limit":null}"#)));
    assert_eq!(bench.state.orders.live.len(), 1);
}

#[test]
fn ends_of_orders_are_published_where_somebody_reads_them() {
    let mut bench = Bench::new();
    let end = |bench: &mut Bench| {
        let mut request = OrderRequest::new(btc(), OrderSide::Buy, Kind::Limit, dec!(0.01));
        request.price = Some(dec!(44500));
        request.stop = Some(dec!(44000));
        let reply = bench.ask("operator", Command::Place(Box::new(request)));
        let Reply::Order(id) = reply else {
            panic!("no order: {reply:?}")
        };
        let sent = bench.state.bus.sent;
        let client_order_id = bench.state.orders.live[&id].client_order_id.clone();
        let report = crate::core::command::Report::GateKilled;
        bench.ask(
            "gate",
            Command::Venue {
                client_order_id,
                report,
            },
        );
        bench.now = bench.now.plus_s(3);
        (id, bench.state.bus.sent - sent)
    };
    assert_eq!(end(&mut bench).1, 0, "nobody reads it, nobody pays");
    bench.subscribe("scout", Topic::ExecutionEvents, Filter::default());
    let (order, _) = end(&mut bench);
    let told = bench.state.bus.queue(name("scout")).next().unwrap();
    let Payload::Execution(event) = &told.payload else {
        panic!("an execution event is expected")
    };
    assert_eq!(
        (event.event_type.as_str(), event.order_id),
        ("cancelled", order)
    );
    assert_eq!(told.from, name("execution"));
}

#[test]
fn messages_of_a_version_without_queues_are_taken_over() {
    let mut bench = Bench::new();
    let id = bench.send("operator", letter("scout", json("{}")));
    let mut old = Bus::default();
    old.live.extend(bench.state.bus.live.clone());
    old.adopt();
    assert!(old.holds(name("scout"), id));
    assert_eq!(old.queued(name("scout")), 1);
}
