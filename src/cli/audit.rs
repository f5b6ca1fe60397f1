//! The journal, readable.

use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use super::arguments::query;
use super::exit::Exit;
use super::session::Session;
use super::table;
use crate::client::Call;
use crate::core::Name;

/// Between two looks at whether there is more.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// From this record or RFC 3339 time on; the latest without it.
    #[arg(long)]
    since: Option<String>,
    /// Only what this one did.
    #[arg(long)]
    actor: Option<Name>,
    /// Only events of this kind, such as hardstop_engaged.
    #[arg(long)]
    kind: Option<String>,
    /// Lines at most.
    #[arg(long)]
    limit: Option<usize>,
    /// Go on as more is written.
    #[arg(long)]
    follow: bool,
    /// One JSON object a line, or CSV.
    #[arg(long)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
}

const CSV_HEAD: &str = "seq,time,kind,actor,cause,data\n";

pub fn audit(session: &Session, args: &Args) -> Exit {
    let format = match args.format {
        None if session.globals.json => Some(Format::Json),
        format => format,
    };
    if format == Some(Format::Csv) && session.text(CSV_HEAD) != Exit::Done {
        return Exit::Failed;
    }
    let mut since = args.since.clone();
    loop {
        let lines = match session.read(&call(args, since.clone())) {
            Ok(document) => document["items"].as_array().cloned().unwrap_or_default(),
            Err(problem) => return session.fail(&problem),
        };
        let text = lines
            .iter()
            .map(|line| row(line, format))
            .collect::<String>();
        let shown = session.text(&text);
        if !args.follow || shown != Exit::Done {
            return shown;
        }
        match lines.last().and_then(|line| line["seq"].as_u64()) {
            Some(last) => since = Some((last + 1).to_string()),
            None => thread::sleep(LOOK),
        }
    }
}

fn call(args: &Args, since: Option<String>) -> Call {
    let mut call = Call::get("audit");
    call.query = query(&[
        ("since", since),
        ("actor", args.actor.map(|actor| actor.to_string())),
        ("kind", args.kind.clone()),
        ("limit", args.limit.map(|limit| limit.to_string())),
    ]);
    call
}

fn row(line: &Value, format: Option<Format>) -> String {
    let part = |name: &str| match &line[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match format {
        Some(Format::Json) => format!("{line}\n"),
        Some(Format::Csv) => {
            let names = ["seq", "time", "kind", "actor", "cause", "data"];
            let cells: Vec<String> = names.iter().map(|name| quoted(&part(name))).collect();
            format!("{}\n", cells.join(","))
        }
        None => {
            let data = line["data"].as_object().map(|fields| {
                let plain =
                    |(name, value): (&String, &Value)| format!("{name}={}", table::cell(value));
                let fields = fields.iter().filter(|(name, _)| *name != "event");
                fields.map(plain).collect::<Vec<_>>().join(" ")
            });
            format!(
                "{:>8}  {}  {:<20}  {:<18}  {}\n",
                part("seq"),
                part("time"),
                part("kind"),
                part("actor"),
                data.unwrap_or_default()
            )
        }
    }
}

/// A cell of CSV.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_cells_survive_commas_and_quotes() {
        let line = json!({"seq": 1, "time": "t", "kind": "k", "actor": "a", "cause": null, "data": {"x": "y,z"}});
        let text = row(&line, Some(Format::Csv));
        assert_eq!(text, "1,t,k,a,,\"{\"\"x\"\":\"\"y,z\"\"}\"\n");
    }
}
