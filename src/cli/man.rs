//! The manual, from the definition of the command line itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use super::Cli;
use super::exit::Exit;
use super::session::Session;
use crate::client::Problem;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write one page a verb into this folder, which is made, instead of the whole manual to stdout.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What each exit code says.
const EXITS: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "It did not work; the code of the error says what."),
    ("2", "The command line is wrong."),
    (
        "3",
        "A rule refused it; the code says which, with its limit and the value found.",
    ),
    ("4", "A confirmation is missing: --yes."),
    ("5", "No engine answers."),
    (
        "6",
        "The configuration is wrong: key, file, line and what is allowed are named.",
    ),
];

const FILES: &[(&str, &str)] = &[
    (
        "$XDG_CONFIG_HOME/pilothouse/config.toml",
        "The user's configuration; ~/.config by default.",
    ),
    (
        "./pilothouse.toml",
        "The working folder's configuration, over the user's; --config names another.",
    ),
    (
        "$XDG_STATE_HOME/pilothouse/",
        "The state folder, ~/.local/state/pilothouse by default; --state or PILOTHOUSE_STATE name another. \
         One engine a folder, held by the file lock.",
    ),
    (
        "STATE/journal/",
        "Segments of the journal, and snapshots of the state beside them.",
    ),
    (
        "STATE/stop/",
        "Sentinels of HARDSTOP: a file a stop that was not cleared.",
    ),
    ("STATE/control.sock", "The HTTP API, for its owner only."),
    ("STATE/stop.sock", "The stop, by the shortest way."),
    (
        "STATE/pilothouse.db",
        "SQL tables folded from the journal; they can be thrown away.",
    ),
    (
        "STATE/autonomy_state.json",
        "The global state, replaced within a second of a change.",
    ),
    ("STATE/research/", "What research runs computed."),
    ("STATE/logs/", "Logs, one JSON object a line."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "PILOTHOUSE__SECTION__KEY",
        "A key of the configuration, over the files: PILOTHOUSE__BUS__QUEUE.",
    ),
    (
        "PILOTHOUSE_STATE",
        "The state folder, where --state names none.",
    ),
    (
        "XDG_CONFIG_HOME, XDG_STATE_HOME",
        "Where configuration and state lie.",
    ),
    (
        "PILOTHOUSE_TOKEN",
        "The token shown to an engine that --url names.",
    ),
    (
        "NO_COLOR",
        "The console uses the terminal's own colours only.",
    ),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "Whether the terminal speaks UTF-8; glyphs are ASCII where not.",
    ),
];

/// The whole manual, or a folder of pages.
pub fn man(session: &Session, args: &Args) -> Exit {
    let Some(dir) = &args.dir else {
        let mut text = Vec::new();
        let rendered = whole(&mut text).map(|()| String::from_utf8_lossy(&text).into_owned());
        let shown = rendered.map_err(|error| unwritten(&error, Path::new("stdout")));
        return session.show(shown.map(|text| json!({ "man": text })), |document| {
            document["man"].as_str().unwrap_or_default().to_owned()
        });
    };
    let written = pages(dir).map_err(|error| unwritten(&error, dir));
    session.show(written.map(|files| json!({ "files": files })), |document| {
        let files = document["files"].as_array().map_or(0, Vec::len);
        format!("{files} pages in {}\n", dir.display())
    })
}

fn unwritten(error: &io::Error, place: &Path) -> Problem {
    let message = format!("{} cannot be written: {error}", place.display());
    Problem::new(
        0,
        "MAN_UNWRITTEN",
        message,
        "name a folder that can be written",
    )
}

/// The program with every verb's full name.
fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

