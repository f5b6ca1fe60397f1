//! The engine's events as they are written, over its API: one stream that is opened again wherever
//! it breaks, and goes on behind the last event that was shown.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::http::Http;
use super::remote::runtime;
use super::{Call, Problem, Target};

/// The engine gives a sign of life each 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// Before the first try to come back; each further one waits twice as long.
const FIRST: Duration = Duration::from_millis(250);
/// Between two tries at most.
const LONGEST: Duration = Duration::from_secs(5);
/// Bytes of one event at most: a record has 1 MiB, and JSON is longer.
const LARGEST: usize = 32 << 20;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A line of the audit.
    Line(Value),
    /// The stream broke, for this reason; it is opened again.
    Lost(Problem),
    /// It goes on.
    Back,
}

/// Shows every event after `after` that `query` asks for, from now on where `after` is none, until
/// `show` has seen enough. It comes back whenever the stream breaks.
///
/// # Errors
/// The engine refuses the stream for a reason that coming back does not mend.
pub fn follow(
    target: &Target,
    query: Vec<(String, String)>,
    after: Option<u64>,
    mut show: impl FnMut(Heard) -> bool,
) -> Result<(), Problem> {
    let mut call = Call::get("events");
    call.query = query;
    let mut last = after.map(|seq| seq.to_string());
    let mut pause = FIRST;
    let mut lost = false;
    runtime()?.block_on(async {
        loop {
            let why = match Http::to(target)?.open(&call, last.as_deref()).await {
                Ok(mut response) => {
                    pause = FIRST;
                    if std::mem::take(&mut lost) && !show(Heard::Back) {
                        return Ok(());
                    }
                    let mut parser = Parser::default();
                    loop {
                        let chunk = match timeout(SILENCE, response.chunk()).await {
                            Ok(Ok(Some(chunk))) => chunk,
                            Ok(Ok(None)) => break parser.farewell(),
                            Ok(Err(error)) => break Problem::unreachable(error.to_string()),
                            Err(_) => break Problem::unreachable("nothing is heard of the engine"),
                        };
                        for block in parser.take(&chunk)? {
                            last = block.id.or(last);
                            if let Some(line) = block.line
                                && !show(Heard::Line(line))
                            {
                                return Ok(());
                            }
                        }
                    }
                }
                Err(problem) if is_passing(&problem) => problem,
                Err(problem) => return Err(problem),
            };
            if !std::mem::replace(&mut lost, true) && !show(Heard::Lost(why)) {
                return Ok(());
            }
            sleep(pause).await;
            pause = LONGEST.min(pause * 2);
        }
    })
}

/// Whether it may be better in a while.
fn is_passing(problem: &Problem) -> bool {
    matches!(problem.status, 429 | 503)
}

/// What a block of the stream says.
#[derive(Debug, Default, PartialEq)]
struct Block {
    id: Option<String>,
    line: Option<Value>,
}

/// Server-sent events, put together from pieces as they come.
#[derive(Default)]
struct Parser {
    bytes: Vec<u8>,
    id: Option<String>,
    event: String,
    data: String,
    cut: Option<Problem>,
}

impl Parser {
    /// The blocks that are whole now.
    ///
    /// # Errors
    /// This is no stream of events.
    fn take(&mut self, chunk: &[u8]) -> Result<Vec<Block>, Problem> {
        self.bytes.extend_from_slice(chunk);
        let mut blocks = Vec::new();
        let mut from = 0;
        while let Some(end) = self.bytes[from..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&self.bytes[from..from + end]).into_owned();
            from += end + 1;
            if line.is_empty() {
                blocks.extend(self.block()?);
            } else {
                self.field(&line);
            }
        }
        self.bytes.drain(..from);
        if self.bytes.len() + self.data.len() > LARGEST {
            return Err(garbled(&format!("an event is larger than {LARGEST} bytes")));
        }
        Ok(blocks)
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event),
            "data" => self.data.push_str(value),
            // Comments and what is not used here.
            _ => {}
        }
    }

    fn block(&mut self) -> Result<Option<Block>, Problem> {
        let (id, event) = (self.id.take(), std::mem::take(&mut self.event));
        let data = std::mem::take(&mut self.data);
        if data.is_empty() {
            return Ok(id.map(|id| Block {
                id: Some(id),
                line: None,
            }));
        }
        let line: Value = serde_json::from_str(&data).map_err(|why| garbled(&why.to_string()))?;
        if event == "cut" {
            let said = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let (code, message) = (said("code"), said("message"));
            self.cut = Some(Problem::new(503, &code, message, "it is opened again"));
            return Ok(None);
        }
        Ok(Some(Block {
            id,
            line: Some(line),
        }))
    }

    /// Why the stream ended.
    fn farewell(&mut self) -> Problem {
        let silent = || Problem::unreachable("the engine closed the stream");
        self.cut.take().unwrap_or_else(silent)
    }
}

fn garbled(why: &str) -> Problem {
    let hint = "is another program listening there?";
    Problem::new(0, "ANSWER_GARBLED", why, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_come_together_from_any_pieces() {
        let text = "retry: 1000\nid: 4\n\n: still here\n\nid: 5.1\nevent: refused\ndata: {\"seq\":5}\n\n\
                    event: cut\ndata: {\"code\":\"TOO_SLOW\",\"message\":\"slow\",\"last\":\"5.1\"}\n\n";
        for size in [1, 7, 1_000] {
            let mut parser = Parser::default();
            let mut blocks = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                blocks.extend(parser.take(piece).unwrap());
            }
            let expected = [
                Block {
                    id: Some("4".into()),
                    line: None,
                },
                Block {
                    id: Some("5.1".into()),
                    line: Some(json!({ "seq": 5 })),
                },
            ];
            assert_eq!(blocks, expected, "in pieces of {size}");
            assert_eq!(parser.farewell().code, "TOO_SLOW");
        }
    }

    #[test]
    fn what_is_no_stream_of_events_is_an_error() {
        let mut parser = Parser::default();
        assert!(parser.take(b"data: {\n\n").is_err());
    }
}
