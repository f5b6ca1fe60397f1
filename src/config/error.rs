//! What is wrong with a configuration: everything, one line each.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `FILE:LINE`, the file, the variable, or `flag`.
    pub place: String,
    /// The key or section; `None` where the file itself is at fault.
    pub key: Option<String>,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// The key that was probably meant.
    pub meant: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        write!(f, "found {}; allowed {}", self.found, self.allowed)?;
        if let Some(meant) = &self.meant {
            write!(f, "; did you mean `{meant}`?")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration, in the order of layers and lines. It shows as
/// one line for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.faults))]
pub struct ConfigErrors {
    /// What is wrong; never empty.
    pub faults: Vec<Fault>,
}

impl ConfigErrors {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "CONFIG_INVALID"
    }

    /// What helps.
    pub fn hint(&self) -> &'static str {
        "`pilothouse config template` prints every key with its meaning, unit, range and default"
    }
}

fn lines(faults: &[Fault]) -> String {
    let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
    lines.join("\n")
}
