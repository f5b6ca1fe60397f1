//! Incidents of others, each of them once, and what keeps positions and the venue in step.

mod bench;
mod comparing;
mod incidents;
mod trailing;
