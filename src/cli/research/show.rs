//! One run, readable: what it was asked, what it came to, and how that looks.

use std::fmt::Write as _;
use std::path::PathBuf;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{run_of, tell, waiting};
use crate::cli::exit::Exit;
use crate::cli::picture::{curve, speaks_utf8};
use crate::cli::session::Session;
use crate::cli::table;
use crate::client::Call;
use crate::research::{Candidate, Curve, Deflated, FoldReport, Report};

/// Cells of a curve.
const WIDTH: usize = 72;
/// Candidates that are shown of a discovery.
const CANDIDATES: usize = 10;

/// Shows a run: with `--json` its document, with the `report` and the folder of its `artifacts` where
/// they are.
pub fn show(session: &Session, id: &str) -> Exit {
    let shown = run_of(session, id).map(|mut run| {
        if session.globals.json {
            run["report"] = report(session, &run).unwrap_or_default();
            let folder = artifacts(session, &run);
            run["artifacts"] = folder.map(|folder| folder.display().to_string()).into();
        }
        run
    });
    session.show(shown, |run| words(session, run))
}

/// The run as a person reads it.
pub fn words(session: &Session, run: &Value) -> String {
    let plain = !speaks_utf8();
    let report = report(session, run);
    let read = report.map(serde_json::from_value::<Report>);
    let report = match read {
        Some(Ok(report)) => Some(report),
        Some(Err(error)) => {
            session.warn(&format!("its report is not of this version: {error}"));
            None
        }
        None => None,
    };
    let mut text = asked(run, report.as_ref());
    text.push('\n');
    text.push_str(&figures(run, report.as_ref()));
    if waiting::is_over(run) {
        text.push('\n');
        text.push_str(&tell::gates(&run["gates"]));
    }
    if let Some(report) = &report {
        text.push_str(&pictures(report, plain));
    }
    if let Some(next) = next(run) {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "\nnext    {next}");
    }
    if let Some(page) = artifacts(session, run).map(|folder| folder.join("report.html"))
        && page.is_file()
    {
        let _ = writeln!(text, "\nreport  {}", page.display());
    }
    text
}

/// What can be done with what has passed.
fn next(run: &Value) -> Option<String> {
    (run["status"] == "passed").then_some(())?;
    Some(match (run["kind"].as_str(), run["strategy"].as_str()) {
        (Some("discover"), _) => {
            "`pilothouse research candidates` shows what is tried on paper now".to_owned()
        }
        (Some("optimise"), Some(strategy)) => format!(
            "`pilothouse strategy deploy {strategy} --capital USD` puts the newest version that is \
             proved into service; `pilothouse strategy list` shows them"
        ),
        _ => return None,
    })
}

/// Its report, once there is one.
fn report(session: &Session, run: &Value) -> Option<Value> {
    if !waiting::is_over(run) || run["hash"].is_null() {
        return None;
    }
    let id = run["id"].as_str()?;
    let call = Call::get(format!("research/runs/{id}/report"));
    let mut report = session.read(&call).ok()?;
    // What the answer says of itself is no part of the report.
    if let Some(fields) = report.as_object_mut() {
        fields.remove("engine");
    }
    Some(report)
}

/// Where its artifacts lie; of an engine that is named by its address nobody here knows, and a run of the
/// same id in a folder here would be another one.
fn artifacts(session: &Session, run: &Value) -> Option<PathBuf> {
    if session.globals.url.is_some() || session.globals.socket.is_some() {
        return None;
    }
    let id = run["id"].as_str()?;
    let folder = session.state().ok()?.path.join("research").join(id);
    folder.is_dir().then_some(folder)
}

