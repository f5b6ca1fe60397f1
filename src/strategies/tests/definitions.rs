//! Definitions as text, and what is wrong with them.

use super::*;

/// A definition with two parameters, two indicators and a rule between them.
const GOOD: &str = r#"
name = "mine"
version = "3"
about = "for tests"
side = "long"
entry = { all = [{ crosses_above = [{ bar = "close" }, { indicator = "line" }] }, { below = [{ indicator = "swing" }, { number = 5 }] }] }
exit = { below = [{ bar = "close" }, { parameter = "floor" }] }
stop = { multiple = { of = "swing", times = { number = "2.50" } } }
size = { quantity = { number = 0 }, share = { number = 0.5 } }

[[parameters]]
name = "length"
about = "bars"
whole = true
from = 2
to = 50
default = 20
search = { from = 10, to = 30, step = 10 }

[[parameters]]
name = "floor"
about = "price"
from = 1
to = 100
default = 60.25

[[require]]
parameter = "length"
below = "floor"

[[indicators]]
name = "line"
is = { ema = { length = { parameter = "length" } } }

[[indicators]]
name = "swing"
is = { atr = { length = { number = 14 } } }
"#;

#[test]
fn text_and_data_are_the_same_whichever_way() {
    let read = Definition::from_toml(GOOD).unwrap();
    let Indicator::Ema { of, .. } = &read.indicators[0].is else {
        panic!("{read:?}");
    };
    assert_eq!(*of, Source::Close, "where nobody says otherwise");
    assert_eq!(read.parameters[1].default, dec!(60.25), "to the last digit");
    let all = built_in().iter().map(|d| (**d).clone()).chain([read]);
    for definition in all {
        let (toml, json) = (definition.to_toml(), definition.to_json());
        assert_eq!(
            Definition::from_toml(&toml).as_ref(),
            Ok(&definition),
            "{toml}"
        );
        assert_eq!(
            Definition::from_json(&json).as_ref(),
            Ok(&definition),
            "{json}"
        );
        assert!(!json.contains('\n'));
        assert_eq!(Definition::from_json(&json).unwrap().to_json(), json);
    }
    let spelled = GOOD
        .replace("0.5 }", "\"0.500\" }")
        .replace("60.25", "\"60.250\"");
    let spelled = Definition::from_toml(&spelled).unwrap();
    assert_eq!(
        spelled.to_json(),
        Definition::from_toml(GOOD).unwrap().to_json()
    );
}

#[test]
fn what_does_not_hold_together_is_said_with_what_is_allowed() {
    for (from, to, said) in [
        (
            "name = \"mine\"",
            "name = \"my own\"",
            "name = \"my own\" does not do: allowed is 1 to 40 of a-z A-Z 0-9 _ - . : @",
        ),
        (
            "version = \"3\"",
            "version = \"\"",
            "version = \"\" does not do: allowed is 1 to 20 letters, digits and signs",
        ),
        (
            "for tests",
            "for\\ntests",
            "about = \"for\\ntests\" does not do: allowed is one line of up to 200 characters",
        ),
        (
            "side = \"long\"",
            "side = \"up\"",
            "line 5: unknown variant `up`, expected `long` or `short`",
        ),
        (
            "side = \"long\"",
            "sides = \"long\"",
            "unknown field `sides`",
        ),
        (
            "whole = true",
            "whole = true\nunit = 1",
            "unknown field `unit`",
        ),
        (
            "atr =",
            "atrr =",
            "unknown variant `atrr`, expected one of `ema`",
        ),
        (
            "length = { number = 14 }",
            "length = { number = 14 }, of = \"close\"",
            "unexpected keys in table: of, available keys: length",
        ),
        (
            "bar = \"close\" }, { ind",
            "bar = \"last\" }, { ind",
            "unknown variant `last`, expected one of `open`",
        ),
        ("number = 5 }", "number = nan }", "TOML: line 6"),
        (
            "name = \"swing\"",
            "name = \"line\"",
            "indicators names \"line\" twice",
        ),
        (
            "name = \"floor\"",
            "name = \"length\"",
            "parameters names \"length\" twice",
        ),
        (
            "name = \"swing\"",
            "name = \"Swing\"",
            "indicators.1.name = \"Swing\" does not do: allowed is 1 to 24 of a-z 0-9 _",
        ),
        (
            "indicator = \"line\"",
            "indicator = \"lines\"",
            "entry refers to \"lines\": allowed is line, swing",
        ),
        (
            "parameter = \"floor\" }",
            "parameter = \"bottom\" }",
            "exit refers to \"bottom\": allowed is length, floor",
        ),
        (
            "below = \"floor\"",
            "below = \"roof\"",
            "require.0.below refers to \"roof\": allowed is length, floor",
        ),
        (
            "of = \"swing\"",
            "of = \"line\"",
            "stop.multiple.of refers to \"line\": allowed is swing",
        ),
        (
            "number = 14",
            "number = 0",
            "indicators.swing.length = 0 is out of range: allowed is 1 to 10000, whole",
        ),
        (
            "number = 14",
            "number = 14.5",
            "indicators.swing.length = 14.5 is out of range: allowed is 1 to 10000, whole",
        ),
        (
            "number = 14",
            "number = 10001",
            "indicators.swing.length = 10001 is out of range",
        ),
        (
            "whole = true\n",
            "",
            "indicators.line.length = length (2 to 50) is out of range: allowed is 1 to 10000, whole",
        ),
        (
            "from = 2",
            "from = 0",
            "indicators.line.length = length (0 to 50, whole) is out of range",
        ),
        (
            "to = 50",
            "to = 1",
            "parameters.length.to = 1 is out of range: allowed is 2 to 1000000000, whole",
        ),
        (
            "default = 20",
            "default = 51",
            "parameters.length.default = 51 is out of range: allowed is 2 to 50, whole",
        ),
        (
            "default = 20",
            "default = 20.5",
            "parameters.length.default = 20.5 is out of range",
        ),
        (
            "from = 10",
            "from = 1",
            "parameters.length.search.from = 1 is out of range: allowed is 2 to 50, whole",
        ),
        (
            "to = 30",
            "to = 60",
            "parameters.length.search.to = 60 is out of range: allowed is 10 to 50, whole",
        ),
        (
            "step = 10",
            "step = 0",
            "parameters.length.search.step = 0 is out of range: allowed is above 0, whole",
        ),
        (
            "step = 10",
            "step = 0.5",
            "parameters.length.search.step = 0.5 is out of range",
        ),
        (
            "60.25",
            "15",
            "the defaults contradict each other: length = 20 is not below floor = 15",
        ),
        (
            "share = { number = 0.5 }",
            "share = { number = 1.5 }",
            "size.share = 1.5 is out of range: allowed is 0 to 1",
        ),
        (
            "times = { number = \"2.50\" }",
            "times = { number = -1 }",
            "stop.multiple.times = -1 is out of range: allowed is 0 to 100",
        ),
        (
            "{ parameter = \"floor\" }",
            "{ number = 1 }",
            "parameters.floor is used nowhere",
        ),
        (
            "{ indicator = \"line\" }",
            "{ number = 1 }",
            "indicators.line is used nowhere",
        ),
        (
            "exit = { below = [{ bar = \"close\" }, { parameter = \"floor\" }] }",
            "exit = { any = [] }",
            "exit has no part",
        ),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        match Definition::from_toml(&text) {
            Ok(_) => panic!("{to} does"),
            Err(error) => assert!(error.to_string().contains(said), "{to}: {error}"),
        }
    }
}

