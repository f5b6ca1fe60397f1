//! The thread that keeps the tables up with a running engine.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};

use super::database_path;
use super::folder::Step;
use super::follower::Follower;

/// How long the thread may not notice that there is more to fold.
const POLL: Duration = Duration::from_millis(200);
/// The first wait after an error; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after an error.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long an end may take to fold what is durable.
const DRAIN: Duration = Duration::from_secs(2);

/// The last durable record, as the engine knows it.
pub type Durable = Arc<dyn Fn() -> u64 + Send + Sync>;

struct Shared {
    folded: AtomicU64,
    stopping: AtomicBool,
    last_error: Mutex<Option<String>>,
    durable: Durable,
}

impl Shared {
    fn note(&self, error: Option<String>) {
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// The thread's handle. Dropping it ends the thread as [`ViewsTask::stop`] does.
pub struct ViewsTask {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Folds the journal into the state folder's tables until it is stopped. It starts from what the
/// tables hold, reads nothing after what `durable` says, and asks that at least every 200 ms.
/// `durable` must know the journal from the first call on: tables that hold more are emptied.
///
/// # Errors
/// The thread cannot be started.
pub fn spawn(state_dir: &Path, journal_dir: &Path, durable: Durable) -> io::Result<ViewsTask> {
    let shared = Arc::new(Shared {
        folded: AtomicU64::new(0),
        stopping: AtomicBool::new(false),
        last_error: Mutex::new(None),
        durable,
    });
    let path = database_path(state_dir);
    let journal_dir = journal_dir.to_owned();
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = thread::Builder::new().name("views".into()).spawn({
        let shared = Arc::clone(&shared);
        move || follow(&shared, &runtime, &path, &journal_dir)
    })?;
    Ok(ViewsTask {
        shared,
        thread: Some(thread),
    })
}

impl ViewsTask {
    /// The last record in the tables.
    pub fn folded(&self) -> u64 {
        self.shared.folded.load(Ordering::Relaxed)
    }

    /// Durable records that are not in the tables yet.
    pub fn lag(&self) -> u64 {
        (self.shared.durable)().saturating_sub(self.folded())
    }

    /// What went wrong last, until a step succeeds.
    pub fn last_error(&self) -> Option<String> {
        self.shared
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Folds what is durable for 2 s at most, then ends the thread.
    pub fn stop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                self.shared.note(Some("views: the thread panicked".into()));
            }
        }
    }
}

impl Drop for ViewsTask {
    fn drop(&mut self) {
        self.stop();
    }
}

fn follow(shared: &Shared, runtime: &Runtime, path: &Path, journal_dir: &Path) {
    let mut follower = Follower::new(path, journal_dir);
    fold_until_stopped(shared, runtime, &mut follower);
    runtime.block_on(follower.close());
}

fn fold_until_stopped(shared: &Shared, runtime: &Runtime, follower: &mut Follower) {
    let mut wait = FIRST_WAIT;
    let mut deadline = None;
    loop {
        if shared.stopping.load(Ordering::Relaxed) {
            let end = *deadline.get_or_insert_with(|| Instant::now() + DRAIN);
            let behind = (shared.durable)() > shared.folded.load(Ordering::Relaxed);
            if !behind || Instant::now() >= end {
                return;
            }
        }
        let limit = (shared.durable)();
        // A panic here is a defect of the views, and no reason to end the engine or to go on in
        // silence.
        let step = catch_unwind(AssertUnwindSafe(|| runtime.block_on(follower.step(limit))));
        let trouble = match step {
            Ok(Ok(Step { folded, ended })) => {
                shared.folded.store(folded, Ordering::Relaxed);
                shared.note(None);
                wait = FIRST_WAIT;
                if ended && (shared.durable)() <= limit {
                    thread::park_timeout(POLL);
                }
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                follower.forget();
                "views: folding panicked".to_owned()
            }
        };
        tracing::warn!(error = trouble, "the SQL views are behind");
        shared.note(Some(trouble));
        if deadline.is_some() {
            return;
        }
        thread::park_timeout(wait);
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
