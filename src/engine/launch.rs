//! Start: lock, recover, latch, then everything that hangs on the engine, then its thread. A start
//! after a crash is the same as any other.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::clock::{Clock, Speed};
use super::commit::wall_now;
use super::conductor::Conductor;
use super::configuration::Configuration;
use super::deadlines::Deadlines;
use super::durable::Durable;
use super::follower::Follower;
use super::handle::{EngineHandle, Submission};
use super::lanes::Lanes;
use super::mailbox::{Mailboxes, Redelivery, Told, refill};
use super::market::Market;
use super::older::Older;
use super::recovery::{Recovered, RecoveryError, journal_dir, recover};
use super::sampling::{Laggy, Sampling};
use super::settings::{balances, rules};
use super::tokens::Tokens;
use super::world::{Fixed, Over, World};
use crate::agents::Crew;
use crate::config::{Config, OnShutdown, Secrets};
use crate::core::command::Start;
use crate::core::{Command, Refusal, Reply, State, Symbol, Time};
use crate::execution::Desk;
use crate::gate::{
    Gate, Heartbeat, How, Journaled, LockError, Press, Sentinel, SentinelWatch, StateLock,
    Watchdog, latched_above, make_state_dir, stop_socket::StopServer,
};
use crate::journal::{Batch, accept_loss, verify};
use crate::market::{Feed, FeedError, FeedKind, IdleFeed, RecordedFeed, SimulatedFeed};
use crate::snapshot::{Samples, build};
use crate::telemetry::alerts::{Post, Watch};
use crate::venue::paper::{PaperSettings, PaperVenue};

/// Commands waiting in a lane, at most.
const ROOM: usize = 262_144;
/// What is traded is no money.
pub(super) const MODE: &str = "paper";
/// Answers of the crew waiting, at most: more than it can ever be given.
const ANSWERS: usize = 8_192;

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedChoice {
    /// A market made up from the seed.
    Simulated,
    /// None.
    Idle,
    /// A file or a folder.
    Recorded(PathBuf),
}

/// Everything a start needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The state folder.
    pub state_dir: PathBuf,
    /// The configuration, checked.
    pub config: Config,
    /// Where prices come from.
    pub feed: FeedChoice,
    /// Engine seconds a wall second; the feed's default when absent.
    pub speed: Option<Speed>,
    /// Of the simulated market.
    pub seed: u64,
    /// Of a recorded file whose name gives none.
    pub symbol: Option<Symbol>,
    /// End when the recorded feed is over.
    pub exit_at_end: bool,
    /// Go on after damage, with the records up to this one.
    pub accept_loss: Option<u64>,
    /// Whether the SQL views are kept.
    pub views: bool,
}

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Another engine holds the folder.
    #[error("an engine runs on this state folder already{}", held(.0))]
    Locked(Option<u32>),
    /// The journal.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// The feed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The recording ends before the journal does.
    #[error("the recording ends at {feed_ends}, before the journal's last time {journal}")]
    FeedInThePast {
        /// Last instant of the feed.
        feed_ends: Time,
        /// Last time of the journal.
        journal: Time,
    },
    /// The core refused the start.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk or the system.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The journal cannot be given up there.
    #[error("the loss cannot be accepted: {0}")]
    Loss(#[from] crate::journal::JournalError),
}

