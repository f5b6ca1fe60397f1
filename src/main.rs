//! Parse, report errors, exit code; nothing else.

use std::process::ExitCode;

use pilothouse::{cli, client::tls, process::Process};

fn main() -> ExitCode {
    tls::install();
    cli::main(&Process)
}
