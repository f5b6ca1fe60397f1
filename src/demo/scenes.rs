//! The scenes, one after the other in the same engine.

use std::thread;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::watch::text;
use super::{DemoError, Share, Stage, Told};
use crate::api::Caller;
use crate::client::Call;

/// The strategy that is searched.
const SEARCHED: &str = "ema_cross";
/// The one that goes into service meanwhile.
const DEPLOYED: &str = "breakout";
/// What it is given, USD: half of what there is.
const CAPITAL: u32 = 1_000;

impl Stage {
    pub(super) fn tell(&mut self) -> Result<Told, DemoError> {
        let mut told = Told::default();
        self.overture()?;
        self.deploy_during_optimisation(&mut told)?;
        self.two_want_the_same_money(&mut told)?;
        self.candidates_on_paper(&mut told)?;
        self.stop_during_discovery(&mut told)?;
        told.records = self.seq()?;
        Ok(told)
    }

    fn overture(&mut self) -> Result<(), DemoError> {
        let status = self.until("the engine to trade", "coordinator/status", |s| {
            text(s, "state") == "running"
        })?;
        let capital = status["resources"]
            .as_array()
            .and_then(|rows| rows.iter().find(|r| text(r, "resource") == "capital"))
            .map(|row| text(row, "limit").to_owned())
            .unwrap_or_default();
        self.say(&format!(
            "An engine trades {} at {} times the pace of the clock, with {capital} USD for all.",
            self.market.symbol, self.terms.speed
        ));
        self.say("Gates and stages are shorter than by default, so that weeks pass in a minute.");
        Ok(())
    }

    /// Document 000, scenario 1.
    fn deploy_during_optimisation(&mut self, told: &mut Told) -> Result<(), DemoError> {
        self.say("");
        self.say("1. A deployment starts during an optimisation: the optimisation is held at its next step.");
        let since = self.seq()?;
        let run = self.ask(&Call::post(
            "research/runs",
            json!({
                "kind": "optimise",
                "strategy": SEARCHED,
                "data": [self.market.history],
                "symbol": self.market.symbol,
                "method": "random",
                "trials": self.terms.trials,
                "seed": self.terms.seed,
            }),
        ))?;
        told.optimisation = text(&run, "id").to_owned();
        let path = format!("research/runs/{}", told.optimisation);
        self.until("the optimisation's first step", &path, |run| {
            run["trials_done"].as_u64().unwrap_or(0) > 0
        })?;
        let service = self.ask(&Call::post(
            format!("strategies/{DEPLOYED}/deploy"),
            json!({
                "version": "1",
                "capital": CAPITAL.to_string(),
                "unproven": true,
                "symbol": self.market.symbol,
                "interval_s": self.market.interval_ms / 1000,
            }),
        ))?;
        told.deployment = text(&service, "id").to_owned();
        let held = self.until("the optimisation to be held", &path, |run| {
            run["steps_running"].as_u64() == Some(0) || is_over(run)
        })?;
        told.held = !is_over(&held);
        let deployment = told.deployment.clone();
        let done = self.until("the deployment to end", "deployments", |list| {
            let found = of(list, &deployment);
            found.is_some_and(|s| text(s, "stage") == "in_service" || text(s, "status") == "ended")
        })?;
        told.deployment_stage = of(&done, &deployment)
            .map(|s| text(s, "stage").to_owned())
            .unwrap_or_default();
        let over = self.until("the optimisation to end", &path, is_over)?;
        told.optimisation_status = text(&over, "status").to_owned();
        self.show(since, &["deployer", "optimizer"])
    }

