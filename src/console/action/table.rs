//! The table itself.

use crossterm::event::KeyCode;

use super::Context::{Always, Asking, Browsing, Commanding, Filling, Named, Reading, Typing};
use super::Key::{Control, Letter};
use super::blocked::*;
use super::{Action, Binding, Context, Key, Takes};
use crate::console::pane::PaneId;
use crate::console::ui::Ui;
use crate::snapshot::Snapshot;

const DIGITS: [Key; 10] = [
    Key::Letter('1'),
    Key::Letter('2'),
    Key::Letter('3'),
    Key::Letter('4'),
    Key::Letter('5'),
    Key::Letter('6'),
    Key::Letter('7'),
    Key::Letter('8'),
    Key::Letter('9'),
    Key::Letter('0'),
];

/// Where tasks are.
const AGENTS: &[PaneId] = &[PaneId::Agents];
/// What can be closed, cancelled, released, halted or taken back.
const CLOSED: &[PaneId] = &[
    PaneId::Positions,
    PaneId::Orders,
    PaneId::Reservations,
    PaneId::Waiting,
    PaneId::Cycles,
    PaneId::Runs,
    PaneId::Services,
];
/// What has figures that can be changed.
const EDITED: &[PaneId] = &[
    PaneId::Positions,
    PaneId::Orders,
    PaneId::Reservations,
    PaneId::Waiting,
];
/// What can be put into service.
const DEPLOYED: &[PaneId] = &[PaneId::Runs, PaneId::Services];
/// Whatever has a name of its own.
pub const PLACES: &[PaneId] = &[
    PaneId::Agents,
    PaneId::Positions,
    PaneId::Orders,
    PaneId::Reservations,
    PaneId::Waiting,
    PaneId::Cycles,
    PaneId::Approvals,
    PaneId::Messages,
    PaneId::Runs,
    PaneId::Services,
    PaneId::Activities,
    PaneId::Alarms,
];

const fn binding(
    id: &'static str,
    action: Action,
    keys: &'static [Key],
    words: &'static str,
    help: &'static str,
    context: Context,
) -> Binding {
    Binding {
        id,
        action,
        keys,
        takes: Takes::Nothing,
        words,
        help,
        context,
        acts: false,
        dangerous: false,
        footer: None,
        blocked: never,
    }
}

impl Binding {
    const fn acts(mut self, blocked: fn(&Ui, &Snapshot) -> Option<String>) -> Self {
        self.acts = true;
        self.blocked = blocked;
        self
    }

    const fn blocked(mut self, blocked: fn(&Ui, &Snapshot) -> Option<String>) -> Self {
        self.blocked = blocked;
        self
    }

    const fn dangerous(mut self) -> Self {
        self.dangerous = true;
        self
    }

    const fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    const fn footer(mut self, place: u8) -> Self {
        self.footer = Some(place);
        self
    }
}

