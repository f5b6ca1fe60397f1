//! Clearing HARDSTOP, slow on purpose.

use serde_json::json;

use super::exit::Exit;
use super::session::Session;
use crate::client::Call;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Why it may go on; for whoever reads the audit.
    #[arg(long)]
    reason: String,
    /// Which stop is cleared; `status` names it.
    #[arg(long)]
    epoch: u64,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub fn clear(session: &Session, args: &Args) -> Exit {
    let what = format!("Clearing HARDSTOP {}", args.epoch);
    if let Err(problem) = session.confirm(args.yes, "CLEAR", &what) {
        return session.fail(&problem);
    }
    let body = json!({ "reason": args.reason, "epoch": args.epoch, "confirm": "CLEAR" });
    session.show(
        session.change(&Call::post("coordinator/clear", body)),
        |document| {
            let state = document["state"].as_str().unwrap_or_default();
            format!(
                "HARDSTOP {} is cleared; trading is {state}, `resume` is the next step\n",
                args.epoch
            )
        },
    )
}
