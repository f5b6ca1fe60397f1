//! A consistent copy of a state folder, taken while its engine runs or without one. The copy is a state
//! folder itself: `pilothouse run --state DIR` goes on from it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::exit::Exit;
use super::journal::{damaged, hex};
use super::offline::wall;
use super::session::{Session, Shown};
use crate::client::Problem;
use crate::config::{Loaded, Sources, load};
use crate::engine::journal_dir;
use crate::gate::{Sentinel, is_held};
use crate::journal::{Copied, copy, make_dir, verify, write_new};

/// Progress is told once it has taken this long, and again after as much.
const TELL: Duration = Duration::from_secs(1);

/// What says that a copy is whole: it is written last.
const MANIFEST: &str = "backup.json";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to: a folder that is empty or not there. It becomes a state folder, which
    /// `run --state DIR` goes on from.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Takes a copy and verifies it.
pub fn backup(session: &Session, args: &Args) -> Exit {
    session.fields(taken(session, &args.dir))
}

fn taken(session: &Session, dir: &Path) -> Shown {
    let state_dir = session.state()?.path;
    let journal = journal_dir(&state_dir);
    if !journal.is_dir() {
        let message = format!("there is no journal in {}", journal.display());
        let hint = "--state DIR names another state folder";
        return Err(Problem::new(0, "JOURNAL_MISSING", message, hint));
    }
    let running = is_held(&state_dir);
    prepare(dir)?;
    let mut told = Progress::new(session);
    let to = journal_dir(dir);
    let copied = copy(&journal, &to, |now| told.tell(now)).map_err(|error| damaged(&error))?;
    // After the journal: a stop that came meanwhile is in the copy, as a sentinel at least.
    let stops = stops(&state_dir, dir).map_err(|error| unwritten(dir, &error))?;
    let artifacts = artifacts(&state_dir.join("research"), &dir.join("research"))
        .map_err(|error| unwritten(dir, &error))?;
    let files = configuration(session, dir).map_err(|error| unwritten(dir, &error))?;
    let verified = verify(&to).map_err(|error| damaged(&error))?;
    if verified.last_seq != copied.last_seq {
        let message = format!(
            "record {} was copied and {} is the last that can be read back",
            copied.last_seq, verified.last_seq
        );
        let hint = "look at the disk it was written to, and take another";
        return Err(Problem::new(0, "BACKUP_WRONG", message, hint));
    }
    let document = json!({
        "backup": dir,
        "of": state_dir,
        "at": wall(),
        "version": env!("CARGO_PKG_VERSION"),
        "engine": if running { "running" } else { "not_running" },
        "records": verified.records,
        "first_seq": verified.first_seq,
        "last_seq": verified.last_seq,
        "hash": verified.hash.map(|hash| hex(&hash)),
        "segments": copied.segments,
        "snapshots": copied.snapshots,
        "stops": stops,
        "artifacts": artifacts,
        "configuration": files,
        "bytes": copied.bytes,
        "ok": true,
    });
    // What the manifest vouches for is durable before it is.
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .and_then(|()| write(&dir.join(MANIFEST), format!("{document:#}\n").as_bytes()))
        .map_err(|error| unwritten(dir, &error))?;
    Ok(document)
}

/// Makes the folder; one that holds anything is not touched.
fn prepare(dir: &Path) -> Result<(), Problem> {
    let held = match fs::read_dir(dir) {
        Ok(entries) => entries.count(),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(unwritten(dir, &error)),
    };
    if held > 0 {
        let message = format!("{} is not empty", dir.display());
        let hint = "name a new folder: a copy is never laid over another";
        return Err(Problem::new(409, "BACKUP_NOT_EMPTY", message, hint));
    }
    make_dir(dir).map_err(|error| unwritten(dir, &error))
}

fn unwritten(dir: &Path, error: &io::Error) -> Problem {
    let message = format!("{} cannot be written: {error}", dir.display());
    let hint = "without backup.json it is not whole: remove it, mend the disk and take another";
    Problem::new(0, "BACKUP_UNWRITTEN", message, hint)
}

