//! Whether a definition holds together. What passes here compiles with every value that its parameters
//! may have.

mod bounds;
mod declared;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use rust_decimal_macros::dec;

use super::condition::{Condition, Operand};
use super::definition::{Definition, Distance, Parameter, Term};
use super::error::DefinitionError;
use super::parameters::Parameters;
use bounds::{Bounds, WHOLE_LENGTH, few, within};
use declared::{declared, identity, range};

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

/// What could have been referred to; where nothing is declared, what would have to be.
fn names<'n>(what: &str, names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    match &names[..] {
        [] => format!("nothing is declared; {what}"),
        names => names.join(", "),
    }
}
