//! An engine that does what a cell's text says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use ferrolab_kernel::engine::{
    Analyst, Cell, CellError, CommEvent, CommRefused, Completeness, Completions, Engine,
    Interrupter, Outcome, OutputSink, Parcel, Stream, Suggestion, VariableView,
};
use hpc_channel::{CellMessage, MimeBundle};
use serde_json::json;

/// Prints the text of a cell, unless it begins with one of the words in [`Engine::execute`].
#[derive(Default)]
pub(crate) struct Parrot {
    pub(crate) interrupted: Arc<Flag>,
    pub(crate) shut_down: Arc<AtomicBool>,
    /// What came by comms.
    pub(crate) heard: Arc<Mutex<Vec<CommEvent>>>,
}

#[derive(Default)]
pub(crate) struct Flag(AtomicBool);

impl Interrupter for Flag {
    fn interrupt(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub(crate) fn failure(name: &str) -> CellError {
    CellError {
        name: name.to_owned(),
        value: "it did not work".to_owned(),
        traceback: vec!["a line".to_owned()],
    }
}

fn parcel(text: &str) -> Parcel {
    Parcel {
        data: json!({ "text": text }),
        metadata: json!({"version": "2"}).as_object().unwrap().clone(),
        buffers: vec![Bytes::from_static(&[0, 255, 10]), Bytes::new()],
    }
}

impl Engine for Parrot {
    fn prepare(&mut self) {
        self.interrupted.0.store(false, Ordering::SeqCst);
    }

    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome {
        let (word, rest) = cell.code.split_once(' ').unwrap_or((&cell.code, ""));
        let mut status = Ok(());
        match word {
            "panic" => panic!("a defect"),
            "fail" => status = Err(failure("Failure")),
            "wait" => {
                sink.stream(Stream::Stdout, "waiting");
                while !self.interrupted.0.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                status = Err(failure("Interrupted"));
            }
            "sleep" => thread::sleep(Duration::from_millis(rest.parse().unwrap())),
            "value" => sink.message(CellMessage::Result {
                bundle: MimeBundle::text(rest),
            }),
            "ask" | "password" => match sink.input(rest, word == "password") {
                Ok(line) => sink.stream(Stream::Stdout, &format!("got {line}")),
                Err(refused) => sink.stream(Stream::Stdout, &format!("{refused:?}")),
            },
            "open" => sink.comm(CommEvent::Open {
                id: rest.to_owned(),
                target: "jupyter.widget".to_owned(),
                parcel: parcel("hello"),
            }),
            "say" => sink.comm(CommEvent::Message {
                id: rest.to_owned(),
                parcel: parcel("more"),
            }),
            "close" => sink.comm(CommEvent::Close {
                id: rest.to_owned(),
                parcel: parcel("bye"),
            }),
            "display" => {
                for message in [
                    CellMessage::Display {
                        bundle: MimeBundle::text("first").with("text/html", "<b>first</b>"),
                        display_id: Some("d".to_owned()),
                    },
                    CellMessage::Update {
                        bundle: MimeBundle::text("second"),
                        display_id: "d".to_owned(),
                    },
                    CellMessage::Clear { wait: true },
                ] {
                    sink.message(message);
                }
            }
            "both" => {
                sink.stream(Stream::Stdout, "a");
                sink.stream(Stream::Stderr, "b");
                sink.stream(Stream::Stdout, "c");
                sink.stream(Stream::Stdout, "d");
            }
            "flood" => {
                let lines: usize = rest.parse().unwrap();
                for line in 0..lines {
                    sink.stream(Stream::Stdout, &flood_line(line));
                }
            }
            _ => sink.stream(Stream::Stdout, &cell.code),
        }
        Outcome {
            status,
            phases: Vec::new(),
            compile_time: Duration::ZERO,
            run_time: Duration::ZERO,
        }
    }

    fn evaluate(&mut self, expression: &str) -> Result<MimeBundle, CellError> {
        match expression {
            "bad" => Err(failure("BadExpression")),
            "panic" => panic!("a defect"),
            _ => Ok(MimeBundle::text(format!("value of {expression}"))),
        }
    }

    fn variables(&mut self) -> Vec<VariableView> {
        vec![VariableView {
            name: "seed".to_owned(),
            type_name: "u8".to_owned(),
            value: Some("7".to_owned()),
        }]
    }

    /// Knows the target `echo`, which says everything back.
    fn comm(&mut self, event: CommEvent, sink: Arc<dyn OutputSink>) -> Result<(), CommRefused> {
        self.heard.lock().unwrap().push(event.clone());
        match event {
            CommEvent::Open { target, .. } if target != "echo" => {
                Err(CommRefused::UnknownTarget(target))
            }
            CommEvent::Message { .. } => {
                sink.stream(Stream::Stdout, "heard");
                sink.comm(event);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn analyst(&self) -> Option<Arc<dyn Analyst>> {
        Some(Arc::new(Dictionary))
    }

    fn interrupter(&self) -> Arc<dyn Interrupter> {
        Arc::clone(&self.interrupted) as Arc<dyn Interrupter>
    }

    fn shutdown(&mut self) {
        self.shut_down.store(true, Ordering::SeqCst);
    }
}

/// One line of a flood.
pub(crate) fn flood_line(line: usize) -> String {
    format!("line {line:08} of a flood, long enough to look like the output of a program\n")
}

/// Knows one word.
struct Dictionary;

impl Analyst for Dictionary {
    fn complete(&self, code: &str, cursor: usize) -> Completions {
        assert!(code != "panic", "a defect");
        let start = code[..cursor].rfind(' ').map_or(0, |space| space + 1);
        Completions {
            start,
            end: cursor,
            suggestions: vec![Suggestion {
                text: "length".to_owned(),
                kind: "method".to_owned(),
                signature: "fn length(&self) -> usize".to_owned(),
            }],
        }
    }

    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle> {
        code[cursor..]
            .starts_with("length")
            .then(|| MimeBundle::text("how long it is").with("text/markdown", "how *long* it is"))
    }

    fn expect_questions(&self) {}

    fn completeness(&self, code: &str) -> Completeness {
        match code.chars().last() {
            Some('{') => Completeness::Incomplete {
                indent: "    ".to_owned(),
            },
            Some(')') => Completeness::Invalid,
            _ => Completeness::Complete,
        }
    }
}
