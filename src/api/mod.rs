//! The interface over HTTP on the control socket.
