//! One stream: who it belongs to, what it asks, what it is told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::frame::{self, Frame};
use super::writer::{Sink, write};
use super::{End, Limits, Seat, ops};
use crate::api::answer::Answer;
use crate::api::steps::{Step, Stepped};
use crate::api::{Api, Caller, Role, problem};
use crate::client::Problem;
use crate::core::Name;
use crate::engine::{EngineError, Heard, Outcome, Place, ReplyTo, Submission, Told};
use crate::snapshot::Query;

/// How long the last word may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A stream, until it ends. Who came with a name keeps it; who came without says hello first.
pub(in crate::api) async fn run(
    socket: WebSocket,
    api: Arc<Api>,
    named: Option<Caller>,
    limits: Limits,
    seat: Seat,
) {
    let (mut sink, mut source) = socket.split();
    let end = serve(&mut sink, &mut source, &api, named, &limits).await;
    if end == End::TooSlow {
        api.streams.cut_off.fetch_add(1, Ordering::AcqRel);
        tracing::warn!("an agent's stream was cut off: it does not take what it is sent");
    }
    let farewell = Message::Close(end.farewell());
    // One who has left, or takes nothing, does not hear it either.
    let _ = timeout(FAREWELL, sink.send(farewell)).await;
    drop(seat);
}

async fn serve(
    sink: &mut Sink,
    source: &mut SplitStream<WebSocket>,
    api: &Arc<Api>,
    named: Option<Caller>,
    limits: &Limits,
) -> End {
    let (greeting, who) = match named {
        Some(who) => (None, who),
        None => match greeted(sink, source, api, limits).await {
            Ok((id, who)) => (Some(id), who),
            Err(end) => return end,
        },
    };
    let (answers, mut told) = channel(limits.in_flight);
    let (out, mut outgoing) = channel(limits.outgoing);
    let session = Session {
        api: Arc::clone(api),
        who,
        room: Arc::new(Semaphore::new(limits.in_flight)),
        under_way: Mutex::default(),
        last: AtomicU64::new(0),
        answers,
        out,
    };
    if let Some(id) = greeting
        && let Err(end) = session.welcome(id)
    {
        return end;
    }
    tokio::select! {
        end = session.read(source, limits) => end,
        end = session.hear(&mut told) => end,
        end = write(sink, &mut outgoing, api, who.name, limits) => end,
    }
}

