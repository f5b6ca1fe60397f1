//! What a definition declares: its name, its parameters with their ranges, the names of its indicators.

use rust_decimal::Decimal;

use super::bounds::{Bounds, few, within};
use super::{Checked, MOST, MOST_ABOUT, MOST_INDICATORS, MOST_PARAMETERS, MOST_VALUES};
use crate::core::Name;
use crate::strategies::DefinitionError;
use crate::strategies::definition::{Definition, Parameter};

/// Names and words of the definition itself.
pub(super) fn identity(d: &Definition) -> Checked {
    let text = |at: &str, text: &str, allowed| DefinitionError::Text {
        at: at.to_owned(),
        text: text.chars().take(MOST_ABOUT).collect(),
        allowed,
    };
    if d.name.parse::<Name>().is_err() {
        let allowed = "1 to 40 of a-z A-Z 0-9 _ - . : @";
        return Err(text("name", &d.name, allowed));
    }
    let version = d.version.as_bytes();
    if !(1..=20).contains(&version.len()) || !version.iter().all(u8::is_ascii_graphic) {
        let allowed = "1 to 20 letters, digits and signs";
        return Err(text("version", &d.version, allowed));
    }
    let abouts = d.parameters.iter();
    let abouts = abouts.map(|p| (format!("parameters.{}.about", p.name), &p.about));
    for (at, about) in abouts.chain([("about".to_owned(), &d.about)]) {
        if about.chars().count() > MOST_ABOUT || about.chars().any(char::is_control) {
            return Err(text(&at, about, "one line of up to 200 characters"));
        }
    }
    Ok(())
}

/// What is declared: not too much of it, by names that do, each said once.
pub(super) fn declared(d: &Definition) -> Checked {
    let parameters: Vec<_> = d.parameters.iter().map(|p| p.name.as_str()).collect();
    let indicators: Vec<_> = d.indicators.iter().map(|i| i.name.as_str()).collect();
    few(
        "the definition",
        parameters.len(),
        "parameters",
        MOST_PARAMETERS,
    )?;
    few(
        "the definition",
        d.require.len(),
        "requirements",
        MOST_PARAMETERS,
    )?;
    few(
        "the definition",
        indicators.len(),
        "indicators",
        MOST_INDICATORS,
    )?;
    for (at, names) in [("parameters", parameters), ("indicators", indicators)] {
        for (n, name) in names.iter().enumerate() {
            let bytes = name.as_bytes();
            let does = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
            if !(1..=24).contains(&bytes.len()) || !bytes.iter().all(does) {
                return Err(DefinitionError::Text {
                    at: format!("{at}.{n}.name"),
                    text: (*name).to_owned(),
                    allowed: "1 to 24 of a-z 0-9 _",
                });
            }
            if names[..n].contains(name) {
                let name = (*name).to_owned();
                return Err(DefinitionError::Twice { at, name });
            }
        }
    }
    Ok(())
}

/// A parameter's range, default and search.
pub(super) fn range(p: &Parameter) -> Checked {
    let at = |field: &str| format!("parameters.{}.{field}", p.name);
    let bounds = |from, to| Bounds {
        whole: p.whole,
        from,
        to,
    };
    within(&at("from"), p.from, &bounds(-MOST, MOST))?;
    within(&at("to"), p.to, &bounds(p.from, MOST))?;
    within(&at("default"), p.default, &bounds(p.from, p.to))?;
    let Some(search) = &p.search else {
        return Ok(());
    };
    within(&at("search.from"), search.from, &bounds(p.from, p.to))?;
    within(&at("search.to"), search.to, &bounds(search.from, p.to))?;
    if search.step <= Decimal::ZERO || p.whole && !search.step.is_integer() {
        return Err(DefinitionError::OutOfRange {
            at: at("search.step"),
            found: search.step.to_string(),
            allowed: format!("above 0{}", if p.whole { ", whole" } else { "" }),
        });
    }
    few(&at("search"), search.count(), "values", MOST_VALUES)
}
