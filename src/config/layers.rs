//! The layers: files, variables and flags, each read into settings.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::address::{Address, Located, Scope, locate};
use super::error::Fault;
use super::origin::Origin;
use super::raw::Raw;

/// A value, for whom it is, and who says so.
pub(super) struct Setting {
    pub(super) address: Address,
    pub(super) raw: Raw,
    pub(super) origin: Origin,
}

/// What the layers say, and what in them is no key.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) settings: Vec<Setting>,
    pub(super) faults: Vec<Fault>,
    /// The files that were read, in order.
    pub(super) files: Vec<PathBuf>,
}

/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// What a variable of the configuration begins with.
const PREFIX: &str = "PILOTHOUSE__";

impl Layers {
    /// Reads a file, `shown` being its name in messages. One that is absent says nothing, unless it
    /// `must` be there.
    pub(super) fn file(&mut self, shown: &Path, path: &Path, must: bool) {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !must => return,
            Err(error) => {
                let found = match error.kind() {
                    ErrorKind::NotFound => "no such file".to_owned(),
                    ErrorKind::InvalidData => "text that is not UTF-8".to_owned(),
                    _ => format!("a file that cannot be read ({error})"),
                };
                self.faults.push(Fault {
                    place: shown.display().to_string(),
                    key: None,
                    found,
                    allowed: "a TOML file of at most 1 MiB".to_owned(),
                    meant: None,
                });
                return;
            }
        };
        self.files.push(shown.to_owned());
        let (table, errors) = DeTable::parse_recoverable(&text);
        let page = Page { shown, text: &text };
        if errors.is_empty() {
            let (settings, faults) = page.read(table.get_ref());
            self.settings.extend(settings);
            self.faults.extend(faults);
            return;
        }
        // What stands after a broken line may have lost its section: only the syntax is judged.
        let faults = errors.iter().map(|error| Fault {
            place: page.origin(error.span().unwrap_or_default()).place(),
            key: None,
            found: format!("broken TOML ({})", error.message().replace('\n', " ")),
            allowed: "valid TOML".to_owned(),
            meant: None,
        });
        self.faults.extend(faults);
    }

    /// Reads the variables that begin with `PILOTHOUSE__`, in the order of their names.
    pub(super) fn variables(&mut self, env: &[(String, String)]) {
        let mut env: Vec<_> = env
            .iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        env.sort();
        for (name, text) in env {
            let path = name[PREFIX.len()..].to_ascii_lowercase();
            let path: Vec<_> = path.split("__").collect();
            self.text(&path, text, Origin::Variable(name.clone()));
        }
    }

    /// Reads the flags, each a key's path with its text.
    pub(super) fn flags(&mut self, flags: &[(&'static str, String)]) {
        for (path, text) in flags {
            let path: Vec<_> = path.split('.').collect();
            self.text(&path, text, Origin::Flag);
        }
    }

    fn text(&mut self, path: &[&str], text: &str, origin: Origin) {
        match locate(path) {
            Located::Key(mut address) => {
                self.adopt_case(&mut address.scope);
                let raw = Raw::from_text(text, &address.key.kind);
                self.settings.push(Setting {
                    address,
                    raw,
                    origin,
                });
            }
            Located::Section => self.faults.push(Fault {
                place: origin.place(),
                key: Some(path.join(".")),
                found: format!("{text:?}"),
                allowed: "a section's keys, each with a value of its own".to_owned(),
                meant: None,
            }),
            other => self.faults.extend(misplaced(path, other, &origin)),
        }
    }

    /// A variable's name has lost the case of a strategy's: the one that a file names is meant.
    fn adopt_case(&self, scope: &mut Scope) {
        let (Scope::Strategy(name) | Scope::Webhook(name)) = scope else {
            return;
        };
        let own = *name;
        let named = self
            .settings
            .iter()
            .map(|setting| &setting.address.scope)
            .find(|known| match (known, &*scope) {
                (Scope::Strategy(known), Scope::Strategy(_))
                | (Scope::Webhook(known), Scope::Webhook(_)) => {
                    known.as_str().eq_ignore_ascii_case(own.as_str())
                }
                _ => false,
            });
        *scope = named.unwrap_or(scope).clone();
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST_FILE + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// A file being read.
struct Page<'a> {
    shown: &'a Path,
    text: &'a str,
}

impl Page<'_> {
    fn origin(&self, span: Range<usize>) -> Origin {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        Origin::File {
            path: self.shown.to_owned(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
        }
    }

    /// Everything in the file, in the order of its lines.
    fn read(&self, table: &DeTable<'_>) -> (Vec<Setting>, Vec<Fault>) {
        let (mut settings, mut faults) = (Vec::new(), Vec::new());
        self.walk(&[], table, &mut settings, &mut faults);
        faults.sort_by_key(|(line, _)| *line);
        let mut faults: Vec<_> = faults.into_iter().map(|(_, fault)| fault).collect();
        faults.extend(twice(&settings));
        (settings, faults)
    }

    fn walk(
        &self,
        parent: &[&str],
        table: &DeTable<'_>,
        settings: &mut Vec<Setting>,
        faults: &mut Vec<(usize, Fault)>,
    ) {
        for (name, value) in table {
            let mut path = parent.to_vec();
            path.push(name.get_ref());
            let start = name.span().start;
            let origin = self.origin(name.span());
            match (locate(&path), value.get_ref()) {
                (Located::Key(address), value) => settings.push(Setting {
                    address,
                    raw: Raw::from_toml(value),
                    origin,
                }),
                (Located::Section, DeValue::Table(inner)) => {
                    self.walk(&path, inner, settings, faults);
                }
                (Located::Section, value) => faults.push((
                    start,
                    Fault {
                        place: origin.place(),
                        key: Some(path.join(".")),
                        found: Raw::from_toml(value).quoted(),
                        allowed: format!("a section, [{}]", path.join(".")),
                        meant: None,
                    },
                )),
                (other, _) => {
                    faults.extend(misplaced(&path, other, &origin).map(|fault| (start, fault)));
                }
            }
        }
    }
}

/// What is wrong with a path that leads to no key and no section.
fn misplaced(path: &[&str], located: Located, origin: &Origin) -> Option<Fault> {
    let place = origin.place();
    let path = path.join(".");
    let (found, allowed, meant) = match located {
        Located::Key(_) | Located::Section => return None,
        Located::Absent(section) => (
            format!("the section [{section}], which is not available in this version"),
            "a file without it".to_owned(),
            None,
        ),
        Located::Misnamed(why) => (
            format!("a wrong name ({why})"),
            "[risk.strategy.\"NAME\"], [risk.instrument.\"BTC/USD\"] and [alerts.webhook.\"NAME\"]"
                .to_owned(),
            None,
        ),
        Located::Unknown(meant) => (
            "an unknown key".to_owned(),
            "the keys of `pilothouse config template`".to_owned(),
            meant,
        ),
    };
    Some(Fault {
        place,
        key: Some(path),
        found,
        allowed,
        meant,
    })
}

/// Values that one file gives twice, by two names of one key.
fn twice(settings: &[Setting]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, setting) in settings.iter().enumerate() {
        let path = setting.address.path();
        let earlier = settings[..index]
            .iter()
            .find(|earlier| earlier.address.path() == path);
        if let Some(earlier) = earlier {
            faults.push(Fault {
                place: setting.origin.place(),
                found: format!("a second value, after {}", earlier.origin.place()),
                allowed: "one".to_owned(),
                key: Some(path),
                meant: None,
            });
        }
    }
    faults
}
