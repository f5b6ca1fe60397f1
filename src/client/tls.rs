//! What TLS needs in this process.

/// Makes one library the process' own for TLS. It is called before anything speaks TLS; a second
/// call changes nothing.
pub fn install() {
    // It fails where one is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
