//! `autonomy_state.json`: the global state for other programs, with the fields of the documents.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::core::State;
use crate::snapshot::global;

/// The file, and what it says.
pub(super) struct GlobalFile {
    path: PathBuf,
    aside: PathBuf,
    shown: Option<String>,
}

impl GlobalFile {
    /// Of a state folder; what an earlier process left there is replaced by the first
    /// [`GlobalFile::show`].
    pub fn in_folder(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("autonomy_state.json"),
            aside: state_dir.join(".autonomy_state.json"),
            shown: None,
        }
    }

    /// Writes the file where the state says something else than it does, and puts it in the place of
    /// the old one in one step: whoever reads it sees one or the other.
    ///
    /// # Errors
    /// The file system fails; the file is as it was, and the next call tries again.
    pub fn show(&mut self, state: &State) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&global(state))
            .expect("plain fields always have a JSON document");
        if self.shown.as_ref() == Some(&text) {
            return Ok(());
        }
        let mut file = File::create(&self.aside)?;
        writeln!(file, "{text}")?;
        // A name that is durable before its text would show an empty file after a power cut.
        file.sync_all()?;
        fs::rename(&self.aside, &self.path)?;
        self.shown = Some(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rust_decimal_macros::dec;
    use serde_json::{Value, json};

    use super::*;
    use crate::core::activity::{Activity, ActivityKind};
    use crate::core::id::ActivityId;
    use crate::core::{Event, Time};

    fn read(dir: &Path) -> Value {
        let text = fs::read_to_string(dir.join("autonomy_state.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn pool(equity: rust_decimal::Decimal) -> Event {
        Event::PoolMarked {
            equity,
            pool: equity,
            reset_peak: false,
        }
    }

    #[test]
    fn it_has_the_documents_fields_as_numbers_and_booleans() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = State::default();
        state.evolve(Time(1), &pool(dec!(10000.50)));
        GlobalFile::in_folder(dir.path()).show(&state).unwrap();
        assert_eq!(
            read(dir.path()),
            json!({
                "deployment_in_progress": false,
                "param_optimization_active": false,
                "strategy_discovery_active": false,
                "hardstop_triggered": false,
                "available_capital_usd": 10000.5,
                "reserved_capital": {
                    "exits": 0.0,
                    "live_trades": 0.0,
                    "paper_trades": 0.0,
                    "backtests": 0.0,
                },
                "active_backtests": 0,
                "active_paper_trades": 0,
            })
        );
    }

    #[test]
    fn a_running_activity_is_a_flag_and_a_queued_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = GlobalFile::in_folder(dir.path());
        let mut state = State::default();
        for (n, kind, queued) in [
            (1, ActivityKind::Deployment, false),
            (2, ActivityKind::Discovery, true),
        ] {
            let activity = Activity {
                id: ActivityId(n),
                kind,
                agent: "quant".parse().unwrap(),
                declared: true,
                queued,
                since: Time(1),
                end: None,
            };
            state.evolve(Time(1), &Event::ActivityBegan { activity });
        }
        file.show(&state).unwrap();
        let shown = read(dir.path());
        assert_eq!(shown["deployment_in_progress"], true);
        assert_eq!(shown["strategy_discovery_active"], false);
    }

    #[test]
    fn a_reader_never_sees_half_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = GlobalFile::in_folder(dir.path());
        let mut state = State::default();
        file.show(&state).unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut last = 0.0;
                while !over.load(Ordering::Acquire) {
                    let free = read(dir.path())["available_capital_usd"].as_f64().unwrap();
                    assert!(free >= last, "{free} after {last}");
                    last = free;
                }
            });
            for n in 1..=2_000 {
                state.evolve(Time(n), &pool(n.into()));
                file.show(&state).unwrap();
            }
            over.store(true, Ordering::Release);
            reader.join().unwrap();
        });
        assert_eq!(read(dir.path())["available_capital_usd"], 2000.0);
    }
}
