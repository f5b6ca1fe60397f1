//! The deployer: watches what is put into service, stage by stage, and takes back what breaks its
//! promise.

use super::judging::judge;
use super::{Agent, Brief, StageBrief, Unable, Verdict, Work};
use crate::core::Name;
use crate::core::message::Payload;

/// Judges deployments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deployer;

impl Agent for Deployer {
    fn name(&self) -> Name {
        "deployer".parse().expect("a built-in name")
    }

    fn run(&mut self, _: &Brief, _: &Work) -> Result<Vec<Payload>, Unable> {
        Err("the deployer judges deployments only".into())
    }

    fn judge(&mut self, brief: &StageBrief) -> Result<Option<Verdict>, Unable> {
        Ok(judge(brief))
    }
}
