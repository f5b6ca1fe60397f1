//! Starts engines and consoles in this process, as the command line asks.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use super::cores::no_core_dumps;
use super::listening::{self, doors};
use super::run::{finish, launch_problem, wait, wait_headless};
use super::service::Service;
use super::signals::{self, EarlyStop, Signals};
use super::{detach, is_child, wait_for_child};
use crate::api::{Api, Caller, Server};
use crate::cli::{AttachArgs, FeedArg, Globals, Launcher, RunArgs, Start, show, speaks_utf8};
use crate::client::{Link, LocalLink, Problem, RemoteLink, Target};
use crate::config::{Config, Loaded, OnOperatorLoss, Theme};
use crate::console::{self, ConsoleOptions, ConsoleSignals, Exit, Keymap, NamedTheme, ShownOn};
use crate::core::{Command, Name};
use crate::engine::{Engine, EngineHandle, FeedChoice, Lane, Options};
use crate::gate::{How, Press};
use crate::telemetry::{self, Lines};

/// How long a console may take to give its terminal back when the engine has ended.
const WEDGED: Duration = Duration::from_secs(2);

/// This process.
pub struct Process;

impl Launcher for Process {
    fn run(&self, args: &RunArgs, start: Start) -> ExitCode {
        let json = start.globals.json;
        no_core_dumps();
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if !args.headless && terminal && !is_child() {
            return match wait_for_child(&left(&start)) {
                Ok(code) => code,
                Err(error) => {
                    let hint = "pilothouse run --headless needs no second process";
                    let message = format!("the engine's process cannot be started: {error}");
                    show(&Problem::new(0, "PROCESS", message, hint), json).into()
                }
            };
        }
        let lines = if args.headless || !terminal || args.plain {
            Lines::Stderr
        } else {
            Lines::Pane
        };
        let doors = match doors(&start) {
            Ok(doors) => doors,
            Err(problem) => return show(&problem, json).into(),
        };
        let early = EarlyStop::keep();
        if args.headless {
            Service::starting();
        }
        let engine = match Engine::start(options(args, &start)) {
            Ok(engine) => engine,
            Err(error) => {
                let (code, message, hint, exit) = launch_problem(&error);
                show(&Problem::new(0, &code, message, hint), json);
                return ExitCode::from(exit);
            }
        };
        engine
            .handle
            .configured_from(start.sources.clone(), start.config.clone());
        let _logging = telemetry::start(&start.state.path, lines);
        for note in engine.notes.iter().chain(&start.config.warnings) {
            tracing::info!("{note}");
        }
        let config = &start.config.config;
        let api = Arc::new(Api::new(engine.handle.clone(), &start.state.path));
        let server = match listening::open(Arc::clone(&api), doors) {
            Ok(server) => server,
            Err(problem) => {
                engine.handle.shutdown();
                engine.join();
                return show(&problem, json).into();
            }
        };
        if args.headless {
            let limit = u64::try_from(config.coordinator.watchdog_s).unwrap_or(10);
            return wait_headless(engine, early, server, Duration::from_secs(limit), json);
        }
        let link: Arc<dyn Link> = Arc::new(LocalLink::new(
            api,
            Caller::owner().at("console".parse().expect("a built-in origin")),
        ));
        let screen = screen(&start.config, false, args.plain);
        with_console((engine, early), server, &link, screen, config, json)
    }

    fn attach(
        &self,
        args: &AttachArgs,
        target: &Target,
        config: &Loaded,
        globals: &Globals,
    ) -> ExitCode {
        let who: Name = "operator".parse().expect("a name");
        let link: Arc<dyn Link> = match RemoteLink::connect(target, who) {
            Ok(link) => Arc::new(link),
            Err(problem) => return show(&problem, globals.json).into(),
        };
        let told = ConsoleSignals::default();
        let (stop, console) = (Arc::clone(&link), told.clone());
        let pressed = move || {
            if let Err(problem) = stop.stop("the stop key of an attached console") {
                tracing::error!("the stop did not get through: {problem}");
            }
        };
        if let Err(error) = Signals::take(pressed, false, move |wish| tell(&console, wish)) {
            let problem = Problem::new(0, "PROCESS", error.to_string(), "try again");
            return show(&problem, globals.json).into();
        }
        let screen = screen(config, args.read_only, args.plain);
        console::run(link, screen, told);
        ExitCode::SUCCESS
    }
}

