//! The journal, readable.

mod follow;
mod row;
mod sealed;

use clap::ValueEnum;
use serde_json::Value;

use super::arguments::query;
use super::exit::Exit;
use super::session::Session;
use crate::client::{Call, Problem};
use crate::core::Name;
use row::Rows;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// From this record or RFC 3339 time on; the latest without it.
    #[arg(long)]
    since: Option<String>,
    /// Up to this record or RFC 3339 time.
    #[arg(long)]
    until: Option<String>,
    /// Only what this one did.
    #[arg(long)]
    actor: Option<Name>,
    /// Only events of this kind, such as hardstop_engaged.
    #[arg(long)]
    kind: Option<String>,
    /// Only what was asked from there: console, unix, unix:1000, tcp:192.0.2.7, signal; or engine,
    /// what it asked of itself.
    #[arg(long)]
    from: Option<String>,
    /// Lines at most.
    #[arg(long, conflicts_with = "all")]
    limit: Option<usize>,
    /// Every line there is.
    #[arg(long)]
    all: bool,
    /// Go on as more is written.
    #[arg(long, conflicts_with_all = ["until", "verify"])]
    follow: bool,
    /// Check the journal, and end with the hash of its chain after the last record that is in it.
    #[arg(long)]
    verify: bool,
    /// One JSON object a line, or CSV.
    #[arg(long)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
}

pub fn audit(session: &Session, args: &Args) -> Exit {
    let format = match args.format {
        None if session.globals.json => Some(Format::Json),
        format => format,
    };
    let rows = Rows::new(format);
    if rows.write(session, rows.head()) != Exit::Done {
        return Exit::Failed;
    }
    let shown = if args.follow {
        follow::follow(session, args, &rows)
    } else {
        show(session, args, &rows)
    };
    let shown = match shown {
        Ok(exit) if exit == Exit::Done && args.verify => {
            sealed::seal(session).map(|seal| rows.write(session, &rows.seal(&seal)))
        }
        shown => shown,
    };
    shown.unwrap_or_else(|problem| session.fail(&problem))
}

/// Shows what there is.
fn show(session: &Session, args: &Args, rows: &Rows) -> Result<Exit, Problem> {
    let mut since = args.since.clone().or(args.all.then(|| "1".into()));
    loop {
        let lines = lines(session, args, since)?;
        let shown = rows.write(session, &rows.all(&lines));
        let last = lines.last().and_then(|line| line["seq"].as_u64());
        match last.filter(|_| args.all && shown == Exit::Done) {
            Some(last) => since = Some((last + 1).to_string()),
            None => return Ok(shown),
        }
    }
}

/// Lines from a place on, or the latest.
fn lines(session: &Session, args: &Args, since: Option<String>) -> Result<Vec<Value>, Problem> {
    let mut call = Call::get("audit");
    call.query = filter(args);
    call.query.extend(query(&[
        ("since", since),
        ("limit", args.limit.map(|limit| limit.to_string())),
    ]));
    let mut document = session.read(&call)?;
    match document["items"].take() {
        Value::Array(lines) => Ok(lines),
        _ => Ok(Vec::new()),
    }
}

/// What the engine is to leave out.
fn filter(args: &Args) -> Vec<(String, String)> {
    query(&[
        ("until", args.until.clone()),
        ("actor", args.actor.map(|actor| actor.to_string())),
        ("kind", args.kind.clone()),
        ("from", args.from.clone()),
    ])
}
