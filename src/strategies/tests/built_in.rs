//! The strategies that come with the program.

use super::*;
use crate::core::order::Side;

#[test]
fn what_is_built_in_holds_together() {
    let names: Vec<_> = built_in().iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["ema_cross", "breakout", "mean_reversion"]);
    for definition in built_in() {
        definition.check().unwrap();
        let searched = definition.parameters.iter();
        let searched = searched.filter(|p| p.search.is_some()).count();
        assert_eq!(searched, 2, "{}: a plane can be drawn", definition.name);
    }
    let wrong = named("ema").unwrap_err().to_string();
    assert_eq!(
        wrong,
        "there is no strategy \"ema\": allowed is ema_cross, breakout, mean_reversion"
    );
}

#[test]
fn what_is_wrong_with_a_parameter_names_what_is_allowed() {
    let said = |values: &[(&str, Decimal)]| set("ema_cross", values).unwrap_err().to_string();
    assert_eq!(
        said(&[("fst", dec!(3))]),
        "there is no parameter \"fst\": fast, slow, quantity, share, stop_pct are allowed"
    );
    assert_eq!(
        said(&[("fast", dec!(1.5))]),
        "fast = 1.5 is out of range: allowed is 1 to 10000, whole"
    );
    assert_eq!(
        said(&[("fast", dec!(30))]),
        "fast = 30 is not below slow = 30"
    );
    assert_eq!(
        said(&[("fast", dec!(3)), ("fast", dec!(4))]),
        "fast is set twice"
    );
    assert!(said(&[("quantity", dec!(-1))]).contains("0 to 1000000000"));
}

#[test]
fn ema_cross_waits_for_its_slowest_average_then_follows_the_cross() {
    let chosen = set(
        "ema_cross",
        &[
            ("fast", dec!(1)),
            ("slow", dec!(3)),
            ("quantity", dec!(0.5)),
        ],
    );
    let chosen = chosen.unwrap();
    assert_eq!(chosen.warm_up(), 3);
    let mut cross = chosen.build(dec!(10000));
    assert_eq!(cross.on_bar(&bar(1.0), Standing::Flat), None);
    assert_eq!(
        cross.on_bar(&bar(2.0), Standing::Flat),
        None,
        "not yet three"
    );
    let buy = Wish::at_market(Side::Buy, dec!(0.5));
    assert_eq!(cross.on_bar(&bar(3.0), Standing::Waiting), None);
    assert_eq!(cross.on_bar(&bar(3.0), Standing::Flat), Some(buy));
    let long = Standing::Long(dec!(0.4));
    assert_eq!(cross.on_bar(&bar(4.0), long), None);
    let sell = Wish::at_market(Side::Sell, dec!(0.4));
    assert_eq!(cross.on_bar(&bar(1.0), long), Some(sell));
    assert_eq!(cross.features().len(), 2);
}

/// Closes that wander: rising and falling for long, and up and down from one to the next, now and then
/// by much.
fn wandering(count: u32) -> impl Iterator<Item = f64> {
    (0..count).map(|n| {
        let noise = f64::from(n.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 - 0.5;
        let slow = (f64::from(n) / 400.0).sin();
        100.0 + f64::from(n) / 50.0 + 20.0 * slow + 40.0 * noise.powi(3)
    })
}

/// What it trades where every wish is filled at once: entries, exits.
fn trades(chosen: &Chosen, closes: impl Iterator<Item = f64>) -> (Vec<Wish>, usize) {
    let mut rule = chosen.build(dec!(10000));
    let (mut entries, mut exits) = (Vec::new(), 0);
    let mut standing = Standing::Flat;
    for close in closes {
        let wish = rule.on_bar(
            &Bar {
                high: close + 1.0,
                low: close - 1.0,
                ..bar(close)
            },
            standing,
        );
        match (wish, standing) {
            (Some(wish), Standing::Flat) => {
                standing = Standing::Long(wish.quantity);
                entries.push(wish);
            }
            (Some(_), _) => {
                standing = Standing::Flat;
                exits += 1;
            }
            (None, _) => {}
        }
    }
    (entries, exits)
}

#[test]
fn each_of_them_enters_and_leaves() {
    for definition in built_in() {
        let chosen = definition.with(&[]).unwrap();
        let (entries, exits) = trades(&chosen, wandering(5_000));
        assert!(entries.len() >= 5, "{}: {}", definition.name, entries.len());
        assert!(exits >= entries.len() - 1, "{}", definition.name);
        for wish in entries {
            assert_eq!(wish.side, Side::Buy);
            assert_eq!(wish.stop.is_some(), chosen.has_stop(), "{wish:?}");
        }
    }
}

#[test]
fn ema_cross_is_what_a_plain_computation_says() {
    for (fast, slow) in [(1u32, 2u32), (5, 20), (10, 30), (50, 200)] {
        let chosen = set("ema_cross", &[("fast", fast.into()), ("slow", slow.into())]);
        let chosen = chosen.unwrap();
        let mut rule = chosen.build(dec!(10000));
        let (mut a, mut b, mut long) = (0.0, 0.0, false);
        for (n, close) in wandering(2_000).enumerate() {
            if n == 0 {
                (a, b) = (close, close);
            }
            a += (close - a) * (2.0 / (f64::from(fast) + 1.0));
            b += (close - b) * (2.0 / (f64::from(slow) + 1.0));
            let standing = if long {
                Standing::Long(dec!(1))
            } else {
                Standing::Flat
            };
            let wish = rule.on_bar(&bar(close), standing).map(|wish| wish.side);
            let expected = match (n + 1 >= slow as usize, long, a > b) {
                (true, false, true) => Some(Side::Buy),
                (true, true, false) => Some(Side::Sell),
                _ => None,
            };
            assert_eq!(wish, expected, "{fast} over {slow} at {n}");
            assert_eq!(rule.features(), [a, b]);
            long ^= wish.is_some();
        }
    }
}

#[test]
fn a_search_stays_within_its_ends() {
    let definition = named("mean_reversion").unwrap();
    let width = definition.parameter("width").unwrap();
    let search = width.search.as_ref().unwrap();
    assert_eq!(search.count(), 9);
    let values: Vec<_> = (0..search.count()).map(|at| search.value(at)).collect();
    assert_eq!(
        (values[0], values[1], values[8]),
        (dec!(1), dec!(1.25), dec!(3))
    );
    assert!(values.iter().all(|value| width.holds(*value)));
}
