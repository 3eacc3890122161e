//! What frontends ask of the debugger.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};

use super::places::{HASH_SEED, SUFFIX};
use super::stops::Step;
use super::{Debugger, frames};
use crate::engine::{DebugListener, DebugReply, Debugging};

/// Breakpoints on exceptions that there are.
const PANIC_FILTER: &str = "panic";

impl Debugging for Debugger {
    fn answer(&self, command: &str, arguments: &Value) -> DebugReply {
        self.carry_out(command, arguments)
            .map_err(|error| format!("{error:#}"))
    }

    fn is_stopped(&self) -> bool {
        !self.state().stopped.is_empty()
    }

    fn listen(&self, listener: DebugListener) {
        if self.listener.set(listener).is_err() {
            tracing::debug!("somebody listens to the debugger already");
        }
    }
}

impl Debugger {
    fn carry_out(&self, command: &str, arguments: &Value) -> anyhow::Result<Value> {
        match command {
            "debugInfo" => Ok(self.info()),
            "initialize" => Ok(capabilities()),
            "attach" => {
                self.attach()?;
                self.tell("initialized", &json!({}));
                Ok(json!({}))
            }
            "configurationDone" => Ok(json!({})),
            "dumpCell" => self.dump_cell(arguments),
            "source" => self.source(arguments),
            "setBreakpoints" => self.set_breakpoints(arguments),
            "setExceptionBreakpoints" => self.set_exception_breakpoints(arguments),
            "stackTrace" => self.stack_trace(arguments),
            "scopes" => self.scopes(arguments),
            "variables" => self.variables(arguments),
            "continue" | "next" | "stepIn" | "stepOut" => self.go_on(command, arguments),
            "disconnect" => {
                self.disconnect();
                Ok(json!({}))
            }
            "modules" => Ok(self.modules()),
            "threads" | "exceptionInfo" | "evaluate" | "pause" | "setVariable" => {
                self.forward(command, arguments)
            }
            "copyToGlobals" => Err(anyhow!(
                "a variable cannot be copied out of a stopped cell: its owner is the cell, and Rust \
                 has one owner for each value"
            )),
            other => Err(anyhow!("this debugger does not know `{other}`")),
        }
    }

    fn info(&self) -> Value {
        let state = self.state();
        let breakpoints: Vec<Value> = state
            .breakpoints
            .iter()
            .map(|(path, breakpoints)| json!({ "source": path, "breakpoints": breakpoints }))
            .collect();
        json!({
            "isStarted": state.adapter.is_some(),
            "hashMethod": "Murmur2",
            "hashSeed": HASH_SEED,
            "tmpFilePrefix": state.places.prefix(),
            "tmpFileSuffix": SUFFIX,
            "breakpoints": breakpoints,
            "stoppedThreads": state.stopped,
            "richRendering": true,
            "exceptionPaths": [],
            "copyToGlobals": false,
        })
    }

    /// Writes the cell's file: frontends may show it, and nobody but the user is to read it.
    fn dump_cell(&self, arguments: &Value) -> anyhow::Result<Value> {
        let code = text(arguments, "/code")?;
        let path = self.state().places.add_cell(code);
        fs::write(&*path, code)
            .and_then(|()| fs::set_permissions(&*path, fs::Permissions::from_mode(0o600)))
            .with_context(|| format!("cannot write {path}"))?;
        Ok(json!({ "sourcePath": &*path }))
    }

    fn source(&self, arguments: &Value) -> anyhow::Result<Value> {
        let path = text(arguments, "/source/path")?;
        let state = self.state();
        let content = state.places.text(path).with_context(|| {
            format!("{path} is no cell, and the debugger has the sources of nothing else")
        })?;
        Ok(json!({ "content": content, "mimeType": "text/rust" }))
    }

    /// The cells that were compiled for the debugger: what else is loaded has no sources to show.
    fn modules(&self) -> Value {
        let state = self.state();
        let modules: Vec<Value> = state
            .places
            .cells()
            .into_iter()
            .map(|(path, cell)| json!({ "id": &*path, "name": format!("In [{cell}]"), "path": &*path }))
            .collect();
        json!({ "modules": modules, "totalModules": modules.len() })
    }

    /// Takes the breakpoints of one cell in. They count for all sources that the cell is in, now and
    /// later.
    fn set_breakpoints(&self, arguments: &Value) -> anyhow::Result<Value> {
        let path = text(arguments, "/source/path")?;
        let wanted = arguments["breakpoints"].as_array().cloned();
        let wanted = wanted.unwrap_or_default();
        let (length, files) = {
            let mut state = self.state();
            if wanted.is_empty() {
                state.breakpoints.remove(path);
            } else {
                state.breakpoints.insert(path.to_owned(), wanted.clone());
            }
            let length = state.places.text(path).map(|text| text.lines().count());
            (length, state.places.sources_with(path))
        };
        let mut verified = Vec::new();
        for file in &files {
            let set = self.set_breakpoints_in(file);
            let state = self.state();
            verified.extend(
                set.iter()
                    .filter(|set| set["verified"] == true)
                    .filter_map(|set| state.places.in_cell(file, set["line"].as_u64()?))
                    .filter(|place| *place.path == *path)
                    .map(|place| place.line),
            );
        }
        let breakpoints: Vec<Value> = wanted
            .iter()
            .map(|wanted| {
                let line = wanted["line"].as_u64().unwrap_or_default();
                // The debugger moves one that is on an empty line or a comment.
                let moved = verified.iter().copied().filter(|set| *set >= line).min();
                let mut told = json!({
                    "verified": moved.is_some(),
                    "line": moved.unwrap_or(line),
                    "source": { "path": path },
                });
                if length.is_some_and(|length| line > length as u64) {
                    told["message"] = "the cell has no such line".into();
                } else if moved.is_none() {
                    told["message"] = "it counts as soon as the cell runs".into();
                }
                told
            })
            .collect();
        Ok(json!({ "breakpoints": breakpoints }))
    }

