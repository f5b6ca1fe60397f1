//! Facts the core decided. The journal holds them; the state is their fold.

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::Serialize;

use super::access::Token;
use super::activity::{Activity, ActivityEnd};
use super::approval::{Approval, ApprovalId, Verdict};
use super::command::{Registration, Start};
use super::configure::Change;
use super::cycle::Phase;
use super::degradation::Level;
use super::id::{
    ActivityId, CycleId, MessageId, OrderId, PositionId, ReservationId, RunId, ServiceId, TaskId,
};
use super::message::{Delivery, Filter, Message, Topic};
use super::operator::Follows;
use super::order::{Fill, Order, Status};
use super::position::CloseReason;
use super::refusal::Refusal;
use super::research::{GateResult, Run, Verdict as RunVerdict, Version};
use super::reservation::{Remembered, Reservation, Standing};
use super::risk::Check;
use super::schedule::Task;
use super::service::{End, Holding, Mark, Service, Stage};
use super::settings::Settings;
use super::text::{Name, Symbol};
use super::time::Time;
use super::trading_state::Cause;

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Encode, Decode, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case", tag = "event")]
#[strum(serialize_all = "snake_case")]
pub enum Event {
    /// The engine started with these limits.
    #[n(0)]
    Started {
        /// What it brought.
        #[n(0)]
        start: Box<Start>,
    },
    /// Somebody asked for what was refused.
    #[n(1)]
    Refused {
        /// Why.
        #[n(0)]
        refusal: Refusal,
    },
    /// The stop is engaged.
    #[n(2)]
    HardstopEngaged {
        /// Which, counted from 1.
        #[n(0)]
        epoch: u64,
        /// Presses so far, of this process.
        #[n(1)]
        presses: u64,
        /// Who.
        #[n(2)]
        by: Name,
        /// By which way.
        #[n(3)]
        how: String,
        /// Why.
        #[n(4)]
        reason: String,
        /// Entries that were open.
        #[n(5)]
        entries: u32,
    },
    /// All reservations that the stop must end have ended.
    #[n(41)]
    HardstopSwept,
    /// It was pressed again while engaged.
    #[n(3)]
    HardstopPressed {
        /// Which.
        #[n(0)]
        epoch: u64,
        /// Presses so far.
        #[n(1)]
        presses: u64,
        /// Who.
        #[n(2)]
        by: Name,
        /// By which way.
        #[n(3)]
        how: String,
    },
    /// It was cleared.
    #[n(4)]
    HardstopCleared {
        /// Which.
        #[n(0)]
        epoch: u64,
        /// Presses the decision saw: the gate opens only if there was none since.
        #[n(1)]
        presses: u64,
        /// Who.
        #[n(2)]
        by: Name,
        /// Why.
        #[n(3)]
        reason: String,
    },
    /// A cause not to trade freely.
    #[n(5)]
    CauseAdded {
        /// Which.
        #[n(0)]
        cause: Cause,
        /// Who.
        #[n(1)]
        by: Name,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// It is gone.
    #[n(6)]
    CauseLifted {
        /// Which.
        #[n(0)]
        cause: Cause,
        /// Who.
        #[n(1)]
        by: Name,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// Entries of a symbol are refused.
    #[n(7)]
    SymbolPaused {
        /// Which.
        #[n(0)]
        symbol: Symbol,
        /// Who.
        #[n(1)]
        by: Name,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// They no longer are.
    #[n(8)]
    SymbolResumed {
        /// Which.
        #[n(0)]
        symbol: Symbol,
        /// Who.
        #[n(1)]
        by: Name,
    },
    /// Something was reserved.
    #[n(9)]
    Reserved {
        /// The row.
        #[n(0)]
        row: Box<Reservation>,
    },
    /// A request's key and its answer.
    #[n(10)]
    KeyRemembered {
        /// Whose.
        #[n(0)]
        actor: Name,
        /// The key.
        #[n(1)]
        key: String,
        /// The answer.
        #[n(2)]
        answer: Remembered,
    },
    /// An order or a position lives on a reservation, of this amount.
    #[n(11)]
    Bound {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// USD.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        amount: Decimal,
        /// The order.
        #[n(2)]
        order: Option<OrderId>,
        /// The position.
        #[n(3)]
        position: Option<PositionId>,
    },
    /// Its time to live counts anew.
    #[n(12)]
    Renewed {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// Until when.
        #[n(1)]
        expires_at: super::time::Time,
    },
    /// It ended.
    #[n(13)]
    ReservationEnded {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// How.
        #[n(1)]
        how: Standing,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// The account was valued, and with it the pool.
    #[n(14)]
    PoolMarked {
        /// Equity, USD.
        #[cbor(n(0), with = "super::codec::dec", has_nil)]
        equity: Decimal,
        /// Pool, USD.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        pool: Decimal,
        /// Whether the peak starts anew here.
        #[n(2)]
        reset_peak: bool,
    },
    /// The organisation's loss of this day has engaged the stop.
    #[n(15)]
    DayLost {
        /// The UTC day.
        #[n(0)]
        day: i64,
        /// USD.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        loss: Decimal,
        /// The limit it came to, USD.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        #[cbor(default)]
        limit: Option<Decimal>,
    },
    /// A schedule was turned on or off.
    #[n(16)]
    TaskToggled {
        /// Which.
        #[n(0)]
        name: Name,
        /// On.
        #[n(1)]
        enabled: bool,
        /// Who.
        #[n(2)]
        by: Name,
    },
    /// A schedule was due, or run by hand.
    #[n(17)]
    ScheduleRun {
        /// Which.
        #[n(0)]
        name: Name,
        /// When it is due again.
        #[n(1)]
        next_run: super::time::Time,
    },
    /// A task began.
    #[n(18)]
    TaskStarted {
        /// Which.
        #[n(0)]
        task: Task,
    },
    /// It ended.
    #[n(19)]
    TaskEnded {
        /// Which.
        #[n(0)]
        task: TaskId,
        /// The agent that did it.
        #[n(1)]
        agent: Name,
        /// What went wrong, if anything.
        #[n(2)]
        error: Option<String>,
    },
    /// An operation of an agent succeeded or failed.
    #[n(20)]
    AgentCounted {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// Succeeded.
        #[n(1)]
        ok: bool,
        /// What it said.
        #[n(2)]
        message: Option<String>,
        /// Whether it counts for degradation: once a run of a schedule, whatever its symbols.
        #[n(3)]
        #[cbor(default)]
        weighs: bool,
    },
    /// An agent's health changed.
    #[n(21)]
    HealthChanged {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// No heartbeat.
        #[n(1)]
        stale: bool,
        /// Too many errors.
        #[n(2)]
        unhealthy: bool,
    },
    /// A message was sent.
    #[n(22)]
    Sent {
        /// In full.
        #[n(0)]
        message: Box<Message>,
    },
    /// A message is done with.
    #[n(23)]
    MessageEnded {
        /// Which.
        #[n(0)]
        id: MessageId,
        /// How.
        #[n(1)]
        how: Delivery,
        /// The answer it got.
        #[n(2)]
        response: Option<MessageId>,
        /// Whose copy; all of them when absent.
        #[n(3)]
        agent: Option<Name>,
        /// Why it was given up.
        #[n(4)]
        reason: Option<String>,
    },
    /// A cycle was opened.
    #[n(24)]
    CycleOpened {
        /// Which.
        #[n(0)]
        id: CycleId,
        /// For what.
        #[n(1)]
        symbol: Symbol,
    },
    /// It moved to a phase.
    #[n(25)]
    CycleMoved {
        /// Which.
        #[n(0)]
        id: CycleId,
        /// Where to.
        #[n(1)]
        phase: Phase,
        /// The message that asks the phase's agent.
        #[n(2)]
        waiting: Option<MessageId>,
        /// What the phase before came to; what it waits for, where it stays in its phase.
        #[n(3)]
        result: Option<String>,
        /// Who is asked.
        #[n(4)]
        agent: Option<Name>,
    },
    /// It found something out.
    #[n(26)]
    CycleFound {
        /// Which.
        #[n(0)]
        id: CycleId,
        /// All it knows now.
        #[n(1)]
        found: Box<super::cycle::Findings>,
    },
    /// It ended.
    #[n(27)]
    CycleEnded {
        /// Which.
        #[n(0)]
        id: CycleId,
        /// Completed, halted or failed.
        #[n(1)]
        phase: Phase,
        /// What came of it.
        #[n(2)]
        result: String,
    },
    /// A signal was weighed.
    #[n(28)]
    SignalWeighed {
        /// Whose cycle.
        #[n(0)]
        cycle: CycleId,
        /// For what.
        #[n(1)]
        symbol: Symbol,
        /// Confidence as the agent gave it.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        confidence: Decimal,
        /// Share of the others that agree.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        agreement: Option<Decimal>,
        /// What the consensus makes of it.
        #[cbor(n(4), with = "super::codec::dec", has_nil)]
        weighed: Decimal,
        /// Passed, ignored, or in conflict.
        #[n(5)]
        verdict: String,
        /// Whether it goes on to risk.
        #[n(6)]
        passed: bool,
    },
    /// Risk looked at an order.
    #[n(29)]
    RiskChecked {
        /// The order it became, if it passed.
        #[n(0)]
        order: Option<OrderId>,
        /// The caller's id.
        #[n(1)]
        request_id: Option<String>,
        /// Every rule that was looked at, in order.
        #[n(2)]
        checks: Vec<Check>,
        /// Pair.
        #[n(3)]
        symbol: Option<Symbol>,
        /// Whose.
        #[n(4)]
        strategy: Option<Name>,
    },
    /// An order was approved: its capital is bound in the same record, before anything is sent.
    #[n(30)]
    OrderApproved {
        /// In full.
        #[n(0)]
        order: Box<Order>,
    },
    /// An order's status changed.
    #[n(31)]
    OrderMoved {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Where to.
        #[n(1)]
        status: Status,
        /// The venue's id, once known.
        #[n(2)]
        venue_id: Option<String>,
        /// In words.
        #[n(3)]
        reason: Option<String>,
    },
    /// An order filled, and its position and account with it.
    #[n(32)]
    OrderFilled {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// How.
        #[n(1)]
        fill: Fill,
    },
    /// Its cancel was asked for.
    #[n(33)]
    CancelAsked {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// A position's protection was set.
    #[n(34)]
    ProtectionSet {
        /// Which.
        #[n(0)]
        id: PositionId,
        /// Stop price.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        stop: Option<Decimal>,
        /// Target price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        target: Option<Decimal>,
        /// Who.
        #[n(3)]
        by: Name,
        /// Distance of a trailing stop, a fraction.
        #[cbor(n(4), with = "super::codec::dec", has_nil)]
        #[cbor(default)]
        trail: Option<Decimal>,
    },
    /// A position was closed.
    #[n(35)]
    PositionClosed {
        /// Which.
        #[n(0)]
        id: PositionId,
        /// Why.
        #[n(1)]
        reason: CloseReason,
        /// After fees, quote currency.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        realised: Decimal,
    },
    /// Somebody wants a position closed.
    #[n(39)]
    CloseWanted {
        /// Which.
        #[n(0)]
        id: PositionId,
        /// How, why and who.
        #[n(1)]
        closing: super::position::Closing,
    },
    /// The closing order came to nothing: the position is kept and protected again.
    #[n(42)]
    CloseDropped {
        /// Which.
        #[n(0)]
        id: PositionId,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// An order's quantity or trigger follows its position.
    #[n(40)]
    OrderAmended {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Base quantity, with what has filled.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        quantity: Decimal,
        /// Trigger price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        stop_price: Option<Decimal>,
        /// Limit price.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        #[cbor(default)]
        price: Option<Decimal>,
    },
    /// How a position stood.
    #[n(36)]
    PositionSnapshot {
        /// Which.
        #[n(0)]
        id: PositionId,
        /// Price of the symbol.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        price: Decimal,
        /// Before fees, quote currency.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        unrealised: Decimal,
    },
    /// A venue said what cannot follow: a defect, shown and not obeyed.
    #[n(37)]
    Defect {
        /// What.
        #[n(0)]
        what: String,
    },
    /// The venue's orders and ours differ.
    #[n(38)]
    ReconcileDiffers {
        /// The order.
        #[n(0)]
        id: Option<OrderId>,
        /// What differs and what was done.
        #[n(1)]
        what: String,
    },
    /// What waited is granted.
    #[n(43)]
    Granted {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// USD, slots or calls: less than asked where a split says so.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        amount: Decimal,
        /// Until when.
        #[n(2)]
        expires_at: super::time::Time,
    },
    /// Somebody who waits was told who holds what.
    #[n(44)]
    WaitTold {
        /// Which.
        #[n(0)]
        id: ReservationId,
    },
    /// Requests for capital of one priority are gathered, to be decided together.
    #[n(45)]
    WindowOpened {
        /// 1 critical to 4 low.
        #[n(0)]
        priority: u8,
    },
    /// They are decided.
    #[n(46)]
    WindowClosed {
        /// 1 critical to 4 low.
        #[n(0)]
        priority: u8,
        /// Whether they had to share, and how.
        #[n(1)]
        split: Option<super::reservation::SplitPolicy>,
        /// What chance was drawn from.
        #[n(2)]
        seed: u64,
    },
    /// An activity began, or waits for its turn.
    #[n(47)]
    ActivityBegan {
        /// The row.
        #[n(0)]
        activity: Activity,
    },
    /// One that waited has its turn.
    #[n(48)]
    ActivityResumed {
        /// Which.
        #[n(0)]
        id: ActivityId,
    },
    /// It is over.
    #[n(49)]
    ActivityEnded {
        /// Which.
        #[n(0)]
        id: ActivityId,
        /// How.
        #[n(1)]
        how: ActivityEnd,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// A program joined the crew, or came back.
    #[n(50)]
    AgentRegistered {
        /// Who and what.
        #[n(0)]
        registration: Box<Registration>,
    },
    /// A topic's messages go to an agent's queue.
    #[n(51)]
    Subscribed {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// Which topic.
        #[n(1)]
        topic: Topic,
        /// Only these.
        #[n(2)]
        filter: Filter,
    },
    /// No more.
    #[n(52)]
    Unsubscribed {
        /// Whose.
        #[n(0)]
        agent: Name,
        /// Which topic.
        #[n(1)]
        topic: Topic,
        /// The source it was limited to.
        #[n(2)]
        source: Option<Name>,
    },
    /// A key of a cycle's shared data was written.
    #[n(53)]
    CycleData {
        /// Which cycle.
        #[n(0)]
        cycle: CycleId,
        /// Its key.
        #[n(1)]
        key: String,
        /// A JSON document.
        #[n(2)]
        value: String,
        /// By whom.
        #[n(3)]
        by: Name,
    },
    /// An entry waits for the operator.
    #[n(54)]
    ApprovalAsked {
        /// In full.
        #[n(0)]
        approval: Box<Approval>,
    },
    /// It was decided, or nobody did in time.
    #[n(55)]
    ApprovalEnded {
        /// Which.
        #[n(0)]
        id: ApprovalId,
        /// How.
        #[n(1)]
        verdict: Verdict,
        /// Who.
        #[n(2)]
        by: Name,
        /// Why.
        #[n(3)]
        reason: String,
    },
    /// Less of the crew is needed than before, or more.
    #[n(56)]
    DegradationMoved {
        /// Where to.
        #[n(0)]
        level: Level,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// The wall clock came to another hour: keys that ended a day before are forgotten.
    #[n(57)]
    WallHourPassed {
        /// Hours since 1970.
        #[n(0)]
        hour: i64,
    },
    /// Whether the queue was not looked at to its end.
    #[n(61)]
    TurnsLeft {
        /// Whether something is left for the next decision.
        #[n(0)]
        left: bool,
    },
    /// What a queued reservation waits for is another thing now.
    #[n(58)]
    WaitsFor {
        /// Which.
        #[n(0)]
        id: ReservationId,
        /// For what.
        #[n(1)]
        waits: super::reservation::Waits,
    },
    /// An agent lacks what it needs to say anything: no success, and nobody's failure.
    #[n(60)]
    AgentWaits {
        /// Who.
        #[n(0)]
        agent: Name,
        /// For what.
        #[n(1)]
        message: String,
        /// Whether a run of its schedule ended so, without a failure.
        #[n(2)]
        weighs: bool,
    },
    /// A sliced order is further, held, or goes on.
    #[n(62)]
    SlicingMoved {
        /// The parent.
        #[n(0)]
        id: OrderId,
        /// How far it is now.
        #[n(1)]
        slicing: Box<super::slicing::Slicing>,
    },
    /// A strategy that was refused too much has to wait.
    #[n(63)]
    CooldownBegan {
        /// Which.
        #[n(0)]
        strategy: Name,
        /// Until when.
        #[n(1)]
        until: super::time::Time,
        /// Trips in a row, this one included: each doubles the wait.
        #[n(2)]
        trips: u32,
        /// The rule that refused it.
        #[n(3)]
        rule: super::risk::Code,
    },
    /// A venue's figures left their bounds: entries are refused.
    #[n(64)]
    GuardBreached {
        /// Which.
        #[n(0)]
        venue: Name,
        /// What is out of bounds.
        #[n(1)]
        reason: String,
    },
    /// They have been within bounds long enough.
    #[n(65)]
    GuardCleared {
        /// Which.
        #[n(0)]
        venue: Name,
    },
    /// A trailing stop saw a better price, was armed, or moved.
    #[n(66)]
    Trailed {
        /// Which position.
        #[n(0)]
        id: PositionId,
        /// The best price so far.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        best: Decimal,
        /// The stop, once it is armed.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        stop: Option<Decimal>,
    },
    /// A read did not find an order whose fate is unknown.
    #[n(67)]
    AbsenceRead {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Wall time of the read, milliseconds.
        #[n(1)]
        wall: i64,
    },
    /// The venue has proved that it did not process an order: it is sent again.
    #[n(68)]
    OrderDeferred {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Which repeat, from 1.
        #[n(1)]
        attempt: u32,
        /// In the venue's words.
        #[n(2)]
        reason: String,
    },
    /// Everything is being closed: entries are refused until it is.
    #[n(69)]
    FlattenBegan {
        /// Who.
        #[n(0)]
        by: Name,
        /// Why.
        #[n(1)]
        reason: String,
        /// What was open at the call.
        #[n(2)]
        positions: Vec<PositionId>,
    },
    /// Everything that was open is closed.
    #[n(70)]
    FlattenEnded,
    /// Orders and balances were compared with the venue.
    #[n(71)]
    Compared {
        /// Orders that were compared.
        #[n(0)]
        orders: u32,
        /// What differed.
        #[n(1)]
        differences: u32,
    },
    /// Somebody wants orders and balances compared with the venue now.
    #[n(72)]
    SyncAsked {
        /// Who.
        #[n(0)]
        by: Name,
    },
    /// The venue works an order with these figures.
    #[n(74)]
    OrderShown {
        /// Which.
        #[n(0)]
        id: OrderId,
        /// Base quantity, with what has filled.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        quantity: Decimal,
        /// Limit price.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        price: Option<Decimal>,
        /// Trigger price.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        stop_price: Option<Decimal>,
    },
    /// The venue holds another amount of an asset than the books: it wins.
    #[n(90)]
    BalanceAdjusted {
        /// Which.
        #[n(0)]
        asset: String,
        /// In the books until now.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        ours: Decimal,
        /// At the venue.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        venue: Decimal,
    },
    /// The venue does not hold what the open positions of a symbol add up to.
    #[n(91)]
    PositionsDiffer {
        /// Which.
        #[n(0)]
        symbol: Symbol,
        /// Sum of the positions, base currency; shorts count below zero.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        ours: Decimal,
        /// At the venue.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        venue: Decimal,
    },
    /// It does again.
    #[n(92)]
    PositionsAgree {
        /// Which.
        #[n(0)]
        symbol: Symbol,
    },
    /// Orders the venue works that are none of ours: listed, and left alone.
    #[n(93)]
    ExternalSeen {
        /// Their ids at the venue, the first hundred; none: they are gone.
        #[n(0)]
        orders: Vec<String>,
    },
    /// A stop or target that stood otherwise at the venue was fitted to its position again.
    #[n(94)]
    ProtectionRefitted {
        /// Which.
        #[n(0)]
        id: OrderId,
    },
    /// A strategy's loss of the day is at its limit.
    #[n(73)]
    StrategyDayLost {
        /// Which.
        #[n(0)]
        strategy: Name,
        /// The UTC day.
        #[n(1)]
        day: i64,
        /// USD.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        loss: Decimal,
        /// The limit it came to, USD.
        #[cbor(n(3), with = "super::codec::dec", has_nil)]
        #[cbor(default)]
        limit: Decimal,
    },
    /// A UTC day began for levels that have limits of their own.
    #[n(80)]
    DayBegan {
        /// Which.
        #[n(0)]
        day: i64,
        /// What their positions had gained by then.
        #[n(1)]
        marks: Vec<super::risk::DayMark>,
    },
    /// A strategy's lost day is over, or its limit was raised.
    #[n(81)]
    StrategyDayOver {
        /// Which.
        #[n(0)]
        strategy: Name,
    },
    /// A research run was asked for.
    #[n(100)]
    RunAsked {
        /// In full.
        #[n(0)]
        run: Box<Run>,
    },
    /// It began, as this activity.
    #[n(101)]
    RunBegan {
        /// Which.
        #[n(0)]
        id: RunId,
        /// What it is among the activities.
        #[n(1)]
        activity: ActivityId,
    },
    /// One of its steps has a compute slot, or waits for it.
    #[n(102)]
    StepTaken {
        /// Which run.
        #[n(0)]
        run: RunId,
        /// Which of its steps.
        #[n(1)]
        step: u32,
        /// The slot.
        #[n(2)]
        slot: ReservationId,
    },
    /// It is computed.
    #[n(103)]
    StepEnded {
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
    #[n(104)]
    RunEnded {
        /// Which.
        #[n(0)]
        id: RunId,
        /// What came of it.
        #[n(1)]
        verdict: Box<RunVerdict>,
    },
    /// A strategy version may be put into service.
    #[n(105)]
    VersionProved {
        /// In full.
        #[n(0)]
        version: Box<Version>,
    },
    /// A strategy version goes to work.
    #[n(106)]
    ServiceOpened {
        /// In full.
        #[n(0)]
        service: Box<Service>,
    },
    /// It came to a stage, and reserves for it.
    #[n(107)]
    ServiceStaged {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// The stage.
        #[n(1)]
        stage: Stage,
        /// What it holds or waits for.
        #[n(2)]
        holds: Vec<ReservationId>,
        /// What the stage before was left with; empty at the first.
        #[n(3)]
        gates: Vec<GateResult>,
        /// Whose place it takes, in service.
        #[n(4)]
        replaces: Option<ServiceId>,
    },
    /// It has what the stage needs, and trades.
    #[n(108)]
    ServiceBegan {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// USD it may use.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        capital: Decimal,
    },
    /// It ended.
    #[n(109)]
    ServiceEnded {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// How.
        #[n(1)]
        how: End,
        /// Why.
        #[n(2)]
        reason: String,
        /// What it was judged by at last.
        #[n(3)]
        gates: Vec<GateResult>,
    },
    /// It gave a signal.
    #[n(110)]
    ServiceSignalled {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// Whether it was passed on, or booked.
        #[n(1)]
        passed: bool,
        /// Why not.
        #[n(2)]
        reason: Option<String>,
    },
    /// It entered on paper.
    #[n(111)]
    PaperEntered {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// What it holds.
        #[n(1)]
        holding: Holding,
    },
    /// It left on paper.
    #[n(112)]
    PaperLeft {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// At which price.
        #[cbor(n(1), with = "super::codec::dec", has_nil)]
        price: Decimal,
        /// What it gained after fees, quote currency.
        #[cbor(n(2), with = "super::codec::dec", has_nil)]
        realised: Decimal,
        /// Why.
        #[n(3)]
        reason: CloseReason,
    },
    /// How a day of it ended.
    #[n(113)]
    ServiceMarked {
        /// Which.
        #[n(0)]
        id: ServiceId,
        /// Worth and price.
        #[n(1)]
        mark: Mark,
    },
    /// A reservation passed to another owner and class, with all that was drawn on it.
    #[n(114)]
    HandedOver {
        /// Which; it is given back by this.
        #[n(0)]
        from: ReservationId,
        /// What took its place.
        #[n(1)]
        row: Box<Reservation>,
    },
    /// Somebody may use the API from outside.
    #[n(75)]
    TokenIssued {
        /// Who and how far.
        #[n(0)]
        token: Box<Token>,
    },
    /// No more.
    #[n(76)]
    TokenRevoked {
        /// Whose.
        #[n(0)]
        name: Name,
        /// Who took it.
        #[n(1)]
        by: Name,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// Somebody has taken note of an alarm.
    #[n(77)]
    AlarmAcked {
        /// Which.
        #[n(0)]
        id: String,
        /// Since when it stands.
        #[n(1)]
        since: Time,
        /// Who.
        #[n(2)]
        by: Name,
    },
    /// Limits and schedules are others from now on.
    #[n(78)]
    Configured {
        /// All of them.
        #[n(0)]
        settings: Box<Settings>,
        /// What is new about them.
        #[n(1)]
        changes: Vec<Change>,
        /// Who.
        #[n(2)]
        by: Name,
        /// Why.
        #[n(3)]
        reason: String,
    },
    /// The last console went without having been left.
    #[n(79)]
    OperatorLost {
        /// What follows; a pause and HARDSTOP are events of their own.
        #[n(0)]
        follows: Follows,
        /// How it went.
        #[n(1)]
        reason: String,
    },
}

impl Event {
    /// Its name, as in the audit.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
