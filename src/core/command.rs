//! What is asked of the core: by operators, agents, venues and timers.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::access::Access;
use super::activity::ActivityKind;
use super::approval::ApprovalId;
use super::configure::Change;
use super::id::{
    ActivityId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId, ServiceId, TaskId,
};
use super::message::{Filter, MessageKind, Payload, Priority, Topic};
use super::operator::Follows;
use super::order::{Fill, OrderRequest};
use super::position::Amount;
use super::research::{GateResult, RunRequest, Verdict as RunVerdict, Version};
use super::reservation::ReserveItem;
use super::service::{Act, Judgement, Stage};
use super::settings::Settings;
use super::slicing::SliceAction;
use super::text::{Name, Symbol};
use super::time::Time;

/// What a start brings with it.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Start {
    /// The program's version.
    #[n(0)]
    pub version: String,
    /// The venue and account this state folder belongs to.
    #[n(1)]
    pub account: String,
    /// The feed: its kind and name.
    #[n(2)]
    pub feed: String,
    /// The feed's content hash.
    #[n(3)]
    pub feed_hash: String,
    /// The limits in force.
    #[n(4)]
    pub settings: Settings,
    /// Balances of the account when it is first opened.
    #[n(5)]
    pub balances: BTreeMap<String, Amount>,
}

/// A press of the stop that the gate saw.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Press {
    /// Who.
    #[n(0)]
    pub by: Name,
    /// By which way: key, signal, socket, sentinel, limit, watchdog, request.
    #[n(1)]
    pub how: String,
    /// Why.
    #[n(2)]
    pub reason: String,
}

/// What a venue says of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub enum Report {
    /// It was written to the venue.
    #[n(0)]
    Submitted,
    /// It works.
    #[n(1)]
    Accepted {
        /// The venue's id.
        #[n(0)]
        venue_id: String,
    },
    /// It filled, wholly or in part.
    #[n(2)]
    Filled(#[n(0)] Fill),
    /// It is cancelled.
    #[n(3)]
    Cancelled {
        /// In the venue's words.
        #[n(0)]
        reason: String,
    },
    /// Its time in force is over.
    #[n(4)]
    Expired,
    /// The venue said no.
    #[n(5)]
    Rejected {
        /// In the venue's words.
        #[n(0)]
        reason: String,
    },
    /// The gate refused the permit: proved unsent.
    #[n(6)]
    GateKilled,
    /// The venue has never heard of it, which proves it was not sent.
    #[n(7)]
    Absent,
    /// Nobody knows.
    #[n(8)]
    Unknown {
        /// What went wrong.
        #[n(0)]
        reason: String,
    },
    /// It works with these figures now.
    #[n(9)]
    Amended {
        /// Base quantity, with what has filled.
        #[cbor(n(0), with = "super::codec::dec", has_nil)]
        quantity: Decimal,
        /// Limit price.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        price: Option<Decimal>,
        /// Trigger price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        stop_price: Option<Decimal>,
    },
    /// The venue did not amend it: it works as before.
    #[n(10)]
    AmendRefused {
        /// In the venue's words.
        #[n(0)]
        reason: String,
    },
    /// It was proved not processed, and is sent again after a pause.
    #[n(11)]
    Deferred {
        /// In the venue's words.
        #[n(0)]
        reason: String,
        /// Which repeat it waits for, from 1.
        #[n(1)]
        attempt: u32,
    },
    /// It is filled to its last at the venue, whatever quantity it is thought to have here.
    #[n(13)]
    Done,
    /// It never left: proved unsent.
    #[n(12)]
    Unsent {
        /// Why.
        #[n(0)]
        reason: String,
    },
}

/// An order as a venue has it.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct VenueSaid {
    /// The id it was sent with; the venue's own for an order that is none of ours.
    #[n(0)]
    pub client_order_id: String,
    /// The venue's id.
    #[n(1)]
    pub venue_id: String,
    /// Base quantity, with what has filled.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub quantity: Decimal,
    /// Of it, filled.
    #[cbor(n(3), with = "super::codec::dec", has_nil)]
    pub filled: Decimal,
    /// Limit price.
    #[cbor(n(4), with = "super::codec::dec", has_nil)]
    pub price: Option<Decimal>,
    /// Trigger price.
    #[cbor(n(5), with = "super::codec::dec", has_nil)]
    pub stop_price: Option<Decimal>,
}

