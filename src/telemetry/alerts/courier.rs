//! The way out: whoever carries a message says what came of it. Over HTTP here; tests bring their
//! own.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url, redirect};

use super::kind::Severity;
use super::letter::Document;
use crate::config::{Secrets, Webhook, WebhookFormat, header, is_loopback};

/// Most of an answer that is quoted, in bytes.
const QUOTED: usize = 200;

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Why it did not get through.
    pub error: Option<String>,
}

/// What comes back, later.
pub type Coming<'a> = Pin<Box<dyn Future<Output = Came> + Send + 'a>>;

/// Carries one message.
pub trait Courier: Send + Sync {
    /// Delivers it; it ends by itself, within the channel's timeout.
    fn deliver<'a>(&'a self, document: &'a Document<'a>) -> Coming<'a>;
}

/// A webhook over HTTP.
pub struct Http {
    client: Client,
    url: Url,
    format: WebhookFormat,
    headers: HeaderMap,
}

impl Http {
    /// The webhook as configured, its secrets read now.
    ///
    /// # Errors
    /// In words: a secret is missing or is not what it should be, or there is no client.
    pub fn new(webhook: &Webhook, secrets: &Secrets) -> Result<Self, String> {
        let secret = |name: &str| secrets.get(name).map_err(|error| error.to_string());
        let text = match webhook.url_name.as_str() {
            "" => webhook.url.clone(),
            name => secret(name)?.expose().to_owned(),
        };
        let url: Url = text.parse().map_err(|_| "its URL is none".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("its URL is neither http nor https".into());
        }
        let mut headers = HeaderMap::new();
        let mut put = |header: &str, value: String, name: &str| {
            let known: HeaderName = header
                .parse()
                .map_err(|_| format!("{header} is no header"))?;
            let mut value: HeaderValue = value
                .parse()
                .map_err(|_| format!("the secret {name} cannot stand in a header"))?;
            value.set_sensitive(true);
            headers.insert(known, value);
            Ok::<(), String>(())
        };
        if !webhook.token_name.is_empty() {
            let name = webhook.token_name.as_str();
            let token = format!("Bearer {}", secret(name)?.expose());
            put("authorization", token, name)?;
        }
        for line in &webhook.headers {
            let (header, name) = header(line).ok_or("a header without a secret's name")?;
            put(header, secret(name)?.expose().to_owned(), name)?;
        }
        if !headers.is_empty() && url.scheme() == "http" && !is_loopback(url.as_str()) {
            return Err("its secrets would go over http, which anybody on the way can read".into());
        }
        // Programs install it first thing; where one has, this changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .timeout(Duration::from_millis(webhook.timeout_ms))
            .redirect(redirect::Policy::none())
            .user_agent(concat!("pilothouse/", env!("CARGO_PKG_VERSION")));
        if is_loopback(url.as_str()) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| said(&error))?;
        Ok(Self {
            client,
            url,
            format: webhook.format,
            headers,
        })
    }

    async fn call(&self, document: &Document<'_>) -> Came {
        let request = self.client.post(self.url.clone());
        let request = match self.format {
            WebhookFormat::Json => request.json(document),
            WebhookFormat::Form => request.form(document),
            WebhookFormat::Raw => request
                .headers(described(document))
                .body(format!("{}\n{}\n", document.title, document.text)),
        };
        match request.headers(self.headers.clone()).send().await {
            Ok(answer) => came(answer).await,
            Err(error) => Came {
                status: None,
                error: Some(said(&error.without_url())),
            },
        }
    }
}

impl Courier for Http {
    fn deliver<'a>(&'a self, document: &'a Document<'a>) -> Coming<'a> {
        Box::pin(self.call(document))
    }
}

/// What a message says of itself where its body is words alone.
fn described(document: &Document<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        let plain: String = value
            .chars()
            .map(|c| if (' '..='~').contains(&c) { c } else { '?' })
            .collect();
        if let Ok(value) = plain.parse() {
            headers.insert(name, value);
        }
    };
    put("content-type", "text/plain; charset=utf-8");
    put("x-title", &document.title);
    put("x-kind", document.kind.as_str());
    put("x-severity", document.severity.as_str());
    put("x-seq", &document.seq.to_string());
    let priority = match (document.silent, document.severity) {
        (true, _) => "2",
        (false, Severity::Info) => "3",
        (false, Severity::Warning) => "4",
        (false, Severity::Critical) => "5",
    };
    put("x-priority", priority);
    if document.silent {
        put("x-silent", "true");
    }
    headers
}

async fn came(mut answer: Response) -> Came {
    let status = answer.status();
    if status.is_success() {
        return Came {
            status: Some(status.as_u16()),
            error: None,
        };
    }
    let mut body = Vec::new();
    while body.len() < QUOTED {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(QUOTED)]),
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(QUOTED);
    let quoted: String = String::from_utf8_lossy(&body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let quoted = match quoted.trim() {
        "" => String::new(),
        words => format!(": {words}"),
    };
    Came {
        status: Some(status.as_u16()),
        error: Some(format!("it answered {status}{quoted}")),
    }
}

/// An error with what caused it: the last cause says most.
fn said(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
