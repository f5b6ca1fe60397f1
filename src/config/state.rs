//! Where the engine's state lies.

use std::path::PathBuf;

/// The state folder, and whether somebody chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    /// The folder; it need not exist.
    pub path: PathBuf,
    /// Whether `--state` or `PILOTHOUSE_STATE` names it: such a folder is made where it is absent.
    pub named: bool,
}

/// Neither a flag nor the environment says where the state folder is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no state folder: none of --state, PILOTHOUSE_STATE, XDG_STATE_HOME and HOME is set")]
pub struct NoStateDir;

/// Finds the state folder: the flag's, else `PILOTHOUSE_STATE`, else `pilothouse` in
/// `$XDG_STATE_HOME`, which is `~/.local/state` by default.
///
/// # Errors
/// None of them is set.
pub fn state_dir(flag: Option<PathBuf>, env: &[(String, String)]) -> Result<StateDir, NoStateDir> {
    let named = flag.or_else(|| variable(env, "PILOTHOUSE_STATE").map(PathBuf::from));
    match named {
        Some(path) => Ok(StateDir { path, named: true }),
        None => base_folder(env, "XDG_STATE_HOME", ".local/state")
            .map(|base| StateDir {
                path: base.join("pilothouse"),
                named: false,
            })
            .ok_or(NoStateDir),
    }
}

/// A base folder of the XDG specification: the variable where it is an absolute path, else the
/// folder within the home.
pub(super) fn base_folder(
    env: &[(String, String)],
    name: &str,
    within_home: &str,
) -> Option<PathBuf> {
    variable(env, name)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| variable(env, "HOME").map(|home| PathBuf::from(home).join(within_home)))
}

/// A variable that is set and not empty.
fn variable<'a>(env: &'a [(String, String)], name: &str) -> Option<&'a str> {
    env.iter()
        .find(|(known, value)| known == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn the_nearest_word_names_the_folder() {
        let all = env(&[
            ("HOME", "/home/me"),
            ("XDG_STATE_HOME", "/state"),
            ("PILOTHOUSE_STATE", "/mine"),
        ]);
        let found = |flag: Option<&str>, env: &[(String, String)]| {
            let found = state_dir(flag.map(PathBuf::from), env).unwrap();
            (found.path.display().to_string(), found.named)
        };
        assert_eq!(found(Some("/flag"), &all), ("/flag".into(), true));
        assert_eq!(found(None, &all), ("/mine".into(), true));
        assert_eq!(found(None, &all[..2]), ("/state/pilothouse".into(), false));
        assert_eq!(
            found(None, &all[..1]),
            ("/home/me/.local/state/pilothouse".into(), false)
        );
    }

    #[test]
    fn empty_and_relative_bases_do_not_count() {
        let odd = env(&[
            ("HOME", "/h"),
            ("XDG_STATE_HOME", "here"),
            ("PILOTHOUSE_STATE", ""),
        ]);
        let found = state_dir(None, &odd).unwrap();
        assert_eq!(found.path, PathBuf::from("/h/.local/state/pilothouse"));
        assert!(!found.named);
        assert_eq!(state_dir(None, &[]), Err(NoStateDir));
    }
}
