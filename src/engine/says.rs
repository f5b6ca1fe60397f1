//! What the agents of services are at, in words: read off the state for whoever looks, never journaled.

use std::collections::BTreeMap;

use super::services::standing;
use super::world::World;
use crate::core::service::{Kind, Service, Stage};
use crate::core::{Name, State, Time};
use crate::strategies::Standing;

/// Services a status message names; more are counted.
const NAMED: usize = 3;

impl World {
    /// A status message each for the trader, the judges and those who search, where they have something
    /// to do.
    pub(super) fn says(&self) -> BTreeMap<Name, String> {
        let now = self.clock.now();
        let live = || self.state.services.live.values();
        let trader = live().filter(|s| s.is_at_work()).map(|s| {
            let stands = match self.services.waits(s.id) {
                Some(why) => format!("waits: {why}"),
                None => stands(&self.state, s),
            };
            format!("{}: {stands}, {}", named(s), staged(&self.state, s, now))
        });
        let judges = |kind: Kind| {
            let its = live().filter(move |s| s.kind == kind);
            its.map(|s| format!("{}: {}", named(s), staged(&self.state, s, now)))
        };
        let words = [
            ("trader", joined(trader.collect())),
            ("deployer", joined(judges(Kind::Deployment).collect())),
            ("discoverer", joined(judges(Kind::Candidate).collect())),
        ];
        let mut said = self.conductor.says().clone();
        for (agent, words) in words {
            let (agent, Some(words)) = (agent.parse().expect("a built-in name"), words) else {
                continue;
            };
            // What is searched goes before what is judged.
            said.entry(agent)
                .and_modify(|known| *known = format!("{known}; {words}"))
                .or_insert(words);
        }
        said
    }
}

fn named(service: &Service) -> String {
    format!("{} {}", service.strategy(), service.version.version)
}

fn stands(state: &State, service: &Service) -> String {
    let symbol = service.symbol();
    let base = symbol.base();
    let what = match standing(state, service) {
        Standing::Flat => "flat".to_owned(),
        Standing::Waiting => "an order works".to_owned(),
        Standing::Long(quantity) => format!("long {} {base}", quantity.normalize()),
        Standing::Short(quantity) => format!("short {} {base}", quantity.normalize()),
    };
    match service.is_shadow() {
        true => format!("{what} on paper"),
        false => what,
    }
}

/// How far it is, and how long the stage lasts at least.
fn staged(state: &State, service: &Service, now: Time) -> String {
    let settings = &state.settings.research;
    let stage = match service.stage {
        Stage::Warm => "on paper".to_owned(),
        Stage::Limited => "at the smallest real size".to_owned(),
        Stage::Part(n) => format!("stage {} of {}", n + 1, settings.stages.len()),
        Stage::InService => return "in service".to_owned(),
    };
    let Some(began) = service.began_at else {
        return format!("waits for {stage}");
    };
    let least_s = i64::from(settings.shortest(service.stage));
    match least_s - (now - began) / 1_000 {
        left @ 1.. => format!("{stage}, {} left", span(left)),
        _ => format!("{stage}, its time is over"),
    }
}

fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let fits = units.into_iter().find(|(unit, _)| seconds >= 2 * unit);
    let (unit, word) = fits.unwrap_or((1, "s"));
    format!("{} {word}", seconds / unit)
}

fn joined(words: Vec<String>) -> Option<String> {
    let more = words.len().saturating_sub(NAMED);
    let named = words.get(..NAMED.min(words.len()))?.join("; ");
    match (words.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(named),
        (false, more) => Some(format!("{named}; {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_services_are_named_as_far_as_a_line_goes() {
        let words = |n: usize| joined((1..=n).map(|i| format!("s{i}")).collect());
        assert_eq!(words(0), None);
        assert_eq!(words(3).as_deref(), Some("s1; s2; s3"));
        assert_eq!(words(5).as_deref(), Some("s1; s2; s3; 2 more"));
    }

    #[test]
    fn a_span_is_told_in_the_unit_that_fits() {
        let told: Vec<String> = [59, 2_460, 7_200, 604_800].map(span).to_vec();
        assert_eq!(told, ["59 s", "41 min", "2 h", "7 d"]);
    }
}
