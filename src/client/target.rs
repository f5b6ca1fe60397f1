//! Where an engine is, and with what it is asked.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;

use super::Problem;

/// Where an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At a socket, `control.sock` in its state folder.
    Socket(PathBuf),
    /// On the network.
    Url(Remote),
}

/// An engine on the network.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    /// Such as `https://host:8700`, without a slash behind.
    pub url: String,
    /// PEM certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// Shown with each request.
    pub token: Option<String>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nobody finds the token in a log.
        let token = self.token.as_ref().map(|_| "…");
        let mut shown = f.debug_struct("Remote");
        shown.field("url", &self.url).field("ca", &self.ca);
        shown.field("token", &token).finish()
    }
}

impl Remote {
    /// The engine at `url`.
    ///
    /// # Errors
    /// `URL_INVALID`: no URL of HTTP. `TOKEN_IN_CLEAR`: a token that everybody on the way could
    /// read.
    pub fn new(url: &str, ca: Option<PathBuf>, token: Option<String>) -> Result<Self, Problem> {
        let invalid = |why: String| {
            let hint = "such as --url https://host:8700";
            Problem::new(0, "URL_INVALID", format!("{url}: {why}"), hint)
        };
        let parsed = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        let host = parsed.host_str().unwrap_or_default();
        let plain = match parsed.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(invalid("neither https nor http".to_owned())),
        };
        if plain && token.is_some() && !is_near(host) {
            let message = format!("{url} would carry the token in clear text");
            let hint = "https://, with --ca FILE where the certificate is the engine's own";
            return Err(Problem::new(0, "TOKEN_IN_CLEAR", message, hint));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            ca,
            token,
        })
    }
}

/// Whether nothing leaves this machine on the way.
fn is_near(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_nowhere_in_clear_text() {
        let of = |url: &str, token: Option<&str>| {
            let remote = Remote::new(url, None, token.map(str::to_owned));
            remote.map_or_else(|p| p.code, |remote| remote.url)
        };
        assert_eq!(of("https://host:1/", Some("t")), "https://host:1");
        assert_eq!(of("http://host:1", None), "http://host:1");
        assert_eq!(of("http://host:1", Some("t")), "TOKEN_IN_CLEAR");
        for near in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
            assert_eq!(of(near, Some("t")), near);
        }
        for no in ["host:1", "ftp://host", "", "https://"] {
            assert_eq!(of(no, None), "URL_INVALID", "{no}");
        }
        let secret = Remote::new("https://host", None, Some("hidden".into())).unwrap();
        assert!(!format!("{secret:?}").contains("hidden"));
    }
}