/// What it was asked, on what, and what came of it.
fn asked(run: &Value, report: Option<&Report>) -> String {
    let get = |name: &str| table::cell(&run[name]);
    let maybe = |word: &str, name: &str| match run[name].as_str() {
        Some(value) => format!(" {word} {value}"),
        None => String::new(),
    };
    let mut lines = vec![
        (
            "run",
            format!(
                "{} {}{}{}",
                get("id"),
                get("kind"),
                maybe("of", "strategy"),
                match report {
                    Some(report) => format!(" on {}", report.terms.symbol),
                    None => maybe("on", "symbol"),
                }
            ),
        ),
        (
            "status",
            match run["reason"].as_str() {
                Some(reason) => format!("{}: {reason}", get("status")),
                None => format!("{} {}", get("status"), tell::percent(&run["progress"])),
            },
        ),
    ];
    if let Some(waits) = run["waits_for"].as_str() {
        lines.push(("waits", waits.to_owned()));
    }
    lines.push((
        "trials",
        format!(
            "{} of {}{}, seed {}",
            get("trials_done"),
            get("trials"),
            maybe("by", "method"),
            get("seed")
        ),
    ));
    if let Some(report) = report {
        lines.push(("data", data(report)));
    }
    lines.push(("asked", format!("{} by {}", get("created_at"), get("by"))));
    lines.push(("ended", get("ended_at")));
    lines.push((
        "hash",
        format!(
            "{} of data {}",
            tell::hash(&run["hash"]),
            tell::hash(&run["data_hash"])
        ),
    ));
    let best = tell::parameters(&run["best"]["parameters"]);
    if !best.is_empty() {
        lines.push(("best", best));
    }
    let mut text = String::new();
    for (what, words) in lines {
        let _ = writeln!(text, "{what:<6}  {words}");
    }
    text
}

/// What it was computed on.
fn data(report: &Report) -> String {
    let terms = &report.terms;
    let mut text = format!(
        "{} bars of {} s, {} to {}",
        terms.bars,
        terms.interval_ms / 1000,
        terms.first,
        terms.last
    );
    if terms.gaps.missing > 0 {
        let _ = write!(
            text,
            ", {} missing, {} s of them in one place",
            terms.gaps.missing,
            terms.gaps.longest_ms / 1000
        );
    }
    text
}

/// In-sample and out-of-sample figures side by side, and those of holding the symbol meanwhile.
fn figures(run: &Value, report: Option<&Report>) -> String {
    let best = &run["best"];
    if best.is_null() {
        return "no figures yet\n".to_owned();
    }
    let held = report.and_then(|r| serde_json::to_value(r.baseline.as_ref()?).ok());
    let held = held.unwrap_or_default();
    let heads = ["", "IN SAMPLE", "OUT OF SAMPLE", "HOLDING"];
    let mut cells = vec![heads.map(str::to_owned).to_vec()];
    for (name, field) in tell::FIGURES {
        cells.push(vec![
            (*name).to_owned(),
            tell::short(&best["in_sample"][*field]),
            tell::short(&best["out_of_sample"][*field]),
            tell::short(&held[*field]),
        ]);
    }
    table::grid(cells)
}

/// What only the report has.
fn pictures(report: &Report, plain: bool) -> String {
    let mut text = String::new();
    if let Some(deflated) = &report.deflated {
        let _ = writeln!(text, "\n{}", luck(deflated));
    }
    if report.folds.len() > 1 {
        let _ = write!(text, "\n{}", folds(&report.folds));
    }
    if !report.candidates.is_empty() {
        let _ = write!(text, "\n{}", candidates(&report.candidates));
    }
    if let Some(plane) = &report.plane {
        let _ = writeln!(text, "\n{}", plane.text(plain).join("\n"));
    }
    let curves = [
        ("in sample", &report.in_sample),
        ("out of sample", &report.out_of_sample),
        ("holding", &report.held),
    ];
    let drawn = curves
        .iter()
        .filter_map(|(name, curve)| Some(equity(name, curve.as_ref()?, plain)));
    let drawn: String = drawn.collect();
    if !drawn.is_empty() {
        let _ = write!(text, "\nequity\n{drawn}");
    }
    text
}

