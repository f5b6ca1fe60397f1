//! The table of what can be asked: method, path, the role it needs, and who answers.

use super::answer::Answer;
use super::ask::Ask;
use super::request::{Request, Role};
use super::steps::Stepped;
use super::{
    activities, agents, alarms, approvals, audit, conflicts, coordinator, cycles, data, events,
    explain, mail, messages, orders, portfolio, positions, problem, reconcile, reload, research,
    reservations, risk, services, snapshot, strategies, telemetry, tokens,
};
use crate::client::Problem;

/// What a handler gives.
pub(super) type Given = Result<Answer, Problem>;

type Whole = fn(&Ask<'_>) -> Given;
type Steps = fn(&Ask<'_>) -> Stepped;

/// Who answers.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// Answers when it returns; it may wait for the engine.
    Whole(Whole),
    /// Says what to ask of the engine, and waits for nothing.
    Steps(Steps),
}

struct Route {
    method: &'static str,
    pattern: &'static str,
    needs: Role,
    /// Whether a repeat under the same key is answered here; the core does it for the others.
    keyed: bool,
    handler: Handler,
}

const fn get(pattern: &'static str, handler: Whole) -> Route {
    route("GET", pattern, Role::Viewer, false, Handler::Whole(handler))
}

const fn look(pattern: &'static str, handler: Steps) -> Route {
    route("GET", pattern, Role::Viewer, false, Handler::Steps(handler))
}

/// What agents change.
const fn agent(method: &'static str, pattern: &'static str, handler: Steps) -> Route {
    route(method, pattern, Role::Agent, true, Handler::Steps(handler))
}

/// What only operators change.
const fn operator(method: &'static str, pattern: &'static str, handler: Steps) -> Route {
    let handler = Handler::Steps(handler);
    route(method, pattern, Role::Operator, true, handler)
}

const fn change(method: &'static str, pattern: &'static str, needs: Role, handler: Whole) -> Route {
    route(method, pattern, needs, true, Handler::Whole(handler))
}

const fn route(
    method: &'static str,
    pattern: &'static str,
    needs: Role,
    keyed: bool,
    handler: Handler,
) -> Route {
    Route {
        method,
        pattern,
        needs,
        keyed,
        handler,
    }
}

const ROUTES: &[Route] = &[
    get("coordinator/status", coordinator::status),
    change(
        "POST",
        "coordinator/pause",
        Role::Operator,
        coordinator::pause,
    ),
    change(
        "POST",
        "coordinator/resume",
        Role::Operator,
        coordinator::resume,
    ),
    route(
        "POST",
        "coordinator/hardstop",
        Role::Viewer,
        false,
        Handler::Whole(coordinator::hardstop),
    ),
    change(
        "POST",
        "coordinator/clear",
        Role::Operator,
        coordinator::clear,
    ),
    change(
        "POST",
        "coordinator/shutdown",
        Role::Operator,
        coordinator::shutdown,
    ),
    change(
        "POST",
        "coordinator/task/{name}/{action}",
        Role::Operator,
        coordinator::task,
    ),
    get("reservations", reservations::list),
    route(
        "POST",
        "reservations",
        Role::Agent,
        false,
        Handler::Steps(reservations::reserve),
    ),
    agent("DELETE", "reservations/{id}", reservations::release),
    agent("POST", "reservations/{id}/renew", reservations::renew),
    get("activities", activities::list),
    agent("POST", "activities", activities::begin),
    agent("DELETE", "activities/{id}", activities::end),
    get("approvals", approvals::list),
    agent("POST", "approvals/{id}", approvals::decide),
    get("alarms", alarms::list),
    change("POST", "alarms/ack", Role::Operator, alarms::ack_several),
    change("POST", "alarms/{id}/ack", Role::Operator, alarms::ack),
    get("portfolio/allocation", portfolio::allocation),
    get("stats/execution", telemetry::execution),
    get("telemetry/summary", telemetry::summary),
    get("positions", positions::list),
    get("positions/exposure", positions::exposure),
    get("positions/{id}", positions::one),
    change(
        "PATCH",
        "positions/{id}",
        Role::Operator,
        positions::protect,
    ),
    change(
        "POST",
        "positions/{id}/close",
        Role::Operator,
        positions::close,
    ),
    get("orders", orders::list),
    route(
        "POST",
        "orders",
        Role::Agent,
        false,
        Handler::Whole(orders::place),
    ),
    change("POST", "orders/sync", Role::Operator, reconcile::sync),
    get("orders/{id}", orders::one),
    change("POST", "orders/{id}/cancel", Role::Agent, orders::cancel),
    change("PATCH", "orders/{id}", Role::Agent, orders::amend),
    change("POST", "orders/{id}/pause", Role::Agent, orders::pause),
    change("POST", "orders/{id}/resume", Role::Agent, orders::resume),
    get("orders/{id}/explain", explain::story),
    change("POST", "flatten", Role::Operator, positions::flatten),
    get("agents", agents::list),
    // A repeat is a new token: answers are kept, and tokens are not.
    route(
        "POST",
        "agents",
        Role::Agent,
        false,
        Handler::Steps(agents::register),
    ),
    agent("POST", "agents/{name}/heartbeat", agents::heartbeat),
    get("coordination/health", agents::health),
    change("POST", "coordination/cycle", Role::Operator, cycles::start),
    get("coordination/cycles", cycles::list),
    get("coordination/cycles/{id}", cycles::one),
    change(
        "POST",
        "coordination/cycles/{id}/halt",
        Role::Agent,
        cycles::halt,
    ),
    look("coordination/cycles/{id}/data", data::all),
    look("coordination/cycles/{id}/data/{key}", data::one),
    agent("PUT", "coordination/cycles/{id}/data/{key}", data::put),
    get("coordination/messages", messages::list),
    agent("POST", "coordination/messages", messages::send),
    agent(
        "POST",
        "coordination/messages/{id}/ack",
        messages::acknowledge,
    ),
    agent("POST", "coordination/subscriptions", mail::subscribe),
    agent("DELETE", "coordination/subscriptions", mail::unsubscribe),
    look("coordination/latest", messages::latest),
    look("research/runs", research::list),
    change("POST", "research/runs", Role::Operator, research::begin),
    look("research/runs/{id}", research::one),
    get("research/runs/{id}/report", research::report),
    operator("POST", "research/runs/{id}/stop", research::stop),
    look("research/candidates", services::candidates),
    look("research/candidates/{id}", services::candidate),
    operator("POST", "research/candidates/{id}/drop", services::drop),
    look("deployments", services::deployments),
    look("deployments/{id}", services::deployment),
    get("strategies", strategies::list),
    look("strategies/{name}", strategies::one),
    change(
        "POST",
        "strategies/{name}/deploy",
        Role::Operator,
        strategies::deploy,
    ),
    change(
        "POST",
        "strategies/{name}/rollback",
        Role::Operator,
        strategies::rollback,
    ),
    route(
        "GET",
        "config/reload",
        Role::Operator,
        false,
        Handler::Whole(reload::preview),
    ),
    change("POST", "config/reload", Role::Admin, reload::reloaded),
    get("audit", audit::list),
    get("events", events::alone),
    get("explain/{id}", explain::story),
    get("risk", risk::limits),
    get("guard", risk::guard),
    get("conflicts", conflicts::list),
    get("snapshot", snapshot::whole),
    route(
        "GET",
        "tokens",
        Role::Admin,
        false,
        Handler::Whole(tokens::list),
    ),
    // As with agents: a repeat is a new token.
    route(
        "POST",
        "tokens",
        Role::Admin,
        false,
        Handler::Steps(tokens::issue),
    ),
    route(
        "DELETE",
        "tokens/{name}",
        Role::Admin,
        true,
        Handler::Steps(tokens::revoke),
    ),
];

/// Endpoints of the interfaces that this version has nothing behind.
const ABSENT: &[&str] = &[
    "federation/{what}",
    "openapi.json",
    "opportunities",
    "orchestrator/agents/{agent_id}/ensemble-policy",
    "orchestrator/capital-allocate",
    "portfolio/rebalance",
    "registry/{what}",
    "signals/dislocations",
    "signals/ontology",
];

/// A route that fits, and what its pattern captured.
pub(super) struct Found<'a> {
    pub(super) needs: Role,
    pub(super) keyed: bool,
    pub(super) handler: Handler,
    pub(super) captured: Vec<&'a str>,
}

