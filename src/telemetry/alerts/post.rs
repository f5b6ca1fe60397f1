//! The thread that empties the outboxes: one for all channels, which wait for each other nowhere.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::channel::{Channel, Sender};
use super::courier::{Courier, Http};
use super::outbox::Rules;
use super::{Alert, Alerts};
use crate::config::{self, Secrets, Webhook};

/// How long an end waits for what is under way.
const DRAIN: Duration = Duration::from_secs(2);

/// The thread's handle. Dropping it ends the thread as [`Post::stop`] does.
pub struct Post {
    alerts: Alerts,
    end: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Post {
    /// The channels as configured, with their secrets read. A channel that cannot be used is one
    /// that says why; it stops nobody.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(config: &config::Alerts, secrets: &Secrets, mode: &str) -> io::Result<Self> {
        let channel = |(name, webhook): (&crate::core::Name, &Webhook)| {
            let courier = Http::new(webhook, secrets);
            let courier = courier.map(|http| Box::new(http) as Box<dyn Courier>);
            Channel::new(name.as_str(), rules(webhook), courier)
        };
        let channels = config.webhook.0.iter().map(channel).collect();
        let sender = Sender {
            engine: name(config),
            mode: mode.to_owned(),
        };
        Self::with(config.clone(), sender, channels)
    }

    /// The same with channels of one's own.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn with(
        config: config::Alerts,
        sender: Sender,
        channels: Vec<Channel>,
    ) -> io::Result<Self> {
        let end = CancellationToken::new();
        let channels: Vec<_> = channels.into_iter().map(Arc::new).collect();
        if channels.is_empty() {
            return Ok(Self {
                alerts: Alerts::new(config, sender, channels, None),
                end,
                thread: None,
            });
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let alerts = Alerts::new(config, sender.clone(), channels.clone(), Some(handle));
        let ending = end.clone();
        let thread = std::thread::Builder::new()
            .name("alerts".into())
            .spawn(move || {
                runtime.block_on(send(&channels, &sender, &ending));
                // A name that is being looked up may take longer than anybody wants to wait.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            alerts,
            end,
            thread: Some(thread),
        })
    }

    /// Where alerts go.
    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// Hands one over.
    pub fn raise(&self, alert: &Alert) {
        self.alerts.raise(alert);
    }

    /// Sends what can go at once, for 2 s at most, then ends the thread.
    pub fn stop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            // Its own panic has been printed; there is nothing to mend here.
            let _ = thread.join();
        }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn send(channels: &[Arc<Channel>], sender: &Sender, end: &CancellationToken) {
    let mut all = std::pin::pin!(join_all(channels.iter().map(|c| c.run(sender, end))));
    tokio::select! {
        _ = &mut all => end.cancelled().await,
        () = end.cancelled() => {
            // What is not through by then is not sent: the journal has it.
            let _ = tokio::time::timeout(DRAIN, all).await;
        }
    }
}

fn rules(webhook: &Webhook) -> Rules {
    Rules {
        queue: usize::try_from(webhook.queue).unwrap_or(usize::MAX),
        retries: webhook.retries,
        retry_delay_ms: webhook.retry_delay_ms,
        per_minute: webhook.per_minute,
    }
}

/// What the engine calls itself: as configured, else the machine's name.
fn name(config: &config::Alerts) -> String {
    match config.engine.as_str() {
        "" => std::fs::read_to_string("/proc/sys/kernel/hostname")
            .map_or_else(|_| "pilothouse".into(), |name| name.trim().to_owned()),
        name => name.to_owned(),
    }
}
