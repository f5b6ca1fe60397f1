//! Gates, as a judgement is read: what was asked, what was found, and in words what came of it.

use rust_decimal::Decimal;

use crate::console::theme::Role;
use crate::core::research::GateResult;

/// A line for each gate.
pub fn lines(gates: &[GateResult]) -> Vec<(Role, String)> {
    gates.iter().map(line).collect()
}

fn line(gate: &GateResult) -> (Role, String) {
    let (role, word) = match gate.passed {
        Some(true) => (Role::Normal, "  PASS"),
        Some(false) => (Role::Bad, "X FAIL"),
        None => (Role::Warn, "! NOT JUDGED"),
    };
    let value = gate.value.as_deref().map_or("-".to_owned(), figure);
    let text = format!(
        "{word:<13} {:<22} {value:>9}  wanted {}",
        name(&gate.gate),
        gate.limit
    );
    (role, text)
}

/// Those that were not passed, with what was found.
pub fn stopped(gates: &[GateResult]) -> String {
    let stopped = gates.iter().filter(|g| g.passed != Some(true));
    let words = stopped.map(|g| {
        let value = g.value.as_deref().map_or("unknown".to_owned(), figure);
        format!("{} {value}", name(&g.gate))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// How many were passed, of how many: `4/5`.
pub fn passed(gates: &[GateResult]) -> String {
    if gates.is_empty() {
        return "-".to_owned();
    }
    let passed = gates.iter().filter(|g| g.passed == Some(true));
    format!("{}/{}", passed.count(), gates.len())
}

/// A gate in an operator's words.
pub fn name(gate: &str) -> &str {
    match gate {
        "sharpe" => "Sharpe",
        "max_drawdown_pct" => "drawdown %",
        "trades" => "trades",
        "return_pct" => "return %",
        "sharpe_over_baseline" => "Sharpe over holding",
        "mean_trade_below_promise" => "trade below promise",
        other => other,
    }
}

/// A measure with two decimals; what is no number, or a whole one, is left as it is.
fn figure(text: &str) -> String {
    match text.parse::<Decimal>() {
        Ok(value) if value.scale() > 0 => format!("{:.2}", value.round_dp(2)),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(value: Option<&str>, passed: Option<bool>) -> GateResult {
        GateResult {
            gate: "sharpe".into(),
            limit: ">= 1".into(),
            value: value.map(str::to_owned),
            passed,
        }
    }

    #[test]
    fn a_gate_says_in_words_how_it_was_judged() {
        let lines = lines(&[
            gate(Some("1.4183"), Some(true)),
            gate(Some("0.71"), Some(false)),
            gate(None, None),
        ]);
        let starts = ["  PASS", "X FAIL", "! NOT JUDGED"];
        for ((_, line), start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
            assert!(line.ends_with("wanted >= 1"), "{line}");
        }
        assert!(lines[0].1.contains(" 1.42 "), "{}", lines[0].1);
        let both = [gate(Some("0.713"), Some(false)), gate(None, None)];
        assert_eq!(stopped(&both), "Sharpe 0.71, Sharpe unknown");
        assert_eq!(passed(&[gate(None, Some(true)), gate(None, None)]), "1/2");
        assert_eq!(passed(&[]), "-");
    }
}
