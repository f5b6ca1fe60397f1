//! The discoverer: promotes candidates that pass every gate on paper and at the smallest real size, and
//! drops the others.

use super::judging::judge;
use super::{Agent, Brief, StageBrief, Unable, Verdict, Work};
use crate::core::Name;
use crate::core::message::Payload;

/// Judges candidates.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discoverer;

impl Agent for Discoverer {
    fn name(&self) -> Name {
        "discoverer".parse().expect("a built-in name")
    }

    fn run(&mut self, _: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        Err("the discoverer judges candidates only".into())
    }

    fn judge(&mut self, brief: &StageBrief) -> Result<Option<Verdict>, Unable> {
        Ok(judge(brief))
    }
}
