//! The comms that are open, whichever end opened them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferrolab_wire::content::{CommClose, CommMsg, CommOpen, CommTarget, Content};
use ferrolab_wire::{Header, Message, WireError};
use serde_json::Value;

use crate::engine::{CommEvent, Parcel};
use crate::server::publisher::Publisher;

/// The comms that are open, by name.
#[derive(Default)]
pub(super) struct Comms(Mutex<BTreeMap<String, CommTarget>>);

impl Comms {
    /// Keeps the record up to date. Returns whether the event makes sense: there is nothing to say on
    /// a comm that is not open.
    pub(super) fn record(&self, event: &CommEvent) -> bool {
        let mut open = self.lock();
        match event {
            CommEvent::Open { id, target, .. } => {
                let target_name = target.clone();
                open.insert(id.clone(), CommTarget { target_name });
                true
            }
            CommEvent::Message { id, .. } => open.contains_key(id),
            CommEvent::Close { id, .. } => open.remove(id).is_some(),
        }
    }

    /// Those with that target, or all.
    pub(super) fn list(&self, target: Option<&str>) -> BTreeMap<String, CommTarget> {
        let mut listed = self.lock().clone();
        listed.retain(|_, comm| target.is_none_or(|target| comm.target_name == target));
        listed
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, CommTarget>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether messages of this type are steps of comms.
pub(super) fn is_comm(msg_type: &str) -> bool {
    matches!(msg_type, CommOpen::TYPE | CommMsg::TYPE | CommClose::TYPE)
}

/// The step of a comm that a message is, if [`is_comm`] says that it is one.
pub(super) fn event(message: &Message) -> Result<CommEvent, WireError> {
    let parcel = |data: Value| Parcel {
        data,
        metadata: message.metadata.clone(),
        buffers: message.buffers.clone(),
    };
    Ok(match message.msg_type() {
        CommOpen::TYPE => {
            let open: CommOpen = message.content_as()?;
            CommEvent::Open {
                id: open.comm_id,
                target: open.target_name,
                parcel: parcel(open.data),
            }
        }
        CommMsg::TYPE => {
            let said: CommMsg = message.content_as()?;
            CommEvent::Message {
                id: said.comm_id,
                parcel: parcel(said.data),
            }
        }
        _ => {
            let close: CommClose = message.content_as()?;
            CommEvent::Close {
                id: close.comm_id,
                parcel: parcel(close.data),
            }
        }
    })
}

/// Says a step of a comm to the frontends, as output of whatever request `parent` is.
pub(super) fn publish(publisher: &Publisher, parent: &Header, event: CommEvent) {
    match event {
        CommEvent::Open { id, target, parcel } => {
            let content = CommOpen {
                comm_id: id,
                target_name: target,
                data: parcel.data,
            };
            publisher.parcel(parent, &content, parcel.metadata, parcel.buffers);
        }
        CommEvent::Message { id, parcel } => {
            let content = CommMsg {
                comm_id: id,
                data: parcel.data,
            };
            publisher.parcel(parent, &content, parcel.metadata, parcel.buffers);
        }
        CommEvent::Close { id, parcel } => {
            let content = CommClose {
                comm_id: id,
                data: parcel.data,
            };
            publisher.parcel(parent, &content, parcel.metadata, parcel.buffers);
        }
    }
}