/// Everything a venue works and holds, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Encode, Decode)]
pub struct Statement {
    /// The orders it works.
    #[n(0)]
    pub open: Vec<VenueSaid>,
    /// What the account holds of each asset; none where the venue keeps no accounts.
    #[n(1)]
    pub balances: Option<BTreeMap<String, Amount>>,
    /// The latest fills, by the client id of their order.
    #[n(2)]
    pub fills: Vec<(String, Fill)>,
    /// Whether an order it does not name was never there.
    #[n(3)]
    pub absence_is_proof: bool,
    /// Client ids that were sent, changed or answered so lately, or wait to be, that the read may
    /// not show it yet: they are not judged by it.
    #[n(5)]
    #[cbor(default)]
    pub recent: Vec<String>,
}

/// What to do with a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum TaskAction {
    /// Now, besides its schedule.
    #[n(0)]
    Run,
    /// From now on.
    #[n(1)]
    Enable,
    /// No more.
    #[n(2)]
    Disable,
}

/// A request of the core.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The engine has started.
    #[n(0)]
    Start(#[n(0)] Box<Start>),
    /// The gate differs from what the state knows.
    #[n(1)]
    GateSeen {
        /// The gate's epoch.
        #[n(0)]
        epoch: u64,
        /// Presses so far, of this process.
        #[n(1)]
        presses: u64,
        /// Who and why.
        #[n(2)]
        notes: Vec<Press>,
    },
    /// Time has passed, prices may have moved.
    #[n(2)]
    Tick,
    /// Ignore signals, of one symbol or of all.
    #[n(3)]
    Pause {
        /// Only this one.
        #[n(0)]
        symbol: Option<Symbol>,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Lift what may be lifted.
    #[n(4)]
    Resume {
        /// Only this one.
        #[n(0)]
        symbol: Option<Symbol>,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Lift HARDSTOP into reduce-only.
    #[n(5)]
    Clear {
        /// Which one.
        #[n(0)]
        epoch: u64,
        /// Why.
        #[n(1)]
        reason: String,
        /// Presses the gate had counted when this was read.
        #[n(2)]
        presses: u64,
        /// Milliseconds of wall time since the last press.
        #[n(3)]
        since_press_ms: u64,
    },
    /// Run, enable or disable a schedule.
    #[n(6)]
    Task {
        /// Its name or the documents' name for it.
        #[n(0)]
        name: String,
        /// What to do.
        #[n(1)]
        action: TaskAction,
    },
    /// Reserve, all or nothing.
    #[n(7)]
    Reserve {
        /// What.
        #[n(0)]
        items: Vec<ReserveItem>,
        /// The same key again is the same request.
        #[n(1)]
        key: Option<String>,
        /// Whether it waits where it cannot be granted now.
        #[n(2)]
        #[cbor(default)]
        wait: bool,
    },
    /// Give back.
    #[n(8)]
    Release {
        /// Which.
        #[n(0)]
        id: ReservationId,
    },
    /// Count the time to live anew.
    #[n(9)]
    Renew {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// Seconds from now.
        #[n(1)]
        ttl_s: u64,
    },
    /// Place an order.
    #[n(10)]
    Place(#[n(0)] Box<OrderRequest>),
    /// Cancel one.
    #[n(11)]
    Cancel {
        /// Which.
        #[n(0)]
        order: OrderId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Close a position.
    #[n(12)]
    Close {
        /// Which.
        #[n(0)]
        position: PositionId,
        /// A limit price; none means at the market.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        limit: Option<Decimal>,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// Move a position's stop and target; what is absent stays.
    #[n(13)]
    Protect {
        /// Which.
        #[n(0)]
        position: PositionId,
        /// Stop price.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        stop: Option<Decimal>,
        /// Target price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        target: Option<Decimal>,
        /// Distance of a trailing stop, a fraction; 0 ends the trailing.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        #[cbor(default)]
        trail: Option<Decimal>,
    },
    /// Cancel entries and close everything that is open now.
    #[n(14)]
    Flatten {
        /// Why.
        #[n(0)]
        reason: String,
    },
    /// A venue's word on an order.
    #[n(15)]
    Venue {
        /// The id it was sent with.
        #[n(0)]
        client_order_id: String,
        /// What it says.
        #[n(1)]
        report: Report,
    },
    /// An agent has done its task.
    #[n(16)]
    TaskDone {
        /// Which.
        #[n(0)]
        task: TaskId,
        /// What it found, or what went wrong.
        #[n(1)]
        answer: Answer,
    },
    /// An agent answers a phase.
    #[n(17)]
    PhaseDone {
        /// The message it answers.
        #[n(0)]
        message: MessageId,
        /// What it found, or what went wrong.
        #[n(1)]
        answer: Answer,
    },
    /// The phase's deadline has passed.
    #[n(18)]
    PhaseLate {
        /// The message nobody answered.
        #[n(0)]
        message: MessageId,
    },
    /// An agent's heartbeat came to be missed, or came back.
    #[n(19)]
    Beat {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// Whether it is missed.
        #[n(1)]
        stale: bool,
    },
    /// Open a cycle.
    #[n(20)]
    StartCycle {
        /// For one symbol; the first configured when absent.
        #[n(0)]
        symbol: Option<Symbol>,
    },
    /// Halt one at its next event.
    #[n(21)]
    HaltCycle {
        /// Which.
        #[n(0)]
        id: CycleId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Send a message.
    #[n(22)]
    Send(#[n(0)] Box<Letter>),
    /// Acknowledge one.
    #[n(23)]
    Acknowledge {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// Whose copy; the one it is addressed to when absent.
        #[n(1)]
        agent: Option<Name>,
    },
    /// No new entry; resting ones are cancelled, or left.
    #[n(25)]
    Shutdown {
        /// Whether resting entries stay.
        #[n(0)]
        leave_entries: bool,
    },
    /// The disk is nearly full, or no longer.
    #[n(26)]
    DiskLow {
        /// Megabytes free.
        #[n(0)]
        free_mb: u64,
        /// Whether that is too little.
        #[n(1)]
        low: bool,
    },
    /// A part of the journal was given up at the start.
    #[n(27)]
    LossAccepted {
        /// The last record kept.
        #[n(0)]
        seq: u64,
    },
    /// An allocation window is over: what it holds is decided together.
    #[n(28)]
    CloseWindow {
        /// Of which priority.
        #[n(0)]
        priority: u8,
    },
    /// Begin an activity.
    #[n(29)]
    BeginActivity {
        /// Which.
        #[n(0)]
        kind: ActivityKind,
        /// Whose; the command's actor when absent.
        #[n(1)]
        agent: Option<Name>,
    },
    /// End one.
    #[n(30)]
    EndActivity {
        /// Which.
        #[n(0)]
        id: ActivityId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// A program joins the crew.
    #[n(31)]
    Register(#[n(0)] Box<Registration>),
    /// An agent outside the process has done something, well or badly.
    #[n(32)]
    Heartbeat {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// Whether it went well.
        #[n(1)]
        ok: bool,
        /// What it says.
        #[n(2)]
        message: Option<String>,
    },
    /// From now on a topic's messages go to an agent's queue.
    #[n(33)]
    Subscribe {
        /// Whose; the command's actor when absent.
        #[n(0)]
        agent: Option<Name>,
        /// Which topic.
        #[n(1)]
        topic: Topic,
        /// Only these.
        #[n(2)]
        filter: Filter,
    },
    /// No more.
    #[n(34)]
    Unsubscribe {
        /// Whose; the command's actor when absent.
        #[n(0)]
        agent: Option<Name>,
        /// Which topic.
        #[n(1)]
        topic: Topic,
        /// The source it was limited to.
        #[n(2)]
        source: Option<Name>,
    },
    /// A message was handed over too often without being acknowledged.
    #[n(35)]
    Undelivered {
        /// Which.
        #[n(0)]
        message: MessageId,
        /// To whom.
        #[n(1)]
        agent: Name,
        /// How often.
        #[n(2)]
        times: u32,
    },
    /// Write a key of a cycle's shared data.
    #[n(36)]
    PutData {
        /// Which cycle.
        #[n(0)]
        cycle: CycleId,
        /// Its key, which begins with the writer's name.
        #[n(1)]
        key: String,
        /// A JSON document.
        #[n(2)]
        value: String,
    },
    /// Approve or reject an entry.
    #[n(37)]
    Decide {
        /// Which.
        #[n(0)]
        id: ApprovalId,
        /// Yes or no.
        #[n(1)]
        approve: bool,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// Nobody decided in time.
    #[n(38)]
    Lapse {
        /// Which.
        #[n(0)]
        id: ApprovalId,
    },
    /// The wall clock has come to another hour; keys are forgotten by it.
    #[n(39)]
    WallHour {
        /// Hours since 1970.
        #[n(0)]
        hour: i64,
    },
    /// Change a working order; what is absent stays.
    #[n(40)]
    Amend {
        /// Which.
        #[n(0)]
        order: OrderId,
        /// Base quantity, with what has filled.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        quantity: Option<Decimal>,
        /// Limit price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        price: Option<Decimal>,
        /// Trigger price.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        stop_price: Option<Decimal>,
    },
    /// Hold a sliced order, or let it go on.
    #[n(41)]
    Slice {
        /// The parent.
        #[n(0)]
        order: OrderId,
        /// What to do.
        #[n(1)]
        action: SliceAction,
    },
    /// Compare orders and balances with the venue now.
    #[n(42)]
    Sync,
    /// A venue's word on everything: orders and balances are compared with it.
    #[n(43)]
    Statement(#[n(0)] Box<Statement>),
    /// The venue does not know an order whose fate is unknown.
    #[n(44)]
    NotFound {
        /// The id it was sent with.
        #[n(0)]
        client_order_id: String,
        /// Wall time of the read, milliseconds.
        #[n(1)]
        wall: i64,
        /// Whether the order could no longer arrive when it was read.
        #[n(2)]
        past_deadline: bool,
    },
    /// The live guard's figures left their bounds, or came back.
    #[n(45)]
    Guard {
        /// Of which venue.
        #[n(0)]
        venue: Name,
        /// What is out of bounds; none: all is within.
        #[n(1)]
        breach: Option<String>,
    },
    /// Search, discover or judge.
    #[n(46)]
    AskRun(#[n(0)] Box<RunRequest>),
    /// A run's next step wants a compute slot.
    #[n(47)]
    BeginStep {
        /// Which run.
        #[n(0)]
        run: RunId,
        /// Which of its steps.
        #[n(1)]
        step: u32,
    },
    /// A step is computed: its slot is given back.
    #[n(48)]
    StepDone {
        /// Which run.
        #[n(0)]
        run: RunId,
        /// Which of its steps.
        #[n(1)]
        step: u32,
        /// Backtests it took.
        #[n(2)]
        trials: u64,
    },
    /// A run is over.
    #[n(49)]
    EndRun {
        /// Which.
        #[n(0)]
        run: RunId,
        /// What came of it.
        #[n(1)]
        verdict: Box<RunVerdict>,
        /// The version that passed, of an optimisation or a backtest; the candidates of a discovery.
        #[n(2)]
        found: Vec<Version>,
    },
    /// Somebody wants a run stopped.
    #[n(50)]
    StopRun {
        /// Which.
        #[n(0)]
        run: RunId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Put a strategy version into service.
    #[n(51)]
    Deploy(#[n(0)] Box<DeployRequest>),
    /// Take it back.
    #[n(52)]
    Rollback {
        /// Which strategy.
        #[n(0)]
        strategy: Name,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// The trader wants something for a service.
    #[n(53)]
    Act(#[n(0)] Box<Act>),
    /// What a judge makes of a service's stage.
    #[n(54)]
    Judge {
        /// Which.
        #[n(0)]
        service: ServiceId,
        /// The stage that was judged: another one by now is not moved.
        #[n(1)]
        stage: Stage,
        /// What it makes of it.
        #[n(2)]
        judgement: Judgement,
        /// What it was judged by.
        #[n(3)]
        gates: Vec<GateResult>,
    },
    /// Take a candidate off its tests.
    #[n(55)]
    Drop {
        /// Which.
        #[n(0)]
        service: ServiceId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Somebody may use the API from outside.
    #[n(56)]
    IssueToken {
        /// Who.
        #[n(0)]
        name: Name,
        /// How far.
        #[n(1)]
        access: Access,
        /// SHA-256 of the token, in hex.
        #[n(2)]
        hash: String,
        /// What for.
        #[n(3)]
        reason: String,
    },
    /// No more.
    #[n(57)]
    RevokeToken {
        /// Whose.
        #[n(0)]
        name: Name,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Somebody has taken note of an alarm.
    #[n(58)]
    AckAlarm {
        /// Which.
        #[n(0)]
        id: String,
        /// Since when it stands.
        #[n(1)]
        since: Time,
    },
    /// Limits and schedules change while the engine runs.
    #[n(59)]
    Configure {
        /// All of them, as they are from now on.
        #[n(0)]
        settings: Box<Settings>,
        /// What is new about them, for whoever reads the audit.
        #[n(1)]
        changes: Vec<Change>,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// Somebody tried to change what their role may not: refused before it came here, and kept for
    /// the audit.
    #[n(60)]
    Denied {
        /// What was tried: `POST coordinator/pause`.
        #[n(0)]
        what: String,
        /// The role they have.
        #[n(1)]
        role: String,
        /// The role it takes.
        #[n(2)]
        needs: String,
        /// Attempts since the last one told that nobody heard of: they came too fast.
        #[n(3)]
        untold: u64,
    },
    /// The last console went without having been left.
    #[n(61)]
    OperatorLost {
        /// What follows.
        #[n(0)]
        follows: Follows,
        /// How it went, in words.
        #[n(1)]
        reason: String,
    },
}

/// A strategy version that somebody wants in service.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct DeployRequest {
    /// Which strategy.
    #[n(0)]
    pub strategy: Name,
    /// Which version of it.
    #[n(1)]
    pub version: String,
    /// USD it may use in the end.
    #[cbor(n(2), with = "super::codec::dec", has_nil)]
    pub capital: Decimal,
    /// A version no run has judged, in full: only where somebody insists.
    #[n(3)]
    pub unproven: Option<Box<Version>>,
}

/// A program that joins the crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Registration {
    /// What it is called.
    #[n(0)]
    pub name: Name,
    /// Its own version.
    #[n(1)]
    pub version: String,
    /// The tasks and phases it answers.
    #[n(2)]
    pub handles: Vec<Name>,
    /// Whether recorded time waits for it.
    #[n(3)]
    pub lockstep: bool,
    /// SHA-256 of its token, in hex: a later registration replaces it.
    #[n(4)]
    pub token_hash: String,
}

/// An agent's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub enum Answer {
    /// What it has to say; nothing is an answer too.
    #[n(0)]
    Said(#[n(0)] Vec<Payload>),
    /// What went wrong.
    #[n(1)]
    Failed(#[n(0)] String),
    /// It lacks what it needs to say anything, and that is nobody's failure.
    #[n(2)]
    Waits(#[n(0)] String),
}

/// A message somebody wants sent.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode)]
pub struct Letter {
    /// Who sends it; the command's actor when absent.
    #[n(0)]
    pub from: Option<Name>,
    /// To whom.
    #[n(1)]
    pub to: Option<Name>,
    /// Or on which topic.
    #[n(2)]
    pub topic: Option<Topic>,
    /// What it is.
    #[n(3)]
    pub kind: MessageKind,
    /// How urgent.
    #[n(4)]
    pub priority: Priority,
    /// In a few words.
    #[n(5)]
    pub subject: String,
    /// In full.
    #[n(6)]
    pub payload: Payload,
    /// Seconds.
    #[n(7)]
    pub ttl_s: Option<u64>,
    /// The message it answers.
    #[n(8)]
    pub in_reply_to: Option<MessageId>,
}

impl Command {
    /// A short name, for lists and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::GateSeen { .. } => "gate_seen",
            Self::Tick => "tick",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Clear { .. } => "clear",
            Self::Task { .. } => "task",
            Self::Reserve { .. } => "reserve",
            Self::Release { .. } => "release",
            Self::Renew { .. } => "renew",
            Self::Place(_) => "place",
            Self::Cancel { .. } => "cancel",
            Self::Close { .. } => "close",
            Self::Protect { .. } => "protect",
            Self::Flatten { .. } => "flatten",
            Self::Venue { .. } => "venue",
            Self::TaskDone { .. } => "task_done",
            Self::PhaseDone { .. } => "phase_done",
            Self::PhaseLate { .. } => "phase_late",
            Self::Beat { .. } => "beat",
            Self::StartCycle { .. } => "start_cycle",
            Self::HaltCycle { .. } => "halt_cycle",
            Self::Send(_) => "send",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Shutdown { .. } => "shutdown",
            Self::DiskLow { .. } => "disk_low",
            Self::LossAccepted { .. } => "loss_accepted",
            Self::CloseWindow { .. } => "close_window",
            Self::BeginActivity { .. } => "begin_activity",
            Self::EndActivity { .. } => "end_activity",
            Self::Register(_) => "register",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::Undelivered { .. } => "undelivered",
            Self::PutData { .. } => "put_data",
            Self::Decide { .. } => "decide",
            Self::Lapse { .. } => "lapse",
            Self::WallHour { .. } => "wall_hour",
            Self::Amend { .. } => "amend",
            Self::Slice { .. } => "slice",
            Self::Sync => "sync",
            Self::Statement(_) => "statement",
            Self::NotFound { .. } => "not_found",
            Self::Guard { .. } => "guard",
            Self::AskRun(_) => "ask_run",
            Self::BeginStep { .. } => "begin_step",
            Self::StepDone { .. } => "step_done",
            Self::EndRun { .. } => "end_run",
            Self::StopRun { .. } => "stop_run",
            Self::Deploy(_) => "deploy",
            Self::Rollback { .. } => "rollback",
            Self::Act(_) => "act",
            Self::Judge { .. } => "judge",
            Self::Drop { .. } => "drop",
            Self::IssueToken { .. } => "issue_token",
            Self::RevokeToken { .. } => "revoke_token",
            Self::AckAlarm { .. } => "ack_alarm",
            Self::Configure { .. } => "configure",
            Self::Denied { .. } => "denied",
            Self::OperatorLost { .. } => "operator_lost",
        }
    }
}
