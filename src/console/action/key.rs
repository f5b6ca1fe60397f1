//! A key, and its name: as the configuration writes it, and as footer and help show it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, as it is typed.
    Letter(char),
    /// Control and a letter.
    Control(char),
    /// Any other.
    Named(KeyCode),
}

/// Keys with a name, the first name being the one that is shown.
const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Return", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Escape", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("S-Tab", KeyCode::BackTab),
    ("BackTab", KeyCode::BackTab),
    ("Bksp", KeyCode::Backspace),
    ("Backspace", KeyCode::Backspace),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PageUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("PageDown", KeyCode::PageDown),
    ("Ins", KeyCode::Insert),
    ("Insert", KeyCode::Insert),
    ("Del", KeyCode::Delete),
    ("Delete", KeyCode::Delete),
];

/// What names of keys look like, for whoever wrote another.
pub const NAMED: &str = "a letter or sign such as \"p\" or \"/\", \"^p\" for Ctrl and a letter, \
                         Space, Enter, Esc, Tab, S-Tab, Bksp, Up, Down, Left, Right, Home, End, PgUp, \
                         PgDn, Ins, Del, F1 to F12";

impl Key {
    /// The key of an event. Alt and a letter is no letter: it may be an Esc that came in haste.
    pub fn of(event: KeyEvent) -> Self {
        match event.code {
            KeyCode::Char('\u{18}') => Self::Control('x'),
            // What Backspace sends on many terminals.
            KeyCode::Char('h' | 'H') if event.modifiers.contains(KeyModifiers::CONTROL) => {
                Self::Named(KeyCode::Backspace)
            }
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                Self::Control(c.to_ascii_lowercase())
            }
            KeyCode::Char(c) if !event.modifiers.contains(KeyModifiers::ALT) => Self::Letter(c),
            code => Self::Named(code),
        }
    }

    /// The key of a name.
    ///
    /// # Errors
    /// Why it is none, in words that follow the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let mut letters = name.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            return match letter {
                ' ' => Ok(Self::Letter(' ')),
                _ if letter.is_control() || letter.is_whitespace() => Err("is no key".to_owned()),
                _ => Ok(Self::Letter(letter)),
            };
        }
        let lower = name.to_ascii_lowercase();
        let prefixed = |prefixes: &[&str]| {
            let rest = prefixes
                .iter()
                .find_map(|prefix| lower.strip_prefix(prefix));
            rest.filter(|rest| !rest.is_empty()).map(str::to_owned)
        };
        if prefixed(&["alt-", "a-", "m-", "meta-"]).is_some() {
            let why = "cannot be told from an Esc pressed in haste before a letter";
            return Err(why.to_owned());
        }
        if let Some(rest) = prefixed(&["^", "ctrl-", "c-", "control-"]) {
            return control(&rest);
        }
        if lower == "space" {
            return Ok(Self::Letter(' '));
        }
        if let Some(number) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
            return match number {
                1..=12 => Ok(Self::Named(KeyCode::F(number))),
                _ => Err("is on no keyboard".to_owned()),
            };
        }
        let named = NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        match named {
            Some((_, code)) => Ok(Self::Named(*code)),
            None => Err("is no key".to_owned()),
        }
    }

    /// Whether it is typed into a text.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Letter(_))
    }

    /// Whether it can be told from everything that is typed, pasted or moved with: Control and a
    /// letter, or a function key.
    pub fn is_apart(self) -> bool {
        matches!(self, Self::Control(_) | Self::Named(KeyCode::F(_)))
    }
}

/// Control and a letter; some are other keys to every terminal.
fn control(rest: &str) -> Result<Key, String> {
    let mut letters = rest.chars();
    let (Some(letter @ 'a'..='z'), None) = (letters.next(), letters.next()) else {
        return Err("is no key: Ctrl goes with a letter".to_owned());
    };
    match letter {
        'i' => Err("is Tab to the terminal".to_owned()),
        'j' | 'm' => Err("is Enter to the terminal".to_owned()),
        'h' => Err("is Bksp on many terminals".to_owned()),
        _ => Ok(Key::Control(letter)),
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letter(' ') => f.write_str("Space"),
            Self::Letter(letter) => write!(f, "{letter}"),
            Self::Control(letter) => write!(f, "^{}", letter.to_ascii_uppercase()),
            Self::Named(KeyCode::F(number)) => write!(f, "F{number}"),
            Self::Named(code) => match NAMES.iter().find(|(_, named)| named == code) {
                Some((name, _)) => f.write_str(name),
                None => f.write_str("?"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_shown() {
        for name in [
            "p", "P", "/", ":", "Space", "^X", "^P", "Tab", "S-Tab", "Enter", "Esc", "Bksp",
            "PgUp", "PgDn", "Home", "End", "Up", "Down", "Left", "Right", "Ins", "Del", "F1",
            "F12", "é",
        ] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        for (other, name) in [
            ("^p", "^P"),
            ("ctrl-p", "^P"),
            ("C-P", "^P"),
            ("backtab", "S-Tab"),
            ("PageUp", "PgUp"),
            ("f5", "F5"),
            (" ", "Space"),
            ("f", "f"),
            ("^", "^"),
        ] {
            assert_eq!(Key::parse(other).unwrap().to_string(), name, "{other}");
        }
    }

    #[test]
    fn what_no_terminal_can_tell_apart_is_no_key() {
        for (name, why) in [
            ("", "is no key"),
            ("pp", "is no key"),
            ("\t", "is no key"),
            ("Alt-x", "Esc pressed in haste"),
            ("M-x", "Esc pressed in haste"),
            ("^I", "is Tab"),
            ("^m", "is Enter"),
            ("^j", "is Enter"),
            ("^h", "is Bksp"),
            ("^1", "goes with a letter"),
            ("^xy", "goes with a letter"),
            ("F13", "on no keyboard"),
            ("F0", "on no keyboard"),
        ] {
            let said = Key::parse(name).unwrap_err();
            assert!(said.contains(why), "{name}: {said}");
        }
    }

    #[test]
    fn only_what_is_apart_from_text_may_count_while_something_is_typed() {
        for (name, apart, typed) in [
            ("p", false, true),
            ("Space", false, true),
            ("^P", true, false),
            ("F5", true, false),
            ("Up", false, false),
        ] {
            let key = Key::parse(name).unwrap();
            assert_eq!((key.is_apart(), key.is_typed()), (apart, typed), "{name}");
        }
    }
}
