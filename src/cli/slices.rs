//! How an order is sent in slices: the flags of `orders place`.

use clap::Args;
use serde_json::{Value, json};

use super::arguments::decimal;

/// A plan, if any.
#[derive(Debug, Args)]
#[command(next_help_heading = "In slices")]
pub struct Slices {
    /// Equal slices in time.
    #[arg(long, group = "plan")]
    twap: bool,
    /// Slices by the recorded volume profile.
    #[arg(long, group = "plan")]
    vwap: bool,
    /// A share of the traded volume.
    #[arg(long, group = "plan")]
    pov: bool,
    /// Shows a part of itself, refilled when it is filled.
    #[arg(long, group = "plan", requires = "display")]
    iceberg: bool,
    /// Rests at the touch, follows it, crosses when late.
    #[arg(long, group = "plan")]
    passive: bool,
    /// Time the plan may take, seconds [default: 3600].
    #[arg(long, value_name = "SECONDS", requires = "plan")]
    duration: Option<u32>,
    /// Slices in all [default: one a minute].
    #[arg(long, value_name = "N", requires = "plan")]
    slices: Option<u32>,
    /// Largest share of the traded volume, a fraction (0.1).
    #[arg(long, value_name = "FRACTION", value_parser = decimal, requires = "plan")]
    participation: Option<String>,
    /// Base quantity that is shown at once.
    #[arg(long, value_name = "QUANTITY", value_parser = decimal, requires = "plan")]
    display: Option<String>,
}

impl Slices {
    /// As the interface has it; null where no plan is asked for.
    pub fn algorithm(&self) -> Value {
        let kinds = [
            ("twap", self.twap),
            ("vwap", self.vwap),
            ("pov", self.pov),
            ("iceberg", self.iceberg),
            ("passive", self.passive),
        ];
        let kind = kinds.into_iter().find(|(_, asked)| *asked);
        kind.map_or(Value::Null, |(kind, _)| {
            json!({
                "kind": kind,
                "duration_s": self.duration,
                "slices": self.slices,
                "participation": self.participation,
                "display": self.display,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        slices: Slices,
    }

    fn plan(line: &[&str]) -> Result<Value, clap::Error> {
        let line = std::iter::once(&"place").chain(line);
        Line::try_parse_from(line).map(|l| l.slices.algorithm())
    }

    #[test]
    fn one_plan_at_most_and_its_figures_as_they_were_written() {
        assert_eq!(plan(&[]).unwrap(), Value::Null);
        assert_eq!(
            plan(&["--twap", "--duration", "240", "--slices", "4"]).unwrap(),
            json!({
                "kind": "twap", "duration_s": 240, "slices": 4,
                "participation": null, "display": null,
            })
        );
        let iceberg = plan(&["--iceberg", "--display", "0.10"]).unwrap();
        assert_eq!(
            (&iceberg["kind"], &iceberg["display"]),
            (&json!("iceberg"), &json!("0.10"))
        );
        assert!(plan(&["--twap", "--pov"]).is_err());
        assert!(plan(&["--iceberg"]).is_err());
        assert!(plan(&["--duration", "60"]).is_err());
        assert!(plan(&["--pov", "--participation", "much"]).is_err());
    }
}
