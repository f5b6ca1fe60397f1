//! Who decides on an entry in guide mode, and what follows: approved it is placed at today's
//! prices, rejected or lapsed it is not.

use super::{Approval, ApprovalId, Verdict};
use crate::core::cycle::Phase;
use crate::core::decide::Answer;
use crate::core::event::Event;
use crate::core::id::{CycleId, ServiceId};
use crate::core::message::MAX_TEXT;
use crate::core::order::OrderRequest;
use crate::core::refusal::Refusal;
use crate::core::risk;
use crate::core::schedule::alias;
use crate::core::state::{Decider, Reply};
use crate::core::text::Name;

/// Approvals that wait, at most.
const MOST: usize = 100;
/// Whose own entries need nobody's leave.
const OPERATOR: &str = "operator";

/// Approvals that the orders of one agent outside the process may wait for at once.
const MOST_OF_ONE: usize = 10;

impl Decider<'_> {
    /// An order somebody asks for. In guide mode an entry of anybody but the operator waits for the
    /// operator; exits never do.
    pub(in crate::core) fn order(&mut self, request: &OrderRequest) -> Answer {
        let free = !self.state.settings.guide || self.actor.as_str() == OPERATOR;
        if free || request.reduce_only || self.exit_of(request).is_some() {
            return self.place(request);
        }
        if let Some(known) = self.known_or_fit(request)? {
            return Ok(Reply::Order(known));
        }
        let by = self.actor;
        let reason = format!("{by} wants it");
        self.ask_approval(None, by, request, &reason)
            .map(Reply::Approval)
    }

    /// Puts an entry that risk lets pass before the operator. Nothing is bound while it waits.
    pub(in crate::core) fn ask_approval(
        &mut self,
        cycle: Option<CycleId>,
        by: Name,
        request: &OrderRequest,
        reason: &str,
    ) -> Result<ApprovalId, Refusal> {
        if let Some(id) = self.asked_before(request)? {
            return Ok(id);
        }
        let waiting = self.state.approvals.waiting.len();
        if waiting >= MOST {
            return Err(Refusal::new(
                "APPROVAL_QUEUE_FULL",
                format!("{waiting} entries wait for the operator"),
                "approve or reject some: `pilothouse approvals`",
            )
            .measured(MOST, waiting));
        }
        let own = self.state.approvals.waiting.values();
        let own = own.filter(|a| a.cycle.is_none() && a.by == by).count();
        if self.is_outside(by) && own >= MOST_OF_ONE {
            return Err(Refusal::new(
                "APPROVAL_QUEUE_FULL",
                format!("{own} entries of {by} wait for the operator"),
                "wait until some are decided",
            )
            .measured(MOST_OF_ONE, own));
        }
        self.look(request)?;
        let price = self.quote(request.symbol).map(|q| q.last);
        let id = ApprovalId(self.next_id());
        self.emit(Event::ApprovalAsked {
            approval: Box::new(Approval {
                id,
                cycle,
                by,
                request: request.clone(),
                price,
                reason: reason.to_owned(),
                created_at: self.now,
                end: None,
            }),
        });
        Ok(id)
    }

    /// The approval that the same request waits for already.
    fn asked_before(&self, request: &OrderRequest) -> Result<Option<ApprovalId>, Refusal> {
        let Some(key) = &request.request_id else {
            return Ok(None);
        };
        let mut waiting = self.state.approvals.waiting.values();
        match waiting.find(|a| a.request.request_id.as_ref() == Some(key)) {
            Some(known) if known.request == *request => Ok(Some(known.id)),
            Some(known) => Err(Refusal::new(
                "IDEMPOTENCY_MISMATCH",
                format!("{key} came with another order before: {}", known.id),
                "a new order wants a new request id",
            )),
            None => Ok(None),
        }
    }

    /// The gate's look at an entry that is not sent yet.
    fn look(&mut self, request: &OrderRequest) -> Result<(), Refusal> {
        self.may_draw(request)?;
        let quote = self.quote(request.symbol);
        let verdict = risk::entry(self.state, self.now, request, quote, self.worth(), |s| {
            self.price_of(s)
        });
        self.judged(None, request, verdict)
    }

    /// Approves or rejects. The gate looks again at what is approved, and may refuse it or, where a
    /// cycle asked, shrink it.
    pub(in crate::core) fn decide_approval(
        &mut self,
        id: ApprovalId,
        approve: bool,
        reason: &str,
    ) -> Answer {
        if self
            .state
            .agents
            .keys()
            .any(|agent| agent.as_str() == alias(self.actor.as_str()))
        {
            return Err(Refusal::new(
                "APPROVAL_OPERATOR_ONLY",
                format!("{} is an agent: it may not approve or reject", self.actor),
                "an operator decides: in the console, or `pilothouse approvals`",
            )
            .measured(OPERATOR, self.actor));
        }
        let approval = self.waiting_approval(id)?;
        let reason = match reason.trim() {
            "" => "decided by hand",
            text if text.len() > MAX_TEXT => {
                return Err(Refusal::new(
                    "REASON_TOO_LONG",
                    "a reason has at most 1,024 bytes",
                    "shorten it",
                )
                .measured(MAX_TEXT, text.len()));
            }
            text => text,
        };
        let verdict = if approve {
            Verdict::Approved
        } else {
            Verdict::Rejected
        };
        self.end_approval(id, verdict, reason);
        match (approve, approval.cycle) {
            (true, Some(cycle)) => {
                let request = self.shrunk(approval.request);
                self.send_for(cycle, &request)
            }
            (true, None) => self.place(&approval.request),
            (false, cycle) => {
                if let Some(cycle) = cycle {
                    let why = format!("rejected by {}: {reason}", self.actor);
                    self.end_cycle(cycle, Phase::Completed, &why);
                }
                Ok(Reply::Done)
            }
        }
    }

    fn waiting_approval(&self, id: ApprovalId) -> Result<Approval, Refusal> {
        if let Some(approval) = self.state.approvals.waiting.get(&id) {
            return Ok(approval.clone());
        }
        let past = self.state.approvals.past.iter().rev().find(|a| a.id == id);
        let hint = "`pilothouse approvals` lists those that wait";
        Err(match past.and_then(|a| a.end.as_ref()) {
            Some((verdict, by, ..)) => Refusal::new(
                "APPROVAL_DECIDED",
                format!("{id} was {} by {by}", verdict.as_str()),
                hint,
            ),
            None => Refusal::new("APPROVAL_UNKNOWN", format!("nobody knows {id}"), hint),
        })
    }

    /// What fits into every limit now; never more than was asked.
    fn shrunk(&mut self, mut request: OrderRequest) -> OrderRequest {
        if let Some(quote) = self.quote(request.symbol) {
            let fits = risk::cut(self.state, &request, &quote, |s| self.price_of(s));
            if !fits.is_zero() {
                request.quantity = fits;
            }
        }
        request
    }

    /// Nobody has decided in time.
    pub(in crate::core) fn lapse(&mut self, id: ApprovalId) -> Answer {
        if let Some(approval) = self.state.approvals.waiting.get(&id) {
            let cycle = approval.cycle;
            self.end_approval(id, Verdict::Lapsed, "nobody decided in time");
            if let Some(cycle) = cycle {
                self.end_cycle(cycle, Phase::Completed, "approval lapsed");
            }
        }
        Ok(Reply::Done)
    }

    /// What a cycle asked for lapses when the cycle ends otherwise.
    pub(in crate::core) fn lapse_of(&mut self, cycle: CycleId, why: &str) {
        self.lapse_where(why, |a| a.cycle == Some(cycle));
    }

    /// Everything that waits lapses.
    pub(in crate::core) fn lapse_all(&mut self, why: &str) {
        self.lapse_where(why, |_| true);
    }

    /// What a strategy at work asked for lapses when it ends, or holds something else.
    pub(in crate::core) fn lapse_of_service(&mut self, service: ServiceId, why: &str) {
        self.lapse_where(why, |a| a.request.service == Some(service));
    }

    fn lapse_where(&mut self, why: &str, which: impl Fn(&Approval) -> bool) {
        let waiting = self.state.approvals.waiting.values();
        let ids: Vec<_> = waiting.filter(|a| which(a)).map(|a| a.id).collect();
        for id in ids {
            self.end_approval(id, Verdict::Lapsed, why);
        }
    }

    fn end_approval(&mut self, id: ApprovalId, verdict: Verdict, reason: &str) {
        self.emit(Event::ApprovalEnded {
            id,
            verdict,
            by: self.actor,
            reason: reason.to_owned(),
        });
    }
}
