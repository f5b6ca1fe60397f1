//! What can be done over the stream, each as the request of HTTP that it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::frame::Frame;
use crate::api::routes::STOP;
use crate::api::{Caller, Request, problem};
use crate::client::Problem;
use crate::core::Name;
use crate::core::message::MessageKind;

/// A request of HTTP.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    body: String,
    key: Option<String>,
}

impl Asked {
    pub(super) fn request(&self, who: Caller) -> Request<'_> {
        Request {
            who,
            method: self.method,
            path: &self.path,
            query: &self.query,
            body: &self.body,
            key: self.key.as_deref(),
        }
    }
}

/// The request that a frame of `who` means.
///
/// # Errors
/// There is no such operation, or what it needs is missing or wrong.
pub(super) fn asked(frame: &Frame<'_>, who: Name) -> Result<Asked, Problem> {
    if frame.key.is_some() && frame.op != "reserve" {
        let why = format!("{} takes none, only reserve does", frame.op);
        return Err(problem::invalid("key", why));
    }
    let whole = frame.args.map_or("{}", RawValue::get);
    let fields = || Fields::read(whole);
    let same = |method, path: &str| Ok(ask(method, path.to_owned(), whole.to_owned()));
    let mut asked = match &*frame.op {
        "reserve" => same("POST", "reservations"),
        "send" | "publish" => same("POST", "coordination/messages"),
        "subscribe" => same("POST", "coordination/subscriptions"),
        "unsubscribe" => same("DELETE", "coordination/subscriptions"),
        "heartbeat" => same("POST", &format!("agents/{who}/heartbeat")),
        "activity_begin" => same("POST", "activities"),
        "hardstop" => same("POST", STOP),
        "status" => same("GET", "coordinator/status"),
        "release" => fields()?.of("DELETE", "reservations", "reservation_id", ""),
        "renew" => fields()?.of("POST", "reservations", "reservation_id", "/renew"),
        "ack" => fields()?.of("POST", "coordination/messages", "message_id", "/ack"),
        "activity_end" => fields()?.of("DELETE", "activities", "activity_id", ""),
        "answer" => fields()?.response(),
        "latest" => fields()?.query("coordination/latest"),
        "data_put" => fields()?.document(),
        "data_get" => fields()?.data(),
        "hello" => Err(Problem::new(
            409,
            "STREAM_NAMED",
            format!("this stream is {who}'s"),
            "open another one for another agent",
        )),
        other => Err(Problem::new(
            404,
            "OP_UNKNOWN",
            format!("there is no operation {other:?}"),
            "ack, activity_begin, activity_end, answer, data_get, data_put, hardstop, heartbeat, \
             hello, latest, publish, release, renew, reserve, send, status, subscribe, unsubscribe",
        )),
    }?;
    asked.key.clone_from(&frame.key);
    Ok(asked)
}

fn ask(method: &'static str, path: String, body: String) -> Asked {
    Asked {
        method,
        path,
        query: Vec::new(),
        body,
        key: None,
    }
}

/// Arguments, each as it is written.
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    fn read(text: &'a str) -> Result<Self, Problem> {
        let fields = serde_json::from_str(text);
        fields
            .map(Self)
            .map_err(|why| problem::invalid("args", format!("an object is needed: {why}")))
    }

    fn take(&mut self, name: &str) -> Result<&'a RawValue, Problem> {
        let missing = || problem::invalid("args", format!("missing field `{name}`"));
        self.0.remove(name).ok_or_else(missing)
    }

    /// A part of a path.
    fn part(&mut self, name: &str) -> Result<String, Problem> {
        let part: String = serde_json::from_str(self.take(name)?.get())
            .map_err(|why| problem::invalid(name, why))?;
        if part.is_empty() || part.contains('/') {
            return Err(problem::invalid(name, format!("{part:?} is no id")));
        }
        Ok(part)
    }

    fn body(&self) -> String {
        serde_json::to_string(&self.0).expect("its keys are text")
    }

    /// What is done to one thing; its id is no part of the body.
    fn of(
        mut self,
        method: &'static str,
        things: &str,
        id: &str,
        verb: &str,
    ) -> Result<Asked, Problem> {
        let id = self.part(id)?;
        Ok(ask(method, format!("{things}/{id}{verb}"), self.body()))
    }

    fn query(self, path: &str) -> Result<Asked, Problem> {
        let text = |(name, value): (String, &RawValue)| {
            let text: String =
                serde_json::from_str(value.get()).map_err(|why| problem::invalid(&name, why))?;
            Ok((name, text))
        };
        let query = self
            .0
            .into_iter()
            .map(text)
            .collect::<Result<_, Problem>>()?;
        Ok(Asked {
            query,
            ..ask("GET", path.to_owned(), String::new())
        })
    }

    /// The answer to a message, such as a phase's command.
    fn response(mut self) -> Result<Asked, Problem> {
        let response = Response {
            in_reply_to: self.part("message_id")?,
            kind: MessageKind::Response,
            payload: self.take("payload")?,
        };
        self.end()?;
        let body = serde_json::to_string(&response).expect("its keys are text");
        Ok(ask("POST", "coordination/messages".into(), body))
    }

    /// What is left over is a mistake.
    fn end(&self) -> Result<(), Problem> {
        match self.0.keys().next() {
            Some(name) => Err(problem::invalid("args", format!("unknown field `{name}`"))),
            None => Ok(()),
        }
    }

    fn document(mut self) -> Result<Asked, Problem> {
        let path = format!(
            "coordination/cycles/{}/data/{}",
            self.part("cycle_id")?,
            self.part("key")?
        );
        let value = self.take("value")?.get().to_owned();
        self.end()?;
        Ok(ask("PUT", path, value))
    }

    fn data(mut self) -> Result<Asked, Problem> {
        let mut path = format!("coordination/cycles/{}/data", self.part("cycle_id")?);
        if self.0.contains_key("key") {
            path = format!("{path}/{}", self.part("key")?);
        }
        self.end()?;
        Ok(ask("GET", path, String::new()))
    }
}

