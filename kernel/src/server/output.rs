//! What a cell puts out, on its way to the clients.

use std::sync::{Mutex, PoisonError};

use ferrolab_wire::Header;
use ferrolab_wire::content::{
    Bundle, ClearOutput, DisplayData, ExecuteResult, StreamName, Transient, UpdateDisplayData,
};
use hpc_channel::{CellMessage, MimeBundle};

use crate::engine::{OutputSink, Stream};
use crate::server::publisher::Publisher;

/// Publishes the output of one cell, also after its end when a thread of the cell outlives it.
pub(super) struct CellOutput {
    publisher: Publisher,
    parent: Header,
    number: u32,
    silent: bool,
    result: Mutex<Option<String>>,
}

impl CellOutput {
    pub(super) fn new(publisher: Publisher, parent: Header, number: u32, silent: bool) -> Self {
        Self {
            publisher,
            parent,
            number,
            silent,
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
        self.publisher.text(&self.parent, name, text);
    }

    fn message(&self, message: CellMessage) {
        if self.silent {
            return;
        }
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
                self.publisher.output(&self.parent, &content);
            }
            CellMessage::Display { bundle, display_id } => {
                let transient = Transient { display_id };
                let content = DisplayData {
                    data: data(&bundle),
                    metadata,
                    transient,
                };
                self.publisher.output(&self.parent, &content);
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
                self.publisher.output(&self.parent, &content);
            }
            CellMessage::Clear { wait } => {
                self.publisher.output(&self.parent, &ClearOutput { wait });
            }
        }
    }
}

/// A bundle as it travels.
pub(super) fn data(bundle: &MimeBundle) -> Bundle {
    bundle
        .iter()
        .map(|(mime, value)| (mime.to_owned(), value.clone()))
        .collect()
}
