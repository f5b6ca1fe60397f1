//! When a condition holds.

use proptest::prelude::{Strategy as _, *};

use super::*;

/// At which bars, counted from 1, it wishes to enter.
fn enters(entry: Condition, closes: &[f64]) -> Vec<usize> {
    let mut rule = built(made(Vec::new(), entry, never()));
    let mut wishes = Vec::new();
    for (n, close) in closes.iter().enumerate() {
        if rule.on_bar(&bar(*close), Standing::Flat).is_some() {
            wishes.push(n + 1);
        }
    }
    wishes
}

fn three() -> Operand {
    Operand::Number(dec!(3))
}

#[test]
fn each_comparison_holds_where_it_says() {
    let closes = [2.0, 3.0, 4.0, 5.0, 3.0, 2.0, 1.0, 3.0, 4.0];
    let above = || Condition::Above(close(), three());
    let below = || Condition::Below(close(), three());
    for (condition, expected) in [
        (above(), &[3, 4, 9][..]),
        (below(), &[1, 6, 7]),
        // From not above to above: equal counts as not above.
        (Condition::CrossesAbove(close(), three()), &[3, 9]),
        (Condition::CrossesBelow(close(), three()), &[6]),
        (Condition::CrossesAbove(three(), close()), &[6]),
        (Condition::Not(Box::new(above())), &[1, 2, 5, 6, 7, 8]),
        (Condition::Any(vec![above(), below()]), &[1, 3, 4, 6, 7, 9]),
        (
            Condition::All(vec![
                Condition::Not(Box::new(above())),
                Condition::Not(Box::new(below())),
            ]),
            &[2, 5, 8],
        ),
        (Condition::Below(close(), Operand::Bar(Source::Volume)), &[]),
    ] {
        assert_eq!(
            enters(condition.clone(), &closes),
            expected,
            "{condition:?}"
        );
    }
}

#[test]
fn a_crossing_needs_a_bar_before() {
    let crosses = Condition::CrossesAbove(close(), three());
    assert!(enters(crosses, &[4.0, 5.0]).is_empty());
}

#[test]
fn nothing_is_entered_that_would_be_left_at_once() {
    let above = Condition::Above(close(), three());
    let far = Condition::Above(close(), Operand::Number(dec!(5)));
    let mut rule = built(made(Vec::new(), above, far));
    let wish = |rule: &mut Running, close| rule.on_bar(&bar(close), Standing::Flat);
    assert!(wish(&mut rule, 4.0).is_some());
    assert_eq!(wish(&mut rule, 6.0), None);
    let held = Standing::Long(dec!(2));
    let left = rule.on_bar(&bar(6.0), held).unwrap();
    assert_eq!(
        (left.side, left.quantity),
        (crate::core::order::Side::Sell, dec!(2))
    );
    assert_eq!(rule.on_bar(&bar(4.0), held), None);
    assert_eq!(rule.on_bar(&bar(6.0), Standing::Waiting), None);
    assert_eq!(
        rule.on_bar(&bar(6.0), Standing::Short(dec!(2))),
        None,
        "what is not its own is left alone"
    );
}

#[test]
fn a_wish_is_explained_by_all_that_was_looked_at() {
    let ema = Indicator::Ema {
        of: Source::High,
        length: number(dec!(1)),
    };
    let entry = Condition::All(vec![
        Condition::Above(close(), reading("line")),
        Condition::Above(Operand::Bar(Source::Volume), Operand::Number(dec!(0.5))),
    ]);
    let mut rule = built(made(vec![("line", ema)], entry, never()));
    let seen = Bar {
        high: 3.0,
        close: 4.0,
        volume: 2.0,
        ..bar(1.0)
    };
    assert!(rule.on_bar(&seen, Standing::Flat).is_some());
    assert_eq!(rule.features(), [3.0, 4.0, 2.0]);
}

/// A condition of comparisons with 3, and what it means at a close after another.
fn trees() -> BoxedStrategy<Condition> {
    let leaf = (0u8..4).prop_map(|kind| match kind {
        0 => Condition::Above(close(), three()),
        1 => Condition::Below(close(), three()),
        2 => Condition::CrossesAbove(close(), three()),
        _ => Condition::CrossesBelow(close(), three()),
    });
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|part| Condition::Not(Box::new(part))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
            prop::collection::vec(inner, 1..4).prop_map(Condition::Any),
        ]
    })
    .boxed()
}

fn means(condition: &Condition, before: f64, now: f64) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| means(part, before, now)),
        Condition::Any(parts) => parts.iter().any(|part| means(part, before, now)),
        Condition::Not(part) => !means(part, before, now),
        Condition::Above(..) => now > 3.0,
        Condition::Below(..) => now < 3.0,
        Condition::CrossesAbove(..) => now > 3.0 && before <= 3.0,
        Condition::CrossesBelow(..) => now < 3.0 && before >= 3.0,
    }
}

proptest! {
    #[test]
    fn a_program_says_what_its_condition_means(
        condition in trees(),
        closes in prop::collection::vec(1u8..6, 2..20),
    ) {
        let definition = made(Vec::new(), condition.clone(), never());
        prop_assume!(definition.check().is_ok());
        let closes: Vec<f64> = closes.into_iter().map(f64::from).collect();
        let first = if condition.looks_back() { 1 } else { 0 };
        let expected: Vec<usize> = (first..closes.len())
            .filter(|at| means(&condition, closes[at.saturating_sub(1)], closes[*at]))
            .map(|at| at + 1)
            .collect();
        prop_assert_eq!(enters(condition, &closes), expected);
    }
}
