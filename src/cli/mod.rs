//! The command line: one file a group of verbs. A verb becomes a call; a running engine answers it,
//! and where none runs, the state folder does, as far as it can.
//!
//! What must not come in: anything that the API cannot do too, save what works on files alone.

mod activity;
mod agents;
mod alarms;
mod alerts;
mod approvals;
mod arguments;
mod audit;
mod backtest;
mod backup;
mod clear;
mod config;
mod conflicts;
mod conversation;
mod cycles;
mod data;
mod demo;
mod deployments;
mod doctor;
mod exit;
mod explain;
mod hardstop;
mod harmless;
mod journal;
mod launch;
mod man;
mod messages;
mod offline;
mod orders;
mod picture;
mod portfolio;
mod positions;
mod research;
mod reservations;
mod risk;
mod session;
mod sim;
mod slices;
mod status;
mod strategy;
mod table;
mod task;
mod telemetry;
#[cfg(test)]
mod tests;
mod token;
mod trading;
mod views;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use arguments::Globals;
pub use exit::{Exit, show};
pub use launch::{AttachArgs, FeedArg, Launcher, RunArgs, Start, VenueArg};
pub use picture::speaks_utf8;

use session::Session;

const EXITS: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a rule, \
                     4 confirmation missing, 5 no engine answers, 6 configuration invalid";

/// A crew of autonomous trading agents, one operator, one terminal. Without a verb: `run`.
#[derive(Debug, Parser)]
#[command(name = "pilothouse", version, about, max_term_width = 100, after_help = EXITS)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start an engine, and a console on it.
    Run(Box<RunArgs>),
    /// Open a console on a running engine.
    Attach(AttachArgs),
    /// End the engine: no new entry, resting entries cancelled, stops and targets stay.
    Shutdown(trading::Shutdown),
    /// State, resources, activities, conflicts, reservations, schedules, health.
    Status,
    /// Reserve capital, compute or API calls.
    Reserve(reservations::Reserve),
    /// Give a reservation back.
    Release(reservations::Release),
    /// Ignore signals, of all symbols or of one.
    Pause(trading::Pausing),
    /// Lift pause, reduce-only, and halts whose cause is gone.
    Resume(trading::Pausing),
    /// Stop everything that widens risk, now. It never asks.
    Hardstop(hardstop::Args),
    /// Lift HARDSTOP into reduce-only; `resume` is the second step.
    Clear(clear::Args),
    /// Scheduled tasks.
    Task(task::Args),
    /// What an operator must see, and taking note of it.
    Alarms(alarms::Args),
    /// Allocation against target.
    Portfolio(portfolio::Args),
    /// How well orders were carried out.
    Telemetry(telemetry::Args),
    /// Positions, open and closed.
    Positions(positions::Args),
    /// Orders, working and ended.
    Orders(Box<orders::Args>),
    /// Reservations: who holds what, and who waits for it.
    Reservations(reservations::Args),
    /// Who deploys, optimises, discovers or trades.
    Activity(activity::Args),
    /// Entries that wait for the operator, in guide mode.
    Approvals(approvals::Args),
    /// Who is at work, inside and outside, and how they are.
    Agents(agents::Args),
    /// Where alerts go and whether they arrive; `test` sends one.
    Alerts(alerts::Args),
    /// Cycles: decisions on their way, and those that ended.
    Cycles(cycles::Args),
    /// Messages between agents.
    Messages(Box<messages::Args>),
    /// The last word on a topic.
    Latest(messages::Latest),
    /// Active conflicts, and which activity gives way to which.
    Conflicts,
    /// Cancel entries and close every position.
    Flatten(trading::Flatten),
    /// Each limit, its use and its last refusal.
    Risk,
    /// The live guard: what a venue must do to be sent entries.
    Guard,
    /// Recordings of prices: what they hold, and one to begin with.
    Data(data::Args),
    /// Run a strategy on recorded data.
    Backtest(Box<backtest::Args>),
    /// Research runs: ask for one, watch it, read what came of it.
    Research(Box<research::Args>),
    /// Strategies: what there is, what a definition holds, and putting one into service.
    Strategy(Box<strategy::Args>),
    /// Strategy versions in service, and how far they have come.
    Deployments(deployments::Args),
    /// The journal, readable.
    Audit(audit::Args),
    /// The story of an order, a reservation, a position, a cycle, a research run, a service or a refused entry.
    Explain(explain::Args),
    /// The journal itself.
    Journal(journal::Args),
    /// Who may use the API from outside.
    Token(token::Args),
    /// The SQL tables folded from the journal.
    Views(views::Args),
    /// A consistent, verified copy of the state folder, while the engine runs or without one.
    Backup(backup::Args),
    /// The configuration.
    Config(config::Args),
    /// Tell a story of the simulated, hostile world, step by step.
    Sim(sim::Args),
    /// Watch deployer, optimizer, discoverer and trader get in each other's way, on a market made up.
    Demo(demo::Args),
    /// Whether everything an engine leans on is as it should be, and what to mend.
    Doctor,
    /// The manual: everything about every verb, exit codes, files, environment.
    Man(man::Args),
    /// Completions for a shell.
    Completions {
        /// Which.
        shell: clap_complete::Shell,
    },
}