fn held(pid: &Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

/// A running engine.
pub struct Engine {
    /// The way in.
    pub handle: EngineHandle,
    /// The stop server, for the time the engine runs.
    _server: StopServer,
    _watchdog: Watchdog,
    heart: Arc<Heartbeat>,
    _sentinels: SentinelWatch,
    _lock: StateLock,
    thread: Option<JoinHandle<Over>>,
    /// What is traded.
    pub symbols: Vec<Symbol>,
    journaled: Journaled,
    /// What was found at the start and somebody should read.
    pub notes: Vec<String>,
}

impl Engine {
    /// Starts it; it decides from now on.
    ///
    /// # Errors
    /// The folder is held, the journal is damaged, the feed is broken, or the start is refused.
    pub fn start(options: Options) -> Result<Self, LaunchError> {
        let dir = options.state_dir.clone();
        make_state_dir(&dir).map_err(io("making the state folder"))?;
        let lock = StateLock::acquire(&dir).map_err(|e| match e {
            LockError::HeldBy(holder) => LaunchError::Locked(holder.map(|h| h.pid)),
            LockError::Io(source) => io("locking the state folder")(source),
        })?;
        // A flag that stays behind in a unit must not cut a journal that is whole.
        let whole = options.accept_loss.is_some() && verify(&journal_dir(&dir)).is_ok();
        let lost = match options.accept_loss.filter(|_| !whole) {
            Some(seq) => Some((seq, accept_loss(&journal_dir(&dir), seq)?)),
            None => None,
        };
        let recovered = recover(&dir, options.config.store.segment_mb)?;
        let mut notes = notes_of(&recovered);
        if whole {
            notes
                .push("the journal is whole: nothing was given up, take --accept-loss away".into());
        }
        let state = recovered.state.clone();
        let latched = latched_above(&dir, state.trading.cleared)
            .map_err(io("looking for a sentinel"))?
            .unwrap_or(0);
        let epoch = latched.max(state.trading.epoch);
        let closed = latched > 0 || state.trading.hardstop.is_some();
        let gate = Gate::new(epoch, closed);
        let journaled = Journaled::default();
        let told = journaled.clone();
        let sentinel = Sentinel::prepare(&dir, epoch).map_err(io("preparing the sentinel"))?;
        let server =
            StopServer::open(&dir, gate.clone(), journaled.clone()).map_err(io("stop.sock"))?;
        let sentinels = SentinelWatch::spawn(
            &gate,
            Sentinel::prepare(&dir, epoch).map_err(io("preparing the sentinel"))?,
        )
        .map_err(io("starting the sentinel's thread"))?;

        let (mut feed, clock) = feed_and_clock(&options, &state)?;
        notes.extend(feed.info().notes.iter().cloned());
        let symbols = feed.info().symbols.clone();
        let paper = &options.config.execution.paper;
        let mut market = Market::new(feed.info(), paper.spread);
        if state.seq > 0 {
            feed.resume_after(clock.now());
        }
        market.seed(&feed.history());

        let heartbeat = Arc::new(Heartbeat::default());
        let heart = Arc::clone(&heartbeat);
        let watchdog_s = u64::try_from(options.config.coordinator.watchdog_s).unwrap_or(10);
        let watchdog = Watchdog::spawn(
            &gate,
            Arc::clone(&heartbeat),
            Duration::from_secs(watchdog_s),
        )
        .map_err(io("starting the watchdog"))?;
        let durable = Arc::new(Durable::default());
        durable.advance(state.seq);
        let post = Post::start(&options.config.alerts, &Secrets::of_process(), MODE)
            .map_err(io("starting the alerts"))?;
        let watch = Watch::from(&state, post.alerts().clone());
        let follower = Follower::spawn(
            &dir,
            state.clone(),
            recovered.chain,
            Arc::clone(&durable),
            watch,
        )
        .map_err(io("starting the follower"))?;
        let older = if recovered.folded < recovered.state.seq {
            Older::spawn(&dir).map_err(io("starting the journal's check"))?
        } else {
            Older::default()
        };
        let views = match options.views {
            true => {
                let durable = Arc::clone(&durable);
                let follow =
                    crate::views::spawn(&dir, &journal_dir(&dir), Arc::new(move || durable.seq()));
                Some(follow.map_err(io("starting the SQL views"))?)
            }
            false => None,
        };

        let first = build(&state, &Samples::default());
        let bus = &options.config.bus;
        let mailboxes = Mailboxes::new(Redelivery {
            after: Duration::from_secs(u64::try_from(bus.redeliver_s).unwrap_or(10)),
            most: u32::try_from(bus.redeliveries).unwrap_or(u32::MAX),
        });
        let recorded = feed.info().kind == FeedKind::Recorded;
        let configuration = Configuration::new(options.config.clone(), symbols.clone(), recorded);
        let started = configuration.settings(&options.config);
        let lanes = Lanes::new(ROOM);
        let handle = EngineHandle::new(
            lanes,
            Tokens::of(&state),
            gate.clone(),
            mailboxes,
            dir.clone(),
            configuration,
            Arc::clone(&durable),
            first,
        )
        .with_alerts(post.alerts().clone());
        let bell = handle.clone();
        gate.set_waker(Arc::new(move || bell.inner().lanes.ring()));
        let (sender, answers) = sync_channel(ANSWERS);
        let bell = handle.clone();
        let crew = Crew::start(Arc::new(move |answer| {
            // Full means that more was answered than was ever asked: nothing waits for it.
            let _ = sender.try_send(answer);
            bell.inner().lanes.ring();
        }));
        let bell = handle.clone();
        let conductor = Conductor::new(&dir, threads(), move || {
            bell.inner().lanes.ring();
        });
        let lockstep = feed.info().kind != FeedKind::Idle;
        let start = Command::Start(Box::new(Start {
            version: env!("CARGO_PKG_VERSION").into(),
            account: "paper".into(),
            feed: feed.info().name.clone(),
            feed_hash: feed.info().hash.clone(),
            settings: started,
            balances: balances(&options.config, &symbols),
        }));
        let venue = PaperVenue::new(PaperSettings {
            maker_fee: paper.maker_fee,
            taker_fee: paper.taker_fee,
            slippage: paper.slippage,
            latency_ms: u64::try_from(paper.latency_ms).unwrap_or(0),
            participation: paper.participation,
            spread: paper.spread,
            quantity_step: paper.quantity_step,
            price_step: paper.price_step,
            minimum_value: paper.minimum_value,
        });
        let coordinator = &options.config.coordinator;
        let bytes = recovered.journal.bytes();
        let mut world = World {
            fixed: Fixed {
                state_dir: dir,
                exit_at_end: options.exit_at_end,
                leave_entries: coordinator.on_shutdown == OnShutdown::Leave,
                shutdown_patience: Duration::from_secs(
                    u64::try_from(coordinator.shutdown_s).unwrap_or(5),
                ),
                heartbeat_timeout_ms: options.config.health.heartbeat_timeout_s * 1000,
                reserve_mb: options.config.store.reserve_mb,
                stop_mb: options.config.store.stop_mb,
            },
            handle: handle.clone(),
            state,
            journal: recovered.journal,
            batch: Batch::new(),
            buffer: Vec::with_capacity(4096),
            committed_at: Instant::now(),
            durable,
            follower,
            older,
            views,
            post,
            replies: Vec::new(),
            effects: VecDeque::new(),
            internal: VecDeque::new(),
            clock,
            feed,
            market,
            desk: Desk::new(Box::new(venue), gate.clone(), rules(&options.config)),
            crew,
            conductor,
            answers,
            lockstep,
            given: std::collections::BTreeMap::new(),
            held: Vec::new(),
            gate,
            journaled,
            sentinel,
            heartbeat,
            sampling: Sampling::new(
                wall_now(),
                bytes,
                Laggy::of(&options.config.health),
                super::sampling::targets(&options.config.portfolio),
            ),
            ending: None,
            failed: None,
            clearing: false,
            duties_at: None,
            gathering: super::gathering::Gathering::default(),
            deadlines: Deadlines::default(),
            outside: Vec::new(),
            fruitless: None,
            mail: Vec::new(),
            told: Told::default(),
            services: super::services::Services::default(),
        };
        world.begin(start, lost)?;
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(move || {
                let _end = End(world.handle.clone());
                world.run()
            })
            .map_err(io("starting the engine's thread"))?;
        Ok(Self {
            handle,
            _server: server,
            _watchdog: watchdog,
            heart,
            _sentinels: sentinels,
            _lock: lock,
            thread: Some(thread),
            symbols,
            journaled: told,
            notes,
        })
    }

    /// Signs of life of its thread and of its disk.
    pub fn heart(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.heart)
    }

    /// Waits until a press of the stop is durable: its record.
    pub fn wait_journaled(&self, presses: u64, limit: Duration) -> Option<u64> {
        self.journaled.wait(presses, limit)
    }

    /// Waits until it has ended; none where its thread panicked.
    pub fn join(mut self) -> Option<Over> {
        self.thread.take().and_then(|t| t.join().ok())
    }
}

