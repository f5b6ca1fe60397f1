//! What things mean, and how a meaning looks: in sixteen colours, without any, or in ASCII.
//!
//! Words and shapes say it first; colour only repeats it, so the mono palette loses nothing.

mod glyphs;
mod named;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use glyphs::twin;
pub use named::{Named, Terminal};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As it should be.
    Normal,
    /// Of little interest now.
    Quiet,
    /// Worth finding at a glance.
    Strong,
    /// The name of a pane.
    Title,
    /// The name of the pane that takes the keys.
    Focus,
    /// A gain.
    Good,
    /// Look at this soon.
    Warn,
    /// Look at this now.
    Bad,
    /// The stop, and nothing else.
    Stop,
}

impl Role {
    /// Every meaning, for the lamp test.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Normal, "normal"),
        (Self::Quiet, "quiet"),
        (Self::Strong, "strong"),
        (Self::Title, "title"),
        (Self::Focus, "focus"),
        (Self::Good, "+ good"),
        (Self::Warn, "! warning"),
        (Self::Bad, "!! X critical"),
        (Self::Stop, "HARDSTOP"),
    ];
}

/// Which colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// The terminal's own two colours, bold and reverse.
    Mono,
}

/// How meanings look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// Which colours.
    pub palette: Palette,
    /// Whether every glyph is shown by its ASCII twin.
    pub ascii: bool,
}

impl Theme {
    /// The look of a meaning.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        if self.palette == Palette::Mono {
            return plain.add_modifier(mono(role));
        }
        let bold = plain.add_modifier(Modifier::BOLD);
        match (role, self.palette) {
            (Role::Normal, _) => plain,
            (Role::Strong, _) => bold,
            (Role::Title, Palette::Light) => bold.fg(Color::Blue),
            (Role::Title, _) => bold.fg(Color::Cyan),
            (Role::Focus, _) => bold.add_modifier(Modifier::REVERSED),
            (Role::Quiet, _) => plain.fg(Color::DarkGray),
            (Role::Good, Palette::Light) => plain.fg(Color::Green),
            (Role::Good, _) => plain.fg(Color::LightGreen),
            (Role::Warn, Palette::Light) => bold.fg(Color::Magenta),
            (Role::Warn, _) => plain.fg(Color::LightYellow),
            (Role::Bad, Palette::Light) => bold.fg(Color::Red),
            (Role::Bad, _) => bold.fg(Color::LightRed),
            (Role::Stop, _) => bold.fg(Color::Red).bg(Color::Yellow),
        }
    }

    /// What the selected row gets on top.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Replaces each glyph of a finished frame by its ASCII twin, where that is wished.
    pub fn finish(self, buffer: &mut Buffer) {
        if !self.ascii {
            return;
        }
        for cell in &mut buffer.content {
            let mut chars = cell.symbol().chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) if c.is_ascii() => {}
                (Some(c), None) => {
                    cell.set_char(twin(c));
                }
                _ => {
                    cell.set_char('?');
                }
            }
        }
    }

    /// A text in the letters this terminal has.
    pub fn text(self, text: &str) -> String {
        let letters = text.chars().filter(|c| !c.is_control());
        if self.ascii {
            letters
                .map(|c| if c.is_ascii() { c } else { twin(c) })
                .collect()
        } else {
            letters.collect()
        }
    }
}

/// What stands for a colour where there is none: no two meanings look alike.
fn mono(role: Role) -> Modifier {
    match role {
        Role::Normal => Modifier::empty(),
        Role::Quiet => Modifier::DIM,
        Role::Strong => Modifier::BOLD,
        Role::Title => Modifier::UNDERLINED,
        Role::Good => Modifier::DIM.union(Modifier::UNDERLINED),
        Role::Warn => Modifier::BOLD.union(Modifier::UNDERLINED),
        Role::Focus => Modifier::BOLD.union(Modifier::REVERSED),
        Role::Bad => Modifier::UNDERLINED.union(Modifier::REVERSED),
        Role::Stop => Modifier::BOLD
            .union(Modifier::UNDERLINED)
            .union(Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mono_is_made_of_the_terminals_own_colours() {
        let theme = Theme {
            palette: Palette::Mono,
            ascii: false,
        };
        for (role, _) in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn no_two_meanings_look_alike_in_any_theme_or_read_alike_in_words() {
        for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
            let theme = Theme {
                palette,
                ascii: false,
            };
            for (i, (a, words)) in Role::ALL.iter().enumerate() {
                for (b, other) in &Role::ALL[i + 1..] {
                    assert_ne!(theme.style(*a), theme.style(*b), "{palette:?} {a:?} {b:?}");
                    assert_ne!(words, other);
                }
            }
        }
    }

    #[test]
    fn red_on_yellow_is_the_stops_alone() {
        for palette in [Palette::Dark, Palette::Light, Palette::Mono] {
            let theme = Theme {
                palette,
                ascii: false,
            };
            for (role, _) in Role::ALL {
                let style = theme.style(role);
                let warns = (style.fg, style.bg) == (Some(Color::Red), Some(Color::Yellow));
                assert_eq!(warns, role == Role::Stop && palette != Palette::Mono);
            }
        }
    }
}
