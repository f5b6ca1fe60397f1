//! Rows of the equity, written beside the run: at half a million closes, words cost as much as decisions.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::aside::Aside;
use super::rows::Rows;
use crate::backtest::valuation::Equity;
use crate::core::Time;

/// Closes handed over at once.
const BATCH: usize = 2048;
/// Batches that wait to be written, at most; then the run waits too.
const WAITING: usize = 8;

type Batch = Vec<(Time, Equity)>;

/// A table of the equity, and the thread that writes it.
#[derive(Debug)]
pub(super) struct EquityRows {
    batch: Batch,
    hand: Option<SyncSender<Batch>>,
    thread: Option<JoinHandle<io::Result<Rows>>>,
}

impl EquityRows {
    /// Writes to `rows` from now on.
    pub fn begin(rows: Rows) -> io::Result<Self> {
        let (hand, take) = sync_channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("equity rows".into())
            .spawn(move || written(rows, &take))?;
        Ok(Self {
            batch: Vec::with_capacity(BATCH),
            hand: Some(hand),
            thread: Some(thread),
        })
    }

    #[inline]
    pub fn push(&mut self, at: Time, equity: Equity) {
        self.batch.push((at, equity));
        if self.batch.len() == BATCH {
            self.hand_over();
        }
    }

    /// Waits for the last row; the file still wants its name.
    ///
    /// # Errors
    /// A row could not be written.
    pub fn finish(mut self) -> io::Result<Aside> {
        self.hand_over();
        self.end().and_then(Rows::finish)
    }

    fn hand_over(&mut self) {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        if let Some(hand) = &self.hand {
            // A thread that has ended says why when it is asked for its rows.
            let _ = hand.send(batch);
        }
    }

    fn end(&mut self) -> io::Result<Rows> {
        drop(self.hand.take());
        let thread = self.thread.take().ok_or(io::ErrorKind::BrokenPipe)?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for EquityRows {
    fn drop(&mut self) {
        if self.thread.is_some() {
            // It was given up: with the rows goes their file.
            let _ = self.end();
        }
    }
}

fn written(mut rows: Rows, take: &Receiver<Batch>) -> io::Result<Rows> {
    for batch in take {
        for (at, equity) in batch {
            rows.equity(at, equity)?;
        }
    }
    Ok(rows)
}
