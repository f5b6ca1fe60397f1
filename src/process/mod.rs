//! The process: a parent that waits, a child that is engine and console in one, signals, and how
//! the engine is left running when its console goes (console.md, Process).

mod cores;
#[cfg(debug_assertions)]
mod drill;
mod launcher;
mod leave;
mod listening;
mod loss;
mod parent;
mod run;
mod service;
mod signals;
mod summary;

pub use launcher::Process;
pub use leave::detach;
pub use parent::{PARENT, is_child, wait_for_child};
pub use run::{finish, launch_problem, wait_headless};
pub use service::Service;
pub use signals::{Signals, Wish};
pub use summary::{Summary, summary};
