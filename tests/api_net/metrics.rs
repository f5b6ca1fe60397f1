//! What a scraper reads.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse::api::Bounds;

use crate::net::Net;

/// The kinds by name, and the samples: name, labels, value.
type Parsed<'a> = (BTreeMap<&'a str, &'a str>, Vec<(&'a str, &'a str, f64)>);

/// Reads the classic text format as strictly as a scraper does.
fn parsed(text: &str) -> Parsed<'_> {
    let mut kinds = BTreeMap::new();
    let mut samples = Vec::new();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(kinds.insert(name, kind).is_none(), "declared twice: {name}");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(seen.insert(series), "sampled twice: {series}");
        let value = value
            .parse()
            .unwrap_or_else(|_| panic!("no number: {line}"));
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        assert!(labels.is_empty() || labels.ends_with('}'), "{line}");
        samples.push((name, labels.trim_end_matches('}'), value));
    }
    (kinds, samples)
}

#[test]
fn every_sample_is_declared_and_tells_what_was_asked() {
    let net = Net::plain(Bounds::default());
    let vera = format!("Authorization: Bearer {}\r\n", net.token("vera", "viewer"));
    net.get("/api/v1/orders/order_1", &vera);
    net.get("/api/v1/orders/order_2", &vera);
    net.get("/api/v1/no/such/thing", &vera);
    net.raw("BREW /pot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let answer = net.get("/metrics", &vera);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let (kinds, samples) = parsed(&answer.body);
    for (name, labels, value) in &samples {
        let of = ["_bucket", "_sum", "_count"];
        let base = of.iter().find_map(|end| name.strip_suffix(end));
        let histogram = base.filter(|base| kinds.get(base) == Some(&"histogram"));
        let declared = histogram.or_else(|| kinds.contains_key(name).then_some(name));
        assert!(declared.is_some(), "{name} is not declared");
        assert!(name.starts_with("pilothouse_"), "{name}");
        assert!(value.is_finite(), "{name}{{{labels}}} {value}");
    }
    let value = |name: &str, labels: &[&str]| {
        let fits = |found: &str| labels.iter().all(|label| found.contains(label));
        let of = samples.iter().filter(|(n, l, _)| *n == name && fits(l));
        of.map(|(_, _, value)| value).sum::<f64>()
    };
    let asked = ["route=\"orders/{id}\"", "status=\"404\""];
    assert_eq!(value("pilothouse_http_requests_total", &asked), 2.0);
    let took = ["route=\"orders/{id}\""];
    assert_eq!(
        value("pilothouse_http_request_duration_seconds_count", &took),
        2.0
    );
    let unknown = ["route=\"other\"", "method=\"GET\""];
    assert_eq!(value("pilothouse_http_requests_total", &unknown), 1.0);
    let brewed = ["method=\"other\"", "status=\"401\""];
    assert_eq!(value("pilothouse_http_requests_total", &brewed), 1.0);
    assert_eq!(
        value("pilothouse_trading_state", &["state=\"running\""]),
        1.0
    );
    assert_eq!(value("pilothouse_trading_state", &[]), 1.0);
    assert_eq!(value("pilothouse_hardstop", &[]), 0.0);
    assert!(value("pilothouse_seq_total", &[]) + value("pilothouse_seq", &[]) > 0.0);
    assert_eq!(value("pilothouse_equity_usd", &[]), 10_000.0);
    for name in [
        "pilothouse_build_info",
        "pilothouse_exposure_usd",
        "pilothouse_reservations",
        "pilothouse_alarms",
        "pilothouse_agents",
        "pilothouse_bus_waiting",
        "pilothouse_lane_depth",
        "pilothouse_refusals_total",
        "pilothouse_views_lag_records",
        "pilothouse_tcp_connections",
        "pilothouse_decisions_total",
        "pilothouse_journal_commit_duration_seconds_count",
    ] {
        assert!(samples.iter().any(|(found, _, _)| *found == name), "{name}");
    }
}
