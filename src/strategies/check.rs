//! Whether a definition holds together. What passes here compiles with every value that its parameters
//! may have.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::condition::{Condition, Operand};
use super::definition::{Definition, Distance, Parameter, Term};
use super::error::DefinitionError;
use super::parameters::Parameters;
use crate::core::Name;

/// Bytes of a definition, at most.
pub const MOST_BYTES: usize = 16 * 1024;
/// Parameters of a definition, at most; as many rules may bind them together.
pub const MOST_PARAMETERS: usize = 16;
/// Indicators of a definition, at most.
pub const MOST_INDICATORS: usize = 16;
/// Nodes of a condition, at most.
pub const MOST_NODES: usize = 32;
/// Levels of a condition, at most.
pub const MOST_DEPTH: usize = 8;
/// Bars that an indicator looks over, at most.
pub const MOST_LENGTH: u32 = 10_000;

/// What a number in a definition may be at most, either way.
const MOST: Decimal = dec!(1000000000);
/// Values that a search of one parameter may try, at most.
const MOST_VALUES: usize = 10_000;
/// Characters of an `about`, at most.
const MOST_ABOUT: usize = 200;

type Checked = Result<(), DefinitionError>;

impl Definition {
    /// Whether it holds together: names are known and said once, everything is used, and every number,
    /// and every value that a parameter may have, lies where it makes sense.
    ///
    /// # Errors
    /// The first thing that is wrong, and what is allowed instead.
    pub fn check(&self) -> Checked {
        Check::of(self).all()
    }
}

/// The names that have been referred to so far.
struct Check<'d> {
    definition: &'d Definition,
    parameters: BTreeSet<&'d str>,
    indicators: BTreeSet<&'d str>,
}

impl<'d> Check<'d> {
    fn of(definition: &'d Definition) -> Self {
        Self {
            definition,
            parameters: BTreeSet::new(),
            indicators: BTreeSet::new(),
        }
    }

    fn all(mut self) -> Checked {
        let d = self.definition;
        identity(d)?;
        declared(d)?;
        for parameter in &d.parameters {
            range(parameter)?;
        }
        for named in &d.indicators {
            let at = format!("indicators.{}", named.name);
            let length = format!("{at}.length");
            self.term(&length, named.is.length(), &WHOLE_LENGTH)?;
            if let Some(width) = named.is.width() {
                self.term(
                    &format!("{at}.width"),
                    width,
                    &Bounds::new(dec!(0), dec!(100)),
                )?;
            }
        }
        self.condition("entry", &d.entry)?;
        self.condition("exit", &d.exit)?;
        self.distance("stop", d.stop.as_ref(), dec!(99))?;
        self.distance("target", d.target.as_ref(), dec!(1000))?;
        self.term(
            "size.quantity",
            &d.size.quantity,
            &Bounds::new(dec!(0), MOST),
        )?;
        self.term("size.share", &d.size.share, &Bounds::new(dec!(0), dec!(1)))?;
        self.together()?;
        self.unused()?;
        let bytes = d.to_json().len();
        if bytes > MOST_BYTES {
            return Err(DefinitionError::TooLong {
                bytes,
                most: MOST_BYTES,
            });
        }
        Ok(())
    }

    /// What binds parameters together, and whether their defaults keep to it.
    fn together(&mut self) -> Checked {
        for (n, rule) in self.definition.require.iter().enumerate() {
            for (field, name) in [("parameter", &rule.parameter), ("below", &rule.below)] {
                if self.definition.parameter(name).is_none() {
                    let at = format!("require.{n}.{field}");
                    return Err(self.no_parameter(at, name));
                }
            }
        }
        let defaults = Parameters::new(self.definition, &[]);
        defaults.map_err(|error| DefinitionError::Defaults(error.to_string()))?;
        Ok(())
    }

    fn unused(&self) -> Checked {
        let parameters = self.definition.parameters.iter().map(|p| &p.name);
        let indicators = self.definition.indicators.iter().map(|i| &i.name);
        let of = |what: &str, name: &String| DefinitionError::Unused {
            at: format!("{what}.{name}"),
        };
        for name in parameters {
            if !self.parameters.contains(name.as_str()) {
                return Err(of("parameters", name));
            }
        }
        for name in indicators {
            if !self.indicators.contains(name.as_str()) {
                return Err(of("indicators", name));
            }
        }
        Ok(())
    }

    fn condition(&mut self, at: &str, condition: &'d Condition) -> Checked {
        let mut nodes = 0;
        self.node(at, condition, 1, &mut nodes)?;
        few(at, nodes, "nodes", MOST_NODES)
    }

    fn node(
        &mut self,
        at: &str,
        condition: &'d Condition,
        depth: usize,
        nodes: &mut usize,
    ) -> Checked {
        few(at, depth, "levels", MOST_DEPTH)?;
        *nodes += 1;
        if let Some((left, right)) = condition.operands() {
            self.operand(at, left)?;
            return self.operand(at, right);
        }
        if condition.parts().is_empty() {
            return Err(DefinitionError::Empty { at: at.to_owned() });
        }
        // As many as there may be are looked at, and one more.
        for part in condition.parts().iter().take(MOST_NODES + 1) {
            self.node(at, part, depth + 1, nodes)?;
            if *nodes > MOST_NODES {
                break;
            }
        }
        Ok(())
    }

