//! What a key accepts: the check, and the words for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use rust_decimal::Decimal;

use super::raw::Raw;
use super::value::Value;
use super::{alerts, secret};
use crate::core::Symbol;

/// What a key accepts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A bare whole number of `unit`, both ends allowed.
    Whole {
        /// What is counted.
        unit: &'static str,
        /// The least that is allowed.
        min: u64,
        /// The most that is allowed.
        max: u64,
    },
    /// A quoted ratio from 0 to 1.
    Share,
    /// A quoted amount of `unit`, above 0.
    Amount {
        /// What it is an amount of.
        unit: &'static str,
    },
    /// A quoted factor, both ends allowed.
    Factor {
        /// The least that is allowed.
        min: u32,
        /// The most that is allowed.
        max: u32,
    },
    /// The word `equity`, or a quoted amount of USD.
    Pool,
    /// One word of the list.
    Choice(&'static [&'static str]),
    /// A list of symbols, none twice.
    Symbols,
    /// A table of assets and quoted amounts, 0 or more.
    Amounts,
    /// A table of assets and quoted ratios from 0 to 1.
    Shares,
    /// An address and port of this machine, or nothing.
    Listen,
    /// The path of a file, or nothing.
    File,
    /// A list of keys of the keyboard.
    Keys,
    /// Some text on one line, or nothing.
    Line,
    /// The address of a webhook, or nothing.
    Url,
    /// The name of a secret, or nothing.
    Secret,
    /// A list of headers, each with the name of the secret that is its value.
    Headers,
}

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) found: String,
    pub(super) allowed: String,
}

/// The largest amount: products of two still fit a `Decimal`.
const LARGEST: u64 = 1_000_000_000_000;
/// The most symbols, assets or keys in one value.
const LONGEST: usize = 256;
/// Bytes of the longest path.
const LONGEST_PATH: usize = 4_096;
/// The most headers of one webhook.
const MOST_HEADERS: usize = 16;

/// A span of time in seconds, at most a year.
pub(super) const SECONDS: Kind = whole("seconds", 1, 31_536_000);
/// A span of time in milliseconds, at most an hour.
pub(super) const MILLISECONDS: Kind = whole("milliseconds", 1, 3_600_000);
/// An amount of US dollars.
pub(super) const USD: Kind = Kind::Amount { unit: "USD" };
/// Space on a disk.
pub(super) const MEBIBYTES: Kind = whole("MiB", 1, 1_048_576);

/// A count of `unit`, from 1.
pub(super) const fn count(unit: &'static str) -> Kind {
    whole(unit, 1, 1_000_000)
}

/// A whole number of `unit`, from `min` to `max`.
pub(super) const fn whole(unit: &'static str, min: u64, max: u64) -> Kind {
    Kind::Whole { unit, min, max }
}

impl Kind {
    pub(super) fn check(&self, raw: &Raw) -> Result<Value, Refusal> {
        let value = match self {
            Self::Switch => match raw {
                Raw::Switch(on) => Some(Value::Switch(*on)),
                _ => None,
            },
            Self::Whole { min, max, .. } => match raw {
                Raw::Whole(digits, radix) => u64::from_str_radix(digits, *radix)
                    .ok()
                    .filter(|number| (min..=max).contains(&number))
                    .map(Value::Whole),
                _ => None,
            },
            Self::Share | Self::Amount { .. } | Self::Factor { .. } => {
                return self.decimal(raw).map(Value::Decimal);
            }
            Self::Pool => match raw {
                Raw::Text(text) if text == EQUITY => Some(Value::Text(text.clone())),
                _ => return self.decimal(raw).map(Value::Decimal),
            },
            Self::Choice(words) => match raw {
                Raw::Text(text) if words.contains(&text.as_str()) => {
                    Some(Value::Text(text.clone()))
                }
                _ => None,
            },
            Self::Symbols => return self.symbols(raw),
            Self::Amounts | Self::Shares => return self.table(raw),
            Self::Listen => match raw {
                Raw::Text(text) => Some(text)
                    .filter(|text| text.is_empty() || text.parse::<SocketAddr>().is_ok())
                    .map(|text| Value::Text(text.clone())),
                _ => None,
            },
            Self::File => match raw {
                Raw::Text(text) if text.len() <= LONGEST_PATH && !text.contains('\0') => {
                    Some(Value::Text(text.clone()))
                }
                _ => None,
            },
            Self::Keys => keys(raw),
            Self::Line => text_that(raw, |text| {
                text.len() <= LONGEST && !text.contains(char::is_control)
            }),
            Self::Url => text_that(raw, |text| text.is_empty() || alerts::is_url(text)),
            Self::Secret => text_that(raw, |text| text.is_empty() || secret::is_name(text)),
            Self::Headers => headers(raw),
        };
        value.ok_or_else(|| self.refuse(raw.quoted()))
    }

