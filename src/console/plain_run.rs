//! The loop of lines: what changed is appended, and what is typed is a line.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::Event;

use super::errands::Errands;
use super::inbox::Inbox;
use super::keyboard::{Keyboard, Reads};
use super::message::{Effect, Links, Msg};
use super::plain;
use super::plain_talk::{self, Heard};
use super::run::{Exit, send, wall};
use super::terminal::Loan;
use super::theme::Theme;
use super::ui::Ui;
use super::update::update;
use crate::client::Link;
use crate::snapshot::Snapshot;

/// Between two looks at the snapshot.
const DATA: Duration = Duration::from_millis(500);

/// Prints lines until it is left. Where there is no terminal nothing is read.
pub fn run(link: &Arc<dyn Link>, ui: Ui, theme: Theme, inbox: &Inbox) -> Exit {
    let Ok(errands) = Errands::start(link, inbox) else {
        return Exit::Lost;
    };
    let loan = Loan::lines();
    let keyboard = loan.as_ref().map(|_| Keyboard::start(inbox, Reads::Lines));
    let mut desk = Desk {
        ui,
        snapshot: link.latest(),
        errands,
        theme,
        said: Vec::new(),
    };
    let exit = desk.until_left(link, inbox).unwrap_or(Exit::Lost);
    drop(keyboard);
    exit
}

struct Desk {
    ui: Ui,
    snapshot: Arc<Snapshot>,
    errands: Errands,
    theme: Theme,
    /// What was last asked or told.
    said: Vec<String>,
}

impl Desk {
    fn until_left(&mut self, link: &Arc<dyn Link>, inbox: &Inbox) -> io::Result<Exit> {
        self.print(&plain::lines(None, &self.snapshot, self.theme))?;
        self.print(&[plain_talk::offered(&self.ui)])?;
        let mut data = Instant::now();
        loop {
            let waiting = inbox.take(data);
            if waiting.terminate {
                return Ok(Exit::Terminated);
            }
            if waiting.hangup {
                return Ok(Exit::Lost);
            }
            let mut messages: Vec<Msg> = Vec::new();
            messages.extend(waiting.pressed.then_some(Msg::Pressed));
            for event in waiting.keys {
                if let Event::Paste(line) = event
                    && self.line(&line)?
                {
                    return Ok(Exit::Left);
                }
            }
            messages.extend(waiting.answers);
            if Instant::now() >= data {
                data = Instant::now() + DATA;
                messages.extend(self.look(link)?);
            }
            for msg in messages {
                if matches!(msg, Msg::Pressed) {
                    self.print(&["HARDSTOP requested".to_owned()])?;
                }
                self.tell(msg);
            }
            self.say()?;
        }
    }

    fn look(&mut self, link: &Arc<dyn Link>) -> io::Result<Vec<Msg>> {
        let mut messages = Vec::new();
        let latest = link.latest();
        link.want();
        let links = Links {
            engine: link.connected(),
            stop: link.stop_linked(),
        };
        if links != self.ui.links {
            let linked = |on| if on { "linked" } else { "NO LINK" };
            self.print(&[format!(
                "engine {}, stop key {}",
                linked(links.engine),
                linked(links.stop)
            )])?;
            messages.push(Msg::Links(links));
        }
        if !Arc::ptr_eq(&latest, &self.snapshot) {
            let lines = plain::lines(Some(&self.snapshot), &latest, self.theme);
            self.print(&lines)?;
            self.snapshot = latest;
            messages.push(Msg::Snapshot);
        }
        Ok(messages)
    }

    /// Takes a line; true where the operator leaves.
    fn line(&mut self, line: &str) -> io::Result<bool> {
        match plain_talk::hear(line, &self.ui, &self.snapshot, wall(), self.theme) {
            Heard::Said(lines) => self.print(&lines)?,
            Heard::Told(messages) => {
                // What is asked again after an answer is said again.
                self.said.clear();
                for msg in messages {
                    if self.tell(msg) {
                        return Ok(true);
                    }
                }
                self.say()?;
            }
        }
        Ok(false)
    }

    fn tell(&mut self, msg: Msg) -> bool {
        let effects = update(&mut self.ui, msg, &self.snapshot);
        send(&self.errands, effects).contains(&Effect::Leave)
    }

    /// Says what is asked of the operator, or told, once.
    fn say(&mut self) -> io::Result<()> {
        let (lines, closes) = plain_talk::said(&self.ui, &self.snapshot, wall(), self.theme);
        if closes {
            self.ui.layer = None;
        }
        if lines != self.said {
            self.print(&lines)?;
            self.said = lines;
        }
        Ok(())
    }

    fn print(&self, lines: &[String]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&self.theme.text(line));
            text.push('\n');
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}
