//! The egress gate and the stop.
