//! Who watches: the consoles, near and far, so that it is noticed when the last of them goes without
//! having been left.

use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::hooks::Hook;

/// How long another console has to come after one was lost: a link that broke is made anew.
const GRACE: Duration = Duration::from_secs(2);

/// The consoles that watch an engine. Clones are the same ones.
#[derive(Clone, Default)]
pub struct Consoles(Arc<Inner>);

#[derive(Default)]
struct Inner {
    watching: Mutex<usize>,
    came: Condvar,
    on_loss: OnceLock<Hook>,
}

impl Consoles {
    /// One more watches, for as long as what is returned lives.
    pub fn arrive(&self) -> Watching {
        *self.watching() += 1;
        self.0.came.notify_all();
        Watching {
            consoles: self.clone(),
            left: false,
        }
    }

    /// How many watch.
    pub fn count(&self) -> usize {
        *self.watching()
    }

    /// Sets what happens when the last one is lost. It runs on the thread that noticed.
    ///
    /// # Panics
    /// Where it is set twice.
    pub fn on_loss(&self, hook: Hook) {
        assert!(
            self.0.on_loss.set(hook).is_ok(),
            "what follows a loss is set once"
        );
    }

    fn watching(&self) -> std::sync::MutexGuard<'_, usize> {
        self.0
            .watching
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn go(&self, left: bool, grace: Duration) {
        let mut watching = self.watching();
        *watching -= 1;
        if left {
            return;
        }
        let (watching, _) = self
            .0
            .came
            .wait_timeout_while(watching, grace, |watching| *watching == 0)
            .unwrap_or_else(PoisonError::into_inner);
        let last = *watching == 0;
        drop(watching);
        if let Some(hook) = self.0.on_loss.get().filter(|_| last) {
            hook();
        }
    }
}

/// A console that watches. Dropping it says that it was lost.
pub struct Watching {
    consoles: Consoles,
    left: bool,
}

impl Watching {
    /// The operator has left it, and knows that the engine goes on.
    pub fn leave(mut self) {
        self.left = true;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.consoles.go(self.left, GRACE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn only_the_last_one_is_missed_and_only_where_it_was_not_left() {
        let consoles = Consoles::default();
        let lost = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&lost);
        consoles.on_loss(Arc::new(move || {
            told.fetch_add(1, Ordering::AcqRel);
        }));
        let lose = |watching: Watching| {
            std::mem::forget(watching);
            consoles.go(false, Duration::ZERO);
            lost.swap(0, Ordering::AcqRel)
        };
        let (near, far) = (consoles.arrive(), consoles.arrive());
        assert_eq!(consoles.count(), 2);
        assert_eq!(lose(near), 0, "the other one watches still");
        far.leave();
        assert_eq!((consoles.count(), lost.load(Ordering::Acquire)), (0, 0));
        assert_eq!(lose(consoles.arrive()), 1);
    }

    #[test]
    fn a_console_that_comes_back_at_once_was_not_lost() {
        let consoles = Consoles::default();
        consoles.on_loss(Arc::new(|| panic!("nobody was lost")));
        let broken = consoles.arrive();
        let waiting = std::thread::spawn(move || {
            broken.consoles.clone().go(false, Duration::from_secs(60));
            std::mem::forget(broken);
        });
        while consoles.count() > 0 {
            std::thread::yield_now();
        }
        let _again = consoles.arrive();
        waiting.join().unwrap();
    }
}
