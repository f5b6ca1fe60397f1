//! Who gave a value.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// Who gave a value. It shows as `default`, `FILE:LINE`, `env` or `flag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A line of a file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment, by its name.
    Variable(String),
    /// A flag of the command line.
    Flag,
}

impl Origin {
    /// The place as an error names it: a variable by its name.
    pub fn place(&self) -> String {
        match self {
            Self::Variable(name) => name.clone(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(_) => f.write_str("env"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
