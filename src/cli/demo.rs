//! The story of the four consumers, told by a real engine in a folder of its own.

use std::path::PathBuf;

use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use crate::client::Problem;
use crate::demo::{DemoError, Terms, Told, tell, write_market};

const ABOUT: &str = "\
Starts an engine of its own on a market made up from the seed, in a folder that is removed afterwards \
(--keep keeps one). Deployer, optimizer, discoverer and trader work at once, with less capital than they \
want; what is printed is read back from the journal. No other engine is disturbed. It takes about a \
minute.";

#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT)]
pub struct Args {
    /// Another market, another search.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Tell it in this folder and leave everything there: recordings, journal, reports.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub fn demo(session: &Session, args: &Args) -> Exit {
    let quiet = session.globals.json;
    let told = folder(args).and_then(|(dir, kept)| {
        let told = told(&dir, args.seed, quiet);
        if !kept {
            // What cannot be removed is the system's to clean up.
            let _ = std::fs::remove_dir_all(&dir);
        }
        told
    });
    let answer = told
        .map(|told| json!(told))
        .map_err(|error| problem(&error));
    session.show(answer, |_| String::new())
}

fn folder(args: &Args) -> Result<(PathBuf, bool), DemoError> {
    match &args.keep {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            Ok((dir.canonicalize()?, true))
        }
        None => {
            let name = format!("pilothouse-demo-{}", std::process::id());
            let dir = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&dir)?;
            Ok((dir, false))
        }
    }
}

fn told(dir: &std::path::Path, seed: u64, quiet: bool) -> Result<Told, DemoError> {
    let market = write_market(&dir.join("market"), seed)?;
    let terms = Terms {
        seed,
        ..Terms::default()
    };
    tell(&dir.join("state"), market, terms, move |line| {
        if !quiet {
            println!("{line}");
        }
    })
}

fn problem(error: &DemoError) -> Problem {
    Problem::new(
        500,
        "DEMO",
        error.to_string(),
        "try another seed: --seed N, or look into the folder: --keep DIR",
    )
}
