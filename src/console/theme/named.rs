//! Themes by their names, and what a terminal can show.

use super::{Palette, Theme};

/// A theme, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Named {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// Without colours.
    Mono,
    /// Without colours, and in ASCII.
    Ascii,
}

impl Named {
    /// Every theme, with what it is for.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Dark, "for a dark background"),
        (Self::Light, "for a light background"),
        (
            Self::Mono,
            "bold, underlined and reverse instead of colours",
        ),
        (Self::Ascii, "as mono, and nothing but ASCII"),
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
        }
    }

    /// The theme of a name.
    pub fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        let found = all.find(|(named, _)| named.word().eq_ignore_ascii_case(word));
        found.map(|(named, _)| *named)
    }
}

/// What the terminal and its user can show, or want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminal {
    /// No glyph beyond ASCII can be relied on.
    pub ascii: bool,
    /// The user wants no colours (`NO_COLOR`).
    pub colourless: bool,
    /// The cursor cannot be moved: only lines can be shown.
    pub lines: bool,
}

/// Terminals without the glyphs, whatever the locale says; the text console of Linux has no braille.
const POOR: [&str; 7] = [
    "ansi",
    "cons25",
    "dumb",
    "linux",
    "unknown",
    "vt52",
    "xterm-mono",
];

impl Terminal {
    /// What the environment says: `utf8` is whether the locale speaks it.
    pub fn of(variable: impl Fn(&str) -> Option<String>, utf8: bool) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let vt = term
            .strip_prefix("vt")
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        Self {
            ascii: !utf8 || term.is_empty() || vt || POOR.contains(&term.as_str()),
            colourless: variable("NO_COLOR").is_some_and(|value| !value.is_empty()),
            lines: term.is_empty() || term == "dumb",
        }
    }

    /// How a theme looks on it. One that was asked for by name while the console runs has its colours
    /// whatever the environment wants.
    pub fn theme(self, named: Named, asked: bool) -> Theme {
        let palette = match named {
            _ if self.colourless && !asked => Palette::Mono,
            Named::Dark => Palette::Dark,
            Named::Light => Palette::Light,
            Named::Mono | Named::Ascii => Palette::Mono,
        };
        Theme {
            palette,
            ascii: self.ascii || named == Named::Ascii,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], utf8: bool) -> Terminal {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Terminal::of(find, utf8)
    }

    #[test]
    fn a_terminal_gets_no_glyph_and_no_colour_it_has_not() {
        for (term, utf8, ascii, lines) in [
            ("xterm-256color", true, false, false),
            ("tmux-256color", true, false, false),
            ("xterm-256color", false, true, false),
            ("vt100", true, true, false),
            ("vt220-w", true, true, false),
            ("vte-256color", true, false, false),
            ("linux", true, true, false),
            ("dumb", true, true, true),
            ("", true, true, true),
        ] {
            let found = of(&[("TERM", term)], utf8);
            assert_eq!((found.ascii, found.lines), (ascii, lines), "{term} {utf8}");
        }
        assert!(!of(&[("TERM", "xterm"), ("NO_COLOR", "")], true).colourless);
        assert!(of(&[("TERM", "xterm"), ("NO_COLOR", "1")], true).colourless);
    }

    #[test]
    fn no_color_makes_every_theme_mono_until_one_is_asked_for() {
        let terminal = Terminal {
            colourless: true,
            ..Terminal::default()
        };
        for (named, _) in Named::ALL {
            assert_eq!(terminal.theme(named, false).palette, Palette::Mono);
        }
        assert_eq!(terminal.theme(Named::Light, true).palette, Palette::Light);
        let poor = Terminal {
            ascii: true,
            ..Terminal::default()
        };
        assert!(
            poor.theme(Named::Dark, true).ascii,
            "its glyphs do not come by asking"
        );
        assert!(Terminal::default().theme(Named::Ascii, false).ascii);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (named, _) in Named::ALL {
            assert_eq!(Named::of_word(named.word()), Some(named));
        }
        assert_eq!(Named::of_word("DARK"), Some(Named::Dark));
        assert_eq!(Named::of_word("drak"), None);
    }
}
