//! What happens when the process that runs cells stops in the debugger.
//!
//! A step may end in code that nobody wrote: in the standard library, or in what the kernel puts
//! around a cell's statements. Then it goes on until it is in a cell again.

use serde_json::{Value, json};

use super::adapter::Said;
use super::places::{CellPlace, Places};
use super::{Debugger, State, frames};

/// Frames of a stack that are looked at: more than anyone reads, and the end of an endless recursion
/// comes in no time.
const MAX_FRAMES: u64 = 500;

/// A step that the user takes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// `next`, `stepIn` or `stepOut`.
    pub(super) command: &'static str,
    /// Where it began.
    pub(super) from: Option<CellPlace>,
    /// Whether it has been in code that nobody wrote. On the way back from there it passes the line
    /// where it began, which is not where the user wants to go.
    pub(super) detour: bool,
}

/// Where the user was shown that the process stopped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stop {
    place: CellPlace,
    function: Value,
    depth: usize,
    instruction: Value,
}

impl Stop {
    fn new(stack: &[Value], places: &Places) -> Option<Self> {
        let top = stack.first()?;
        Some(Self {
            place: frames::place(top, places)?.clone(),
            function: top["name"].clone(),
            depth: stack.len(),
            instruction: top["instructionPointerReference"].clone(),
        })
    }

    /// Whether it is another part of a line where the process stopped before. A line whose code lies in
    /// several pieces has a breakpoint on each of them, and the user wants one.
    fn is_same_line_as(&self, before: &Self) -> bool {
        self.place == before.place
            && self.function == before.function
            && self.depth == before.depth
            && self.instruction != before.instruction
    }
}

/// What to do about a stop.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Tell the user.
    Stay,
    /// Go on with this command.
    GoOn(&'static str),
}

impl Debugger {
    /// Takes in what the adapter says by itself.
    pub(super) fn hear(&self, serial: u64, said: &Said) {
        if self.state().serial != serial {
            return;
        }
        let Said::Event(event) = said else {
            return self.adapter_ended();
        };
        match event["event"].as_str() {
            Some("stopped") => self.stopped(&event["body"]),
            Some("thread") => self.tell("thread", &event["body"]),
            // What LLDB says of its own end and of the process is told by those who caused it.
            _ => {}
        }
    }

    /// The session is over, and not because someone wanted it.
    fn adapter_ended(&self) {
        let adapter = self.state().adapter.take();
        if let Some(adapter) = adapter {
            adapter.end();
            self.forget_stop();
            self.tell("terminated", &json!({}));
        }
    }

    fn stopped(&self, body: &Value) {
        let Some(adapter) = self.adapter() else {
            return;
        };
        let Some(thread) = body["threadId"].as_i64() else {
            return;
        };
        let frames = self.frames(thread);
        match self.judge(body["reason"].as_str().unwrap_or_default(), &frames) {
            Next::GoOn(command) => {
                let arguments = json!({ "threadId": thread });
                if let Err(error) = adapter.request(command, arguments) {
                    tracing::warn!("the cell stays where it is: {error:#}");
                }
            }
            Next::Stay => {
                let mut state = self.state();
                state.step = None;
                if let Some(stop) = Stop::new(&frames, &state.places) {
                    state.told.retain(|before| *before != stop);
                    state.told.push(stop);
                }
                state.stopped.insert(thread);
                drop(state);
                self.tell("stopped", &told(body, thread, frames.first()));
            }
        }
    }

    /// The stack of a thread, as the debugger sees it.
    pub(super) fn frames(&self, thread: i64) -> Vec<Value> {
        let arguments = json!({ "threadId": thread, "startFrame": 0, "levels": MAX_FRAMES });
        let answer = self
            .adapter()
            .map(|adapter| adapter.request("stackTrace", arguments));
        match answer {
            Some(Ok(mut body)) => match body["stackFrames"].take() {
                Value::Array(frames) => frames,
                _ => Vec::new(),
            },
            Some(Err(error)) => {
                tracing::warn!("the stack is not known: {error:#}");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn judge(&self, reason: &str, stack: &[Value]) -> Next {
        let mut state = self.state();
        let State {
            places,
            step,
            muted,
            told,
            ..
        } = &mut *state;
        if *muted {
            return Next::GoOn("continue");
        }
        if let Some(stop) = Stop::new(stack, places) {
            if reason == "breakpoint" && told.iter().any(|before| stop.is_same_line_as(before)) {
                return Next::GoOn(step.as_ref().map_or("continue", |step| step.command));
            }
            // Rust's library looks into a fault first and has the instruction repeated: the second time
            // is the crash that the user has let go on.
            if reason == "exception" && told.last() == Some(&stop) {
                return Next::GoOn("continue");
            }
        }
        let (Some(top), "step", Some(step)) = (stack.first(), reason, step.as_mut()) else {
            return Next::Stay;
        };
        match frames::place(top, places) {
            Some(place) if step.detour && step.from.as_ref() == Some(place) => {
                Next::GoOn(step.command)
            }
            Some(_) => Next::Stay,
            None if !stack
                .iter()
                .any(|frame| frames::place(frame, places).is_some()) =>
            {
                // The cell is over.
                Next::GoOn("continue")
            }
            None if frames::is_generated(top, places) => Next::GoOn("next"),
            None => {
                step.detour = true;
                Next::GoOn("stepOut")
            }
        }
    }
}

/// What is told of a stop.
fn told(body: &Value, thread: i64, top: Option<&Value>) -> Value {
    let mut told = json!({
        "reason": body["reason"],
        "threadId": thread,
        "allThreadsStopped": true,
    });
    if top.is_some_and(frames::is_panic) {
        told["reason"] = "exception".into();
        told["description"] = "the code panics".into();
        told["text"] = "panic".into();
    } else if let Some(description) = body["description"].as_str() {
        told["description"] = description.into();
    }
    told
}
