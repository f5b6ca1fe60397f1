//! The threads that compute: few, of low priority, with a bounded queue before them. A panic stays with
//! the work it came of.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Pieces of work that wait, at most.
const ROOM: usize = 1_024;
/// How long the end of the pool waits for work that runs.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much nicer than the engine its threads are.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// One piece of work; what it makes of a panic is told with `panicked`.
pub(super) struct Job<A> {
    pub work: Box<dyn FnOnce() -> A + Send>,
    pub panicked: Box<dyn FnOnce(String) -> A + Send>,
}

/// Where answers go. It is called on the pool's threads and should not wait.
pub(super) type OnAnswer<A> = Arc<dyn Fn(A) + Send + Sync>;

/// The threads; none is started before there is work for it.
pub(super) struct Pool<A> {
    shared: Arc<Shared<A>>,
    threads: Vec<JoinHandle<()>>,
    most: usize,
}

struct Shared<A> {
    queue: Mutex<Queue<A>>,
    bell: Condvar,
    on_answer: OnAnswer<A>,
}

struct Queue<A> {
    jobs: VecDeque<Job<A>>,
    idle: usize,
    over: bool,
}

impl<A> Shared<A> {
    fn lock(&self) -> MutexGuard<'_, Queue<A>> {
        // Nothing that can panic runs while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Send + 'static> Pool<A> {
    /// At most so many threads, at least one.
    pub fn new(most: usize, on_answer: OnAnswer<A>) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue {
                    jobs: VecDeque::new(),
                    idle: 0,
                    over: false,
                }),
                bell: Condvar::new(),
                on_answer,
            }),
            threads: Vec::new(),
            most: most.max(1),
        }
    }

    /// Threads it has at most.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Takes a piece of work. False where there is no room, or no thread can be had: it is not answered
    /// then.
    pub fn give(&mut self, job: Job<A>) -> bool {
        let mut queue = self.shared.lock();
        if queue.over || queue.jobs.len() >= ROOM {
            return false;
        }
        queue.jobs.push_back(job);
        let wanted = queue.jobs.len() > queue.idle && self.threads.len() < self.most;
        drop(queue);
        self.shared.bell.notify_one();
        if wanted {
            let shared = Arc::clone(&self.shared);
            let thread = Builder::new().name("research".into());
            match thread.spawn(move || serve(&shared)) {
                Ok(thread) => self.threads.push(thread),
                Err(error) if self.threads.is_empty() => {
                    tracing::error!("no thread can be had for research: {error}");
                    return self.shared.lock().jobs.pop_back().is_none();
                }
                Err(error) => tracing::warn!("one thread less for research: {error}"),
            }
        }
        true
    }

    /// Ends it: what waits is forgotten, what runs has a second to come back.
    pub fn stop(&mut self) {
        let mut queue = self.shared.lock();
        queue.over = true;
        let forgotten = std::mem::take(&mut queue.jobs);
        drop(queue);
        drop(forgotten);
        self.shared.bell.notify_all();
        let deadline = Instant::now() + PATIENCE;
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            if thread.is_finished() {
                // It catches what its work panics with.
                let _ = thread.join();
            }
        }
    }
}

fn serve<A>(shared: &Shared<A>) {
    step_back();
    while let Some(job) = next(shared) {
        let answer = match catch_unwind(AssertUnwindSafe(job.work)) {
            Ok(answer) => answer,
            Err(panic) => (job.panicked)(words(panic.as_ref())),
        };
        (shared.on_answer)(answer);
    }
}

fn next<A>(shared: &Shared<A>) -> Option<Job<A>> {
    let mut queue = shared.lock();
    queue.idle += 1;
    let mut queue = shared
        .bell
        .wait_while(queue, |q| q.jobs.is_empty() && !q.over)
        .unwrap_or_else(PoisonError::into_inner);
    queue.idle -= 1;
    queue.jobs.pop_front()
}

/// Lets the engine and everything else go first, as far as the system has a way to say so of one thread.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!("research runs at the engine's priority: {error}");
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    const SOON: Duration = Duration::from_secs(30);

    fn pool(most: usize) -> (Pool<String>, Receiver<String>) {
        let (tell, answers) = sync_channel(ROOM);
        let pool = Pool::new(most, Arc::new(move |a| tell.send(a).unwrap_or(())));
        (pool, answers)
    }

    fn job(work: impl FnOnce() -> String + Send + 'static) -> Job<String> {
        Job {
            work: Box::new(work),
            panicked: Box::new(|why| format!("panicked: {why}")),
        }
    }

    #[test]
    fn a_panic_is_the_answer_of_its_work_and_the_thread_goes_on() {
        let (mut pool, answers) = pool(1);
        assert!(pool.give(job(|| panic!("no {}", "luck"))));
        assert!(pool.give(job(|| "done".into())));
        assert_eq!(answers.recv_timeout(SOON).unwrap(), "panicked: no luck");
        assert_eq!(answers.recv_timeout(SOON).unwrap(), "done");
        assert_eq!(pool.threads.len(), 1);
        pool.stop();
        assert!(!pool.give(job(String::new)));
    }

    #[test]
    fn the_queue_is_bounded_and_what_waits_is_forgotten_at_the_end() {
        let (mut pool, answers) = pool(2);
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let hold = || {
            let gate = Arc::clone(&gate);
            job(move || {
                let shut = gate.0.lock().unwrap();
                let _open = gate.1.wait_while(shut, |open| !*open).unwrap();
                "held".into()
            })
        };
        assert!(pool.give(hold()) && pool.give(hold()));
        while !pool.shared.lock().jobs.is_empty() {
            std::thread::yield_now();
        }
        for _ in 0..ROOM {
            assert!(pool.give(job(|| "waited".into())));
        }
        assert!(!pool.give(job(|| "too much".into())));
        pool.shared.lock().over = true;
        pool.shared.lock().jobs.clear();
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        pool.stop();
        drop(pool);
        assert_eq!(answers.iter().collect::<Vec<_>>(), ["held", "held"]);
    }
}
