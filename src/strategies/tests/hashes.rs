//! What counts for the feature hash.

use super::*;

fn changed(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut definition = (*named("breakout").unwrap()).clone();
    change(&mut definition);
    definition.check().unwrap();
    definition
}

#[test]
fn what_trades_alike_has_the_same_hash() {
    let hash = named("breakout").unwrap().feature_hash();
    assert_eq!(hash.len(), 64);
    let equal: [fn(&mut Definition); 6] = [
        |d| d.name = "another".into(),
        |d| (d.version, d.about) = ("9".into(), "other words".into()),
        |d| {
            d.parameters[0].default = dec!(55);
            d.parameters[0].search = None;
        },
        |d| {
            d.parameters.reverse();
            d.indicators.reverse();
        },
        // The same indicator by another name.
        |d| {
            d.indicators[2].name = "range".into();
            for distance in [&mut d.stop, &mut d.target] {
                if let Some(Distance::Multiple { of, .. }) = distance {
                    *of = "range".into();
                }
            }
        },
        // The same thing said the other way round, and twice.
        |d| {
            let said = Condition::Below(reading("ceiling"), close());
            let twice = Condition::Not(Box::new(Condition::Not(Box::new(d.entry.clone()))));
            d.entry = Condition::Any(vec![Condition::All(vec![said, twice])]);
        },
    ];
    for (n, change) in equal.into_iter().enumerate() {
        assert_eq!(changed(change).feature_hash(), hash, "change {n}");
    }
}

#[test]
fn what_trades_differently_has_another() {
    let different: [fn(&mut Definition); 7] = [
        |_| {},
        |d| d.side = PositionSide::Short,
        |d| d.exit = Condition::Not(Box::new(d.exit.clone())),
        |d| d.parameters[0].to = dec!(9999),
        |d| d.target = None,
        |d| d.size.share = number(dec!(0.95)),
        |d| {
            d.entry = Condition::CrossesAbove(close(), reading("ceiling"));
        },
    ];
    let mut hashes: Vec<_> = different
        .into_iter()
        .map(|change| {
            let mut definition = (*named("breakout").unwrap()).clone();
            change(&mut definition);
            definition.feature_hash()
        })
        .collect();
    hashes.extend([named("ema_cross"), named("mean_reversion")].map(|d| d.unwrap().feature_hash()));
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 9);
}

#[test]
fn the_order_of_parts_makes_no_difference_and_their_kind_does() {
    let above = |n: Decimal| Condition::Above(close(), Operand::Number(n));
    let hash = |entry: Condition| made(Vec::new(), entry, never()).feature_hash();
    let (one, two) = (above(dec!(1)), above(dec!(2)));
    let all = hash(Condition::All(vec![one.clone(), two.clone()]));
    assert_eq!(hash(Condition::All(vec![two.clone(), one.clone()])), all);
    assert_ne!(hash(Condition::Any(vec![one.clone(), two.clone()])), all);
    assert_ne!(hash(one), hash(two));
}
