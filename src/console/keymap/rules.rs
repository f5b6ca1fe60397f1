//! What keys may be: what would hide the stop, trap the operator or do two things at once is refused,
//! with the reason and the place it was written.

use super::Keymap;
use crate::config::{Fault, Item, Loaded, Value, nearest};
use crate::console::action::{ACTIONS, Action, Binding, Context, Key, NAMED};

/// Where keys are bound.
const SECTION: &str = "console.keys.";

/// Keys that an action keeps, whatever others it gets.
const KEPT: &[(&str, &[&str], &str)] = &[
    (
        "hardstop",
        &["^X"],
        "the stop key can be added to, not taken away",
    ),
    ("clear-input", &["^C"], "it must never do anything else"),
    ("back", &["Esc"], "it is the way back from everywhere"),
    (
        "cancel-input",
        &["Esc"],
        "it is the way back from everywhere",
    ),
    (
        "cancel-form",
        &["Esc"],
        "it is the way back from everywhere",
    ),
    (
        "close-reading",
        &["Esc"],
        "it is the way back from everywhere",
    ),
    (
        "no",
        &["Esc", "Enter"],
        "No is what a question takes for granted",
    ),
    ("submit", &["Enter"], "what is typed could not be sent"),
    ("send", &["Enter"], "what is typed could not be sent"),
    ("erase", &["Bksp"], "what is typed could not be mended"),
    (
        "erase-figure",
        &["Bksp"],
        "what is typed could not be mended",
    ),
];

/// Keys that are nobody else's.
const OWNED: &[(&str, &[&str])] = &[
    ("^X", &["hardstop"]),
    ("^C", &["clear-input"]),
    (
        "Esc",
        &["back", "cancel-input", "cancel-form", "close-reading", "no"],
    ),
];

/// Actions that must have a key: without it nothing else is found, or nobody gets out.
const NEEDED: &[&str] = &["palette", "help", "leave", "yes"];

/// Lays what the configuration says over a keymap; what is wrong with it.
pub(super) fn lay(keymap: &mut Keymap, loaded: &Loaded) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut bound: Vec<(&'static Binding, &Item)> = Vec::new();
    for item in &loaded.items {
        let (Some(id), Value::List(names)) = (item.key.strip_prefix(SECTION), &item.value) else {
            continue;
        };
        // A variable of the environment cannot be named with a hyphen.
        let id = id.replace('_', "-");
        let Some(binding) = ACTIONS.iter().find(|b| b.id == id) else {
            faults.push(unknown(item, &id));
            continue;
        };
        match read(names) {
            Ok(keys) => {
                let reasons = unfit(binding, &keys).into_iter();
                faults.extend(reasons.map(|(found, allowed)| fault(item, found, allowed)));
                keymap.bind(binding, keys);
                bound.push((binding, item));
            }
            Err((name, why)) => {
                let found = format!("{name:?}, which {why}");
                faults.push(fault(item, found, NAMED.to_owned()));
            }
        }
    }
    faults.extend(clashes(keymap, &bound));
    faults
}

fn fault(item: &Item, found: String, allowed: String) -> Fault {
    Fault {
        place: item.origin.place(),
        key: Some(item.key.clone()),
        found,
        allowed,
        meant: None,
    }
}

fn unknown(item: &Item, id: &str) -> Fault {
    let meant = nearest(id, ACTIONS.iter().map(|b| b.id.to_owned()));
    let allowed = "the actions that README's table of keys and the console's help name";
    Fault {
        meant: meant.map(|id| format!("{SECTION}{id}")),
        ..fault(item, "an unknown action".to_owned(), allowed.to_owned())
    }
}