/// Waits for the first word: who this is.
async fn greeted(
    sink: &mut Sink,
    source: &mut SplitStream<WebSocket>,
    api: &Arc<Api>,
    limits: &Limits,
) -> Result<(Value, Caller), End> {
    loop {
        let Some(text) = next(source, limits).await? else {
            continue;
        };
        let refused = match Frame::read(&text) {
            Ok(frame) => match hello(api, &frame) {
                Ok(who) => return Ok((frame.id, who)),
                Err(problem) => (frame.id, problem),
            },
            Err(refused) => refused,
        };
        let answer = sink.send(frame::refusal(&refused.0, &refused.1));
        match timeout(limits.silence, answer).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(End::Gone),
            Err(_) => return Err(End::TooSlow),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    token: Option<String>,
    /// Whom the socket's owner acts for.
    agent: Option<Name>,
}

fn hello(api: &Api, frame: &Frame<'_>) -> Result<Caller, Problem> {
    let hint = "send {\"id\":1,\"op\":\"hello\",\"args\":{\"token\":TOKEN}}, or with \"agent\"";
    if frame.op != "hello" {
        return Err(problem::unauthenticated("say hello first", hint));
    }
    let args = frame.args.map_or("{}", |args| args.get());
    match crate::api::body::read(args)? {
        Hello {
            token: Some(token),
            agent,
        } => {
            let who = api.bearer(&token)?;
            match agent {
                Some(agent) if agent != who.name => Err(problem::unauthenticated(
                    "this token is another agent's",
                    "leave the agent out",
                )),
                _ => Ok(who),
            }
        }
        Hello {
            token: None,
            agent: Some(name),
        } => Caller::acting(name, Role::Agent),
        Hello { .. } => Err(problem::unauthenticated("this says nobody's name", hint)),
    }
}

/// The next text; none where something else came that shows that the client lives.
async fn next(
    source: &mut SplitStream<WebSocket>,
    limits: &Limits,
) -> Result<Option<axum::extract::ws::Utf8Bytes>, End> {
    match timeout(limits.silence, source.next()).await {
        Err(_) => Err(End::Silent),
        Ok(None | Some(Ok(Message::Close(_)))) => Err(End::Gone),
        Ok(Some(Err(_))) => Err(End::Broken),
        Ok(Some(Ok(Message::Text(text)))) => Ok(Some(text)),
        // It is read as text is, and found to be no request.
        Ok(Some(Ok(Message::Binary(_)))) => Ok(Some("".into())),
        Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => Ok(None),
    }
}

type Then<T> = Box<dyn FnOnce(T) -> Stepped + Send>;

/// What follows from an answer of the engine.
enum After {
    Outcome(Then<Outcome>),
    Seen(Then<Value>),
}

/// A request that waits for the engine.
struct UnderWay {
    id: Value,
    after: After,
    place: OwnedSemaphorePermit,
}

struct Session {
    api: Arc<Api>,
    who: Caller,
    /// Requests that may still be read.
    room: Arc<Semaphore>,
    under_way: Mutex<BTreeMap<u64, UnderWay>>,
    /// The last number given to a question to the engine.
    last: AtomicU64,
    /// Has a place for each request under way.
    answers: Sender<Told>,
    out: Sender<Message>,
}

impl Session {
    fn under_way(&self) -> MutexGuard<'_, BTreeMap<u64, UnderWay>> {
        // Whole requests are put in and taken out: a panic leaves none in halves.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, frame: Message) -> Result<(), End> {
        self.out.try_send(frame).map_err(|error| match error {
            TrySendError::Full(_) => End::TooSlow,
            TrySendError::Closed(_) => End::Gone,
        })
    }

    /// Answers a hello with the state of trading.
    fn welcome(&self, id: Value) -> Result<(), End> {
        let name = self.who.name;
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(End::TooSlow);
        };
        let step = Step::look(Query::Mode, move |mut mode| {
            mode["name"] = name.as_str().into();
            Step::done(Answer::ok(mode))
        });
        self.go_on(id, step, place)
    }

    /// Reads requests while there is room for their answers.
    async fn read(&self, source: &mut SplitStream<WebSocket>, limits: &Limits) -> End {
        loop {
            let Ok(place) = Arc::clone(&self.room).acquire_owned().await else {
                return End::Gone;
            };
            let done = match next(source, limits).await {
                Ok(Some(text)) => self.take(&text, place).await,
                Ok(None) => Ok(()),
                Err(end) => Err(end),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn take(&self, text: &str, place: OwnedSemaphorePermit) -> Result<(), End> {
        let frame = match Frame::read(text) {
            Ok(frame) => frame,
            Err((id, problem)) => return self.put(frame::refusal(&id, &problem)),
        };
        let asked = match ops::asked(&frame, self.who.name) {
            Ok(asked) => asked,
            Err(problem) => return self.put(frame::refusal(&frame.id, &problem)),
        };
        if let Some(step) = self.api.begin(&asked.request(self.who)) {
            return self.go_on(frame.id, step, place);
        }
        // It waits for the engine on a thread of its own, one of each stream at most.
        let (api, who) = (Arc::clone(&self.api), self.who);
        let answered = tokio::task::spawn_blocking(move || api.answer(&asked.request(who))).await;
        match answered {
            Ok(answer) => self.put(frame::answer(&frame.id, answer)),
            Err(_) => Err(End::Stopped),
        }
    }

    /// Takes a step of a request; what the engine has to say to it is heard later.
    fn go_on(&self, id: Value, step: Stepped, place: OwnedSemaphorePermit) -> Result<(), End> {
        let desk = &self.api.desk;
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let answer = || Place::take(&self.answers, number);
        let taken = match step {
            Err(problem) => return self.put(frame::refusal(&id, &problem)),
            Ok(Step::Done(answer)) => return self.put(frame::answer(&id, answer)),
            Ok(Step::Submit(lane, command, then)) => answer().map(|to| {
                self.wait(number, id, After::Outcome(then), place);
                let submission = Submission {
                    actor: self.who.name,
                    command,
                    answer: ReplyTo::Stream(to),
                };
                desk.post(lane, submission)
            }),
            Ok(Step::Look(query, then)) => answer().map(|to| {
                self.wait(number, id, After::Seen(then), place);
                desk.post_question(query, ReplyTo::Stream(to))
            }),
        };
        match taken {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => self.untaken(number, &error),
            // There are as many places as requests under way, and each takes one at a time.
            None => Err(End::Broken),
        }
    }

    fn wait(&self, number: u64, id: Value, after: After, place: OwnedSemaphorePermit) {
        let waiting = UnderWay { id, after, place };
        self.under_way().insert(number, waiting);
    }

    /// The engine did not take what was asked; that it will not answer is told here.
    fn untaken(&self, number: u64, error: &EngineError) -> Result<(), End> {
        let Some(request) = self.under_way().remove(&number) else {
            return Ok(());
        };
        self.put(frame::refusal(&request.id, &problem::silent(error)))
    }

    /// Hears the engine's answers and goes on with what waited for them.
    async fn hear(&self, told: &mut Receiver<Told>) -> End {
        while let Some(Told { id, heard }) = told.recv().await {
            let Some(request) = self.under_way().remove(&id) else {
                continue;
            };
            let UnderWay { id, after, place } = request;
            let step = match (heard, after) {
                (Some(Heard::Outcome(outcome)), After::Outcome(then)) => {
                    self.api.heard(outcome).and_then(then)
                }
                (Some(Heard::Document(seen)), After::Seen(then)) => then(seen),
                _ => Err(problem::silent(&EngineError::Stopped)),
            };
            if let Err(end) = self.go_on(id, step, place) {
                return end;
            }
        }
        End::Stopped
    }
}