/// The route of a request.
///
/// # Errors
/// 404 no such path, 405 another method, 409 not part of this version.
pub(super) fn find<'a>(request: &Request<'a>) -> Result<Found<'a>, Problem> {
    let path = request.path.trim_matches('/');
    if ABSENT.contains(&path) {
        return Err(problem::absent(path));
    }
    let mut methods = Vec::new();
    for route in ROUTES {
        let Some(captured) = captures(route.pattern, path) else {
            continue;
        };
        if route.method == request.method {
            return Ok(Found {
                needs: route.needs,
                keyed: route.keyed,
                handler: route.handler,
                captured,
            });
        }
        methods.push(route.method);
    }
    let absent = |pattern: &&str| captures(pattern, path).is_some();
    if ABSENT.iter().any(absent) {
        return Err(problem::absent(path));
    }
    if methods.is_empty() {
        return Err(Problem::new(
            404,
            "NOT_FOUND",
            format!("there is no /api/v1/{path}"),
            "interfaces.md lists the endpoints",
        ));
    }
    Err(Problem::new(
        405,
        "METHOD_NOT_ALLOWED",
        format!("/api/v1/{path} takes no {}", request.method),
        format!("it takes {}", methods.join(", ")),
    ))
}

/// The pattern of a request's route, where it has one.
pub(super) fn pattern(method: &str, path: &str) -> Option<&'static str> {
    let path = path.trim_matches('/');
    let fits = |route: &&Route| route.method == method && captures(route.pattern, path).is_some();
    ROUTES.iter().find(fits).map(|route| route.pattern)
}

