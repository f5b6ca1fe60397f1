//! What is measured, as Prometheus reads it: requests as they are answered, the engine as it is when
//! somebody asks. Labels come from lists that are known beforehand, never from what a caller sends.

mod classic;
mod engine;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::places::Places;
use crate::engine::Figures;
use crate::snapshot::Snapshot;

/// What the text is.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Before every name.
const PREFIX: &str = "pilothouse";
/// Methods that have a name here.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Whatever has none.
const OTHER: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// What is counted of requests.
pub(super) struct Metrics {
    requests: Family<Answered, Counter>,
    durations: Family<Asked, Histogram>,
    places: Arc<Places>,
}

/// From half a millisecond to half a minute.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 3.0, 11))
}

impl Metrics {
    pub(super) fn new(places: Arc<Places>) -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            places,
        }
    }

    /// A request was answered. `route` is its pattern, where it has one.
    pub(super) fn note(
        &self,
        method: &str,
        route: Option<&'static str>,
        status: u16,
        took: Duration,
    ) {
        let method = METHODS.into_iter().find(|known| *known == method);
        let method = method.unwrap_or(OTHER);
        let route = route.unwrap_or(OTHER);
        let answered = Answered {
            method,
            route,
            status,
        };
        self.requests.get_or_create(&answered).inc();
        let asked = Asked { method, route };
        let durations = self.durations.get_or_create(&asked);
        durations.observe(took.as_secs_f64());
    }

    /// All of it: the engine as `snapshot` has it, what is counted of its work, so many streams open.
    pub(super) fn text(
        &self,
        snapshot: &Snapshot,
        figures: Option<&Figures>,
        streams: u64,
    ) -> String {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register(
            "http_requests",
            "Requests that were answered",
            self.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "From a request's head to the head of its answer",
            self.durations.clone(),
        );
        let (open, refused) = self.places.counts();
        registry.register(
            "tcp_connections",
            "Connections over TCP",
            ConstGauge::new(i64::try_from(open).unwrap_or(i64::MAX)),
        );
        registry.register(
            "tcp_connections_refused",
            "Connections over TCP that found no room",
            ConstCounter::new(refused),
        );
        registry.register(
            "agent_streams",
            "Agents' streams that are open",
            ConstGauge::new(i64::try_from(streams).unwrap_or(i64::MAX)),
        );
        if let Some(figures) = figures {
            registry.register(
                "decisions",
                "Commands that were decided",
                figures.decisions.clone(),
            );
            registry.register(
                "journal_commit_duration_seconds",
                "One write and sync of the journal",
                figures.commits.clone(),
            );
        }
        engine::register(&mut registry, snapshot);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        classic::from_open_metrics(&text)
    }
}
