//! Parse, report errors, exit code; nothing else.

use std::process::ExitCode;

use pilothouse::{cli, process::Process};

fn main() -> ExitCode {
    cli::main(&Process)
}
