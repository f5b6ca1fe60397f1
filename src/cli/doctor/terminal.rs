//! The terminal: whether there is one, how large it is, and what it shows.

use std::io::IsTerminal;

use super::super::picture::speaks_utf8;
use super::{Env, Finding};

const TERMINAL: &str = "terminal";
const LETTERS: &str = "letters";
const COLOURS: &str = "colours";
const MULTIPLEXER: &str = "multiplexer";
const KEYS: &str = "stop key";

/// What the console is laid out for.
const WIDTH: u16 = 80;
const HEIGHT: u16 = 24;

pub(super) fn look(env: &Env) -> Vec<Finding> {
    let there = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !there {
        let found = "none here: `pilothouse run --headless` needs none";
        return vec![Finding::ok(TERMINAL, found)];
    }
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    let size = size.map(|size| (size.ws_col, size.ws_row));
    vec![
        dimensions(size, env),
        letters(speaks_utf8()),
        colours(env),
        multiplexer(env),
        // The protocol sends keys as sequences, and the kernel would no longer see the stop's byte.
        Finding::ok(
            KEYS,
            "^X; the kitty keyboard protocol stays off, so the kernel takes it",
        ),
    ]
}

fn dimensions(size: Option<(u16, u16)>, env: &Env) -> Finding {
    if env
        .get("TERM")
        .is_none_or(|term| term.is_empty() || term == "dumb")
    {
        let found = "TERM names no terminal with a screen";
        return Finding::warn(
            TERMINAL,
            found,
            "`--plain` prints lines instead of a screen",
        );
    }
    match size {
        Some((width, height)) if width >= WIDTH && height >= HEIGHT => {
            Finding::ok(TERMINAL, format!("{width}×{height}"))
        }
        Some((width, height)) => Finding::warn(
            TERMINAL,
            format!("{width}×{height}, below {WIDTH}×{HEIGHT}: one pane at a time"),
            "make the window larger",
        ),
        None => Finding::warn(
            TERMINAL,
            "it does not tell its size",
            "`--plain` needs none",
        ),
    }
}

fn letters(utf8: bool) -> Finding {
    match utf8 {
        true => Finding::ok(LETTERS, "UTF-8"),
        false => Finding::warn(
            LETTERS,
            "the locale is not UTF-8: glyphs are shown in ASCII",
            "export LC_ALL=C.UTF-8",
        ),
    }
}

fn colours(env: &Env) -> Finding {
    if env.get("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Finding::ok(
            COLOURS,
            "none: NO_COLOR is set; words and shapes say everything",
        );
    }
    let term = env.get("TERM").map_or("", String::as_str);
    if term.starts_with("vt") {
        return Finding::ok(
            COLOURS,
            format!("{term} has none; words and shapes say everything"),
        );
    }
    Finding::ok(COLOURS, "the terminal's sixteen")
}

fn multiplexer(env: &Env) -> Finding {
    let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
    let found = if set("TMUX") {
        "tmux: ^X is no prefix of its own; copying with Y needs `set -g set-clipboard on`"
    } else if set("ZELLIJ") {
        "zellij: ^X passes; its own lock mode may hold other keys"
    } else if set("STY") {
        let found = "screen: ^X passes, and ^A is its own";
        return Finding::warn(
            MULTIPLEXER,
            found,
            "copying with Y does not reach the terminal",
        );
    } else {
        "none"
    };
    Finding::ok(MULTIPLEXER, found)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn size_and_kind_of_the_terminal() {
        let term = env(&[("TERM", "xterm-256color")]);
        let of = |size, env: &Env| dimensions(size, env).status;
        assert_eq!(of(Some((80, 24)), &term), Verdict::Ok);
        assert_eq!(of(Some((79, 24)), &term), Verdict::Warn);
        assert_eq!(of(None, &term), Verdict::Warn);
        assert_eq!(of(Some((80, 24)), &env(&[("TERM", "dumb")])), Verdict::Warn);
        assert_eq!(of(Some((80, 24)), &env(&[])), Verdict::Warn);
        assert_eq!(letters(false).status, Verdict::Warn);
    }

    #[test]
    fn what_stands_between_is_named() {
        assert!(
            multiplexer(&env(&[("TMUX", "/tmp/x")]))
                .found
                .starts_with("tmux")
        );
        assert_eq!(multiplexer(&env(&[("STY", "1")])).status, Verdict::Warn);
        assert_eq!(multiplexer(&env(&[])).found, "none");
        assert!(
            colours(&env(&[("NO_COLOR", "1")]))
                .found
                .starts_with("none")
        );
        assert!(
            colours(&env(&[("TERM", "vt220")]))
                .found
                .contains("has none")
        );
    }
}