#[test]
fn json_says_where_it_went_wrong() {
    let json = Definition::from_toml(GOOD).unwrap().to_json();
    let wrong = json.replacen("\"whole\":true", "\"whole\":1", 1);
    let said = Definition::from_json(&wrong).unwrap_err().to_string();
    assert!(
        said.starts_with("this is no definition in JSON: parameters[0].whole: invalid type"),
        "{said}"
    );
    let said = Definition::from_json(&format!("{json} {{}}"))
        .unwrap_err()
        .to_string();
    assert!(said.contains("trailing characters"), "{said}");
    assert!(Definition::from_json("").is_err());
}

#[test]
fn everything_has_an_end() {
    let long = format!("{GOOD}\n#{}", "x".repeat(MOST_BYTES));
    let said = Definition::from_toml(&long).unwrap_err().to_string();
    assert!(said.ends_with("at most 16384 are allowed"), "{said}");

    let said = |definition: Definition| definition.check().unwrap_err().to_string();
    let holds = || Condition::Above(close(), Operand::Number(dec!(1)));
    let many = Condition::All(vec![holds(); MOST_NODES]);
    assert_eq!(
        said(made(Vec::new(), many, never())),
        "entry has 33 nodes: at most 32 are allowed"
    );
    let deep = |levels| (1..levels).fold(holds(), |part, _| Condition::Not(Box::new(part)));
    let deepest = made(Vec::new(), deep(MOST_DEPTH), never());
    assert_eq!(deepest.check(), Ok(()));
    let deeper = made(Vec::new(), deep(MOST_DEPTH + 1), never());
    assert_eq!(said(deeper), "entry has 9 levels: at most 8 are allowed");
    let names: Vec<String> = (0..17).map(|n| format!("i{n}")).collect();
    let sma = || Indicator::Sma {
        of: Source::Close,
        length: number(dec!(2)),
    };
    let crowd = names.iter().map(|name| (name.as_str(), sma())).collect();
    assert_eq!(
        said(made(crowd, holds(), never())),
        "the definition has 17 indicators: at most 16 are allowed"
    );
    let mut fine = Definition::from_toml(GOOD).unwrap();
    fine.parameters[1].search = Some(Search {
        from: dec!(1),
        to: dec!(100),
        step: dec!(0.0000000000000000000000000001),
    });
    assert!(said(fine).contains("at most 10000 are allowed"));
}

#[test]
fn one_that_was_not_checked_chooses_nothing() {
    let mut definition = Definition::from_toml(GOOD).unwrap();
    definition.entry = Condition::Any(Vec::new());
    let refused = Arc::new(definition).with(&[]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "entry has no part: at least one condition is needed"
    );
}

#[test]
fn the_example_that_people_copy_holds_together() {
    let text = include_str!("../../../assets/strategies/pullback.toml");
    let read = Definition::from_toml(text).unwrap();
    assert_eq!(read.name, "pullback");
    let chosen = Arc::new(read).with(&[]).unwrap();
    assert!(chosen.has_stop());
    assert_eq!(chosen.warm_up(), 201);
}
