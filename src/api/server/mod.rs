//! The API over HTTP: on the owner's Unix socket always, on TCP where that is configured. Bounded in
//! connections, requests, sizes and time; whoever is slow is their own harm.

mod at_hand;
mod bounds;
mod caller;
mod connection;
mod door;
mod front;
mod head;
mod line;
mod metrics;
mod peer;
mod places;
mod rates;
mod request_id;
mod respond;
mod root;
pub mod tls;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::Api;
use super::stream::Limits;
use crate::client::address::SocketPath;
use door::House;
use front::Front;
use places::Places;

pub use bounds::Bounds;
pub use tls::Tls;

/// The owner's connections at once; the agents' streams, which stay, take half of them at most.
const CONNECTIONS: usize = 512;
/// What requests under way may take when the server ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where the API is to be served, and within which bounds.
#[derive(Clone)]
pub struct Doors {
    /// The owner's socket; its folder is made (0700) where it is missing.
    pub socket: PathBuf,
    /// The network, where it is served there too.
    pub tcp: Option<Tcp>,
    /// Of connections and requests.
    pub bounds: Bounds,
    /// Of the agents' streams.
    pub streams: Limits,
}

/// A door to the network.
#[derive(Clone)]
pub struct Tcp {
    /// Where it is; port 0 takes any that is free.
    pub address: SocketAddr,
    /// What it speaks; nothing on loopback alone.
    pub tls: Option<Tls>,
}

/// Why the API is not served.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The owner's socket cannot be bound.
    #[error("{} cannot be opened: {error}", path.display())]
    Socket {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The address cannot be bound.
    #[error("{address} cannot be listened on: {error}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// Anything but loopback wants TLS.
    #[error("{0} is no loopback address and has no TLS")]
    Bare(SocketAddr),
    /// There are no threads for it.
    #[error("no threads for the API: {0}")]
    Threads(io::Error),
}

/// The running server; dropping it ends it and removes the socket. What is under way gets a second.
pub struct Server {
    runtime: Option<Runtime>,
    path: PathBuf,
    address: Option<SocketAddr>,
    ending: watch::Sender<bool>,
    gone: mpsc::Receiver<()>,
}

impl Server {
    /// Where it listens on the network, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone, which is what is wanted.
        let _ = fs::remove_file(&self.path);
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        self.ending.send_replace(true);
        let farewell = async { tokio::time::timeout(FAREWELL, self.gone.recv()).await };
        // Who has not ended by then is cut off.
        let _ = runtime.block_on(farewell);
        runtime.shutdown_timeout(FAREWELL);
    }
}

/// Serves the API at `path`, whose folder is made (0700) where it is missing. A stale socket is
/// replaced: whoever calls this holds the state folder's lock.
///
/// # Errors
/// The socket cannot be bound, or there are no threads for it.
pub fn serve(api: Arc<Api>, path: &Path) -> Result<Server, OpenError> {
    serve_within(api, path, Limits::default())
}

/// The same, with other bounds of the agents' streams.
///
/// # Errors
/// As [`serve`].
pub fn serve_within(api: Arc<Api>, path: &Path, streams: Limits) -> Result<Server, OpenError> {
    let doors = Doors {
        socket: path.to_owned(),
        tcp: None,
        bounds: Bounds::default(),
        streams,
    };
    open(api, doors)
}

/// Serves the API at all these doors.
///
/// # Errors
/// A socket or address cannot be bound, an address that others reach has no TLS, or there are no
/// threads for it.
pub fn open(api: Arc<Api>, doors: Doors) -> Result<Server, OpenError> {
    let Doors {
        socket,
        tcp,
        bounds,
        streams,
    } = doors;
    let bare = tcp.as_ref().filter(|tcp| tcp.tls.is_none());
    if let Some(Tcp { address, .. }) = bare
        && !address.ip().is_loopback()
    {
        return Err(OpenError::Bare(*address));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(CONNECTIONS + bounds.connections)
        .thread_name("api")
        .enable_all()
        .build()
        .map_err(OpenError::Threads)?;
    let inside = runtime.enter();
    let near = bind(&socket).map_err(|error| OpenError::Socket {
        path: socket.clone(),
        error,
    })?;
    let far = tcp.map(|tcp| listen(tcp.address).map(|(listener, at)| (listener, at, tcp.tls)));
    let far = far.transpose()?;
    drop(inside);

    let places = Places::new(bounds.connections, bounds.per_address);
    let (ending, ended) = watch::channel(false);
    let (present, gone) = mpsc::channel(1);
    let house = House {
        front: Arc::new(Front::new(api, streams, bounds, Arc::clone(&places))),
        ending: ended,
        present,
    };
    let address = far.as_ref().map(|(_, address, _)| *address);
    if let Some((listener, _, tls)) = far {
        runtime.spawn(until_the_end(house.clone(), |house| {
            door::network_door(listener, tls, places, house)
        }));
    }
    runtime.spawn(until_the_end(house, |house| {
        door::socket(near, house, CONNECTIONS)
    }));
    Ok(Server {
        runtime: Some(runtime),
        path: socket,
        address,
        ending,
        gone,
    })
}

/// A door, until the server ends.
async fn until_the_end<F: Future<Output = ()>>(house: House, door: impl FnOnce(House) -> F) {
    let mut ending = house.ending.clone();
    tokio::select! {
        () = door(house) => {}
        _ = ending.changed() => {}
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(dir) = path.parent() {
        crate::gate::make_state_dir(dir)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let address = SocketPath::of(path)?;
    let listener = UnixListener::bind(address.path())?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), OpenError> {
    let bound = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok((TcpListener::from_std(listener)?, at))
    };
    bound().map_err(|error| OpenError::Address { address, error })
}
