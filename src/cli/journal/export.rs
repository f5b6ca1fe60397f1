//! The journal as others read it: every record whole, one JSON object a line.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::session::Session;
use super::{damaged, folder};
use crate::client::Problem;
use crate::core::RecordBody;
use crate::journal::{JournalError, Reader, Record};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// From this record on [default: the first that is here].
    #[arg(long, value_name = "SEQ")]
    from: Option<u64>,
    /// Up to this record [default: the last].
    #[arg(long, value_name = "SEQ")]
    to: Option<u64>,
}

/// Writes the records to stdout; beside a running engine, what is durable now.
pub fn export(session: &Session, args: &Args) -> Exit {
    let out = io::stdout().lock();
    match folder(session).and_then(|dir| written(&dir, args, &mut BufWriter::new(out))) {
        Ok(()) => Exit::Done,
        Err(problem) => session.fail(&problem),
    }
}

fn written(dir: &Path, args: &Args, out: &mut impl Write) -> Result<(), Problem> {
    let from = args.from.unwrap_or(1).max(1);
    let opened = match Reader::open_dir(dir, from) {
        Err(JournalError::Archived { first, .. }) if args.from.is_none() => {
            Reader::open_dir(dir, first)
        }
        opened => opened,
    };
    let mut reader = opened.map_err(|error| damaged(&error))?;
    reader.set_limit(args.to.unwrap_or(u64::MAX));
    while let Some(record) = reader.next_record().map_err(|error| damaged(&error))? {
        let line = line(&record)?;
        match writeln!(out, "{line}") {
            // A reader that has gone has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            done => done.map_err(|error| unwritten(&error))?,
        }
    }
    out.flush().map_err(|error| unwritten(&error))
}

fn line(record: &Record<'_>) -> Result<Value, Problem> {
    let body = RecordBody::decode(record.body).map_err(|error| {
        let message = format!("record {}: {error}", record.seq);
        let hint = "use the version that wrote it";
        Problem::new(0, "JOURNAL_UNREADABLE", message, hint)
    })?;
    let mut line = json!(body);
    line["seq"] = record.seq.into();
    line["time"] = json!(record.time);
    Ok(line)
}

fn unwritten(error: &io::Error) -> Problem {
    let hint = "look at where it is written to";
    Problem::new(0, "EXPORT_UNWRITTEN", error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Command, Event, Quotes, Time};
    use crate::journal::{Batch, FileStore, Journal, Options};

    fn journal(dir: &Path, records: u64) {
        let store = FileStore::writable(dir).unwrap();
        let (mut journal, _) = Journal::open(Box::new(store), Options::default()).unwrap();
        let mut batch = Batch::new();
        for seq in 1..=records {
            let body = RecordBody {
                actor: "operator".parse().unwrap(),
                cause: 0,
                command: Command::Pause {
                    symbol: None,
                    reason: "news".into(),
                },
                origin: None,
                quotes: Quotes::default(),
                events: vec![Event::HardstopSwept],
            };
            let mut bytes = Vec::new();
            body.encode_into(&mut bytes);
            batch.push(seq, Time(0), &bytes).unwrap();
        }
        journal.append(&batch, Time(0)).unwrap();
    }

    #[test]
    fn every_record_is_a_line_with_its_command_and_its_events() {
        let dir = tempfile::tempdir().unwrap();
        journal(dir.path(), 5);
        let lines = |from, to| -> Vec<Value> {
            let mut out = Vec::new();
            written(dir.path(), &Args { from, to }, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            text.lines()
                .map(|l| serde_json::from_str(l).unwrap())
                .collect()
        };
        let all = lines(None, None);
        let seqs: Vec<u64> = all.iter().map(|l| l["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, [1, 2, 3, 4, 5]);
        assert_eq!(all[0]["actor"], "operator");
        assert!(all[0]["command"].to_string().contains("news"), "{}", all[0]);
        assert_eq!(all[0]["events"].as_array().unwrap().len(), 1);
        assert_eq!(lines(Some(2), Some(3)).len(), 2);
    }
}
