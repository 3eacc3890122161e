//! Answers questions about code: completion, inspection, completeness.
//!
//! Only this module names evcxr, which is asked for what rust-analyzer knows. It follows the
//! notebook: what a cell defined is told to it afterwards, without being compiled or run again.
//! It is loaded when the first question comes, or when somebody seems to be there to ask one, on a
//! thread of its own: cells never wait for it. Until it is there, names are suggested from a sketch.

mod completeness;
mod evcxr_context;
mod sketch;
mod tools;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hpc_channel::MimeBundle;

use self::evcxr_context::Context;
pub use self::sketch::CommandList;
use self::sketch::Sketch;
pub use self::tools::{TOOL_NAMES, run_as_tool};
use crate::engine::{Analyst, Completeness, Completions};
use crate::layout::Layout;

/// How long a question may wait for its answer, loading included.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a cell changed, as far as questions about code are concerned.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Text of the items that it defined.
    pub items: String,
    /// The variables that are there after it.
    pub variables: BTreeMap<String, KnownVariable>,
    /// Lines of a manifest with the crates that the notebook depends on.
    pub dependencies: String,
}

/// A variable and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownVariable {
    /// Whether it was declared `mut`.
    pub mutable: bool,
    /// A name for its type.
    pub type_name: String,
    /// The same for people.
    pub shown_type: String,
}

enum Message {
    News(News),
    /// Somebody seems to be there.
    Prepare,
    Complete(String, usize, Sender<Completions>),
    Inspect(String, usize, Sender<Option<MimeBundle>>),
}

/// Answers questions from what it was told.
#[derive(Debug)]
pub struct Assistant {
    messages: Mutex<Sender<Message>>,
    sketch: Mutex<Sketch>,
    /// Whether rust-analyzer is there.
    is_loaded: Arc<AtomicBool>,
}

impl Assistant {
    /// An assistant that knows of no cell yet, but of `commands`.
    ///
    /// # Errors
    /// Fails when its thread cannot be started.
    pub fn start(layout: &Layout, commands: CommandList) -> anyhow::Result<Arc<Self>> {
        let (messages, received) = mpsc::channel();
        let sketch = Mutex::new(Sketch::new(&layout.hpc_sources(), commands));
        let layout = layout.clone();
        let is_loaded = Arc::new(AtomicBool::new(false));
        let loaded = Arc::clone(&is_loaded);
        thread::Builder::new()
            .name("analysis".into())
            .spawn(move || serve(&layout, &received, &loaded))?;
        Ok(Arc::new(Self {
            messages: Mutex::new(messages),
            sketch,
            is_loaded,
        }))
    }

    /// Tells what a cell has changed.
    pub fn tell(&self, news: News) {
        if !self.is_loaded() {
            self.sketch().learn(&news);
        }
        self.send(Message::News(news));
    }

    fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Relaxed)
    }

    fn sketch(&self) -> MutexGuard<'_, Sketch> {
        self.sketch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be said without rust-analyzer, where that knows no more or is not there yet.
    fn sketched(&self, code: &str, cursor: usize) -> Option<Completions> {
        let sketch = self.sketch();
        sketch.commands(code, cursor).or_else(|| {
            let names = sketch.names(code, cursor).filter(|_| !self.is_loaded())?;
            self.send(Message::Prepare);
            Some(names)
        })
    }

    fn send(&self, message: Message) {
        let sent = self
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(message);
        if sent.is_err() {
            tracing::debug!("questions about code are not answered any more");
        }
    }
}

impl Analyst for Assistant {
    fn complete(&self, code: &str, cursor: usize) -> Completions {
        if let Some(found) = self.sketched(code, cursor) {
            return found;
        }
        let (answer, received) = mpsc::channel();
        self.send(Message::Complete(code.to_owned(), cursor, answer));
        received.recv_timeout(PATIENCE).unwrap_or(Completions {
            start: cursor,
            end: cursor,
            suggestions: Vec::new(),
        })
    }

    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle> {
        if !self.is_loaded()
            && let Some(known) = self.sketch().variable(code, cursor)
        {
            self.send(Message::Prepare);
            return Some(known);
        }
        let (answer, received) = mpsc::channel();
        self.send(Message::Inspect(code.to_owned(), cursor, answer));
        match received.recv_timeout(PATIENCE) {
            Ok(known) => known,
            Err(RecvTimeoutError::Timeout) => {
                let text =
                    "what answers questions about code is still being loaded; ask again soon\n";
                Some(MimeBundle::text(text))
            }
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn completeness(&self, code: &str) -> Completeness {
        completeness::completeness(code)
    }

    fn expect_questions(&self) {
        self.send(Message::Prepare);
    }
}

/// Serves until the assistant is dropped.
fn serve(layout: &Layout, messages: &Receiver<Message>, is_loaded: &AtomicBool) {
    let mut context: Option<Context> = None;
    // What was told and not yet passed on: nobody may ask.
    let mut pending = News::default();
    let mut failed = false;
    while let Ok(message) = messages.recv() {
        let question = match message {
            Message::News(news) => {
                pending.items.push_str(&news.items);
                pending.variables = news.variables;
                pending.dependencies = news.dependencies;
                continue;
            }
            question => question,
        };
        if context.is_none() && !failed {
            match Context::load(layout) {
                Ok(loaded) => {
                    context = Some(loaded);
                    is_loaded.store(true, Ordering::Relaxed);
                }
                Err(error) => {
                    failed = true;
                    tracing::error!("completion and inspection do not work: {error:#}");
                }
            }
        }
        let Some(context) = &mut context else {
            continue;
        };
        context.learn(std::mem::take(&mut pending));
        // Whoever does not wait any more has nothing to be told.
        match question {
            Message::Complete(code, cursor, answer) => {
                let _ = answer.send(context.complete(&code, cursor));
            }
            Message::Inspect(code, cursor, answer) => {
                let _ = answer.send(context.inspect(&code, cursor));
            }
            Message::Prepare | Message::News(_) => {}
        }
    }
}
