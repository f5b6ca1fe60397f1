//! What there is in the engine, by which requests can mean something.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::dice::Dice;
use crate::wire::Request;

/// Where things of a kind are listed, and what their ids are called there.
const LISTS: &[(&str, &str, &str)] = &[
    ("activity", "activities", "id"),
    ("agent", "agents", "name"),
    ("approval", "approvals", "id"),
    ("cycle", "coordination/cycles", "id"),
    ("message", "coordination/messages", "id"),
    ("order", "orders", "id"),
    ("position", "positions", "id"),
    ("reservation", "reservations", "id"),
    ("run", "research/runs", "id"),
    ("service", "deployments", "id"),
    ("strategy", "strategies", "name"),
];

/// Ids by what they are of.
#[derive(Default)]
pub struct Pool(BTreeMap<&'static str, Vec<String>>);

impl Pool {
    /// Asks the engine.
    pub fn of_engine(socket: &Path) -> Self {
        let mut pool = Self::default();
        for (kind, list, field) in LISTS {
            let reply = Request::new("GET", format!("/api/v1/{list}?limit=20")).send(socket);
            let page: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let rows = page["items"].as_array().into_iter().flatten();
            let ids = rows.filter_map(|row| Some(row[*field].as_str()?.to_owned()));
            pool.0.insert(kind, ids.collect());
        }
        pool
    }

    /// One of a kind, or one that is not there.
    pub fn of(&self, kind: &str, dice: &mut Dice) -> String {
        let known = self.0.get(kind).map_or(&[][..], Vec::as_slice);
        if known.is_empty() || dice.chance(10) {
            return format!("{kind}_{}", dice.below(5));
        }
        known[dice.below(known.len())].clone()
    }

    pub fn agent(&self, dice: &mut Dice) -> String {
        self.of("agent", dice)
    }

    pub fn strategy(&self, dice: &mut Dice) -> String {
        self.of("strategy", dice)
    }

    /// What stands at `name` in a path.
    pub fn id(&self, path: &str, name: &str, dice: &mut Dice) -> String {
        let kind = match (path.trim_start_matches("/api/v1/"), name) {
            (_, "key") => {
                return dice
                    .pick(&["operator_note", "trader_plan", "x"])
                    .unwrap()
                    .into();
            }
            (path, _) if path.starts_with("coordinator/task") => {
                let known = [
                    "technical_analysis",
                    "ta_analysis",
                    "regime_detection",
                    "nothing",
                ];
                return dice.pick(&known).unwrap().into();
            }
            (path, _) if path.starts_with("coordination/cycles") => "cycle",
            (path, _) if path.starts_with("coordination/messages") => "message",
            (path, _) if path.starts_with("research/runs") => "run",
            (path, _) if path.starts_with("explain") => dice
                .pick(&["order", "reservation", "cycle", "position"])
                .unwrap(),
            (path, _) => match path.split('/').next().unwrap_or_default() {
                "activities" => "activity",
                "agents" => "agent",
                "approvals" => "approval",
                "orders" => "order",
                "positions" => "position",
                "reservations" => "reservation",
                "strategies" => "strategy",
                _ => "service",
            },
        };
        self.of(kind, dice)
    }
}
