//! Signs of life of agents outside the process: samples of the wall clock, kept beside the state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::commit::wall_now;
use crate::core::{Name, Time};

/// Agents remembered; the one silent for longest leaves first.
const ROOM: usize = 1_024;
/// Operations that the rolling mean looks back on.
const WINDOW: usize = 50;

/// How an agent outside the process is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutsideBeat {
    /// Its last sign of life, wall time.
    pub at: Time,
    /// Mean response time of its last 50 operations, milliseconds.
    pub mean_ms: Option<f64>,
    /// Mean response time of all of them, milliseconds.
    pub lifetime_mean_ms: Option<f64>,
    /// Operations it told of.
    pub count: u64,
    /// Those that went wrong.
    pub errors: u64,
}

/// The beats of all agents outside the process, shared between the API and the engine.
#[derive(Debug, Default)]
pub struct Beats(Mutex<BTreeMap<Name, Pulse>>);

#[derive(Debug)]
struct Pulse {
    at: Time,
    recent: VecDeque<f64>,
    total_ms: f64,
    timed: u64,
    count: u64,
    errors: u64,
}

impl Beats {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Pulse>> {
        // Every change is one of numbers: a panic leaves a whole map behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An agent gave a sign of life: an operation went well or badly and took so long, where it
    /// says.
    pub fn beat(&self, name: Name, ok: bool, response_ms: Option<f64>) {
        self.beat_at(wall_now(), name, ok, response_ms);
    }

    fn beat_at(&self, at: Time, name: Name, ok: bool, response_ms: Option<f64>) {
        let mut pulses = self.lock();
        let pulse = entry(&mut pulses, name, at);
        pulse.at = pulse.at.max(at);
        pulse.count += 1;
        pulse.errors += u64::from(!ok);
        if let Some(ms) = response_ms.filter(|ms| ms.is_finite() && *ms >= 0.0) {
            if pulse.recent.len() == WINDOW {
                pulse.recent.pop_front();
            }
            pulse.recent.push_back(ms);
            pulse.total_ms += ms;
            pulse.timed += 1;
        }
    }

    /// The last beat of an agent; silence counts from the first time it is asked for.
    pub(super) fn expected(&self, name: Name, now: Time) -> OutsideBeat {
        read(entry(&mut self.lock(), name, now))
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<(Name, OutsideBeat)> {
        self.lock().iter().map(|(n, p)| (*n, read(p))).collect()
    }
}

fn entry(pulses: &mut BTreeMap<Name, Pulse>, name: Name, at: Time) -> &mut Pulse {
    if pulses.len() >= ROOM
        && !pulses.contains_key(&name)
        && let Some(silent) = pulses.iter().min_by_key(|(_, p)| p.at).map(|(n, _)| *n)
    {
        pulses.remove(&silent);
    }
    pulses.entry(name).or_insert_with(|| Pulse {
        at,
        recent: VecDeque::new(),
        total_ms: 0.0,
        timed: 0,
        count: 0,
        errors: 0,
    })
}

fn read(pulse: &Pulse) -> OutsideBeat {
    let mean = |sum: f64, n: f64| (n > 0.0).then(|| sum / n);
    OutsideBeat {
        at: pulse.at,
        mean_ms: mean(pulse.recent.iter().sum(), pulse.recent.len() as f64),
        lifetime_mean_ms: mean(pulse.total_ms, pulse.timed as f64),
        count: pulse.count,
        errors: pulse.errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: usize) -> Name {
        format!("agent_{n}").parse().unwrap()
    }

    #[test]
    fn silence_counts_from_the_first_look_and_ends_with_a_beat() {
        let beats = Beats::default();
        assert_eq!(beats.expected(name(1), Time(1_000)).at, Time(1_000));
        assert_eq!(beats.expected(name(1), Time(9_000)).at, Time(1_000));
        beats.beat_at(Time(9_500), name(1), true, Some(10.0));
        beats.beat_at(Time(9_400), name(1), false, Some(f64::NAN));
        let beat = beats.expected(name(1), Time(99_000));
        assert_eq!((beat.at, beat.count, beat.errors), (Time(9_500), 2, 1));
        assert_eq!(beat.lifetime_mean_ms, Some(10.0));
    }

    #[test]
    fn the_rolling_mean_forgets_and_the_map_is_bounded() {
        let beats = Beats::default();
        for n in 0..100 {
            let ms = if n < 50 { 10.0 } else { 30.0 };
            beats.beat_at(Time(n), name(0), true, Some(ms));
        }
        let (_, beat) = beats.all()[0];
        assert_eq!(
            (beat.mean_ms, beat.lifetime_mean_ms),
            (Some(30.0), Some(20.0))
        );
        for n in 1..=ROOM {
            beats.beat_at(Time(1_000 + n as i64), name(n), true, None);
        }
        assert_eq!(beats.all().len(), ROOM);
        assert!(beats.all().iter().all(|(n, _)| *n != name(0)));
    }
}
