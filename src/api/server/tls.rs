//! The server's certificate and its key.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Bits of a file's mode by which anybody but its owner may do something with it.
const OTHERS: u32 = 0o077;

/// What speaks TLS to whoever connects.
#[derive(Clone)]
pub struct Tls(pub(super) TlsAcceptor);

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The certificate and those that lead to a known authority.
    Certificate,
    /// Its private key.
    Key,
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}; allowed {allowed}")]
pub struct Unusable {
    /// Which file is at fault.
    pub file: File,
    /// What was found there.
    pub found: String,
    /// What is allowed there.
    pub allowed: &'static str,
}

/// TLS 1.2 and 1.3 by this certificate, PEM, with its key, PEM.
///
/// # Errors
/// A file cannot be read, holds something else, does not fit the other; or not only its
/// owner may read the key.
pub fn load(certificate: &Path, key: &Path) -> Result<Tls, Unusable> {
    let chain = chain(certificate)?;
    let secret = secret(key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|versions| {
            versions
                .with_no_client_auth()
                .with_single_cert(chain, secret)
        });
    let mut config = config.map_err(|error| Unusable {
        file: File::Key,
        found: format!(
            "{}, which does not fit the certificate: {error}",
            key.display()
        ),
        allowed: "the private key of the first certificate in tls_cert",
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls(TlsAcceptor::from(Arc::new(config))))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let unusable = |why: String| Unusable {
        file: File::Certificate,
        found: format!("{}: {why}", path.display()),
        allowed: "a file of PEM certificates, the server's own first",
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| unusable(words(&e)))?;
    let chain: Result<Vec<_>, _> = certificates.collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(unusable("no certificate in it".into())),
        Ok(chain) => Ok(chain),
        Err(error) => Err(unusable(words(&error))),
    }
}

fn secret(path: &Path) -> Result<PrivateKeyDer<'static>, Unusable> {
    let unusable = |why: String| Unusable {
        file: File::Key,
        found: format!("{}: {why}", path.display()),
        allowed: "a file with one PEM private key that only its owner may read, mode 0600",
    };
    let mode = fs::metadata(path)
        .map_err(|e| unusable(e.to_string()))?
        .mode()
        & 0o777;
    if mode & OTHERS != 0 {
        return Err(unusable(format!("mode {mode:04o}, open to others")));
    }
    PrivateKeyDer::from_pem_file(path).map_err(|error| unusable(words(&error)))
}

fn words(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => "no such file".into(),
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "nothing of the kind in it".into(),
        _ => "no PEM".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rcgen::generate_simple_self_signed;

    use super::*;

    #[test]
    fn a_certificate_that_cannot_serve_says_which_file_and_why() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str, mode| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let pair = || generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (ours, other) = (pair(), pair());
        let cert = write("cert.pem", &ours.cert.pem(), 0o644);
        let key = write("key.pem", &ours.signing_key.serialize_pem(), 0o600);
        assert!(load(&cert, &key).is_ok());

        let foreign = write("foreign.pem", &other.signing_key.serialize_pem(), 0o600);
        let open = write("open.pem", &ours.signing_key.serialize_pem(), 0o604);
        let shared = write("shared.pem", &ours.signing_key.serialize_pem(), 0o640);
        let empty = write("empty.pem", "", 0o600);
        let absent = dir.path().join("absent.pem");
        for (cert, key, file, word) in [
            (&absent, &key, File::Certificate, "no such file"),
            (&empty, &key, File::Certificate, "no certificate"),
            (&cert, &absent, File::Key, "No such file"),
            (&cert, &empty, File::Key, "nothing of the kind"),
            (&cert, &cert, File::Key, "open to others"),
            (&cert, &shared, File::Key, "mode 0640"),
            (&cert, &open, File::Key, "mode 0604"),
            (&cert, &foreign, File::Key, "does not fit"),
        ] {
            let error = load(cert, key).err().unwrap();
            assert_eq!(error.file, file, "{error}");
            assert!(error.found.contains(word), "{error}");
        }
    }
}
