//! Answers that need no thread: the stop, which must not wait for one, and the look at a queue, which
//! may wait half a minute for a message and would keep one. Whoever drops them leaves nothing behind.

use super::answer::Answer;
use super::request::Request;
use super::{Api, coordinator, mail, messages, route, routes};

impl Api {
    /// The answer to such a request; none to any other.
    pub(super) async fn held(&self, request: &Request<'_>) -> Option<Answer> {
        let path = request.path.trim_matches('/');
        let stop = routes::is_stop(request.method, path);
        let queue = (request.method, path) == ("GET", "coordination/messages");
        if !stop && !queue {
            return None;
        }
        let route = match route(request) {
            Ok(route) => route,
            Err(problem) => return Some(problem.into()),
        };
        let ask = self.ask(request, &route);
        let given = if stop {
            coordinator::hardstop_held(&ask).await
        } else {
            match messages::queue(&ask) {
                Ok(agent) => mail::held(&ask, agent?).await?,
                Err(problem) => Err(problem),
            }
        };
        Some(given.unwrap_or_else(Answer::from))
    }
}
