//! Strategies: those there are, and putting one into service.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::answer::Answer;
use super::ask::Ask;
use super::exact::Exact;
use super::list::Seen;
use super::openapi::{AFTER, LIMIT, Param, Words};
use super::routes::Given;
use super::steps::{Step, Stepped};
use super::{list, problem, unknown};
use crate::client::Problem;
use crate::core::command::DeployRequest;
use crate::core::id::ServiceId;
use crate::core::research::{Setting, Version};
use crate::core::service::Kind;
use crate::core::{Command, Name, Reply, Symbol};
use crate::engine::Lane;
use crate::snapshot::{List, Query, ServiceRow, Snapshot, StrategyRow, described};
use crate::strategies::{Chosen, Definition, UnknownStrategy, built_in, named};

/// Length of bars where nobody says otherwise, seconds.
const INTERVAL_S: u32 = 60;
/// The longest bars there are: a week.
const LONGEST_S: u32 = 604_800;

pub(super) const LIST: Words =
    Words::of("Strategies: built-in ones, then versions that a run has proved, the newest first.")
        .query(&[
            Param::text("name", "Only of this name."),
            Param::one_of(
                "origin",
                &["built_in", "found", "optimised"],
                "Only of this origin.",
            ),
            LIMIT,
            AFTER,
        ])
        .gives_list::<StrategyRow>();

/// Built-in ones, and versions that a run has proved, the newest first.
pub(super) fn list(ask: &Ask<'_>) -> Given {
    let snapshot = ask.api.snapshot();
    let name = ask.query("name");
    // What is no name is no strategy's.
    let wanted: Option<Result<Name, _>> = name.map(str::parse);
    let proved = match wanted.transpose() {
        Ok(strategy) => ask.look(Query::Versions { strategy })?["items"].take(),
        Err(_) => Value::Null,
    };
    let proved: Vec<Value> = serde_json::from_value(proved).unwrap_or_default();
    let proved = proved.into_iter().filter_map(described);
    let built_in = built_in().iter().map(|d| row(&snapshot, d));
    let rows = List {
        items: built_in.chain(proved).collect(),
        seq: snapshot.status.seq,
        total: 0,
    };
    let origin = ask.query("origin");
    let pass = |row: &StrategyRow| {
        origin.is_none_or(|origin| origin == row.origin) && name.is_none_or(|name| name == row.name)
    };
    list::answer(ask, &rows, list::ALL, None, pass, |row| {
        format!("{}@{}", row.name, row.version)
    })
}

fn row(snapshot: &Snapshot, definition: &Definition) -> StrategyRow {
    let services = &snapshot.research.services;
    let at_work = services.iter().find(|s| {
        s.kind == Kind::Deployment
            && s.end.is_none()
            && s.strategy.as_str() == definition.name
            && s.version == definition.version
    });
    StrategyRow {
        name: definition.name.clone(),
        version: definition.version.clone(),
        about: definition.about.clone(),
        feature_hash: definition.feature_hash(),
        origin: "built_in".into(),
        symbol: None,
        run: None,
        promise: None,
        in_service: at_work.map(|s| s.id),
    }
}

pub(super) const ONE: Words =
    Words::of("A version that a run has proved, in full, its rule and values included.")
        .query(&[Param::text(
            "version",
            "Which version; the newest by default.",
        )])
        .gives::<Seen<Version>>();

