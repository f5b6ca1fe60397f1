//! The screens: their names, what each is for, and its panes.

use super::pane::PaneId;

/// A screen, by its digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    /// The five panes and the log.
    #[default]
    Overview,
    /// Who is well.
    Agents,
    /// Who holds what.
    Reservations,
    /// What is being decided.
    Cycles,
    /// What is at stake.
    Positions,
    /// Who says what.
    Messages,
    /// How much may be lost.
    Risk,
    /// What is being learned.
    Research,
    /// What happened.
    Audit,
    /// What was logged.
    Logs,
    /// What is wrong; its key is that of the list of alarms.
    Alarms,
}

impl Screen {
    /// The screens that have a key each, in the order of the keys.
    pub const KEYED: [Self; 10] = [
        Self::Overview,
        Self::Agents,
        Self::Reservations,
        Self::Cycles,
        Self::Positions,
        Self::Messages,
        Self::Risk,
        Self::Research,
        Self::Audit,
        Self::Logs,
    ];

    /// Every screen.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        Self::KEYED.into_iter().chain([Self::Alarms])
    }

    /// The screen of a digit on the built-in keys.
    #[cfg(test)]
    pub fn of_digit(digit: char) -> Option<Self> {
        let place = "1234567890".find(digit)?;
        Some(Self::KEYED[place])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Agents => "agents",
            Self::Reservations => "reservations",
            Self::Cycles => "cycles",
            Self::Positions => "positions",
            Self::Messages => "messages",
            Self::Risk => "risk",
            Self::Research => "research",
            Self::Audit => "audit",
            Self::Logs => "logs",
            Self::Alarms => "alarms",
        }
    }

    /// What it is for, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Overview => "everything at a glance, what is abnormal first",
            Self::Agents => "who is well and who is not, and whose tasks are on",
            Self::Reservations => "who holds capital, compute and calls, who waits, who conflicts",
            Self::Cycles => "what is being decided, and the entries that wait for your yes",
            Self::Positions => "what is open, what works at the venue, prices and equity",
            Self::Messages => "what agents say to each other, what waits and what never arrived",
            Self::Risk => "how much may be lost, each limit and its use, how the venue is",
            Self::Research => "what is searched and found, and which strategies are at work",
            Self::Audit => "every event as it was journaled, the newest first",
            Self::Logs => "what the engine logged",
            Self::Alarms => "what is wrong, the most urgent first, and who has taken note of it",
        }
    }

    /// The screen of a name or of its digit.
    pub fn named(name: &str) -> Option<Self> {
        let mut places = Self::all().enumerate();
        let digit = |place: usize| place < 10 && name == ((place + 1) % 10).to_string();
        let found = places
            .find(|(place, screen)| name.eq_ignore_ascii_case(screen.name()) || digit(*place));
        found.map(|(_, screen)| screen)
    }

    /// Its panes, in the order in which Tab goes through them.
    pub fn panes(self) -> &'static [PaneId] {
        match self {
            Self::Overview => &[
                PaneId::Agents,
                PaneId::Positions,
                PaneId::Cycles,
                PaneId::Reservations,
                PaneId::Log,
                PaneId::Queues,
            ],
            Self::Agents => &[PaneId::Agents, PaneId::Engine],
            Self::Reservations => &[
                PaneId::Reservations,
                PaneId::Resources,
                PaneId::Waiting,
                PaneId::Activities,
                PaneId::Conflicts,
            ],
            Self::Cycles => &[PaneId::Cycles, PaneId::Approvals],
            Self::Positions => &[PaneId::Positions, PaneId::Orders, PaneId::Allocation],
            Self::Messages => &[PaneId::Queues, PaneId::Messages, PaneId::Dead],
            Self::Risk => &[
                PaneId::Risk,
                PaneId::Limits,
                PaneId::Guard,
                PaneId::Cooldowns,
            ],
            Self::Research => &[PaneId::Runs, PaneId::Services],
            Self::Audit => &[PaneId::Audit],
            Self::Logs => &[PaneId::Log],
            Self::Alarms => &[PaneId::Alarms],
        }
    }
}
