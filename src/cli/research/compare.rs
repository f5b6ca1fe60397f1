//! Runs side by side.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{run_of, tell};
use crate::cli::exit::Exit;
use crate::cli::session::{Session, Shown};
use crate::cli::table;

/// Shows what runs share and where they differ: with `--json` their documents, and whether they are of
/// the `same_data`, `same_code` and `same_seed` and came to the `same_hash` (none: one has none).
pub fn compare(session: &Session, ids: &[String]) -> Exit {
    session.show(compared(session, ids), side_by_side)
}

fn compared(session: &Session, ids: &[String]) -> Shown {
    let runs: Result<Vec<Value>, _> = ids.iter().map(|id| run_of(session, id)).collect();
    let runs = runs?;
    Ok(json!({
        "same_data": same(&runs, "data_hash"),
        "same_code": same(&runs, "code_version"),
        "same_seed": same(&runs, "seed"),
        "same_hash": same(&runs, "hash"),
        "total": runs.len(),
        "items": runs,
    }))
}

/// Whether all have the same; none where one has nothing.
fn same(runs: &[Value], field: &str) -> Option<bool> {
    if runs.iter().any(|run| run[field].is_null()) {
        return None;
    }
    Some(runs.windows(2).all(|two| two[0][field] == two[1][field]))
}

fn side_by_side(document: &Value) -> String {
    let runs = document["items"].as_array().map_or(&[][..], Vec::as_slice);
    let mut cells: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, of: &dyn Fn(&Value) -> String| {
        let mut row = vec![name.to_owned()];
        row.extend(runs.iter().map(of));
        cells.push(row);
    };
    row("", &|run| table::cell(&run["id"]));
    for name in [
        "kind", "strategy", "symbol", "method", "trials", "seed", "status",
    ] {
        row(name, &|run| table::cell(&run[name]));
    }
    row("data", &|run| tell::hash(&run["data_hash"]));
    row("version", &|run| table::cell(&run["code_version"]));
    row("hash", &|run| tell::hash(&run["hash"]));
    for name in parameters(runs) {
        row(&name, &|run| table::cell(&run["best"]["parameters"][&name]));
    }
    for (part, words) in [
        ("in_sample", "in sample"),
        ("out_of_sample", "out of sample"),
    ] {
        for (name, field) in &tell::FIGURES[..6] {
            row(&format!("{name}, {words}"), &|run| {
                tell::short(&run["best"][part][*field])
            });
        }
    }
    let verdict = |field: &str, yes: &str, no: &str, unknown: &str| match document[field].as_bool()
    {
        Some(true) => yes.to_owned(),
        Some(false) => no.to_owned(),
        None => unknown.to_owned(),
    };
    format!(
        "{}\n{}\n{}\n",
        table::grid(cells),
        verdict(
            "same_data",
            "the same data",
            "different data: figures do not compare",
            ""
        ),
        verdict(
            "same_hash",
            "the same hash: the same result",
            "different hashes: different results",
            "no hash of each: one is not over, or was never judged"
        )
    )
}

/// Every parameter that one of them has.
fn parameters(runs: &[Value]) -> BTreeSet<String> {
    let of = |run: &Value| run["best"]["parameters"].as_object().cloned();
    let names = runs.iter().filter_map(of).flatten();
    names.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, data: &str, hash: Option<&str>) -> Value {
        json!({"id": id, "kind": "optimise", "strategy": "ema_cross", "data_hash": data, "hash": hash,
               "seed": 7, "code_version": "0.1.0",
               "best": {"parameters": {"fast": "10"}, "in_sample": {"sharpe": "2.00004"},
                        "out_of_sample": {"sharpe": "0.5"}}})
    }

    #[test]
    fn what_is_not_over_is_the_same_as_nothing() {
        let of = |runs: &[Value]| same(runs, "hash");
        let (one, other, none) = (
            run("run_1", "d", Some("h")),
            run("run_2", "d", Some("g")),
            run("run_3", "d", None),
        );
        assert_eq!(of(&[one.clone(), one.clone()]), Some(true));
        assert_eq!(of(&[one.clone(), other]), Some(false));
        assert_eq!(of(&[one, none]), None);
    }

    #[test]
    fn runs_of_different_data_are_said_not_to_compare() {
        let runs = vec![run("run_1", "d", Some("h")), run("run_2", "e", Some("h"))];
        let document = json!({"items": runs, "same_data": false, "same_hash": true});
        let text = side_by_side(&document);
        assert!(
            text.contains("different data: figures do not compare"),
            "{text}"
        );
        let sharpe = text.lines().find(|l| l.starts_with("Sharpe, in sample"));
        let cells: Vec<_> = sharpe.unwrap().split_whitespace().collect();
        assert_eq!(cells[3..], ["2", "2"], "{text}");
    }
}
