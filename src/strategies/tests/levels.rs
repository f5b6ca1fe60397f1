//! How much is entered, where it is given up, and where it has earned enough.

use rust_decimal::prelude::ToPrimitive;

use super::*;
use crate::core::order::Side;

fn always() -> Condition {
    Condition::Above(Operand::Number(dec!(1)), Operand::Number(dec!(0)))
}

/// The first wish of a definition with an average true range over one bar, which is 4 at the second.
fn first(change: impl FnOnce(&mut Definition)) -> Option<Wish> {
    let swing = Indicator::Atr {
        length: number(dec!(1)),
    };
    let look = Condition::Not(Box::new(Condition::Below(
        reading("swing"),
        Operand::Number(dec!(0)),
    )));
    let entry = Condition::All(vec![always(), look]);
    let mut definition = made(vec![("swing", swing)], entry, never());
    change(&mut definition);
    let mut rule = built(definition);
    assert_eq!(rule.on_bar(&bar(96.0), Standing::Flat), None);
    rule.on_bar(&bar(100.0), Standing::Flat)
}

fn times(times: Decimal) -> Option<Distance> {
    Some(Distance::Multiple {
        of: "swing".to_owned(),
        times: number(times),
    })
}

fn percent(percent: Decimal) -> Option<Distance> {
    Some(Distance::Percent(number(percent)))
}

#[test]
fn levels_lie_on_their_sides_of_the_price() {
    let wish = first(|d| {
        d.stop = percent(dec!(2.5));
        d.target = times(dec!(1.5));
    });
    let long = Wish {
        stop: Some(dec!(97.5)),
        target: Some(dec!(106)),
        ..Wish::at_market(Side::Buy, dec!(1))
    };
    assert_eq!(wish, Some(long));
    let wish = first(|d| {
        d.side = PositionSide::Short;
        d.stop = times(dec!(2));
        d.target = percent(dec!(10));
    });
    let short = Wish {
        stop: Some(dec!(108)),
        target: Some(dec!(90)),
        ..Wish::at_market(Side::Sell, dec!(1))
    };
    assert_eq!(wish, Some(short));
}

#[test]
fn a_factor_of_nothing_is_no_level() {
    let wish = first(|d| {
        d.stop = times(dec!(0));
        d.target = percent(dec!(0));
    });
    assert_eq!(wish, Some(Wish::at_market(Side::Buy, dec!(1))));
    let stop = |percent: Decimal| {
        let chosen = set("ema_cross", &[("stop_pct", percent)]);
        chosen.unwrap().has_stop()
    };
    assert_eq!((stop(dec!(0)), stop(dec!(2))), (false, true));
    assert!(
        !Arc::new(made(Vec::new(), always(), never()))
            .with(&[])
            .unwrap()
            .has_stop()
    );
}

#[test]
fn where_a_level_cannot_be_nothing_is_entered() {
    // 30 times 4 lies below nought; and a market that stands still has no range to measure with.
    assert_eq!(first(|d| d.stop = times(dec!(30))), None);
    let swing = Indicator::Atr {
        length: number(dec!(1)),
    };
    let mut definition = made(vec![("swing", swing)], always(), never());
    definition.stop = times(dec!(2));
    let mut rule = built(definition);
    for _ in 0..5 {
        assert_eq!(rule.on_bar(&bar(100.0), Standing::Flat), None);
    }
}

#[test]
fn a_price_of_fifteen_digits_goes_through_a_float_unchanged() {
    let mut definition = made(Vec::new(), always(), never());
    definition.size.quantity = number(dec!(1));
    definition.stop = Some(Distance::Percent(number(dec!(50))));
    let mut rule = built(definition);
    let mut digits = 137_u64;
    for _ in 0..2_000 {
        digits = digits
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // An even number of at most 15 digits, so that half of it has no more decimals.
        let price = Decimal::new((digits % 500_000_000_000_000) as i64 * 2 + 2, 8);
        let close = price.to_f64().unwrap();
        let wish = rule.on_bar(&bar(close), Standing::Flat).unwrap();
        assert_eq!(wish.stop, Some((price / dec!(2)).normalize()), "{price}");
    }
}

#[test]
fn a_share_is_of_the_capital_it_has_now() {
    let mut definition = made(Vec::new(), always(), never());
    definition.size.quantity = number(dec!(0));
    let mut rule = built(definition);
    let mut quantity = |capital: Option<Decimal>| {
        if let Some(capital) = capital {
            rule.fund(capital);
        }
        rule.on_bar(&bar(300.0), Standing::Flat).map(|w| w.quantity)
    };
    // 0.95 of 10,000 at 300, rounded down.
    assert_eq!(quantity(None), Some(dec!(31.66666666)));
    assert_eq!(quantity(Some(dec!(600))), Some(dec!(1.9)));
    assert_eq!(quantity(Some(dec!(0))), None);
    assert_eq!(quantity(Some(dec!(-5))), None);
}
