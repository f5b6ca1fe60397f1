//! A definition in words.

use std::fmt::Write as _;

use crate::cli::table;
use crate::strategies::{
    Condition, Definition, Distance, Indicator, Operand, Parameter, PositionSide, Source, Term,
};

/// What it is made of, its parameters and its hash.
pub fn of(d: &Definition) -> String {
    let side = match d.side {
        PositionSide::Long => "long",
        PositionSide::Short => "short",
    };
    let mut lines = vec![
        ("entry", format!("{side} where {}", condition(&d.entry))),
        ("exit", condition(&d.exit)),
        ("stop", distance(d.stop.as_ref())),
        ("target", distance(d.target.as_ref())),
        (
            "size",
            format!(
                "{} base; where that is 0, {} of the capital",
                term(&d.size.quantity),
                term(&d.size.share)
            ),
        ),
    ];
    for rule in &d.require {
        lines.push(("require", format!("{} < {}", rule.parameter, rule.below)));
    }
    lines.push(("features", d.feature_hash()));
    let mut text = format!("{} {}: {}\n\n", d.name, d.version, d.about);
    for (what, words) in lines {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{what:<8}  {words}");
    }
    if !d.indicators.is_empty() {
        text.push('\n');
        let mut cells = vec![vec!["INDICATOR".to_owned(), "IS".to_owned()]];
        let named = d.indicators.iter();
        cells.extend(named.map(|i| vec![i.name.clone(), indicator(&i.is)]));
        text.push_str(&table::grid(cells));
    }
    if !d.parameters.is_empty() {
        text.push('\n');
        let heads = ["PARAMETER", "DEFAULT", "ALLOWED", "SEARCHED", "ABOUT"];
        let mut cells = vec![heads.map(str::to_owned).to_vec()];
        cells.extend(d.parameters.iter().map(parameter));
        text.push_str(&table::grid(cells));
    }
    text
}

fn parameter(p: &Parameter) -> Vec<String> {
    let searched = p.search.as_ref().map_or("-".to_owned(), |search| {
        format!("{} to {} by {}", search.from, search.to, search.step)
    });
    let default = p.default.to_string();
    vec![
        p.name.clone(),
        default,
        p.words(),
        searched,
        p.about.clone(),
    ]
}

fn term(term: &Term) -> String {
    match term {
        Term::Number(number) => number.to_string(),
        Term::Parameter(name) => format!("[{name}]"),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Open => "open",
        Source::High => "high",
        Source::Low => "low",
        Source::Close => "close",
        Source::Volume => "volume",
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Indicator(name) => name.clone(),
        Operand::Bar(of) => source(*of).to_owned(),
        Operand::Parameter(name) => format!("[{name}]"),
        Operand::Number(number) => number.to_string(),
    }
}

fn condition(of: &Condition) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<_> = parts.iter().map(condition).collect();
        format!("({})", parts.join(word))
    };
    let compared = |left, word, right| format!("{} {word} {}", operand(left), operand(right));
    match of {
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
        Condition::Not(part) => format!("not {}", condition(part)),
        Condition::Above(left, right) => compared(left, ">", right),
        Condition::Below(left, right) => compared(left, "<", right),
        Condition::CrossesAbove(left, right) => compared(left, "crosses above", right),
        Condition::CrossesBelow(left, right) => compared(left, "crosses below", right),
    }
}

fn distance(of: Option<&Distance>) -> String {
    match of {
        None => "none".to_owned(),
        Some(Distance::Percent(percent)) => format!("{} % of the price away", term(percent)),
        Some(Distance::Multiple { of, times }) => format!("{} times {of} away", term(times)),
    }
}

fn indicator(of: &Indicator) -> String {
    let over = |what: &str, of: Source, length: &Term| {
        format!("{what} of {} over {}", source(of), term(length))
    };
    match of {
        Indicator::Ema { of, length } => over("exponential average", *of, length),
        Indicator::Sma { of, length } => over("mean", *of, length),
        Indicator::Rsi { of, length } => over("relative strength", *of, length),
        Indicator::Atr { length } => format!("average true range over {}", term(length)),
        Indicator::Highest { of, length } => over("highest", *of, length) + " before",
        Indicator::Lowest { of, length } => over("lowest", *of, length) + " before",
        Indicator::Stddev { of, length } => over("standard deviation", *of, length),
        Indicator::Zscore { of, length } => over("standard deviations from the mean", *of, length),
        Indicator::Roc { of, length } => over("change in percent", *of, length),
        Indicator::UpperBand { of, length, width } => {
            format!("{} + {} deviations", over("mean", *of, length), term(width))
        }
        Indicator::LowerBand { of, length, width } => {
            format!("{} - {} deviations", over("mean", *of, length), term(width))
        }
    }
}
