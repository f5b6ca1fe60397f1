//! Logs, and messages to people.
//!
//! Logs: JSON lines in the state folder's `logs/`, rotated daily, and the console's log pane.
//! What must not come in: secrets, and anything that is needed to decide.

pub mod alerts;

use std::io::IsTerminal;
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Days of logs that are kept.
const KEPT: usize = 14;

/// Where log lines go besides the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// The console's log pane.
    Pane,
    /// Standard error, for people and journald.
    Stderr,
}

/// Lines are written as long as this lives.
pub struct Logging {
    _file: Option<WorkerGuard>,
}

/// Starts logging; `PILOTHOUSE_LOG` filters (default `info`). A folder that cannot be written
/// leaves the other lines in place.
pub fn start(state_dir: &Path, lines: Lines) -> Logging {
    let filter = || {
        EnvFilter::try_from_env("PILOTHOUSE_LOG")
            .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"))
    };
    let appender = tracing_appender::rolling::RollingFileAppender::builder()
        .rotation(tracing_appender::rolling::Rotation::DAILY)
        .filename_prefix("pilothouse")
        .filename_suffix("jsonl")
        .max_log_files(KEPT);
    let logs = state_dir.join("logs");
    let appender = std::fs::create_dir_all(&logs)
        .ok()
        .and_then(|()| appender.build(&logs).ok());
    let (file, guard) = match appender.map(tracing_appender::non_blocking) {
        Some((writer, guard)) => (
            Some(
                fmt::layer()
                    .json()
                    .with_writer(writer)
                    .with_filter(filter()),
            ),
            Some(guard),
        ),
        None => (None, None),
    };
    let registry = tracing_subscriber::registry().with(file);
    let started = match lines {
        Lines::Pane => {
            // The library's own start would have a thread look for lines a hundred times a second; the
            // console fetches them with each frame, and so many as it may ever show are kept till then.
            tui_logger::set_default_level(tui_logger::LevelFilter::Info);
            registry
                .with(tui_logger::TuiTracingSubscriberLayer.with_filter(filter()))
                .try_init()
        }
        Lines::Stderr => registry
            .with(
                fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_target(false)
                    .with_filter(filter()),
            )
            .try_init(),
    };
    let _ = started;
    Logging { _file: guard }
}
