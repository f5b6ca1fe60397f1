//! The story of an id.

use super::exit::Exit;
use super::session::Session;
use crate::client::Call;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// An order, a reservation, a position, a cycle, a research run, a candidate or deployment, or a request's id.
    id: String,
}

pub fn explain(session: &Session, args: &Args) -> Exit {
    let shown = session.read(&Call::get(format!("explain/{}", args.id)));
    session.show(shown, |document| {
        let text = |name: &str| document[name].as_str().unwrap_or("open").to_owned();
        format!("{}\n\noutcome: {}\n", text("narrative"), text("outcome"))
    })
}
