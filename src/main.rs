use std::process::ExitCode;
use std::sync::Arc;

use pilothouse::api::{Api, serve};
use pilothouse::cli::{self, AttachArgs, FeedArg, Globals, Launcher, RunArgs, Start, show};
use pilothouse::client::{Problem, Target};
use pilothouse::engine::{Engine, FeedChoice, LaunchError, Options, settings};
use pilothouse::process::{launch_problem, wait_headless};

fn main() -> ExitCode {
    cli::main(&Process)
}

/// Starts engines in this process.
struct Process;

impl Launcher for Process {
    fn run(&self, args: &RunArgs, start: Start) -> ExitCode {
        let json = start.globals.json;
        let engine = match Engine::start(options(args, &start)) {
            Ok(engine) => engine,
            Err(error) => return refuse(&error, json),
        };
        for note in &engine.notes {
            eprintln!("note: {note}");
        }
        let config = &start.config.config;
        let limits = settings(config, &config.coordinator.symbols);
        let api = Api::new(engine.handle.clone(), limits, &start.state.path);
        match serve(Arc::new(api), &start.state.path.join("control.sock")) {
            Ok(server) => wait_headless(engine, server, json),
            Err(error) => {
                engine.handle.shutdown();
                let _ended = engine.join();
                let message = format!("control.sock cannot be opened: {error}");
                let hint = "the state folder must be writable";
                show(&Problem::new(0, "STATE_UNWRITABLE", message, hint), json).into()
            }
        }
    }

    fn attach(&self, _: &AttachArgs, _: &Target, globals: &Globals) -> ExitCode {
        let hint = "`pilothouse status` shows the same";
        let problem = Problem::new(409, "NOT_CONFIGURED", "there is no console here", hint);
        show(&problem, globals.json).into()
    }
}

fn options(args: &RunArgs, start: &Start) -> Options {
    Options {
        state_dir: start.state.path.clone(),
        config: start.config.config.clone(),
        feed: match &args.feed {
            Some(FeedArg::Recorded(path)) => FeedChoice::Recorded(path.clone()),
            Some(FeedArg::Idle) => FeedChoice::Idle,
            _ => FeedChoice::Simulated,
        },
        speed: args.speed,
        seed: args.seed.unwrap_or(1),
        symbol: args.symbol,
        exit_at_end: args.exit_at_end,
        accept_loss: args.accept_loss,
        views: true,
    }
}

fn refuse(error: &LaunchError, json: bool) -> ExitCode {
    let (code, message, hint, exit) = launch_problem(error);
    show(&Problem::new(0, &code, message, hint), json);
    ExitCode::from(exit)
}
