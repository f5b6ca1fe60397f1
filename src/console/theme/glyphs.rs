//! Each glyph of the console and the ASCII letter that stands for it.

/// The ASCII letter that stands for a glyph.
pub fn twin(glyph: char) -> char {
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
    fn a_dot_in_ascii_lies_where_it_did() {
        let drawn: String = "⠀⠁⠈⠂⠄⡀⢀⣇⠶⠛⣤".chars().map(twin).collect();
        assert_eq!(drawn, " ''--..|-'.");
    }
}
