//! Whatever holds together runs on whatever bars there are.

use proptest::prelude::{Strategy as _, *};

use super::*;

fn term() -> BoxedStrategy<Term> {
    prop_oneof![
        (1u32..40).prop_map(|n| number(n.into())),
        Just(Term::Parameter("length".to_owned())),
    ]
    .boxed()
}

fn indicator() -> BoxedStrategy<Indicator> {
    let of = prop::sample::select(vec![
        Source::Open,
        Source::High,
        Source::Low,
        Source::Close,
        Source::Volume,
    ]);
    let width = (0u32..100).prop_map(|n| number(n.into()));
    (0u8..11, of, term(), width)
        .prop_map(|(kind, of, length, width)| match kind {
            0 => Indicator::Ema { of, length },
            1 => Indicator::Sma { of, length },
            2 => Indicator::Rsi { of, length },
            3 => Indicator::Atr { length },
            4 => Indicator::Highest { of, length },
            5 => Indicator::Lowest { of, length },
            6 => Indicator::Stddev { of, length },
            7 => Indicator::Zscore { of, length },
            8 => Indicator::Roc { of, length },
            9 => Indicator::UpperBand { of, length, width },
            _ => Indicator::LowerBand { of, length, width },
        })
        .boxed()
}

fn operand() -> BoxedStrategy<Operand> {
    prop_oneof![
        prop::sample::select(vec!["a", "b", "swing"]).prop_map(reading),
        Just(close()),
        Just(Operand::Bar(Source::Volume)),
        Just(Operand::Parameter("length".to_owned())),
        (-1000i64..1000).prop_map(|n| Operand::Number(Decimal::new(n, 2))),
    ]
    .boxed()
}

fn condition() -> BoxedStrategy<Condition> {
    let leaf = (0u8..4, operand(), operand()).prop_map(|(kind, left, right)| match kind {
        0 => Condition::Above(left, right),
        1 => Condition::Below(left, right),
        2 => Condition::CrossesAbove(left, right),
        _ => Condition::CrossesBelow(left, right),
    });
    leaf.prop_recursive(3, 16, 3, |inner| {
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

fn distance() -> BoxedStrategy<Option<Distance>> {
    prop_oneof![
        Just(None),
        (0u32..99).prop_map(|n| Some(Distance::Percent(number(n.into())))),
        (0u32..100).prop_map(|n| {
            Some(Distance::Multiple {
                of: "swing".to_owned(),
                times: number(n.into()),
            })
        }),
    ]
    .boxed()
}

/// Any definition in which everything is used.
fn definition() -> BoxedStrategy<Definition> {
    let size = (0u32..3, 0u32..=100);
    (
        [indicator(), indicator()],
        [condition(), condition()],
        [distance(), distance()],
        size,
        any::<bool>(),
    )
        .prop_map(
            |([a, b], [entry, exit], [stop, target], (quantity, share), long)| {
                let swing = Indicator::Atr {
                    length: Term::Parameter("length".to_owned()),
                };
                // Says nothing, and uses what nothing else may.
                let used =
                    ["a", "b", "swing"].map(|name| Condition::Above(reading(name), reading(name)));
                let entry = Condition::Any([entry].into_iter().chain(used).collect());
                let mut made = made(vec![("a", a), ("b", b), ("swing", swing)], entry, exit);
                made.parameters = vec![Parameter {
                    name: "length".to_owned(),
                    about: "bars".to_owned(),
                    whole: true,
                    from: dec!(1),
                    to: dec!(60),
                    default: dec!(7),
                    search: None,
                }];
                made.side = if long {
                    PositionSide::Long
                } else {
                    PositionSide::Short
                };
                (made.stop, made.target) = (stop, target);
                made.size = Size {
                    quantity: number(quantity.into()),
                    share: number(Decimal::new(share.into(), 2)),
                };
                made
            },
        )
        .boxed()
}

fn price() -> BoxedStrategy<f64> {
    prop_oneof![
        5 => 90.0..110.0f64,
        1 => Just(100.0),
        1 => Just(0.0),
        1 => Just(1e-300),
        1 => Just(1e300),
        1 => Just(f64::MAX),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NAN),
    ]
    .boxed()
}

fn bars() -> BoxedStrategy<Vec<Bar>> {
    let one = (price(), price(), price(), price(), price()).prop_map(
        |(open, high, low, close, volume)| Bar {
            open_time: Time(0),
            open,
            high,
            low,
            close,
            volume,
        },
    );
    prop::collection::vec(one, 1..200).boxed()
}

fn standing() -> BoxedStrategy<Standing> {
    prop_oneof![
        Just(Standing::Flat),
        Just(Standing::Waiting),
        Just(Standing::Long(dec!(1.5))),
        Just(Standing::Short(dec!(0.1))),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_holds_together_runs_on_any_bars(
        definition in definition(),
        bars in bars(),
        standings in prop::collection::vec(standing(), 1..8),
        length in 1u32..=60,
    ) {
        prop_assume!(definition.check().is_ok());
        let json = definition.to_json();
        let read = Definition::from_json(&json);
        prop_assert_eq!(read.as_ref(), Ok(&definition));
        let toml = Definition::from_toml(&definition.to_toml());
        prop_assert_eq!(toml.map(|read| read.feature_hash()), Ok(definition.feature_hash()));
        let definition = Arc::new(definition);
        let chosen = definition.with(&[("length".to_owned(), length.into())]).unwrap();
        let mut rule = chosen.build(dec!(10000));
        for (n, bar) in bars.iter().enumerate() {
            let standing = standings[n % standings.len()];
            let Some(wish) = rule.on_bar(bar, standing) else {
                continue;
            };
            prop_assert!(n + 1 >= chosen.warm_up() as usize);
            prop_assert!(wish.quantity > Decimal::ZERO);
            if standing == Standing::Flat {
                prop_assert_eq!(wish.side, definition.side.entry());
                prop_assert_eq!(wish.stop.is_some(), chosen.has_stop());
            } else {
                prop_assert_eq!(wish.side, definition.side.entry().opposite());
            }
        }
    }
}
