//! Comms: channels between an object here and one in the frontend, such as a widget.
//!
//! Data is JSON text, so that a cell which uses a comm compiles as fast as any other; buffers are
//! bytes. Handlers run between cells, on the thread of cells, and can be interrupted like cells.
//!
//! ```no_run
//! use hpc::comm::{self, Comm};
//! // The frontend opens a comm to us …
//! comm::on_open("counter", |comm, first| {
//!     println!("opened with {}", first.data);
//!     comm.on_message(|comm, message| {
//!         let _ = comm.send(&message.data);
//!     });
//! });
//! // … or we open one to it.
//! let plot = Comm::open("plot", r#"{"width": 300}"#)?;
//! plot.send_with(r#"{"kind": "points"}"#, &[&[1, 2, 3]])?;
//! plot.close()?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::process;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use hpc_channel::{Buffer, CommAction, CommMessage};
use serde_json::{Map, Value};

use crate::host;

/// An open comm. Copies are the same comm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comm {
    id: String,
}

/// What came from the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// JSON text.
    pub data: String,
    /// Binary attachments.
    pub buffers: Vec<Vec<u8>>,
}

type Handler = Rc<RefCell<dyn FnMut(&Comm, &Message)>>;

thread_local! {
    /// By the names of targets, and by the names of comms.
    static TARGETS: RefCell<HashMap<String, Handler>> = RefCell::default();
    static COMMS: RefCell<HashMap<String, Handler>> = RefCell::default();
}

/// Calls `handler` when the frontend opens a comm to `target`. A handler that was there is replaced.
pub fn on_open(target: &str, handler: impl FnMut(&Comm, &Message) + 'static) {
    let handler: Handler = Rc::new(RefCell::new(handler));
    TARGETS.with_borrow_mut(|targets| targets.insert(target.to_owned(), handler));
}

impl Comm {
    /// Opens a comm to `target` in the frontend, with a first message.
    ///
    /// # Errors
    /// Fails when `data` is not JSON, or this program is not run by a notebook.
    pub fn open(target: &str, data: &str) -> io::Result<Self> {
        let comm = Self { id: new_id() };
        comm.say(CommAction::Open(target.to_owned()), data, &[])?;
        Ok(comm)
    }

    /// Name of the comm, unique for ever.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sends JSON text to the other end.
    ///
    /// # Errors
    /// Fails when `data` is not JSON, or this program is not run by a notebook.
    pub fn send(&self, data: &str) -> io::Result<()> {
        self.say(CommAction::Message, data, &[])
    }

    /// Sends JSON text and bytes to the other end.
    ///
    /// # Errors
    /// Fails when `data` is not JSON, or this program is not run by a notebook.
    pub fn send_with(&self, data: &str, buffers: &[&[u8]]) -> io::Result<()> {
        self.say(CommAction::Message, data, buffers)
    }

    /// Ends the comm.
    ///
    /// # Errors
    /// Fails when this program is not run by a notebook.
    pub fn close(&self) -> io::Result<()> {
        COMMS.with_borrow_mut(|comms| comms.remove(&self.id));
        self.say(CommAction::Close, "{}", &[])
    }

    /// Calls `handler` for what comes from the other end. A handler that was there is replaced.
    pub fn on_message(&self, handler: impl FnMut(&Comm, &Message) + 'static) {
        let handler: Handler = Rc::new(RefCell::new(handler));
        COMMS.with_borrow_mut(|comms| comms.insert(self.id.clone(), handler));
    }

    fn say(&self, action: CommAction, data: &str, buffers: &[&[u8]]) -> io::Result<()> {
        host::say(CommMessage {
            action,
            id: self.id.clone(),
            data: serde_json::from_str(data)?,
            metadata: Map::new(),
            buffers: buffers.iter().map(|bytes| Buffer(bytes.to_vec())).collect(),
        })
    }
}

/// Hands a message from the frontend to its handler. Returns whether there is one.
pub(crate) fn receive(message: CommMessage) -> bool {
    let comm = Comm { id: message.id };
    let handler = match &message.action {
        CommAction::Open(target) => TARGETS.with_borrow(|targets| targets.get(target).cloned()),
        CommAction::Message => COMMS.with_borrow(|comms| comms.get(&comm.id).cloned()),
        CommAction::Close => {
            COMMS.with_borrow_mut(|comms| comms.remove(&comm.id));
            return true;
        }
    };
    // On a comm that was opened and has no handler for messages there is nothing to do.
    let Some(handler) = handler else {
        return message.action == CommAction::Message;
    };
    let message = Message {
        data: match message.data {
            Value::Null => "null".to_owned(),
            data => data.to_string(),
        },
        buffers: message.buffers.into_iter().map(|buffer| buffer.0).collect(),
    };
    handler.borrow_mut()(&comm, &message);
    true
}

/// Never the same twice: the time, the process and a count.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "{:x}-{:x}-{:x}",
        now.as_nanos(),
        process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    fn message(action: CommAction, data: &str) -> CommMessage {
        CommMessage {
            action,
            id: "7".to_owned(),
            data: serde_json::from_str(data).unwrap(),
            metadata: Map::new(),
            buffers: vec![Buffer(vec![1, 2])],
        }
    }

    #[test]
    fn messages_find_their_handlers() {
        assert!(!receive(message(CommAction::Open("none".into()), "{}")));
        let seen = Rc::new(Cell::new(0));
        let sees = Rc::clone(&seen);
        on_open("counter", move |comm, first| {
            assert_eq!(first.data, r#"{"a":1}"#);
            let sees = Rc::clone(&sees);
            comm.on_message(move |_, message| sees.set(sees.get() + message.buffers[0].len()));
        });
        assert!(receive(message(
            CommAction::Open("counter".into()),
            r#"{"a": 1}"#
        )));
        assert!(receive(message(CommAction::Message, "1")));
        assert!(receive(message(CommAction::Message, "2")));
        assert_eq!(seen.get(), 4);
        assert!(receive(message(CommAction::Close, "{}")));
    }
}
