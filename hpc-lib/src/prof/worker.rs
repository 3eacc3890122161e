//! Threads of the pool at work for a region of another thread.

use std::rc::Rc;
use std::thread;

use hpc_profile::{Callsite, Paradigm, Place, Role, Token};

use super::local::Local;
use super::session::is_enabled;

/// Where the calling thread is; `None` while nothing is recorded.
pub(crate) fn place() -> Option<Place> {
    if is_enabled() {
        Local::with(|local| local.writer.place())
    } else {
        None
    }
}

/// A stretch of work that a thread of the pool does for a place: a region `worker` there.
pub(crate) struct Worker(Option<(Rc<Local>, Token)>);

impl Worker {
    pub(crate) fn begin(place: Option<Place>) -> Self {
        static SITE: Callsite =
            Callsite::new("worker", "", 0, "hpc").with_role(Role::Task, Paradigm::Threads);
        let at_work = place.zip(Local::get()).map(|(place, local)| {
            local.writer.work_for(place);
            let token = local.writer.enter(SITE.id(&local.session.recorder));
            (local, token)
        });
        Self(at_work)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some((local, token)) = &self.0 {
            if thread::panicking() {
                local.writer.unwind(*token);
            } else {
                local.writer.exit(*token);
            }
            local.writer.work_for_itself();
        }
    }
}
