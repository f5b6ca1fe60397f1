//! Putting a strategy version into service, and taking it back.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::settings;
use crate::cli::arguments::{assignment, decimal};
use crate::cli::exit::Exit;
use crate::cli::research::tell;
use crate::cli::session::Session;
use crate::cli::table::cell;
use crate::client::{Call, Problem, UNREACHABLE};
use crate::core::Symbol;
use crate::core::id::ServiceId;

const EXAMPLES: &str = "\
Prints the deployment's id on stdout. It waits for its capital where that is taken, and for the deployment before it.

Examples:
  pilothouse strategy deploy ema_cross --version 1-run_27 --capital 2000
  pilothouse strategy deploy breakout --unproven --symbol BTC/USDT --interval 3600 --set stop_atr=2 --capital 500";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Deploy {
    /// The strategy.
    name: String,
    /// Which version of it [default: the newest that a run has proved].
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// USD that it holds as long as it is at work, and uses in stages.
    #[arg(long, value_name = "USD", value_parser = decimal, allow_negative_numbers = true)]
    capital: String,
    /// A built-in one as it is, though no run has judged it.
    #[arg(long)]
    unproven: bool,
    /// The pair it trades [default: the first that the engine trades].
    #[arg(long, requires = "unproven")]
    symbol: Option<Symbol>,
    /// Length of its bars [default: 60].
    #[arg(long, value_name = "SECONDS", requires = "unproven")]
    interval: Option<u32>,
    /// A parameter; the others have their defaults.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = assignment, requires = "unproven")]
    sets: Vec<(String, Decimal)>,
}

pub fn deploy(session: &Session, args: &Deploy) -> Exit {
    let set = match settings(&args.sets) {
        Ok(set) => set,
        Err(problem) => {
            session.fail(&problem);
            return Exit::Usage;
        }
    };
    let body = json!({
        "version": args.version,
        "capital": args.capital,
        "unproven": args.unproven,
        "symbol": args.symbol,
        "interval_s": args.interval,
        "set": set,
    });
    let call = Call::post(format!("strategies/{}/deploy", args.name), body);
    session.show(session.change(&call), |service| {
        session.remark(&outcome(service));
        format!("{}\n", service["id"].as_str().unwrap_or_default())
    })
}

/// What came of it, in words.
fn outcome(service: &Value) -> String {
    let get = |name: &str| cell(&service[name]);
    let waits = match service["waits_for"].as_str() {
        Some(waits) => format!(", waits: {waits}"),
        None => String::new(),
    };
    format!(
        "{} {} on {}: {} in {} with {} of {} USD{waits}; `pilothouse deployments` shows it",
        get("strategy"),
        get("version"),
        get("symbol"),
        get("status"),
        get("stage"),
        tell::percent(&tell::number(&service["share"])),
        get("asked"),
    )
}

#[derive(Debug, clap::Args)]
pub struct Rollback {
    /// The strategy.
    name: String,
    /// Only where this deployment is the one to be taken back [default: the one that is asked about].
    #[arg(long, value_name = "ID")]
    service: Option<ServiceId>,
    /// Why.
    #[arg(long, default_value = "taken back by hand")]
    reason: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

pub fn rollback(session: &Session, args: &Rollback) -> Exit {
    let mut service = args.service;
    if !args.yes {
        let newest = match newest(session, &args.name) {
            Ok(newest) => newest,
            // Without an engine there is nothing to show; that it wants a confirmation comes first.
            Err(problem) if problem.code == UNREACHABLE => None,
            Err(problem) => return session.fail(&problem),
        };
        let (id, what) = newest.unzip();
        service = service.or(id);
        let shown = what.filter(|_| service == id);
        let what = shown.unwrap_or_else(|| args.name.clone());
        let what = format!("Taking {what} back and closing what it holds");
        if let Err(problem) = session.confirm(false, "ROLLBACK", &what) {
            return session.fail(&problem);
        }
    }
    let mut body = json!({ "reason": args.reason });
    if let Some(id) = service {
        body["service"] = json!(id);
    }
    let path = format!("strategies/{}/rollback", args.name);
    session.show(session.change(&Call::post(path, body)), |service| {
        let get = |name: &str| cell(&service[name]);
        format!(
            "{} {} {} {}: {}\n",
            get("id"),
            get("strategy"),
            get("version"),
            cell(&service["end"]["how"]),
            cell(&service["end"]["reason"])
        )
    })
}

/// The newest live deployment of a strategy, and what it is in words.
fn newest(session: &Session, strategy: &str) -> Result<Option<(ServiceId, String)>, Problem> {
    let mut call = Call::get("deployments");
    call.query = vec![
        ("strategy".into(), strategy.to_owned()),
        ("status".into(), "live".into()),
    ];
    let list = session.change(&call)?;
    let rows = list["items"].as_array().into_iter().flatten();
    let named = rows.filter_map(|row| {
        let id: ServiceId = row["id"].as_str()?.parse().ok()?;
        let get = |name: &str| cell(&row[name]);
        let what = format!(
            "{id} ({strategy} {} on {}, {}, {} USD)",
            get("version"),
            get("symbol"),
            get("stage"),
            get("asked")
        );
        Some((id, what))
    });
    Ok(named.max_by_key(|(id, _)| *id))
}
