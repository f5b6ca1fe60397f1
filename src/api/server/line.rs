//! A connection's bytes: whoever takes nothing of what is written is cut off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::bounds::Bounds;
use super::peer::Peer;

/// So many bytes taken count as somebody who listens: fewer in all that time are none.
const PROGRESS: usize = 16 * 1024;

/// A connection in its place, with a limit on how long its other end may take nothing.
pub(super) struct Line<S, P> {
    stream: S,
    peer: Peer,
    /// Given back with the last byte, a stream's too.
    _place: P,
    /// What an answer may wait.
    answer: Duration,
    /// What a stream may wait.
    stretch: Duration,
    /// Runs while something waits to be taken.
    deadline: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl<S, P> Line<S, P> {
    pub(super) fn new(stream: S, peer: Peer, bounds: &Bounds, place: P) -> Self {
        Self {
            stream,
            peer,
            _place: place,
            answer: bounds.write,
            stretch: bounds.stream,
            deadline: None,
            taken: 0,
        }
    }

    fn progress(&mut self, bytes: usize) {
        self.taken += bytes;
        if self.taken >= PROGRESS {
            self.calm();
        }
    }

    fn calm(&mut self) {
        self.deadline = None;
        self.taken = 0;
    }

    /// Nothing was taken just now: how long does that last?
    fn waits<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let patience = match self.peer.streams() {
            true => self.stretch,
            false => self.answer,
        };
        let ends = Instant::now() + patience;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep_until(ends)));
        ready!(deadline.as_mut().poll(context));
        tracing::warn!(
            "{} was cut off: it does not take what it is sent",
            self.peer
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Line<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin, P: Unpin> AsyncWrite for Line<S, P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.waits(context),
            Poll::Ready(written) => {
                self.progress(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.waits(context),
            Poll::Ready(flushed) => {
                self.calm();
                Poll::Ready(flushed)
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.waits(context),
            Poll::Ready(shut) => Poll::Ready(shut),
        }
    }
}