/// Told to everybody when the engine's thread ends; where it panicked, the gate is closed first.
struct End(EngineHandle);

impl Drop for End {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.gate().close(Press {
                by: super::commit::engine_name("engine"),
                how: How::Watchdog,
                reason: "the engine's thread panicked".into(),
            });
            let broken = &self.0.inner().broken;
            broken.store(true, std::sync::atomic::Ordering::Release);
        }
        // Whoever waits for an answer is told that there will be none.
        drop(self.0.inner().lanes.close());
        self.0.inner().questions.close();
        self.0.mailboxes().close();
        self.0.inner().durable.close();
        self.0.end();
    }
}

impl World {
    /// The first commands: the start itself, a loss that was accepted, the venue's side.
    fn begin(&mut self, start: Command, lost: Option<(u64, u64)>) -> Result<(), LaunchError> {
        use super::commit::engine_name;
        use crate::core::Context;
        // The refusal of a start is told to whoever starts, and journaled like any other.
        let mut rehearsal = self.state.clone();
        let context = Context {
            now: self.clock.now(),
            quotes: &self.market.quotes,
        };
        if let Reply::Refused(refusal) = rehearsal
            .handle(&context, engine_name("engine"), &start)
            .reply
        {
            return Err(refusal.into());
        }
        self.mail = refill(&self.state);
        let left_over = self.left_over();
        self.apply(0, Submission::internal("engine", start));
        self.look_at_gate();
        if let Some((seq, bytes)) = lost {
            tracing::warn!("{bytes} bytes of the journal after record {seq} were given up");
            self.apply(
                0,
                Submission::internal("engine", Command::LossAccepted { seq }),
            );
        }
        self.reconcile();
        self.settle();
        self.deliver_left_over(left_over);
        self.settle();
        self.watch_services();
        self.settle();
        self.publish();
        match self.failed.take() {
            Some(error) => Err(LaunchError::Recovery(RecoveryError::Journal(error))),
            None => Ok(()),
        }
    }
}

