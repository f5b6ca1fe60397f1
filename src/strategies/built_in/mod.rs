//! The strategies that come with the program: files of the same form as anybody's.

use std::sync::{Arc, LazyLock};

use super::definition::Definition;

static BUILT_IN: LazyLock<Vec<Arc<Definition>>> = LazyLock::new(|| {
    [
        include_str!("ema_cross.toml"),
        include_str!("breakout.toml"),
        include_str!("mean_reversion.toml"),
    ]
    .map(|text| {
        let read = Definition::from_toml(text);
        Arc::new(read.expect("what is built in is tested to hold together"))
    })
    .into()
});

/// There is no such strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no strategy {0:?}: allowed is {known}", known = names())]
pub struct UnknownStrategy(pub String);

/// Every built-in strategy.
pub fn built_in() -> &'static [Arc<Definition>] {
    &BUILT_IN
}

/// The built-in one of that name.
///
/// # Errors
/// There is none; the message names those there are.
pub fn named(name: &str) -> Result<Arc<Definition>, UnknownStrategy> {
    let found = built_in().iter().find(|d| d.name == name);
    found
        .cloned()
        .ok_or_else(|| UnknownStrategy(name.to_owned()))
}

fn names() -> String {
    let names: Vec<_> = built_in().iter().map(|d| d.name.as_str()).collect();
    names.join(", ")
}
