//! What the evaluator itself shows.

use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hpc_channel::{CellMessage, MimeBundle};

use crate::engine::{CommEvent, InputRefused, OutputSink, Stream};

/// Warnings of the compiler, folded where a frontend can fold.
pub(super) fn warnings(texts: &[String]) -> MimeBundle {
    let plain = texts.join("\n");
    let count = match texts.len() {
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    let html = format!(
        "<details><summary>{count}</summary><pre>{}</pre></details>",
        escape(&without_colours(&plain))
    );
    MimeBundle::text(plain).with("text/html", html)
}

/// Text for HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (index, part) in text.split("\u{1b}[").enumerate() {
        let part = match index {
            0 => part,
            _ => part.split_once('m').map_or("", |(_, rest)| rest),
        };
        // Writing to a string cannot fail.
        let _ = write!(plain, "{part}");
    }
    plain
}

/// Keeps a result for whoever asked for it, and drops all other output.
#[derive(Default)]
pub(super) struct Collected(Mutex<MimeBundle>);

impl Collected {
    fn bundle(&self) -> MutexGuard<'_, MimeBundle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn result(&self) -> MimeBundle {
        self.bundle().clone()
    }
}

impl OutputSink for Collected {
    fn stream(&self, _: Stream, _: &str) {}

    fn message(&self, message: CellMessage) {
        if let CellMessage::Result { bundle } = message {
            *self.bundle() = bundle;
        }
    }

    fn input(&self, _: &str, _: bool) -> Result<String, InputRefused> {
        Err(InputRefused::NotAllowed)
    }

    fn comm(&self, _: CommEvent) {}
}
