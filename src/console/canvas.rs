//! Where frames are drawn: one write a frame, within a synchronized update, and none at all where
//! nothing changed.

use std::io::{self, Write};

use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{cursor, queue};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::pen::Pen;

/// Bytes of a frame that room is made for at first; a larger one makes its own.
const FRAME: usize = 512;

/// A backend that collects a frame and writes it whole.
pub struct Canvas<W: Write> {
    pen: Pen,
    out: W,
    /// Where the cursor should be; none while it is hidden.
    wanted: Option<Position>,
    /// Whether the terminal shows it; none where that is not known.
    shown: Option<bool>,
    changed: bool,
    /// What is said beside what is drawn, for the next frame.
    beside: Vec<u8>,
    size: fn() -> Size,
}

impl<W: Write> Canvas<W> {
    /// On `out`, whose size is asked of `size`. Nobody else writes there what moves the cursor or
    /// changes the style.
    pub fn new(out: W, size: fn() -> Size) -> Self {
        Self {
            pen: Pen::new(),
            out,
            wanted: None,
            shown: None,
            changed: true,
            beside: Vec::new(),
            size,
        }
    }

    /// Says something to the terminal beside what is drawn: it goes with the next frame, which is
    /// written for it.
    ///
    /// # Errors
    /// The command cannot be written as bytes.
    pub fn pass(&mut self, command: impl crossterm::Command) -> io::Result<()> {
        self.changed = true;
        queue!(self.beside, command)
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let width = (self.size)().width;
        for (x, y, cell) in content {
            self.changed = true;
            self.pen.cell(Position::new(x, y), cell, width);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.wanted.get_or_insert_default();
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.wanted.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.wanted = Some(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.changed = true;
        self.shown = None;
        self.pen.clear(region);
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok((self.size)())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: (self.size)(),
            pixels: Size::default(),
        })
    }

    /// Ends the frame: what is left to write is written at once, or nothing is.
    fn flush(&mut self) -> io::Result<()> {
        let stays = self.wanted.is_none_or(|at| self.pen.stands_at(at));
        if !self.changed && stays && self.shown == Some(self.wanted.is_some()) {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(FRAME);
        {
            let update = Update::begin(&mut frame)?;
            update.0.append(&mut self.beside);
            if let Some(at) = self.wanted {
                self.pen.go(at);
            }
            update.0.extend_from_slice(self.pen.take().as_bytes());
            match self.wanted {
                Some(_) if self.shown != Some(true) => queue!(update.0, cursor::Show)?,
                None if self.shown != Some(false) => queue!(update.0, cursor::Hide)?,
                _ => {}
            }
        }
        self.changed = false;
        self.shown = Some(self.wanted.is_some());
        self.out.write_all(&frame)?;
        self.out.flush()
    }
}

/// A synchronized update: closed when it goes, however it goes.
struct Update<'a>(&'a mut Vec<u8>);

impl<'a> Update<'a> {
    fn begin(bytes: &'a mut Vec<u8>) -> io::Result<Self> {
        queue!(bytes, BeginSynchronizedUpdate)?;
        Ok(Self(bytes))
    }
}

impl Drop for Update<'_> {
    fn drop(&mut self) {
        // Writing into memory does not fail.
        let _ = queue!(self.0, EndSynchronizedUpdate);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::console::fixture;
    use crate::console::theme::Theme;
    use crate::console::ui::{Screen, Ui};
    use crate::console::view::view;
    use crate::snapshot::Snapshot;
    use ratatui::Terminal;

    /// Keeps each write by itself.
    #[derive(Clone, Default)]
    struct Writes(Rc<RefCell<Vec<Vec<u8>>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn size() -> Size {
        Size::new(120, 40)
    }

    #[test]
    fn a_frame_is_one_write_and_an_unchanged_one_is_none() {
        let writes = Writes::default();
        let mut terminal = Terminal::new(Canvas::new(writes.clone(), size)).unwrap();
        let snapshot = fixture::snapshot();
        let mut ui = Ui::new(false);
        let mut frame = |ui: &Ui, later: i64| {
            writes.0.borrow_mut().clear();
            let now = fixture::NOW + later;
            let theme = Theme::default();
            terminal
                .draw(|f| view(&snapshot, ui, &theme, now, f))
                .unwrap();
            writes.0.borrow().clone()
        };
        let first = frame(&ui, 0);
        assert_eq!(first.len(), 1);
        assert!(first[0].starts_with(b"\x1b[?2026h") && first[0].ends_with(b"\x1b[?2026l"));
        assert!(frame(&ui, 0).is_empty());
        assert!(frame(&ui, 999).is_empty(), "ages are whole seconds");
        let tick = frame(&ui, 1_000);
        assert!(tick[0].len() <= 150, "{}", tick[0].len());
        ui.place_mut().selected = Some("regime_detection".into());
        let key = frame(&ui, 1_000);
        assert_eq!(key.len(), 1);
        assert!(key[0].len() <= 200, "{}", key[0].len());
    }

    #[test]
    fn what_is_copied_goes_with_one_write_and_leaves_the_screen_as_it_is() {
        let writes = Writes::default();
        let mut terminal = Terminal::new(Canvas::new(writes.clone(), size)).unwrap();
        let snapshot = fixture::snapshot();
        let ui = Ui::new(false);
        let draw =
            |f: &mut ratatui::Frame<'_>| view(&snapshot, &ui, &Theme::default(), fixture::NOW, f);
        terminal.draw(draw).unwrap();
        writes.0.borrow_mut().clear();
        let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from("order_41");
        terminal.backend_mut().pass(copy).unwrap();
        terminal.draw(draw).unwrap();
        let written = writes.0.borrow().clone();
        assert_eq!(written.len(), 1);
        let text = String::from_utf8(written[0].clone()).unwrap();
        assert!(text.contains("\x1b]52;c;b3JkZXJfNDE="), "{text:?}");
        assert!(
            text.starts_with("\x1b[?2026h") && text.len() < 100,
            "{text:?}"
        );
        writes.0.borrow_mut().clear();
        terminal.draw(draw).unwrap();
        assert!(writes.0.borrow().is_empty(), "it is said once");
    }

    /// At 60 times speed a bar of a minute ends each second.
    #[test]
    fn a_bar_that_ends_moves_the_charts_within_the_budget_of_a_second() {
        let writes = Writes::default();
        let mut terminal = Terminal::new(Canvas::new(writes.clone(), size)).unwrap();
        let mut snapshot = fixture::snapshot();
        let mut ui = Ui::new(false);
        ui.screen = Screen::Positions;
        let mut frame = |snapshot: &Snapshot| {
            writes.0.borrow_mut().clear();
            let theme = Theme::default();
            terminal
                .draw(|f| view(snapshot, &ui, &theme, fixture::NOW, f))
                .unwrap();
            writes.0.borrow().iter().map(Vec::len).sum::<usize>()
        };
        frame(&snapshot);
        assert_eq!(frame(&snapshot), 0, "nothing changed");
        for price in &mut snapshot.prices {
            price.closes.rotate_left(1);
        }
        snapshot.account.curve.rotate_left(1);
        let bar = frame(&snapshot);
        assert!(bar <= 4_000, "{bar}");
    }
}
