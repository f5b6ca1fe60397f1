//! Numbers of documents as a person reads them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use crate::cli::table;

/// Digits after the point of what is shown.
const DIGITS: u32 = 4;

/// The figures of a window, and where they stand in it.
pub const FIGURES: &[table::Column] = &[
    ("Sharpe", "sharpe"),
    ("Sortino", "sortino"),
    ("return %", "return_pct"),
    ("drawdown %", "max_drawdown_pct"),
    ("trades", "trades"),
    ("won %", "win_rate_pct"),
    ("profit factor", "profit_factor"),
    ("exposure %", "exposure_pct"),
    ("fees", "fees"),
    ("days", "days"),
    ("bars", "bars"),
];

/// A number with few digits; whatever else it is, as it is.
pub fn short(value: &Value) -> String {
    let number = match value {
        Value::String(text) => text.parse::<Decimal>().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) => number.round_dp(DIGITS).normalize().to_string(),
        None => table::cell(value),
    }
}

/// A figure with two digits after the point.
pub fn rounded(value: &Value) -> String {
    let number = value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    number.map_or_else(
        || short(value),
        |number| number.round_dp(2).normalize().to_string(),
    )
}

/// Seconds in the two units that matter.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// A decimal that is written as text, as a number; for what is only shown.
pub fn number(value: &Value) -> Value {
    let read = value.as_str().and_then(|text| text.parse::<f64>().ok());
    read.map_or_else(|| value.clone(), Value::from)
}

/// A share, 0 to 1, as whole percent; only what is done has a hundred.
pub fn percent(share: &Value) -> String {
    let share = share.as_f64().unwrap_or(0.0);
    format!("{} %", (share * 100.0).floor().to_u64().unwrap_or(0))
}

/// The values of parameters, `fast 10, slow 30`.
pub fn parameters(values: &Value) -> String {
    let values = values.as_object().into_iter().flatten();
    let words: Vec<String> = values
        .map(|(name, value)| format!("{name} {}", table::cell(value)))
        .collect();
    words.join(", ")
}

/// A hash, as much of it as tells it from others.
pub fn hash(value: &Value) -> String {
    value
        .as_str()
        .map_or("-".into(), |hash| hash.chars().take(12).collect())
}

/// The gates, one a row. What could not be judged was not passed.
pub fn gates(gates: &Value) -> String {
    let mut cells = vec![["GATE", "WANTED", "FOUND", ""].map(str::to_owned).to_vec()];
    for gate in gates.as_array().into_iter().flatten() {
        let judged = match gate["passed"].as_bool() {
            Some(true) => "PASS",
            Some(false) => "FAIL",
            None => "NOT JUDGED",
        };
        cells.push(vec![
            table::cell(&gate["gate"]),
            table::cell(&gate["limit"]),
            short(&gate["value"]),
            judged.to_owned(),
        ]);
    }
    if cells.len() == 1 {
        return "no gate was judged\n".to_owned();
    }
    table::grid(cells)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_short_and_nothing_is_rounded_up_to_done() {
        assert_eq!(short(&json!("1.2345678900")), "1.2346");
        assert_eq!(short(&json!(12)), "12");
        assert_eq!(short(&json!("1.50")), "1.5");
        assert_eq!(short(&json!(null)), "-");
        assert_eq!(short(&json!("none")), "none");
        assert_eq!(percent(&json!(0.999)), "99 %");
        assert_eq!(percent(&json!(1.0)), "100 %");
        assert_eq!(percent(&json!(null)), "0 %");
    }

    #[test]
    fn time_left_is_told_in_its_units() {
        assert_eq!(span(59), "59 s");
        assert_eq!(span(3_599), "59 min 59 s");
        assert_eq!(span(7_260), "2 h 1 min");
        assert_eq!(span(180_000), "2 d 2 h");
    }

    #[test]
    fn a_gate_that_was_not_judged_does_not_look_passed() {
        let text = gates(&json!([
            {"gate": "sharpe", "limit": ">= 1", "value": "1.23456", "passed": true},
            {"gate": "trades", "limit": ">= 30", "value": "3", "passed": false},
            {"gate": "return", "limit": "> 0", "value": null, "passed": null},
        ]));
        assert_eq!(
            text,
            "GATE    WANTED   FOUND\n\
             sharpe  >= 1    1.2346  PASS\n\
             trades  >= 30        3  FAIL\n\
             return  > 0          -  NOT JUDGED\n"
        );
        assert_eq!(gates(&json!([])), "no gate was judged\n");
    }
}