    fn set_exception_breakpoints(&self, arguments: &Value) -> anyhow::Result<Value> {
        let filters = arguments["filters"].as_array();
        let wanted = filters.is_some_and(|filters| filters.iter().any(|name| name == PANIC_FILTER));
        self.state().stops_on_panic = wanted;
        self.set_panic_breakpoint()?;
        Ok(json!({}))
    }

    fn stack_trace(&self, arguments: &Value) -> anyhow::Result<Value> {
        let thread = arguments["threadId"].as_i64().context("which thread?")?;
        if self.state().stopped.is_empty() {
            bail!("nothing is stopped");
        }
        let frames = self.frames(thread);
        let mut state = self.state();
        let sources = frames.iter().filter_map(|frame| {
            let file = frame.pointer("/source/path")?.as_str()?;
            Some((frame["id"].as_i64()?, file.into()))
        });
        state.frames.extend(sources);
        let told = frames::in_cells(&frames, &state.places);
        let total = told.len();
        let start = arguments["startFrame"].as_u64().unwrap_or_default() as usize;
        let levels = match arguments["levels"].as_u64() {
            None | Some(0) => total,
            Some(levels) => levels as usize,
        };
        let told: Vec<Value> = told.into_iter().skip(start).take(levels).collect();
        Ok(json!({ "stackFrames": told, "totalFrames": total }))
    }

    /// The variables of a stack frame. Registers and what the whole program has are no help to those
    /// who write cells.
    fn scopes(&self, arguments: &Value) -> anyhow::Result<Value> {
        let mut body = self.forward("scopes", arguments)?;
        if let Some(scopes) = body["scopes"].as_array_mut() {
            scopes.retain(|scope| scope["name"] == "Locals");
            let mut state = self.state();
            let file = arguments["frameId"]
                .as_i64()
                .and_then(|id| state.frames.get(&id).cloned());
            let locals = scopes
                .iter()
                .filter_map(|scope| Some((scope["variablesReference"].as_i64()?, file.clone()?)));
            state.locals.extend(locals);
        }
        Ok(body)
    }

    fn variables(&self, arguments: &Value) -> anyhow::Result<Value> {
        let mut body = self.forward("variables", arguments)?;
        let state = self.state();
        let file = arguments["variablesReference"]
            .as_i64()
            .and_then(|reference| state.locals.get(&reference));
        if let (Some(file), Some(variables)) = (file, body["variables"].as_array_mut()) {
            variables.retain(|variable| !frames::is_made_up(variable));
            for variable in variables {
                *variable = frames::variable(variable.take(), file, &state.places);
            }
        }
        Ok(body)
    }

    fn go_on(&self, command: &str, arguments: &Value) -> anyhow::Result<Value> {
        if self.state().stopped.is_empty() {
            bail!("nothing is stopped");
        }
        // Before: the next stop may come faster than the answer.
        self.begin_step(command, arguments["threadId"].as_i64());
        self.forget_stop();
        self.forward(command, arguments)
    }

    fn begin_step(&self, command: &str, thread: Option<i64>) {
        let steps = ["next", "stepIn", "stepOut"];
        let command = steps.into_iter().find(|step| *step == command);
        let top = thread.and_then(|thread| self.frames(thread).into_iter().next());
        let mut state = self.state();
        let from = top.and_then(|top| frames::place(&top, &state.places).cloned());
        state.step = command.map(|command| Step {
            command,
            from,
            detour: false,
        });
    }

    fn disconnect(&self) {
        let adapter = {
            let mut state = self.state();
            state.serial += 1;
            state.breakpoints.clear();
            state.stops_on_panic = false;
            state.adapter.take()
        };
        if let Some(adapter) = adapter {
            adapter.detach();
        }
        self.forget_stop();
    }

    fn forward(&self, command: &str, arguments: &Value) -> anyhow::Result<Value> {
        let adapter = self.adapter().context("the debugger is not started")?;
        adapter.request(command, arguments.clone())
    }
}

fn capabilities() -> Value {
    json!({
        "supportsConfigurationDoneRequest": true,
        "supportsConditionalBreakpoints": true,
        "supportsHitConditionalBreakpoints": true,
        "supportsEvaluateForHovers": true,
        "supportsExceptionInfoRequest": true,
        "supportsModulesRequest": true,
        "supportsSetVariable": true,
        "supportsDelayedStackTraceLoading": true,
        "exceptionBreakpointFilters": [
            { "filter": PANIC_FILTER, "label": "Panics", "default": false },
        ],
    })
}

fn text<'a>(arguments: &'a Value, path: &str) -> anyhow::Result<&'a str> {
    arguments
        .pointer(path)
        .and_then(Value::as_str)
        .with_context(|| format!("the request lacks `{}`", &path[1..].replace('/', ".")))
}
