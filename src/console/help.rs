//! Help: what this screen is for, and every key of this console, as it is bound.

use ratatui::text::Line;

use super::action::{ACTIONS, Binding, Context};
use super::overlay::wrapped;
use super::pane::Look;
use super::theme::Role;
use super::ui::Screen;

/// Where keys count, in the order in which help tells it.
const PLACES: [(Context, &str); 8] = [
    (Context::Browsing, "on a screen"),
    (Context::Always, "everywhere, while something is typed too"),
    (Context::Named, "by name alone"),
    (Context::Commanding, "while a command is named"),
    (Context::Typing, "while something is typed"),
    (Context::Filling, "in a form"),
    (Context::Asking, "at a question"),
    (Context::Reading, "while something is read"),
];

/// Columns of the keys.
const KEYS: usize = 14;

/// All of help, in lines of at most `width` letters.
pub fn lines(look: Look<'_>, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    here(look, width, &mut lines);
    for (context, words) in PLACES {
        lines.push(Line::from(look.span(Role::Strong, words)));
        for b in ACTIONS.iter().filter(|b| b.context == context) {
            if !(look.ui.read_only && b.acts) {
                key(b, look, width, &mut lines);
            }
        }
    }
    screens(look, width, &mut lines);
    notes(look, width, &mut lines);
    lines
}

/// What the screen is for.
fn here(look: Look<'_>, width: usize, lines: &mut Vec<Line<'static>>) {
    let screen = look.ui.screen;
    let text = format!("{}: {}", screen.name().to_uppercase(), screen.about());
    for line in wrapped(&text, width, 2) {
        lines.push(Line::from(look.span(Role::Strong, line)));
    }
    lines.push(Line::default());
}

/// An action with its keys, and why it cannot be done now.
fn key(b: &'static Binding, look: Look<'_>, width: usize, lines: &mut Vec<Line<'static>>) {
    let blocked = match b.context {
        Context::Browsing | Context::Named if look.ui.frozen.is_some() && b.acts => {
            Some("frozen".to_owned())
        }
        Context::Browsing | Context::Named => (b.blocked)(look.ui, look.snapshot),
        _ => None,
    };
    let role = match blocked {
        Some(_) => Role::Quiet,
        None => Role::Normal,
    };
    let why = blocked.map_or(String::new(), |why| format!(" (not now: {why})"));
    let keys = look.ui.keys.shown(b);
    entry(&keys, &format!("{}{why}", b.help), role, look, width, lines);
}

fn entry(
    keys: &str,
    text: &str,
    role: Role,
    look: Look<'_>,
    width: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let text = format!("  {keys:<KEYS$} {text}");
    for line in wrapped(&text, width, KEYS + 3) {
        lines.push(Line::from(look.span(role, line)));
    }
}

fn screens(look: Look<'_>, width: usize, lines: &mut Vec<Line<'static>>) {
    lines.push(Line::from(look.span(Role::Strong, "the screens")));
    for screen in Screen::all() {
        let keys = look.ui.screen_key(screen);
        let text = format!("{}: {}", screen.name(), screen.about());
        entry(&keys, &text, Role::Normal, look, width, lines);
    }
}

/// What no key says by itself.
const NOTES: [(&str, &str); 5] = [
    (
        "stop keys",
        "^X goes through the kernel: it stops while the screen is stuck or nobody reads it. Others that \
         [console.keys] adds are read by the console, as any key is.",
    ),
    (
        "filter",
        "every word must stand in the row; !word must not. On the audit kind:, by: and from: look into one column.",
    ),
    (
        "commands",
        "a name, then what it is told: close position_3, screen risk, filter BTC !stop. Enter completes what \
         is not named in full, and does what is.",
    ),
    (
        "clipboard",
        "what is copied goes to your terminal as OSC 52, over SSH too. tmux passes it on after: tmux set -s \
         set-clipboard on. GNU screen does not. Some terminals ask first, or want it turned on.",
    ),
    (
        "keys",
        "[console.keys] in the configuration rebinds any of them by its name, such as pause = [\"F5\"]; \
         README's table names every action.",
    ),
];

fn notes(look: Look<'_>, width: usize, lines: &mut Vec<Line<'static>>) {
    lines.push(Line::from(look.span(Role::Strong, "worth knowing")));
    for (about, text) in NOTES {
        entry(about, text, Role::Normal, look, width, lines);
    }
}
