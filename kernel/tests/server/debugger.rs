//! Requests to a debugger, with one that does what a test wants.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock};

use ferrolab_kernel::engine::{DebugListener, DebugReply, Debugging};
use ferrolab_kernel::server::Settings;
use ferrolab_wire::Channel;
use ferrolab_wire::content::{
    DebugRequest, InterruptReply, InterruptRequest, KernelInfoReply, KernelInfoRequest,
};
use serde_json::{Map, Value, json};

use crate::frontend::{Frontend, Kernel, cell, loopback, settings};
use crate::parrot::Parrot;

/// Answers `echo`, tells of it, and leaves `slow` waiting.
struct Puppet {
    listener: OnceLock<DebugListener>,
    released: Mutex<Receiver<()>>,
}

impl std::fmt::Debug for Puppet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Puppet")
    }
}

impl Debugging for Puppet {
    fn answer(&self, command: &str, arguments: &Value) -> DebugReply {
        match command {
            "echo" => {
                let listener = self.listener.get().unwrap();
                listener(json!({"type": "event", "event": "echoed", "body": arguments}));
                Ok(arguments.clone())
            }
            "slow" => {
                self.released.lock().unwrap().recv().unwrap();
                Ok(json!({}))
            }
            _ => Err("nobody taught it that".to_owned()),
        }
    }

    fn is_stopped(&self) -> bool {
        false
    }

    fn listen(&self, listener: DebugListener) {
        assert!(self.listener.set(listener).is_ok());
    }
}

fn kernel() -> (Kernel, Sender<()>) {
    let (release, released) = mpsc::channel();
    let puppet = Puppet {
        listener: OnceLock::new(),
        released: Mutex::new(released),
    };
    let settings = Settings {
        debugger: Some(Arc::new(puppet)),
        ..settings()
    };
    let kernel = Kernel::at(loopback(), settings, || Ok(Box::new(Parrot::default())));
    (kernel, release)
}

fn request(command: &str, arguments: Value) -> DebugRequest {
    DebugRequest {
        seq: 11,
        command: command.to_owned(),
        arguments,
        other: Map::from_iter([("type".to_owned(), "request".into())]),
    }
}

fn ask(frontend: &mut Frontend, command: &str, arguments: Value) -> Value {
    let reply = frontend.ask(Channel::Control, &request(command, arguments));
    assert_eq!(reply.msg_type(), "debug_reply");
    assert_eq!(reply.content["type"], "response");
    assert_eq!(reply.content["request_seq"], 11);
    assert_eq!(reply.content["command"], command);
    reply.content
}

#[test]
fn requests_are_answered_and_events_published() {
    let (kernel, _release) = kernel();
    let mut frontend = kernel.frontend();
    let info: KernelInfoReply = frontend
        .ask(Channel::Control, &KernelInfoRequest {})
        .content_as()
        .unwrap();
    assert!(info.debugger && info.supported_features.contains(&"debugger".to_owned()));
    let answer = ask(&mut frontend, "echo", json!({"n": 1}));
    assert_eq!(
        (&answer["success"], &answer["body"]),
        (&json!(true), &json!({"n": 1}))
    );
    let event = frontend.published(|message| message.msg_type() == "debug_event");
    assert_eq!(event.content["event"], "echoed");
    let answer = ask(&mut frontend, "nonsense", json!({}));
    assert_eq!(answer["success"], false);
    assert_eq!(answer["message"], "nobody taught it that");
    kernel.stop();
}

#[test]
fn variables_are_asked_of_the_engine_unless_it_is_at_work() {
    let (kernel, _release) = kernel();
    let mut frontend = kernel.frontend();
    frontend.run(&cell("hello"));
    let answer = ask(&mut frontend, "inspectVariables", json!({}));
    let variable = &answer["body"]["variables"][0];
    assert_eq!(
        (&variable["name"], &variable["type"]),
        (&json!("seed"), &json!("u8"))
    );
    assert_eq!(variable["value"], "7");
    // JupyterLab shows values only where it is told no types.
    ask(
        &mut frontend,
        "initialize",
        json!({"clientID": "jupyterlab"}),
    );
    let answer = ask(&mut frontend, "inspectVariables", json!({}));
    let variable = &answer["body"]["variables"][0];
    assert_eq!(
        (&variable["type"], &variable["value"]),
        (&json!(null), &json!("7"))
    );
    let rich = |name: &str| json!({"variableName": name});
    let answer = ask(&mut frontend, "richInspectVariables", rich("seed"));
    assert_eq!(answer["body"]["data"]["text/plain"], "value of seed");
    for (name, why) in [
        ("bad", "it did not work"),
        ("a b", "\"a b\" is no variable"),
    ] {
        let answer = ask(&mut frontend, "richInspectVariables", rich(name));
        assert_eq!(
            (&answer["success"], &answer["message"]),
            (&json!(false), &json!(why))
        );
    }
    let running = frontend.send(Channel::Shell, &cell("wait"));
    frontend.published(|message| message.msg_type() == "stream");
    let answer = ask(&mut frontend, "inspectVariables", json!({}));
    assert_eq!(answer["body"]["variables"], json!([]));
    frontend.ask(Channel::Control, &InterruptRequest {});
    frontend.reply(Channel::Shell, &running);
    kernel.stop();
}

#[test]
fn an_interrupt_does_not_wait_for_the_debugger() {
    let (kernel, release) = kernel();
    let mut frontend = kernel.frontend();
    let slow = frontend.send(Channel::Control, &request("slow", json!({})));
    let reply: InterruptReply = frontend
        .ask(Channel::Control, &InterruptRequest {})
        .content_as()
        .unwrap();
    assert_eq!(reply.status, ferrolab_wire::content::ReplyStatus::Ok);
    release.send(()).unwrap();
    assert_eq!(
        frontend.reply(Channel::Control, &slow).content["success"],
        true
    );
    kernel.stop();
}

#[test]
fn without_a_debugger_everyone_is_told_so() {
    let kernel = Kernel::start();
    let mut frontend = kernel.frontend();
    let answer = ask(&mut frontend, "debugInfo", json!({}));
    assert_eq!(answer["body"]["isStarted"], false);
    let answer = ask(&mut frontend, "initialize", json!({}));
    assert_eq!(answer["success"], false);
    assert!(answer["message"].as_str().unwrap().contains("lldb"));
    kernel.stop();
}
