//! From the layers to a configuration, or to all that is wrong with it.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Serialize;

use super::alerts::Alerts;
use super::error::ConfigErrors;
use super::idle;
use super::layers::Layers;
use super::origin::Origin;
use super::sections::Config;
use super::settled::Settled;
use super::value::Value;

/// Where the layers are found. Nothing else is asked: no environment, no working folder.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file of `--config`, instead of `pilothouse.toml` in the working folder.
    pub explicit: Option<PathBuf>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// `$XDG_CONFIG_HOME`, which is `~/.config` by default.
    pub xdg_config: Option<PathBuf>,
    /// The working folder.
    pub cwd: PathBuf,
    /// Paths of keys with the text of their flags.
    pub flags: Vec<(&'static str, String)>,
}

/// A key's value, and who gave it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// The key's path.
    pub key: String,
    /// The value in force.
    pub value: Value,
    /// Who gave it.
    pub origin: Origin,
}

/// A configuration that holds.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The typed values.
    pub config: Config,
    /// Every key with its origin, for `config show`.
    pub items: Vec<Item>,
    /// The files that were read, the later over the earlier.
    pub files: Vec<PathBuf>,
    /// What is allowed and still worth a word.
    pub warnings: Vec<String>,
    pub(super) settled: Settled,
}

impl Loaded {
    /// Whether nobody gave the key a value, so that its built-in default is in force.
    pub fn is_default(&self, key: &str) -> bool {
        self.items
            .iter()
            .any(|item| item.key == key && item.origin == Origin::Default)
    }
}

impl Loaded {
    /// Who gave the key its value, as errors name it: `FILE:LINE`, the variable, `flag`.
    pub fn place(&self, key: &str) -> String {
        let item = self.items.iter().find(|item| item.key == key);
        item.map_or_else(String::new, |item| item.origin.place())
    }
}

impl Sources {
    /// The environment and working folder of this process.
    pub fn of_process(explicit: Option<PathBuf>, flags: Vec<(&'static str, String)>) -> Self {
        let env: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            explicit,
            xdg_config: super::state::base_folder(&env, "XDG_CONFIG_HOME", ".config"),
            env,
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            flags,
        }
    }

    /// The files in the order they are read: as shown, where to find it, whether it must exist.
    fn files(&self) -> Vec<(PathBuf, PathBuf, bool)> {
        let user = self.xdg_config.as_ref().map(|folder| {
            let path = folder.join("pilothouse/config.toml");
            (path.clone(), path, false)
        });
        let own = match &self.explicit {
            Some(file) => (file.clone(), self.cwd.join(file), true),
            None => {
                let path = self.cwd.join("pilothouse.toml");
                (path.clone(), path, false)
            }
        };
        user.into_iter().chain([own]).collect()
    }
}

/// Loads the configuration.
///
/// # Errors
/// All that is wrong with it at once.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let mut layers = Layers::default();
    for (shown, path, must) in sources.files() {
        layers.file(&shown, &path, must);
    }
    layers.variables(&sources.env);
    layers.flags(&sources.flags);

    let mut settled = Settled::defaults();
    let mut faults = layers.faults;
    faults.extend(settled.lay(layers.settings));
    faults.extend(settled.contradictions());
    if !faults.is_empty() {
        return Err(ConfigErrors { faults });
    }
    let config = settled.config();
    let items = settled.items();
    let mut warnings = warnings(&config);
    warnings.extend(idle::warnings(&items, &Settled::defaults().items()));
    Ok(Loaded {
        warnings,
        items,
        files: layers.files,
        config,
        settled,
    })
}

/// The files that would be read, in order, and whether each is there.
pub fn paths(sources: &Sources) -> Vec<(PathBuf, bool)> {
    sources
        .files()
        .into_iter()
        .map(|(shown, path, _)| (shown, is_there(&path)))
        .collect()
}

fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(false)
}

fn warnings(config: &Config) -> Vec<String> {
    let sum: Decimal = config.portfolio.targets.values().sum();
    let mut warnings = Vec::new();
    if sum != Decimal::ONE {
        warnings.push(format!("portfolio.targets sum to {sum}, not to 1"));
    }
    warnings
}

impl Default for Alerts {
    /// The built-in defaults: no webhook.
    fn default() -> Self {
        Config::default().alerts
    }
}

impl Default for Config {
    /// The built-in defaults.
    fn default() -> Self {
        Settled::defaults().config()
    }
}
