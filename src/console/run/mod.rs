//! The loop: signals, then keys, then snapshots, then the clock. The only place in the console that
//! knows a terminal, a clock and a link.

use std::io::{self, IsTerminal};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, KeyEventKind};
use ratatui::Terminal as Screen;
use ratatui::layout::Size;

use super::canvas::Canvas;
use super::errands::Errands;
use super::inbox::{ConsoleSignals, Inbox, Waiting};
use super::keyboard::{Keyboard, Reads};
use super::keymap::Keymap;
use super::message::{Effect, Effects, Links, Msg};
use super::news;
use super::plain_run;
use super::terminal::Loan;
use super::theme::{Named, Terminal, Theme};
use super::ui::Ui;
use super::update::update;
use super::view::view;
use crate::client::Link;
use crate::core::Time;
use crate::snapshot::Snapshot;

/// Between two looks at the snapshot: four a second.
const DATA: Duration = Duration::from_millis(250);
/// The same while nothing happens, neither in the journal nor at the keyboard.
const CALM_DATA: Duration = Duration::from_millis(500);
/// So long after the last of it nothing happens.
const CALM_AFTER: Duration = Duration::from_secs(3);
/// Between two frames: ten a second.
const FRAME: Duration = Duration::from_millis(100);
/// Clock and ages are whole seconds.
const SECOND: i64 = 1_000;
/// A second of which no data has come after so many milliseconds ticks without.
const UNHEARD: i64 = 300;

/// How the console is wanted.
#[derive(Debug, Clone, Default)]
pub struct ConsoleOptions {
    /// Nothing but the stop may act.
    pub read_only: bool,
    /// How it looks to begin with.
    pub theme: Named,
    /// What the terminal can show.
    pub terminal: Terminal,
    /// Which keys do what.
    pub keys: Arc<Keymap>,
    /// Appended lines instead of a screen; also where standard output is no terminal.
    pub plain: bool,
}

/// How the console was left. The engine goes on in each case but the last, where whoever sent the
/// signal ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The operator left with `q`.
    Left,
    /// The terminal has gone, or the console broke.
    Lost,
    /// The process was told to end.
    Terminated,
}

/// Runs the console on this thread until it is left; the terminal is then as it was found.
pub fn run(link: Arc<dyn Link>, options: ConsoleOptions, signals: ConsoleSignals) -> Exit {
    let theme = options.terminal.theme(options.theme, false);
    let inbox = signals.inbox;
    let body = AssertUnwindSafe(|| {
        let ui = Ui::with_keys(options.read_only, Arc::clone(&options.keys));
        if options.plain || options.terminal.lines || !io::stdout().is_terminal() {
            return plain_run::run(&link, ui, theme, &inbox);
        }
        match Console::open(&link, &options, theme, &inbox) {
            Ok(console) => console.until_left(),
            Err(error) => {
                tracing::warn!(%error, "no screen on this terminal: lines instead");
                plain_run::run(&link, ui, theme, &inbox)
            }
        }
    });
    // The panic has been told, with the terminal given back; the engine goes on without a console.
    std::panic::catch_unwind(body).unwrap_or(Exit::Lost)
}

/// The wall clock.
pub(super) fn wall() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

/// Carries out what is wanted of the engine; the rest is the loop's own.
pub(super) fn send(errands: &Errands, effects: Effects) -> Effects {
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Stop => {
                errands.stop();
                None
            }
            Effect::Call(request, call) => {
                errands.call(request, call);
                None
            }
            Effect::Past(seq) => {
                errands.look_back(seq);
                None
            }
            own => Some(own),
        })
        .collect()
}

/// Some terminals tell no size: then the smallest usual one is taken.
fn size() -> Size {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size::new(size.ws_col, size.ws_row),
        _ => Size::new(80, 24),
    }
}

struct Console {
    link: Arc<dyn Link>,
    inbox: Inbox,
    errands: Errands,
    ui: Ui,
    theme: Theme,
    /// What the terminal can show.
    shows: Terminal,
    snapshot: Arc<Snapshot>,
    /// The last record whose news is in the log pane.
    told: u64,
    terminal: Screen<Canvas<io::Stdout>>,
    /// The time that is shown. It moves once a second, so that the clock and every age tick in one
    /// frame.
    now: Time,
    /// When the journal last grew, or a key came.
    stirred: Instant,
    dirty: bool,
    /// When the last frame was drawn; none where the next must not wait.
    drawn: Option<Instant>,
    /// A key waits to be seen.
    keyed: bool,
    /// When the last frame for a key was drawn.
    key_drawn: Option<Instant>,
    _keyboard: Keyboard,
    // Last: the terminal is given back when the threads are on their way home.
    _loan: Loan,
}

impl Console {
    fn open(
        link: &Arc<dyn Link>,
        options: &ConsoleOptions,
        theme: Theme,
        inbox: &Inbox,
    ) -> io::Result<Self> {
        let loan = Loan::screen()?;
        Ok(Self {
            link: Arc::clone(link),
            inbox: inbox.clone(),
            errands: Errands::start(link, inbox)?,
            ui: Ui::with_keys(options.read_only, Arc::clone(&options.keys)),
            theme,
            shows: options.terminal,
            snapshot: link.latest(),
            told: 0,
            now: wall(),
            stirred: Instant::now(),
            terminal: Screen::new(Canvas::new(io::stdout(), size))?,
            dirty: true,
            drawn: None,
            keyed: false,
            key_drawn: None,
            _keyboard: Keyboard::start(inbox, Reads::Keys)?,
            _loan: loan,
        })
    }

