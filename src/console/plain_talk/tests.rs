use serde_json::json;

use super::*;
use crate::config::{Sources, load};
use crate::console::fixture;
use crate::console::keymap::Keymap;
use crate::console::message::{Effect, Effects, Request};
use crate::console::update::update;

struct Talk {
    ui: Ui,
    snapshot: Snapshot,
}

impl Talk {
    fn new(read_only: bool) -> Self {
        Self {
            ui: Ui::new(read_only),
            snapshot: fixture::snapshot(),
        }
    }

    /// Types a line; what is printed for it, and what is wanted of the engine.
    fn line(&mut self, line: &str) -> (Vec<String>, Effects) {
        let theme = Theme::default();
        match hear(line, &self.ui, &self.snapshot, fixture::NOW, theme) {
            Heard::Said(lines) => (lines, Vec::new()),
            Heard::Told(messages) => {
                let mut effects = Vec::new();
                for msg in messages {
                    effects.extend(update(&mut self.ui, msg, &self.snapshot));
                }
                let (lines, closes) = said(&self.ui, &self.snapshot, fixture::NOW, theme);
                if closes {
                    self.ui.layer = None;
                }
                (lines, effects)
            }
        }
    }

    fn calls(&mut self, line: &str) -> Vec<String> {
        let effects = self.line(line).1.into_iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Call(_, call) => Some(format!("{} {}", call.path, call.body)),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn a_line_pauses_by_key_by_name_and_by_symbol() {
    let mut talk = Talk::new(false);
    assert_eq!(
        talk.calls("p"),
        [r#"coordinator/pause {"reason":"paused by hand"}"#]
    );
    let mut talk = Talk::new(false);
    assert_eq!(talk.calls(":pause").len(), 1);
    let symbol = r#"coordinator/pause {"reason":"paused by hand","symbol":"BTC/USDT"}"#;
    assert_eq!(talk.calls("pause btc_usdt"), [symbol]);
    assert!(
        talk.line("pause DOGE/USDT").0[0].contains("no symbol that is watched; such as BTC/USDT")
    );
    assert_eq!(talk.line("q").1, [Effect::Leave]);
}

#[test]
fn what_is_dangerous_asks_and_only_a_yes_does_it() {
    let mut talk = Talk::new(false);
    let (said, effects) = talk.line("close position_9");
    assert!(
        said[0].starts_with("Close position_9 at the market: long ")
            && said[0].ends_with("? y or n"),
        "{said:?}"
    );
    assert!(effects.is_empty());
    assert!(talk.calls("").is_empty(), "an empty line is No");
    assert!(talk.ui.layer.is_none());
    talk.line("close position_9");
    assert_eq!(
        talk.calls("yes"),
        [r#"positions/position_9/close {"reason":"closed by hand"}"#]
    );
    assert!(talk.line("close").0[0].contains("close needs an id, such as: close position_3"));
    assert!(talk.line("close position_99").0[0].contains("did you mean position_9?"));
    assert!(talk.line("close position_6").0[0].contains("has ended already"));
}

#[test]
fn figures_are_asked_for_one_after_the_other() {
    let mut talk = Talk::new(false);
    let (said, _) = talk.line("edit position_9");
    assert!(said.last().unwrap().starts_with("stop ("), "{said:?}");
    let (said, _) = talk.line("63000");
    assert!(said.last().unwrap().starts_with("target ("), "{said:?}");
    talk.line("");
    let sent = talk.calls("");
    assert_eq!(sent, [r#"positions/position_9 {"stop":"63000"}"#]);
    let mut talk = Talk::new(false);
    talk.line("edit position_9");
    talk.line("cancel");
    assert!(talk.ui.layer.is_none());
    let mut talk = Talk::new(false);
    talk.line("edit position_9");
    talk.line("much");
    talk.line("");
    let (said, effects) = talk.line("");
    assert!(
        effects.is_empty() && said[0].contains("this is no number"),
        "{said:?}"
    );
}

#[test]
fn figures_are_asked_for_whatever_key_leads_on() {
    for keys in ["next-field = ['F7']", "next-field = []"] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("[console.keys]\n{keys}\n");
        std::fs::write(folder.path().join("pilothouse.toml"), text).unwrap();
        let sources = Sources {
            cwd: folder.path().to_owned(),
            ..Sources::default()
        };
        let keys = Keymap::of(&load(&sources).unwrap()).unwrap();
        let mut talk = Talk::new(false);
        talk.ui.keys = keys.into();
        talk.line("edit position_9");
        let (said, _) = talk.line("63000");
        assert!(said.last().unwrap().starts_with("target ("), "{said:?}");
        talk.line("");
        let sent = talk.calls("");
        assert_eq!(sent, [r#"positions/position_9 {"stop":"63000"}"#]);
    }
}

#[test]
fn lists_details_and_stories_are_printed_and_closed() {
    let mut talk = Talk::new(false);
    assert_eq!(talk.line("agents STALE").0[0], "agents with STALE: 1 of 12");
    let (said, _) = talk.line("detail position_9");
    assert!(
        said.iter().any(|line| line.contains("61,515.7")),
        "{said:#?}"
    );
    assert!(talk.ui.layer.is_none());
    assert_eq!(talk.calls("explain order_41"), ["explain/order_41 null"]);
    let story = json!({"narrative": "it began.", "outcome": "", "records": [7]});
    let request = Request::Explain("order_41".into());
    update(
        &mut talk.ui,
        Msg::Answered(request, Ok(story)),
        &talk.snapshot,
    );
    let (lines, closes) = super::said(&talk.ui, &talk.snapshot, fixture::NOW, Theme::default());
    assert_eq!(
        (&lines[..2], closes),
        (&["order_41:".to_owned(), "it began.".to_owned()][..], true)
    );
}

#[test]
fn the_stop_goes_through_whatever_is_asked_and_reading_offers_nothing_else() {
    let mut talk = Talk::new(true);
    assert_eq!(talk.line("pa\u{18}").1[0], Effect::Stop);
    assert!(talk.line("pause").0[0].contains("may only read"));
    assert!(
        !talk
            .line("help")
            .0
            .iter()
            .any(|line| line.contains("flatten"))
    );
    let mut talk = Talk::new(false);
    talk.line("shutdown");
    assert_eq!(talk.line("\u{18}").1[0], Effect::Stop);
    assert_eq!(talk.calls("n"), [""; 0]);
}

#[test]
fn every_name_is_known_and_what_needs_a_screen_says_so() {
    let mut talk = Talk::new(false);
    for b in action::ACTIONS
        .iter()
        .filter(|b| action::by_name(b) && !speaks(b))
    {
        assert_eq!(talk.line(b.id).0, [format!("{} needs a screen", b.id)]);
    }
    let (help, _) = talk.line("?");
    for b in action::ACTIONS
        .iter()
        .filter(|b| action::by_name(b) && speaks(b))
    {
        assert!(
            help.iter()
                .any(|line| line.starts_with(&format!("  {}", b.id))),
            "{}",
            b.id
        );
    }
    assert!(talk.line("agnts").0[0].contains("did you mean agents?"));
    assert!(talk.line("").0[0].contains("help lists all"));
}