    /// Document 000, scenario 2.
    fn two_want_the_same_money(&mut self, told: &mut Told) -> Result<(), DemoError> {
        self.say("");
        self.say("2. Two strategies want the same money: it is shared by their Sharpe ratios.");
        let since = self.seq()?;
        let status = self.read("coordinator/status")?;
        let free: Decimal = status["global"]["available_capital_usd"]
            .to_string()
            .parse()
            .unwrap_or_default();
        let free = free.round_dp(2);
        // As in the document: each wants ten of twelve.
        let wants = (free * Decimal::from(10) / Decimal::from(12)).round_dp(2);
        let asks: Vec<_> = [(SEARCHED, "1.5"), (DEPLOYED, "0.8")]
            .map(|(strategy, sharpe)| {
                let api = std::sync::Arc::clone(&self.api);
                let body = json!({
                    "resource": "capital",
                    "amount": wants.to_string(),
                    "class": "live",
                    "purpose": format!("live: more for {strategy}"),
                    "agent": "trader",
                    "strategy": strategy,
                    "sharpe": sharpe,
                    "ttl_s": 2_592_000,
                });
                let asked = thread::spawn(move || {
                    let call = Call::post("reservations", body);
                    api.dispatch(&Caller::owner(), &call).into_result()
                });
                (strategy, sharpe, asked)
            })
            .into_iter()
            .collect();
        for (strategy, sharpe, asked) in asks {
            let answer = asked.join().unwrap_or(Ok(Value::Null));
            let grant = answer.map_err(|problem| DemoError::Asked {
                doing: format!("reserving for {strategy}"),
                problem,
            })?;
            let granted = text(&grant, "amount").parse().unwrap_or_default();
            let id = text(&grant, "reservation_id").to_owned();
            told.shared.push(Share {
                strategy: strategy.to_owned(),
                sharpe: sharpe.to_owned(),
                asked: wants,
                granted,
            });
            self.say(&format!(
                "  {strategy} (Sharpe {sharpe}) wants {wants} of {free} USD and gets {granted}"
            ));
            self.ask(&Call::delete(format!("reservations/{id}")))?;
        }
        self.show(since, &["trader"])
    }

    fn candidates_on_paper(&mut self, told: &mut Told) -> Result<(), DemoError> {
        self.say("");
        self.say("3. A discovery composes strategies; what passes goes on paper, then on to the smallest size.");
        let since = self.seq()?;
        let run = self.discover(self.terms.seed)?;
        let path = format!("research/runs/{run}");
        let over = self.until("the discovery to end", &path, is_over)?;
        self.say(&format!(
            "  {run}: {} ({})",
            text(&over, "status"),
            text(&over, "reason")
        ));
        let list = self.read("research/candidates")?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        told.candidates = items.len() as u64;
        let first = items.first().map(|c| text(c, "id").to_owned());
        if let Some(first) = first.filter(|_| self.terms.follow) {
            self.until(
                "the first candidate to leave paper",
                "research/candidates",
                |list| {
                    of(list, &first)
                        .is_none_or(|c| text(c, "stage") != "warm" || text(c, "status") == "ended")
                },
            )?;
        }
        self.show(since, &["discoverer", "trader"])
    }

    /// Document 000, scenario 3.
    fn stop_during_discovery(&mut self, told: &mut Told) -> Result<(), DemoError> {
        self.say("");
        self.say(
            "4. HARDSTOP during a discovery: tests are cancelled, capital is free, exits go on.",
        );
        let run = self.discover(self.terms.seed + 1)?;
        told.discovery = run.clone();
        let path = format!("research/runs/{run}");
        self.until("the discovery's first step", &path, |run| {
            run["steps_running"].as_u64().unwrap_or(0) > 0 || is_over(run)
        })?;
        let since = self.seq()?;
        let stop = self.ask(&Call::post(
            "coordinator/hardstop",
            json!({ "reason": "the day's loss is over 5 USD" }),
        ))?;
        let us = |field: &str| stop[field].as_u64().unwrap_or_default();
        told.stopped_us = (us("gate_us"), us("durable_us"));
        let over = self.until("the discovery to end", &path, is_over)?;
        told.discovery_status = text(&over, "status").to_owned();
        self.until("what was reserved to end", "coordinator/status", |status| {
            let live = status["reservations"].as_array().into_iter().flatten();
            live.filter(|r| text(r, "status") != "bound").count() == 0
        })?;
        let left = self.reservations()?;
        told.leaked = left.iter().filter(|r| text(r, "status") != "bound").count() as u64;
        self.show(since, &["discoverer", "deployer", "trader"])?;
        let (gate, durable) = told.stopped_us;
        self.say(&format!(
            "  gate closed after {gate} µs, journaled after {durable} µs; {} reservations are left but \
             those that orders and positions live on",
            told.leaked
        ));
        Ok(())
    }

    fn discover(&self, seed: u64) -> Result<String, DemoError> {
        let run = self.ask(&Call::post(
            "research/runs",
            json!({
                "kind": "discover",
                "data": [self.market.history],
                "symbol": self.market.symbol,
                "candidates": self.terms.candidates,
                "seed": seed,
            }),
        ))?;
        Ok(text(&run, "id").to_owned())
    }
}

fn is_over(run: &Value) -> bool {
    !matches!(text(run, "status"), "queued" | "running")
}

fn of<'v>(list: &'v Value, id: &str) -> Option<&'v Value> {
    list["items"]
        .as_array()?
        .iter()
        .find(|row| text(row, "id") == id)
}