fn feed_and_clock(options: &Options, state: &State) -> Result<(Box<dyn Feed>, Clock), LaunchError> {
    let wall = wall_now();
    let configured = &options.config.coordinator.symbols;
    let known = (state.seq > 0).then_some(state.time);
    let (feed, start, default): (Box<dyn Feed>, Time, Speed) = match &options.feed {
        FeedChoice::Simulated => {
            let born = state.identity.as_ref().map_or(wall, |i| i.born_at);
            let start = known.map_or(wall, |t| t.max(wall));
            let feed = SimulatedFeed::new(configured, options.seed, born);
            (Box::new(feed), start, Speed::Times(60))
        }
        FeedChoice::Idle => {
            let start = known.map_or(wall, |t| t.max(wall));
            (Box::new(IdleFeed::new(configured)), start, Speed::Times(1))
        }
        FeedChoice::Recorded(path) => {
            let feed = RecordedFeed::open(path, options.symbol)?;
            let first = feed.info().first.unwrap_or(wall);
            let last = feed.info().last.unwrap_or(first);
            if let Some(journal) = known
                && last < journal
            {
                return Err(LaunchError::FeedInThePast {
                    feed_ends: last,
                    journal,
                });
            }
            (Box::new(feed), known.unwrap_or(first), Speed::Times(1))
        }
    };
    let speed = match options.feed {
        FeedChoice::Idle => default,
        _ => options.speed.unwrap_or(default),
    };
    Ok((feed, Clock::new(start, speed, Instant::now())))
}

/// Threads of research: no more than there are cores. How many work at once the core decides, by the
/// slots that it grants.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn notes_of(recovered: &Recovered) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(torn) = &recovered.opened.torn {
        notes.push(format!(
            "the journal's last write was cut short: {} bytes after record {} were dropped; a \
             write that was cut short was never acknowledged",
            torn.bytes,
            torn.seq.saturating_sub(1)
        ));
    }
    if let Some(passed) = &recovered.opened.passed {
        notes.push(format!(
            "the journal is damaged before the snapshot this start went on from, in segment {:08} \
             at byte {}: {}; nothing of the state is lost, but `journal verify` and whoever reads \
             that far back will stop there",
            passed.segment, passed.offset, passed.reason
        ));
    }
    for wrong in &recovered.wrong_snapshots {
        notes.push(format!("a snapshot was left aside: {wrong}"));
    }
    notes
}

fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> LaunchError {
    move |source| LaunchError::Io { doing, source }
}
