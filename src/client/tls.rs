//! What TLS needs in this process, and whom it trusts.

use std::path::Path;

use super::Problem;

/// Makes one library the process' own for TLS. It is called before anything speaks TLS; a second
/// call changes nothing.
pub fn install() {
    // It fails where one is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The certificates of a PEM file.
///
/// # Errors
/// `CA_UNREADABLE`: it cannot be read, or holds none.
pub(super) fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, Problem> {
    let unreadable = |why: String| {
        let message = format!("{}: {why}", path.display());
        let hint = "--ca names a PEM file with the certificate of the engine or of its authority";
        Problem::new(0, "CA_UNREADABLE", message, hint)
    };
    let text = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&text);
    match found {
        Ok(certificates) if certificates.is_empty() => {
            Err(unreadable("no certificate in it".to_owned()))
        }
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(unreadable("no PEM".to_owned())),
    }
}
