//! Why a definition does not hold together.

/// Why a definition does not hold together: where, what, and what is allowed instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It is not of the form.
    #[error("this is no definition in {format}: {said}")]
    Unreadable {
        /// `JSON` or `TOML`.
        format: &'static str,
        /// Where and what, as the reader says it.
        said: String,
    },
    /// It is longer than one may be.
    #[error("a definition has {bytes} bytes: at most {most} are allowed")]
    TooLong {
        /// How long.
        bytes: usize,
        /// How long one may be.
        most: usize,
    },
    /// More than there may be.
    #[error("{at} has {count} {what}: at most {most} are allowed")]
    TooMany {
        /// Where.
        at: String,
        /// How many.
        count: usize,
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// Text that does not do.
    #[error("{at} = {text:?} does not do: allowed is {allowed}")]
    Text {
        /// Where.
        at: String,
        /// What it says.
        text: String,
        /// What could have been.
        allowed: &'static str,
    },
    /// Two of one name.
    #[error("{at} names {name:?} twice")]
    Twice {
        /// Where.
        at: &'static str,
        /// Which.
        name: String,
    },
    /// It refers to what is not there.
    #[error("{at} refers to {name:?}: allowed is {known}")]
    Unknown {
        /// Where.
        at: String,
        /// What was said.
        name: String,
        /// What could have been.
        known: String,
    },
    /// A number out of its range, or that of a parameter which may leave it.
    #[error("{at} = {found} is out of range: allowed is {allowed}")]
    OutOfRange {
        /// Where.
        at: String,
        /// What it is, or may be.
        found: String,
        /// What could have been.
        allowed: String,
    },
    /// Nothing refers to it.
    #[error("{at} is used nowhere: use it or leave it out")]
    Unused {
        /// Which.
        at: String,
    },
    /// A condition of nothing.
    #[error("{at} has no part: at least one condition is needed")]
    Empty {
        /// Where.
        at: String,
    },
    /// Defaults that contradict each other.
    #[error("the defaults contradict each other: {0}")]
    Defaults(String),
}