    fn until_left(mut self) -> Exit {
        let mut data = Instant::now();
        self.repaint();
        loop {
            let last = if self.keyed {
                self.key_drawn
            } else {
                self.drawn
            };
            let frame = last.map_or(data, |at| at + FRAME);
            let deadline = if self.dirty { frame.min(data) } else { data };
            let waiting = self.inbox.take(deadline);
            if waiting.terminate {
                return Exit::Terminated;
            }
            if waiting.hangup {
                return Exit::Lost;
            }
            if self.hear(waiting) {
                return Exit::Left;
            }
            let now = Instant::now();
            if self.keyed {
                data = data.min(now + DATA);
            }
            if now >= data {
                data = now + self.between_looks(now);
                self.look();
            }
            if self.dirty && self.may_draw(now) && self.draw().is_err() {
                return Exit::Lost;
            }
        }
    }

    /// What nobody asks for more often than it changes costs the engine nothing.
    fn between_looks(&self, now: Instant) -> Duration {
        if now.duration_since(self.stirred) < CALM_AFTER {
            DATA
        } else {
            CALM_DATA
        }
    }

    fn may_draw(&self, now: Instant) -> bool {
        // A key is seen at once, whatever was drawn for the data a moment ago.
        let rested = |at: Option<Instant>| at.is_none_or(|at| now >= at + FRAME);
        rested(self.drawn) || self.keyed && rested(self.key_drawn)
    }

    /// Takes what has come; true where the operator leaves.
    fn hear(&mut self, waiting: Waiting) -> bool {
        if !waiting.keys.is_empty() {
            self.keyed = true;
            self.stirred = Instant::now();
        }
        let pressed = waiting.pressed.then_some(Msg::Pressed);
        let keys = waiting.keys.into_iter().filter_map(|event| match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key)),
            Event::Paste(text) => Some(Msg::Paste(text)),
            _ => None,
        });
        let all: Vec<Msg> = pressed
            .into_iter()
            .chain(keys)
            .chain(waiting.answers)
            .collect();
        for msg in all {
            if self.tell(msg) {
                return true;
            }
        }
        false
    }

    fn tell(&mut self, msg: Msg) -> bool {
        self.dirty = true;
        let effects = update(&mut self.ui, msg, &self.snapshot);
        for effect in send(&self.errands, effects) {
            match effect {
                Effect::Leave => return true,
                Effect::Repaint => self.repaint(),
                Effect::Theme(named) => self.theme = self.shows.theme(named, true),
                Effect::Copy(text) => self.copy(text),
                Effect::Stop | Effect::Call(..) | Effect::Past(_) => {}
            }
        }
        false
    }

    /// Looks at what there is now, and asks for what comes next.
    fn look(&mut self) {
        let latest = self.link.latest();
        self.link.want();
        let links = Links {
            engine: self.link.connected(),
            stop: self.link.stop_linked(),
        };
        if links != self.ui.links {
            self.tell(Msg::Links(links));
        }
        if !Arc::ptr_eq(&latest, &self.snapshot) {
            if latest.status.seq != self.snapshot.status.seq {
                self.stirred = Instant::now();
            }
            self.snapshot = latest;
            self.told = news::tell(&self.snapshot, self.told);
            self.tell(Msg::Snapshot);
        }
        self.dirty |= self.tick(wall());
    }

    /// Moves the time that is shown, once a second and together with the data: whether it moved.
    /// Log lines come to the screen with it too.
    fn tick(&mut self, wall: Time) -> bool {
        let second = |time: Time| time.0.div_euclid(SECOND);
        let turned = second(self.snapshot.built_at) > second(self.now);
        let unheard = second(wall) > second(self.now) && wall.0.rem_euclid(SECOND) >= UNHEARD;
        let moved = turned || unheard || wall < self.now;
        if moved {
            self.now = wall;
        }
        moved
    }

    /// Hands a text to the terminal's clipboard. What cannot be written is seen by the next frame.
    fn copy(&mut self, text: String) {
        let command = CopyToClipboard::to_clipboard_from(text);
        if self.terminal.backend_mut().pass(command).is_err() {
            self.inbox.put(|w| w.hangup = true);
        }
    }

    /// The next frame is written whole, whatever the terminal shows.
    fn repaint(&mut self) {
        self.dirty = true;
        self.drawn = None;
        if self.terminal.clear().is_err() {
            self.inbox.put(|w| w.hangup = true);
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        tui_logger::move_events();
        let Self {
            terminal,
            ui,
            theme,
            snapshot,
            now,
            ..
        } = self;
        terminal.draw(|frame| view(snapshot, ui, theme, *now, frame))?;
        self.drawn = Some(Instant::now());
        if std::mem::take(&mut self.keyed) {
            self.key_drawn = self.drawn;
        }
        self.dirty = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
