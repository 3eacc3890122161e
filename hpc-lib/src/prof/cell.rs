//! Regions of cells.

use std::path::PathBuf;

use hpc_channel::record as wanted;
use hpc_profile::{Mode, Paradigm, ProcessUse, Region as Definition, Role};

use super::local::{Local, Running};
use super::session::{record, reset, session};
use super::usage;

/// Records what the host asks for: bits of [`hpc_channel::record`], beside what the environment says.
pub(crate) fn record_for_host(what: u32) {
    let Some(session) = session() else { return };
    let mut mode = session.mode.and(Mode::PROFILE);
    if what & wanted::EVENTS != 0 {
        mode = mode.and(Mode::TRACE);
    }
    if what & wanted::MEMORY != 0 {
        mode = mode.with_memory();
    }
    if what & wanted::COUNTERS != 0 {
        mode = mode.with_counters();
    }
    record(if what == 0 { session.mode } else { mode });
    if what & wanted::ANEW != 0 {
        reset();
    }
}

/// A cell begins.
pub(crate) fn cell_begin(number: u32) {
    Local::with(|local| {
        let recorder = &local.session.recorder;
        recorder.stamp();
        let region = recorder.define_region(&Definition {
            name: if number == 0 {
                "comm".to_owned()
            } else {
                format!("In [{number}]")
            },
            role: Role::Cell,
            paradigm: Paradigm::User,
            ..Definition::default()
        });
        let before = ProcessUse::now();
        local.writer.cell_begin(number);
        let token = local.writer.enter(region);
        local.cell.set(Some(Running {
            number,
            token,
            before,
        }));
    });
}

/// The cell ends. Names of regions that it left open, the innermost first.
pub(crate) fn cell_end(succeeded: bool) -> Vec<String> {
    let end = |local: &Local| {
        let left_open = local.close_all();
        if let Some(cell) = local.cell.take() {
            usage::record(local, &cell.before);
            local.writer.exit(cell.token);
            local.writer.cell_end(cell.number, succeeded);
            local.session.recorder.stamp();
        }
        left_open
    };
    Local::with(end).unwrap_or_default()
}

/// Closes the regions that [`region_begin`](super::region_begin) left open on this thread and returns
/// their names, the innermost first.
pub fn close_open_regions() -> Vec<String> {
    Local::with(Local::close_all).unwrap_or_default()
}

/// The file of this process's recording, for programs that look at it from outside. `None` where
/// nothing can be recorded.
pub fn recording_path() -> Option<PathBuf> {
    session().map(|session| {
        session.know_cost();
        session.recorder.path().to_owned()
    })
}
