//! Lines of numbers between commas, with or without a line of names before them.

use std::io::{BufRead, Read};

use super::error::Fault;
use super::layout::{Layout, SLOTS};
use super::rows::Checked;
use super::when;

/// Bytes that a line may have.
const MAX_LINE: u64 = 64 * 1024;

/// Reads all of it.
///
/// # Errors
/// The first line that is broken; nothing of the file is kept then.
pub(super) fn read(mut reader: impl BufRead) -> Result<Checked, Fault> {
    let mut buffer = Vec::with_capacity(256);
    let mut number = 0;
    let mut parts: Option<(Layout, Checked)> = None;
    let mut blank = None;
    loop {
        buffer.clear();
        let got = reader
            .by_ref()
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut buffer)?;
        if got == 0 {
            break;
        }
        number += 1;
        if got as u64 > MAX_LINE {
            let found = format!("the line has more than {MAX_LINE} bytes");
            return Err(Fault::Line(number, found));
        }
        let line = std::str::from_utf8(&buffer)
            .map_err(|_| Fault::Line(number, "the line is not UTF-8".to_owned()))?;
        let line = line.trim_start_matches('\u{feff}').trim();
        // Blank lines may end a file; within it they are broken ones.
        if line.is_empty() {
            blank = blank.or(Some(number));
            continue;
        }
        if let Some(blank) = blank {
            return Err(Fault::Line(blank, "the line is empty".to_owned()));
        }
        match &mut parts {
            Some((layout, checked)) => take(line, layout, checked, number)?,
            None => {
                let (layout, named) = layout(line).map_err(|found| Fault::Line(number, found))?;
                let mut checked = Checked::new(layout.kind);
                if !named {
                    take(line, &layout, &mut checked, number)?;
                }
                parts = Some((layout, checked));
            }
        }
    }
    match parts {
        Some((_, checked)) if checked.rows.len() > 0 => Ok(checked),
        _ => Err(Fault::Empty),
    }
}

/// What the first line says of the columns, and whether it is a line of names.
fn layout(line: &str) -> Result<(Layout, bool), String> {
    let cells: Vec<&str> = line.split(',').map(bare).collect();
    match Layout::named(&cells) {
        Some(layout) => Ok((layout?, true)),
        None => {
            // A file without absolute times is told so, whatever its columns.
            when::parse(cells[0])?;
            Ok((Layout::by_width(cells.len())?, false))
        }
    }
}

fn take(line: &str, layout: &Layout, checked: &mut Checked, number: u64) -> Result<(), Fault> {
    let mut cells = [""; SLOTS];
    let mut width = 0;
    for cell in line.split(',') {
        if let Some(slot) = layout.slot(width) {
            cells[slot] = bare(cell);
        }
        width += 1;
    }
    if width != layout.width() {
        let found = format!("{width} columns, where {} are expected", layout.width());
        return Err(Fault::Line(number, found));
    }
    checked
        .push(&cells)
        .map_err(|broken| Fault::Line(number, broken.found))
}

/// The cell without blanks and quotes around it; most have none.
fn bare(cell: &str) -> &str {
    match cell.as_bytes() {
        [b'0'..=b'9', .., b'0'..=b'9'] => cell,
        _ => cell.trim().trim_matches('"'),
    }
}
