//! Requests that are answered in the order in which they come.

use std::sync::Arc;

use ferrolab_wire::content::{
    CommClose, CommInfoReply, CommInfoRequest, CommOpen, CompleteRequest, Content, ExecuteRequest,
    HistoryReply, HistoryRequest, InspectRequest, IsCompleteRequest, KernelInfoRequest,
    ReplyStatus, ShutdownRequest,
};
use ferrolab_wire::transport::{Socket, TransportError};
use serde_json::Map;

use crate::server::WAKE_INTERVAL;
use crate::server::control::Control;
use crate::server::desk::{Desk, Request};
use crate::server::worker::{Job, Jobs};

/// Takes in the requests of the shell channel.
pub(super) struct Shell {
    pub(super) desk: Arc<Desk>,
    pub(super) jobs: Jobs,
    pub(super) control: Control,
}

impl Shell {
    pub(super) fn run(&self, socket: &Arc<dyn Socket>) {
        for_each_message(&self.desk, socket, |request| self.take_in(request));
    }

    /// Queues a request behind those that wait for the engine, or answers it at once when none
    /// does: a client that connects while the engine starts must not wait for it.
    fn take_in(&self, request: Request) {
        match request.message.msg_type() {
            ShutdownRequest::TYPE => {
                let _busy = self.desk.busy(&request);
                self.control.shut_down(&request);
            }
            ExecuteRequest::TYPE
            | CompleteRequest::TYPE
            | InspectRequest::TYPE
            | IsCompleteRequest::TYPE => self.jobs.send(Job::Request(Box::new(request))),
            _ if self.jobs.none_waiting() => answer_without_engine(&self.desk, &request),
            _ => self.jobs.send(Job::Request(Box::new(request))),
        }
    }
}

/// Answers a request for which no engine is needed.
pub(super) fn answer_without_engine(desk: &Desk, request: &Request) {
    let _busy = desk.busy(request);
    match request.message.msg_type() {
        KernelInfoRequest::TYPE => desk.reply(request, &desk.info),
        CommInfoRequest::TYPE => {
            desk.reply(
                request,
                &CommInfoReply {
                    status: ReplyStatus::Ok,
                    comms: Map::new(),
                },
            );
        }
        HistoryRequest::TYPE => {
            let Some(HistoryRequest { output, access, .. }) = desk.content(request) else {
                return;
            };
            let history = desk.history().find(&access, output);
            desk.reply(
                request,
                &HistoryReply {
                    status: ReplyStatus::Ok,
                    history,
                },
            );
        }
        CommOpen::TYPE => {
            // The protocol's way to say that nobody here knows the target.
            if let Some(CommOpen { comm_id, .. }) = desk.content(request) {
                let close = CommClose {
                    comm_id,
                    data: Map::new(),
                };
                desk.publisher.publish(Some(request.header()), &close);
            }
        }
        other => tracing::debug!(msg_type = other, "a request that means nothing here"),
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
