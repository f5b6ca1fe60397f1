//! A run in full: what it found, in sample and out of it side by side, how it was judged, how much of it
//! may be luck, and, once its report was read, its map and its curve.

use ratatui::text::Line;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::services::ratio;
use super::{Look, gates, plane, runs};
use crate::console::figures;
use crate::console::plot::{Level, Plot};
use crate::console::report::{Deflated, Report};
use crate::console::theme::Role;
use crate::snapshot::RunRow;

/// Cells of the bar.
const BAR: usize = 24;
/// Lines of the curve.
const CURVE: usize = 8;
/// Letters of a hash that tell it from others.
const SHORT: usize = 12;

/// Figures that are compared: their names here and there.
const FIGURES: [(&str, &str); 8] = [
    ("Sharpe", "sharpe"),
    ("Sortino", "sortino"),
    ("return %", "return_pct"),
    ("drawdown %", "max_drawdown_pct"),
    ("trades", "trades"),
    ("win rate %", "win_rate_pct"),
    ("profit factor", "profit_factor"),
    ("days", "days"),
];

/// In lines of at most `width` letters.
pub fn lines(look: Look<'_>, width: usize, index: usize) -> Vec<Line<'static>> {
    let run = &look.snapshot.research.runs[index];
    let read = look.ui.reported.as_ref();
    let read = read.filter(|r| r.run == run.id.to_string());
    let report = read.and_then(|r| r.report.as_ref().ok());
    let mut said = head(run, look);
    if !run.gates.is_empty() {
        said.push((
            Role::Strong,
            format!("GATES {} passed", gates::passed(&run.gates)),
        ));
        said.extend(gates::lines(&run.gates));
    }
    said.extend(best(run, report));
    if let Some(deflated) = report.and_then(|r| r.deflated.as_ref()) {
        said.push((Role::Normal, luck(deflated)));
    }
    let mut lines = super::told(look, said, width);
    match read.map(|r| &r.report) {
        Some(Ok(report)) => lines.extend(drawn(look, run, report, width)),
        Some(Err(why)) => lines.extend(super::told(
            look,
            vec![(Role::Warn, format!("! no map and no curve: {why}"))],
            width,
        )),
        None if run.hash.is_some() => {
            let words = format!(
                "{} reads its report: map and curve",
                look.ui.key_of("detail")
            );
            lines.push(Line::from(look.span(Role::Quiet, words)));
        }
        None => {}
    }
    lines.extend(super::told(look, origin(run), width));
    lines
}

fn head(run: &RunRow, look: Look<'_>) -> Vec<(Role, String)> {
    let clock = look.snapshot.status.clock;
    let status = runs::status(run);
    let pair = run.symbol.map_or_else(String::new, |s| format!(" on {s}"));
    let title = format!(
        "{} {} {}{pair}",
        run.id,
        run.kind.as_str(),
        runs::strategy(run)
    );
    let mut said = vec![(Role::Strong, title)];
    // The gates say it better, each with its figures.
    let reason = run.reason.as_ref().filter(|_| run.gates.is_empty());
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    said.push((status.role, format!("{}{reason}", status.text)));
    if let Some(waits) = &run.waits_for {
        said.push((Role::Warn, format!("waits          {waits}")));
    }
    if run.ended_at.is_none() {
        let left = runs::eta(run).map_or("time left not known yet".to_owned(), |left| {
            format!("about {left} left")
        });
        said.push((Role::Normal, format!("{}  {left}", runs::bar(run, BAR))));
        said.push((
            Role::Normal,
            format!(
                "steps          {} at work, {} waiting",
                run.steps_running, run.steps_waiting
            ),
        ));
    }
    let trials = format!(
        "{} of {}",
        figures::count(run.trials_done),
        figures::count(run.trials)
    );
    let method = run
        .method
        .as_deref()
        .map_or_else(String::new, |m| format!(", {m}"));
    said.push((Role::Normal, format!("trials         {trials}{method}")));
    let moment = |at| figures::moment(at, clock);
    let mut times = format!("asked          {} by {}", moment(run.created_at), run.by);
    for (word, at) in [("began", run.started_at), ("ended", run.ended_at)] {
        if let Some(at) = at {
            times.push_str(&format!(", {word} {}", moment(at)));
        }
    }
    said.push((Role::Normal, times));
    said.push((Role::Normal, String::new()));
    said
}

/// What decides it, to begin it again with.
fn origin(run: &RunRow) -> Vec<(Role, String)> {
    let short = |hash: &str| hash.chars().take(SHORT).collect::<String>();
    let hash = run.hash.as_deref().map_or("none yet".to_owned(), short);
    vec![
        (Role::Normal, String::new()),
        (
            Role::Quiet,
            format!(
                "seed {}  data {}  report {hash}  program {}",
                run.seed,
                short(&run.data_hash),
                run.code_version
            ),
        ),
    ]
}

/// The best parameters, and what they came to where they were chosen and where they were not.
fn best(run: &RunRow, report: Option<&Report>) -> Vec<(Role, String)> {
    let Some(best) = &run.best else {
        return Vec::new();
    };
    let parameters: Vec<String> = best["parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {}", plain(value)))
        .collect();
    let mut said = vec![
        (Role::Normal, String::new()),
        (Role::Strong, format!("BEST {}", parameters.join(", "))),
    ];
    let held = report.and_then(|r| r.baseline.as_ref());
    let holding = held.map_or("", |_| "     holding");
    said.push((
        Role::Quiet,
        format!(
            "{:<14} {:>11} {:>13}{holding}",
            "", "in sample", "out of sample"
        ),
    ));
    for (words, name) in FIGURES {
        let of = |sample: &Value| figure(&sample[name]);
        let [inside, outside] = [of(&best["in_sample"]), of(&best["out_of_sample"])];
        if inside == "-" && outside == "-" {
            continue;
        }
        let held = held.map_or_else(String::new, |held| format!(" {:>11}", of(held)));
        said.push((
            Role::Normal,
            format!("{words:<14} {inside:>11} {outside:>13}{held}"),
        ));
    }
    said
}