/// A version that a run has proved, in full, its rule and values included; without `version` the newest.
pub(super) fn one(ask: &Ask<'_>) -> Stepped {
    let strategy = strategy(ask)?;
    let version = ask.query("version").map(str::to_owned);
    let id = match &version {
        Some(version) => format!("{strategy} {version}"),
        None => strategy.to_string(),
    };
    Step::look(Query::Version { strategy, version }, move |found| {
        if found.is_null() {
            return Err(Problem::new(
                404,
                "STRATEGY_UNKNOWN",
                format!("no run has proved {id}"),
                "`pilothouse strategy list` shows the versions there are",
            ));
        }
        Step::done(Answer::ok(found))
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Deploy)]
struct Wish {
    /// Which version; the newest that a run has proved by default.
    version: Option<String>,
    /// USD it is given.
    capital: Exact,
    /// Whether a built-in one that no run has judged will do.
    #[serde(default)]
    unproven: bool,
    /// The pair, of an unproven one.
    symbol: Option<Symbol>,
    /// Length of its bars in seconds, of an unproven one.
    interval_s: Option<u32>,
    /// Values of its parameters, of an unproven one.
    #[serde(default)]
    set: BTreeMap<String, Exact>,
}

pub(super) const DEPLOY: Words =
    Words::of("Puts a version into service, in stages that it has to earn.")
        .takes::<Wish>()
        .answers::<Seen<ServiceRow>>(202);

pub(super) fn deploy(ask: &Ask<'_>) -> Given {
    let strategy = strategy(ask)?;
    let wish: Wish = ask.body()?;
    let capital = wish.capital.0;
    let unproven = match wish.unproven {
        true => Some(Box::new(wish.as_written(ask, strategy)?)),
        false => None,
    };
    let version = match &unproven {
        Some(version) => version.version.clone(),
        None => wish.proved(ask, strategy)?,
    };
    let request = DeployRequest {
        strategy,
        version,
        capital,
        unproven,
    };
    let outcome = ask.submit(Lane::Control, Command::Deploy(Box::new(request)))?;
    let Reply::Service(id) = outcome.reply else {
        return Err(unknown("deployment", "begun"));
    };
    let row = ask.look(Query::Service(id))?;
    Ok(Answer::with(202, row))
}

/// The strategy that the path names.
fn strategy(ask: &Ask<'_>) -> Result<Name, Problem> {
    ask.part(0).parse().map_err(|_| nowhere(ask.part(0)))
}

/// There is no such strategy, built in or found.
pub(super) fn nowhere(name: &str) -> Problem {
    Problem::new(
        404,
        "STRATEGY_UNKNOWN",
        UnknownStrategy(name.to_owned()).to_string(),
        "`pilothouse strategy list` shows those there are",
    )
}

impl Wish {
    /// The version that is meant, or the newest a run has proved. What none has is left to the core to
    /// refuse, so that the audit has it.
    fn proved(&self, ask: &Ask<'_>, strategy: Name) -> Result<String, Problem> {
        let own = [
            ("symbol", self.symbol.is_some()),
            ("interval_s", self.interval_s.is_some()),
            ("set", !self.set.is_empty()),
        ];
        if let Some((field, _)) = own.iter().find(|(_, given)| *given) {
            let why = "a version that a run has proved has its own; \"unproven\" takes another";
            return Err(problem::invalid(field, why));
        }
        let version = self.version.clone();
        let found = ask.look(Query::Version { strategy, version })?;
        if let Some(version) = found["version"].as_str() {
            return Ok(version.to_owned());
        }
        let any = ask.look(Query::Version {
            strategy,
            version: None,
        })?;
        match named(strategy.as_str()) {
            Err(_) if any.is_null() => Err(nowhere(strategy.as_str())),
            _ => Ok(self.version.clone().unwrap_or_else(|| "of its own".into())),
        }
    }

    /// A built-in strategy with the values that are given, which nobody has judged.
    fn as_written(&self, ask: &Ask<'_>, strategy: Name) -> Result<Version, Problem> {
        let definition = named(strategy.as_str()).map_err(|_| nowhere(strategy.as_str()))?;
        if self
            .version
            .as_ref()
            .is_some_and(|v| *v != definition.version)
        {
            let why = format!("the built-in one is {:?}", definition.version);
            return Err(problem::invalid("version", why));
        }
        let interval_s = self.interval_s.unwrap_or(INTERVAL_S);
        if !(1..=LONGEST_S).contains(&interval_s) {
            let why = format!("1 to {LONGEST_S} is allowed");
            return Err(problem::invalid("interval_s", why));
        }
        let set: Vec<_> = self.set.iter().map(|(n, v)| (n.clone(), v.0)).collect();
        let chosen = definition
            .with(&set)
            .map_err(|error| problem::invalid("set", error))?;
        Ok(Version {
            strategy,
            version: version_of(&chosen, &set),
            definition: definition.to_json(),
            parameters: chosen
                .parameters
                .iter()
                .map(|(name, value)| Setting {
                    name: name.to_owned(),
                    value,
                })
                .collect(),
            symbol: match self.symbol {
                Some(symbol) => symbol,
                None => first_symbol(ask)?,
            },
            interval_ms: i64::from(interval_s) * 1000,
            has_stop: chosen.has_stop(),
            promise: None,
            run: None,
            feature_hash: definition.feature_hash(),
        })
    }
}

/// The definition's, and where values are set a short hash of all of them: two with different values
/// are two versions.
fn version_of(chosen: &Chosen, set: &[(String, Decimal)]) -> String {
    let version = &chosen.definition.version;
    if set.is_empty() {
        return version.clone();
    }
    let values: Vec<_> = chosen
        .parameters
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let hash = Sha256::digest(values.join(","));
    let short: String = hash
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{version}+{short}")
}

fn first_symbol(ask: &Ask<'_>) -> Result<Symbol, Problem> {
    let mut known = ask.look(Query::Symbols)?;
    let first = known["symbols"].get_mut(0).map(Value::take);
    let first = first.and_then(|first| serde_json::from_value(first).ok());
    first.ok_or_else(|| problem::invalid("symbol", "no pair is traded here: name one"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rollback)]
struct Back {
    /// Why, for the audit.
    #[serde(default)]
    reason: String,
    /// The deployment that is meant, where the caller has seen one.
    service: Option<ServiceId>,
}

pub(super) const ROLLBACK: Words = Words::of("Takes back the newest deployment of a strategy.")
    .takes::<Back>()
    .gives::<Seen<ServiceRow>>();

/// Takes back the newest deployment of a strategy, and where the caller names one no other. The name is
/// compared with the latest snapshot: a deployment that is begun after it, before the command arrives, is
/// still taken back instead.
pub(super) fn rollback(ask: &Ask<'_>) -> Given {
    let strategy = strategy(ask)?;
    let Back { reason, service } = ask.body()?;
    if let Some(meant) = service {
        let newest = newest(&ask.api.snapshot(), strategy);
        if newest != Some(meant) {
            return Err(other(strategy, meant, newest));
        }
    }
    let command = Command::Rollback { strategy, reason };
    let Reply::Service(id) = ask.submit(Lane::Control, command)?.reply else {
        return Err(unknown("deployment", "in service"));
    };
    Ok(Answer::ok(ask.look(Query::Service(id))?))
}

/// The deployment of a strategy that a rollback takes back.
fn newest(snapshot: &Snapshot, strategy: Name) -> Option<ServiceId> {
    let services = snapshot.research.services.iter();
    services
        .filter(|s| s.kind == Kind::Deployment && s.end.is_none() && s.strategy == strategy)
        .map(|s| s.id)
        .max()
}

fn other(strategy: Name, meant: ServiceId, newest: Option<ServiceId>) -> Problem {
    let found = newest.map_or("none".to_owned(), |id| id.to_string());
    let message = match newest {
        Some(newest) => format!("a rollback of {strategy} takes {newest} back, not {meant}"),
        None => {
            format!("no version of {strategy} is in service or on its way, and so {meant} is not")
        }
    };
    Problem {
        rule: Some("newest deployment".into()),
        limit: Some(meant.to_string()),
        value: Some(found),
        ..Problem::new(
            409,
            "DEPLOY_OTHER",
            message,
            "`pilothouse deployments` shows what is at work now",
        )
    }
}
