//! Identities. Each is made from the journal's own order, never from chance, so that equal runs
//! have equal ids.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::{Name, NameError};
use super::time::Time;

macro_rules! text_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "_{}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|n| n.parse().ok())
                    .map(Self)
                    .ok_or_else(|| NameError(format!(
                        concat!("{:?} is no id of this kind: ", $prefix, "_N is expected"), text
                    )))
            }
        }

        text_serde!($name);
    };
}

id!(
    /// An order of ours, whatever the venue calls it.
    OrderId, "order"
);
id!(
    /// One position: one entry and what became of it.
    PositionId, "position"
);
id!(
    /// A message on the bus.
    MessageId, "message"
);
id!(
    /// What somebody is at: a deployment, an optimisation, a discovery.
    ActivityId, "activity"
);
id!(
    /// An entry that waits for the operator.
    ApprovalId, "approval"
);
id!(
    /// A research run.
    RunId, "run"
);
id!(
    /// A strategy's version at work on one symbol.
    ServiceId, "service"
);
id!(
    /// One run of a scheduled task for one symbol.
    TaskId, "task"
);

/// A reservation: `{agent}_{epoch_ms}`, with `_{n}` where two fall in one millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ReservationId {
    /// Engine time of the grant.
    #[n(0)]
    pub at: Time,
    /// Whose it is.
    #[n(1)]
    pub agent: Name,
    /// The n-th of this agent in that millisecond, from 0.
    #[n(2)]
    pub n: u32,
}

impl fmt::Display for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n {
            0 => f.pad(&format!("{}_{}", self.agent, self.at.0)),
            n => f.pad(&format!("{}_{}_{n}", self.agent, self.at.0)),
        }
    }
}

impl FromStr for ReservationId {
    type Err = NameError;

    /// The millisecond is the longest run of digits at or next to the end: agents may have digits
    /// in their names, but none had ten of them before this century.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || {
            NameError(format!(
                "{text:?} is no reservation: AGENT_MILLISECONDS is expected, such as trader_1771068213740"
            ))
        };
        let parse = |head: &str, n: u32| -> Option<Self> {
            let (agent, ms) = head.rsplit_once('_')?;
            (ms.len() >= 10).then_some(())?;
            Some(Self {
                at: Time(ms.parse().ok()?),
                n,
                agent: agent.parse().ok()?,
            })
        };
        let (head, last) = text.rsplit_once('_').ok_or_else(wrong)?;
        if last.len() >= 10 {
            return parse(text, 0).ok_or_else(wrong);
        }
        let n = last.parse().map_err(|_| wrong())?;
        parse(head, n).ok_or_else(wrong)
    }
}

text_serde!(ReservationId);

/// A cycle: `cycle_YYYYMMDD_HHMMSS_` and eight hex digits of the record that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CycleId {
    /// When it was opened, in whole seconds since 1970.
    #[n(0)]
    pub second: i64,
    /// A number that rises from cycle to cycle.
    #[n(1)]
    pub n: u32,
}

impl fmt::Display for CycleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Time(self.second.saturating_mul(1000)).utc();
        f.pad(&format!(
            "cycle_{}_{:08x}",
            time.format("%Y%m%d_%H%M%S"),
            self.n
        ))
    }
}

impl FromStr for CycleId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let read = || {
            let rest = text.strip_prefix("cycle_")?;
            let (time, n) = rest.rsplit_once('_')?;
            let time = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%d_%H%M%S").ok()?;
            Some(Self {
                second: time.and_utc().timestamp(),
                n: u32::from_str_radix(n, 16).ok()?,
            })
        };
        read().ok_or_else(|| {
            NameError(format!(
                "{text:?} is no cycle: cycle_YYYYMMDD_HHMMSS_XXXXXXXX is expected"
            ))
        })
    }
}

text_serde!(CycleId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_as_they_are_written() {
        let first: ReservationId = "trader_1771068213740".parse().unwrap();
        assert_eq!((first.at.0, first.n), (1_771_068_213_740, 0));
        let second: ReservationId = "my_agent_2_1771068213740_3".parse().unwrap();
        assert_eq!((second.agent.as_str(), second.n), ("my_agent_2", 3));
        assert_eq!(second.to_string(), "my_agent_2_1771068213740_3");
        for bad in ["trader", "trader_12", "_1771068213740", "trader_x_1"] {
            assert!(bad.parse::<ReservationId>().is_err(), "{bad}");
        }
        let cycle = CycleId {
            second: 1_771_068_213,
            n: 0x1f,
        };
        assert_eq!(cycle.to_string(), "cycle_20260214_112333_0000001f");
        assert_eq!(cycle.to_string().parse::<CycleId>().unwrap(), cycle);
        assert_eq!("order_7".parse::<OrderId>().unwrap(), OrderId(7));
        assert!("position_7".parse::<OrderId>().is_err());
    }
}
