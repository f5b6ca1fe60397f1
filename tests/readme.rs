//! The README is held to what the program is: its keys, and the commands it begins with.

use pilothouse::console::readme_keys;

const README: &str = include_str!("../README.md");

/// The lines of the first fenced block, which holds what a newcomer types.
fn first_commands() -> Vec<&'static str> {
    let block = README.split("```").nth(1).expect("a fenced block");
    block.lines().skip(1).filter(|l| !l.is_empty()).collect()
}

#[test]
fn the_key_table_is_the_consoles_own() {
    let table = readme_keys();
    assert!(
        README.contains(&table),
        "the table of keys in README.md should be:\n{table}"
    );
}

#[test]
fn the_first_commands_run_and_test() {
    let commands = first_commands();
    let words = |line: &'static str| line.split('#').next().unwrap_or("").trim();
    let first: Vec<_> = commands.iter().map(|line| words(line)).collect();
    assert_eq!(first[..2], ["cargo run --release", "cargo test"]);
}
