//! How quick the engine is and how full its queues are, a point every few seconds of wall time.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::world::World;
use crate::core::Name;
use crate::snapshot::{BeatSample, MeasuresRow, Series};

/// Wall seconds between two points.
const EVERY_S: u32 = 5;
/// Points of a figure: five minutes.
const POINTS: usize = 60;
/// Agents whose response is kept.
const AGENTS: usize = 64;
/// One decision in so many is timed, so that looking at the clock costs nothing that counts.
const TIMED: u64 = 64;

/// What is measured, and in which unit.
const SERIES: [(&str, &str); 6] = [
    ("decision", "us"),
    ("commit", "us"),
    ("commands waiting", "count"),
    ("messages waiting", "count"),
    ("messages in flight", "count"),
    ("views behind", "count"),
];

/// A mean of what was timed since the last point.
#[derive(Debug, Default)]
struct Mean {
    sum: Duration,
    count: u32,
}

impl Mean {
    fn add(&mut self, took: Duration) {
        self.sum += took;
        self.count += 1;
    }

    /// Microseconds; none where nothing was timed. What was timed is forgotten.
    fn take(&mut self) -> Option<f64> {
        let Self { sum, count } = std::mem::take(self);
        (count > 0).then(|| sum.as_secs_f64() * 1e6 / f64::from(count))
    }
}

/// The figures of the last minutes.
#[derive(Debug, Default)]
pub(super) struct Measuring {
    decisions: Mean,
    commits: Mean,
    series: [VecDeque<f64>; SERIES.len()],
    agents: BTreeMap<Name, VecDeque<f64>>,
    marked_at: Option<Instant>,
}

impl Measuring {
    /// When a decision begins that is to be timed.
    pub(super) fn begins(seq: u64) -> Option<Instant> {
        seq.is_multiple_of(TIMED).then(Instant::now)
    }

    /// A decision that is timed was made.
    pub(super) fn decided(&mut self, begun: Option<Instant>) {
        if let Some(begun) = begun {
            self.decisions.add(begun.elapsed());
        }
    }

    /// A batch is durable.
    pub(super) fn committed(&mut self, took: Duration) {
        self.commits.add(took);
    }

    fn is_due(&self) -> bool {
        let every = Duration::from_secs(EVERY_S.into());
        self.marked_at.is_none_or(|at| at.elapsed() >= every)
    }

    /// A point of each figure; where nothing was decided, those of deciding stand still.
    fn mark(&mut self, counts: [u64; 4], beats: impl Iterator<Item = (Name, BeatSample)>) {
        let [commands, waiting, flying, behind] = counts.map(|count| Some(count as f64));
        let points = [
            self.decisions.take(),
            self.commits.take(),
            commands,
            waiting,
            flying,
            behind,
        ];
        for (series, point) in self.series.iter_mut().zip(points) {
            push(series, point);
        }
        for (name, beat) in beats {
            if self.agents.len() < AGENTS || self.agents.contains_key(&name) {
                push(self.agents.entry(name).or_default(), beat.mean_ms);
            }
        }
    }

    /// As it is shown.
    pub(super) fn row(&self) -> MeasuresRow {
        let values = |points: &VecDeque<f64>| points.iter().map(|v| rounded(*v)).collect();
        let series = SERIES.iter().zip(&self.series);
        MeasuresRow {
            every_s: EVERY_S,
            series: series
                .map(|((name, unit), points)| Series {
                    name: (*name).to_owned(),
                    unit: (*unit).to_owned(),
                    values: values(points),
                })
                .collect(),
            agents: self
                .agents
                .iter()
                .map(|(name, points)| (*name, values(points)))
                .collect(),
        }
    }
}

fn push(points: &mut VecDeque<f64>, point: Option<f64>) {
    let Some(point) = point else { return };
    if points.len() == POINTS {
        points.pop_front();
    }
    points.push_back(point);
}

/// To a hundredth: nobody looks closer.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl World {
    /// A point of each figure, where one is due.
    pub(super) fn measure(&mut self) {
        if !self.sampling.measuring.is_due() {
            return;
        }
        let inner = self.handle.inner();
        let (lanes, _) = inner.lanes.depth();
        let bus = &self.state.bus;
        let waiting = bus.awaited().map(|agent| bus.queue(agent).count() as u64);
        let counts = [
            lanes.iter().sum(),
            waiting.sum(),
            self.in_flight().values().sum(),
            self.views.as_ref().map_or(0, crate::views::ViewsTask::lag),
        ];
        let beats = self.beats().into_iter();
        let measuring = &mut self.sampling.measuring;
        measuring.mark(counts, beats);
        measuring.marked_at = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Time;

    fn beat(n: usize, mean_ms: Option<f64>) -> (Name, BeatSample) {
        let sample = BeatSample {
            at: Time(0),
            mean_ms,
            lifetime_mean_ms: None,
        };
        (format!("agent_{n}").parse().unwrap(), sample)
    }

    #[test]
    fn figures_are_means_since_the_last_point_and_stand_still_without_any() {
        let mut m = Measuring::default();
        m.committed(Duration::from_micros(100));
        m.committed(Duration::from_micros(300));
        m.mark([1, 2, 3, 4], std::iter::empty());
        m.mark([5, 6, 7, 8], std::iter::empty());
        let row = m.row();
        let of = |name: &str| row.series.iter().find(|s| s.name == name).unwrap();
        assert_eq!(of("commit").values, [200.0]);
        assert!(of("decision").values.is_empty());
        assert_eq!(of("messages waiting").values, [2.0, 6.0]);
    }

    #[test]
    fn points_and_agents_are_bounded() {
        let mut m = Measuring::default();
        for n in 0..500 {
            let beats = (0..100).map(|i| beat(i, Some(n as f64)));
            m.mark([n, 0, 0, 0], beats.chain([beat(1_000, None)]));
        }
        let row = m.row();
        assert!(row.series.iter().all(|s| s.values.len() <= POINTS));
        assert_eq!(row.series[2].values.last(), Some(&499.0));
        assert_eq!(row.agents.len(), AGENTS);
        assert!(row.agents.values().all(|v| v.len() == POINTS));
    }
}
