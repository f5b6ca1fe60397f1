//! Simulation: a hostile world on one thread. Engine time and wall time are virtual, chance comes
//! from a seed, and the venue is a model that owes nothing to the paper venue. It drives the real
//! core, desk, gate and journal, kills the engine at any point, and checks from outside what must
//! hold: after every decision, and, once nothing fails any more, that everything comes to rest.
//!
//! What must not come in: a clock, a thread, a file, the engine's own loop.

mod acts;
mod audit;
mod coverage;
mod dice;
mod disk;
mod fault;
mod node;
mod orders;
mod peace;
mod start;
mod story;
mod turn;
pub mod venue;
mod words;

pub use coverage::{Coverage, MET_IN};
pub use dice::Dice;
pub use fault::{Fault, Weather};
pub use story::{Found, Step, World};

use crate::journal::Hash;

/// Steps of a story before peace.
const STEPS: usize = 90;

/// What came of a story.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which.
    pub seed: u64,
    /// The journal's hash chain over all of it.
    pub journal_hash: Hash,
    /// Steps it took.
    pub steps: usize,
    /// What it met.
    pub coverage: Coverage,
    /// Rules that were broken, in words; the story ends with the first.
    pub violations: Vec<String>,
    /// Step by step, where it was traced.
    pub story: Vec<Step>,
}

/// Tells the story of a seed.
pub fn tell(seed: u64, traced: bool) -> Told {
    told(seed, World::new(seed, traced))
}

/// Tells a short one whose stop is pressed all the time.
pub fn tell_of_stops(seed: u64, traced: bool) -> Told {
    told(seed, World::of_stops(seed, traced))
}

fn told(seed: u64, mut world: World) -> Told {
    let found = world.run();
    world.end_step();
    Told {
        seed,
        journal_hash: world.hash(),
        steps: world.count,
        violations: found.err().into_iter().collect(),
        coverage: world.coverage,
        story: world.steps,
    }
}

impl World {
    fn run(&mut self) -> Found {
        for _ in 0..STEPS {
            self.up()?;
            let ms = match self.dice.below(20) {
                0..=11 => self.dice.between(20, 900),
                12..=16 => self.dice.between(900, 5_000),
                17 | 18 => self.dice.between(5_000, 20_000),
                _ => self.dice.between(20_000, 70_000),
            };
            self.clocks();
            self.pass(ms)?;
            self.act()?;
        }
        self.peace()
    }

    /// The wall clock jumps now and then; engine time never does.
    fn clocks(&mut self) {
        for (fault, sign) in [(Fault::ClockForward, 1), (Fault::ClockBack, -1)] {
            if self.strikes(fault) {
                let by = self.dice.between(500, 3_600_000) * sign;
                let mut exchange = self.exchange.get();
                exchange.wall_ahead += by;
                exchange.happen(fault, "");
            }
        }
        self.meet();
    }
}
