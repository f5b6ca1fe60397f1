//! How well orders were carried out.

use super::exit::Exit;
use super::session::Session;
use crate::client::Call;

const ABOUT: &str = "\
Fill efficiency is what was filled of what was sent; slippage is against the price at the decision, positive is worse; \
edge decay is what the price did for the order 1, 5 and 30 minutes after each fill. In basis points, over \
the window of engine time.";

#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT)]
pub struct Args {
    /// Seconds of engine time to look back on.
    #[arg(long, default_value_t = 86_400)]
    window: i64,
    /// How orders ended and what they cost, instead.
    #[arg(long)]
    orders: bool,
}

pub fn telemetry(session: &Session, args: &Args) -> Exit {
    let path = if args.orders {
        "stats/execution"
    } else {
        "telemetry/summary"
    };
    let mut call = Call::get(path);
    call.query = vec![("window".to_owned(), args.window.to_string())];
    session.fields(session.read(&call))
}
