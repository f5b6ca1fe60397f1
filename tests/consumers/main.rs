//! The four consumers by the core alone: who may compute when, what goes into service and how it
//! leaves it (domain.md, Activities and consumers; learning.md, Research runs).

#[path = "../support/bench.rs"]
#[allow(dead_code)] // each test takes what it needs
mod bench;
mod candidates;
mod deployments;
mod histories;
mod research;

use bench::{Bench, btc, name};
use pilothouse::core::command::{DeployRequest, Press};
use pilothouse::core::id::{OrderId, ReservationId, RunId, ServiceId};
use pilothouse::core::order::Side;
use pilothouse::core::research::{
    GateResult, Promise, RunKind, RunRequest, RunStatus, Setting, Verdict, Version,
};
use pilothouse::core::reservation::{ReserveItem, Resource};
use pilothouse::core::service::{Act, Judgement, Service, Stage};
use pilothouse::core::{Command, Refusal, Reply};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

fn request(kind: RunKind) -> RunRequest {
    RunRequest {
        kind,
        strategy: (kind != RunKind::Discover).then(|| name("ema_cross")),
        spec: "{}".into(),
        data_hash: "d".repeat(64),
        code_version: "1".into(),
        seed: 7,
        trials: 100,
        key: None,
    }
}

fn version(strategy: &str, label: &str) -> Version {
    Version {
        strategy: name(strategy),
        version: label.into(),
        definition: "{}".into(),
        parameters: vec![Setting {
            name: "fast".into(),
            value: dec!(10),
        }],
        symbol: btc(),
        interval_ms: 60_000,
        has_stop: true,
        promise: Some(Promise {
            sharpe: None,
            max_drawdown: dec!(0.05),
            trades: 40,
            ..Promise::default()
        }),
        run: None,
        // Another name is another rule here.
        feature_hash: format!("{strategy:f<64}"),
    }
}

fn promising(strategy: &str, sharpe: Decimal) -> Version {
    let mut version = version(strategy, "1");
    if let Some(promise) = &mut version.promise {
        promise.sharpe = Some(sharpe);
    }
    version
}

fn gate(gate: &str, passed: Option<bool>) -> GateResult {
    GateResult {
        gate: gate.into(),
        limit: "1".into(),
        value: passed.map(|_| "2".into()),
        passed,
    }
}

fn verdict(status: RunStatus) -> Verdict {
    Verdict {
        status,
        best: None,
        gates: vec![gate("sharpe", Some(status == RunStatus::Passed))],
        hash: Some("h".repeat(64)),
        reason: "done".into(),
    }
}

/// The agent of a kind of run.
fn agent(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Discover => "discoverer",
        RunKind::Optimise | RunKind::Backtest => "optimizer",
    }
}

fn refusal(reply: Reply) -> Refusal {
    match reply {
        Reply::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

impl Bench {
    /// 10,000 USDT, BTC at 100, and nobody who works by a schedule.
    fn quiet() -> Self {
        let mut bench = Self::with(|settings| settings.schedules.clear());
        bench.price(dec!(100));
        bench
    }

    fn run(&mut self, kind: RunKind) -> RunId {
        match self.ask("operator", Command::AskRun(Box::new(request(kind)))) {
            Reply::Run(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn step(&mut self, run: RunId, step: u32) -> Reply {
        let kind = self.state.research.get(run).unwrap().request.kind;
        self.ask(agent(kind), Command::BeginStep { run, step })
    }

    fn step_done(&mut self, run: RunId, step: u32) -> Reply {
        let kind = self.state.research.get(run).unwrap().request.kind;
        let command = Command::StepDone {
            run,
            step,
            trials: 8,
        };
        self.ask(agent(kind), command)
    }

    fn end(&mut self, run: RunId, status: RunStatus, found: Vec<Version>) -> Reply {
        let kind = self.state.research.get(run).unwrap().request.kind;
        let command = Command::EndRun {
            run,
            verdict: Box::new(verdict(status)),
            found,
        };
        self.ask(agent(kind), command)
    }

    /// Versions that a run has proved.
    fn prove(&mut self, versions: Vec<Version>) {
        let run = self.run(RunKind::Optimise);
        self.step(run, 0);
        self.step_done(run, 0);
        self.end(run, RunStatus::Passed, versions);
    }

    fn ask_deploy(&mut self, strategy: &str, label: &str, capital: Decimal) -> Reply {
        let request = DeployRequest {
            strategy: name(strategy),
            version: label.into(),
            capital,
            unproven: None,
        };
        self.ask("operator", Command::Deploy(Box::new(request)))
    }

    fn deploy(&mut self, strategy: &str, label: &str, capital: Decimal) -> ServiceId {
        match self.ask_deploy(strategy, label, capital) {
            Reply::Service(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn service(&self, id: ServiceId) -> &Service {
        self.state.services.get(id).unwrap()
    }

    fn act(&mut self, service: ServiceId, side: Side, quantity: Decimal) -> Reply {
        let below = side == Side::Buy;
        let act = Act {
            service,
            side,
            quantity,
            stop: below.then_some(dec!(95)),
            target: None,
            feature_hash: "f".repeat(16),
            reasoning: "fast above slow".into(),
            met: None,
            leaves: side == Side::Sell,
        };
        self.ask("trader", Command::Act(Box::new(act)))
    }

    fn judge(&mut self, service: ServiceId, stage: Stage, judgement: Judgement) -> Reply {
        let judge = self.service(service).kind.judge();
        let command = Command::Judge {
            service,
            stage,
            judgement,
            gates: vec![gate("trades", Some(true))],
        };
        self.ask(judge.as_str(), command)
    }

    /// Capital that somebody holds.
    fn hold(&mut self, purpose: &str, amount: Decimal) -> ReservationId {
        let item = ReserveItem {
            resource: Resource::Capital,
            class: None,
            amount,
            purpose: purpose.into(),
            ttl_s: Some(2_592_000),
            agent: None,
            strategy: None,
            sharpe: None,
        };
        let command = Command::Reserve {
            items: vec![item],
            key: None,
            wait: false,
        };
        match self.ask("operator", command) {
            Reply::Reserved(grants) => grants[0].id,
            other => panic!("{other:?}"),
        }
    }

    /// An entry of a service, at the venue.
    fn entered(&mut self, service: ServiceId, quantity: Decimal) -> OrderId {
        let Reply::Order(id) = self.act(service, Side::Buy, quantity) else {
            panic!("not entered")
        };
        self.open(id);
        id
    }

    /// Time passes, minute by minute.
    fn pass(&mut self, seconds: i64) {
        let until = self.now.plus_s(seconds);
        while self.now < until {
            self.now = self.now.plus_s(60).min(until);
            let last = self.quotes.get(btc()).unwrap().last;
            self.price(last);
            self.ask("clock", Command::Tick);
        }
    }

    /// On to the next stage, after its shortest time.
    fn advance(&mut self, id: ServiceId) {
        let stage = self.service(id).stage;
        let least = self.state.settings.research.shortest(stage);
        self.pass(i64::from(least));
        let reply = self.judge(id, stage, Judgement::Advance);
        assert!(matches!(reply, Reply::Service(_)), "{reply:?}");
    }

    fn press(&mut self) {
        let press = Press {
            by: name("operator"),
            how: "key".into(),
            reason: "enough".into(),
        };
        let command = Command::GateSeen {
            epoch: self.state.trading.epoch + 1,
            presses: self.state.trading.presses + 1,
            notes: vec![press],
        };
        self.ask("gate", command);
    }
}
