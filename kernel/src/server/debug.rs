//! Requests to the debugger, which a thread of its own answers: an interrupt must not wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::content::{DebugEvent, DebugReply, DebugRequest};
use serde_json::{Map, Value, json};

use crate::engine::{Debugging, VariableView};
use crate::server::desk::{Desk, Request};
use crate::server::output;
use crate::server::shell::Lane;
use crate::server::worker::{Job, Jobs, Question};

/// How long a question about variables may wait for the engine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a cell may still count as running when its frontend has its reply, and asks what has
/// become of the variables.
const SETTLING: Duration = Duration::from_millis(500);

/// Answers what the debugger is asked, or says that there is none.
pub(super) struct DebugDesk {
    desk: Arc<Desk>,
    jobs: Jobs,
    debugger: Option<Arc<dyn Debugging>>,
    /// Whether the frontend shows the type of a variable in the place of its value, as JupyterLab does
    /// with all types that are not Python's.
    prefers_types: AtomicBool,
}

impl DebugDesk {
    /// Starts the thread, and publishes what the debugger tells.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(
        desk: Arc<Desk>,
        jobs: Jobs,
        debugger: Option<Arc<dyn Debugging>>,
    ) -> anyhow::Result<Lane> {
        if let Some(debugger) = &debugger {
            let publisher = desk.publisher.clone();
            debugger.listen(Box::new(move |event| {
                if let Value::Object(event) = event {
                    publisher.publish(None, &DebugEvent(event));
                }
            }));
        }
        let own = Self {
            desk,
            jobs,
            debugger,
            prefers_types: AtomicBool::new(false),
        };
        Lane::start("debug", move |request| own.answer(&request))
    }

    fn answer(&self, request: &Request) {
        let _busy = self.desk.busy(request);
        let Some(asked) = self.desk.content::<DebugRequest>(request) else {
            return;
        };
        if asked.command == "initialize" {
            let is_lab = asked.arguments["clientID"] == "jupyterlab";
            self.prefers_types.store(is_lab, Ordering::Relaxed);
        }
        let answer = match self.carry_out(&asked).map(|body| self.adapted(body)) {
            Ok(body) => json!({ "success": true, "body": body }),
            Err(message) => json!({ "success": false, "message": message, "body": {} }),
        };
        let mut reply = Map::from_iter([
            ("seq".to_owned(), asked.seq.into()),
            ("type".to_owned(), "response".into()),
            ("request_seq".to_owned(), asked.seq.into()),
            ("command".to_owned(), asked.command.into()),
        ]);
        if let Value::Object(answer) = answer {
            reply.extend(answer);
        }
        self.desk.reply(request, &DebugReply(reply));
    }

    /// The body as the frontend needs it to show values.
    fn adapted(&self, mut body: Value) -> Value {
        if self.prefers_types.load(Ordering::Relaxed)
            && let Some(variables) = body["variables"].as_array_mut()
        {
            for variable in variables.iter_mut().filter_map(Value::as_object_mut) {
                let type_name = variable.remove("type");
                let has_value = variable.get("value").is_some_and(|value| value != "");
                if let Some(type_name) = type_name.filter(|_| !has_value) {
                    variable.insert("value".to_owned(), type_name);
                }
            }
        }
        body
    }

    fn carry_out(&self, asked: &DebugRequest) -> crate::engine::DebugReply {
        let Some(debugger) = &self.debugger else {
            return without_debugger(&asked.command);
        };
        match asked.command.as_str() {
            "inspectVariables" => Ok(self.variables()),
            "richInspectVariables" if !debugger.is_stopped() => self.rich(&asked.arguments),
            "richInspectVariables" => {
                let value = debugger.answer(
                    "evaluate",
                    &json!({
                        "expression": asked.arguments["variableName"],
                        "frameId": asked.arguments["frameId"],
                        "context": "hover",
                    }),
                )?;
                Ok(json!({ "data": { "text/plain": value["result"] }, "metadata": {} }))
            }
            // Nothing is left to open: the values are told in one line.
            "variables" if !debugger.is_stopped() => Ok(json!({ "variables": [] })),
            command => debugger.answer(command, &asked.arguments),
        }
    }

    /// The variables between cells. While a cell runs they are in its hands.
    fn variables(&self) -> Value {
        let views = self.ask(Question::Variables).unwrap_or_default();
        let variables: Vec<Value> = views.into_iter().map(told).collect();
        json!({ "variables": variables })
    }

    fn rich(&self, arguments: &Value) -> crate::engine::DebugReply {
        let name = arguments["variableName"].as_str().unwrap_or_default();
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if name.is_empty() || !is_name {
            return Err(format!("{name:?} is no variable"));
        }
        let name = name.to_owned();
        match self.ask(|answer| Question::Value(name, answer)) {
            Some(Ok(bundle)) => Ok(json!({ "data": output::data(&bundle), "metadata": {} })),
            Some(Err(error)) => Err(error.value),
            None => Err("a cell runs; its variables can be shown when it stops".to_owned()),
        }
    }

    fn is_stopped(&self) -> bool {
        self.debugger
            .as_ref()
            .is_some_and(|debugger| debugger.is_stopped())
    }

    /// Asks the engine, unless it is at work.
    fn ask<T>(&self, question: impl FnOnce(mpsc::Sender<T>) -> Question) -> Option<T> {
        let deadline = Instant::now() + SETTLING;
        while !self.jobs.none_waiting() {
            if self.is_stopped() || Instant::now() > deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let (sender, answer) = mpsc::channel();
        self.jobs.send(Job::Question(question(sender)));
        answer.recv_timeout(PATIENCE).ok()
    }
}

fn told(view: VariableView) -> Value {
    json!({
        "name": view.name,
        "evaluateName": view.name,
        "type": view.type_name,
        "value": view.value.unwrap_or_default(),
        "variablesReference": 0,
    })
}

/// Frontends ask this of every kernel, and wait for an answer.
fn without_debugger(command: &str) -> crate::engine::DebugReply {
    if command == "debugInfo" {
        return Ok(json!({
            "isStarted": false,
            "hashMethod": "Murmur2",
            "hashSeed": 0,
            "tmpFilePrefix": "",
            "tmpFileSuffix": ".rs",
            "breakpoints": [],
            "stoppedThreads": [],
            "richRendering": false,
            "exceptionPaths": [],
            "copyToGlobals": false,
        }));
    }
    Err("there is no debugger on this machine: install lldb 19 or newer, with its programs lldb-dap and \
         lldb-server"
        .to_owned())
}
