//! The machine around a process: who ends it at a logout, what it leaves when it dies, and how many
//! files it may open.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use super::{Env, Finding};

const LOGOUT: &str = "logout";
const CORES: &str = "core dumps";
const FILES: &str = "file limit";

/// Open files below which an engine with its agents and consoles does not do.
const FEWEST: u64 = 256;
/// Below which it may run out under load.
const FEW: u64 = 1_024;

/// Where logind is configured, the later over the earlier.
const LOGIND: [&str; 3] = ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"];
/// Where logind keeps whose processes outlive a logout.
const LINGER: &str = "/var/lib/systemd/linger";

pub(super) fn look(env: &Env) -> Vec<Finding> {
    let user = env.get("USER").or_else(|| env.get("LOGNAME"));
    let lingers = user.is_some_and(|user| Path::new(LINGER).join(user).exists());
    let managed = Path::new("/run/systemd/system").is_dir();
    let texts = logind_files()
        .into_iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    let kills = managed && kills_user_processes(texts);
    let core = getrlimit(Resource::Core).current;
    let files = getrlimit(Resource::Nofile).current;
    vec![
        logout(managed, kills, lingers),
        cores(core),
        open_files(files),
    ]
}

/// The files that configure logind, in the order in which they are read.
fn logind_files() -> Vec<PathBuf> {
    let roots = LOGIND.map(Path::new);
    let mut files: Vec<PathBuf> = roots.iter().map(|root| root.join("logind.conf")).collect();
    let mut parts: Vec<PathBuf> = roots
        .iter()
        .filter_map(|root| fs::read_dir(root.join("logind.conf.d")).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "conf"))
        .collect();
    parts.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files.extend(parts);
    files
}

/// The last word on `KillUserProcesses`; systemd's own default is yes only where a distribution says so.
fn kills_user_processes(texts: impl Iterator<Item = String>) -> bool {
    let mut kills = false;
    for text in texts {
        for line in text.lines().map(str::trim) {
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            if name.trim() == "KillUserProcesses" {
                let value = value.trim().to_ascii_lowercase();
                kills = ["yes", "true", "on", "1"].contains(&value.as_str());
            }
        }
    }
    kills
}

fn logout(managed: bool, kills: bool, lingers: bool) -> Finding {
    match (managed, kills, lingers) {
        (false, ..) => Finding::ok(LOGOUT, "no logind: an engine that was left goes on"),
        (_, true, false) => Finding::warn(
            LOGOUT,
            "logind kills a user's processes at logout (KillUserProcesses=yes): an engine that was \
             left with q ends with the session",
            "`loginctl enable-linger`, or run it as the systemd unit pilothouse.service \
             (`pilothouse run --headless`)",
        ),
        (_, true, true) => Finding::ok(LOGOUT, "logind kills at logout, and this user lingers"),
        (_, false, _) => Finding::ok(LOGOUT, "an engine that was left with q goes on"),
    }
}

fn cores(limit: Option<u64>) -> Finding {
    match limit {
        Some(0) => Finding::ok(CORES, "off"),
        _ => Finding::ok(CORES, "allowed here; an engine turns them off for itself"),
    }
}

fn open_files(limit: Option<u64>) -> Finding {
    let mend = "ulimit -n 4096, or LimitNOFILE= of the systemd unit";
    match limit {
        Some(limit) if limit < FEWEST => {
            Finding::fail(FILES, format!("{limit} open files at most"), mend)
        }
        Some(limit) if limit < FEW => {
            Finding::warn(FILES, format!("{limit} open files at most"), mend)
        }
        Some(limit) => Finding::ok(FILES, format!("{limit} open files")),
        None => Finding::ok(FILES, "no limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn the_last_word_of_logind_counts() {
        let kills = |texts: &[&str]| kills_user_processes(texts.iter().map(|t| (*t).to_owned()));
        assert!(!kills(&[]));
        assert!(!kills(&["[Login]\n#KillUserProcesses=yes\n"]));
        assert!(kills(&["[Login]\nKillUserProcesses = yes\n"]));
        assert!(!kills(&["KillUserProcesses=yes", "KillUserProcesses=no"]));
    }

    #[test]
    fn an_engine_that_would_die_at_logout_is_told_with_the_unit() {
        let found = logout(true, true, false);
        assert_eq!(found.status, Verdict::Warn);
        assert!(found.mend.unwrap().contains("pilothouse.service"));
        for (managed, kills, lingers) in [
            (false, true, false),
            (true, true, true),
            (true, false, false),
        ] {
            assert_eq!(logout(managed, kills, lingers).status, Verdict::Ok);
        }
    }

    #[test]
    fn few_files_warn_and_too_few_fail() {
        assert_eq!(open_files(Some(64)).status, Verdict::Fail);
        assert_eq!(open_files(Some(512)).status, Verdict::Warn);
        assert_eq!(open_files(Some(1_024)).status, Verdict::Ok);
        assert_eq!(open_files(None).status, Verdict::Ok);
        assert_eq!(cores(Some(0)).found, "off");
    }
}
