//! Where the API listens: what the configuration says of it, checked before anything is started.

use std::sync::Arc;
use std::time::Duration;

use crate::api::tls::{self, File, Tls, Unusable};
use crate::api::{self, Api, Bounds, Doors, Limits, OpenError, Server, Tcp};
use crate::cli::Start;
use crate::client::Problem;
use crate::config;

/// Where the API is to listen, and within which bounds.
///
/// # Errors
/// `CONFIG_INVALID`: certificate or key cannot be used; key, place, what was found and what is
/// allowed.
pub(super) fn doors(start: &Start) -> Result<Doors, Problem> {
    let api = &start.config.config.api;
    let tls = certificate(start)?;
    Ok(Doors {
        socket: start.state.path.join("control.sock"),
        tcp: api.listen.map(|address| Tcp { address, tls }),
        bounds: bounds(api),
        streams: Limits::default(),
    })
}

/// Serves the API, and says where on the network.
///
/// # Errors
/// A socket or an address cannot be bound.
pub(super) fn open(api: Arc<Api>, doors: Doors) -> Result<Server, Problem> {
    let scheme = match &doors.tcp {
        Some(Tcp { tls: Some(_), .. }) => "https",
        _ => "http",
    };
    let server = api::open(api, doors).map_err(|error| closed(&error))?;
    if let Some(address) = server.address() {
        tracing::info!("the API listens on {scheme}://{address}");
    }
    Ok(server)
}

fn closed(error: &OpenError) -> Problem {
    let (code, hint) = match error {
        OpenError::Socket { .. } => ("STATE_UNWRITABLE", "the state folder must be writable"),
        OpenError::Address { .. } => (
            "API_ADDRESS",
            "api.listen must be an address of this machine that no other program listens on",
        ),
        OpenError::Bare(_) => ("CONFIG_INVALID", "set api.tls_cert and api.tls_key"),
        OpenError::Threads(_) => ("PROCESS", "the system has too many of them; see ulimit -u"),
    };
    Problem::new(0, code, error.to_string(), hint)
}

fn certificate(start: &Start) -> Result<Option<Tls>, Problem> {
    let api = &start.config.config.api;
    let (Some(certificate), Some(key)) = (&api.tls_cert, &api.tls_key) else {
        return Ok(None);
    };
    let loaded = tls::load(certificate, key);
    loaded.map(Some).map_err(|error| unusable(start, &error))
}

fn unusable(start: &Start, error: &Unusable) -> Problem {
    let key = match error.file {
        File::Certificate => "api.tls_cert",
        File::Key => "api.tls_key",
    };
    let place = start.config.place(key);
    let hint = "mend the file, or name others";
    Problem::new(
        0,
        "CONFIG_INVALID",
        format!("{place}: {key}: {error}"),
        hint,
    )
}

fn bounds(api: &config::Api) -> Bounds {
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let rate = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Bounds {
        connections: size(api.connections),
        per_address: size(api.connections_per_address),
        header: Duration::from_secs(api.header_timeout_s),
        body: Duration::from_secs(api.body_timeout_s),
        write: Duration::from_secs(api.write_timeout_s),
        requests_per_second: rate(api.requests_per_second),
        burst: rate(api.burst),
        ..Bounds::default()
    }
}
