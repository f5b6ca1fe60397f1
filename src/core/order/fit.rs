//! Which requests are orders at all: known ones, and those whose words fit their bounds.

use rust_decimal::Decimal;

use super::{OWN_PREFIX, OrderId, OrderRequest, TimeInForce};
use crate::core::refusal::Refusal;
use crate::core::slicing::{self, Algorithm};
use crate::core::state::Decider;

/// Bytes of an order's metadata.
const MAX_METADATA: usize = 4_096;
/// Bytes of a policy's version and a feature hash.
const MAX_TEXT: usize = 256;
/// Bytes of a request id.
const MAX_REQUEST_ID: usize = 128;

/// Bytes of a client order id.
const MAX_CLIENT_ID: usize = 36;

impl Decider<'_> {
    /// A client id is sent once, for one order.
    fn fresh_client_id(&self, id: &str) -> Result<(), Refusal> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if id.is_empty() || id.len() > MAX_CLIENT_ID || !id.bytes().all(plain) {
            return Err(Refusal::new(
                "ORDER_INVALID",
                "a client order id has 1 to 36 letters, digits, - and _",
                "shorten it, or leave it out: one is made",
            )
            .measured(MAX_CLIENT_ID, id.len()));
        }
        if id.starts_with(OWN_PREFIX) {
            return Err(Refusal::new(
                "ORDER_INVALID",
                format!("client order ids that begin with {OWN_PREFIX} are made here"),
                "choose another beginning, or leave it out",
            )
            .measured("another beginning", id));
        }
        match self.state.orders.by_client.get(id) {
            None => Ok(()),
            Some(known) => Err(Refusal::new(
                "ORDER_CLIENT_ID_KNOWN",
                format!("{id} was sent before: {known}"),
                "a new order wants a new client order id",
            )
            .measured("sent once", known)),
        }
    }

    /// The order this request made before, or none where it may make one.
    pub(in crate::core) fn known_or_fit(
        &self,
        request: &OrderRequest,
    ) -> Result<Option<OrderId>, Refusal> {
        if let Some(id) = &request.request_id {
            if id.is_empty() || id.len() > MAX_REQUEST_ID {
                return Err(Refusal::new(
                    "ORDER_INVALID",
                    "a request id has 1 to 128 bytes",
                    "shorten it",
                )
                .measured(MAX_REQUEST_ID, id.len()));
            }
            if let Some(known) = self.state.orders.by_request.get(id) {
                let before = self.state.orders.get(*known).map(|o| &o.request);
                return if before.is_some_and(|b| asks_the_same(b, request)) {
                    Ok(Some(*known))
                } else {
                    Err(Refusal::new(
                        "IDEMPOTENCY_MISMATCH",
                        format!("{id} came with another order before: {known}"),
                        "a new order wants a new request id",
                    )
                    .measured("one order", known))
                };
            }
        }
        if let Some(id) = &request.client_order_id {
            self.fresh_client_id(id)?;
        }
        for text in [&request.policy_version, &request.feature_hash]
            .into_iter()
            .flatten()
        {
            if text.len() > MAX_TEXT {
                return Err(Refusal::new(
                    "ORDER_INVALID",
                    "policy_version and feature_hash have at most 256 bytes",
                    "keep the rest elsewhere",
                )
                .measured(MAX_TEXT, text.len()));
            }
        }
        let metadata: usize = request
            .metadata
            .iter()
            .map(|(k, v)| k.len() + v.len())
            .sum();
        if metadata > MAX_METADATA {
            return Err(Refusal::new(
                "ORDER_INVALID",
                "metadata is at most 4 KiB",
                "keep the rest elsewhere",
            )
            .measured(MAX_METADATA, metadata));
        }
        if request.time_in_force == TimeInForce::Gtd
            && request.expires_at.is_none_or(|at| at <= self.now)
        {
            return Err(Refusal::new(
                "ORDER_INVALID",
                "good-till-date needs a date that lies ahead",
                "--expires TIME",
            )
            .measured(
                format!("after {}", self.now),
                request
                    .expires_at
                    .map_or("none".to_owned(), |at| at.to_string()),
            ));
        }
        if let Some(trail) = request.trail
            && !(Decimal::ZERO..Decimal::ONE).contains(&trail)
        {
            return Err(Refusal::new(
                "RISK_PRICE",
                "a trailing stop lies less than the whole price behind",
                "1.5 percent are --trail 1.5, and 0.015 in a document",
            )
            .measured("0 ≤ distance < 1", trail));
        }
        slicing::sensible(request)?;
        Ok(None)
    }
}

/// Whether two requests ask for the same; a volume profile is not asked for, it is looked up.
fn asks_the_same(before: &OrderRequest, now: &OrderRequest) -> bool {
    match (&before.algorithm, &now.algorithm) {
        (Some(before_plan), Some(plan)) if before_plan.profile != plan.profile => {
            let mut now = now.clone();
            let plan = Algorithm {
                profile: before_plan.profile.clone(),
                ..plan.clone()
            };
            now.algorithm = Some(plan);
            *before == now
        }
        _ => before == now,
    }
}
