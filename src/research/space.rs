//! The parameters that a search may choose, as points of a grid of whole numbers.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::refused;
use crate::core::Refusal;
use crate::strategies::{Chosen, Definition, Parameters, Search};

/// Values that one parameter may take in a search.
const MOST_LEVELS: usize = 1_000_000;

/// A place on each axis, counted from 0.
pub type Point = Vec<u32>;

/// A parameter that is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// Its values.
    pub search: Search,
    /// How many there are.
    pub levels: u32,
}

/// Everything that a search may choose from.
#[derive(Debug, Clone)]
pub struct Space {
    definition: Arc<Definition>,
    fixed: Vec<(String, Decimal)>,
    axes: Vec<Axis>,
}

impl Space {
    /// Every parameter with a search range that is not fixed is an axis; the others keep their value.
    ///
    /// # Errors
    /// `RESEARCH_PARAMETER`: a range with too many values.
    pub fn new(definition: Arc<Definition>, fixed: &[(String, Decimal)]) -> Result<Self, Refusal> {
        let mut axes = Vec::new();
        for parameter in &definition.parameters {
            let is_fixed = fixed.iter().any(|(name, _)| *name == parameter.name);
            let Some(search) = parameter.search.clone().filter(|_| !is_fixed) else {
                continue;
            };
            let count = search.count();
            if count == 0 || count > MOST_LEVELS {
                let name = &parameter.name;
                let message = format!("{name} has {count} values to search: 1 to {MOST_LEVELS}");
                let hint = "choose a longer step, or fix it with --set";
                return Err(refused::parameter(message, hint).measured(MOST_LEVELS, count));
            }
            axes.push(Axis {
                name: parameter.name.clone(),
                search,
                levels: count as u32,
            });
        }
        Ok(Self {
            definition,
            fixed: fixed.to_vec(),
            axes,
        })
    }

    /// What is searched, in the order of the definition.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How many points there are, allowed or not; the most that can be counted where there are more.
    pub fn size(&self) -> u64 {
        let levels = self.axes.iter().map(|a| u64::from(a.levels));
        levels.fold(1, u64::saturating_mul)
    }

    /// The strategy with the values of a point; none where its requirements forbid them.
    pub fn chosen(&self, point: &[u32]) -> Option<Chosen> {
        let mut values = self.fixed.clone();
        values.extend(self.values(point));
        let parameters = Parameters::new(&self.definition, &values).ok()?;
        Some(Chosen {
            definition: Arc::clone(&self.definition),
            parameters,
        })
    }

    /// Whether the requirements allow a point.
    pub fn allows(&self, point: &[u32]) -> bool {
        let value = |name: &str| {
            let at = self.axes.iter().position(|a| a.name == name);
            if let Some(at) = at {
                return self.axes[at].search.value(point[at] as usize);
            }
            let fixed = self.fixed.iter().find(|(known, _)| known == name);
            let default = || self.definition.parameter(name).map(|p| p.default);
            fixed
                .map(|(_, value)| *value)
                .or_else(default)
                .unwrap_or_default()
        };
        let mut rules = self.definition.require.iter();
        rules.all(|rule| value(&rule.parameter) < value(&rule.below))
    }

    /// The values of a point, by the parameters' names.
    pub fn values(&self, point: &[u32]) -> Vec<(String, Decimal)> {
        let named = self.axes.iter().zip(point);
        named
            .map(|(axis, at)| (axis.name.clone(), axis.search.value(*at as usize)))
            .collect()
    }

    /// The point that has these values; none where there is none.
    pub fn point(&self, values: &[(String, Decimal)]) -> Option<Point> {
        if values.len() != self.axes.len() {
            return None;
        }
        let named = self.axes.iter().zip(values);
        named
            .map(|(axis, (name, value))| {
                let steps = (value - axis.search.from).checked_div(axis.search.step)?;
                let at = steps.to_u32().filter(|at| *at < axis.levels)?;
                (axis.name == *name && axis.search.value(at as usize) == *value).then_some(at)
            })
            .collect()
    }

    /// The n-th point, the last axis running fastest; `n` is below [`Space::size`].
    pub fn nth(&self, mut n: u64) -> Point {
        let mut point = vec![0; self.axes.len()];
        for (at, axis) in self.axes.iter().enumerate().rev() {
            let levels = u64::from(axis.levels);
            point[at] = (n % levels) as u32;
            n /= levels;
        }
        point
    }
}
