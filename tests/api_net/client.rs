//! The client over the network: verbs, the console's link, and words about what to mend.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pilothouse::api::Bounds;
use pilothouse::client::{Call, Link, Problem, Remote, RemoteLink, Target, UNREACHABLE, call};

use crate::net::{Net, certificate};
use crate::program::{Home, until};

#[test]
fn a_console_on_the_network_stops_over_a_link_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut net = Net::secure(dir.path());
    let vera = net.token("vera", "viewer");
    let target = net.target(&vera, Some(dir.path()));
    let link = RemoteLink::connect(&target, "operator".parse().unwrap()).unwrap();
    assert!(link.stop_linked() && link.connected());
    let refused = link.call(Call::post("coordinator/pause", serde_json::json!({})));
    assert_eq!(refused.unwrap_err().status, 403);
    let stopped = link.stop("fire").unwrap();
    assert_eq!((stopped.epoch, stopped.already), (1, false));
    assert!(link.stop("fire").unwrap().already);
    let status = net.house.get("coordinator/status");
    assert_eq!(status["hardstop"]["by"], "vera");
    until("the console sees it", || {
        link.want();
        link.latest().status.hardstop.is_some().then_some(())
    });
    net.close();
    until("the strip says so", || (!link.stop_linked()).then_some(()));
    assert_eq!(link.stop("again").unwrap_err().code, UNREACHABLE);
}

#[test]
fn a_link_whose_token_was_taken_says_that_the_stop_has_none() {
    let net = Net::plain(Bounds::default());
    let vera = net.token("vera", "viewer");
    let target = net.target(&vera, None);
    let link = RemoteLink::connect(&target, "operator".parse().unwrap()).unwrap();
    assert!(link.stop_linked());
    let body = serde_json::json!({ "reason": "left" });
    let taken = net.house.ask(
        pilothouse::api::Caller::owner(),
        "DELETE",
        "tokens/vera",
        body,
    );
    assert_eq!(taken.status, 200, "{}", taken.body);
    until("the strip says so", || (!link.stop_linked()).then_some(()));
    assert_eq!(link.stop("fire").unwrap_err().status, 401);
}

#[test]
fn what_does_not_fit_is_said_with_what_to_mend() {
    let dir = tempfile::tempdir().unwrap();
    let secure = Net::secure(dir.path());
    let plain = Net::plain(Bounds::default());
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    let vera = secure.token("vera", "viewer");
    let ask = |url: String, ca: Option<&std::path::Path>, token: Option<&str>| -> Problem {
        let ca = ca.map(|dir| dir.join("cert.pem"));
        let remote = Remote::new(&url, ca, token.map(str::to_owned)).unwrap();
        call(&Target::Url(remote), &Call::get("risk")).unwrap_err()
    };
    let at = |scheme: &str, net: &Net| format!("{scheme}://localhost:{}", net.address.port());
    let stranger = ask(at("https", &secure), Some(other.path()), Some(&vera));
    assert_eq!(stranger.code, UNREACHABLE);
    assert!(stranger.hint.contains("--ca"), "{stranger:?}");
    let bare = ask(at("https", &plain), Some(dir.path()), Some(&vera));
    assert!(bare.hint.contains("http://"), "{bare:?}");
    let nobody = ask(at("https", &secure), Some(dir.path()), None);
    assert_eq!(nobody.status, 401);
    assert!(nobody.hint.contains("PILOTHOUSE_TOKEN"), "{nobody:?}");
    let absent = ask(at("https", &secure), Some(&dir.path().join("no")), None);
    assert_eq!(absent.code, "CA_UNREADABLE");
    let deaf = ask("http://localhost:1".into(), None, None);
    assert_eq!(deaf.code, UNREACHABLE);
}

#[test]
fn a_verb_takes_its_token_from_a_file_that_nobody_else_reads() {
    let net = Net::plain(Bounds::default());
    let vera = net.token("vera", "viewer");
    let home = Home::new();
    let folder = home.path().join("config/pilothouse");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("token");
    let url = format!("http://{}", net.address);
    let look = |mode| {
        fs::write(&file, format!("{vera}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        home.ended(home.program(&["status", "--json", "--url", &url]))
    };
    let exposed = look(0o644).problem();
    assert_eq!(exposed["code"], "TOKEN_EXPOSED");
    assert!(exposed["hint"].as_str().unwrap().contains("chmod 600"));
    assert_eq!(look(0o600).done()["state"], "running");
}
