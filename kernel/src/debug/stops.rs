//! What happens when the process that runs cells stops in the debugger.
//!
//! A step may end in code that nobody wrote: in the standard library, or in what the kernel puts
//! around a cell's statements. Then it goes on until it is in a cell again.

use serde_json::{Value, json};

use super::adapter::Said;
use super::{Debugger, frames};

/// Frames of a stack that are looked at: more than anyone reads, and the end of an endless recursion
/// comes in no time.
const MAX_FRAMES: u64 = 500;

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
            Some("thread") => self.tell("thread", event["body"].clone()),
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
            self.tell("terminated", json!({}));
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
                self.state().stopped.insert(thread);
                self.tell("stopped", told(body, thread));
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
        let state = self.state();
        if state.muted {
            return Next::GoOn("continue");
        }
        if reason != "step" {
            return Next::Stay;
        }
        let places = &state.places;
        let Some(top) = stack.first() else {
            return Next::Stay;
        };
        if frames::place(top, places).is_some() {
            return Next::Stay;
        }
        if !stack
            .iter()
            .any(|frame| frames::place(frame, places).is_some())
        {
            // The cell is over.
            return Next::GoOn("continue");
        }
        Next::GoOn(if frames::is_generated(top, places) {
            "next"
        } else {
            "stepOut"
        })
    }
}

/// What is told of a stop.
fn told(body: &Value, thread: i64) -> Value {
    let mut told = json!({
        "reason": body["reason"],
        "threadId": thread,
        "allThreadsStopped": true,
    });
    if body["reason"] == "function breakpoint" {
        // There are no others than the one where panics come by.
        told["reason"] = "exception".into();
        told["description"] = "the code panics".into();
        told["text"] = "panic".into();
    } else if let Some(description) = body["description"].as_str() {
        told["description"] = description.into();
    }
    told
}
