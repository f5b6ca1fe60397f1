//! The engine: whether one holds the folder, answers, is of this version, and has its stop linked.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use super::super::session::Session;
use super::Finding;
use crate::client::Call;
use crate::engine::{journal_dir, read_state};
use crate::gate::{is_held, stop_socket};

const LOCK: &str = "lock";
const ENGINE: &str = "engine";
const SOCKETS: &str = "sockets";
const LINK: &str = "stop link";
const JOURNAL: &str = "journal";
const KEYS: &str = "exchange keys";

/// How long the stop's socket may take.
const PING: Duration = Duration::from_secs(1);
/// Bytes of a path that fit into a socket's address.
const LONGEST: usize = 107;
/// The sockets of a state folder.
const NAMES: [&str; 2] = ["control.sock", "stop.sock"];

/// Everything that has to do with an engine on the folder.
pub(super) fn look(session: &Session, state_dir: &Path) -> Vec<Finding> {
    let held = is_held(state_dir);
    let holder = fs::read_to_string(state_dir.join("lock")).ok();
    let pid = holder.as_deref().and_then(|text| text.lines().next());
    let mut findings = vec![lock(held, pid, pid.is_some_and(is_alive))];
    findings.extend(sockets(state_dir, held));
    findings.push(journal(state_dir));
    let named = session.globals.url.is_some() || session.globals.socket.is_some();
    if held || named {
        findings.push(answer(session));
    } else {
        findings.push(Finding::ok(ENGINE, "none runs on this folder"));
    }
    if held {
        findings.push(match stop_socket::ping(state_dir, PING) {
            true => Finding::ok(LINK, "stop.sock answers"),
            false => Finding::fail(
                LINK,
                "stop.sock does not answer",
                "`pilothouse hardstop` latches all the same; end the engine and start it again",
            ),
        });
    }
    findings.push(keys(&|name| std::env::var_os(name).is_some()));
    findings
}

fn lock(held: bool, pid: Option<&str>, alive: bool) -> Finding {
    match (held, pid) {
        (true, Some(pid)) => Finding::ok(LOCK, format!("held by the engine with pid {pid}")),
        (true, None) => Finding::ok(LOCK, "held by an engine that is just starting"),
        // The kernel holds the lock, not the file: an engine that died has let go of it.
        (false, Some(pid)) if alive => Finding::warn(
            LOCK,
            format!("free, and process {pid}, which the file names, still lives"),
            "another program may have its pid by now; a start takes the lock whatever the file says",
        ),
        (false, Some(pid)) => Finding::ok(
            LOCK,
            format!("free; pid {pid} held it last, and a start takes it"),
        ),
        (false, None) => Finding::ok(LOCK, "free"),
    }
}

fn is_alive(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

fn sockets(state_dir: &Path, held: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in NAMES {
        let path = state_dir.join(name);
        let shown = path.display();
        match fs::symlink_metadata(&path) {
            Ok(about) if !about.file_type().is_socket() => {
                let found = format!("{shown} is no socket");
                findings.push(Finding::fail(SOCKETS, found, format!("rm {shown}")));
            }
            Ok(about) if about.permissions().mode() & 0o077 != 0 => {
                let found = format!("{shown} is open to others");
                findings.push(Finding::fail(SOCKETS, found, format!("chmod 600 {shown}")));
            }
            Ok(_) if !held => {
                let found = format!("{name} was left behind; a start removes it");
                findings.push(Finding::ok(SOCKETS, found));
            }
            Err(_) if held => {
                let mend = "somebody removed it: end the engine and start it again";
                findings.push(Finding::fail(SOCKETS, format!("{shown} is missing"), mend));
            }
            _ => {}
        }
    }
    let longest = state_dir.join(NAMES[0]).as_os_str().len();
    if longest > LONGEST {
        let found = format!("paths of {longest} bytes; they are reached through the open folder");
        findings.push(Finding::ok(SOCKETS, found));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            SOCKETS,
            if held { "in place" } else { "none yet" },
        ));
    }
    findings
}

fn journal(state_dir: &Path) -> Finding {
    if !journal_dir(state_dir).is_dir() {
        return Finding::ok(JOURNAL, "none yet");
    }
    match read_state(state_dir) {
        Ok(state) => Finding::ok(
            JOURNAL,
            format!("record {} is the last, as a start reads it", state.seq),
        ),
        Err(error) => Finding::fail(
            JOURNAL,
            error.to_string(),
            "keep a copy of the folder; `pilothouse journal verify` says where and what",
        ),
    }
}

