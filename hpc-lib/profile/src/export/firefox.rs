//! Profiles for <https://profiler.firefox.com>, which works in the browser alone.
//!
//! It shows samples. Of a trace they are taken as a sampling profiler would have taken them, at equal
//! distances; of call paths without a trace there is one for each, as heavy as its exclusive time.

use std::io;
use std::path::Path;
use std::time::Duration;

use fxprof_processed_profile as fx;

use crate::model::{Catalog, Frame, Profile};
use crate::reader::Recording;
use crate::record::event::Event;
use crate::record::region::Paradigm;

use super::{ExportError, Stream, start_of, streams, write_file};

/// Samples of a thread: what the viewer draws smoothly.
const SAMPLES: u64 = 50_000;

/// Writes recordings. At most 50 000 samples are taken of each thread, at least a microsecond apart.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(recordings: &[Recording], path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| {
        let profile = profile(recordings);
        serde_json::to_writer(out, &profile).map_err(io::Error::from)
    })
}

fn profile(recordings: &[Recording]) -> fx::Profile {
    let catalog = Catalog::of(recordings);
    let start = start_of(recordings);
    let end = streams(recordings, &catalog).map(|stream| stream.end());
    let span = end.max().unwrap_or(start).saturating_sub(start);
    let interval = (span / SAMPLES).max(1000);
    let mut profile = fx::Profile::new(
        "hpc-profile",
        fx::ReferenceTimestamp::from_duration_since_unix_epoch(Duration::from_nanos(start)),
        fx::SamplingInterval::from_nanos(interval),
    );
    let frames = frames(&catalog, &mut profile);
    let zero = fx::Timestamp::from_nanos_since_reference(0);
    let processes: Vec<fx::ProcessHandle> = catalog
        .processes()
        .iter()
        .map(|process| {
            let name = format!("rank {} ({})", process.rank, process.host);
            profile.add_process(&name, process.pid, zero)
        })
        .collect();
    let paths = Profile::of(recordings);
    for (number, stream) in streams(recordings, &catalog).enumerate() {
        let location = stream.location;
        let process = processes[location.recording];
        let is_main = location.thread == 0;
        let thread = profile.add_thread(process, location.id, zero, is_main);
        profile.set_thread_name(thread, &location.name);
        if !sample_trace(
            &mut profile,
            thread,
            &catalog,
            &frames,
            stream,
            start,
            interval,
        ) {
            sample_paths(&mut profile, thread, &paths, &frames, number);
        }
    }
    profile
}

/// What the viewer shows of each region of the catalog.
fn frames(catalog: &Catalog, profile: &mut fx::Profile) -> Vec<fx::FrameInfo> {
    let paradigms = [
        (Paradigm::User, fx::CategoryColor::Green),
        (Paradigm::Library, fx::CategoryColor::Blue),
        (Paradigm::Compiler, fx::CategoryColor::Brown),
        (Paradigm::Mpi, fx::CategoryColor::Red),
        (Paradigm::Threads, fx::CategoryColor::Yellow),
        (Paradigm::Accelerator, fx::CategoryColor::Purple),
        (Paradigm::Measurement, fx::CategoryColor::Gray),
    ];
    let categories =
        paradigms.map(|(paradigm, color)| (paradigm, profile.add_category(paradigm.name(), color)));
    let mut frame = |region: &crate::Region| fx::FrameInfo {
        frame: fx::Frame::Label(profile.intern_string(&region.name)),
        category_pair: categories
            .iter()
            .find(|(paradigm, _)| *paradigm == region.paradigm)
            .map_or(fx::CategoryHandle::OTHER, |(_, category)| *category)
            .into(),
        flags: fx::FrameFlags::empty(),
    };
    catalog.regions().iter().map(&mut frame).collect()
}

/// Adds samples of a trace; `false` if there is none.
fn sample_trace(
    profile: &mut fx::Profile,
    thread: fx::ThreadHandle,
    catalog: &Catalog,
    frames: &[fx::FrameInfo],
    stream: Stream<'_>,
    start: u64,
    interval: u64,
) -> bool {
    let recording = stream.location.recording;
    let mut stacks: Vec<fx::StackHandle> = Vec::new();
    let mut next = interval;
    let mut last = 0;
    let mut seen = false;
    for item in stream {
        seen = true;
        let time = item.time.saturating_sub(start);
        while next < time {
            let at = fx::Timestamp::from_nanos_since_reference(next);
            if let Some(stack) = stacks.last() {
                let busy = fx::CpuDelta::from_nanos(interval);
                profile.add_sample(thread, at, Some(*stack), busy, 1);
            } else if last < next {
                // Nothing until the next region begins: one sample for all of it.
                profile.add_sample(thread, at, None, fx::CpuDelta::ZERO, 1);
                next += (time - next) / interval * interval;
            }
            next += interval;
        }
        last = time;
        match item.event {
            Event::Enter(region) => {
                let frame = frames[catalog.region(recording, region)].clone();
                let frame = profile.intern_frame(thread, frame);
                stacks.push(profile.intern_stack(thread, stacks.last().copied(), frame));
            }
            Event::Exit(_) | Event::Unwind(_) => {
                stacks.pop();
            }
            _ => {}
        }
    }
    seen
}

/// Adds a sample for each call path, whose weight is its exclusive time in microseconds.
fn sample_paths(
    profile: &mut fx::Profile,
    thread: fx::ThreadHandle,
    paths: &Profile,
    frames: &[fx::FrameInfo],
    location: usize,
) {
    let mut stacks: Vec<Option<fx::StackHandle>> = vec![None; paths.nodes().len()];
    let mut now = 0.0;
    for (node, path) in paths.nodes().iter().enumerate().skip(1) {
        let above = stacks[path.parent];
        stacks[node] = match &path.frame {
            Some(Frame::Region(region)) => {
                let frame = profile.intern_frame(thread, frames[*region].clone());
                Some(profile.intern_stack(thread, above, frame))
            }
            _ => above,
        };
        let exclusive = path.counts[location].exclusive;
        let weight = (exclusive / 1000.0).round();
        if weight > 0.0 {
            let at = fx::Timestamp::from_nanos_since_reference(now as u64);
            let busy = fx::CpuDelta::from_nanos(exclusive as u64);
            profile.add_sample(thread, at, stacks[node], busy, weight as i32);
        }
        now += exclusive;
    }
}
