//! The table of what can be asked: method, path, the role it needs, who answers, and what is said of
//! it. The document that describes the API is made of this very table.

use super::openapi;
use super::request::{Request, Role};
pub(super) use super::route::{Given, Handler, Key, Route};
use super::route::{absent, agent, captures, change, get, look, operator, route};
use super::{
    activities, agents, alarms, alerts, approvals, audit, conflicts, coordinator, cycles, data,
    events, explain, mail, messages, orders, portfolio, positions, problem, reconcile, reload,
    research, reservations, risk, services, snapshot, strategies, telemetry, tokens,
};
use crate::client::Problem;

/// The stop's path.
pub(super) const STOP: &str = "coordinator/hardstop";

/// Whether this asks for the stop, which waits for nothing and is refused for nothing but who asks.
pub(super) fn is_stop(method: &str, path: &str) -> bool {
    (method, path.trim_matches('/')) == ("POST", STOP)
}

static ROUTES: &[Route] = &[
    get("coordinator/status", coordinator::status).says(coordinator::STATUS),
    change(
        "POST",
        "coordinator/pause",
        Role::Operator,
        coordinator::pause,
    )
    .says(coordinator::PAUSE),
    change(
        "POST",
        "coordinator/resume",
        Role::Operator,
        coordinator::resume,
    )
    .says(coordinator::RESUME),
    route(
        "POST",
        STOP,
        Role::Viewer,
        Key::Ignored,
        Handler::Whole(coordinator::hardstop),
    )
    .says(coordinator::HARDSTOP),
    change(
        "POST",
        "coordinator/clear",
        Role::Operator,
        coordinator::clear,
    )
    .says(coordinator::CLEAR),
    change(
        "POST",
        "coordinator/shutdown",
        Role::Operator,
        coordinator::shutdown,
    )
    .says(coordinator::SHUTDOWN),
    change(
        "POST",
        "coordinator/task/{name}/{action}",
        Role::Operator,
        coordinator::task,
    )
    .says(coordinator::TASK),
    get("reservations", reservations::list).says(reservations::LIST),
    route(
        "POST",
        "reservations",
        Role::Agent,
        Key::Cores,
        Handler::Steps(reservations::reserve),
    )
    .says(reservations::RESERVE),
    agent("DELETE", "reservations/{id}", reservations::release).says(reservations::RELEASE),
    agent("POST", "reservations/{id}/renew", reservations::renew).says(reservations::RENEW),
    get("activities", activities::list).says(activities::LIST),
    agent("POST", "activities", activities::begin).says(activities::BEGIN),
    agent("DELETE", "activities/{id}", activities::end).says(activities::END),
    get("approvals", approvals::list).says(approvals::LIST),
    agent("POST", "approvals/{id}", approvals::decide).says(approvals::DECIDE),
    get("alarms", alarms::list).says(alarms::LIST),
    change("POST", "alarms/ack", Role::Operator, alarms::ack_several).says(alarms::ACK_SEVERAL),
    change("POST", "alarms/{id}/ack", Role::Operator, alarms::ack).says(alarms::ACK),
    get("portfolio/allocation", portfolio::allocation).says(portfolio::ALLOCATION),
    get("stats/execution", telemetry::execution).says(telemetry::EXECUTION),
    get("telemetry/summary", telemetry::summary).says(telemetry::SUMMARY),
    get("positions", positions::list).says(positions::LIST),
    get("positions/exposure", positions::exposure).says(positions::EXPOSURE),
    get("positions/{id}", positions::one).says(positions::ONE),
    change(
        "PATCH",
        "positions/{id}",
        Role::Operator,
        positions::protect,
    )
    .says(positions::PROTECT),
    change(
        "POST",
        "positions/{id}/close",
        Role::Operator,
        positions::close,
    )
    .says(positions::CLOSE),
    get("orders", orders::list).says(orders::LIST),
    route(
        "POST",
        "orders",
        Role::Agent,
        Key::Cores,
        Handler::Whole(orders::place),
    )
    .says(orders::PLACE),
    change("POST", "orders/sync", Role::Operator, reconcile::sync).says(reconcile::SYNC),
    get("orders/{id}", orders::one).says(orders::ONE),
    change("POST", "orders/{id}/cancel", Role::Agent, orders::cancel).says(orders::CANCEL),
    change("PATCH", "orders/{id}", Role::Agent, orders::amend).says(orders::AMEND),
    change("POST", "orders/{id}/pause", Role::Agent, orders::pause).says(orders::PAUSE),
    change("POST", "orders/{id}/resume", Role::Agent, orders::resume).says(orders::RESUME),
    get("orders/{id}/explain", explain::story).says(explain::STORY),
    change("POST", "flatten", Role::Operator, positions::flatten).says(positions::FLATTEN),
    get("agents", agents::list).says(agents::LIST),
    // A repeat is a new token: answers are kept, and tokens are not.
    route(
        "POST",
        "agents",
        Role::Agent,
        Key::Ignored,
        Handler::Steps(agents::register),
    )
    .says(agents::REGISTER),
    agent("POST", "agents/{name}/heartbeat", agents::heartbeat).says(agents::HEARTBEAT),
    get("coordination/health", agents::health).says(agents::HEALTH),
    get("alerts", alerts::list).says(alerts::LIST),
    change("POST", "alerts/test", Role::Operator, alerts::test).says(alerts::TEST),
    change("POST", "coordination/cycle", Role::Operator, cycles::start).says(cycles::START),
    get("coordination/cycles", cycles::list).says(cycles::LIST),
    get("coordination/cycles/{id}", cycles::one).says(cycles::ONE),
    change(
        "POST",
        "coordination/cycles/{id}/halt",
        Role::Agent,
        cycles::halt,
    )
    .says(cycles::HALT),
    look("coordination/cycles/{id}/data", data::all).says(data::ALL),
    look("coordination/cycles/{id}/data/{key}", data::one).says(data::ONE),
    agent("PUT", "coordination/cycles/{id}/data/{key}", data::put).says(data::PUT),
    get("coordination/messages", messages::list).says(messages::LIST),
    agent("POST", "coordination/messages", messages::send).says(messages::SEND),
    agent(
        "POST",
        "coordination/messages/{id}/ack",
        messages::acknowledge,
    )
    .says(messages::ACKNOWLEDGE),
    agent("POST", "coordination/subscriptions", mail::subscribe).says(mail::SUBSCRIBE),
    agent("DELETE", "coordination/subscriptions", mail::unsubscribe).says(mail::UNSUBSCRIBE),
    look("coordination/latest", messages::latest).says(messages::LATEST),
    look("research/runs", research::list).says(research::LIST),
    change("POST", "research/runs", Role::Operator, research::begin).says(research::BEGIN),
    look("research/runs/{id}", research::one).says(research::ONE),
    get("research/runs/{id}/report", research::report).says(research::REPORT),
    operator("POST", "research/runs/{id}/stop", research::stop).says(research::STOP),
    look("research/candidates", services::candidates).says(services::CANDIDATES),
    look("research/candidates/{id}", services::candidate).says(services::CANDIDATE),
    operator("POST", "research/candidates/{id}/drop", services::drop).says(services::DROP),
    look("deployments", services::deployments).says(services::DEPLOYMENTS),
    look("deployments/{id}", services::deployment).says(services::DEPLOYMENT),
    get("strategies", strategies::list).says(strategies::LIST),
    look("strategies/{name}", strategies::one).says(strategies::ONE),
    change(
        "POST",
        "strategies/{name}/deploy",
        Role::Operator,
        strategies::deploy,
    )
    .says(strategies::DEPLOY),
    change(
        "POST",
        "strategies/{name}/rollback",
        Role::Operator,
        strategies::rollback,
    )
    .says(strategies::ROLLBACK),
    route(
        "GET",
        "config/reload",
        Role::Operator,
        Key::Ignored,
        Handler::Whole(reload::preview),
    )
    .says(reload::PREVIEW),
    change("POST", "config/reload", Role::Admin, reload::reloaded).says(reload::RELOAD),
    get("audit", audit::list).says(audit::LIST),
    get("events", events::alone).says(events::STREAM),
    get("explain/{id}", explain::story).says(explain::STORY),
    get("risk", risk::limits).says(risk::LIMITS),
    get("guard", risk::guard).says(risk::GUARD),
    get("conflicts", conflicts::list).says(conflicts::LIST),
    get("snapshot", snapshot::whole).says(snapshot::WHOLE),
    route(
        "GET",
        "tokens",
        Role::Admin,
        Key::Ignored,
        Handler::Whole(tokens::list),
    )
    .says(tokens::LIST),
    // As with agents: a repeat is a new token.
    route(
        "POST",
        "tokens",
        Role::Admin,
        Key::Ignored,
        Handler::Steps(tokens::issue),
    )
    .says(tokens::ISSUE),
    route(
        "DELETE",
        "tokens/{name}",
        Role::Admin,
        Key::Kept,
        Handler::Steps(tokens::revoke),
    )
    .says(tokens::REVOKE),
    get("openapi.json", openapi::document).says(openapi::DOCUMENT),
];