fn luck(deflated: &Deflated) -> String {
    let tried = figures::count(deflated.tried);
    let better = match deflated.probability {
        Some(chance) => format!("{} likely better than luck", figures::percent(chance)),
        None => "not known whether better than luck".to_owned(),
    };
    let last = match deflated.among {
        0 => String::new(),
        among => format!(", {} in the last fold", figures::count(among)),
    };
    format!(
        "LUCK {tried} were tried{last}: {better}, which alone gives Sharpe {}",
        ratio(deflated.by_luck)
    )
}

/// The map and the curve.
fn drawn(look: Look<'_>, run: &RunRow, report: &Report, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(map) = &report.plane {
        let chosen = |name: &str| {
            let best = run.best.as_ref()?;
            plain(&best["parameters"][name]).parse::<Decimal>().ok()
        };
        let map = plane::lines(map, chosen, width, look.theme);
        if !map.is_empty() {
            lines.push(Line::default());
            lines.extend(map);
        }
    }
    if let Some(curve) = &report.out_of_sample {
        let values: Vec<f64> = curve.equities().filter_map(|e| e.to_f64()).collect();
        let gain = curve.gain_pct().unwrap_or_default();
        let mut levels = vec![Level {
            at: curve.start.to_f64().unwrap_or(f64::NAN),
            label: format!("began {}", figures::money(curve.start)),
            role: Role::Quiet,
        }];
        if let Some(held) = &report.held {
            levels.push(Level {
                at: held.end().to_f64().unwrap_or(f64::NAN),
                label: format!("holding {}", figures::money(held.end())),
                role: Role::Quiet,
            });
        }
        let plot = Plot {
            values: &values,
            levels: &levels,
            marks: &[],
            axis: None,
            role: super::equity::role(gain),
        };
        let head = format!(
            "EQUITY OUT OF SAMPLE {}%, {} days",
            figures::signed(gain),
            curve.days.len()
        );
        lines.push(Line::default());
        lines.push(Line::from(look.span(Role::Strong, head)));
        lines.extend(plot.lines(width, CURVE, look.theme));
    }
    if lines.is_empty() {
        let words = "its report has neither map nor curve";
        lines.push(Line::from(look.span(Role::Quiet, words)));
    }
    lines
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A measure with two decimals; a count as it is.
fn figure(value: &Value) -> String {
    let text = plain(value);
    match text.parse::<Decimal>() {
        Ok(amount) if amount.scale() > 0 => figures::money(amount),
        Ok(amount) => figures::quantity(amount),
        Err(_) => "-".to_owned(),
    }
}