/// Console and engine together, until the one is left or the other ends.
fn with_console(
    (engine, early): (Engine, EarlyStop),
    server: Server,
    link: &Arc<dyn Link>,
    screen: ConsoleOptions,
    config: &Config,
    json: bool,
) -> ExitCode {
    let handle = engine.handle.clone();
    let told = ConsoleSignals::default();
    let (asked, console) = (handle.clone(), told.clone());
    let stop = signals::close(handle.gate().clone());
    let taken = Signals::take(stop, false, move |wish| {
        if wish.terminate() {
            asked.shutdown();
        }
        tell(&console, wish);
    });
    if let Err(error) = taken {
        tracing::error!("signals cannot be taken, the stop key works as a key alone: {error}");
    }
    early.hand_over(handle.gate());
    let (watched, console) = (handle.clone(), told.clone());
    let (gone, left) = sync_channel::<()>(1);
    let watch = std::thread::Builder::new()
        .name("end".into())
        .spawn(move || {
            wait(&watched);
            console.terminate();
            if left.recv_timeout(WEDGED).is_err() {
                // The engine has ended whole; only a terminal that takes no output holds the rest.
                std::process::exit(0);
            }
        });
    if let Err(error) = watch {
        tracing::error!("the engine's end will not be seen here: {error}");
    }
    let exit = console::run(Arc::clone(link), screen, told);
    // Full or unheard means the same: nobody waits for it any more.
    let _ = gone.try_send(());
    if exit == Exit::Terminated {
        handle.shutdown();
        wait(&handle);
        drop(server);
        return finish(engine.join(), json);
    }
    if exit == Exit::Lost {
        operator_lost(&handle, config.console.on_operator_loss);
    }
    if let Err(error) = detach(true) {
        tracing::error!("the terminal cannot be given up: {error}");
    }
    wait(&handle);
    drop(server);
    finish(engine.join(), json)
}

/// What follows when the last console goes without having been left.
fn operator_lost(handle: &EngineHandle, what: OnOperatorLoss) {
    let by: Name = "console".parse().expect("a name");
    let reason = "the operator's terminal was lost";
    match what {
        OnOperatorLoss::Default | OnOperatorLoss::Hold => {}
        OnOperatorLoss::Pause => {
            let pause = Command::Pause {
                symbol: None,
                reason: reason.into(),
            };
            if let Err(error) = handle.submit(Lane::Control, by, pause) {
                tracing::error!("{reason}, and the engine does not pause: {error}");
            }
        }
        OnOperatorLoss::Hardstop => {
            handle.gate().close(Press {
                by,
                how: How::Signal,
                reason: reason.into(),
            });
        }
    }
}

fn tell(console: &ConsoleSignals, wish: &super::Wish) {
    if wish.stops() > 0 {
        console.stop_pressed();
    }
    if wish.hangup() {
        console.hangup();
    }
    if wish.terminate() {
        console.terminate();
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

/// What the shell is told when the console was left.
fn left(start: &Start) -> String {
    let folder: &Path = &start.state.path;
    let named = if start.state.named {
        format!(" --state {}", folder.display())
    } else {
        String::new()
    };
    format!(
        "the engine goes on.\n  pilothouse attach{named}      looks at it again\n  \
         pilothouse hardstop{named}    stops everything that widens risk\n  \
         pilothouse shutdown{named}    ends it"
    )
}

/// How a console is wanted by the configuration and by the terminal.
fn screen(loaded: &Loaded, read_only: bool, plain: bool) -> ConsoleOptions {
    let variable = |name: &str| std::env::var(name).ok();
    ConsoleOptions {
        read_only,
        theme: match loaded.config.console.theme {
            Theme::Dark => NamedTheme::Dark,
            Theme::Light => NamedTheme::Light,
            Theme::Mono => NamedTheme::Mono,
            Theme::Ascii => NamedTheme::Ascii,
        },
        terminal: ShownOn::of(variable, speaks_utf8()),
        keys: Arc::new(Keymap::of(loaded).unwrap_or_default()),
        plain,
    }
}