/// Every action and its keys.
#[rustfmt::skip]
pub static ACTIONS: &[Binding] = &[
    binding("hardstop", Action::Hardstop, &[Control('x')], "HARDSTOP", "engage HARDSTOP, from everywhere, at once", Always).footer(0),
    binding("pause", Action::Pause, &[Letter('p')], "pause", "pause: signals are recorded and ignored", Browsing).acts(pause_blocked).footer(1).takes(Takes::Symbol),
    binding("resume", Action::Resume, &[Letter('r')], "resume", "resume; asks for a reason where the cause wants one", Browsing).acts(resume_blocked).footer(1).takes(Takes::Symbol),
    binding("help", Action::Help, &[Letter('?')], "help", "the keys of this place", Browsing).footer(2),
    binding("leave", Action::Leave, &[Letter('q')], "leave", "leave the console; the engine goes on as it is", Browsing).footer(3),
    binding("pane", Action::NextPane, &[Key::Named(KeyCode::Tab)], "pane", "the next pane", Browsing).footer(4),
    binding("filter", Action::Filter, &[Letter('/')], "filter", "show only rows that hold a text", Browsing).footer(5).takes(Takes::Text),
    binding("sort", Action::SortOn, &[Letter('>')], "sort", "sort the pane by its next column; after the last the abnormal rows are first again", Browsing).footer(14),
    binding("sort-before", Action::SortBefore, &[Letter('<')], "sort before", "sort the pane by the column before", Browsing),
    binding("sort-reverse", Action::SortReverse, &[Letter('=')], "reverse", "turn the order of the sorted pane round", Browsing),
    binding("task", Action::ToggleTask, &[Letter('t')], "task", "turn the selected agent's task on or off", Browsing).acts(task_blocked).footer(6).takes(Takes::Row(AGENTS)),
    binding("run", Action::RunTask, &[Letter('x')], "run", "run the selected agent's task now", Browsing).acts(task_blocked).footer(8).takes(Takes::Row(AGENTS)),
    binding("close", Action::Close, &[Letter('c')], "close", "close the selected position, cancel the order, release the reservation, halt the cycle, stop the run, drop the candidate or roll back the strategy; asks", Browsing).acts(close_blocked).dangerous().footer(6).takes(Takes::Row(CLOSED)),
    binding("edit", Action::Edit, &[Letter('e')], "edit", "edit stop, target and trail of the selected position, quantity and price of the order; renew the reservation, for seconds it asks for", Browsing).acts(edit_blocked).footer(8).takes(Takes::Row(EDITED)),
    binding("slices", Action::Slices, &[Letter('s')], "slices", "hold the selected sliced order: no new slice; or let it go on, which asks", Browsing).acts(slices_blocked).footer(7).takes(Takes::Row(&[PaneId::Orders])),
    binding("sync", Action::Sync, &[Letter('v')], "venue sync", "compare orders and balances with the venue now", Browsing).acts(never).footer(9),
    binding("deploy", Action::Deploy, &[Letter('d')], "deploy", "put the version of the selected passed run or promoted candidate into service; asks", Browsing).acts(deploy_blocked).dangerous().footer(7).takes(Takes::Row(DEPLOYED)),
    binding("optimise", Action::Optimise, &[Letter('o')], "optimise", "begin to search the parameters of a strategy; asks", Browsing).acts(optimise_blocked).footer(8).takes(Takes::Strategy),
    binding("explain", Action::Explain, &[Letter('w')], "why", "tell the story of the selected row, as the journal has it", Browsing).blocked(explain_blocked).footer(13).takes(Takes::Id),
    binding("approve", Action::Approve, &[Letter('y')], "approve", "approve the selected entry; asks", Browsing).acts(approval_blocked).dangerous().footer(6).takes(Takes::Row(&[PaneId::Approvals])),
    binding("reject", Action::Reject, &[Letter('n')], "reject", "reject the selected entry; asks", Browsing).acts(approval_blocked).dangerous().footer(6).takes(Takes::Row(&[PaneId::Approvals])),
    binding("acknowledge", Action::Acknowledge, &[Letter('a')], "ack", "acknowledge the selected message or alarm; elsewhere the most urgent alarm, which asks", Browsing).acts(acknowledge_blocked).footer(6).takes(Takes::Row(&[PaneId::Messages, PaneId::Alarms])),
    binding("alarms", Action::Alarms, &[Letter('A')], "alarms", "the list of all alarms, and back; Enter leads to what one is about", Browsing).footer(9),
    binding("freeze", Action::Freeze, &[Letter('f')], "freeze", "freeze the panes, or follow the engine again; strip, alarms and stop stay live", Browsing).footer(12),
    binding("step-back", Action::StepBack, &[Letter('[')], "back", "frozen: the record before", Browsing).footer(13),
    binding("step-on", Action::StepOn, &[Letter(']')], "on", "frozen: the next record", Browsing).footer(13),
    binding("leap-back", Action::LeapBack, &[Letter('{')], "100 back", "frozen: a hundred records back", Browsing).footer(14),
    binding("leap-on", Action::LeapOn, &[Letter('}')], "100 on", "frozen: a hundred records on", Browsing).footer(14),
    binding("palette", Action::Palette, &[Letter(':')], "command", "do something by its name; Tab completes", Browsing).footer(7),
    binding("detail", Action::Detail, &[Key::Named(KeyCode::Enter)], "detail", "the selected row in full", Browsing).footer(10).takes(Takes::Row(PLACES)),
    binding("screen", Action::Screen, &DIGITS, "screen", "1 overview 2 agents 3 reservations 4 cycles 5 positions and orders 6 messages 7 risk 8 research 9 audit 0 logs", Browsing).footer(11).takes(Takes::Screen),
    binding("copy", Action::Copy, &[Letter('Y')], "copy", "copy the selected row's id to the terminal's clipboard", Browsing).footer(15),
    binding("back-pane", Action::PreviousPane, &[Key::Named(KeyCode::BackTab)], "back", "the pane before", Browsing),
    binding("up", Action::Up, &[Letter('k'), Key::Named(KeyCode::Up)], "up", "a row up", Browsing),
    binding("down", Action::Down, &[Letter('j'), Key::Named(KeyCode::Down)], "down", "a row down", Browsing),
    binding("page-up", Action::PageUp, &[Key::Named(KeyCode::PageUp)], "page up", "ten rows up", Browsing),
    binding("page-down", Action::PageDown, &[Key::Named(KeyCode::PageDown)], "page down", "ten rows down", Browsing),
    binding("first", Action::First, &[Letter('g'), Key::Named(KeyCode::Home)], "first", "the first row", Browsing),
    binding("last", Action::Last, &[Letter('G'), Key::Named(KeyCode::End)], "last", "the last row", Browsing),
    binding("back", Action::Back, &[Key::Named(KeyCode::Esc)], "back", "one level back; never acts", Browsing),
    binding("repaint", Action::Repaint, &[Control('l')], "repaint", "draw the screen anew", Always),
    binding("clear-input", Action::ClearInput, &[Control('c')], "clear input", "clear what is typed; never leaves, never stops", Always),
    binding("submit", Action::Submit, &[Key::Named(KeyCode::Enter)], "take", "take what is typed", Typing).footer(1),
    binding("cancel-input", Action::Back, &[Key::Named(KeyCode::Esc)], "cancel", "close the input; nothing is done", Typing).footer(2),
    binding("erase", Action::Erase, &[Key::Named(KeyCode::Backspace)], "erase", "take back a letter", Typing),
    binding("complete", Action::Complete, &[Key::Named(KeyCode::Tab)], "complete", "complete what is typed by the chosen line", Commanding).footer(3),
    binding("choose-next", Action::Down, &[Key::Named(KeyCode::Down)], "next", "the next line offered", Commanding).footer(4),
    binding("choose-before", Action::Up, &[Key::Named(KeyCode::Up)], "before", "the line before; on an empty line what was done before", Commanding),
    binding("send", Action::Submit, &[Key::Named(KeyCode::Enter)], "send", "send what was changed; what is wrong is said beside it", Filling).footer(1),
    binding("cancel-form", Action::Back, &[Key::Named(KeyCode::Esc)], "cancel", "close the form; nothing is done", Filling).footer(2),
    binding("next-field", Action::Down, &[Key::Named(KeyCode::Tab), Key::Named(KeyCode::Down)], "next", "the next figure", Filling).footer(3),
    binding("field-before", Action::Up, &[Key::Named(KeyCode::BackTab), Key::Named(KeyCode::Up)], "before", "the figure before", Filling),
    binding("erase-figure", Action::Erase, &[Key::Named(KeyCode::Backspace)], "erase", "take back a letter; ^C all of them", Filling).footer(4),
    binding("no", Action::No, &[Letter('n'), Letter('q'), Key::Named(KeyCode::Enter), Key::Named(KeyCode::Esc)], "No", "do nothing: the default", Asking).footer(1),
    binding("yes", Action::Yes, &[Letter('y')], "yes", "do it", Asking).acts(never).footer(2),
    binding("read-up", Action::Up, &[Letter('k'), Key::Named(KeyCode::Up)], "up", "scroll up", Reading),
    binding("read-down", Action::Down, &[Letter('j'), Key::Named(KeyCode::Down)], "down", "scroll down", Reading).footer(2),
    binding("read-page-up", Action::PageUp, &[Key::Named(KeyCode::PageUp)], "page up", "scroll up by ten", Reading),
    binding("read-page-down", Action::PageDown, &[Key::Named(KeyCode::PageDown)], "page down", "scroll down by ten", Reading).footer(3),
    binding("copy-text", Action::Copy, &[Letter('Y')], "copy", "copy what is read to the terminal's clipboard", Reading).footer(4),
    binding("close-reading", Action::Back, &[Key::Named(KeyCode::Esc), Letter('q'), Letter('?'), Key::Named(KeyCode::Enter)], "close", "close it", Reading).footer(1),
    binding("clear", Action::Clear, &[], "lifts HARDSTOP", "lift HARDSTOP: wants CLEAR and its number typed, and a reason; resuming is a second step", Named).acts(clear_blocked).footer(2).dangerous(),
    binding("flatten", Action::Flatten, &[], "flatten", "close every open position at the market and cancel the entries; asks", Named).acts(flatten_blocked).dangerous(),
    binding("shutdown", Action::Shutdown, &[], "shutdown", "end the engine: entries are cancelled, stops and targets stay; asks", Named).acts(never).dangerous(),
    binding("ack-all", Action::AcknowledgeAll, &[], "ack all", "acknowledge every alarm that stands; asks", Named).acts(alarms_blocked).dangerous(),
    binding("abnormal-first", Action::AbnormalFirst, &[], "abnormal first", "sort the pane no more: the abnormal rows are first", Named),
    binding("reload", Action::Reload, &[], "reload", "read the configuration again: shows what changes, and asks", Named).acts(never),
    binding("go", Action::Go, &[], "go to", "show the row of an id on its screen, such as :go order_12", Named).takes(Takes::Place),
    binding("theme", Action::Theme, &[], "theme", "how everything looks: dark, light, mono or ascii", Named).takes(Takes::Theme),
    binding("lamptest", Action::LampTest, &[], "lamptest", "show every style of alarm", Named),
];