fn answer(session: &Session) -> Finding {
    match session.change(&Call::get("coordinator/status")) {
        Ok(status) => version(status["version"].as_str(), env!("CARGO_PKG_VERSION")),
        Err(problem) => Finding::fail(ENGINE, problem.to_string(), problem.hint),
    }
}

fn version(theirs: Option<&str>, ours: &str) -> Finding {
    match theirs {
        Some(theirs) if theirs == ours => Finding::ok(ENGINE, format!("answers, version {ours}")),
        theirs => Finding::warn(
            ENGINE,
            format!(
                "answers with version {}, and this is {ours}",
                theirs.unwrap_or("unknown")
            ),
            "end it and start this version, or use its own program",
        ),
    }
}

/// Keys of an exchange: this version trades on paper alone.
fn keys(is_set: &dyn Fn(&str) -> bool) -> Finding {
    let set = ["KRAKEN_API_KEY", "KRAKEN_API_SECRET"];
    let set: Vec<&str> = set.into_iter().filter(|name| is_set(name)).collect();
    if set.is_empty() {
        return Finding::ok(
            KEYS,
            "none: no live venue exists in this version, so no key is read and none can be checked",
        );
    }
    Finding::warn(
        KEYS,
        format!(
            "{} set, and no live venue exists in this version",
            set.join(", ")
        ),
        "take it out of the environment: nothing here needs it",
    )
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::core::Time;
    use crate::journal::{Batch, FileStore, Journal, Options};

    #[test]
    fn a_lock_file_says_nothing_where_the_kernel_holds_no_lock() {
        assert_eq!(lock(true, Some("7"), true).status, Verdict::Ok);
        assert_eq!(lock(false, Some("7"), false).status, Verdict::Ok);
        assert!(
            lock(false, Some("7"), false)
                .found
                .contains("a start takes it")
        );
        assert_eq!(lock(false, Some("7"), true).status, Verdict::Warn);
        assert_eq!(lock(false, None, false).found, "free");
    }

    #[test]
    fn sockets_that_are_missing_or_open_to_others_fail() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            sockets(dir.path(), false),
            [Finding::ok(SOCKETS, "none yet")]
        );
        assert!(
            sockets(dir.path(), true)
                .iter()
                .all(|f| f.status == Verdict::Fail)
        );
        let path = dir.path().join("control.sock");
        let _server = std::os::unix::net::UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let found = sockets(dir.path(), false);
        assert!(found[0].found.contains("open to others"), "{found:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(sockets(dir.path(), false)[0].found.contains("left behind"));
        fs::write(dir.path().join("stop.sock"), "").unwrap();
        let found = sockets(dir.path(), false);
        assert!(found.iter().any(|f| f.found.contains("is no socket")));
    }

    #[test]
    fn another_version_is_worth_a_word_and_keys_are_not_pretended_to_be_checked() {
        assert_eq!(version(Some("0.1.0"), "0.1.0").status, Verdict::Ok);
        assert_eq!(version(Some("0.2.0"), "0.1.0").status, Verdict::Warn);
        assert!(keys(&|_| false).found.contains("no live venue"));
        assert_eq!(keys(&|name| name == "KRAKEN_API_KEY").status, Verdict::Warn);
    }

    #[test]
    fn a_journal_is_read_as_a_start_reads_it() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(journal(state.path()).found, "none yet");
        let dir = journal_dir(state.path());
        let store = FileStore::writable(&dir).unwrap();
        assert!(journal(state.path()).found.starts_with("record 0"));
        let (mut writer, _) = Journal::open(Box::new(store), Options::default()).unwrap();
        for seq in 1..=2 {
            let mut batch = Batch::new();
            batch.push(seq, Time(0), &[7; 200]).unwrap();
            writer.append(&batch, Time(0)).unwrap();
        }
        drop(writer);
        let path = dir.join("00000001.seg");
        let mut bytes = fs::read(&path).unwrap();
        bytes[200] ^= 1;
        fs::write(&path, bytes).unwrap();
        let found = journal(state.path());
        assert_eq!(found.status, Verdict::Fail);
        assert!(found.mend.unwrap().contains("journal verify"));
    }
}
