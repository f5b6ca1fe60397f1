//! The house looked over.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::program::Home;

fn finding<'d>(document: &'d Value, check: &str) -> Vec<&'d Value> {
    let items = document["items"].as_array().unwrap().iter();
    items.filter(|item| item["check"] == check).collect()
}

fn status(document: &Value, check: &str) -> String {
    let found = finding(document, check);
    let found = found
        .first()
        .unwrap_or_else(|| panic!("{check} in {document}"));
    found["status"].as_str().unwrap().to_owned()
}

#[test]
fn every_check_is_there_before_an_engine_and_beside_one() {
    let home = Home::new();
    let before = home.verb(&["doctor"]).document();
    for check in [
        "configuration",
        "state folder",
        "disk",
        "lock",
        "journal",
        "engine",
        "exchange keys",
        "clock",
        "time service",
        "terminal",
        "logout",
        "core dumps",
        "file limit",
    ] {
        assert!(!finding(&before, check).is_empty(), "{check}");
    }
    let _engine = home.engine(&["--feed", "idle"]);
    let beside = home.verb(&["doctor"]).document();
    for check in ["engine", "lock", "stop link", "journal", "sockets"] {
        assert_eq!(status(&beside, check), "ok", "{beside}");
    }
    let keys = finding(&beside, "exchange keys")[0]["found"].to_string();
    assert!(keys.contains("no live venue"), "{keys}");
}

#[test]
fn what_is_wrong_fails_with_what_to_mend() {
    let home = Home::new();
    home.engine(&["--feed", "idle"]).kill();
    fs::set_permissions(home.state(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(
        home.path().join("pilothouse.toml"),
        "[risk]\nmax_leverage = 500\n",
    )
    .unwrap();
    let said = home.verb(&["doctor"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let document = said.document();
    assert_eq!(document["ok"], false);
    assert_eq!(status(&document, "configuration"), "fail");
    assert_eq!(status(&document, "state folder"), "fail");
    assert_eq!(
        status(&document, "lock"),
        "ok",
        "a lock that was left behind does no harm"
    );
    let mend = finding(&document, "state folder")[0]["mend"]
        .as_str()
        .unwrap();
    assert!(mend.starts_with("chmod 700"));
    let mut shown = home.program(&["doctor", "--state"]);
    shown.arg(home.state());
    let shown = home.ended(shown);
    assert!(shown.out.contains("FAIL  configuration"), "{}", shown.out);
    assert!(shown.out.contains("-> chmod 700"), "{}", shown.out);
}
