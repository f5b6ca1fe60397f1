//! The report as a page: one file that needs nothing else, dark where the reader's screen is.

mod picture;

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::figures::Figures;
use super::gates::Verdict;
use super::report::{Candidate, Report};
use super::result::Values;

const STYLE: &str = include_str!("page/page.css");
/// Candidates that are listed.
const LISTED: usize = 200;

/// `report.html` of a report.
pub fn page(report: &Report) -> String {
    let strategy = report.strategy.as_deref().unwrap_or("nothing");
    let kind = match report.kind {
        super::Kind::Optimise => "Optimisation of",
        super::Kind::Discover => "Discovery, best",
        super::Kind::Backtest => "Backtest of",
    };
    let title = escaped(&format!("{kind} {strategy} on {}", report.terms.symbol));
    let mut page = String::with_capacity(1 << 16);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>"
    );
    let (class, word) = verdict(report.status);
    let _ = write!(page, "<p class=\"{class}\">{word}</p>");
    gates(&mut page, report);
    figures(&mut page, report);
    luck(&mut page, report);
    if let Some(best) = &report.best {
        let _ = write!(page, "<h2>Parameters</h2><p>{}</p>", said(&best.parameters));
    }
    curves(&mut page, report);
    if let Some(plane) = &report.plane {
        let _ = write!(
            page,
            "<h2>Mean Sharpe in sample</h2>{}",
            picture::plane(plane)
        );
    }
    folds(&mut page, report);
    candidates(&mut page, report);
    terms(&mut page, report);
    page.push_str("</body></html>\n");
    page
}

fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Passed => ("passed", "passed"),
        Verdict::Failed => ("failed", "failed"),
        Verdict::NotJudged => ("open", "not judged"),
    }
}

fn gates(page: &mut String, report: &Report) {
    if report.gates.is_empty() {
        return;
    }
    page.push_str("<h2>Gates, on out-of-sample figures</h2>");
    head(page, &["Gate", "Limit", "Value", ""]);
    for gate in &report.gates {
        let passed = match gate.passed {
            Some(true) => "passed",
            Some(false) => "failed",
            None => "not judged",
        };
        let value = gate.value.as_deref().map_or("–", short);
        row(page, &[&gate.gate, &escaped(&gate.limit), value, passed]);
    }
    page.push_str("</table>");
}