/// One page with everything on it.
fn whole(out: &mut Vec<u8>) -> io::Result<()> {
    let program = program();
    let page = Man::new(program.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut verbs = Roff::new();
    verbs.control("SH", ["VERBS"]);
    verbs.to_writer(out)?;
    each(&program, &mut |verb| {
        let mut head = Roff::new();
        head.control("SS", [full_name(verb).as_str()]);
        head.to_writer(out)?;
        let page = Man::new(verb.clone());
        let mut body = Vec::new();
        page.render_description_section(&mut body)?;
        page.render_synopsis_section(&mut body)?;
        page.render_options_section(&mut body)?;
        out.extend_from_slice(below(&String::from_utf8_lossy(&body)).as_bytes());
        Ok(())
    })?;
    tables(out)
}

/// A verb's own sections within a page: their heads become paragraphs, and what every verb takes stands
/// at the page's beginning.
fn below(text: &str) -> String {
    let mut kept = String::new();
    let mut everywhere = false;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix(".SH ") {
            everywhere = head == "EVERYWHERE";
            if !everywhere && head != "DESCRIPTION" {
                kept.push_str(".PP\n");
            }
        } else if !everywhere && !line.starts_with(".ie ") && !line.starts_with(".el ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// One page a verb, each with exit codes, files and environment.
fn pages(dir: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(dir)?;
    let program = program();
    let mut files = Vec::new();
    let write = |command: &Command, files: &mut Vec<PathBuf>| {
        let mut text = Vec::new();
        let page = Man::new(command.clone()).title(full_name(command).replace(' ', "-"));
        page.render(&mut text)?;
        tables(&mut text)?;
        let name = format!("{}.1", full_name(command).replace(' ', "-"));
        let path = dir.join(name);
        fs::write(&path, text)?;
        files.push(path);
        io::Result::Ok(())
    };
    write(&program, &mut files)?;
    each(&program, &mut |verb| write(verb, &mut files))?;
    Ok(files)
}

/// Every verb and every verb of a verb, in the order of the help.
fn each(command: &Command, show: &mut impl FnMut(&Command) -> io::Result<()>) -> io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        show(verb)?;
        each(verb, show)?;
    }
    Ok(())
}

fn full_name(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    name.to_owned()
}

/// What is the same for every verb.
fn tables(out: &mut Vec<u8>) -> io::Result<()> {
    let mut page = Roff::new();
    for (title, rows) in [
        ("EXIT STATUS", EXITS),
        ("FILES", FILES),
        ("ENVIRONMENT", ENVIRONMENT),
    ] {
        page.control("SH", [title]);
        for (name, about) in rows {
            page.control("TP", []);
            page.text([bold(*name)]);
            page.text([roman(*about)]);
        }
    }
    page.to_writer(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manual() -> String {
        let mut text = Vec::new();
        whole(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_verb_is_in_the_manual_and_has_a_page() {
        let text = manual();
        let dir = tempfile::tempdir().unwrap();
        let files = pages(&dir.path().join("man")).unwrap();
        let mut verbs = 0;
        each(&program(), &mut |verb| {
            verbs += 1;
            let name = full_name(verb);
            assert!(name.starts_with("pilothouse "), "{name}");
            assert!(text.contains(&format!(".SS \"{name}\"")), "{name}");
            let page = format!("{}.1", name.replace(' ', "-"));
            assert!(files.iter().any(|f| f.ends_with(&page)), "{page}");
            Ok(())
        })
        .unwrap();
        assert!(verbs > 60, "{verbs}");
        assert_eq!(files.len(), verbs + 1);
    }

    #[test]
    fn exit_codes_files_and_variables_are_told_once() {
        let text = manual();
        for head in ["EXIT STATUS", "FILES", "ENVIRONMENT", "VERBS", "NAME"] {
            let head = if head.contains(' ') {
                format!("\"{head}\"")
            } else {
                head.to_owned()
            };
            assert_eq!(text.matches(&format!(".SH {head}\n")).count(), 1, "{head}");
        }
        let of_all = "The engine, by its control.sock";
        assert_eq!(text.matches(of_all).count(), 1);
        for (code, _) in EXITS {
            let code: u8 = code.parse().unwrap();
            assert!(super::super::EXITS.contains(&format!("{code} ")));
        }
    }
}
