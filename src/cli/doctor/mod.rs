//! Whether everything an engine leans on is as it should be: one line a check, each with what to mend.
//! It changes nothing, and works beside an engine and without one.

mod clock;
mod engine;
mod folder;
mod machine;
mod terminal;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use crate::config::{Loaded, Sources, load};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and not as well as it could.
    Warn,
    /// Something will not work, or is not safe.
    Fail,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Finding {
    check: &'static str,
    status: Verdict,
    found: String,
    /// What helps, where something does.
    mend: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, found, None)
    }

    fn warn(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, found, Some(mend.into()))
    }

    fn fail(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, found, Some(mend.into()))
    }

    fn new(
        check: &'static str,
        status: Verdict,
        found: impl Into<String>,
        mend: Option<String>,
    ) -> Self {
        Self {
            check,
            status,
            found: found.into(),
            mend,
        }
    }
}

/// The environment, by name.
type Env = BTreeMap<String, String>;

/// Looks at everything.
pub fn doctor(session: &Session) -> Exit {
    let findings = findings(session);
    let of = |verdict| findings.iter().filter(|f| f.status == verdict).count();
    let (fails, warns) = (of(Verdict::Fail), of(Verdict::Warn));
    let document = json!({
        "items": findings,
        "total": findings.len(),
        "fails": fails,
        "warns": warns,
        "ok": fails == 0,
    });
    match session.show(Ok(document), |_| text(&findings)) {
        Exit::Done if fails > 0 => Exit::Failed,
        exit => exit,
    }
}

fn findings(session: &Session) -> Vec<Finding> {
    let env: Env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
    let loaded = load(&sources);
    let mut findings = configuration(&loaded);
    let config = loaded.map(|loaded| loaded.config).unwrap_or_default();
    match session.state() {
        Ok(state) => {
            findings.extend(folder::look(&state));
            findings.push(folder::disk(&state.path, &config.store));
            findings.extend(engine::look(session, &state.path));
        }
        Err(problem) => findings.push(Finding::fail("state folder", problem.message, problem.hint)),
    }
    findings.extend(clock::look());
    findings.extend(terminal::look(&env));
    findings.extend(machine::look(&env));
    findings
}

fn configuration(loaded: &Result<Loaded, crate::config::ConfigErrors>) -> Vec<Finding> {
    const CHECK: &str = "configuration";
    match loaded {
        Ok(loaded) => {
            let files: Vec<String> = loaded
                .files
                .iter()
                .map(|f| f.display().to_string())
                .collect();
            let found = match files.is_empty() {
                true => "no file; every key has its default, or its variable".to_owned(),
                false => files.join(", "),
            };
            let warnings = loaded.warnings.iter();
            let warnings = warnings.map(|w| Finding::warn(CHECK, w, "take it out, or mend it"));
            std::iter::once(Finding::ok(CHECK, found))
                .chain(warnings)
                .collect()
        }
        Err(errors) => errors
            .faults
            .iter()
            .map(|fault| Finding::fail(CHECK, fault.to_string(), errors.hint()))
            .collect(),
    }
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|f| f.check.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let status = match finding.status {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
        };
        text.push_str(&format!(
            "{status}  {:<width$}  {}\n",
            finding.check, finding.found
        ));
        if let Some(mend) = &finding.mend {
            text.push_str(&format!("      {:<width$}  -> {mend}\n", ""));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_of_a_configuration_is_a_line() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("pilothouse.toml"),
            "[bus]\nqueue = 0\nqueeu = 1\n",
        )
        .unwrap();
        let sources = Sources {
            cwd: dir.path().to_owned(),
            ..Sources::default()
        };
        let findings = configuration(&load(&sources));
        assert_eq!(findings.len(), 2);
        assert!(findings.iter().all(|f| f.status == Verdict::Fail));
        std::fs::write(
            dir.path().join("pilothouse.toml"),
            "[portfolio]\nthreshold = '0.1'\n",
        )
        .unwrap();
        let findings = configuration(&load(&sources));
        let statuses: Vec<Verdict> = findings.iter().map(|f| f.status).collect();
        assert_eq!(statuses, [Verdict::Ok, Verdict::Warn]);
    }

    #[test]
    fn what_to_mend_stands_below_what_is_wrong() {
        let findings = [
            Finding::ok("disk", "9 GiB free"),
            Finding::fail("file limit", "64", "ulimit -n 4096"),
        ];
        assert_eq!(
            text(&findings),
            "ok    disk        9 GiB free\n\
             FAIL  file limit  64\n\
             \x20                 -> ulimit -n 4096\n"
        );
    }
}
