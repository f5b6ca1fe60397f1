//! A hostile world on one thread.
mod dice;
mod fault;
pub mod venue;
