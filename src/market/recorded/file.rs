//! One recorded file: unpacked, read, checked and hashed in one pass.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::core::Symbol;

use super::super::MINUTE_MS;
use super::error::{Fault, FeedError};
use super::rows::{Checked, Row, Rows};
use super::when::Form;
use super::{csv, json, pair};

const BUFFER: usize = 128 * 1024;
/// Blocks of it that wait to be hashed, at most.
const BLOCKS: usize = 8;
/// What some programs put before UTF-8.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a file holds.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) file: PathBuf,
    pub(super) symbol: Symbol,
    pub(super) rows: Rows,
    /// Length of its candles; a minute for trades.
    pub(super) interval_ms: i64,
    /// SHA-256 of the unpacked content.
    pub(super) hash: [u8; 32],
    form: Option<Form>,
}

impl Recording {
    /// Reads and checks the whole file. `fallback` is the pair where the name tells none.
    ///
    /// # Errors
    /// The file is missing, unreadable, empty, or has a broken line.
    pub(super) fn open(path: &Path, fallback: Symbol) -> Result<Self, FeedError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FeedError::Missing(path.to_owned()),
            _ => Fault::Io(source).of(path),
        })?;
        let (checked, hash) = read(file).map_err(|fault| fault.of(path))?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        let interval_ms = match &checked.rows {
            Rows::Candles(rows) => commonest_step(rows)
                .or_else(|| pair::interval_ms(&name))
                .unwrap_or(MINUTE_MS),
            Rows::Trades(_) => MINUTE_MS,
        };
        Ok(Self {
            file: path.to_owned(),
            symbol: pair::symbol(&name).unwrap_or(fallback),
            rows: checked.rows,
            interval_ms,
            hash,
            form: checked.form,
        })
    }

    /// What was found, in one line.
    pub(super) fn note(&self) -> String {
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        let what = match &self.rows {
            Rows::Candles(rows) => format!("{} candles of {}", rows.len(), span(self.interval_ms)),
            Rows::Trades(rows) => format!("{} trades", rows.len()),
        };
        let form = self
            .form
            .map_or_else(String::new, |form| format!(", times in {form}"));
        format!("{}: {}, {what}{form}", name.display(), self.symbol)
    }
}

fn read(file: File) -> Result<(Checked, [u8; 32]), Fault> {
    let mut raw = BufReader::with_capacity(BUFFER, file);
    let packed = raw.fill_buf()?.starts_with(&GZIP);
    if packed {
        content(MultiGzDecoder::new(raw))
    } else {
        content(raw)
    }
}

fn content(source: impl Read) -> Result<(Checked, [u8; 32]), Fault> {
    std::thread::scope(|scope| {
        let (hand, take) = sync_channel::<Vec<u8>>(BLOCKS);
        let hash = scope.spawn(move || {
            let mut hash = Sha256::new();
            take.into_iter().for_each(|block| hash.update(&block));
            hash.finalize().into()
        });
        let checked = rows(Hashed { source, hand });
        let hash = hash
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((checked?, hash))
    })
}

fn rows(source: impl Read) -> Result<Checked, Fault> {
    let mut reader = BufReader::with_capacity(BUFFER, source);
    let start = reader.fill_buf()?;
    let text = start.strip_prefix(&BOM[..]).unwrap_or(start);
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    match first {
        None if start.len() < BUFFER => Err(Fault::Empty),
        Some(b'[' | b'{') => json::read(&mut reader),
        _ => csv::read(&mut reader),
    }
}

/// Hands on what is read through it to be hashed, beside the reading.
struct Hashed<R> {
    source: R,
    hand: SyncSender<Vec<u8>>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(into)?;
        if got > 0 {
            // Whoever hashes ends after the last block, not before.
            let _ = self.hand.send(into[..got].to_vec());
        }
        Ok(got)
    }
}

/// The commonest step between two rows, the shorter one of two that are equally common.
fn commonest_step(rows: &[Row<5>]) -> Option<i64> {
    let mut steps = BTreeMap::new();
    for two in rows.windows(2) {
        *steps.entry(two[1].time - two[0].time).or_insert(0u64) += 1;
    }
    let common = steps
        .into_iter()
        .max_by_key(|(step, count)| (*count, -step))?;
    Some(common.0)
}

fn span(ms: i64) -> String {
    if ms % MINUTE_MS == 0 {
        format!("{} min", ms / MINUTE_MS)
    } else {
        format!("{ms} ms")
    }
}
