//! A condition as a flat program: comparisons push a bit, the rest folds the bits on top.

use super::float;
use super::slots::{Slot, Slots};
use crate::strategies::condition::{Condition, Operand};
use crate::strategies::definition::Definition;
use crate::strategies::parameters::Parameters;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Whether the first is greater than the second.
    Above(Slot, Slot),
    /// Whether it is, and was not at the bar before.
    Crosses(Slot, Slot),
    /// Whether as many bits are all set.
    All(u8),
    /// Whether any of as many bits is set.
    Any(u8),
    Not,
}

/// A compiled condition; at most 32 bits are ever on its stack.
#[derive(Debug)]
pub(super) struct Program(Vec<Step>);

impl Program {
    /// Compiles a checked condition. Numbers get slots; the bar's own that it compares are added to
    /// `looked_at`.
    pub fn compile(
        condition: &Condition,
        definition: &Definition,
        parameters: &Parameters,
        slots: &mut Slots,
        looked_at: &mut Vec<Slot>,
    ) -> Self {
        let mut place = |operand: &Operand| match operand {
            Operand::Indicator(name) => Slots::indicator(definition, name),
            Operand::Bar(source) => {
                let slot = Slots::source(*source);
                if !looked_at.contains(&slot) {
                    looked_at.push(slot);
                }
                slot
            }
            Operand::Parameter(name) => slots.constant(float(parameters.get(name))),
            Operand::Number(number) => slots.constant(float(*number)),
        };
        let mut steps = Vec::new();
        write(condition, &mut place, &mut steps);
        Self(steps)
    }

    /// Whether it holds.
    #[inline]
    pub fn holds(&self, now: &Slots, before: &Slots) -> bool {
        let mut bits = 0u64;
        let push = |bits: u64, bit: bool| bits << 1 | u64::from(bit);
        for step in &self.0 {
            bits = match *step {
                Step::Above(left, right) => push(bits, now[left] > now[right]),
                Step::Crosses(left, right) => {
                    let crosses = now[left] > now[right] && before[left] <= before[right];
                    push(bits, crosses)
                }
                Step::All(count) => push(bits >> count, bits & top(count) == top(count)),
                Step::Any(count) => push(bits >> count, bits & top(count) != 0),
                Step::Not => bits ^ 1,
            };
        }
        bits & 1 == 1
    }
}

/// As many bits.
fn top(count: u8) -> u64 {
    (1 << count) - 1
}

fn write(condition: &Condition, place: &mut dyn FnMut(&Operand) -> Slot, steps: &mut Vec<Step>) {
    let parts = condition.parts();
    for part in parts {
        write(part, place, steps);
    }
    let count = u8::try_from(parts.len()).expect("a checked condition has few parts");
    steps.push(match condition {
        Condition::All(_) => Step::All(count),
        Condition::Any(_) => Step::Any(count),
        Condition::Not(_) => Step::Not,
        Condition::Above(left, right) | Condition::Below(right, left) => {
            Step::Above(place(left), place(right))
        }
        Condition::CrossesAbove(left, right) | Condition::CrossesBelow(right, left) => {
            Step::Crosses(place(left), place(right))
        }
    });
}
