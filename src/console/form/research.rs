//! The forms of research: a strategy version is put into service, an optimisation is begun. Both ask
//! before they are sent.

use rust_decimal::Decimal;

use super::field::{Field, Takes, figure};
use super::{Form, Sends};
use crate::console::figures;
use crate::core::Symbol;
use crate::snapshot::Snapshot;

/// How parameters may be searched.
const METHODS: &[&str] = &["tpe", "random", "grid"];
/// Trials of a run, at most.
const MOST_TRIALS: u64 = 100_000;
/// Trials of a run, where nothing else is said.
const TRIALS: &str = "200";

/// A strategy version that may be put into service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The strategy.
    pub strategy: String,
    /// Which version of it.
    pub version: String,
    /// The pair it was judged on.
    pub symbol: Option<Symbol>,
    /// What its research promises, in words.
    pub promise: String,
}

impl Form {
    /// Puts a version into service.
    pub fn deploy(proved: Proved) -> Self {
        let Proved {
            strategy,
            version,
            symbol,
            promise,
        } = proved;
        let symbol = symbol.map_or_else(String::new, |s| format!(" on {s}"));
        let words = format!("{strategy} {version}{symbol}; promised {promise}");
        let hint = "USD; a deployment holds all of it from the start";
        Self {
            path: format!("strategies/{strategy}/deploy"),
            fields: vec![Field::asked("capital", hint, Takes::Amount, "")],
            sends: Sends::Deployment { strategy, version },
            ..Self::new("DEPLOY", words)
        }
    }

    /// Begins a search of parameters, of this strategy to begin with.
    pub fn optimise(strategy: &str) -> Self {
        let fields = vec![
            Field::asked("strategy", "its name", Takes::Text, strategy),
            Field::asked(
                "data",
                "file or folder of candles where the engine runs",
                Takes::Text,
                "",
            ),
            Field::asked(
                "method",
                "tpe, random or grid",
                Takes::Word(METHODS),
                METHODS[0],
            ),
            Field::asked("trials", "backtests", Takes::Whole(1, MOST_TRIALS), TRIALS),
            Field::asked(
                "seed",
                "the same seed, the same run",
                Takes::Whole(0, u64::MAX),
                "0",
            ),
        ];
        Self {
            path: "research/runs".to_owned(),
            at: usize::from(!strategy.is_empty()),
            fields,
            sends: Sends::Run,
            ..Self::new(
                "OPTIMISE",
                "search the parameters of a strategy, walk-forward".to_owned(),
            )
        }
    }

    /// What a yes would do, in words; none where it is done without a question.
    pub fn question(&self, snapshot: &Snapshot) -> Option<String> {
        let typed = |name: &str| {
            let field = self.fields.iter().find(|f| f.name == name);
            field.map_or("", |f| f.text.trim())
        };
        match &self.sends {
            Sends::Changes => None,
            Sends::Deployment { strategy, version } => {
                let capital = figure(typed("capital"))?;
                Some(deployment(strategy, version, capital, snapshot))
            }
            Sends::Run => Some(format!(
                "Optimise {} on {}: {} backtests, {}, seed {}? It takes compute, no capital.",
                typed("strategy"),
                typed("data"),
                typed("trials"),
                typed("method"),
                typed("seed")
            )),
        }
    }
}

/// What is reserved, and how much of it works when.
fn deployment(strategy: &str, version: &str, capital: Decimal, snapshot: &Snapshot) -> String {
    let whole = figures::money(capital);
    let shares = &snapshot.research.shares;
    let first = shares.first().map_or_else(String::new, |share| {
        let worth = figures::money(capital * share);
        format!(" {} of it, {worth}, works first;", figures::percent(*share))
    });
    let later: Vec<String> = shares
        .iter()
        .skip(1)
        .map(|s| figures::percent(*s))
        .collect();
    let later = match later.is_empty() {
        true => String::new(),
        false => format!(" {} only by gates that are passed.", later.join(" and ")),
    };
    let free = snapshot.status.global.available_capital_usd;
    format!(
        "DEPLOY {strategy} {version} with {whole} USD? That much is reserved now, or waited for \
         ({free:.2} free).{first}{later}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;

    fn form() -> Form {
        Form::deploy(Proved {
            strategy: "ema_cross".into(),
            version: "1-run_7".into(),
            symbol: None,
            promise: "Sharpe 1.42".into(),
        })
    }

    #[test]
    fn what_a_deployment_reserves_is_said_before_it_is_sent() {
        let mut form = form();
        assert_eq!(form.send(), None, "no capital");
        *form.input().unwrap() = "5,000".into();
        let question = form.question(&fixture::snapshot()).unwrap();
        for words in [
            "5,000.00 USD",
            "reserved now",
            "10% of it, 500.00",
            "50% and 100%",
        ] {
            assert!(question.contains(words), "{words}: {question}");
        }
        let call = form.send().unwrap();
        assert_eq!(
            (call.method, &*call.path),
            ("POST", "strategies/ema_cross/deploy")
        );
        assert_eq!(
            call.body.to_string(),
            r#"{"capital":"5000","version":"1-run_7"}"#
        );
    }

    #[test]
    fn an_optimisation_is_asked_for_with_what_decides_it() {
        let mut form = Form::optimise("breakout");
        assert_eq!(form.fields[form.at].name, "data");
        *form.input().unwrap() = "data/btc".into();
        let call = form.send().unwrap();
        assert_eq!(
            call.body.to_string(),
            r#"{"data":["data/btc"],"kind":"optimise","method":"tpe","seed":0,"strategy":"breakout","trials":200}"#
        );
    }
}