/// How much of what was found may be luck.
fn luck(deflated: &Deflated) -> String {
    let short = |number: Option<Decimal>| {
        number.map_or("-".into(), |n| n.round_dp(2).normalize().to_string())
    };
    if deflated.by_luck.is_none() {
        return format!(
            "{} tried: the chance that the Sharpe ratio is above 0 is {}",
            deflated.tried,
            short(deflated.out_of_sample)
        );
    }
    let of = match deflated.among {
        0 => format!("the best of {} tried", deflated.tried),
        among => format!(
            "{} tried, and the best of the {among} in the last fold",
            deflated.tried
        ),
    };
    format!(
        "deflated Sharpe: {of} has {}, luck alone would give {}; \
         the chance that it is better than luck is {}, that it is above 0 out of sample {}",
        short(deflated.sharpe),
        short(deflated.by_luck),
        short(deflated.probability),
        short(deflated.out_of_sample)
    )
}

fn folds(folds: &[FoldReport]) -> String {
    let heads = [
        "FOLD",
        "JUDGED FROM",
        "TRIALS",
        "SHARPE IN",
        "OUT",
        "RETURN %",
        "TRADES",
        "BEST",
    ];
    let mut cells = vec![heads.map(str::to_owned).to_vec()];
    for fold in folds {
        let inside = fold.in_sample.as_ref().and_then(|f| f.sharpe);
        let out = &fold.out_of_sample;
        let values: Vec<_> = fold
            .parameters
            .iter()
            .map(|(n, v)| format!("{n} {v}"))
            .collect();
        cells.push(vec![
            fold.fold.to_string(),
            fold.judged_from.to_string(),
            fold.trials.to_string(),
            number(inside),
            number(out.sharpe),
            number(Some(out.return_pct)),
            out.trades.to_string(),
            values.join(", "),
        ]);
    }
    table::grid(cells)
}

/// The best of a discovery, and how many of the others did not pass the first look.
fn candidates(all: &[Candidate]) -> String {
    let heads = [
        "CANDIDATE",
        "SHARPE IN",
        "OUT",
        "RETURN %",
        "TRADES",
        "STATUS",
        "FEATURES",
    ];
    let mut cells = vec![heads.map(str::to_owned).to_vec()];
    let (dropped, judged): (Vec<_>, Vec<_>) = all.iter().partition(|c| c.dropped.is_some());
    for candidate in judged.iter().take(CANDIDATES) {
        let inside = candidate.in_sample.as_ref().and_then(|f| f.sharpe);
        let out = candidate.out_of_sample.as_ref();
        cells.push(vec![
            candidate.name.clone(),
            number(inside),
            number(out.and_then(|f| f.sharpe)),
            number(out.map(|f| f.return_pct)),
            out.map_or("-".into(), |f| f.trades.to_string()),
            serde_json::to_value(candidate.status).map_or("-".into(), |s| table::cell(&s)),
            candidate.feature_hash.chars().take(12).collect(),
        ]);
    }
    let mut text = if judged.is_empty() {
        "no candidate was judged\n".to_owned()
    } else {
        table::grid(cells)
    };
    let more = judged.len().saturating_sub(CANDIDATES);
    let _ = writeln!(
        text,
        "{more} more were judged, {} dropped at first look",
        dropped.len()
    );
    text
}

fn number(value: Option<Decimal>) -> String {
    tell::short(&value.map(|v| v.to_string()).into())
}

/// A curve, from what to what.
fn equity(name: &str, of: &Curve, plain: bool) -> String {
    let values: Vec<_> = of.days.iter().map(|(_, equity)| *equity).collect();
    let last = values.last().copied().unwrap_or(of.start);
    format!(
        "{name:<13}  {}  {} to {}\n",
        curve(&values, WIDTH, plain),
        number(Some(of.start.round_dp(2))),
        number(Some(last.round_dp(2)))
    )
}
