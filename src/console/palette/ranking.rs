//! How well a candidate fits what is typed: letters in their order, the beginning first.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Compares candidates with one text.
pub struct Ranking {
    matcher: Matcher,
    letters: Vec<char>,
    text: String,
    in_order: Atom,
    whole: Atom,
}

impl Ranking {
    /// For a text; an empty one fits everything alike.
    pub fn of(text: &str) -> Self {
        let mut config = Config::DEFAULT;
        config.prefer_prefix = true;
        let atom = |kind| {
            Atom::new(
                text,
                CaseMatching::Ignore,
                Normalization::Smart,
                kind,
                false,
            )
        };
        Self {
            matcher: Matcher::new(config),
            letters: Vec::new(),
            text: text.to_lowercase(),
            in_order: atom(AtomKind::Fuzzy),
            whole: atom(AtomKind::Substring),
        }
    }

    /// How well a name fits, the higher the better; none where it does not.
    pub fn name(&mut self, name: &str) -> Option<u32> {
        let score = score(&self.in_order, name, &mut self.letters, &mut self.matcher)?;
        let begins = name.to_lowercase().starts_with(&self.text);
        Some(u32::from(score) + if begins { BEGINS } else { 0 })
    }

    /// Whether a sentence holds the text, whole; less than any name that fits.
    pub fn sentence(&mut self, words: &str) -> bool {
        !self.text.is_empty()
            && score(&self.whole, words, &mut self.letters, &mut self.matcher).is_some()
    }
}

/// What a name that begins with the text is worth beyond its letters: more than they ever are.
const BEGINS: u32 = 1 << 16;

fn score(atom: &Atom, text: &str, letters: &mut Vec<char>, matcher: &mut Matcher) -> Option<u16> {
    atom.score(Utf32Str::new(text, letters), matcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_fit_and_beginnings_fit_best() {
        let mut ranking = Ranking::of("sd");
        assert!(ranking.name("shutdown").is_some());
        assert_eq!(ranking.name("dusk"), None);
        let mut ranking = Ranking::of("pa");
        assert!(ranking.name("page-up") > ranking.name("step-back"));
        assert!(ranking.sentence("the next pane") && !ranking.sentence("apply"));
        let mut ranking = Ranking::of("");
        assert_eq!(ranking.name("pause"), ranking.name("resume"));
        assert!(!ranking.sentence("anything"));
    }
}
