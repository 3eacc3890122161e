//! Shows what a running cell does, while it runs, hangs or waits.
//!
//! A thread of the kernel reads the recording that the process of the cell shares with it; the cell does
//! not notice.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hpc_channel::{CellMessage, MimeBundle};
use hpc_profile::Recording;
use hpc_profile::report::Live;
use uuid::Uuid;

use crate::engine::OutputSink;

/// How often it is shown at most, and at least.
pub(super) const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);

/// A cell that has run for long is looked at less often: each time after this part of its time.
const PART: u32 = 100;

/// A view of a running cell.
pub(super) struct LiveView {
    /// It ends when this is dropped.
    stop: Sender<()>,
    /// Gives the display, if there is one.
    thread: JoinHandle<Option<String>>,
}

impl LiveView {
    /// Shows what is recorded `after` a while, and from then on, in `display` if there is one already.
    /// `None` if there is no thread to be had: the cell runs without being shown.
    pub(super) fn start(
        recording: &Path,
        sink: &Arc<dyn OutputSink>,
        after: Duration,
        display: Option<String>,
    ) -> Option<Self> {
        let (stop, stopped) = mpsc::channel();
        let (recording, sink) = (recording.to_owned(), Arc::clone(sink));
        let watch = move || match Recording::open(&recording) {
            Ok(recording) => watch(&recording, &*sink, after, display, &stopped),
            Err(error) => {
                tracing::debug!("the running cell cannot be shown: {error}");
                display
            }
        };
        let thread = thread::Builder::new().name("live view".into()).spawn(watch);
        let thread = thread.inspect_err(|error| tracing::warn!("no thread: {error}"));
        Some(Self {
            stop,
            thread: thread.ok()?,
        })
    }

    /// Ends it, and gives the display in which it was, for what takes its place.
    pub(super) fn end(self) -> Option<String> {
        drop(self.stop);
        self.thread.join().ok().flatten()
    }
}

fn watch(
    recording: &Recording,
    sink: &dyn OutputSink,
    after: Duration,
    mut display: Option<String>,
    stopped: &Receiver<()>,
) -> Option<String> {
    let began = Instant::now();
    let mut wait = after;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = (began.elapsed() / PART).clamp(SHORTEST, LONGEST);
        let live = Live::of(recording);
        if !live.is_idle() {
            let bundle = MimeBundle::text(live.to_string()).with("text/html", live.html());
            show(sink, bundle, &mut display);
        }
    }
    display
}

/// Puts something into a display, or into a new one.
fn show(sink: &dyn OutputSink, bundle: MimeBundle, display: &mut Option<String>) {
    sink.message(if let Some(display) = display {
        CellMessage::Update {
            bundle,
            display_id: display.clone(),
        }
    } else {
        let new = Uuid::new_v4().to_string();
        CellMessage::Display {
            bundle,
            display_id: Some(display.insert(new).clone()),
        }
    });
}

/// Shows a result in the place of a view, or by itself.
pub(super) fn replace(sink: &dyn OutputSink, bundle: MimeBundle, display: Option<String>) {
    match display {
        Some(_) => show(sink, bundle, &mut { display }),
        None => sink.message(CellMessage::Display {
            bundle,
            display_id: None,
        }),
    }
}
