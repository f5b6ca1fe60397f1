//! Where connections come in: each with its place, or not at all.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;

use super::connection;
use super::front::Front;
use super::line::Line;
use super::peer::{Origin, Peer, network};
use super::places::{Place, Places};
use super::tls::Tls;

/// After a failed accept, such as for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What every connection needs.
#[derive(Clone)]
pub(super) struct House {
    pub(super) front: Arc<Front>,
    /// Changes when the server ends.
    pub(super) ending: watch::Receiver<bool>,
    /// Held by whoever is still being served.
    pub(super) present: mpsc::Sender<()>,
}

/// Takes the owner's connections, one more only where there is room for it.
pub(super) async fn socket(listener: UnixListener, house: House, most: usize) {
    let room = Arc::new(Semaphore::new(most));
    loop {
        let place = Arc::clone(&room).acquire_owned().await;
        let place = place.expect("nobody closes it");
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let uid = stream.peer_cred().ok().map(|cred| cred.uid());
        let peer = Peer::new(Origin::Unix(uid));
        let house = house.clone();
        tokio::spawn(async move {
            let line = Line::new(stream, peer.clone(), house.front.bounds(), place);
            connection::serve(line, peer, None, house).await;
        });
    }
}

/// Takes connections from the network; whoever finds no room is turned away.
pub(super) async fn network_door(
    listener: TcpListener,
    tls: Option<Tls>,
    places: Arc<Places>,
    house: House,
) {
    loop {
        let Ok((stream, address)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Some(place) = places.take(network(address.ip())) else {
            tracing::debug!("no room for a connection from {address}");
            continue;
        };
        tokio::spawn(welcome(stream, address, tls.clone(), place, house.clone()));
    }
}

async fn welcome(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
    place: Place,
    house: House,
) {
    // Answers are written whole: waiting for more to send would only hold them back.
    let _ = stream.set_nodelay(true);
    let bounds = *house.front.bounds();
    let peer = Peer::new(Origin::Tcp(address));
    let header = Some(bounds.header);
    let Some(Tls(acceptor)) = tls else {
        let line = Line::new(stream, peer.clone(), &bounds, place);
        return connection::serve(line, peer, header, house).await;
    };
    match timeout(bounds.header, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let line = Line::new(stream, peer.clone(), &bounds, place);
            connection::serve(line, peer, header, house).await;
        }
        Ok(Err(error)) => tracing::debug!("no TLS with {peer}: {error}"),
        Err(_) => tracing::debug!("no TLS with {peer} in time"),
    }
}
