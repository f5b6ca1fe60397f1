//! Arrows point inwards: which room may lean on which. Tests inside the rooms are held to it too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may import from.
const MAY: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("gate", &["core"]),
    ("journal", &["core"]),
    ("market", &["core"]),
    ("config", &["core"]),
    ("venue", &["core", "market"]),
    (
        "execution",
        &["core", "gate", "market", "snapshot", "venue"],
    ),
    (
        "sim",
        &["core", "execution", "gate", "journal", "market", "venue"],
    ),
    ("agents", &["core", "market", "strategies"]),
    ("strategies", &["core"]),
    (
        "backtest",
        &["core", "journal", "market", "strategies", "venue"],
    ),
    (
        "research",
        &["backtest", "core", "market", "strategies", "venue"],
    ),
    ("views", &["core", "journal", "snapshot"]),
    ("snapshot", &["core"]),
    ("telemetry", &["config", "core", "snapshot"]),
    (
        "engine",
        &[
            "agents",
            "config",
            "core",
            "execution",
            "gate",
            "journal",
            "market",
            "research",
            "snapshot",
            "strategies",
            "telemetry",
            "venue",
            "views",
        ],
    ),
    (
        "api",
        &[
            "client",
            "core",
            "engine",
            "gate",
            "journal",
            "research",
            "snapshot",
            "strategies",
            "views",
        ],
    ),
    ("client", &["api", "core", "gate", "snapshot"]),
    ("demo", &["api", "client", "config", "core", "engine"]),
    ("console", &["client", "config", "core", "gate", "snapshot"]),
    (
        "process",
        &[
            "api",
            "cli",
            "client",
            "config",
            "console",
            "core",
            "engine",
            "gate",
            "journal",
            "snapshot",
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "api",
            "backtest",
            "client",
            "config",
            "console",
            "core",
            "demo",
            "engine",
            "gate",
            "journal",
            "market",
            "process",
            "research",
            "sim",
            "snapshot",
            "strategies",
            "telemetry",
            "venue",
            "views",
        ],
    ),
];

/// What the core may use besides std: it has no clock, no I/O, no randomness, no async.
const CORE_CRATES: &[&str] = &[
    "std",
    "crate",
    "super",
    "self",
    "serde",
    "minicbor",
    "chrono",
    "rust_decimal",
    "rust_decimal_macros",
    "strum",
    "thiserror",
    "proptest",
    "serde_json",
];

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The rooms a line of code names.
fn named(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .filter_map(|(at, _)| {
            line[at + 7..]
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .collect()
}

#[test]
fn every_arrow_points_inwards() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let may: BTreeMap<_, _> = MAY.iter().copied().collect();
    let mut wrong = Vec::new();
    for room in fs::read_dir(&src).unwrap() {
        let room = room.unwrap().path();
        if !room.is_dir() {
            continue;
        }
        let name = room.file_name().unwrap().to_str().unwrap().to_owned();
        let allowed = may
            .get(name.as_str())
            .unwrap_or_else(|| panic!("the room {name} is not on the map"));
        let mut sources = Vec::new();
        files(&room, &mut sources);
        for file in sources {
            let text = fs::read_to_string(&file).unwrap();
            for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
                for other in named(line) {
                    if may.contains_key(other) && other != name && !allowed.contains(&other) {
                        wrong.push(format!("{}: {}", file.display(), line.trim()));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows the wrong way:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_core_imports_nothing_that_could_differ_between_two_runs() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/core");
    let mut sources = Vec::new();
    files(&core, &mut sources);
    assert!(sources.len() > 20);
    let banned = [
        "Utc::now",
        "SystemTime",
        "Instant::now",
        "HashMap",
        "HashSet",
        "std::fs",
        "std::net",
        "std::thread",
        "std::env",
        "async fn",
        "f32",
        "f64",
    ];
    for file in sources {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for word in banned {
                assert!(!line.contains(word), "{}: {}", file.display(), line.trim());
            }
            if let Some(rest) = line.trim_start().strip_prefix("use ") {
                let root = rest.split([':', ';', ' ', '{']).next().unwrap_or_default();
                let module = core.join(format!("{root}.rs")).exists() || core.join(root).exists();
                assert!(
                    CORE_CRATES.contains(&root) || module || root.starts_with(char::is_uppercase),
                    "{}: {}",
                    file.display(),
                    line.trim()
                );
            }
        }
    }
}