/// Runs the command line of this process. `launcher` starts engines and consoles.
pub fn main(launcher: &dyn Launcher) -> ExitCode {
    run(std::env::args_os().collect(), launcher).into()
}

/// Runs a command line.
pub fn run(arguments: Vec<OsString>, launcher: &dyn Launcher) -> Exit {
    let as_json = arguments
        .iter()
        .skip(1)
        .any(|argument| argument == "--json");
    match Cli::try_parse_from(arguments) {
        Ok(cli) => carry_out(cli, launcher),
        Err(error) => exit::usage(&error, as_json),
    }
}

fn carry_out(cli: Cli, launcher: &dyn Launcher) -> Exit {
    let session = Session::new(cli.globals);
    match cli.verb.unwrap_or_else(|| Verb::Run(Box::default())) {
        Verb::Run(args) => launch::run(&session, &args, launcher),
        Verb::Attach(args) => launch::attach(&session, &args, launcher),
        Verb::Shutdown(args) => trading::shutdown(&session, &args),
        Verb::Status => status::status(&session),
        Verb::Reserve(args) => reservations::reserve(&session, &args),
        Verb::Release(args) => reservations::release(&session, &args),
        Verb::Pause(args) => trading::pause(&session, &args),
        Verb::Resume(args) => trading::resume(&session, &args),
        Verb::Hardstop(args) => hardstop::hardstop(&session, &args),
        Verb::Clear(args) => clear::clear(&session, &args),
        Verb::Task(args) => task::task(&session, &args),
        Verb::Alarms(args) => alarms::alarms(&session, &args),
        Verb::Portfolio(args) => portfolio::portfolio(&session, &args),
        Verb::Telemetry(args) => telemetry::telemetry(&session, &args),
        Verb::Positions(args) => positions::positions(&session, &args),
        Verb::Orders(args) => orders::orders(&session, *args),
        Verb::Reservations(args) => reservations::reservations(&session, &args),
        Verb::Activity(args) => activity::activity(&session, &args),
        Verb::Approvals(args) => approvals::approvals(&session, &args),
        Verb::Agents(args) => agents::agents(&session, &args),
        Verb::Alerts(args) => alerts::alerts(&session, &args),
        Verb::Cycles(args) => cycles::cycles(&session, &args),
        Verb::Messages(args) => messages::messages(&session, *args),
        Verb::Latest(args) => messages::latest(&session, &args),
        Verb::Conflicts => conflicts::conflicts(&session),
        Verb::Flatten(args) => trading::flatten(&session, &args),
        Verb::Risk => risk::risk(&session),
        Verb::Guard => risk::guard(&session),
        Verb::Data(args) => data::data(&session, &args),
        Verb::Backtest(args) => backtest::backtest(&session, &args),
        Verb::Research(args) => research::research(&session, &args),
        Verb::Strategy(args) => strategy::strategy(&session, &args),
        Verb::Deployments(args) => deployments::deployments(&session, &args),
        Verb::Audit(args) => audit::audit(&session, &args),
        Verb::Explain(args) => explain::explain(&session, &args),
        Verb::Journal(args) => journal::journal(&session, &args),
        Verb::Token(args) => token::token(&session, &args),
        Verb::Views(args) => views::views(&session, &args),
        Verb::Backup(args) => backup::backup(&session, &args),
        Verb::Config(args) => config::config(&session, &args),
        Verb::Sim(args) => sim::sim(&session, &args),
        Verb::Demo(args) => demo::demo(&session, &args),
        Verb::Doctor => doctor::doctor(&session),
        Verb::Man(args) => man::man(&session, &args),
        Verb::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pilothouse", &mut text);
            session.text(&String::from_utf8_lossy(&text))
        }
    }
}
