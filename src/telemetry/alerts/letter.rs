//! A message: what happened in words, and the document that a channel is sent.

use serde::Serialize;

use super::kind::{AlertKind, Severity};
use crate::core::Time;

/// Longest text of a message, in bytes: reasons are free text.
const LONGEST: usize = 1_000;

/// Something that happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What.
    pub kind: AlertKind,
    /// How much it matters.
    pub severity: Severity,
    /// Whom or what it is about; alerts of one kind about the same are put together.
    pub about: String,
    /// One line of plain ASCII letters.
    pub title: String,
    /// The rest.
    pub text: String,
    /// The record that says so.
    pub seq: u64,
    /// Its engine time.
    pub time: Time,
}

/// One message, or many equal ones put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The latest of them; the severity is the highest.
    pub alert: Alert,
    /// The record of the first.
    pub first_seq: u64,
    /// How many.
    pub count: u64,
    /// Whether it must not ring.
    pub silent: bool,
    /// How often it was sent in vain.
    pub tries: u64,
}

impl Letter {
    /// A message of one alert.
    pub fn new(alert: Alert, silent: bool) -> Self {
        Self {
            first_seq: alert.seq,
            count: 1,
            silent,
            tries: 0,
            alert,
        }
    }

    /// Whether an alert says the same again. What was sent once stays as it is: it may have arrived,
    /// and its identity stands for these words. What is worth waking up for is told each by itself.
    pub fn takes(&self, alert: &Alert) -> bool {
        self.tries == 0
            && self.alert.severity.max(alert.severity) < Severity::Critical
            && self.alert.kind == alert.kind
            && self.alert.about == alert.about
    }

    /// Puts another one to it.
    pub fn add(&mut self, alert: Alert, silent: bool) {
        let severity = self.alert.severity.max(alert.severity);
        self.alert = Alert { severity, ..alert };
        self.count += 1;
        self.silent &= silent;
    }

    /// The document, from an engine of this name and mode.
    pub fn document<'a>(&'a self, engine: &'a str, mode: &'a str) -> Document<'a> {
        let Alert {
            kind, title, about, ..
        } = &self.alert;
        let mode_word = mode.to_ascii_uppercase();
        Document {
            id: format!("{engine}:{}:{}:{about}", self.first_seq, kind.as_str()),
            kind: *kind,
            severity: self.alert.severity,
            title: match self.count {
                1 => format!("[{mode_word}] {title}"),
                n => format!("[{mode_word}] {title} ({n} times)"),
            },
            text: cut(&self.alert.text),
            silent: self.silent,
            count: self.count,
            seq: self.alert.seq,
            first_seq: self.first_seq,
            time: self.alert.time,
            engine,
            mode,
        }
    }
}

/// What a channel is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document<'a> {
    /// The same for a repeat of the same message: a message may arrive twice.
    pub id: String,
    /// What happened.
    pub kind: AlertKind,
    /// How much it matters.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// The latest, in words.
    pub text: &'a str,
    /// Whether it must not ring.
    pub silent: bool,
    /// How many equal ones it stands for.
    pub count: u64,
    /// The record of the latest.
    pub seq: u64,
    /// The record of the first.
    pub first_seq: u64,
    /// Engine time of the latest.
    pub time: Time,
    /// Which engine.
    pub engine: &'a str,
    /// `paper` or `live`.
    pub mode: &'a str,
}

fn cut(text: &str) -> &str {
    let end = (0..=text.len().min(LONGEST)).rev();
    let mut end = end.filter(|end| text.is_char_boundary(*end));
    &text[..end.next().unwrap_or(0)]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn alert(kind: AlertKind, about: &str, seq: u64) -> Alert {
        Alert {
            kind,
            severity: Severity::Info,
            about: about.into(),
            title: format!("{} of {about}", kind.as_str()),
            text: format!("record {seq}"),
            seq,
            time: Time(seq as i64),
        }
    }

    #[test]
    fn equal_alerts_become_one_with_a_count_the_latest_words_and_one_identity() {
        let mut letter = Letter::new(alert(AlertKind::LimitBreach, "BTC/USDT", 7), true);
        let before = letter.document("north", "paper").id;
        let mut worse = alert(AlertKind::LimitBreach, "BTC/USDT", 9);
        worse.severity = Severity::Critical;
        assert!(!letter.takes(&worse), "it is told by itself");
        worse.severity = Severity::Warning;
        assert!(letter.takes(&worse));
        letter.add(worse, false);
        letter.add(alert(AlertKind::LimitBreach, "BTC/USDT", 11), true);
        let document = letter.document("north", "paper");
        assert_eq!(document.title, "[PAPER] limit_breach of BTC/USDT (3 times)");
        assert_eq!((document.text, document.seq), ("record 11", 11));
        assert_eq!((document.first_seq, document.silent), (7, false));
        assert_eq!(document.severity, Severity::Warning);
        assert_eq!(document.id, before);
        assert!(!letter.takes(&alert(AlertKind::LimitBreach, "ETH/USDT", 12)));
    }

    #[test]
    fn a_long_reason_is_cut_between_two_letters() {
        let mut long = alert(AlertKind::Halted, "trading", 1);
        long.text = "ä".repeat(800);
        let letter = Letter::new(long, false);
        assert_eq!(letter.document("e", "paper").text.len(), 1_000);
    }
}
