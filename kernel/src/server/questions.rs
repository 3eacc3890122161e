//! Questions about code, which are answered while cells run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use ferrolab_wire::content::{
    Bundle, CompleteReply, CompleteRequest, Content, InspectReply, InspectRequest, IsCompleteReply,
    IsCompleteRequest, ReplyStatus,
};
use serde_json::{Map, Value, json};

use crate::engine::{Analyst, Completeness, Completions};
use crate::server::desk::{Desk, Request};
use crate::server::worker::{guarded, logged};
use crate::server::{output, position};

/// Answers questions about code. Copies ask the same analyst.
#[derive(Clone)]
pub(super) struct Questions {
    desk: Arc<Desk>,
    analyst: Arc<OnceLock<Option<Arc<dyn Analyst>>>>,
    /// Whether somebody seems to be there to ask.
    expected: Arc<AtomicBool>,
}

/// Whether messages of this type are questions about code.
pub(super) fn is_question(msg_type: &str) -> bool {
    matches!(
        msg_type,
        CompleteRequest::TYPE | InspectRequest::TYPE | IsCompleteRequest::TYPE
    )
}

impl Questions {
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        Self {
            desk,
            analyst: Arc::default(),
            expected: Arc::default(),
        }
    }

    /// Says who knows about code, if anyone does. Questions wait until this has been said.
    pub(super) fn open(&self, analyst: Option<Arc<dyn Analyst>>) {
        if self.analyst.set(analyst).is_err() {
            tracing::debug!("there is an analyst already");
        }
        if self.expected.load(Ordering::SeqCst) {
            self.expect();
        }
    }

    /// Somebody seems to sit in front of the notebook, which batch runs have not.
    pub(super) fn expect(&self) {
        self.expected.store(true, Ordering::SeqCst);
        if let Some(Some(analyst)) = self.analyst.get() {
            analyst.expect_questions();
        }
    }

    /// Answers a request, if [`is_question`] says that it is a question.
    pub(super) fn answer(&self, request: &Request) {
        let _busy = self.desk.busy(request);
        match request.message.msg_type() {
            CompleteRequest::TYPE => self.complete(request),
            InspectRequest::TYPE => self.inspect(request),
            _ => self.is_complete(request),
        }
    }

    fn complete(&self, request: &Request) {
        let Some(asked) = self.desk.content::<CompleteRequest>(request) else {
            return;
        };
        let cursor = position::bytes(&asked.code, asked.cursor_pos);
        let found = self
            .ask(|analyst| analyst.complete(&asked.code, cursor))
            .unwrap_or_else(|| Completions {
                start: cursor,
                end: cursor,
                suggestions: Vec::new(),
            });
        let cursor_start = position::code_points(&asked.code, found.start);
        let cursor_end = position::code_points(&asked.code, found.end);
        // JupyterLab and the IPython clients read types and signatures under this name.
        let details: Vec<Value> = found
            .suggestions
            .iter()
            .map(|suggestion| {
                json!({
                    "text": suggestion.text,
                    "type": suggestion.kind,
                    "signature": suggestion.signature,
                    "start": cursor_start,
                    "end": cursor_end,
                })
            })
            .collect();
        let reply = CompleteReply {
            status: ReplyStatus::Ok,
            matches: found
                .suggestions
                .into_iter()
                .map(|suggestion| suggestion.text)
                .collect(),
            cursor_start,
            cursor_end,
            metadata: Map::from_iter([("_jupyter_types_experimental".to_owned(), details.into())]),
        };
        self.desk.reply(request, &reply);
    }

    fn inspect(&self, request: &Request) {
        let Some(asked) = self.desk.content::<InspectRequest>(request) else {
            return;
        };
        let cursor = position::bytes(&asked.code, asked.cursor_pos);
        let found = self
            .ask(|analyst| analyst.inspect(&asked.code, cursor))
            .flatten();
        let reply = InspectReply {
            status: ReplyStatus::Ok,
            found: found.is_some(),
            data: found.as_ref().map(output::data).unwrap_or_default(),
            metadata: Bundle::new(),
        };
        self.desk.reply(request, &reply);
    }

    fn is_complete(&self, request: &Request) {
        let Some(asked) = self.desk.content::<IsCompleteRequest>(request) else {
            return;
        };
        let reply = match self.ask(|analyst| analyst.completeness(&asked.code)) {
            Some(Completeness::Complete) => IsCompleteReply::Complete,
            Some(Completeness::Incomplete { indent }) => IsCompleteReply::Incomplete { indent },
            Some(Completeness::Invalid) => IsCompleteReply::Invalid,
            None => IsCompleteReply::Unknown,
        };
        self.desk.reply(request, &reply);
    }

    /// What the analyst says, as soon as there is one; nothing when there is none or it fails.
    fn ask<T>(&self, question: impl FnOnce(&dyn Analyst) -> T) -> Option<T> {
        let analyst = self.analyst.wait().as_deref()?;
        logged(guarded(|| question(analyst)))
    }
}
