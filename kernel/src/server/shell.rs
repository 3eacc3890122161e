//! Requests of the shell channel, and who answers them.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use ferrolab_wire::content::{
    CommInfoReply, CommInfoRequest, ConnectRequest, Content, ExecuteRequest, HistoryReply,
    HistoryRequest, IsCompleteRequest, KernelInfoRequest, ReplyStatus, ShutdownRequest,
};
use ferrolab_wire::transport::{Socket, TransportError};

use crate::server::comms::is_comm;
use crate::server::control::Control;
use crate::server::desk::{Desk, Request};
use crate::server::questions::{Questions, is_question};
use crate::server::subshells::Subshells;
use crate::server::worker::{Job, Jobs};
use crate::server::{WAKE_INTERVAL, start_thread};

/// Takes in the requests of the shell channel.
pub(super) struct Shell {
    desk: Arc<Desk>,
    jobs: Jobs,
    control: Control,
    subshells: Subshells,
    questions: Questions,
    /// Questions that may take the analyst long.
    analysis: Lane,
    /// Questions that a console asks when the user presses Enter, and waits for.
    syntax: Lane,
}

impl Shell {
    pub(super) fn new(
        desk: Arc<Desk>,
        jobs: Jobs,
        control: Control,
        subshells: Subshells,
        questions: &Questions,
    ) -> anyhow::Result<Self> {
        let lane = |name| {
            let questions = questions.clone();
            Lane::start(name, move |request| questions.answer(&request))
        };
        Ok(Self {
            desk,
            jobs,
            control,
            subshells,
            questions: questions.clone(),
            analysis: lane("analysis")?,
            syntax: lane("syntax")?,
        })
    }

    pub(super) fn run(&self, socket: &Arc<dyn Socket>) {
        for_each_message(&self.desk, socket, |request| self.take_in(request));
    }

    /// Passes a request on to whoever answers it.
    ///
    /// What has to do with cells is answered in the order in which it came. Questions about code, and
    /// about the kernel itself, are answered at once: a client that connects, or a user who types,
    /// must not wait for a cell.
    fn take_in(&self, request: Request) {
        if request.header().subshell_id().is_some() {
            return self.subshells.take_in(request);
        }
        if matches!(
            request.message.msg_type(),
            CommInfoRequest::TYPE | HistoryRequest::TYPE
        ) {
            // Frontends for people ask that when they connect; batch runs do not.
            self.questions.expect();
        }
        match request.message.msg_type() {
            ShutdownRequest::TYPE => {
                let _busy = self.desk.busy(&request);
                self.control.shut_down(&request);
            }
            KernelInfoRequest::TYPE => answer_without_engine(&self.desk, request),
            IsCompleteRequest::TYPE => self.syntax.send(request),
            other if is_question(other) => self.analysis.send(request),
            other if needs_engine(other) || !self.jobs.none_waiting() => {
                self.jobs.send(Job::Request(Box::new(request)));
            }
            _ => answer_without_engine(&self.desk, request),
        }
    }
}

/// Whether messages of this type are for the one engine.
pub(super) fn needs_engine(msg_type: &str) -> bool {
    msg_type == ExecuteRequest::TYPE || is_comm(msg_type)
}

/// Answers a request for which no engine is needed.
pub(super) fn answer_without_engine(desk: &Arc<Desk>, request: Request) {
    if request.message.msg_type() == HistoryRequest::TYPE {
        return answer_from_history(desk, request);
    }
    let _busy = desk.busy(&request);
    match request.message.msg_type() {
        KernelInfoRequest::TYPE => desk.reply(&request, &desk.info),
        ConnectRequest::TYPE => desk.reply(&request, &desk.ports),
        CommInfoRequest::TYPE => {
            let Some(CommInfoRequest { target_name }) = desk.content(&request) else {
                return;
            };
            let reply = CommInfoReply {
                status: ReplyStatus::Ok,
                comms: desk.comms.list(target_name.as_deref()),
            };
            desk.reply(&request, &reply);
        }
        other => tracing::debug!(msg_type = other, "a request that means nothing here"),
    }
}

fn answer_from_history(desk: &Arc<Desk>, request: Request) {
    let asked = match request.message.content_as() {
        Ok(asked) => asked,
        Err(error) => {
            let _busy = desk.busy(&request);
            return desk.refuse(&request, &error);
        }
    };
    let HistoryRequest { output, access, .. } = asked;
    let answering = Arc::clone(desk);
    desk.history.find(access, output, move |history| {
        let _busy = answering.busy(&request);
        let status = ReplyStatus::Ok;
        answering.reply(&request, &HistoryReply { status, history });
    });
}

/// A thread that answers requests one after another. It ends when the lane is dropped.
#[derive(Clone)]
pub(super) struct Lane(Sender<Request>);

impl Lane {
    pub(super) fn start(
        name: &str,
        answer: impl Fn(Request) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (sender, requests) = mpsc::channel();
        start_thread(name, move || {
            for request in requests {
                answer(request);
            }
        })?;
        Ok(Self(sender))
    }

    pub(super) fn send(&self, request: Request) {
        if self.0.send(request).is_err() {
            tracing::debug!("a request came after the end");
        }
    }
}

/// Hands the requests of a socket over until it closes.
pub(super) fn for_each_message(
    desk: &Desk,
    socket: &Arc<dyn Socket>,
    mut take: impl FnMut(Request),
) {
    loop {
        match socket.receive(WAKE_INTERVAL) {
            Ok(Some(frames)) => {
                if let Some(request) = desk.open(&frames, socket) {
                    take(request);
                }
            }
            Ok(None) => {}
            Err(TransportError::Closed) => return,
            Err(error) => {
                tracing::error!(endpoint = socket.endpoint(), %error, "no more requests are taken in");
                return;
            }
        }
    }
}