/// Endpoints of the interfaces that this version has nothing behind.
static ABSENT: &[Route] = &[
    absent(
        "GET",
        "federation/{what}",
        "What other instances have offered.",
    ),
    absent("GET", "opportunities", "What could be traded, ranked."),
    absent(
        "GET",
        "orchestrator/agents/{agent_id}/ensemble-policy",
        "How much an agent's voice weighs.",
    ),
    absent(
        "POST",
        "orchestrator/capital-allocate",
        "Allocates capital to strategies.",
    ),
    absent(
        "POST",
        "portfolio/rebalance",
        "Brings the portfolio back to its targets.",
    ),
    absent(
        "GET",
        "registry/{what}",
        "Policies and the models behind them.",
    ),
    absent(
        "GET",
        "signals/dislocations",
        "Where prices of one thing differ.",
    ),
    absent("GET", "signals/ontology", "The kinds of signals there are."),
];

/// Every route there is.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(ABSENT)
}

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
    let mut methods = Vec::new();
    for route in all() {
        let Some(captured) = captures(route.pattern, path) else {
            continue;
        };
        if route.method == request.method {
            return Ok(Found {
                needs: route.needs,
                keyed: route.key == Key::Kept,
                handler: route.handler,
                captured,
            });
        }
        methods.push(route.method);
    }
    if methods.is_empty() {
        return Err(Problem::new(
            404,
            "NOT_FOUND",
            format!("there is no /api/v1/{path}"),
            "GET /api/v1/openapi.json lists the endpoints, /docs shows them",
        ));
    }
    let path = format!("/api/v1/{path}");
    Err(problem::no_method(
        request.method,
        &path,
        &methods.join(", "),
    ))
}

/// The pattern of a request's route, where it has one.
pub(super) fn pattern(method: &str, path: &str) -> Option<&'static str> {
    let path = path.trim_matches('/');
    let fits = |route: &&Route| route.method == method && captures(route.pattern, path).is_some();
    all().find(fits).map(|route| route.pattern)
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