/// Sentinels of stops that nobody cleared.
fn stops(state_dir: &Path, dir: &Path) -> io::Result<Vec<u64>> {
    let epochs = Sentinel::at(state_dir).list()?;
    for epoch in &epochs {
        Sentinel::at(dir).engage(*epoch)?;
    }
    Ok(epochs)
}

/// What research runs computed. A result is on the disk before the journal knows of it, so that what is
/// copied after the journal has all that it speaks of.
fn artifacts(from: &Path, to: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    make_dir(to)?;
    let mut files = 0;
    for entry in entries {
        let entry = entry?;
        let (path, aside) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files += artifacts(&path, &aside)?;
        } else if kind.is_file() {
            match fs::read(&path) {
                // Written aside and renamed meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                read => write(&aside, &read?)?,
            }
            files += 1;
        }
    }
    Ok(files)
}

/// The files of the configuration as this verb finds them, and all keys in force as one file that can
/// be started from.
fn configuration(session: &Session, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
    let Ok(loaded) = load(&sources) else {
        session.warn("the configuration is wrong and was not copied: `pilothouse config check`");
        return Ok(Vec::new());
    };
    let folder = dir.join("configuration");
    make_dir(&folder)?;
    for (at, file) in loaded.files.iter().enumerate() {
        let name = file
            .file_name()
            .map_or_else(|| "config.toml".into(), |n| n.to_string_lossy());
        write(&folder.join(format!("{}-{name}", at + 1)), &fs::read(file)?)?;
    }
    write(&folder.join("in-force.toml"), in_force(&loaded).as_bytes())?;
    Ok(loaded.files)
}

/// Every key that is not by default, as a configuration file.
fn in_force(loaded: &Loaded) -> String {
    let mut text =
        String::from("# What was in force, and who said so. Every other key was by default.\n");
    for item in &loaded.items {
        if item.origin != crate::config::Origin::Default {
            text.push_str(&format!(
                "{} = {} # {}\n",
                item.key, item.value, item.origin
            ));
        }
    }
    text
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_new(path, |file| file.write_all(bytes))?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Says how far it is, to people, where it takes long.
struct Progress<'s> {
    session: &'s Session,
    next: Instant,
    shown: bool,
}

impl<'s> Progress<'s> {
    fn new(session: &'s Session) -> Self {
        Self {
            session,
            next: Instant::now() + TELL,
            shown: !session.globals.json && io::stderr().is_terminal(),
        }
    }

    fn tell(&mut self, now: Copied) {
        if self.shown && Instant::now() >= self.next {
            self.next = Instant::now() + TELL;
            self.session.remark(&format!(
                "{} of {} MiB",
                now.bytes >> 20,
                now.of_bytes >> 20
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_force_can_be_loaded_again() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("own.toml"),
            "[risk]\nmax_leverage = '2'\n[risk.strategy.momentum]\nmax_leverage = '1.5'\n\
             [portfolio]\ntargets = { BTC = '1' }\n",
        )
        .unwrap();
        let sources = |file: &str| Sources {
            explicit: Some(file.into()),
            cwd: dir.path().to_owned(),
            ..Sources::default()
        };
        let first = load(&sources("own.toml")).unwrap();
        fs::write(dir.path().join("again.toml"), in_force(&first)).unwrap();
        let again = load(&sources("again.toml")).unwrap();
        assert_eq!(again.config, first.config);
    }

    #[test]
    fn a_folder_that_holds_anything_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        prepare(&dir.path().join("new")).unwrap();
        prepare(&dir.path().join("new")).unwrap();
        let refused = prepare(dir.path()).unwrap_err();
        assert_eq!(refused.code, "BACKUP_NOT_EMPTY");
        fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!(
            prepare(&dir.path().join("file")).unwrap_err().code,
            "BACKUP_UNWRITTEN"
        );
    }

    #[test]
    fn artifacts_are_copied_with_their_folders() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(from.join("run_1")).unwrap();
        fs::write(from.join("run_1/trials.jsonl"), "{}\n").unwrap();
        assert_eq!(artifacts(&from, &to).unwrap(), 1);
        assert_eq!(fs::read(to.join("run_1/trials.jsonl")).unwrap(), b"{}\n");
        assert_eq!(
            artifacts(&dir.path().join("none"), &to.join("x")).unwrap(),
            0
        );
    }
}
