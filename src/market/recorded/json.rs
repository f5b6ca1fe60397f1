//! A JSON array of rows, or of objects. Numbers are read as they are written, never through a float.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Fault;
use super::layout::{Layout, SLOTS};
use super::number::quoted;
use super::rows::Checked;

/// Bytes that a JSON file may have, unpacked.
const MAX_BYTES: u64 = 1 << 30;

/// Reads all of it.
///
/// # Errors
/// The line of the first value that is broken; nothing of the file is kept then.
pub(super) fn read(reader: impl Read) -> Result<Checked, Fault> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let found = format!("the file has more than {MAX_BYTES} bytes");
        return Err(Fault::Line(1, found));
    }
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        let line = line_of(&bytes, e.valid_up_to());
        Fault::Line(line, "the line is not UTF-8".to_owned())
    })?;
    let mut table = Table {
        text,
        parts: None,
        broken: None,
    };
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let ended = json.deserialize_seq(&mut table).and_then(|()| json.end());
    if let Some((at, found)) = table.broken {
        return Err(Fault::Line(line_of(&bytes, at), found));
    }
    ended.map_err(|e| Fault::Line(e.line() as u64, format!("no JSON array of rows: {e}")))?;
    match table.parts {
        Some((_, checked)) if checked.rows.len() > 0 => Ok(checked),
        _ => Err(Fault::Empty),
    }
}

fn line_of(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at].iter().filter(|b| **b == b'\n').count() as u64
}

/// Where the values of a row are found.
enum Shape {
    Array(Layout),
    /// The key that fills each slot.
    Object(Layout, Vec<(usize, String)>),
}

/// The rows as they come, up to the first broken one.
struct Table<'de> {
    text: &'de str,
    parts: Option<(Shape, Checked)>,
    broken: Option<(usize, String)>,
}

impl<'de> Table<'de> {
    fn take(&mut self, row: &'de RawValue, cells: &[Cell<'de>]) -> Result<(), (usize, String)> {
        let at = |text: &str| text.as_ptr() as usize - self.text.as_ptr() as usize;
        let start = at(row.get());
        if self.parts.is_none() {
            let shape = Shape::of(cells).map_err(|found| (start, found))?;
            let checked = Checked::new(shape.layout().kind);
            self.parts = Some((shape, checked));
        }
        let (shape, checked) = self.parts.as_mut().expect("just set");
        let picked = shape.pick(cells).map_err(|found| (start, found))?;
        checked
            .push(&picked.map(bare))
            .map_err(|broken| (at(picked[broken.slot]), broken.found))
    }
}

impl Shape {
    fn of(cells: &[Cell]) -> Result<Self, String> {
        let names: Vec<&str> = cells.iter().filter_map(|c| c.0.as_deref()).collect();
        if names.is_empty() {
            let trade = cells.len() == 7 && matches!(bare(cells[3].1), "buy" | "sell");
            return Ok(Self::Array(if trade {
                Layout::trade_rows()
            } else {
                Layout::by_width(cells.len())?
            }));
        }
        let layout = Layout::named(&names)
            .unwrap_or_else(|| Err("an object without a price and a time".to_owned()))?;
        let keys = names.iter().enumerate();
        let keys = keys
            .filter_map(|(column, key)| Some((layout.slot(column)?, (*key).to_owned())))
            .collect();
        Ok(Self::Object(layout, keys))
    }

    fn layout(&self) -> &Layout {
        match self {
            Self::Array(layout) | Self::Object(layout, _) => layout,
        }
    }

    fn pick<'de>(&self, cells: &[Cell<'de>]) -> Result<[&'de str; SLOTS], String> {
        let mut picked = [""; SLOTS];
        match self {
            Self::Array(layout) => {
                let named = cells.first().is_some_and(|c| c.0.is_some());
                if cells.len() != layout.width() || named {
                    return Err(format!(
                        "{} columns, where {} are expected",
                        cells.len(),
                        layout.width()
                    ));
                }
                for (column, cell) in cells.iter().enumerate() {
                    if let Some(slot) = layout.slot(column) {
                        picked[slot] = cell.1;
                    }
                }
            }
            Self::Object(_, keys) => {
                for (slot, key) in keys {
                    let cell = cells.iter().find(|c| c.0.as_deref() == Some(key));
                    picked[*slot] = cell.ok_or_else(|| format!("{key} is missing"))?.1;
                }
            }
        }
        Ok(picked)
    }
}

fn bare(value: &str) -> &str {
    value.trim_matches('"')
}

impl<'de> Visitor<'de> for &mut Table<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of candles or trades")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let mut cells = Vec::new();
        while let Some(row) = rows.next_element::<&'de RawValue>()? {
            cells.clear();
            let parsed =
                Cells(&mut cells).deserialize(&mut serde_json::Deserializer::from_str(row.get()));
            let taken = match parsed {
                Ok(()) => self.take(row, &cells),
                Err(_) => {
                    let at = row.get().as_ptr() as usize - self.text.as_ptr() as usize;
                    let found = format!(
                        "{} is no row: an array or an object is expected",
                        quoted(row.get())
                    );
                    Err((at, found))
                }
            };
            if let Err(broken) = taken {
                self.broken = Some(broken);
                return Err(A::Error::custom("a broken row"));
            }
        }
        Ok(())
    }
}

/// A value as it is written, and its key where it has one.
type Cell<'de> = (Option<Cow<'de, str>>, &'de str);

/// Gathers the values of one row.
struct Cells<'a, 'de>(&'a mut Vec<Cell<'de>>);

impl<'de> DeserializeSeed<'de> for Cells<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cells<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element::<&'de RawValue>()? {
            self.0.push((None, value.get()));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((key, value)) = entries.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            self.0.push((Some(key), value.get()));
        }
        Ok(())
    }
}
