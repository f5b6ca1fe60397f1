//! A story of the simulated world, told from a seed; no engine is asked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::session::Session;
use crate::sim::{Step, Told, tell};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which story: the same seed tells the same one.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With --json: every step, too.
    #[arg(long)]
    steps: bool,
}

pub fn sim(session: &Session, args: &Args) -> Exit {
    let traced = args.steps || !session.globals.json;
    let told = tell(args.seed, traced);
    let shown = session.show(Ok(document(&told, args.steps)), |_| story(&told));
    match shown {
        Exit::Done if !told.violations.is_empty() => Exit::Failed,
        shown => shown,
    }
}

fn document(told: &Told, steps: bool) -> Value {
    let faults = told.coverage.by_fault();
    let by_fault: Map<String, Value> = faults.map(|(f, n)| (f.name().into(), n.into())).collect();
    let mut document = json!({
        "seed": told.seed,
        "journal_hash": hex(&told.journal_hash),
        "steps": told.steps,
        "faults": told.coverage.faults(),
        "faults_by_kind": by_fault,
        "violations": told.violations,
    });
    if steps {
        let steps = told.story.iter().map(|step| {
            json!({
                "step": step.number,
                "time": step.at,
                "who": step.who,
                "what": step.what,
                "then": step.then.iter().map(|line| line.trim()).collect::<Vec<_>>(),
            })
        });
        document["story"] = steps.collect();
    }
    document
}

/// The story step by step, then the verdict.
fn story(told: &Told) -> String {
    let mut text = String::new();
    for Step {
        number,
        at,
        who,
        what,
        then,
    } in &told.story
    {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{number:>4}  {at}  {who}: {what}");
        for line in then {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = writeln!(
        text,
        "\nseed {}: {} steps, {} faults, {} orders approved, {} fills, {} stops, {} starts\n\
         journal {}",
        told.seed,
        told.steps,
        told.coverage.faults(),
        told.coverage.approved,
        told.coverage.fills,
        told.coverage.engaged,
        told.coverage.starts,
        hex(&told.journal_hash),
    );
    for broken in &told.violations {
        let _ = writeln!(text, "broken: {broken}");
    }
    if told.violations.is_empty() {
        text.push_str("no rule was broken, and everything came to rest\n");
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
