//! Strategies as data: those that are built in, and definitions in files. No engine is asked.

mod words;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use serde_json::{Value, json};

use super::exit::Exit;
use super::session::{Session, Shown};
use crate::client::Problem;
use crate::strategies::{Chosen, Definition, MOST_BYTES, built_in, named};

const FORM: &str = "\
A definition is data, as TOML or JSON of the same shape: name, version, about, side (long, short), parameters with ranges,
requirements between them, indicators, entry, exit, stop, target, size. `strategy show NAME --toml` prints a built-in one
to begin with. `check` says what is wrong with one, and what is allowed instead.";

#[derive(Debug, clap::Args)]
#[command(after_help = FORM)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The built-in strategies.
    List,
    /// What a strategy is made of, its parameters with their ranges, and its feature hash.
    Show {
        /// A built-in one's name, or a file that ends in .toml or .json.
        #[arg(value_name = "NAME|FILE")]
        strategy: String,
        /// The definition itself, as TOML.
        #[arg(long, conflicts_with = "json")]
        toml: bool,
    },
    /// Whether a definition holds together; what is wrong with it, and what is allowed instead.
    Check {
        /// A file that ends in .toml or .json.
        file: PathBuf,
    },
}

pub fn strategy(session: &Session, args: &Args) -> Exit {
    match &args.verb {
        Verb::List => session.list(
            Ok(list()),
            &[
                ("NAME", "name"),
                ("VERSION", "version"),
                ("FEATURES", "features"),
                ("ABOUT", "about"),
            ],
        ),
        Verb::Show { strategy, toml } => match definition(strategy) {
            Ok(definition) if *toml => session.text(&definition.to_toml()),
            Ok(definition) => session.show(shown(&definition), |_| words::of(&definition)),
            Err(problem) => session.fail(&problem),
        },
        Verb::Check { file } => match read(file) {
            Ok(definition) => session.fields(shown(&Arc::new(definition)).map(|mut shown| {
                shown["ok"] = true.into();
                if !session.globals.json {
                    shown["definition"] = Value::Null;
                }
                shown
            })),
            Err(problem) => session.fail(&problem),
        },
    }
}

/// The strategy of that name, or of the file that ends in `.toml` or `.json`.
///
/// # Errors
/// There is none of that name, or the file cannot be read or does not hold together.
pub(super) fn definition(text: &str) -> Result<Arc<Definition>, Problem> {
    let path = Path::new(text);
    if format(path).is_some() {
        return read(path).map(Arc::new);
    }
    named(text).map_err(|unknown| {
        let built_in = built_in().iter();
        let mut all: Vec<_> = built_in
            .map(|d| format!("{}: {}", d.name, d.about))
            .collect();
        all.push("or a file that ends in .toml or .json".into());
        Problem::new(0, "STRATEGY_UNKNOWN", unknown.to_string(), all.join("; "))
    })
}

/// How the text of a definition becomes one.
type Reader = fn(&str) -> Result<Definition, crate::strategies::DefinitionError>;

/// What reads a file of that name; none where its name says of neither form.
fn format(path: &Path) -> Option<Reader> {
    match path.extension()?.to_str()? {
        "toml" => Some(Definition::from_toml),
        "json" => Some(Definition::from_json),
        _ => None,
    }
}

fn read(path: &Path) -> Result<Definition, Problem> {
    let invalid = |said: &dyn std::fmt::Display| {
        let said = format!("{}: {said}", path.display());
        let hint = "`pilothouse strategy show NAME --toml` prints one that holds together";
        Problem::new(0, "STRATEGY_INVALID", said, hint)
    };
    let Some(reader) = format(path) else {
        return Err(invalid(&"a definition's file ends in .toml or .json"));
    };
    let mut text = String::new();
    File::open(path)
        // One more than is allowed, so that what is too long is refused as such.
        .and_then(|file| file.take(MOST_BYTES as u64 + 1).read_to_string(&mut text))
        .map_err(|error| {
            let said = format!("{}: {error}", path.display());
            let hint = "name a file with a definition, or a built-in strategy";
            Problem::new(0, "STRATEGY_UNREADABLE", said, hint)
        })?;
    reader(&text).map_err(|error| invalid(&error))
}

fn list() -> Value {
    let items: Vec<_> = built_in()
        .iter()
        .map(|d| {
            let hash = d.feature_hash();
            json!({
                "name": d.name,
                "version": d.version,
                "about": d.about,
                "features": &hash[..12],
                "feature_hash": hash,
            })
        })
        .collect();
    json!({"total": items.len(), "items": items})
}

fn shown(definition: &Arc<Definition>) -> Shown {
    let with_defaults: Chosen = definition
        .with(&[])
        .map_err(|error| Problem::new(0, "STRATEGY_INVALID", error.to_string(), ""))?;
    Ok(json!({
        "name": definition.name,
        "version": definition.version,
        "about": definition.about,
        "side": definition.side,
        "feature_hash": definition.feature_hash(),
        "warm_up_bars": with_defaults.warm_up(),
        "definition": **definition,
    }))
}
