//! Cycles, approvals, degradation and health by the core alone: what is asked of whom, what each
//! answer moves, and that folding the events again gives the same state.

mod bench;
mod degradation;
mod guide;
mod phases;
