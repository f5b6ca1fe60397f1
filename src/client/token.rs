//! The token of whoever asks from outside: from the environment, else from a file of their own.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Problem;

/// The variable that holds one.
pub const VARIABLE: &str = "PILOTHOUSE_TOKEN";
/// Bits of a file's mode by which others than its owner may read or change it.
const OTHERS: u32 = 0o077;

/// The token: what the variable holds, else what stands in `file`; none where neither is there.
///
/// # Errors
/// `TOKEN_EXPOSED`: others may read the file. `TOKEN_UNREADABLE`: nobody can, or it holds no token.
pub fn find(variable: Option<&str>, file: Option<&Path>) -> Result<Option<String>, Problem> {
    if let Some(text) = variable.map(str::trim).filter(|text| !text.is_empty()) {
        return checked(text, VARIABLE).map(Some);
    }
    let Some(file) = file else {
        return Ok(None);
    };
    let place = file.display().to_string();
    let unreadable = |error: &io::Error| {
        let hint = format!("a token in {VARIABLE} is taken before it");
        Problem::new(0, "TOKEN_UNREADABLE", format!("{place}: {error}"), hint)
    };
    let mode = match fs::metadata(file) {
        Ok(metadata) => metadata.mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    if mode & OTHERS != 0 {
        let message = format!("{place} has mode {mode:04o}: others may read the token in it");
        let hint = format!("chmod 600 {place}; and if others have read it, a new token");
        return Err(Problem::new(0, "TOKEN_EXPOSED", message, hint));
    }
    let text = fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    checked(text.trim(), &place).map(Some)
}

/// Where a token of one's own lies.
pub fn file(config_home: &Path) -> PathBuf {
    config_home.join("pilothouse/token")
}

fn checked(text: &str, place: &str) -> Result<String, Problem> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("{place} holds no token");
        let hint = "one line, as `pilothouse token add NAME` prints it";
        return Err(Problem::new(0, "TOKEN_UNREADABLE", message, hint));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_comes_from_the_variable_or_from_a_file_that_is_ones_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        assert_eq!(find(None, Some(&path)), Ok(None));
        let write = |text: &str, mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            find(None, Some(&path))
        };
        assert_eq!(write("abc\n", 0o600), Ok(Some("abc".into())));
        let exposed = write("abc\n", 0o640).unwrap_err();
        assert_eq!(exposed.code, "TOKEN_EXPOSED");
        assert!(exposed.message.contains("0640"), "{}", exposed.message);
        assert_eq!(write("a b\n", 0o600).unwrap_err().code, "TOKEN_UNREADABLE");
        assert_eq!(find(Some("def"), Some(&path)), Ok(Some("def".into())));
        assert_eq!(find(Some(" "), None), Ok(None));
    }
}
