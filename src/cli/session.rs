//! One run of a verb: whom to ask, and how to show what was said.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use super::arguments::Globals;
use super::exit::{self, Exit, UNCONFIRMED};
use super::{harmless, offline, table};
use crate::api::{Api, Caller};
use crate::client::{Call, Problem, Remote, Target, UNREACHABLE, call, token};
use crate::config::{StateDir, state_dir};

/// Whom to ask, and how to show it.
pub struct Session {
    /// Flags of every verb.
    pub globals: Globals,
    folder: OnceLock<Result<Api, Problem>>,
}

/// What a verb has to show.
pub type Shown = Result<Value, Problem>;

impl Session {
    /// A session with these flags.
    pub fn new(globals: Globals) -> Self {
        Self {
            globals,
            folder: OnceLock::new(),
        }
    }

    /// The state folder, and whether somebody named it.
    ///
    /// # Errors
    /// Nothing says where it is.
    pub fn state(&self) -> Result<StateDir, Problem> {
        let env: Vec<_> = ["PILOTHOUSE_STATE", "XDG_STATE_HOME", "HOME"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
            .collect();
        let by_socket = self.globals.socket.as_ref().and_then(|path| path.parent());
        let flag = self.globals.state.clone().or(by_socket.map(PathBuf::from));
        state_dir(flag, &env)
            .map_err(|error| Problem::new(0, "STATE_MISSING", error.to_string(), "--state DIR"))
    }

    /// Where the engine is.
    ///
    /// # Errors
    /// Nothing says where it is.
    pub fn target(&self) -> Result<Target, Problem> {
        Ok(match (&self.globals.url, &self.globals.socket) {
            (Some(url), _) => Target::Url(self.remote(url)?),
            (None, Some(path)) => Target::Socket(path.clone()),
            (None, None) => Target::Socket(self.state()?.path.join("control.sock")),
        })
    }

    /// The engine at `url`, with the token of whoever asks.
    fn remote(&self, url: &str) -> Result<Remote, Problem> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        let config = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = || variable("HOME").map(|home| PathBuf::from(home).join(".config"));
        let file = config.or_else(home).map(|folder| token::file(&folder));
        let shown = token::find(variable(token::VARIABLE).as_deref(), file.as_deref())?;
        Remote::new(url, self.globals.ca.clone(), shown)
    }

    /// Asks the engine; what changes anything needs one.
    ///
    /// # Errors
    /// What it says, or that none answers.
    pub fn change(&self, asked: &Call) -> Shown {
        call(&self.target()?, asked)
    }

    /// Asks the engine, or where none runs the state folder.
    ///
    /// # Errors
    /// What they say.
    pub fn read(&self, asked: &Call) -> Shown {
        let named = self.globals.url.is_some() || self.globals.socket.is_some();
        match self.change(asked) {
            Err(problem) if problem.code == UNREACHABLE && !named => self.folder(asked),
            answered => answered,
        }
    }

    fn folder(&self, asked: &Call) -> Shown {
        let api = self
            .folder
            .get_or_init(|| self.state().and_then(|state| offline::api(&state.path)));
        match api {
            Ok(api) => {
                let mut shown = api.dispatch(&Caller::owner(), asked).into_result()?;
                if let Some(fields) = shown.as_object_mut() {
                    fields.insert("engine".into(), "not_running".into());
                }
                Ok(shown)
            }
            Err(problem) => Err(problem.clone()),
        }
    }

    /// Shows a document: as it is with `--json`, else as `human` has it.
    pub fn show(&self, shown: Shown, human: impl FnOnce(&Value) -> String) -> Exit {
        match shown {
            Err(problem) => self.fail(&problem),
            Ok(document) if self.globals.json => self.raw(&format!("{document}\n")),
            Ok(document) => self.text(&human(&document)),
        }
    }

    /// Reads a list and shows its rows.
    pub fn list_of(
        &self,
        path: &str,
        query: Vec<(String, String)>,
        columns: &[table::Column],
    ) -> Exit {
        let mut call = Call::get(path);
        call.query = query;
        self.list(self.read(&call), columns)
    }

    /// Reads a document and shows every field.
    pub fn one(&self, path: impl Into<String>) -> Exit {
        self.fields(self.read(&Call::get(path)))
    }

    /// Has something done and shows every field of what came of it.
    pub fn post(&self, path: impl Into<String>, body: Value) -> Exit {
        self.fields(self.change(&Call::post(path, body)))
    }

    /// Says something to whoever reads along; scripts take their answer from stdout.
    pub fn remark(&self, text: &str) {
        if !self.globals.json {
            eprintln!("{}", harmless::lines(text));
        }
    }

    /// Says on stderr what nobody may overlook; in a line before the answer, to scripts too.
    pub fn warn(&self, text: &str) {
        eprintln!("warning: {}", harmless::lines(text));
    }

    /// Shows the rows of a list.
    pub fn list(&self, shown: Shown, columns: &[table::Column]) -> Exit {
        self.show(shown, |document| table::list(document, columns))
    }

    /// Shows every field of a document.
    pub fn fields(&self, shown: Shown) -> Exit {
        self.show(shown, table::fields)
    }

    /// Shows what went wrong.
    pub fn fail(&self, problem: &Problem) -> Exit {
        exit::show(problem, self.globals.json)
    }

    /// Writes to stdout, for people: whatever the text holds, the terminal takes no orders from it.
    pub fn text(&self, text: &str) -> Exit {
        self.raw(&harmless::lines(text))
    }

    /// Writes to stdout as it is, for scripts; a reader that has gone has seen enough.
    pub fn raw(&self, text: &str) -> Exit {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failed,
            _ => Exit::Done,
        }
    }

    /// Whether it is confirmed: by `--yes`, or by the word typed at a terminal.
    ///
    /// # Errors
    /// Neither.
    pub fn confirm(&self, yes: bool, word: &str, what: &str) -> Result<(), Problem> {
        if yes {
            return Ok(());
        }
        let missing = || {
            let hint = "say --yes";
            Problem::new(0, UNCONFIRMED, format!("{what} wants a confirmation"), hint)
        };
        if self.globals.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(missing());
        }
        eprint!("{}. Type {word} to go on: ", harmless::lines(what));
        let mut typed = String::new();
        let read = io::stdin().lock().read_line(&mut typed);
        if read.is_ok() && typed.trim() == word {
            return Ok(());
        }
        Err(missing())
    }
}
