//! Exit codes, and errors as they are shown.

use std::process::ExitCode;

use clap::error::ErrorKind;

use super::harmless;
use crate::client::{Problem, UNREACHABLE};

/// What the process ends with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exit {
    /// Done.
    Done,
    /// It did not work.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A rule said no; the code says which.
    Refused,
    /// It wants a confirmation.
    Unconfirmed,
    /// No engine answers.
    Unreachable,
    /// The configuration is wrong.
    Configuration,
    /// As the engine or the console that was started ended.
    Launched(ExitCode),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Unconfirmed => 4,
            Exit::Unreachable => 5,
            Exit::Configuration => 6,
            Exit::Launched(code) => return code,
        })
    }
}

/// Code of a confirmation that is missing.
pub const UNCONFIRMED: &str = "CONFIRMATION_MISSING";
/// Code of changes that allow more than before.
const CONFIG_WIDENS: &str = "CONFIG_WIDENS";
/// Code of a configuration that is wrong.
pub const CONFIG_INVALID: &str = "CONFIG_INVALID";

impl From<&Problem> for Exit {
    fn from(problem: &Problem) -> Self {
        match (problem.code.as_str(), problem.status) {
            (UNREACHABLE | "ENGINE_TIMEOUT" | "TIMEOUT", _) => Self::Unreachable,
            (UNCONFIRMED | CONFIG_WIDENS, _) => Self::Unconfirmed,
            (CONFIG_INVALID, _) => Self::Configuration,
            ("USAGE" | "REQUEST_INVALID" | "BODY_MALFORMED" | "BODY_TOO_LARGE", _) => Self::Usage,
            ("JOURNAL_UNREADABLE" | "NOT_FOUND", _) => Self::Failed,
            (_, 401 | 403 | 404 | 409 | 422 | 429) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// Shows what went wrong, on stderr.
pub fn show(problem: &Problem, as_json: bool) -> Exit {
    if as_json {
        eprintln!("{}", problem.document());
        return problem.into();
    }
    let say = |text: String| eprintln!("{}", harmless::lines(&text));
    say(format!("error: {}: {}", problem.code, problem.message));
    if let (Some(limit), Some(value)) = (&problem.limit, &problem.value) {
        say(format!("limit: {limit}, found {value}"));
    }
    if !problem.holders.is_empty() {
        say(format!("held by: {}", problem.holders.join(", ")));
    }
    if !problem.hint.is_empty() {
        say(format!("hint: {}", problem.hint));
    }
    problem.into()
}

/// A command line that is wrong, or one that asks for help.
pub fn usage(error: &clap::Error, as_json: bool) -> Exit {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // A reader that has gone has seen enough.
        let _ = error.print();
        return Exit::Done;
    }
    if !as_json {
        let _ = error.print();
        return Exit::Usage;
    }
    let text = error.to_string();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let message = lines.next().unwrap_or("wrong usage");
    let message = message.trim_start_matches("error: ").to_owned();
    let hint: Vec<&str> = lines.map(str::trim).collect();
    let hint = if hint.is_empty() {
        "pilothouse --help".to_owned()
    } else {
        hint.join("; ")
    };
    show(&Problem::new(0, "USAGE", message, hint), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_interfaces() {
        let exit = |code: &str, status| Exit::from(&Problem::new(status, code, "", ""));
        assert_eq!(exit("RISK_PRICE_COLLAR", 409), Exit::Refused);
        assert_eq!(exit("RESERVE_API", 429), Exit::Refused);
        assert_eq!(exit("ORDER_UNKNOWN", 404), Exit::Refused);
        assert_eq!(exit("ORDER_INVALID", 422), Exit::Refused);
        assert_eq!(exit("REQUEST_INVALID", 422), Exit::Usage);
        assert_eq!(exit(UNREACHABLE, 503), Exit::Unreachable);
        assert_eq!(exit(UNCONFIRMED, 0), Exit::Unconfirmed);
        assert_eq!(exit(CONFIG_WIDENS, 409), Exit::Unconfirmed);
        assert_eq!(exit(CONFIG_INVALID, 0), Exit::Configuration);
        assert_eq!(exit("INTERNAL", 500), Exit::Failed);
        assert_eq!(exit("NOT_FOUND", 404), Exit::Failed);
        assert_eq!(ExitCode::from(Exit::Configuration), ExitCode::from(6));
    }
}
