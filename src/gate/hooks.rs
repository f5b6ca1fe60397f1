//! What happens at once after the gate closed, in this order: wake the core, start the cancels,
//! hand the sentinel over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// Called on the presser's thread; it must return at once, and may be called again at any time.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub(super) struct Hooks {
    pub(super) waker: OnceLock<Hook>,
    pub(super) cancels: OnceLock<Hook>,
    pub(super) sentinel: OnceLock<Hook>,
}

impl Hooks {
    pub(super) fn run(&self) {
        for hook in [&self.waker, &self.cancels, &self.sentinel] {
            if let Some(hook) = hook.get() {
                // One that panics must not keep the next from its work.
                let _ = catch_unwind(AssertUnwindSafe(|| hook()));
            }
        }
    }
}
