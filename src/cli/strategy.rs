//! Strategies as data: those that are built in, definitions in files, and versions that a run has proved;
//! and their way into service. What is built in or in a file is shown without an engine.

mod catalogue;
mod proved;
mod service;
mod words;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

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
    /// The built-in ones, and the versions that a run has proved.
    List,
    /// What a strategy is made of, its parameters with their ranges, its feature hash, and where it is at
    /// work.
    Show {
        /// A strategy's name, or a file that ends in .toml or .json.
        #[arg(value_name = "NAME|FILE")]
        strategy: String,
        /// Which version [default: the built-in one, else the newest that a run has proved].
        #[arg(long, value_name = "V")]
        version: Option<String>,
        /// The definition itself, as TOML.
        #[arg(long, conflicts_with = "json")]
        toml: bool,
    },
    /// Whether a definition holds together; what is wrong with it, and what is allowed instead.
    Check {
        /// A file that ends in .toml or .json.
        file: PathBuf,
    },
    /// Put a version into service, in stages.
    Deploy(service::Deploy),
    /// Take what is in service back; the version before it is at work again, where there was one.
    Rollback(service::Rollback),
}

pub fn strategy(session: &Session, args: &Args) -> Exit {
    match &args.verb {
        Verb::List => session.show(catalogue::list(session), catalogue::human),
        Verb::Show {
            strategy,
            version,
            toml,
        } => show(session, strategy, version.as_deref(), *toml),
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
        Verb::Deploy(args) => service::deploy(session, args),
        Verb::Rollback(args) => service::rollback(session, args),
    }
}

fn show(session: &Session, strategy: &str, version: Option<&str>, toml: bool) -> Exit {
    let found = match own(strategy, version) {
        Some(definition) => definition.and_then(|definition| {
            let document = shown(&definition)?;
            Ok((definition, document))
        }),
        None => match proved::of(session, strategy, version) {
            Ok(found) => Ok((found.definition, found.document)),
            // Nobody knows of another one: what is built in can be named.
            Err(problem)
                if problem.code == "STRATEGY_UNKNOWN" || catalogue::alone(session, &problem) =>
            {
                Err(definition(strategy).err().unwrap_or(problem))
            }
            Err(problem) => Err(problem),
        },
    };
    match found {
        Ok((definition, _)) if toml => session.text(&definition.to_toml()),
        Ok((definition, document)) => {
            let document = match format(Path::new(strategy)) {
                Some(_) => Ok(document),
                None => proved::with_services(session, strategy, document),
            };
            session.show(document, |document| proved::human(&definition, document))
        }
        Err(problem) => session.fail(&problem),
    }
}

/// What needs no engine: a file, or a built-in strategy in its own version.
fn own(strategy: &str, version: Option<&str>) -> Option<Result<Arc<Definition>, Problem>> {
    if format(Path::new(strategy)).is_some() {
        return Some(definition(strategy));
    }
    let built_in = named(strategy).ok()?;
    version
        .is_none_or(|version| version == built_in.version)
        .then_some(Ok(built_in))
}

/// The definition of the file that is named, as a document; none where a name is no file's.
pub(super) fn in_file(strategy: &str) -> Option<Result<Value, Problem>> {
    format(Path::new(strategy))?;
    Some(definition(strategy).map(|definition| json!(*definition)))
}

/// Values of parameters as documents have them.
///
/// # Errors
/// One is set twice.
pub(super) fn settings(sets: &[(String, Decimal)]) -> Result<Value, Problem> {
    let mut all = Map::new();
    for (name, value) in sets {
        if all.insert(name.clone(), value.to_string().into()).is_some() {
            let said = format!("{name} is set twice");
            return Err(Problem::new(0, "USAGE", said, "set it once"));
        }
    }
    Ok(all.into())
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
        Problem::new(404, "STRATEGY_UNKNOWN", unknown.to_string(), all.join("; "))
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
