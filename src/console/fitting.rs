//! One line of parts, each with a longer and a shorter way to say it: what does not fit is said
//! shorter, then left out, the least important first. Nothing is ever cut in the middle.

use ratatui::text::{Line, Span};

use super::theme::{Role, Theme};

/// A part of a line.
#[derive(Debug, Clone)]
pub struct Part {
    role: Role,
    /// The longest first.
    ways: Vec<String>,
    /// The highest goes first where room is short.
    rank: u8,
}

impl Part {
    /// A part that is said in one way; `rank` 0 is the most important.
    pub fn new(rank: u8, role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            ways: vec![text.into()],
            rank,
        }
    }

    /// A shorter way to say it.
    #[must_use]
    pub fn or(mut self, shorter: impl Into<String>) -> Self {
        self.ways.push(shorter.into());
        self
    }
}

/// Between two parts.
const GAP: usize = 2;

/// As many parts as fit into `width` columns, in their order.
pub fn fit(parts: Vec<Part>, width: usize, theme: Theme) -> Line<'static> {
    let mut parts: Vec<(Part, usize)> = parts.into_iter().map(|part| (part, 0)).collect();
    let wide = |text: &str| Span::raw(text).width();
    loop {
        let texts: usize = parts.iter().map(|(p, way)| wide(&p.ways[*way])).sum();
        if texts + GAP * parts.len().saturating_sub(1) <= width {
            break;
        }
        let shorten = (0..parts.len())
            .filter(|i| parts[*i].1 + 1 < parts[*i].0.ways.len())
            .max_by_key(|i| parts[*i].0.rank);
        let drop = (0..parts.len()).max_by_key(|i| parts[*i].0.rank);
        match (shorten, drop) {
            (Some(i), Some(least)) if parts[i].0.rank >= parts[least].0.rank => parts[i].1 += 1,
            (_, Some(least)) if parts[least].0.rank > SHORTENED_FIRST => {
                parts.remove(least);
            }
            (Some(i), _) => parts[i].1 += 1,
            (None, Some(least)) => {
                parts.remove(least);
            }
            (None, None) => break,
        }
    }
    let mut spans = Vec::with_capacity(parts.len() * 2);
    for (part, way) in parts {
        if !spans.is_empty() {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        spans.push(Span::styled(part.ways[way].clone(), theme.style(part.role)));
    }
    Line::from(spans)
}

/// A line within `width` columns; where it is longer, no number in it is cut, and `…` says that words
/// are.
pub fn whole(line: Line<'_>, width: usize) -> Line<'_> {
    if line.width() <= width {
        return line;
    }
    let mut kept = Line {
        spans: Vec::new(),
        ..line
    };
    let mut room = width;
    for span in line.spans {
        let wide = span.width();
        if wide <= room {
            room -= wide;
            kept.spans.push(span);
            continue;
        }
        let text = cut(&span.content, room);
        kept.spans.push(Span::styled(text, span.style));
        break;
    }
    kept
}

/// As much of a text as fits, with `…` where something is missing; a number goes whole.
pub fn cut(text: &str, width: usize) -> String {
    let wide = |text: &str| Span::raw(text).width();
    if wide(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut rest = text.chars();
    for c in rest.by_ref() {
        kept.push(c);
        if wide(&kept) >= width {
            kept.pop();
            let of_number = |c: char| {
                c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+' | '/' | '%' | ':')
            };
            if of_number(c)
                || c.is_ascii_alphanumeric() && kept.ends_with(|c: char| c.is_ascii_digit())
            {
                kept.truncate(kept.trim_end_matches(of_number).len());
            }
            break;
        }
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// Parts of this rank and below are all said shorter before one of them is left out.
const SHORTENED_FIRST: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(width: usize) -> String {
        let parts = vec![
            Part::new(2, Role::Normal, "[PAPER]"),
            Part::new(0, Role::Normal, "RUNNING"),
            Part::new(9, Role::Normal, "seq 184223"),
            Part::new(1, Role::Normal, "STOP KEY ^X linked")
                .or("^X linked")
                .or("^X"),
        ];
        fit(parts, width, Theme::default()).to_string()
    }

    #[test]
    fn numbers_are_never_cut_in_the_middle() {
        for (text, width, shown) in [
            ("technical", 9, "technical"),
            ("technical", 5, "tech…"),
            ("technical", 0, ""),
            ("price 64230.1 now", 10, "price …"),
            ("price 64230.1 now", 12, "price …"),
            ("price 64230.1 now", 15, "price 64230.1 …"),
            ("took 12ms", 8, "took …"),
            ("next 14:02:31", 11, "next …"),
            ("+1,234.5", 7, "…"),
        ] {
            assert_eq!(cut(text, width), shown, "{text} {width}");
        }
        let line = || Line::from(vec![Span::raw("ab "), Span::raw("12.5 cd")]);
        assert_eq!(whole(line(), 10).to_string(), "ab 12.5 cd");
        assert_eq!(whole(line(), 9).to_string(), "ab 12.5 …");
        assert_eq!(whole(line(), 6).to_string(), "ab …");
        assert_eq!(whole(line(), 3).to_string(), "ab ");
    }

    #[test]
    fn what_does_not_fit_is_said_shorter_and_then_left_out() {
        assert_eq!(said(80), "[PAPER]  RUNNING  seq 184223  STOP KEY ^X linked");
        assert_eq!(said(40), "[PAPER]  RUNNING  STOP KEY ^X linked");
        assert_eq!(said(30), "[PAPER]  RUNNING  ^X linked");
        assert_eq!(said(20), "[PAPER]  RUNNING  ^X");
        assert_eq!(said(15), "RUNNING  ^X");
        assert_eq!(said(9), "RUNNING");
        assert_eq!(said(3), "");
    }
}
