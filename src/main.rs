//! One library for TLS; parse, report errors, exit code; nothing else.

use std::process::ExitCode;

use pilothouse::client::tls;
use pilothouse::{cli, process::Process};

fn main() -> ExitCode {
    tls::install();
    cli::main(&Process)
}