fn captures<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut captured = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next().filter(|part| !part.is_empty())?;
        if wanted.starts_with('{') {
            captured.push(part);
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(captured)
}

#[cfg(test)]
mod tests {
    use super::super::request::Caller;
    use super::*;

    fn status(method: &str, path: &str) -> u16 {
        let request = Request {
            who: Caller::owner(),
            method,
            path,
            query: &[],
            body: "",
            key: None,
        };
        find(&request).map_or_else(|p| p.status, |_| 200)
    }

    #[test]
    fn paths_methods_and_what_is_not_there() {
        for (method, path, is) in [
            ("GET", "coordinator/status", 200),
            ("GET", "coordinator/status/", 200),
            ("POST", "coordinator/status", 405),
            ("GET", "coordinator", 404),
            ("GET", "", 404),
            ("GET", "orders/order_1", 200),
            ("POST", "orders/sync", 200),
            ("GET", "orders/order_1/explain", 200),
            ("PATCH", "orders/order_1", 200),
            ("PUT", "orders/order_1", 405),
            ("GET", "positions/exposure", 200),
            ("POST", "agents", 200),
            ("GET", "agents", 200),
            ("PUT", "coordination/cycles/x/data/y", 200),
            ("GET", "activities", 200),
            ("POST", "config/reload", 200),
            ("GET", "research/runs/run_1/report", 200),
            ("DELETE", "research/runs/run_1", 405),
            ("GET", "strategies/x/deploy", 405),
            ("GET", "orders//explain", 404),
            ("GET", "nowhere", 404),
        ] {
            assert_eq!(status(method, path), is, "{method} {path}");
        }
    }
}
