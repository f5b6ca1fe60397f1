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
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender, channel};
use tokio::time::timeout;

use super::frame::{self, Frame};
use super::ops::{self, Asked};
use super::writer::{Sink, write, write_out};
use super::{End, Limits, Seat};
use crate::api::answer::Answer;
use crate::api::request::Pass;
use crate::api::steps::{Step, Stepped};
use crate::api::{Api, Caller, Role, problem};
use crate::client::Problem;
use crate::core::{Name, Origin};
use crate::engine::{EngineError, Heard, Outcome, Place, ReplyTo, Submission, Told};
use crate::snapshot::Query;

/// How long the last word may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A stream, until it ends. Who came with a name keeps it; who came without says hello first.
pub(in crate::api) async fn run(
    socket: WebSocket,
    api: Arc<Api>,
    from: Option<Origin>,
    named: Option<Pass>,
    limits: Limits,
    seat: Seat,
) {
    let (mut sink, mut source) = socket.split();
    let end = serve(&mut sink, &mut source, &api, from, named, &limits).await;
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
    from: Option<Origin>,
    named: Option<Pass>,
    limits: &Limits,
) -> End {
    let (greeting, pass) = match named {
        Some(pass) => (None, pass),
        None => match greeted(sink, source, api, from, limits).await {
            Ok((id, pass)) => (Some(id), pass),
            Err(end) => return end,
        },
    };
    let (answers, mut told) = channel(limits.in_flight);
    let (out, mut outgoing) = channel(limits.in_flight);
    let session = Session {
        api: Arc::clone(api),
        pass,
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
    let end = tokio::select! {
        end = session.read(source, limits) => end,
        end = session.hear(&mut told) => end,
        end = write(sink, &mut outgoing, api, &session.pass, limits) => end,
    };
    if end == End::Stopped {
        // What is under way gets its last word; whoever has one to say holds room for it.
        let last = async {
            session.hear_out(&mut told).await;
            drop(session);
            write_out(sink, &mut outgoing).await;
        };
        let _ = timeout(FAREWELL, last).await;
    }
    end
}

/// Waits for the first word: who this is.
async fn greeted(
    sink: &mut Sink,
    source: &mut SplitStream<WebSocket>,
    api: &Arc<Api>,
    from: Option<Origin>,
    limits: &Limits,
) -> Result<(Value, Pass), End> {
    loop {
        let Some(text) = next(source, limits).await? else {
            continue;
        };
        let refused = match Frame::read(&text) {
            Ok(frame) => match hello(api, from, &frame) {
                Ok(pass) => return Ok((frame.id, pass)),
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

fn hello(api: &Api, from: Option<Origin>, frame: &Frame<'_>) -> Result<Pass, Problem> {
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
            let mut pass = api.bearer(&token)?.with_token_from(from);
            pass.who.role = pass.who.role.min(Role::Agent);
            match agent {
                Some(agent) if agent != pass.who.name => Err(problem::unauthenticated(
                    "this token is another agent's",
                    "leave the agent out",
                )),
                _ => Ok(pass),
            }
        }
        Hello {
            token: None,
            agent: Some(name),
        } => {
            let owner = Caller {
                role: Role::Agent,
                origin: from,
                ..Caller::owner()
            };
            owner.acting(name).map(Pass::of)
        }
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

/// Room for the answer to a request among those that wait to be written.
type Room = OwnedPermit<Message>;

/// A request that waits for the engine.
struct UnderWay {
    id: Value,
    after: After,
    room: Room,
}

struct Session {
    api: Arc<Api>,
    pass: Pass,
    under_way: Mutex<BTreeMap<u64, UnderWay>>,
    /// The last number given to a question to the engine.
    last: AtomicU64,
    /// Has a place for each request under way.
    answers: Sender<Told>,
    /// The same for their answers: a request is read when there is room for its own.
    out: Sender<Message>,
}

impl Session {
    fn under_way(&self) -> MutexGuard<'_, BTreeMap<u64, UnderWay>> {
        // Whole requests are put in and taken out: a panic leaves none in halves.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        self.under_way().is_empty()
    }

    /// Answers a hello with the state of trading.
    fn welcome(&self, id: Value) -> Result<(), End> {
        let name = self.pass.who.name;
        let Ok(room) = self.out.clone().try_reserve_owned() else {
            return Err(End::TooSlow);
        };
        let step = Step::look(Query::Mode, move |mut mode| {
            mode["name"] = name.as_str().into();
            Step::done(Answer::ok(mode))
        });
        self.go_on(id, step, room)
    }

    /// Reads requests while there is room for their answers: one who asks faster than he listens is
    /// held back.
    async fn read(&self, source: &mut SplitStream<WebSocket>, limits: &Limits) -> End {
        loop {
            let Ok(room) = self.out.clone().reserve_owned().await else {
                return End::Gone;
            };
            let done = match next(source, limits).await {
                Ok(Some(_)) if !self.pass.holds(self.api.desk()) => Err(End::Revoked),
                Ok(Some(text)) => self.take(&text, room).await,
                Ok(None) => Ok(()),
                Err(end) => Err(end),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn take(&self, text: &str, room: Room) -> Result<(), End> {
        let frame = match Frame::read(text) {
            Ok(frame) => frame,
            Err((id, problem)) => {
                room.send(frame::refusal(&id, &problem));
                return Ok(());
            }
        };
        let who = self.pass.who;
        let asked = match ops::asked(&frame, who.name) {
            Ok(asked) => asked,
            Err(problem) => {
                room.send(frame::refusal(&frame.id, &problem));
                return Ok(());
            }
        };
        if let Some(step) = self.api.begin(&asked.request(who)) {
            return self.go_on(frame.id, step, room);
        }
        // One of each stream at most; it is answered where the stream ends meanwhile, too.
        let answer = waited_for(Arc::clone(&self.api), who, asked);
        let told = tokio::spawn(async move {
            room.send(frame::answer(&frame.id, answer.await));
        });
        told.await.map_err(|_| End::Stopped)
    }

    /// Takes a step of a request; what the engine has to say to it is heard later.
    fn go_on(&self, id: Value, step: Stepped, room: Room) -> Result<(), End> {
        let desk = &self.api.desk;
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let answer = || Place::take(&self.answers, number);
        let taken = match step {
            Err(problem) => {
                room.send(frame::refusal(&id, &problem));
                return Ok(());
            }
            Ok(Step::Done(answer)) => {
                room.send(frame::answer(&id, answer));
                return Ok(());
            }
            Ok(Step::Submit(lane, command, then)) => answer().map(|to| {
                self.wait(number, id, After::Outcome(then), room);
                let submission = Submission {
                    actor: self.pass.who.name,
                    origin: self.pass.who.origin,
                    command,
                    answer: ReplyTo::Stream(to),
                };
                desk.post(lane, submission)
            }),
            Ok(Step::Look(query, then)) => answer().map(|to| {
                self.wait(number, id, After::Seen(then), room);
                desk.post_question(query, ReplyTo::Stream(to))
            }),
        };
        match taken {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                self.untaken(number, &error);
                Ok(())
            }
            // There are as many places as requests under way, and each takes one at a time.
            None => Err(End::Broken),
        }
    }

    fn wait(&self, number: u64, id: Value, after: After, room: Room) {
        let waiting = UnderWay { id, after, room };
        self.under_way().insert(number, waiting);
    }

    /// The engine did not take what was asked; that it will not answer is told here.
    fn untaken(&self, number: u64, error: &EngineError) {
        let request = self.under_way().remove(&number);
        if let Some(UnderWay { id, room, .. }) = request {
            room.send(frame::refusal(&id, &problem::silent(error)));
        }
    }

    /// Hears the engine's answers and goes on with what waited for them.
    async fn hear(&self, told: &mut Receiver<Told>) -> End {
        while let Some(told) = told.recv().await {
            if let Err(end) = self.heard(told) {
                return end;
            }
        }
        End::Stopped
    }

    /// The same until nothing waits any more.
    async fn hear_out(&self, told: &mut Receiver<Told>) {
        while !self.is_idle() {
            let Some(told) = told.recv().await else {
                return;
            };
            if self.heard(told).is_err() {
                return;
            }
        }
    }

    fn heard(&self, told: Told) -> Result<(), End> {
        let request = self.under_way().remove(&told.id);
        let Some(UnderWay { id, after, room }) = request else {
            return Ok(());
        };
        let step = match (told.heard, after) {
            (Some(Heard::Outcome(outcome)), After::Outcome(then)) => {
                self.api.heard(outcome).and_then(then)
            }
            (Some(Heard::Document(seen)), After::Seen(then)) => then(seen),
            _ => Err(problem::silent(&EngineError::Stopped)),
        };
        self.go_on(id, step, room)
    }
}

/// The answer to a request that is no series of steps.
async fn waited_for(api: Arc<Api>, who: Caller, asked: Asked) -> Answer {
    if let Some(answer) = api.held(&asked.request(who)).await {
        return answer;
    }
    let answered = tokio::task::spawn_blocking(move || api.answer(&asked.request(who)));
    let answered = answered.await;
    answered.unwrap_or_else(|_| problem::internal().into())
}
