//! The follower: a second thread that folds its own state from what is durable. It computes the
//! hash chain, hands each record to whoever tells people of it, writes the state's snapshots and `autonomy_state.json`, so that the deciding thread
//! never copies its state nor waits for those files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::durable::Durable;
use super::global_file::GlobalFile;
use super::recovery::{fold, journal_dir};
use crate::core::State;
use crate::journal::{Chain, Hash, Reader, snapshot};
use crate::telemetry::alerts::Watch;

/// A snapshot of the state is written after so many records.
const SNAPSHOT_RECORDS: u64 = 50_000;
/// Or after so long, where there were any.
const SNAPSHOT_AFTER: Duration = Duration::from_secs(60);
/// Rests between two looks at the journal: a turn for each commit would take a core from the engine.
const PACE: Duration = Duration::from_millis(20);

/// The follower at work.
pub struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    chain: Arc<Mutex<(u64, Hash)>>,
    error: Arc<Mutex<Option<String>>>,
}

impl Follower {
    /// Follows from this state on.
    pub fn spawn(
        state_dir: &Path,
        state: State,
        chain: Chain,
        durable: Arc<Durable>,
        watch: Watch,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Mutex::new((chain.seq(), chain.hash())));
        let error = Arc::new(Mutex::new(None));
        let mut work = Work {
            state_dir: state_dir.to_owned(),
            saved: (state.seq, Instant::now()),
            global: GlobalFile::in_folder(state_dir),
            state,
            chain,
            watch,
        };
        let (stopped, chain_out, error_out) = (stop.clone(), shared.clone(), error.clone());
        let thread = std::thread::Builder::new()
            .name("follower".into())
            .spawn(move || {
                if let Err(why) = work.follow(&durable, &stopped, &chain_out, &error_out) {
                    tracing::error!("the follower stopped: {why}");
                    *error_out.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
            chain: shared,
            error,
        })
    }

    /// The hash chain as far as it is known.
    pub fn chain(&self) -> (u64, Hash) {
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it stopped, where it did.
    pub fn error(&self) -> Option<String> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Why it ended before it was told to, where it did: snapshots and alerts end with it.
    pub fn ended(&self) -> Option<String> {
        let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        ended.then(|| self.error().unwrap_or_else(|| "it panicked".into()))
    }

    /// Catches up with what is durable, writes a last snapshot, and ends.
    pub fn finish(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Its own panic has been logged; there is nothing to mend here.
            let _ = thread.join();
        }
    }
}

struct Work {
    state_dir: PathBuf,
    state: State,
    chain: Chain,
    saved: (u64, Instant),
    global: GlobalFile,
    watch: Watch,
}

impl Work {
    fn follow(
        &mut self,
        durable: &Durable,
        stop: &AtomicBool,
        chain_out: &Mutex<(u64, Hash)>,
        error_out: &Mutex<Option<String>>,
    ) -> Result<(), String> {
        let dir = journal_dir(&self.state_dir);
        let say = |e: &dyn std::fmt::Display| e.to_string();
        let from = self.state.seq.min(self.chain.seq()) + 1;
        let mut reader = Reader::open_dir(&dir, from).map_err(|e| say(&e))?;
        loop {
            let ending = stop.load(Ordering::Acquire);
            let limit = durable.seq();
            reader.set_limit(limit);
            while let Some(record) = reader.next_record().map_err(|e| say(&e))? {
                if record.seq > self.chain.seq() {
                    self.chain.absorb(record.seq, record.time, record.body);
                }
                if record.seq > self.state.seq {
                    let body = fold(&mut self.state, &record).map_err(|e| say(&e))?;
                    self.watch.see(&body.events, &self.state);
                }
            }
            *chain_out.lock().unwrap_or_else(PoisonError::into_inner) =
                (self.chain.seq(), self.chain.hash());
            let written = self.write(ending);
            // A full disk may get room again: the alarm stands until it has.
            *error_out.lock().unwrap_or_else(PoisonError::into_inner) =
                written.err().map(|e| e.to_string());
            if ending && durable.seq() == limit {
                return Ok(());
            }
            if !ending {
                std::thread::sleep(PACE);
                durable.wait_past(limit, Duration::from_millis(200));
            }
        }
    }

    /// Writes what is due: neither file waits for the other, and the first that fails is told.
    fn write(&mut self, ending: bool) -> std::io::Result<()> {
        let shown = self.global.show(&self.state);
        let saved = self.save(ending);
        shown.and(saved)
    }

    fn save(&mut self, ending: bool) -> std::io::Result<()> {
        let (seq, at) = self.saved;
        let new = self.state.seq - seq;
        if new >= SNAPSHOT_RECORDS || new > 0 && (ending || at.elapsed() >= SNAPSHOT_AFTER) {
            let bytes = minicbor::to_vec(&self.state).expect("memory takes what is written to it");
            let dir = journal_dir(&self.state_dir);
            snapshot::write(&dir, self.state.seq, self.chain.hash(), &bytes)?;
            self.saved = (self.state.seq, Instant::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Alerts;
    use crate::telemetry::alerts::{Post, Sender};

    #[test]
    fn one_that_ends_by_itself_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::default();
        let post = Post::with(Alerts::default(), Sender::default(), Vec::new()).unwrap();
        let watch = Watch::from(&state, post.alerts().clone());
        // There is no journal to follow.
        let (chain, durable) = (Chain::default(), Arc::new(Durable::default()));
        durable.advance(1);
        let mut follower = Follower::spawn(dir.path(), state, chain, durable, watch).unwrap();
        let thread = follower.thread.as_ref().unwrap();
        let began = Instant::now();
        while !thread.is_finished() && began.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        assert!(follower.ended().is_some(), "it gave up");
        follower.finish();
        assert_eq!(follower.ended(), None, "it was told to end");
    }

    #[test]
    fn a_global_file_that_cannot_be_written_stops_no_state_snapshots() {
        let dir = tempfile::tempdir().unwrap();
        let journal = journal_dir(dir.path());
        std::fs::create_dir(&journal).unwrap();
        // A folder stands where the file would be written.
        std::fs::create_dir(dir.path().join(".autonomy_state.json")).unwrap();
        let state = State {
            seq: 1,
            ..State::default()
        };
        let (rings, paper) = (Alerts::default(), Sender::default());
        let post = Post::with(rings, paper, Vec::new()).unwrap();
        let mut work = Work {
            watch: Watch::from(&state, post.alerts().clone()),
            state_dir: dir.path().to_owned(),
            state,
            chain: Chain::default(),
            saved: (0, Instant::now()),
            global: GlobalFile::in_folder(dir.path()),
        };
        assert!(work.write(true).is_err(), "the alarm stands");
        let (found, _) = snapshot::newest_valid(&journal).unwrap();
        assert_eq!(found.map(|s| s.seq), Some(1));
    }
}
