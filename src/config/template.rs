//! The text of `config/pilothouse.toml`: every key with its meaning, range and default.

use super::alerts::Webhook;
use super::idle;
use super::key::{Key, Section as _};
use super::kind::Kind;
use super::raw::Raw;
use super::reloading::{self, Reloading};
use super::sections::PARTS;

const HEAD: &str = "\
# Pilothouse: every key with its meaning, what it allows and its default.
#
# Layers, the later over the earlier: the defaults here, $XDG_CONFIG_HOME/pilothouse/config.toml,
# ./pilothouse.toml or --config FILE, the environment, flags. In the environment the key queue of
# [bus] is PILOTHOUSE__BUS__QUEUE, the interval of a schedule
# PILOTHOUSE__COORDINATOR__SCHEDULES__TECHNICAL_ANALYSIS__INTERVAL_S.
#
# Amounts and ratios are quoted, so that no digit of them is lost; ratios are fractions. Spans are
# engine time, which follows the feed, where they do not say wall time.
#
# A running engine takes what is marked `reloads` on `pilothouse config reload`: at once where nothing is
# wider by it, else when it is confirmed. Every other key needs a restart.
";

const OVERRIDES: &str = "
# One strategy or instrument may have limits of its own, only narrower: any key of [risk] but
# risk_per_trade and minimum_confidence, which are without effect there.
#
# [risk.strategy.\"momentum\"]
# max_order_value_usd = \"100\"
#
# [risk.instrument.\"BTC/USD\"]
# max_exposure_usd = \"2000\"
";

const BINDINGS: &str = "
# Keys of the console, action by action; what is not named here keeps its built-in keys, [] takes them
# away. The table of keys in README names every action. A key is a letter or sign, \"^P\" for Ctrl and a
# letter, Space, Enter, Esc, Tab, S-Tab, Bksp, Up, Down, Left, Right, Home, End, PgUp, PgDn, Ins, Del, or
# F1 to F12. What clashes is refused, and so is a stop without ^X: stop keys can be added, as Ctrl and a
# letter or a function key. An added one is read by the console: only ^X stops while the screen is stuck.
#
# [console.keys]
# pause = [\"P\", \"F5\"]
# hardstop = [\"^X\", \"F12\"]
# freeze = []
";

/// The text of `config/pilothouse.toml`. Used as it is, it gives the defaults.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for part in PARTS {
        text.push('\n');
        comment(&mut text, part.about);
        text.push_str(&format!("[{}]\n", part.path));
        for key in part.keys {
            let value = key
                .kind
                .check(&Raw::from_text(key.default, &key.kind))
                .expect("a default is allowed")
                .to_string();
            text.push('\n');
            comment(&mut text, key.doc);
            if idle::is_idle(&key.path()) {
                text.push_str("# Without effect in this version.\n");
            }
            text.push_str(&format!(
                "# {}. Default: {value}.\n{} = {value}{}\n",
                allowed(&key.kind),
                key.name,
                mark(key)
            ));
        }
        match part.path {
            "risk" => text.push_str(OVERRIDES),
            "alerts" => webhook(&mut text),
            "console" => text.push_str(BINDINGS),
            _ => {}
        }
    }
    text
}

/// What a running engine does with a change of the key.
fn mark(key: &Key) -> &'static str {
    match reloading::of(key) {
        _ if idle::is_idle(&key.path()) => "",
        Reloading::Restart => "  # needs a restart",
        _ => "  # reloads",
    }
}

/// A webhook's keys, commented out: none exists by default.
fn webhook(text: &mut String) {
    text.push_str("\n# A webhook, as many as are wanted, each with a name of its own. Secrets are named here and\n\
        # looked for in systemd's credentials, in $XDG_CONFIG_HOME/pilothouse/secrets/NAME (mode 0600)\n\
        # and in the environment (PILOTHOUSE_SECRET_NAME).\n#\n# [alerts.webhook.\"ops\"]\n");
    for key in Webhook::KEYS {
        let raw = Raw::from_text(key.default, &key.kind);
        let value = key.kind.check(&raw).expect("a default is allowed");
        text.push_str("#\n");
        for line in key.doc {
            text.push_str(&format!("##{line}\n"));
        }
        let (allowed, name) = (allowed(&key.kind), key.name);
        text.push_str(&format!(
            "## {allowed}. Default: {value}.\n# {name} = {value}\n"
        ));
    }
}

fn comment(text: &mut String, lines: &[&str]) {
    for line in lines {
        text.push_str(&format!("#{line}\n"));
    }
}

fn allowed(kind: &Kind) -> String {
    let words = kind.allowed();
    match words.chars().next() {
        Some(first) => first.to_uppercase().chain(words.chars().skip(1)).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file in the repository is what `config template` prints. To renew it, run this test with
    /// `PILOTHOUSE_WRITE_TEMPLATE=1`.
    #[test]
    fn the_repository_holds_the_template() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/pilothouse.toml");
        if std::env::var_os("PILOTHOUSE_WRITE_TEMPLATE").is_some() {
            std::fs::write(path, template()).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap() == template());
    }
}
