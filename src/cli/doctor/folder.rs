//! The state folder: whose it is, who may look, what lies in it, and how much room there is.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::Finding;
use crate::config::{StateDir, Store};
use crate::gate::Sentinel;
use crate::journal::free_space;

const FOLDER: &str = "state folder";
const DISK: &str = "disk";
const STOP: &str = "stop";

/// File systems that are gone with the machine's power: tmpfs, ramfs.
const MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// The folder, and sentinels in it.
pub(super) fn look(state: &StateDir) -> Vec<Finding> {
    let path = &state.path;
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let found = format!("{} is not there; the first start makes it", path.display());
            return vec![Finding::ok(FOLDER, found)];
        }
        Err(error) => {
            let found = format!("{}: {error}", path.display());
            return vec![Finding::fail(
                FOLDER,
                found,
                "--state DIR names another folder",
            )];
        }
    };
    let mut findings = vec![ownership(path, &about)];
    findings.push(stops(path));
    findings
}

fn ownership(path: &Path, about: &fs::Metadata) -> Finding {
    let shown = path.display();
    if !about.is_dir() {
        let found = format!("{shown} is no folder");
        return Finding::fail(FOLDER, found, "--state DIR names another");
    }
    let me = rustix::process::geteuid().as_raw();
    if about.uid() != me {
        let found = format!(
            "{shown} belongs to user {}, and this is user {me}",
            about.uid()
        );
        return Finding::fail(
            FOLDER,
            found,
            "work as its owner, or --state DIR names another",
        );
    }
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let found = format!("{shown} is open to others ({mode:o})");
        return Finding::fail(FOLDER, found, format!("chmod 700 {shown}"));
    }
    if mode & 0o700 != 0o700 {
        let found = format!("{shown} cannot be written ({mode:o})");
        return Finding::fail(FOLDER, found, format!("chmod 700 {shown}"));
    }
    match in_memory(path) {
        true => Finding::warn(
            FOLDER,
            format!("{shown} lies in memory: the journal is gone with the machine's power"),
            "--state DIR on a disk",
        ),
        false => Finding::ok(FOLDER, format!("{shown}, for its owner only")),
    }
}

fn in_memory(path: &Path) -> bool {
    let kind = rustix::fs::statfs(path).ok().map(|s| s.f_type);
    kind.and_then(|kind| u64::try_from(kind).ok())
        .is_some_and(|kind| MEMORY.contains(&kind))
}

fn stops(path: &Path) -> Finding {
    match Sentinel::at(path).list() {
        Ok(epochs) if epochs.is_empty() => Finding::ok(STOP, "no sentinel is left"),
        Ok(epochs) => {
            let epochs: Vec<String> = epochs.iter().map(u64::to_string).collect();
            Finding::warn(
                STOP,
                format!("HARDSTOP is latched (epoch {})", epochs.join(", ")),
                "look into why, then `pilothouse clear --epoch N --reason TEXT --yes`",
            )
        }
        Err(error) => {
            let found = format!("the sentinels cannot be read: {error}");
            Finding::fail(
                STOP,
                found,
                "a start counts as stopped then: mend the folder's rights",
            )
        }
    }
}

/// Room on the journal's disk, against `[store]`.
pub(super) fn disk(path: &Path, store: &Store) -> Finding {
    let there = path.ancestors().find(|folder| folder.exists());
    match there.map_or_else(|| Err(ErrorKind::NotFound.into()), free_space) {
        Ok(free) => room(free >> 20, store),
        Err(error) => Finding::fail(DISK, error.to_string(), "--state DIR names another folder"),
    }
}

fn room(free_mb: u64, store: &Store) -> Finding {
    let (reserve, stop) = (store.reserve_mb, store.stop_mb);
    let found = format!("{free_mb} MiB free, store.reserve_mb {reserve}, store.stop_mb {stop}");
    let mend = "make room, or archive what is old: `pilothouse journal archive`";
    if free_mb < reserve {
        let then = if free_mb < stop {
            "HARDSTOP"
        } else {
            "reduce-only"
        };
        return Finding::fail(DISK, format!("{found}: an engine goes into {then}"), mend);
    }
    // Segments are made in advance, one ahead of the one that is written.
    if free_mb < reserve + 2 * store.segment_mb {
        return Finding::warn(
            DISK,
            format!("{found}: two segments from reduce-only"),
            mend,
        );
    }
    Finding::ok(DISK, found)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::config::Config;

    fn status(finding: &Finding) -> Verdict {
        finding.status
    }

    #[test]
    fn room_is_judged_by_the_configured_limits() {
        let store = Config::default().store;
        for (free, expected, word) in [
            (63, Verdict::Fail, "HARDSTOP"),
            (255, Verdict::Fail, "reduce-only"),
            (300, Verdict::Warn, "two segments"),
            (100_000, Verdict::Ok, "MiB free"),
        ] {
            let found = room(free, &store);
            assert_eq!(status(&found), expected, "{free}");
            assert!(found.found.contains(word), "{}", found.found);
        }
    }

    #[test]
    fn a_folder_that_others_can_read_fails_with_the_command_that_mends_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let state = StateDir {
            path: path.clone(),
            named: true,
        };
        assert_eq!(
            look(&state)[0].status,
            Verdict::Ok,
            "made by the first start"
        );
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let found = look(&state);
        assert_eq!(found[0].status, Verdict::Fail);
        assert!(found[0].mend.as_ref().unwrap().starts_with("chmod 700"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        assert_ne!(look(&state)[0].status, Verdict::Fail);
        Sentinel::at(&path).engage(3).unwrap();
        let stop = look(&state).pop().unwrap();
        assert_eq!(stop.status, Verdict::Warn);
        assert!(stop.found.contains("epoch 3"));
        fs::remove_dir_all(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert_eq!(look(&state)[0].status, Verdict::Fail);
    }
}
