//! The groups that routes stand in, by the beginning of their paths.

use serde_json::{Value, json};

/// A group: its name, what it is about, and the paths that begin like this.
struct Tag {
    name: &'static str,
    about: &'static str,
    begins: &'static [&'static str],
}

const fn tag(name: &'static str, begins: &'static [&'static str], about: &'static str) -> Tag {
    Tag {
        name,
        about,
        begins,
    }
}

/// In the order in which they are shown; the first that fits counts.
const TAGS: &[Tag] = &[
    tag(
        "Operator",
        &[
            "coordinator",
            "flatten",
            "approvals",
            "alarms",
            "alerts",
            "config",
        ],
        "The operator's hand on trading.",
    ),
    tag(
        "Orders and positions",
        &["orders", "positions", "portfolio", "stats"],
        "What is asked of the venue, and what is held.",
    ),
    tag("Risk", &["risk", "guard"], "What the gate lets pass."),
    tag(
        "Reservations and activities",
        &["reservations", "activities", "conflicts", "orchestrator"],
        "Who holds what, who is at what, and who gives way.",
    ),
    tag(
        "Agents",
        &["agents", "agent", "tokens"],
        "Who is at work, and how one joins from outside.",
    ),
    tag(
        "Coordination",
        &["coordination", "signals", "opportunities"],
        "Cycles, what agents leave for each other in them, and what they say to one another.",
    ),
    tag(
        "Research and deployment",
        &[
            "research",
            "strategies",
            "deployments",
            "registry",
            "federation",
        ],
        "What is searched, what was found, and what is at work.",
    ),
    tag(
        "Record",
        &["audit", "explain", "events", "snapshot", "telemetry"],
        "What happened, and why.",
    ),
    tag(
        "Service",
        &["openapi.json", "healthz", "readyz", "metrics", "docs"],
        "The engine as a service, and this reference.",
    ),
];

/// The group of a path, its prefix left aside.
pub(super) fn of(path: &str) -> Option<&'static str> {
    let first = path.split('/').next().unwrap_or_default();
    let fits = |tag: &&Tag| tag.begins.contains(&first);
    TAGS.iter().find(fits).map(|tag| tag.name)
}

/// All of them.
pub(super) fn all() -> Value {
    let one = |tag: &Tag| json!({ "name": tag.name, "description": tag.about });
    TAGS.iter().map(one).collect()
}
