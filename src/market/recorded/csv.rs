//! Lines of numbers between commas, with or without a line of names before them.

use std::io::{BufRead, Read};

use super::error::Fault;
use super::layout::{Layout, SLOTS};
use super::number::{self, Number};
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
    let mut number = 0u64;
    let mut parts: Option<(Layout, Checked)> = None;
    let mut blank = None;
    loop {
        if let (Some((layout, checked)), None) = (&mut parts, blank) {
            let (bytes, lines) = clean(reader.fill_buf()?, layout, checked);
            reader.consume(bytes);
            number += lines;
        }
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

/// Takes the whole lines at the beginning of `bytes` that are plain and right, and says how many bytes and
/// lines they are. The first line that needs a closer look is left, with all that follow.
fn clean(bytes: &[u8], layout: &Layout, checked: &mut Checked) -> (usize, u64) {
    let (mut taken, mut lines) = (0, 0);
    while let Some((numbers, time, length)) = plain_line(&bytes[taken..], layout) {
        let Some((time, form)) = when::counted(time) else {
            break;
        };
        if length as u64 > MAX_LINE || !checked.admit(time, form, &numbers) {
            break;
        }
        taken += length;
        lines += 1;
    }
    (taken, lines)
}

/// The numbers of a line that has nothing but plain ones where numbers are wanted, its time, and its
/// length with the line's end.
fn plain_line(bytes: &[u8], layout: &Layout) -> Option<([Number; SLOTS], i64, usize)> {
    let mut numbers = [Number {
        mantissa: 0,
        scale: 0,
    }; SLOTS];
    let mut time = 0;
    let mut at = 0;
    let last = layout.width() - 1;
    for column in 0..=last {
        match layout.slot(column) {
            Some(0) => {
                let (digits, length) = number::digits(&bytes[at..])?;
                (time, at) = (digits, at + length);
            }
            Some(slot) => {
                let (number, length) = number::leading(&bytes[at..])?;
                (numbers[slot], at) = (number, at + length);
            }
            None => {
                let length = bytes[at..].iter().position(|b| matches!(b, b',' | b'\n'))?;
                if !bytes[at..at + length].is_ascii() {
                    return None;
                }
                at += length;
            }
        }
        let rest = bytes.get(at..)?;
        at += match rest {
            [b',', ..] if column < last => 1,
            [b'\n', ..] if column == last => 1,
            [b'\r', b'\n', ..] if column == last => 2,
            _ => return None,
        };
    }
    Some((numbers, time, at))
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

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "time,open,high,low,close,note,volume\n";

    /// What is read of a text, and what of it where every line is looked at closely.
    fn both(text: &str) -> [Result<Vec<String>, String>; 2] {
        let rows = |read: Result<Checked, Fault>| match read {
            Ok(checked) => Ok(match checked.rows {
                super::super::rows::Rows::Candles(rows) => {
                    rows.iter().map(|row| format!("{row:?}")).collect()
                }
                super::super::rows::Rows::Trades(_) => panic!("candles"),
            }),
            Err(fault) => Err(format!("{fault:?}")),
        };
        // A reader of one byte at a time never shows a whole line.
        let slow = std::io::BufReader::with_capacity(1, text.as_bytes());
        [rows(read(text.as_bytes())), rows(read(slow))]
    }

    #[test]
    fn a_plain_line_and_a_close_look_find_the_same() {
        let good = "1704067200000,1.50,2,0.5,1.500,x,0.000\n";
        for line in [
            "1704067260000,1.0,30000.12345678,.5,1.,y,7\r\n",
            "1704067260000,1,2,0.5,1.5,\u{e9},7\n",
            "1704067260000, 1,2,0.5,1.5,,7\n",
            "1704067260000,1e0,2,0.5,1.5,,7\n",
            "1704067260000,1,2,0.5,1.5,,7",
            "1704067260000,1,2,0.5,1.5,7\n",
            "1704067260000,1,2,0.5,1.5,,,7\n",
            "1704067260000,1,2,3,1.5,,7\n",
            "1704067260000,0,2,0.5,1.5,,7\n",
            "1704067260000,1000000000000,2,0.5,1.5,,7\n",
            "1704067260000,-1,2,0.5,1.5,,7\n",
            "1704067260000,1,2,0.5,1.5,,nan\n",
            "1704067200000,1,2,0.5,1.5,,7\n",
            "1704067260,1,2,0.5,1.5,,7\n",
            "60000,1,2,0.5,1.5,,7\n",
            "\n",
            "1704067260000,1234567890123456789,2,0.5,1.5,,7\n",
        ] {
            let text = format!("{HEAD}{good}{line}1704067320000,1,2,0.5,1.5,z,7\n");
            let [fast, slow] = both(&text);
            assert_eq!(fast, slow, "{line:?}");
        }
        let [fast, _] = both(&format!("{HEAD}{good}"));
        assert_eq!(fast.unwrap().len(), 1);
    }
}
