//! What things mean, and how a meaning looks: in sixteen colours, without any, or in ASCII.
//!
//! Words and shapes say it first; colour only repeats it, so the mono palette loses nothing.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

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

impl Palette {
    /// By its name in the configuration: `dark`, `light`, `mono`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "mono" => Some(Self::Mono),
            _ => None,
        }
    }
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
        let bold = plain.add_modifier(Modifier::BOLD);
        match (role, self.palette) {
            (Role::Normal, _) => plain,
            (Role::Strong | Role::Title, _) => bold,
            (Role::Focus, _) => bold.add_modifier(Modifier::REVERSED),
            (Role::Quiet, Palette::Mono) => plain,
            (Role::Quiet, _) => plain.fg(Color::DarkGray),
            (Role::Good, Palette::Dark) => plain.fg(Color::LightGreen),
            (Role::Good, Palette::Light) => plain.fg(Color::Green),
            (Role::Good, Palette::Mono) => plain,
            (Role::Warn, Palette::Dark) => plain.fg(Color::LightYellow),
            (Role::Warn, Palette::Light) => bold.fg(Color::Magenta),
            (Role::Warn, Palette::Mono) => bold,
            (Role::Bad, Palette::Dark) => bold.fg(Color::LightRed),
            (Role::Bad, Palette::Light) => bold.fg(Color::Red),
            (Role::Bad, Palette::Mono) => bold.add_modifier(Modifier::UNDERLINED),
            (Role::Stop, Palette::Mono) => bold.add_modifier(Modifier::REVERSED),
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

/// The ASCII letter that stands for a glyph.
fn twin(glyph: char) -> char {
    match glyph {
        '─' | '–' | '—' | '−' | '╌' => '-',
        '│' => '|',
        '┌' | '┐' | '└' | '┘' => '+',
        '→' => '>',
        '↑' | '▲' => '^',
        '↓' | '▼' => 'v',
        '\u{2800}'..='\u{28ff}' => dots(glyph),
        '…' => '.',
        '·' => '.',
        '■' => '#',
        '□' => '.',
        '▁' => '_',
        '▂' => '.',
        '▃' => ':',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        '█' => '#',
        '▒' => '=',
        '▓' => '*',
        '░' => ':',
        '×' => 'x',
        'µ' => 'u',
        _ => '?',
    }
}

/// The ASCII letter that lies where the dots of a braille cell do.
fn dots(glyph: char) -> char {
    let set = glyph as u32 - 0x2800;
    let rows = [0x09, 0x12, 0x24, 0xc0].map(|row| set & row != 0);
    match rows {
        [false, false, false, false] => ' ',
        [true, false, false, false] | [true, true, false, false] => '\'',
        [false, false, false, true] | [false, false, true, true] => '.',
        [false, _, _, false] => '-',
        _ => '|',
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
    fn a_dot_in_ascii_lies_where_it_did() {
        let drawn: String = "⠀⠁⠈⠂⠄⡀⢀⣇⠶⠛⣤".chars().map(twin).collect();
        assert_eq!(drawn, " ''--..|-'.");
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
