//! Which doors an engine opens at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::net::certificate;
use crate::program::Home;

#[test]
fn a_door_that_others_could_listen_at_stops_the_start() {
    let home = Home::new();
    let (ours, others) = (home.path().join("ours"), home.path().join("others"));
    for dir in [&ours, &others] {
        fs::create_dir(dir).unwrap();
        certificate(dir);
    }
    let open = ours.join("open.pem");
    fs::copy(ours.join("key.pem"), &open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let text = |cert: &std::path::Path, key: &std::path::Path| {
        format!(
            "[api]\nlisten = '0.0.0.0:0'\ntls_cert = '{}'\ntls_key = '{}'\n",
            cert.display(),
            key.display()
        )
    };
    let (cert, key) = (ours.join("cert.pem"), ours.join("key.pem"));
    let config = home.path().join("net.toml");
    let bare = "[api]\nlisten = '0.0.0.0:0'\n".to_owned();
    for (text, words) in [
        (
            bare,
            [
                "net.toml:2: api.listen: found \"0.0.0.0:0\"",
                "allowed a loopback address",
            ],
        ),
        (
            text(&ours.join("no.pem"), &key),
            ["net.toml:3: api.tls_cert", "no such file"],
        ),
        (
            text(&key, &key),
            [
                "net.toml:3: api.tls_cert",
                "allowed a file of PEM certificates",
            ],
        ),
        (
            text(&cert, &others.join("key.pem")),
            ["net.toml:4: api.tls_key", "does not fit"],
        ),
        (text(&cert, &open), ["net.toml:4: api.tls_key", "mode 0644"]),
    ] {
        fs::write(&config, &text).unwrap();
        let mut start = home.program(&["run", "--headless", "--json", "--config", "net.toml"]);
        start.arg("--state").arg(home.state());
        let said = home.ended(start);
        assert_eq!(
            said.refusal(),
            (Some(6), "CONFIG_INVALID".into()),
            "{said:?}"
        );
        for word in words {
            let message = said.problem()["message"].to_string().replace("\\\"", "\"");
            assert!(message.contains(word), "{word}: {message}");
        }
        assert!(
            !home.state().join("journal").exists(),
            "nothing was started"
        );
    }
}

#[test]
fn an_address_that_is_taken_is_said() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let text = format!("[api]\nlisten = '{address}'\n");
    fs::write(home.path().join("net.toml"), text).unwrap();
    let arguments = [
        "run",
        "--headless",
        "--json",
        "--feed",
        "idle",
        "--config",
        "net.toml",
    ];
    let mut start = home.program(&arguments);
    start.arg("--state").arg(home.state());
    let said = home.ended(start);
    assert_eq!(said.refusal(), (Some(1), "API_ADDRESS".into()));
    assert!(
        said.problem()["message"]
            .as_str()
            .unwrap()
            .contains(&address.to_string())
    );
}
