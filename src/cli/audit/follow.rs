//! What is there, and then every line as it is written, over the engine's stream of events.

use super::row::Rows;
use super::{Args, Exit, Problem, Session, filter, lines};
use crate::client::{Call, Heard, UNREACHABLE, follow as stream};

/// Shows until the reader has seen enough; where the engine is away, it waits for the next one.
pub(super) fn follow(session: &Session, args: &Args, rows: &Rows) -> Result<Exit, Problem> {
    // Taken first: what is written between the two looks comes over the stream.
    let status = session.read(&Call::get("coordinator/status"))?;
    let upto = status["seq"].as_u64().unwrap_or_default();
    if status["engine"] == "not_running" {
        session.remark("no engine runs here; what the next one writes is shown");
    }
    let mut since = args.since.clone().or(args.all.then(|| "1".into()));
    let from_a_place = since.is_some();
    loop {
        let lines = lines(session, args, since)?;
        let known: Vec<_> = lines
            .into_iter()
            .filter(|line| line["seq"].as_u64() <= Some(upto))
            .collect();
        let shown = rows.write(session, &rows.all(&known));
        if shown != Exit::Done {
            return Ok(shown);
        }
        let last = known.last().and_then(|line| line["seq"].as_u64());
        // The latest are shown once; from a place on, there may be more than one answer has.
        match last.filter(|last| from_a_place && *last < upto) {
            Some(last) => since = Some((last + 1).to_string()),
            None => break,
        }
    }
    let mut exit = Exit::Done;
    stream(&session.target()?, filter(args), Some(upto), |heard| {
        match heard {
            Heard::Line(line) => exit = rows.write(session, &rows.one(&line)),
            Heard::Lost(why) if why.code == UNREACHABLE => {
                session.remark("the engine is away; what the next one writes is shown");
            }
            Heard::Lost(why) => session.remark(&format!("{}; it goes on", why.message)),
            Heard::Back => session.remark("the engine is back"),
        }
        exit == Exit::Done
    })?;
    Ok(exit)
}