    /// What is allowed, in words.
    pub(super) fn allowed(&self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Whole { unit, min, max } => {
                format!(
                    "a whole number of {unit}, {} to {}",
                    grouped(*min),
                    grouped(*max)
                )
            }
            Self::Share => "a quoted ratio from \"0\" to \"1\"".to_owned(),
            Self::Amount { unit } => {
                format!(
                    "a quoted amount of {unit}, above \"0\" and at most {}",
                    grouped(LARGEST)
                )
            }
            Self::Factor { min, max } => format!("a quoted number from \"{min}\" to \"{max}\""),
            Self::Pool => format!(
                "{EQUITY:?}, or a quoted amount of USD, above \"0\" and at most {}",
                grouped(LARGEST)
            ),
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
                words.join(" | ")
            }
            Self::Symbols => {
                format!("a list of 1 to {LONGEST} symbols such as [\"BTC/USDT\"], none twice")
            }
            Self::Amounts => {
                "a table of assets and quoted amounts from \"0\" up, such as { BTC = \"0.1\" }"
                    .to_owned()
            }
            Self::Shares => {
                "a table of assets and quoted ratios from \"0\" to \"1\", such as { BTC = \"0.5\" }"
                    .to_owned()
            }
            Self::Listen => {
                "an address with its port such as \"127.0.0.1:8700\", or \"\" for none".to_owned()
            }
            Self::File => "the path of a file, or \"\" for none".to_owned(),
            Self::Keys => {
                format!(
                    "a list of at most {LONGEST} quoted keys such as [\"p\", \"^P\"], [] for none"
                )
            }
            Self::Line => format!("one line of at most {LONGEST} bytes, or \"\" for none"),
            Self::Url => "an address such as \"https://example.org/hook\" without user and \
                          password, or \"\" for none"
                .to_owned(),
            Self::Secret => "the name of a secret, 1 to 64 letters, digits, _ and -, or \"\" for \
                             none; never the secret itself"
                .to_owned(),
            Self::Headers => format!(
                "a list of at most {MOST_HEADERS} headers such as [\"X-Api-Key: ops-key\"], each with \
                 the name of a secret, never the secret itself"
            ),
        }
    }

    fn refuse(&self, found: String) -> Refusal {
        Refusal {
            found,
            allowed: self.allowed(),
        }
    }

    fn decimal(&self, raw: &Raw) -> Result<Decimal, Refusal> {
        match raw {
            Raw::Text(text) => Decimal::from_str_exact(text)
                .ok()
                .filter(|number| self.holds(*number))
                .ok_or_else(|| self.refuse(raw.quoted())),
            Raw::Whole(..) | Raw::Fraction(_) => {
                let bare = raw.quoted();
                Err(Refusal {
                    allowed: format!("{}: write it in quotes, \"{bare}\"", self.allowed()),
                    found: format!("{bare} without quotes"),
                })
            }
            _ => Err(self.refuse(raw.quoted())),
        }
    }

    fn holds(&self, number: Decimal) -> bool {
        let most = Decimal::from(LARGEST);
        match self {
            Self::Share | Self::Shares => number >= Decimal::ZERO && number <= Decimal::ONE,
            Self::Factor { min, max } => {
                number >= Decimal::from(*min) && number <= Decimal::from(*max)
            }
            Self::Amounts => number >= Decimal::ZERO && number <= most,
            _ => number > Decimal::ZERO && number <= most,
        }
    }

    fn symbols(&self, raw: &Raw) -> Result<Value, Refusal> {
        let Raw::List(items) = raw else {
            return Err(self.refuse(raw.quoted()));
        };
        if items.is_empty() || items.len() > LONGEST {
            return Err(self.refuse(format!("a list of {}", items.len())));
        }
        let mut seen = BTreeSet::new();
        let mut symbols = Vec::new();
        for item in items {
            let symbol = match item {
                Raw::Text(text) => text.parse::<Symbol>().ok(),
                _ => None,
            };
            match symbol {
                Some(symbol) if seen.insert(symbol) => symbols.push(symbol.to_string()),
                Some(_) => return Err(self.refuse(format!("{} twice", item.quoted()))),
                None => return Err(self.refuse(format!("{} in the list", item.quoted()))),
            }
        }
        Ok(Value::List(symbols))
    }

    fn table(&self, raw: &Raw) -> Result<Value, Refusal> {
        let Raw::Table(entries) = raw else {
            return Err(self.refuse(raw.quoted()));
        };
        if entries.len() > LONGEST {
            return Err(self.refuse(format!("a table of {}", entries.len())));
        }
        let mut table = BTreeMap::new();
        for (asset, number) in entries {
            let asset = asset.to_ascii_uppercase();
            let is_asset =
                (1..=11).contains(&asset.len()) && asset.bytes().all(|b| b.is_ascii_alphanumeric());
            if !is_asset {
                return Err(self.refuse(format!("the asset {asset:?}")));
            }
            let number = self.decimal(number).map_err(|refusal| Refusal {
                found: format!("{asset} = {}", refusal.found),
                ..refusal
            })?;
            if table.insert(asset.clone(), number).is_some() {
                return Err(self.refuse(format!("the asset {asset:?} twice")));
            }
        }
        Ok(Value::Table(table))
    }
}

/// The word for a capital pool that follows the account's equity.
pub(super) const EQUITY: &str = "equity";

fn text_that(raw: &Raw, is_right: impl Fn(&str) -> bool) -> Option<Value> {
    match raw {
        Raw::Text(text) if is_right(text) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

fn headers(raw: &Raw) -> Option<Value> {
    let Raw::List(items) = raw else {
        return None;
    };
    let header = |item: &Raw| match item {
        Raw::Text(text) => alerts::header(text).map(|_| text.clone()),
        _ => None,
    };
    let few = Some(items).filter(|items| items.len() <= MOST_HEADERS)?;
    few.iter()
        .map(header)
        .collect::<Option<_>>()
        .map(Value::List)
}

fn keys(raw: &Raw) -> Option<Value> {
    let Raw::List(items) = raw else {
        return None;
    };
    if items.len() > LONGEST {
        return None;
    }
    items
        .iter()
        .map(|item| match item {
            Raw::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        })
        .collect::<Option<_>>()
        .map(Value::List)
}

/// Digits in groups of three, for people.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
