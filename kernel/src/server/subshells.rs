//! Subshells: shells beside the main one, for requests that must not wait behind a cell.
//!
//! A subshell answers everything that needs no engine by itself. There is one engine, because a
//! notebook has one set of variables; so cells and comm messages that come by a subshell take their
//! place in the one queue.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::server::desk::{Desk, Request};
use crate::server::questions::{Questions, is_question};
use crate::server::shell::{Lane, answer_without_engine, needs_engine};
use crate::server::worker::{Job, Jobs};

/// The subshells. Copies are the same ones.
#[derive(Clone)]
pub(super) struct Subshells {
    desk: Arc<Desk>,
    jobs: Jobs,
    questions: Questions,
    lanes: Arc<Mutex<BTreeMap<String, Lane>>>,
}

impl Subshells {
    pub(super) fn new(desk: Arc<Desk>, jobs: Jobs, questions: Questions) -> Self {
        Self {
            desk,
            jobs,
            questions,
            lanes: Arc::default(),
        }
    }

    /// Starts a subshell and returns its name.
    pub(super) fn create(&self) -> anyhow::Result<String> {
        let (desk, jobs) = (Arc::clone(&self.desk), self.jobs.clone());
        let questions = self.questions.clone();
        let lane = Lane::start("subshell", move |request| {
            let msg_type = request.message.msg_type();
            if is_question(msg_type) {
                questions.answer(&request);
            } else if needs_engine(msg_type) {
                jobs.send(Job::Request(Box::new(request)));
            } else {
                answer_without_engine(&desk, request);
            }
        })?;
        let name = Uuid::new_v4().to_string();
        self.lanes().insert(name.clone(), lane);
        Ok(name)
    }

    /// Ends a subshell after what it has taken in. Returns whether there was one of that name.
    pub(super) fn delete(&self, name: &str) -> bool {
        self.lanes().remove(name).is_some()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lanes().keys().cloned().collect()
    }

    /// Hands a request to the subshell that its header names.
    pub(super) fn take_in(&self, request: Request) {
        let name = request.header().subshell_id().unwrap_or_default();
        if let Some(lane) = self.lanes().get(name) {
            return lane.send(request);
        }
        let _busy = self.desk.busy(&request);
        self.desk.refuse(&request, &unknown(name));
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<String, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said of a subshell that is not there.
pub(super) fn unknown(name: &str) -> String {
    format!("there is no subshell {name:?}")
}
