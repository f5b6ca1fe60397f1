//! Secrets: never in the configuration, which only names them. They are looked for in the
//! credentials of the service manager, then in a file of the owner's, then in the environment.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Largest secret, in bytes.
const LARGEST: u64 = 16 * 1024;
/// What a secret's variable begins with.
const PREFIX: &str = "PILOTHOUSE_SECRET_";

/// A secret. It is not printed by accident: that takes [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for whoever sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no secret of a name.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It is in none of the places.
    #[error("the secret {name} is nowhere: not in {}", .looked.join(", not in "))]
    Nowhere {
        /// Its name.
        name: String,
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// Others may read it.
    #[error("{} may be read by others: chmod 600", .0.display())]
    Readable(PathBuf),
    /// It cannot be used.
    #[error("{place} cannot be read: {source}")]
    Io {
        /// Where it is.
        place: String,
        /// What went wrong.
        source: io::Error,
    },
}

/// Where secrets are looked for. Nothing else is asked.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Of the service manager: `$CREDENTIALS_DIRECTORY`.
    pub credentials: Option<PathBuf>,
    /// The owner's files, one a secret: `$XDG_CONFIG_HOME/pilothouse/secrets`.
    pub files: Option<PathBuf>,
    /// The environment.
    pub env: Vec<(String, String)>,
}

impl Secrets {
    /// Those that this process may read.
    pub fn of_process() -> Self {
        let sources = super::Sources::of_process(None, Vec::new());
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self {
            credentials: credentials.filter(|folder| folder.is_absolute()),
            files: sources
                .xdg_config
                .map(|folder| folder.join("pilothouse/secrets")),
            env: sources.env,
        }
    }

    /// The secret of a name, without the line's end that an editor leaves behind.
    ///
    /// # Errors
    /// It is nowhere, others may read its file, or it cannot be read.
    pub fn get(&self, name: &str) -> Result<Secret, SecretError> {
        let mut looked = Vec::new();
        // The service manager guards its own folder; its files need not be 0600.
        for (folder, guarded) in [(&self.credentials, true), (&self.files, false)] {
            let Some(folder) = folder else { continue };
            let path = folder.join(name);
            match read(&path, guarded) {
                Ok(text) => return Ok(Secret(text)),
                Err(SecretError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                    looked.push(path.display().to_string());
                }
                Err(error) => return Err(error),
            }
        }
        let variable = variable(name);
        let found = self.env.iter().find(|(known, _)| *known == variable);
        match found.map(|(_, text)| text.trim_end_matches(['\r', '\n'])) {
            Some(text) if !text.is_empty() => Ok(Secret(text.to_owned())),
            _ => {
                looked.push(format!("${variable}"));
                let name = name.to_owned();
                Err(SecretError::Nowhere { name, looked })
            }
        }
    }
}

fn read(path: &Path, guarded: bool) -> Result<String, SecretError> {
    let io = |source| SecretError::Io {
        place: path.display().to_string(),
        source,
    };
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.mode();
    if !guarded && mode & 0o077 != 0 {
        return Err(SecretError::Readable(path.to_owned()));
    }
    let mut text = String::new();
    // One byte more than may be: what is too large is refused, not cut.
    file.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(io)?;
    if text.len() as u64 > LARGEST {
        let why = format!("it is larger than {LARGEST} bytes");
        return Err(io(io::Error::new(ErrorKind::InvalidData, why)));
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(io(io::Error::new(ErrorKind::InvalidData, "it is empty")));
    }
    Ok(text.to_owned())
}

fn variable(name: &str) -> String {
    PREFIX.to_owned() + &name.to_ascii_uppercase().replace('-', "_")
}

/// A secret's name: letters, digits, `_` and `-`, at most 64. A secret itself seldom is one.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(folder: &Path, text: &str, mode: u32) {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("ops-key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn credentials_come_before_files_and_files_before_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets {
            credentials: Some(dir.path().join("credentials")),
            files: Some(dir.path().join("files")),
            env: vec![("PILOTHOUSE_SECRET_OPS_KEY".into(), "third".into())],
        };
        let got = |name: &str| secrets.get(name).map(|s| s.expose().to_owned());
        assert_eq!(got("ops-key").unwrap(), "third");
        write(&dir.path().join("files"), "second\n", 0o600);
        assert_eq!(got("ops-key").unwrap(), "second");
        write(&dir.path().join("credentials"), "first", 0o444);
        assert_eq!(got("ops-key").unwrap(), "first");
        let missing = got("other").unwrap_err().to_string();
        assert!(missing.contains("the secret other is nowhere"), "{missing}");
        assert!(missing.contains("$PILOTHOUSE_SECRET_OTHER"), "{missing}");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_and_nothing_prints_a_secret() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets {
            files: Some(dir.path().to_owned()),
            ..Secrets::default()
        };
        write(dir.path(), "hunter2", 0o640);
        let error = secrets.get("ops-key").unwrap_err();
        assert!(matches!(error, SecretError::Readable(_)));
        write(dir.path(), "\n", 0o600);
        assert!(matches!(
            secrets.get("ops-key"),
            Err(SecretError::Io { .. })
        ));
        write(dir.path(), &"x".repeat(16 * 1024 + 1), 0o600);
        let error = secrets.get("ops-key").unwrap_err().to_string();
        assert!(error.contains("larger than 16384 bytes"), "{error}");
        write(dir.path(), &"x".repeat(16 * 1024), 0o600);
        assert_eq!(secrets.get("ops-key").unwrap().expose().len(), 16 * 1024);
        write(dir.path(), "hunter2", 0o600);
        let printed = format!("{:?}", secrets.get("ops-key").unwrap());
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
