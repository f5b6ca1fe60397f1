//! Text for a terminal: what agents and operators wrote goes through here, so that no letter of it is
//! an order to the terminal.

/// A text of one line or many: letters that would move the cursor or colour the screen are shown as
/// `\x1b`; ends of lines and tabs stay.
pub fn lines(text: &str) -> String {
    escaped(text, |letter| matches!(letter, '\n' | '\t'))
}

/// A text within a line: ends of lines and tabs are shown as `\x0a` and `\x09` too.
pub fn line(text: &str) -> String {
    escaped(text, |_| false)
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() && !stays(letter) {
            shown.push_str(&format!("\\x{:02x}", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_is_an_order_to_the_terminal() {
        let written = "\u{1b}]0;PWNED\u{7}\u{1b}[2J\u{9b}1m\u{7f}\rä\tb\nc";
        let shown = lines(written);
        assert_eq!(shown, "\\x1b]0;PWNED\\x07\\x1b[2J\\x9b1m\\x7f\\x0dä\tb\nc");
        assert_eq!(lines(&shown), shown, "shown twice, it is the same");
        assert!(line(written).ends_with("\\x0dä\\x09b\\x0ac"));
    }
}
