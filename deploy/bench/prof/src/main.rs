//! Times a span of other recorders beside a region of ours and a bare pair of clock readings, in turns.
//!
//! Each is used as its documentation says, in its cheapest recording form, within an outer span as in a
//! program, and empties what it has recorded between the turns, which is not timed.

#[path = "../../../../kernel/src/allocations.rs"]
mod allocations;
#[path = "../../../../hpc-lib/profile/examples/hot_path/turns.rs"]
mod turns;

mod peers;

use std::error::Error;
use std::ffi::c_void;
use std::hint::black_box;

use hpc_profile::{Callsite, Clock, Mode, Options, Recorder, ThreadKind, memory};
use turns::Lines;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
}

fn main() -> Result<(), Box<dyn Error>> {
    static SITE: Callsite = Callsite::new("region", file!(), line!(), module_path!());
    // SAFETY: the counters are those of the allocator of this program.
    unsafe { memory::count_with(allocations::counters) };
    let recorder = Recorder::create(&Options::default())?;
    let writer = recorder
        .attach("main", ThreadKind::Thread)
        .ok_or("no room for a thread")?;
    let mut lines = Lines::new(Clock::best());
    let pair = || {
        let token = writer.enter(SITE.id(&recorder));
        writer.exit(token);
    };
    for (name, mode) in [("hpc, profile", Mode::PROFILE), ("hpc, trace", Mode::TRACE)] {
        recorder.set_mode(mode);
        lines.beside_floor(name, None, |_| pair());
    }
    recorder.set_mode(Mode::OFF);
    std::fs::remove_file(recorder.path())?;
    peers::time(&mut lines);

    // A block of 64 bytes and the counting of it, for the allocation and for the freeing.
    let plain = |_| {
        // SAFETY: what was allocated is freed.
        unsafe { __libc_free(black_box(__libc_malloc(black_box(64)))) };
    };
    let counted = |_| {
        // SAFETY: what was allocated is freed.
        unsafe { libc::free(black_box(libc::malloc(black_box(64)))) };
    };
    lines.above("count malloc and free of 64 bytes", 6.0, counted, plain);
    if lines.missed() > 0 && std::env::args().any(|argument| argument == "--check") {
        return Err("a target was missed".into());
    }
    Ok(())
}
