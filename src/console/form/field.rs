//! A field of a form: what is typed, and what is made of it.

use rust_decimal::Decimal;
use serde_json::Value;

/// The one figure that can be taken away: by zero.
pub(super) const TRAIL: &str = "trail";

/// What may be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A figure that replaces the one in force; where it is the same, nothing is asked.
    Change,
    /// An amount above zero.
    Amount,
    /// A whole number within bounds.
    Whole(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text but none.
    Text,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in the request.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What it means.
    pub hint: &'static str,
    /// As it is in force; empty for none.
    pub given: String,
    /// As it is typed.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What may be typed.
    takes: Takes,
}

impl Field {
    pub(super) fn new(name: &'static str, hint: &'static str, given: Option<Decimal>) -> Self {
        let given = given.map_or_else(String::new, |d| d.normalize().to_string());
        Self {
            name,
            label: match name {
                "stop_price" => "stop price",
                name => name,
            },
            hint,
            text: given.clone(),
            given,
            error: None,
            takes: Takes::Change,
        }
    }

    /// How far a stop stays behind: typed in percent, asked for as a fraction.
    pub(super) fn trail(given: Option<Decimal>) -> Self {
        let percent = given.map(|fraction| fraction * Decimal::ONE_HUNDRED);
        Self {
            label: "trail %",
            ..Self::new(TRAIL, "stop's distance in percent; 0 ends it", percent)
        }
    }

    /// What is asked for anew, with `text` to begin with.
    pub(super) fn asked(
        name: &'static str,
        hint: &'static str,
        takes: Takes,
        text: impl Into<String>,
    ) -> Self {
        Self {
            text: text.into(),
            takes,
            ..Self::new(name, hint, None)
        }
    }

    /// Whether it changes a figure in force.
    pub fn changes(&self) -> bool {
        self.takes == Takes::Change
    }

    /// What is wanted, as the request has it; none where it stays as it is.
    pub(super) fn wanted(&self) -> Result<Option<Value>, String> {
        let text = self.text.trim();
        match self.takes {
            Takes::Change => {
                let changed = self.changed().map_err(str::to_owned)?;
                Ok(changed.map(Value::String))
            }
            _ if text.is_empty() => Err("it is needed".to_owned()),
            Takes::Text => Ok(Some(text.into())),
            Takes::Amount => match figure(text) {
                Some(amount) if amount > Decimal::ZERO => Ok(Some(amount.to_string().into())),
                Some(_) => Err("above zero, please".to_owned()),
                None => Err("this is no number; such as 5000 or 5,000.50".to_owned()),
            },
            Takes::Whole(least, most) => {
                let digits = text.replace(',', "");
                let number = figure(text).and_then(|_| digits.parse::<u64>().ok());
                let within = number.filter(|n| (least..=most).contains(n));
                let number = within.ok_or_else(|| format!("a whole number, {least} to {most}"))?;
                Ok(Some(number.into()))
            }
            Takes::Word(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
                let word = word.ok_or_else(|| format!("one of {}", words.join(", ")))?;
                Ok(Some((*word).into()))
            }
        }
    }

    /// What is wanted instead of the figure in force.
    fn changed(&self) -> Result<Option<String>, &'static str> {
        let text = self.text.trim();
        let given = self.given.parse::<Decimal>().ok();
        let wanted = figure(text);
        let trails = self.name == TRAIL;
        let ends = trails && (text.is_empty() || wanted == Some(Decimal::ZERO));
        match (wanted, given) {
            _ if ends => Ok(given.map(|_| "0".to_owned())),
            _ if text.is_empty() && given.is_none() => Ok(None),
            _ if text.is_empty() => Err("it can be moved, not taken away"),
            (Some(value), _) if value <= Decimal::ZERO => Err("above zero, please"),
            (Some(value), Some(given)) if value == given => Ok(None),
            (Some(percent), _) if trails => {
                let fraction = percent / Decimal::ONE_HUNDRED;
                Ok(Some(fraction.normalize().to_string()))
            }
            (Some(value), _) => Ok(Some(value.to_string())),
            (None, _) => Err("this is no number; such as 64230.5 or 64,230.5"),
        }
    }
}

/// A figure as it is typed. Commas part thousands and nothing else: one that may be meant as the
/// point makes it no number.
pub(super) fn figure(text: &str) -> Option<Decimal> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let mut groups = unsigned.split(',');
    let first = groups.next()?;
    let mut thousands = groups.clone();
    let parted = thousands.all(|group| group.len() == 3 && digits(group));
    let begins = match groups.next() {
        Some(_) => matches!(first.len(), 1..=3),
        None => true,
    };
    let plain = parted && begins && digits(first) && digits(rest);
    plain.then(|| text.replace(',', "").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_part_thousands_and_nothing_else() {
        let value = |text: &str| figure(text).map(|d| d.to_string());
        for (text, is) in [
            ("61515.7", "61515.7"),
            ("61,515.70", "61515.70"),
            ("1,061,515", "1061515"),
            ("-5", "-5"),
        ] {
            assert_eq!(value(text).as_deref(), Some(is), "{text}");
        }
        for text in [
            "61515,7",
            "61,5157",
            "6151,571",
            ",515",
            "61,",
            "1.5,7",
            "1.515,700",
            "1,,515",
            "",
            ".",
            ",",
            "1,515,7",
            "1_000",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn each_kind_of_field_takes_only_what_it_means() {
        let of = |takes, text: &str| Field::asked("field", "hint", takes, text).wanted();
        let number = |text: &str| of(Takes::Whole(1, 1_000), text);
        assert_eq!(number(" 1,000 "), Ok(Some(1_000.into())));
        for wrong in ["0", "1001", "1.5", "-1", "many", "10,00"] {
            assert_eq!(
                number(wrong),
                Err("a whole number, 1 to 1000".into()),
                "{wrong}"
            );
        }
        assert_eq!(
            of(Takes::Word(&["grid", "tpe"]), "TPE"),
            Ok(Some("tpe".into()))
        );
        assert!(of(Takes::Word(&["grid", "tpe"]), "t").is_err());
        assert_eq!(of(Takes::Amount, "5,000.50"), Ok(Some("5000.50".into())));
        assert!(of(Takes::Amount, "0").is_err() && of(Takes::Amount, "5000,5").is_err());
        for takes in [Takes::Text, Takes::Amount, Takes::Whole(0, 9)] {
            assert_eq!(of(takes, "  "), Err("it is needed".into()));
        }
    }
}
