//! The manual and the completions.

use std::fs;

use crate::program::Home;

#[test]
fn the_manual_is_whole_on_stdout_and_a_page_a_verb_in_a_folder() {
    let home = Home::new();
    let whole = home.ended(home.program(&["man"]));
    assert_eq!(whole.code, Some(0));
    for words in [
        "pilothouse config reload",
        "EXIT STATUS",
        "ENVIRONMENT",
        "stop.sock",
    ] {
        assert!(whole.out.contains(words), "{words}");
    }
    let dir = home.path().join("man");
    let mut command = home.program(&["man", "--dir"]);
    command.arg(&dir);
    assert_eq!(home.ended(command).code, Some(0));
    let page = fs::read_to_string(dir.join("pilothouse-backup.1")).unwrap();
    assert!(page.contains("EXIT STATUS"));
    assert!(dir.join("pilothouse-journal-export.1").exists());
}

#[test]
fn completions_know_every_verb() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = home.ended(home.program(&["completions", shell]));
        assert_eq!(said.code, Some(0), "{said:?}");
        for verb in ["doctor", "backup", "reload", "hardstop", "export"] {
            assert!(said.out.contains(verb), "{shell}: {verb}");
        }
    }
}