    fn operand(&mut self, at: &str, operand: &'d Operand) -> Checked {
        match operand {
            Operand::Indicator(name) => self.indicator(at.to_owned(), name),
            Operand::Bar(_) => Ok(()),
            Operand::Parameter(name) => self.parameter(at, name).map(|_| ()),
            Operand::Number(number) => within(at, *number, &Bounds::new(-MOST, MOST)),
        }
    }

    fn distance(&mut self, at: &str, distance: Option<&'d Distance>, most: Decimal) -> Checked {
        match distance {
            None => Ok(()),
            Some(Distance::Percent(percent)) => {
                let bounds = Bounds::new(dec!(0), most);
                self.term(&format!("{at}.percent"), percent, &bounds)
            }
            Some(Distance::Multiple { of, times }) => {
                let known = self.definition.indicator(of);
                if !known.is_some_and(super::Indicator::is_distance) {
                    let distances = self.definition.indicators.iter();
                    let distances = distances.filter(|i| i.is.is_distance());
                    return Err(DefinitionError::Unknown {
                        at: format!("{at}.multiple.of"),
                        name: of.clone(),
                        known: names("an atr or stddev", distances.map(|i| &i.name)),
                    });
                }
                self.indicators.insert(of);
                let bounds = Bounds::new(dec!(0), dec!(100));
                self.term(&format!("{at}.multiple.times"), times, &bounds)
            }
        }
    }

    /// A number, or every one that a parameter may be, lies within bounds.
    fn term(&mut self, at: &str, term: &'d Term, bounds: &Bounds) -> Checked {
        match term {
            Term::Number(number) => within(at, *number, bounds),
            Term::Parameter(name) => {
                let parameter = self.parameter(at, name)?;
                let ends = [parameter.from, parameter.to];
                let fits = ends.iter().all(|end| bounds.hold(*end));
                if fits && (parameter.whole || !bounds.whole) {
                    return Ok(());
                }
                Err(DefinitionError::OutOfRange {
                    at: at.to_owned(),
                    found: format!("{name} ({})", parameter.words()),
                    allowed: bounds.words(),
                })
            }
        }
    }

    fn parameter(&mut self, at: &str, name: &'d str) -> Result<&'d Parameter, DefinitionError> {
        let Some(parameter) = self.definition.parameter(name) else {
            return Err(self.no_parameter(at.to_owned(), name));
        };
        self.parameters.insert(name);
        Ok(parameter)
    }

    fn no_parameter(&self, at: String, name: &str) -> DefinitionError {
        let known = self.definition.parameters.iter().map(|p| &p.name);
        DefinitionError::Unknown {
            at,
            name: name.to_owned(),
            known: names("a parameter", known),
        }
    }

    fn indicator(&mut self, at: String, name: &'d str) -> Checked {
        if self.definition.indicator(name).is_none() {
            let known = self.definition.indicators.iter().map(|i| &i.name);
            return Err(DefinitionError::Unknown {
                at,
                name: name.to_owned(),
                known: names("an indicator", known),
            });
        }
        self.indicators.insert(name);
        Ok(())
    }
}

/// What a number may be.
struct Bounds {
    whole: bool,
    from: Decimal,
    to: Decimal,
}

const WHOLE_LENGTH: Bounds = Bounds {
    whole: true,
    from: Decimal::ONE,
    to: Decimal::from_parts(MOST_LENGTH, 0, 0, false, 0),
};

impl Bounds {
    fn new(from: Decimal, to: Decimal) -> Self {
        Self {
            whole: false,
            from,
            to,
        }
    }

    fn hold(&self, number: Decimal) -> bool {
        number >= self.from && number <= self.to && (!self.whole || number.is_integer())
    }

    fn words(&self) -> String {
        let whole = if self.whole { ", whole" } else { "" };
        format!("{} to {}{whole}", self.from, self.to)
    }
}

fn identity(d: &Definition) -> Checked {
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
fn declared(d: &Definition) -> Checked {
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
fn range(p: &Parameter) -> Checked {
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

fn within(at: &str, number: Decimal, bounds: &Bounds) -> Checked {
    if bounds.hold(number) {
        return Ok(());
    }
    Err(DefinitionError::OutOfRange {
        at: at.to_owned(),
        found: number.to_string(),
        allowed: bounds.words(),
    })
}

fn few(at: &str, count: usize, what: &'static str, most: usize) -> Checked {
    if count <= most {
        return Ok(());
    }
    Err(DefinitionError::TooMany {
        at: at.to_owned(),
        count,
        what,
        most,
    })
}

/// What could have been referred to; where nothing is declared, what would have to be.
fn names<'n>(what: &str, names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    match &names[..] {
        [] => format!("nothing is declared; {what}"),
        names => names.join(", "),
    }
}
