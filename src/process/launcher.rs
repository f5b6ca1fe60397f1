//! Starts engines and consoles in this process, as the command line asks.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::cores::no_core_dumps;
use super::listening::{self, doors};
use super::loss::look_after;
use super::run::{finish, launch_problem, wait_headless};
use super::service::Service;
use super::signals::{self, EarlyStop, Signals};
use super::{detach, is_child, wait_for_child};
use crate::api::{Api, Caller, Server};
use crate::cli::{AttachArgs, FeedArg, Globals, Launcher, RunArgs, Start, show, speaks_utf8};
use crate::client::{Link, LocalLink, Problem, RemoteLink, Target};
use crate::config::{Loaded, Theme};
use crate::console::{self, ConsoleOptions, ConsoleSignals, Exit, Keymap, NamedTheme, ShownOn};
use crate::core::Name;
use crate::engine::{Engine, FeedChoice, Options};
use crate::gate::make_state_dir;
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
        // Logging begins beside the engine, which waits for its disk meanwhile. A folder that cannot
        // be made is for the engine to tell.
        let _ = make_state_dir(&start.state.path);
        let (started, _logging) = std::thread::scope(|both| {
            let logging = both.spawn(|| telemetry::start(&start.state.path, lines));
            (Engine::start(options(args, &start)), logging.join())
        });
        let engine = match started {
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
        look_after(&engine.handle, start.config.config.console.on_operator_loss);
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
        #[cfg(debug_assertions)]
        let link = super::drill::prepare(link, Some(engine.handle.clone()));
        let told = ConsoleSignals::default();
        let screen = screen(&start.config, false, args.plain, &told);
        with_console((engine, early), server, &link, (screen, told), json)
    }

    fn attach(
        &self,
        args: &AttachArgs,
        target: &Target,
        config: &Loaded,
        globals: &Globals,
    ) -> ExitCode {
        no_core_dumps();
        let who: Name = "operator".parse().expect("a name");
        let far = match RemoteLink::connect(target, who) {
            Ok(link) => Arc::new(link),
            Err(problem) => return show(&problem, globals.json).into(),
        };
        let read_only = args.read_only || !far.may_act();
        let link: Arc<dyn Link> = Arc::<RemoteLink>::clone(&far);
        #[cfg(debug_assertions)]
        let link = super::drill::prepare(link, None);
        let told = ConsoleSignals::default();
        let (stop, asking, console) = (Arc::clone(&link), told.clone(), told.clone());
        let pressed = move || {
            // First, so that the answer never comes before the press it answers.
            asking.stop_pressed();
            let answer = stop.stop("the stop key of an attached console");
            if let Err(problem) = &answer {
                tracing::error!("the stop did not get through: {problem}");
            }
            asking.stop_answered(answer);
        };
        if let Err(error) = Signals::take(pressed, false, move |wish| tell(&console, wish)) {
            let problem = Problem::new(0, "PROCESS", error.to_string(), "try again");
            return show(&problem, globals.json).into();
        }
        let screen = screen(config, read_only, args.plain, &told);
        if console::run(link, screen, told) == Exit::Left {
            far.leave();
        }
        ExitCode::SUCCESS
    }
}

/// Console and engine together, until the one is left or the other ends.
fn with_console(
    (engine, early): (Engine, EarlyStop),
    server: Server,
    link: &Arc<dyn Link>,
    (screen, told): (ConsoleOptions, ConsoleSignals),
    json: bool,
) -> ExitCode {
    let handle = engine.handle.clone();
    let (asked, console) = (handle.clone(), told.clone());
    let (close, asking) = (signals::close(handle.gate().clone()), told.clone());
    let stop = move || {
        close();
        asking.stop_pressed();
    };
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
            watched.wait_ended();
            if watched.is_broken() {
                console.say(
                    "the engine's thread panicked: the gate is closed, nothing is decided any more; \
                     q leaves, and pilothouse run starts it again",
                );
                return;
            }
            console.terminate();
            if left.recv_timeout(WEDGED) == Err(RecvTimeoutError::Timeout) {
                // The engine has ended whole; only a terminal that takes no output holds the rest.
                console::give_modes_back();
                std::process::exit(0);
            }
        });
    if let Err(error) = watch {
        tracing::error!("the engine's end will not be seen here: {error}");
    }
    let watching = handle.gate().consoles().arrive();
    let exit = console::run(Arc::clone(link), screen, told);
    // Full or unheard means the same: nobody waits for it any more.
    let _ = gone.try_send(());
    if exit == Exit::Terminated {
        watching.leave();
        handle.shutdown();
        handle.wait_ended();
        drop(server);
        return finish(engine.join(), json);
    }
    if !handle.has_ended()
        && let Err(error) = detach(true)
    {
        tracing::error!("the terminal cannot be given up: {error}");
    }
    if exit == Exit::Left {
        watching.leave();
    } else {
        drop(watching);
    }
    handle.wait_ended();
    drop(server);
    finish(engine.join(), json)
}

fn tell(console: &ConsoleSignals, wish: &super::Wish) {
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
fn screen(loaded: &Loaded, read_only: bool, plain: bool, told: &ConsoleSignals) -> ConsoleOptions {
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
        keys: Arc::new(keys(loaded, told)),
        plain,
    }
}

/// The keys of the configuration; those built in where they cannot be, and the operator is told.
fn keys(loaded: &Loaded, told: &ConsoleSignals) -> Keymap {
    Keymap::of(loaded).unwrap_or_else(|errors| {
        told.say(format!("the keys are those built in: {errors}"));
        Keymap::default()
    })
}
