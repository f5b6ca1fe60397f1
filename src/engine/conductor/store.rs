//! What is kept of runs on disk: `STATE/research/RUN/` with `spec.json`, `trials.jsonl`, `report.json` and
//! `report.html`. A line or a file that is there is whole and durable; a torn line is dropped when it is
//! read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::id::RunId;
use crate::research::{Plan, Results};

/// One line for each step that is computed.
const TRIALS: &str = "trials.jsonl";
/// What was asked, as it was asked.
const SPEC: &str = "spec.json";

/// The folder of all runs. Several threads write to it, and none after [`Store::close`].
pub(super) struct Store {
    root: PathBuf,
    open: Mutex<bool>,
}

impl Store {
    /// In a state folder.
    pub fn new(state_dir: &Path) -> Self {
        Self {
            root: state_dir.join("research"),
            open: Mutex::new(true),
        }
    }

    /// From now on nothing is written: the state folder may be somebody else's.
    pub fn close(&self) {
        *self.lock() = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A panic while writing leaves a torn line behind, as a crash does.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> io::Result<MutexGuard<'_, bool>> {
        let open = self.lock();
        if *open {
            return Ok(open);
        }
        Err(io::Error::other("the engine has ended"))
    }

    fn folder(&self, run: RunId) -> PathBuf {
        self.root.join(run.to_string())
    }

    /// What an earlier process has computed of a run; its file has nothing else in it afterwards.
    ///
    /// # Errors
    /// The file system fails, or the store is closed.
    pub fn open(&self, run: RunId, spec: &str, plan: &Plan) -> io::Result<Results> {
        let folder = self.folder(run);
        // Nobody else writes to a run that is being opened, and others need not wait for its reading.
        let kept = match File::open(folder.join(TRIALS)) {
            Ok(file) => read(file, plan)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        let _writing = self.writing()?;
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.and_then(|()| sync(&self.root))?;
        if fs::read_to_string(folder.join(SPEC)).ok().as_deref() != Some(spec) {
            put(&folder, SPEC, spec)?;
        }
        if !kept.whole {
            put(&folder, TRIALS, &kept.lines)?;
        }
        Ok(kept.results)
    }

    /// Adds what a step has come to: the whole line, or nothing of it.
    ///
    /// # Errors
    /// The file system fails, or the store is closed.
    pub fn append(&self, run: RunId, line: &str) -> io::Result<()> {
        let _writing = self.writing()?;
        let path = self.folder(run).join(TRIALS);
        let mut file = OpenOptions::new().append(true).open(path)?;
        let before = file.metadata()?.len();
        let added = file.write_all(format!("{line}\n").as_bytes());
        added.and_then(|()| file.sync_data()).inspect_err(|_| {
            // What stays of it is a torn line, and the next would be part of it.
            let _ = file.set_len(before);
        })
    }

    /// Writes a file of a run, or puts it in the place of the old one in one step.
    ///
    /// # Errors
    /// The file system fails, or the store is closed.
    pub fn put(&self, run: RunId, name: &str, text: &str) -> io::Result<()> {
        let _writing = self.writing()?;
        put(&self.folder(run), name, text)
    }
}

/// What is left of a file: its results, their lines, and whether that is all there was.
#[derive(Default)]
struct Kept {
    results: Results,
    lines: String,
    whole: bool,
}

fn read(file: File, plan: &Plan) -> io::Result<Kept> {
    let mut reader = BufReader::new(file);
    let mut kept = Kept {
        whole: true,
        ..Kept::default()
    };
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = std::str::from_utf8(&line).ok();
        let text = text.and_then(|text| text.strip_suffix('\n'));
        match text.and_then(|text| Some((text, plan.admit(text)?))) {
            Some((text, result)) => {
                kept.lines.push_str(text);
                kept.lines.push('\n');
                kept.results.insert(result);
            }
            None => kept.whole = false,
        }
        line.clear();
    }
    Ok(kept)
}

fn put(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let aside = folder.join(format!(".{name}"));
    let mut file = File::create(&aside)?;
    file.write_all(text.as_bytes())?;
    // A name that is durable before its text would show an empty file after a power cut.
    file.sync_all()?;
    fs::rename(&aside, folder.join(name))?;
    sync(folder)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
