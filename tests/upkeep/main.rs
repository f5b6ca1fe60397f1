//! What an operator does around the engine rather than with it: reads the configuration again, takes
//! copies, has the house looked over, and looks things up.

#[path = "../support/program.rs"]
mod program;

mod backup;
mod doctor;
mod manual;
mod reload;
mod steps;