#[derive(Serialize)]
struct Response<'a> {
    in_reply_to: String,
    kind: MessageKind,
    payload: &'a RawValue,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(op: &str, args: &str) -> Result<Asked, Problem> {
        let text = format!(r#"{{"id":1,"op":"{op}","args":{args}}}"#);
        asked(&Frame::read(&text).unwrap(), "scout".parse().unwrap())
    }

    #[test]
    fn each_operation_is_a_request_of_http() {
        for (op, args, method, path, body) in [
            (
                "reserve",
                r#"{"amount":0.10}"#,
                "POST",
                "reservations",
                r#"{"amount":0.10}"#,
            ),
            (
                "release",
                r#"{"reservation_id":"a_1"}"#,
                "DELETE",
                "reservations/a_1",
                "{}",
            ),
            (
                "renew",
                r#"{"reservation_id":"a_1","ttl_s":9}"#,
                "POST",
                "reservations/a_1/renew",
                r#"{"ttl_s":9}"#,
            ),
            (
                "ack",
                r#"{"message_id":"message_1"}"#,
                "POST",
                "coordination/messages/message_1/ack",
                "{}",
            ),
            (
                "heartbeat",
                r#"{"ok":true}"#,
                "POST",
                "agents/scout/heartbeat",
                r#"{"ok":true}"#,
            ),
            (
                "answer",
                r#"{"message_id":"message_1","payload":{"limit":1.10}}"#,
                "POST",
                "coordination/messages",
                r#"{"in_reply_to":"message_1","kind":"response","payload":{"limit":1.10}}"#,
            ),
            (
                "data_put",
                r#"{"cycle_id":"c","key":"scout_x","value":[1.50]}"#,
                "PUT",
                "coordination/cycles/c/data/scout_x",
                "[1.50]",
            ),
            (
                "data_get",
                r#"{"cycle_id":"c"}"#,
                "GET",
                "coordination/cycles/c/data",
                "",
            ),
        ] {
            let asked = of(op, args).unwrap();
            assert_eq!((asked.method, asked.path.as_str()), (method, path), "{op}");
            assert_eq!(asked.body, body, "{op}");
        }
        let latest = of("latest", r#"{"topic":"ta_signals","symbol":"BTC/USDT"}"#).unwrap();
        let symbol = ("symbol".to_owned(), "BTC/USDT".to_owned());
        assert_eq!(latest.query[0], symbol);
    }

    #[test]
    fn a_key_is_of_reserve_alone() {
        let scout = "scout".parse().unwrap();
        for (op, taken) in [
            ("reserve", true),
            ("send", false),
            ("activity_begin", false),
        ] {
            let text = format!(r#"{{"id":1,"op":"{op}","args":{{}},"key":"k"}}"#);
            let asked = asked(&Frame::read(&text).unwrap(), scout);
            assert_eq!(asked.is_ok(), taken, "{op}");
            if let Err(problem) = asked {
                assert_eq!(problem.status, 422);
            }
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (op, args, code, named) in [
            ("dance", "{}", "OP_UNKNOWN", "dance"),
            ("hello", "{}", "STREAM_NAMED", "scout"),
            ("release", "{}", "REQUEST_INVALID", "reservation_id"),
            ("release", "[]", "REQUEST_INVALID", "args"),
            (
                "release",
                r#"{"reservation_id":7}"#,
                "REQUEST_INVALID",
                "reservation_id",
            ),
            (
                "release",
                r#"{"reservation_id":"a/b"}"#,
                "REQUEST_INVALID",
                "a/b",
            ),
            (
                "answer",
                r#"{"message_id":"m"}"#,
                "REQUEST_INVALID",
                "payload",
            ),
            (
                "data_get",
                r#"{"cycle_id":"c","kay":"x"}"#,
                "REQUEST_INVALID",
                "kay",
            ),
        ] {
            let problem = of(op, args).unwrap_err();
            assert_eq!(problem.code, code, "{op}");
            assert!(problem.message.contains(named), "{}", problem.message);
        }
    }
}
