//! Random histories of commands against the core: whatever is asked, in whatever order, the rules
//! of domain.md hold, nothing widens risk while it must not, and the state is the fold of its
//! events.

mod coordination;
mod crew;
mod crowd;
mod drawing;
mod found;
#[path = "../invariants/mod.rs"]
mod invariants;
mod keys;
mod steps;
mod trading;
