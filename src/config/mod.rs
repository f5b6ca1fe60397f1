//! Configuration: layers, checks, template.
//!
//! One table of keys (`sections`, `schedules`, `risk`) says of each what it means, what it allows
//! and what it is by default; structs, checks, template and `config show` follow from it. The
//! layers (`layers`) are read into settings, each with its origin, and laid over the defaults
//! (`settled`). All that is wrong is said at once.

mod address;
mod alerts;
mod changes;
mod choice;
mod error;
mod idle;
mod key;
mod kind;
mod layers;
mod load;
mod origin;
mod raw;
mod reloading;
mod risk;
mod schedules;
mod secret;
mod sections;
mod settled;
mod state;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub use alerts::{Alerts, Webhook, Webhooks, header, is_loopback};
pub use changes::{Difference, Taking};
pub use choice::{
    CapitalPool, Mode, OnCircuitBreaker, OnLiveStart, OnOperatorLoss, OnShutdown, OrderType, Ring,
    SplitPolicy, Theme, TimeInForce, Venue, WebhookFormat,
};
pub use error::{ConfigErrors, Fault};
pub use load::{Item, Loaded, Sources, load, paths};
pub use origin::Origin;
pub use risk::{Limits, Risk};
pub use schedules::{Schedule, Schedules};
pub use secret::{Secret, SecretError, Secrets};
pub use sections::{
    Api, Bindings, Bus, Config, Console, Coordinator, Execution, Guard, Health, Paper, Portfolio,
    Rate, Research, Resources, Store,
};
pub use state::{NoStateDir, StateDir, state_dir};
pub use suggest::nearest;
pub use template::template;
pub use value::Value;
