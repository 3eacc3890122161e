//! What a cell puts out, on its way to the clients.

use std::sync::{Arc, Mutex, PoisonError};

use ferrolab_wire::content::{
    Bundle, ClearOutput, DisplayData, ExecuteRequest, ExecuteResult, StreamName, Transient,
    UpdateDisplayData,
};
use hpc_channel::{CellMessage, MimeBundle};

use crate::engine::{CommEvent, InputRefused, OutputSink, Stream};
use crate::server::comms;
use crate::server::desk::{Desk, Request};
use crate::server::stdin::Asker;

/// Publishes the output of the code that one request runs, also after its end when a thread of the
/// code outlives it.
pub(super) struct CellOutput {
    desk: Arc<Desk>,
    asker: Asker,
    number: u32,
    silent: bool,
    /// Whether the frontend takes questions for the user.
    allow_stdin: bool,
    result: Mutex<Option<String>>,
}

impl CellOutput {
    /// The output of a cell with that number.
    pub(super) fn of_cell(
        desk: &Arc<Desk>,
        request: &Request,
        asked: &ExecuteRequest,
        number: u32,
    ) -> Self {
        Self {
            desk: Arc::clone(desk),
            asker: request.asker(),
            number,
            silent: asked.silent,
            allow_stdin: asked.allow_stdin,
            result: Mutex::default(),
        }
    }

    /// The output of code that a message on a comm sets off, some time after the cell with that
    /// number.
    pub(super) fn of_comm(desk: &Arc<Desk>, request: &Request, number: u32) -> Self {
        Self {
            desk: Arc::clone(desk),
            asker: request.asker(),
            number,
            silent: false,
            allow_stdin: false,
            result: Mutex::default(),
        }
    }

    /// The plain text of the cell's value, for the history.
    pub(super) fn result(&self) -> Option<String> {
        self.result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl OutputSink for CellOutput {
    fn stream(&self, stream: Stream, text: &str) {
        if self.silent || text.is_empty() {
            return;
        }
        let name = match stream {
            Stream::Stdout => StreamName::Stdout,
            Stream::Stderr => StreamName::Stderr,
        };
        self.desk.publisher.text(&self.asker.request, name, text);
    }

    fn message(&self, message: CellMessage) {
        if self.silent {
            return;
        }
        let publisher = &self.desk.publisher;
        let parent = &self.asker.request;
        let metadata = Bundle::new();
        match message {
            CellMessage::Result { bundle } => {
                let plain = bundle.plain().map(str::to_owned);
                *self.result.lock().unwrap_or_else(PoisonError::into_inner) = plain;
                let content = ExecuteResult {
                    execution_count: self.number,
                    data: data(&bundle),
                    metadata,
                };
                publisher.output(parent, &content);
            }
            CellMessage::Display { bundle, display_id } => {
                let transient = Transient { display_id };
                let content = DisplayData {
                    data: data(&bundle),
                    metadata,
                    transient,
                };
                publisher.output(parent, &content);
            }
            CellMessage::Update { bundle, display_id } => {
                let transient = Transient {
                    display_id: Some(display_id),
                };
                let content = UpdateDisplayData {
                    data: data(&bundle),
                    metadata,
                    transient,
                };
                publisher.output(parent, &content);
            }
            CellMessage::Clear { wait } => {
                publisher.output(parent, &ClearOutput { wait });
            }
        }
    }

    fn input(&self, prompt: &str, password: bool) -> Result<String, InputRefused> {
        if !self.allow_stdin {
            return Err(InputRefused::NotAllowed);
        }
        // What was printed before is to be read before the question.
        self.desk.publisher.flush();
        self.desk.stdin.ask(&self.asker, prompt, password)
    }

    fn comm(&self, event: CommEvent) {
        if !self.desk.comms.record(&event) {
            tracing::debug!(comm = event.id(), "a comm that is not open says something");
            return;
        }
        comms::publish(&self.desk.publisher, &self.asker.request, event);
    }
}

/// A bundle as it travels.
pub(super) fn data(bundle: &MimeBundle) -> Bundle {
    bundle
        .iter()
        .map(|(mime, value)| (mime.to_owned(), value.clone()))
        .collect()
}
