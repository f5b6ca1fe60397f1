//! Decimal numbers straight from bytes, never through a float.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// `mantissa` ÷ 10^`scale`, scale 0 to 28. Smaller than a `Decimal`, so that half a million candles
/// stay small.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) mantissa: i64,
    pub(super) scale: u8,
}

const MAX_SCALE: i32 = 28;

impl Number {
    /// Reads `12`, `-0.5`, `.5`, `1e-5` or `2.5E3`.
    ///
    /// # Errors
    /// What was found instead: no number, none that is finite, or one of more than 18 digits.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let bytes = text.as_bytes();
        if let Some(number) = plain(bytes) {
            return Ok(number);
        }
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, bytes),
        };
        let mut mantissa = 0i64;
        let mut scale = 0i32;
        let mut seen = false;
        let mut fraction = false;
        // A zero in the fraction counts only once another digit follows it.
        let mut zeros = 0i32;
        for (at, byte) in digits.iter().enumerate() {
            match byte {
                b'0' if fraction => {
                    seen = true;
                    zeros += 1;
                }
                b'0'..=b'9' => {
                    seen = true;
                    if fraction {
                        mantissa = shift(mantissa, zeros).ok_or_else(|| long(text))?;
                        scale += zeros + 1;
                        zeros = 0;
                    }
                    mantissa = mantissa
                        .checked_mul(10)
                        .and_then(|m| m.checked_add(i64::from(byte - b'0')))
                        .ok_or_else(|| long(text))?;
                }
                b'.' if !fraction => fraction = true,
                b'e' | b'E' if seen => {
                    let power: i32 = text[text.len() - digits.len() + at + 1..]
                        .parse()
                        .map_err(|_| strange(text))?;
                    scale = scale.checked_sub(power).ok_or_else(|| long(text))?;
                    break;
                }
                _ => return Err(strange(text)),
            }
        }
        if !seen {
            return Err(strange(text));
        }
        if mantissa == 0 {
            scale = 0;
        }
        if scale < 0 {
            mantissa = shift(mantissa, -scale).ok_or_else(|| long(text))?;
            scale = 0;
        }
        if scale > MAX_SCALE {
            return Err(long(text));
        }
        Ok(Self {
            mantissa: if negative { -mantissa } else { mantissa },
            scale: scale as u8,
        })
    }

    /// The same as a `Decimal`.
    pub(super) fn decimal(self) -> Decimal {
        Decimal::new(self.mantissa, u32::from(self.scale))
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        if self.scale == other.scale {
            self.mantissa.cmp(&other.mantissa)
        } else {
            self.decimal().cmp(&other.decimal())
        }
    }
}

/// The common case at full speed: digits and at most one point, too few of them to overflow.
fn plain(text: &[u8]) -> Option<Number> {
    if text.is_empty() || text.len() > 18 || text.ends_with(b"0") {
        return None;
    }
    let mut mantissa = 0i64;
    let mut point = None;
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(digit));
        } else if *byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let scale = point.map_or(0, |at| text.len() - 1 - at);
    (mantissa != 0).then_some(Number {
        mantissa,
        scale: scale as u8,
    })
}

/// The whole number that `text` begins with, of at most 19 digits, and how many bytes it takes.
pub(super) fn digits(text: &[u8]) -> Option<(i64, usize)> {
    let mut number = 0u64;
    let mut at = 0;
    while let Some(digit) = text
        .get(at)
        .map(|b| b.wrapping_sub(b'0'))
        .filter(|d| *d < 10)
    {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let number = i64::try_from(number).ok()?;
    (1..=19).contains(&at).then_some((number, at))
}

/// The plain number that `text` begins with, digits and at most one point, and how many bytes it takes.
pub(super) fn leading(text: &[u8]) -> Option<(Number, usize)> {
    let mut mantissa = 0i64;
    let mut point = None;
    let mut at = 0;
    loop {
        let byte = *text.get(at)?;
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(digit));
        } else if byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            break;
        }
        at += 1;
    }
    let count = at - usize::from(point.is_some());
    let mut scale = point.map_or(0, |point| at - point - 1);
    if count == 0 || count > 18 {
        return None;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    let number = Number {
        mantissa,
        scale: scale as u8,
    };
    Some((number, at))
}

fn shift(mantissa: i64, places: i32) -> Option<i64> {
    match places {
        0 => Some(mantissa),
        _ if mantissa == 0 => Some(0),
        _ => mantissa.checked_mul(10i64.checked_pow(places.unsigned_abs())?),
    }
}

fn strange(text: &str) -> String {
    let word = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    if matches!(word.as_str(), "nan" | "inf" | "infinity") {
        format!("{text} is not finite")
    } else {
        format!("{} is not a number", quoted(text))
    }
}

/// A text as found in a file: its beginning, in quotes, with nothing a terminal could act on.
pub(super) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("{start:?}")
}

fn long(text: &str) -> String {
    format!("{text:.60} has more than the 18 digits that can be kept exactly")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_whatever_their_form() {
        for (text, expected) in [
            ("12", "12"),
            ("-0.5", "-0.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.10000000", "1.1"),
            ("0.015571269999999998", "0.015571269999999998"),
            ("1e-5", "0.00001"),
            ("2.5E3", "2500"),
            ("1E+2", "100"),
            ("0e9", "0"),
            ("1.000000000000000000000000000000000", "1"),
            ("007", "7"),
        ] {
            let number = Number::parse(text).unwrap().decimal();
            assert_eq!(number, expected.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_said() {
        for (text, found) in [
            ("", "not a number"),
            ("-", "not a number"),
            (".", "not a number"),
            ("abc", "not a number"),
            ("1.2.3", "not a number"),
            ("1,5", "not a number"),
            ("0x10", "not a number"),
            ("e5", "not a number"),
            ("1e", "not a number"),
            ("null", "not a number"),
            ("NaN", "not finite"),
            ("-inf", "not finite"),
            ("Infinity", "not finite"),
            ("12345678901234567890", "18 digits"),
            ("1e400", "18 digits"),
            ("1e-400", "18 digits"),
        ] {
            let error = Number::parse(text).unwrap_err();
            assert!(error.contains(found), "{text}: {error}");
        }
    }
}
