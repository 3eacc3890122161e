//! Requests that must not wait behind a cell.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ferrolab_wire::content::{
    Content, CreateSubshellReply, CreateSubshellRequest, DebugRequest, DeleteSubshellReply,
    DeleteSubshellRequest, InterruptReply, InterruptRequest, KernelInfoRequest, ListSubshellReply,
    ListSubshellRequest, ReplyStatus, ShutdownReply, ShutdownRequest, UsageRequest,
};
use ferrolab_wire::transport::Socket;

use crate::engine::Interrupter;
use crate::server::desk::{Desk, Request};
use crate::server::shell::{Lane, for_each_message};
use crate::server::subshells::{self, Subshells};
use crate::server::usage::Sampler;
use crate::server::worker::Jobs;

/// Stops what runs, or the whole kernel. Copies stop the same kernel.
#[derive(Clone)]
pub(super) struct Stopper {
    /// Empty until the engine is ready.
    pub(super) interrupter: Arc<OnceLock<Arc<dyn Interrupter>>>,
    pub(super) jobs: Jobs,
    pub(super) desk: Arc<Desk>,
    pub(super) stop: Sender<&'static str>,
}

impl Stopper {
    /// Stops the cell that runs. Before the engine is ready no cell runs, but some may wait for it;
    /// they are dropped.
    pub(super) fn interrupt(&self) {
        match self.interrupter.get() {
            Some(interrupter) => interrupter.interrupt(),
            None => self.jobs.abort_all(),
        }
        self.desk.stdin.interrupt();
    }

    /// Ends the kernel, which goes on until it has told everyone.
    pub(super) fn stop(&self, reason: &'static str) {
        // An error means that the kernel is ending already.
        let _ = self.stop.send(reason);
    }
}

/// Answers the requests of the control channel.
#[derive(Clone)]
pub(super) struct Control {
    pub(super) desk: Arc<Desk>,
    pub(super) stopper: Stopper,
    pub(super) subshells: Subshells,
    pub(super) usage: Arc<Mutex<Sampler>>,
    pub(super) debug: Lane,
}

impl Control {
    pub(super) fn run(&self, socket: &Arc<dyn Socket>) {
        for_each_message(&self.desk, socket, |request| {
            if request.message.msg_type() == DebugRequest::TYPE {
                self.debug.send(request);
            } else {
                self.answer(&request);
            }
        });
    }

    fn answer(&self, request: &Request) {
        let _busy = self.desk.busy(request);
        match request.message.msg_type() {
            KernelInfoRequest::TYPE => self.desk.reply(request, &self.desk.info),
            InterruptRequest::TYPE => {
                self.stopper.interrupt();
                self.desk.reply(
                    request,
                    &InterruptReply {
                        status: ReplyStatus::Ok,
                    },
                );
            }
            ShutdownRequest::TYPE => self.shut_down(request),
            CreateSubshellRequest::TYPE => self.create_subshell(request),
            DeleteSubshellRequest::TYPE => self.delete_subshell(request),
            ListSubshellRequest::TYPE => self.desk.reply(
                request,
                &ListSubshellReply {
                    status: ReplyStatus::Ok,
                    subshell_id: self.subshells.names(),
                },
            ),
            UsageRequest::TYPE => {
                let mut sampler = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
                self.desk.reply(request, &sampler.sample());
            }
            other => tracing::debug!(msg_type = other, "a request that means nothing here"),
        }
    }

    fn create_subshell(&self, request: &Request) {
        match self.subshells.create() {
            Ok(subshell_id) => self.desk.reply(
                request,
                &CreateSubshellReply {
                    status: ReplyStatus::Ok,
                    subshell_id,
                },
            ),
            Err(error) => self.desk.refuse(request, &format!("{error:#}")),
        }
    }

    fn delete_subshell(&self, request: &Request) {
        let Some(DeleteSubshellRequest { subshell_id }) = self.desk.content(request) else {
            return;
        };
        if self.subshells.delete(&subshell_id) {
            let status = ReplyStatus::Ok;
            self.desk.reply(request, &DeleteSubshellReply { status });
        } else {
            self.desk.refuse(request, &subshells::unknown(&subshell_id));
        }
    }

    /// Some clients send this on the shell channel.
    pub(super) fn shut_down(&self, request: &Request) {
        let Some(ShutdownRequest { restart }) = self.desk.content(request) else {
            return;
        };
        let reply = ShutdownReply {
            status: ReplyStatus::Ok,
            restart,
        };
        self.desk.publisher.publish(Some(request.header()), &reply);
        self.desk.reply(request, &reply);
        self.stopper.stop(if restart {
            "a client restarts it"
        } else {
            "a client shuts it down"
        });
    }
}
