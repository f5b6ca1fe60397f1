//! `run` and `attach`: parsed here, carried out by whoever starts engines and consoles.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::ValueEnum;

use super::arguments::Globals;
use super::config;
use super::exit::Exit;
use super::session::Session;
use crate::client::{Problem, Target};
use crate::config::{Loaded, Sources, StateDir};
use crate::core::Symbol;
use crate::engine::Speed;

/// Starts engines and consoles.
pub trait Launcher {
    /// Starts an engine, and a console on it unless it is headless; returns when it has ended or
    /// was left.
    fn run(&self, args: &RunArgs, start: Start) -> ExitCode;

    /// Opens a console on a running engine; returns when it was left.
    fn attach(
        &self,
        args: &AttachArgs,
        target: &Target,
        config: &Loaded,
        globals: &Globals,
    ) -> ExitCode;
}

/// What a start has besides its flags.
#[derive(Debug)]
pub struct Start {
    /// The configuration, the flags' keys laid over it.
    pub config: Loaded,
    /// Where the configuration came from, to be read again.
    pub sources: Sources,
    /// The state folder.
    pub state: StateDir,
    /// Flags of every verb.
    pub globals: Globals,
}

/// Flags of `run`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RunArgs {
    /// The engine as a service, without a console.
    #[arg(long)]
    pub headless: bool,
    /// sim, idle, or a file or folder of recorded data; kraken is not part of this version
    /// [default: sim].
    #[arg(long, value_name = "sim|idle|FILE|DIR|kraken")]
    pub feed: Option<FeedArg>,
    /// Where orders go [default: paper].
    #[arg(long)]
    pub venue: Option<VenueArg>,
    /// Engine seconds a wall second, up to 1000000, or max [default: 60 of sim, else 1].
    #[arg(long, value_name = "N|max", value_parser = speed)]
    pub speed: Option<Speed>,
    /// Seed of the simulated market [default: 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Pair of recorded data whose file name tells none.
    #[arg(long)]
    pub symbol: Option<Symbol>,
    /// End when the recorded feed is over and everything has settled.
    #[arg(long)]
    pub exit_at_end: bool,
    /// Allow real orders; not part of this version.
    #[arg(long)]
    pub live: bool,
    /// Appended lines instead of a screen.
    #[arg(long)]
    pub plain: bool,
    /// Go on after damage, with the records up to this one.
    #[arg(long, value_name = "SEQ")]
    pub accept_loss: Option<u64>,
}

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedArg {
    /// A simulated market.
    Sim,
    /// None.
    Idle,
    /// Kraken's.
    Kraken,
    /// A recording.
    Recorded(PathBuf),
}

impl FromStr for FeedArg {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "sim" => Self::Sim,
            "idle" => Self::Idle,
            "kraken" => Self::Kraken,
            path => Self::Recorded(path.into()),
        })
    }
}

/// Where orders go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VenueArg {
    /// Simulated here.
    Paper,
    /// Not part of this version.
    Kraken,
}

/// Reads a speed, in engine seconds a wall second.
fn speed(text: &str) -> Result<Speed, String> {
    match text.parse() {
        _ if text == "max" => Ok(Speed::Max),
        Ok(times) if (1..=1_000_000).contains(&times) => Ok(Speed::Times(times)),
        _ => Err(format!("{text:?} is neither 1 to 1000000 nor max")),
    }
}

/// Flags of `attach`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct AttachArgs {
    /// Offer nothing that acts, save the stop.
    #[arg(long)]
    pub read_only: bool,
    /// Appended lines instead of a screen.
    #[arg(long)]
    pub plain: bool,
}

impl RunArgs {
    /// What cannot be together.
    fn check(&self) -> Result<(), Problem> {
        let absent = |what: &str| {
            let hint = "--venue paper, and --feed sim, idle, or recorded data";
            Err(Problem::new(
                409,
                "NOT_CONFIGURED",
                format!("{what} is not part of this version"),
                hint,
            ))
        };
        if self.live || self.venue == Some(VenueArg::Kraken) {
            return absent("trading on a live venue");
        }
        if self.feed == Some(FeedArg::Kraken) {
            return absent("a live feed");
        }
        Ok(())
    }
}

pub fn run(session: &Session, args: &RunArgs, launcher: &dyn Launcher) -> Exit {
    let start = args.check().and_then(|()| {
        let sources = Sources::of_process(session.globals.config.clone(), Vec::new());
        Ok(Start {
            config: config::held(&sources).map_err(|errors| config::invalid(&errors))?,
            sources,
            state: session.state()?,
            globals: session.globals.clone(),
        })
    });
    match start {
        Ok(start) => Exit::Launched(launcher.run(args, start)),
        Err(problem) => session.fail(&problem),
    }
}

pub fn attach(session: &Session, args: &AttachArgs, launcher: &dyn Launcher) -> Exit {
    let found = session
        .target()
        .and_then(|target| Ok((target, config::loaded(session, Vec::new())?)));
    match found {
        Ok((target, config)) => {
            Exit::Launched(launcher.attach(args, &target, &config, &session.globals))
        }
        Err(problem) => session.fail(&problem),
    }
}
