use super::*;
use crate::config::{Sources, load};
use crate::console::action::{Context, NAMED};

/// A configuration file with these lines below `[console.keys]`.
fn loaded(lines: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("[console.keys]\n{lines}\n");
    std::fs::write(folder.path().join("pilothouse.toml"), text).unwrap();
    let sources = Sources {
        cwd: folder.path().to_owned(),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

fn keymap(lines: &str) -> Result<Keymap, String> {
    Keymap::of(&loaded(lines)).map_err(|errors| errors.to_string())
}

fn keys(keymap: &Keymap, id: &str) -> String {
    let row = ACTIONS.iter().find(|b| b.id == id).unwrap();
    keymap.shown(row)
}

#[test]
fn the_built_in_table_holds_its_own_rules() {
    // What the configuration may not say, the table does not say either.
    let all: Vec<String> = ACTIONS
        .iter()
        .map(|b| {
            let names: Vec<String> = b.keys.iter().map(|key| format!("{key:?}")).collect();
            assert_eq!(names.len(), b.keys.len());
            let names: Vec<String> = b
                .keys
                .iter()
                .map(|key| format!("{:?}", key.to_string()))
                .collect();
            format!("{} = [{}]", b.id, names.join(", "))
        })
        .collect();
    assert_eq!(keymap(&all.join("\n")).unwrap(), Keymap::built_in());
}

#[test]
fn only_what_differs_is_written_and_the_rest_stays() {
    let bound = keymap("pause = ['P', 'F5', '^p']\nfreeze = []\nhardstop = ['^X', 'F12']").unwrap();
    assert_eq!(keys(&bound, "pause"), "P F5 ^P");
    assert_eq!(keys(&bound, "freeze"), ":freeze");
    assert_eq!(keys(&bound, "hardstop"), "^X F12");
    assert_eq!(keys(&bound, "resume"), "r");
    assert_eq!(keys(&bound, "screen"), "1-9 0");
    let swapped = keymap("pause = ['r']\nresume = ['p']").unwrap();
    assert_eq!(
        (&*keys(&swapped, "pause"), &*keys(&swapped, "resume")),
        ("r", "p")
    );
    let screens = "screen = ['F1','F2','F3','F4','F5','F6','F7','F8','F9','F10']\npause = ['1']";
    let screens = keymap(screens).unwrap();
    assert_eq!(keys(&screens, "screen"), "F1-F10");
}

#[test]
fn a_variable_names_an_action_without_its_hyphen() {
    let sources = Sources {
        env: vec![("PILOTHOUSE__CONSOLE__KEYS__STEP_BACK".into(), "F7".into())],
        ..Sources::default()
    };
    let bound = Keymap::of(&load(&sources).unwrap()).unwrap();
    assert_eq!(keys(&bound, "step-back"), "F7");
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_what_is_allowed() {
    for (lines, words) in [
        // Names.
        (
            "paus = ['P']",
            &["unknown action", "did you mean `console.keys.pause`?"][..],
        ),
        ("pause = ['pp']", &["\"pp\", which is no key", NAMED]),
        ("pause = ['Alt-p']", &["an Esc pressed in haste"]),
        ("pause = ['^i']", &["is Tab to the terminal"]),
        ("pause = ['P', 'P']", &["listed twice"]),
        // The stop.
        (
            "hardstop = ['F12']",
            &["a list without ^X", "can be added to, not taken away"],
        ),
        ("hardstop = []", &["a list without ^X"]),
        (
            "hardstop = ['^X', 's']",
            &["found s;", "Ctrl and a letter, or a function key"],
        ),
        (
            "hardstop = ['^X', 'Space']",
            &["found Space;", "function key"],
        ),
        ("hardstop = ['^X', 'Up']", &["found Up;", "function key"]),
        (
            "hardstop = ['^X', '^L']",
            &["^L, which is repaint's too (built in)"],
        ),
        (
            "pause = ['^X']",
            &[
                "^X is hardstop's, everywhere",
                "^X, which is hardstop's too",
            ],
        ),
        // Two things at once.
        (
            "pause = ['r']",
            &["console.keys.pause: found r, which is resume's too (built in)"],
        ),
        (
            "down = ['z']\nup = ['z']",
            &["z, which is", "pilothouse.toml:"],
        ),
        ("choose-next = ['Bksp']", &["Bksp, which is erase's too"]),
        (
            "hardstop = ['^X', 'F12']\nfreeze = ['F12']",
            &["F12, which is hardstop's too"],
        ),
        (
            "yes = ['c']",
            &["c, which is close's too", "ask, send and answer yes"],
        ),
        ("yes = ['a']", &["a, which is acknowledge's too"]),
        (
            "pause = ['F6']\nyes = ['F6']",
            &["F6, which is pause's too"],
        ),
        (
            "yes = ['^S']\nsend = ['Enter', '^S']",
            &["^S, which is send's too", "ask, send and answer yes"],
        ),
        (
            "submit = ['Enter', 'F6']\nyes = ['y', 'F6']",
            &["F6, which is submit's too"],
        ),
        // What would trap the operator.
        ("clear-input = ['^g']", &["a list without ^C"]),
        ("pause = ['^C']", &["^C is clear-input's"]),
        ("cancel-form = []", &["a list without Esc", "the way back"]),
        ("pause = ['Esc']", &["Esc is back's"]),
        (
            "no = ['n']",
            &["a list without Esc", "a list without Enter"],
        ),
        ("submit = ['^g']", &["a list without Enter"]),
        ("erase = []", &["a list without Bksp"]),
        ("leave = []", &["no key;", "one key or more"]),
        ("palette = []", &["no key;"]),
        ("help = []", &["no key;"]),
        (
            "detail = []\npause = ['Enter']",
            &["Enter is pressed out of habit"],
        ),
        // What is typed.
        (
            "complete = ['Tab', 'x']",
            &["found x;", "part of what is typed"],
        ),
        (
            "next-field = ['Space']",
            &["found Space;", "part of what is typed"],
        ),
        ("repaint = ['L']", &["found L;", "function key"]),
        ("screen = ['F1']", &["1 keys", "none, or 10"]),
    ] {
        let said = keymap(lines).expect_err(lines);
        assert!(said.contains("pilothouse.toml:"), "{said}");
        for words in words {
            assert!(said.contains(words), "{lines}: {words:?} is not in\n{said}");
        }
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let said = keymap("paus = ['P']\nresume = ['qq']\nhardstop = ['F12']").unwrap_err();
    assert_eq!(said.lines().count(), 3, "{said}");
    for line in [
        "pilothouse.toml:2: console.keys.paus:",
        "pilothouse.toml:3: console.keys.resume:",
        "pilothouse.toml:4: console.keys.hardstop:",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

/// Whatever one action is given, ^X stops in every context, Esc goes back and ^C clears.
#[test]
fn no_single_rebinding_that_is_taken_hides_the_stop_or_the_way_back() {
    let names = [
        "^X", "^C", "Esc", "Enter", "Bksp", "Tab", "F1", "^G", "z", "Space", "Up",
    ];
    let found = |keymap: &Keymap, here: Context, name: &str| {
        let key = Key::parse(name).unwrap();
        let mut rows = ACTIONS.iter().filter(|b| b.context.counts_in(here));
        rows.find(|b| keymap.keys(b).contains(&key))
            .map(|b| b.action)
    };
    let mut taken = 0;
    for row in ACTIONS {
        for name in names {
            let lines = format!("{} = ['{name}']", row.id);
            let Ok(bound) = keymap(&lines) else { continue };
            taken += 1;
            for here in Context::PLACES {
                assert_eq!(found(&bound, here, "^X"), Some(Action::Hardstop), "{lines}");
                assert_eq!(
                    found(&bound, here, "^C"),
                    Some(Action::ClearInput),
                    "{lines}"
                );
                let back = found(&bound, here, "Esc");
                let leads = matches!(back, Some(Action::Back | Action::No));
                assert!(leads, "{lines} {here:?}: {back:?}");
                if here.takes_letters() {
                    assert_eq!(found(&bound, here, "z"), None, "{lines}");
                }
            }
        }
    }
    assert!(taken > 100, "{taken}");
}
