//! The language of filters: words that must all be there, `!word` for one that must not.

/// Whether a row passes a filter; `has` says whether the row has a word, which is in small letters.
pub fn holds(filter: &str, has: impl Fn(&str) -> bool) -> bool {
    let filter = filter.to_lowercase();
    filter
        .split_whitespace()
        .all(|word| match word.strip_prefix('!') {
            // Half typed, it takes nothing away yet.
            Some("") => true,
            Some(word) => !has(word),
            None => has(word),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_there_and_those_after_a_mark_must_not() {
        let row = "order_42 stop btc/usdt sell";
        for (filter, passes) in [
            ("", true),
            ("  ", true),
            ("BTC", true),
            ("sell stop", true),
            ("sell buy", false),
            ("!buy", true),
            ("!SELL", false),
            ("btc !target !", true),
            ("btc !stop", false),
            ("!", true),
        ] {
            assert_eq!(holds(filter, |word| row.contains(word)), passes, "{filter}");
        }
    }
}
