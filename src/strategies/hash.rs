//! What a definition is made of, as a hash: what trades alike has the same one.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::condition::{Condition, Operand};
use super::definition::{Definition, Distance};

impl Definition {
    /// SHA-256 of the composition, in hex: of indicators, conditions, distances, size, and of the
    /// parameters' names and ranges. Names of indicators, the order in which things are declared and
    /// equivalent ways to state a condition make no difference; nor do the strategy's name, version and
    /// about, defaults and where a search looks.
    pub fn feature_hash(&self) -> String {
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(self.composition()) {
            // Writing to memory cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// What is hashed: one line a part, indicators written out where they are used.
    fn composition(&self) -> String {
        let mut parameters: Vec<_> = self
            .parameters
            .iter()
            .map(|p| {
                let (from, to) = (p.from.normalize(), p.to.normalize());
                format!("{} {from} {to} {}", p.name, p.whole)
            })
            .collect();
        parameters.sort_unstable();
        let rules = self.require.iter();
        let mut rules: Vec<_> = rules
            .map(|r| format!("{} < {}", r.parameter, r.below))
            .collect();
        rules.sort_unstable();
        rules.dedup();
        let distance = |distance: Option<&Distance>| match distance {
            Some(Distance::Multiple { of, times }) => {
                format!("{} x {}", json(times), json(&self.indicator(of)))
            }
            distance => json(&distance),
        };
        [
            json(&self.side),
            parameters.join("\n"),
            rules.join("\n"),
            self.stated(&self.entry),
            self.stated(&self.exit),
            distance(self.stop.as_ref()),
            distance(self.target.as_ref()),
            json(&self.size),
        ]
        .join("\n\n")
    }

    /// A condition in the one way to state it.
    fn stated(&self, condition: &Condition) -> String {
        match condition {
            Condition::All(_) => self.gathered("all", condition),
            Condition::Any(_) => self.gathered("any", condition),
            Condition::Not(part) => match &**part {
                Condition::Not(part) => self.stated(part),
                part => format!("not({})", self.stated(part)),
            },
            Condition::Above(left, right) | Condition::Below(right, left) => {
                format!("{} > {}", self.named(left), self.named(right))
            }
            Condition::CrossesAbove(left, right) | Condition::CrossesBelow(right, left) => {
                format!("{} crosses {}", self.named(left), self.named(right))
            }
        }
    }

    /// All or any: the order of the parts does not count, nor does a part that is there twice.
    fn gathered(&self, word: &str, condition: &Condition) -> String {
        let mut parts = Vec::new();
        self.flatten(condition, &mut parts);
        parts.sort_unstable();
        parts.dedup();
        match &parts[..] {
            [one] => one.clone(),
            parts => format!("{word}({})", parts.join(", ")),
        }
    }

    /// The parts of an all or an any, those of one of its own kind within it too.
    fn flatten(&self, condition: &Condition, into: &mut Vec<String>) {
        for part in condition.parts() {
            match (condition, part) {
                (Condition::All(_), Condition::All(_)) | (Condition::Any(_), Condition::Any(_)) => {
                    self.flatten(part, into);
                }
                _ => into.push(self.stated(part)),
            }
        }
    }

    fn named(&self, operand: &Operand) -> String {
        match operand {
            Operand::Indicator(name) => json(&self.indicator(name)),
            operand => json(operand),
        }
    }
}

fn json<T: serde::Serialize>(part: &T) -> String {
    serde_json::to_string(part).expect("text and decimals can always be written")
}
