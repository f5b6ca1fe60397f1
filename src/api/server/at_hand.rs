//! What has come of a body already.

use axum::body::Body;
use futures_util::{FutureExt, StreamExt};

use crate::api::body::LARGEST;

/// Looks at a body. Between two the connection has a turn to take what waits on it.
const LOOKS: usize = 32;

/// The whole body, where it came with its head and is not too large; nobody waits for it.
pub(super) async fn at_hand(body: Body) -> Option<Vec<u8>> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    for _ in 0..LOOKS {
        while let Some(next) = chunks.next().now_or_never() {
            match next {
                Some(Ok(chunk)) if bytes.len() + chunk.len() <= LARGEST => {
                    bytes.extend_from_slice(&chunk);
                }
                Some(_) => return None,
                None => return Some(bytes),
            }
        }
        tokio::task::yield_now().await;
    }
    None
}
