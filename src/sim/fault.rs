//! What can go wrong, and how often it does in a world.

use super::dice::Dice;

/// One way of going wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumIter,
)]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The venue took an order, and its answer was a time-out.
    TimeoutAfter,
    /// A request never arrived, and the answer was a time-out.
    TimeoutBefore,
    /// A time-out was told, and the order arrived after it.
    LateArrival,
    /// Too many requests: proved not processed.
    RateLimit,
    /// The venue says no.
    Refusal,
    /// A fill is told twice.
    FillTwice,
    /// A word comes up to twenty seconds late.
    Delay,
    /// A word overtakes those before it.
    Reorder,
    /// A fill is told by nobody until it is asked for.
    FillDropped,
    /// Another word of the stream is lost.
    WordDropped,
    /// An order fills in parts.
    Partial,
    /// The stream, or the whole connection, is down; what is told meanwhile is lost.
    Disconnect,
    /// A read answers from an old picture, up to 90 seconds old.
    RestLag,
    /// A read fails.
    ReadFailed,
    /// An amendment never arrives, or its answer does not.
    AmendLost,
    /// The venue does not amend.
    AmendRefused,
    /// A cancel never arrives, or its answer does not.
    CancelLost,
    /// The venue does not cancel.
    CancelRefused,
    /// A cancel arrives after the order's last fill.
    CancelTooLate,
    /// The wall clock jumps ahead.
    ClockForward,
    /// The wall clock jumps back.
    ClockBack,
    /// No room for another segment: ENOSPC.
    NoSpace,
    /// A write fails and changes nothing: EIO.
    Write,
    /// A write ends in the middle.
    TornWrite,
    /// A sync fails, and what was written is lost with the power.
    SyncLost,
    /// A sync fails, and what was written is there all the same.
    SyncKept,
    /// Killed between the decision and the commit.
    KilledUnwritten,
    /// Killed between the commit and its effects.
    KilledUntold,
    /// Killed between two effects.
    KilledBetween,
    /// Killed between the effects and what the venue says to them.
    KilledUnheard,
    /// The stop is pressed.
    Hardstop,
}

impl Fault {
    /// How many there are.
    pub const COUNT: usize = Self::Hardstop as usize + 1;

    /// Its name, as in documents.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// At its worst, how many times in a thousand where it could.
    fn worst(self) -> u16 {
        match self {
            Self::TimeoutAfter | Self::TimeoutBefore | Self::LateArrival => 100,
            Self::RateLimit => 150,
            Self::Refusal => 60,
            Self::FillTwice | Self::Reorder => 300,
            Self::Delay | Self::FillDropped | Self::WordDropped => 200,
            Self::Partial => 600,
            Self::Disconnect => 20,
            Self::RestLag => 400,
            Self::ReadFailed => 150,
            Self::AmendLost | Self::AmendRefused => 250,
            Self::CancelLost => 300,
            Self::CancelRefused => 150,
            // It is what a slow cancel meets; the fault itself is not rolled.
            Self::CancelTooLate => 0,
            Self::ClockForward | Self::ClockBack => 15,
            Self::NoSpace | Self::Write | Self::TornWrite | Self::SyncLost | Self::SyncKept => 4,
            Self::KilledUnwritten
            | Self::KilledUntold
            | Self::KilledBetween
            | Self::KilledUnheard => 6,
            Self::Hardstop => 12,
        }
    }
}

/// How the world is, for the length of a story.
#[derive(Debug, Clone)]
pub struct Weather {
    rates: [u16; Fault::COUNT],
    /// Nothing goes wrong any more.
    pub calm: bool,
    /// An order the venue does not know was never sent.
    pub absence_is_proof: bool,
    /// The venue refuses by itself what would do more than reduce.
    pub enforces_reduce_only: bool,
}

impl Weather {
    /// The weather of a seed. Each tenth world is calm throughout; in the others each fault is off
    /// in a third of them.
    pub fn of(seed: u64, dice: &mut Dice) -> Self {
        let mut rates = [0; Fault::COUNT];
        for fault in <Fault as strum::IntoEnumIterator>::iter() {
            let rate = dice.between(1, i64::from(fault.worst().max(1)));
            let on = !dice.chance(33) && !seed.is_multiple_of(10);
            if on && fault.worst() > 0 {
                rates[fault as usize] = u16::try_from(rate).unwrap_or(0);
            }
        }
        Self {
            rates,
            calm: false,
            absence_is_proof: dice.chance(25),
            enforces_reduce_only: dice.chance(60),
        }
    }

    /// A world in which nothing goes wrong but the stop.
    pub fn of_stops(dice: &mut Dice) -> Self {
        let mut rates = [0; Fault::COUNT];
        rates[Fault::Hardstop as usize] = 80;
        rates[Fault::Delay as usize] = 20;
        rates[Fault::Partial as usize] = 200;
        rates[Fault::KilledUntold as usize] = 3;
        rates[Fault::KilledUnwritten as usize] = 3;
        Self {
            rates,
            calm: false,
            absence_is_proof: dice.chance(50),
            enforces_reduce_only: dice.chance(50),
        }
    }

    /// Whether this goes wrong now.
    pub fn strikes(&self, fault: Fault, dice: &mut Dice) -> bool {
        let rate = self.rates[fault as usize];
        rate > 0 && !self.calm && dice.in_thousand(rate)
    }
}
