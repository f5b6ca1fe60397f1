//! Which lines of the journal somebody wants to see.

use crate::api::problem;
use crate::client::Problem;
use crate::core::record::RecordBody;
use crate::core::{Event, Origin, Time};

/// What stands for the engine itself where an origin is asked for.
const ITSELF: &str = "engine";

/// A place in the journal, by record or by engine time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::api) enum Mark {
    Seq(u64),
    Time(Time),
}

impl Mark {
    /// A record's number or an RFC 3339 time.
    ///
    /// # Errors
    /// 422: it is neither.
    pub(in crate::api) fn read(name: &str, text: &str) -> Result<Self, Problem> {
        if let Ok(seq) = text.parse() {
            return Ok(Self::Seq(seq));
        }
        serde_json::from_value(text.into())
            .map(Self::Time)
            .map_err(|_| {
                let why = format!("{text:?} is no record and no RFC 3339 time");
                problem::invalid(name, why)
            })
    }

    fn is_after(self, seq: u64, time: Time) -> bool {
        match self {
            Self::Seq(mark) => mark > seq,
            Self::Time(mark) => mark > time,
        }
    }

    /// Whether it lies before this record.
    pub(in crate::api) fn is_before(self, seq: u64, time: Time) -> bool {
        match self {
            Self::Seq(mark) => mark < seq,
            Self::Time(mark) => mark < time,
        }
    }
}

/// What lines must be to be shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::api) struct Filter {
    /// The first record or time.
    pub(in crate::api) since: Option<Mark>,
    /// The last record or time.
    pub(in crate::api) until: Option<Mark>,
    kind: Option<String>,
    actor: Option<String>,
    from: Option<String>,
}

impl Filter {
    /// What the parameters `since`, `until`, `kind`, `actor` and `from` ask for.
    ///
    /// # Errors
    /// 422: a place in the journal that is none.
    pub(in crate::api) fn read<'a>(
        query: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, Problem> {
        let mark = |name| query(name).map(|text| Mark::read(name, text)).transpose();
        let text = |name| query(name).map(str::to_owned);
        Ok(Self {
            since: mark("since")?,
            until: mark("until")?,
            kind: text("kind"),
            actor: text("actor"),
            from: text("from"),
        })
    }

    /// Whether every line passes, time and place left aside.
    pub(in crate::api) fn is_open(&self) -> bool {
        self.kind.is_none() && self.actor.is_none() && self.from.is_none()
    }

    /// Whether lines of this record can pass.
    pub(in crate::api) fn takes(&self, seq: u64, time: Time, body: &RecordBody) -> bool {
        let of = |wanted: &String| wanted == body.actor.as_str();
        !self.since.is_some_and(|mark| mark.is_after(seq, time))
            && !self.until.is_some_and(|mark| mark.is_before(seq, time))
            && self.actor.as_ref().is_none_or(of)
            && self
                .from
                .as_deref()
                .is_none_or(|wanted| is_from(wanted, body.origin))
    }

    /// Whether an event of such a record passes.
    pub(in crate::api) fn shows(&self, event: &Event) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind == event.name())
    }
}

/// Whole words from the left: `unix` is every user of the socket, `unix:1000` one of them.
fn is_from(wanted: &str, origin: Option<Origin>) -> bool {
    let Some(origin) = origin else {
        return wanted == ITSELF;
    };
    let rest = origin.as_str().strip_prefix(wanted);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Command, Quotes};

    fn body(actor: &str, origin: Option<&str>) -> RecordBody {
        RecordBody {
            actor: actor.parse().unwrap(),
            cause: 0,
            command: Command::Tick,
            quotes: Quotes::default(),
            events: vec![Event::HardstopSwept],
            origin: origin.map(|text| text.parse().unwrap()),
        }
    }

    fn filter(pairs: &[(&str, &'static str)]) -> Result<Filter, Problem> {
        Filter::read(|name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| *value)
        })
    }

    #[test]
    fn lines_are_chosen_by_place_time_actor_and_origin() {
        let at = Time(1_771_000_000_000);
        let scout = body("scout", Some("unix:1000 token"));
        let engine = body("clock", None);
        for (pairs, of_scout, of_engine) in [
            (&[][..], true, true),
            (&[("actor", "scout")], true, false),
            (&[("from", "unix")], true, false),
            (&[("from", "unix:1000")], true, false),
            (&[("from", "unix:100")], false, false),
            (&[("from", "engine")], false, true),
            (&[("since", "8")], false, false),
            (&[("since", "7")], true, true),
            (&[("until", "6")], false, false),
            (&[("since", "2026-02-13T16:26:40.000Z")], true, true),
            (&[("since", "2026-02-13T16:26:40.001Z")], false, false),
            (&[("until", "2026-02-13T16:26:39.999Z")], false, false),
        ] {
            let filter = filter(pairs).unwrap();
            assert_eq!(filter.takes(7, at, &scout), of_scout, "{pairs:?}");
            assert_eq!(filter.takes(7, at, &engine), of_engine, "{pairs:?}");
        }
        let kind = filter(&[("kind", "hardstop_swept")]).unwrap();
        assert!(kind.shows(&Event::HardstopSwept));
        let other = filter(&[("kind", "refused")]).unwrap();
        assert!(!other.shows(&Event::HardstopSwept));
        let wrong = filter(&[("until", "tomorrow")]).unwrap_err();
        assert_eq!(wrong.status, 422);
        assert!(wrong.message.contains("until"), "{}", wrong.message);
    }
}