/// A label, and what it stands before.
type Number = (&'static str, fn(&Figures) -> String);

/// What is shown of figures.
const NUMBERS: [Number; 13] = [
    ("Sharpe ratio", |f| ratio(f.sharpe)),
    ("Sortino ratio", |f| ratio(f.sortino)),
    ("Return, %", |f| ratio(Some(f.return_pct))),
    ("Largest drawdown, %", |f| ratio(Some(f.max_drawdown_pct))),
    ("Closed trades", |f| f.trades.to_string()),
    ("Fills", |f| f.fills.to_string()),
    ("Trades won, %", |f| ratio(f.win_rate_pct)),
    ("Profit factor", |f| ratio(f.profit_factor)),
    ("Fees", |f| ratio(Some(f.fees))),
    ("Exposure, %", |f| ratio(f.exposure_pct)),
    ("Days", |f| f.days.to_string()),
    ("Bars", |f| f.bars.to_string()),
    ("Wishes refused", |f| f.refused.to_string()),
];

fn figures(page: &mut String, report: &Report) {
    let best = report.best.as_ref();
    let columns = [
        best.and_then(|b| b.in_sample.as_ref()),
        best.map(|b| &b.out_of_sample),
        report.baseline.as_ref(),
    ];
    page.push_str("<h2>Figures</h2>");
    head(page, &["", "In sample", "Out of sample", "Holding instead"]);
    for (label, number) in NUMBERS {
        let [inside, outside, held] = columns.map(|f| f.map_or("–".to_owned(), number));
        row(page, &[label, &inside, &outside, &held]);
    }
    page.push_str("</table>");
}

fn luck(page: &mut String, report: &Report) {
    let Some(deflated) = &report.deflated else {
        return;
    };
    page.push_str("<h2>How much may be luck</h2>");
    head(page, &["What", "Value"]);
    row(page, &["Tried", &deflated.tried.to_string()]);
    row(
        page,
        &["On the bars of the ratio", &deflated.among.to_string()],
    );
    row(
        page,
        &["Sharpe ratio that is judged", &ratio(deflated.sharpe)],
    );
    row(
        page,
        &["Best of so many by luck alone", &ratio(deflated.by_luck)],
    );
    row(
        page,
        &[
            "Chance that it is better than luck",
            &ratio(deflated.probability),
        ],
    );
    row(
        page,
        &[
            "Chance that it is above 0 out of sample",
            &ratio(deflated.out_of_sample),
        ],
    );
    page.push_str("</table>");
}

fn curves(page: &mut String, report: &Report) {
    if let Some(curve) = &report.in_sample {
        let drawn = picture::curves(&[("line", "in sample", curve)]);
        let _ = write!(page, "<h2>Equity in sample</h2>{drawn}");
    }
    if let Some(curve) = &report.out_of_sample {
        let mut all = vec![("line", "the strategy", curve)];
        all.extend(
            report
                .held
                .as_ref()
                .map(|held| ("price", "holding instead", held)),
        );
        let drawn = picture::curves(&all);
        let _ = write!(page, "<h2>Equity out of sample</h2>{drawn}");
    }
}

fn folds(page: &mut String, report: &Report) {
    if report.folds.is_empty() {
        return;
    }
    page.push_str("<h2>Folds</h2>");
    head(
        page,
        &[
            "Fold",
            "Searched from",
            "Judged from",
            "To",
            "Trials",
            "Sharpe in",
            "Sharpe out",
            "Return out, %",
            "Parameters",
        ],
    );
    for fold in &report.folds {
        let inside = fold.in_sample.as_ref().and_then(|f| f.sharpe);
        row(
            page,
            &[
                &fold.fold.to_string(),
                &fold.searched_from.to_string(),
                &fold.judged_from.to_string(),
                &fold.judged_to.to_string(),
                &fold.trials.to_string(),
                &ratio(inside),
                &ratio(fold.out_of_sample.sharpe),
                &ratio(Some(fold.out_of_sample.return_pct)),
                &said(&fold.parameters),
            ],
        );
    }
    page.push_str("</table>");
}

fn candidates(page: &mut String, report: &Report) {
    if report.candidates.is_empty() {
        return;
    }
    let count = report.candidates.len();
    let listed = count.min(LISTED);
    let _ = write!(
        page,
        "<h2>{listed} of {count} candidates; report.json has all</h2>"
    );
    head(
        page,
        &[
            "Name",
            "",
            "Sharpe out",
            "Return out, %",
            "Trades out",
            "Better than luck",
            "Why",
        ],
    );
    for candidate in report.candidates.iter().take(LISTED) {
        let outside = candidate.out_of_sample.as_ref();
        let luck = candidate.deflated.as_ref().and_then(|d| d.probability);
        row(
            page,
            &[
                &escaped(&candidate.name),
                verdict(candidate.status).1,
                &ratio(outside.and_then(|f| f.sharpe)),
                &ratio(outside.map(|f| f.return_pct)),
                &outside.map_or("–".to_owned(), |f| f.trades.to_string()),
                &ratio(luck),
                &escaped(&why(candidate)),
            ],
        );
    }
    page.push_str("</table>");
}

/// What it is, or why it was dropped.
fn why(candidate: &Candidate) -> String {
    let about = candidate.definition.as_ref().map(|d| d.about.clone());
    candidate.dropped.clone().or(about).unwrap_or_default()
}

fn terms(page: &mut String, report: &Report) {
    let terms = &report.terms;
    page.push_str("<h2>Terms</h2>");
    head(page, &["What", "Value"]);
    let gaps = &terms.gaps;
    let missing = format!(
        "{}, the longest hole {} s",
        gaps.missing,
        gaps.longest_ms / 1000
    );
    for (label, value) in [
        (
            "Bars",
            format!("{} of {} s", terms.bars, terms.interval_ms / 1000),
        ),
        ("From", terms.first.to_string()),
        ("To", terms.last.to_string()),
        ("Missing bars", missing),
        ("Cash", terms.cash.to_string()),
        ("Fee", terms.fee.to_string()),
        ("Slippage", terms.slippage.to_string()),
        ("Fixed", said(&terms.set)),
        ("Trials", report.trials.to_string()),
        ("Seed", terms.seed.to_string()),
        ("Data hash", report.data_hash.clone()),
        ("Program", report.code_version.clone()),
        ("Report hash", report.hash.clone()),
    ] {
        row(page, &[label, &value]);
    }
    page.push_str("</table>");
}

fn head(page: &mut String, cells: &[&str]) {
    page.push_str("<table><tr>");
    for cell in cells {
        let _ = write!(page, "<th>{cell}</th>");
    }
    page.push_str("</tr>");
}

fn row(page: &mut String, cells: &[&str]) {
    page.push_str("<tr>");
    for cell in cells {
        let _ = write!(page, "<td>{cell}</td>");
    }
    page.push_str("</tr>");
}

fn ratio(value: Option<Decimal>) -> String {
    value.map_or("–".to_owned(), |v| format!("{:.4}", v.round_dp(4)))
}

/// A number's text without the digits that nobody reads.
fn short(text: &str) -> &str {
    match text.find('.') {
        Some(point) => &text[..text.len().min(point + 5)],
        None => text,
    }
}

fn said(values: &Values) -> String {
    let each = values.iter().map(|(name, value)| format!("{name} {value}"));
    escaped(&each.collect::<Vec<_>>().join(", "))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