/// The keys of their names; else the name that is none, and why.
fn read(names: &[String]) -> Result<Vec<Key>, (&String, String)> {
    let mut keys = Vec::new();
    for name in names {
        let key = Key::parse(name).map_err(|why| (name, why))?;
        if keys.contains(&key) {
            return Err((name, "is listed twice".to_owned()));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// Why an action cannot have just these keys: what was found, and what is allowed.
fn unfit(binding: &Binding, keys: &[Key]) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let has = |name: &str| Key::parse(name).is_ok_and(|key| keys.contains(&key));
    for (_, kept, why) in KEPT.iter().filter(|(id, ..)| *id == binding.id) {
        for name in kept.iter().filter(|name| !has(name)) {
            wrong.push((
                format!("a list without {name}"),
                format!("{name} and others beside it: {why}"),
            ));
        }
    }
    for (name, owners) in OWNED {
        if has(name) && !owners.contains(&binding.id) {
            let allowed = format!("any other key: {name} is {}'s, everywhere", owners[0]);
            wrong.push((name.to_string(), allowed));
        }
    }
    if keys.is_empty() && NEEDED.contains(&binding.id) {
        let allowed = "one key or more: without it nobody finds the way on".to_owned();
        wrong.push(("no key".to_owned(), allowed));
    }
    if binding.acts && has("Enter") {
        let allowed = "any other key: Enter is pressed out of habit".to_owned();
        wrong.push(("Enter".to_owned(), allowed));
    }
    if binding.action == Action::Screen && !matches!(keys.len(), 0 | SCREENS) {
        wrong.push((
            format!("{} keys", keys.len()),
            format!("none, or {SCREENS}: one a screen, from overview to logs"),
        ));
    }
    for key in keys {
        let typed = binding.context.takes_letters() && key.is_typed();
        let everywhere = binding.context == Context::Always && !key.is_apart();
        if typed || everywhere {
            let kind = match binding.context {
                Context::Always => {
                    "Ctrl and a letter, or a function key: it counts while one types"
                }
                _ => "a key that types nothing: this one is part of what is typed",
            };
            wrong.push((key.to_string(), kind.to_owned()));
        }
    }
    wrong
}

/// Screens there are, each with a key of its own.
const SCREENS: usize = 10;

/// Keys that mean two things at once, named with both; only what the configuration has a part in.
fn clashes(keymap: &Keymap, bound: &[(&'static Binding, &Item)]) -> Vec<Fault> {
    let item_of = |binding: &Binding| {
        let found = bound.iter().find(|(b, _)| b.id == binding.id);
        found.map(|(_, item)| *item)
    };
    let mut faults = Vec::new();
    for (i, a) in ACTIONS.iter().enumerate() {
        for b in &ACTIONS[i + 1..] {
            // The one that was written is the one to mend; the other is named beside it.
            let (mended, other) = match (item_of(a), item_of(b)) {
                (_, Some(item)) => (item, a),
                (Some(item), None) => (item, b),
                (None, None) => continue,
            };
            for key in keymap.keys(a) {
                let shared = keymap.keys(b).contains(key);
                if shared && (a.context.overlaps(b.context) || repeats(a, b)) {
                    let of = item_of(other).map_or("built in".to_owned(), |i| i.origin.place());
                    let found = format!("{key}, which is {}'s too ({of})", other.id);
                    let allowed = match repeats(a, b) {
                        true => {
                            "another key: held down, it would ask, send and answer yes".to_owned()
                        }
                        false => {
                            format!("a key that {} has not, or another for that one", other.id)
                        }
                    };
                    faults.push(fault(mended, found, allowed));
                }
            }
        }
    }
    faults
}

/// Whether one key for both would ask and answer in one: a key that is held down repeats itself, and
/// what acts or is sent may ask first. What an approval asks for after the yes, a reason, is not
/// answered by it.
fn repeats(a: &Binding, b: &Binding) -> bool {
    let asks = |b: &Binding| match b.action {
        Action::Approve | Action::Reject => false,
        Action::Submit => true,
        _ => b.acts || b.dangerous,
    };
    a.action == Action::Yes && asks(b) || b.action == Action::Yes && asks(a)
}
