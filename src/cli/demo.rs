//! The story of the four consumers, told by a real engine in a folder of its own.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use crate::client::Problem;
use crate::demo::{DemoError, Terms, Told, tell, write_market};

const ABOUT: &str = "\
Starts an engine of its own on a market made up from the seed, in a folder that is removed afterwards \
(--keep keeps one). Deployer, optimizer, discoverer and trader work at once, with less capital than they \
want; what is printed is read back from the journal. No other engine is disturbed. It takes a minute \
or two.";

/// The engine's state folder, in the folder of the story.
const STATE: &str = "state";

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
            let _ = fs::remove_dir_all(&dir);
        }
        told
    });
    let answer = told
        .map(|told| json!(told))
        .map_err(|error| problem(&error));
    session.show(answer, |_| String::new())
}

/// Where it is told, and whether that is kept.
fn folder(args: &Args) -> Result<(PathBuf, bool), DemoError> {
    match &args.keep {
        Some(dir) => {
            fs::create_dir_all(dir)?;
            let dir = dir.canonicalize()?;
            let state = dir.join(STATE);
            // A story begins at the beginning: it is not told on into another's journal.
            match state.symlink_metadata() {
                Ok(_) => Err(DemoError::Taken(state)),
                Err(_) => Ok((dir, true)),
            }
        }
        None => {
            let name = format!("pilothouse-demo-{}", std::process::id());
            own(std::env::temp_dir().join(name)).map(|dir| (dir, false))
        }
    }
}

/// A new folder that nobody else can look into: where all may write, one that is there already may be
/// anybody's.
fn own(dir: PathBuf) -> Result<PathBuf, DemoError> {
    let made = DirBuilder::new().mode(0o700).create(&dir);
    match made {
        Ok(()) => Ok(dir),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(DemoError::Taken(dir)),
        Err(error) => Err(error.into()),
    }
}

fn told(dir: &Path, seed: u64, quiet: bool) -> Result<Told, DemoError> {
    let market = write_market(&dir.join("market"), seed)?;
    let terms = Terms {
        seed,
        ..Terms::default()
    };
    tell(&dir.join(STATE), market, terms, move |line| {
        if !quiet {
            println!("{line}");
        }
    })
}

fn problem(error: &DemoError) -> Problem {
    let hint = match error {
        DemoError::Taken(_) => "remove it, or name another folder: --keep DIR",
        _ => "try another seed: --seed N, or look into the folder: --keep DIR",
    };
    Problem::new(500, "DEMO", error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::exit::Exit;

    fn keep(dir: &Path) -> Result<(PathBuf, bool), DemoError> {
        folder(&Args {
            seed: 7,
            keep: Some(dir.to_owned()),
        })
    }

    #[test]
    fn a_story_is_not_told_on_into_another_ones_journal() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("kept");
        assert!(keep(&kept).is_ok_and(|(_, kept)| kept));
        fs::create_dir(kept.join(STATE)).unwrap();
        let taken = problem(&keep(&kept).unwrap_err());
        assert!(taken.message.ends_with("kept/state is there already"));
        assert_eq!(Exit::from(&taken), Exit::Failed);
    }

    #[test]
    fn a_folder_where_all_may_write_is_new_and_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let made = own(dir.path().join("own")).unwrap();
        let mode = made.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(matches!(own(made), Err(DemoError::Taken(_))));
    }
}
