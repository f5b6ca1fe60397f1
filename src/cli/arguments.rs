//! Flags of every verb, and values that several verbs take.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::api::exact;

/// What every verb takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// One JSON document on stdout; errors as JSON on stderr.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// A configuration file instead of ./pilothouse.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// The state folder [default: $PILOTHOUSE_STATE, else $XDG_STATE_HOME/pilothouse].
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub state: Option<PathBuf>,
    /// The engine, by URL; $PILOTHOUSE_TOKEN is shown there, else what stands in
    /// $XDG_CONFIG_HOME/pilothouse/token.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        conflicts_with = "socket",
        help_heading = "Everywhere"
    )]
    pub url: Option<String>,
    /// Certificates to trust at that URL instead of the system's, PEM.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "url",
        help_heading = "Everywhere"
    )]
    pub ca: Option<PathBuf>,
    /// The engine, by its control.sock.
    #[arg(long, global = true, value_name = "PATH", help_heading = "Everywhere")]
    pub socket: Option<PathBuf>,
}

/// How much of a list.
#[derive(Debug, Clone, Default, Args)]
pub struct Page {
    /// Rows at most, up to 1,000.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Rows after this id.
    #[arg(long, value_name = "ID")]
    pub after: Option<String>,
}

/// A decimal, kept as it is written.
pub fn decimal(text: &str) -> Result<String, String> {
    exact::parse(text).map(|_| text.to_owned())
}

/// A parameter and its value.
pub fn assignment(text: &str) -> Result<(String, Decimal), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} is not KEY=VALUE, such as fast=10"))?;
    Ok((key.trim().to_owned(), exact::parse(value.trim())?))
}

/// A JSON document.
pub fn document(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))
}

/// A word of the command line as documents have it.
pub fn word(value: &impl ValueEnum) -> Option<String> {
    value.to_possible_value().map(|v| v.get_name().to_owned())
}

/// One of the words that the core knows.
pub fn one_of<T: Copy>(all: &[T], as_str: fn(T) -> &'static str) -> PossibleValuesParser {
    PossibleValuesParser::new(all.iter().map(|word| as_str(*word)))
}

/// Query parameters of those that are there.
pub fn query(pairs: &[(&str, Option<String>)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)))
        .collect()
}

impl Page {
    /// As query parameters, with others before them.
    pub fn query(&self, mut pairs: Vec<(&str, Option<String>)>) -> Vec<(String, String)> {
        pairs.push(("limit", self.limit.map(|n| n.to_string())));
        pairs.push(("after", self.after.clone()));
        query(&pairs)
    }
}
