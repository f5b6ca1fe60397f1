//! What happens to the console, and what it wants done: `update` lies between the two.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use serde_json::Value;

use super::theme::Named;
use crate::client::{Call, Problem, Stopped};
use crate::snapshot::Snapshot;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// Text that was pasted.
    Paste(String),
    /// On to the next figure of a form, whatever its key is.
    NextField,
    /// A command, as a whole line.
    Line(String),
    /// There is a newer snapshot.
    Snapshot,
    /// How the links are.
    Links(Links),
    /// A request was answered.
    Answered(Request, Result<Value, Problem>),
    /// The engine as it was after a record was read, or not.
    Past(u64, Result<Arc<Snapshot>, Problem>),
    /// A press of the stop was answered.
    Stopped(Result<Stopped, Problem>),
    /// The stop was pressed outside: the kernel raised SIGQUIT.
    Pressed,
    /// Something that the operator must read.
    Told(String),
}

/// How the links are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Links {
    /// Whether the engine answers.
    pub engine: bool,
    /// Whether the stop would get through.
    pub stop: bool,
}

/// Something is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A request to the engine.
    Call(Request, Call),
    /// The engine as it was after a record.
    Past(u64),
    /// HARDSTOP, before all else.
    Stop,
    /// Another look of everything.
    Theme(Named),
    /// A text in the terminal's clipboard.
    Copy(String),
    /// The whole screen anew.
    Repaint,
    /// To leave; the engine goes on.
    Leave,
}

/// What `update` wants done, in order.
pub type Effects = Vec<Effect>;

/// A request in words, so that its answer can be told from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// To pause.
    Pause,
    /// To resume.
    Resume,
    /// To pause a symbol, or to let it go on.
    Symbol(String, bool),
    /// To lift HARDSTOP.
    Clear,
    /// To read the configuration again.
    Reload,
    /// To know what that would change; it changes nothing.
    Changes,
    /// To end the engine.
    Shutdown,
    /// To turn a task on or off.
    Task(String, bool),
    /// To run a task.
    Run(String),
    /// To close a position.
    Close(String),
    /// To cancel an order.
    Cancel(String),
    /// To change the figures of a position or an order.
    Edit(String),
    /// To hold a sliced order, or to let it go on.
    Slices(String, bool),
    /// To compare with the venue.
    Sync,
    /// To close all there is.
    Flatten,
    /// To give back a reservation.
    Release(String),
    /// To renew one.
    Renew(String),
    /// To halt a cycle.
    Halt(String),
    /// To let an entry go out.
    Approve(String),
    /// Not to let it.
    Reject(String),
    /// To be done with a message.
    Acknowledge(String),
    /// To take note of an alarm.
    AckAlarm(String),
    /// To take note of so many.
    AckAlarms(usize),
    /// To stop a run.
    StopRun(String),
    /// Give a candidate up.
    Drop(String),
    /// To take a strategy out of service.
    Rollback(String),
    /// To put a version into service: the strategy and the version.
    Deploy(String),
    /// To search the parameters of a strategy.
    Optimise(String),
    /// To tell the story of an id; it changes nothing.
    Explain(String),
    /// To read a run's report; it changes nothing.
    Report(String),
    /// To read which versions a run has proved; it changes nothing.
    Versions(String),
}

impl Request {
    /// While nobody has confirmed it.
    pub fn words(&self) -> String {
        match self {
            Self::Pause => "PAUSING…".to_owned(),
            Self::Resume => "RESUMING…".to_owned(),
            Self::Symbol(symbol, true) => format!("pausing {symbol}…"),
            Self::Symbol(symbol, false) => format!("resuming {symbol}…"),
            Self::Clear => "CLEARING…".to_owned(),
            Self::Reload => "reloading the configuration…".to_owned(),
            Self::Changes => "reading the configuration…".to_owned(),
            Self::Shutdown => "SHUTTING DOWN…".to_owned(),
            Self::Task(name, true) => format!("turning {name} on…"),
            Self::Task(name, false) => format!("turning {name} off…"),
            Self::Run(name) => format!("running {name}…"),
            Self::Close(id) => format!("closing {id}…"),
            Self::Cancel(id) => format!("cancelling {id}…"),
            Self::Edit(id) => format!("changing {id}…"),
            Self::Slices(id, true) => format!("holding {id}…"),
            Self::Slices(id, false) => format!("letting {id} go on…"),
            Self::Sync => "comparing with the venue…".to_owned(),
            Self::Flatten => "flattening…".to_owned(),
            Self::Release(id) => format!("releasing {id}…"),
            Self::Renew(id) => format!("renewing {id}…"),
            Self::Halt(id) => format!("halting {id}…"),
            Self::Approve(id) => format!("approving {id}…"),
            Self::Reject(id) => format!("rejecting {id}…"),
            Self::Acknowledge(id) => format!("acknowledging {id}…"),
            Self::AckAlarm(id) => format!("acknowledging {id}…"),
            Self::AckAlarms(many) => format!("acknowledging {many} alarms…"),
            Self::StopRun(id) => format!("stopping {id}…"),
            Self::Drop(id) => format!("dropping {id}…"),
            Self::Rollback(strategy) => format!("rolling back {strategy}…"),
            Self::Deploy(version) => format!("deploying {version}…"),
            Self::Optimise(strategy) => format!("beginning to optimise {strategy}…"),
            Self::Explain(id) => format!("reading the story of {id}…"),
            Self::Report(id) => format!("reading the report of {id}…"),
            Self::Versions(id) => format!("reading what {id} has proved…"),
        }
    }

    /// Whether it concerns the state of trading, which the strip shows.
    pub fn is_of_state(&self) -> bool {
        matches!(
            self,
            Self::Pause | Self::Resume | Self::Clear | Self::Shutdown
        )
    }
}
