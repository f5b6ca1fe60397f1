//! Who looks on while a backtest runs: the report, the person at the terminal, and Ctrl-C.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::backtest::{Equity, Report, Trade, Watch};
use crate::core::{Symbol, Time};
use crate::market::Fixed;

/// What is over sooner needs no progress.
const QUIET: Duration = Duration::from_secs(1);
/// Between two lines of it.
const BETWEEN: Duration = Duration::from_millis(200);

/// The report, the terminal, and whether a signal has come.
pub struct Looking {
    report: Option<Report>,
    interrupted: Arc<AtomicBool>,
    began: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Looking {
    /// From now on Ctrl-C asks the run to end; the next one ends the process, and so does any after
    /// this is dropped.
    pub fn begin() -> io::Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down, and raises it.
            flag::register_conditional_default(signal, interrupted.clone())?;
            flag::register(signal, interrupted.clone())?;
        }
        Ok(Self {
            report: None,
            interrupted,
            began: Instant::now(),
            shown: None,
            terminal: io::stderr().is_terminal(),
        })
    }

    /// With a report to be written.
    pub fn with(mut self, report: Option<Report>) -> Self {
        self.report = report;
        self
    }

    /// The report, when the run is over.
    pub fn take_report(&mut self) -> Option<Report> {
        self.report.take()
    }

    /// Whether a signal has come.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    fn progress(&mut self, done: u64, of: u64) {
        let took = self.began.elapsed();
        let due = self.shown.is_none_or(|at| at.elapsed() >= BETWEEN);
        if !self.terminal || took < QUIET || !due || done == 0 {
            return;
        }
        self.shown = Some(Instant::now());
        let left = took.as_secs_f64() * of.saturating_sub(done) as f64 / done as f64;
        let percent = done * 100 / of.max(1);
        let mut out = io::stderr().lock();
        // A terminal that has gone sees nothing more; the run goes on.
        let _ = write!(out, "\r\x1b[K{percent:>3} %, {left:.0} s left");
        let _ = out.flush();
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.interrupted.store(true, Ordering::SeqCst);
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Watch for Looking {
    fn begins(&mut self, symbols: &[Symbol], from: Time, to: Time, cash: Equity) {
        if let Some(report) = &mut self.report {
            report.begins(symbols, from, to, cash);
        }
    }

    #[inline]
    fn closes(&mut self, symbol: usize, at: Time, close: Fixed) {
        if let Some(report) = &mut self.report {
            report.closes(symbol, at, close);
        }
    }

    #[inline]
    fn worth(&mut self, at: Time, equity: Equity) {
        if let Some(report) = &mut self.report {
            report.worth(at, equity);
        }
    }

    fn trade(&mut self, trade: &Trade) {
        if let Some(report) = &mut self.report {
            report.trade(trade);
        }
    }

    fn goes_on(&mut self, done: u64, of: u64) -> bool {
        self.progress(done, of);
        !self.is_interrupted()
    }
}
