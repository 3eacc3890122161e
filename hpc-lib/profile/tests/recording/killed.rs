//! What is left of a process that was killed, hangs, or forked.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hpc_profile::{Clock, Mode, Options, ProcessState, Recorder, Recording, Region, ThreadKind};

/// Set for the copy of this program that records and is killed.
const FOLDER: &str = "HPC_PROFILE_TEST_FOLDER";

/// Not a test by itself: what [`a_killed_process_leaves_its_stack_and_what_it_finished`] starts.
#[test]
fn records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let options = Options {
        folder: folder.into(),
        ..Options::default()
    };
    let recorder = Recorder::create(&options).unwrap();
    recorder.set_mode(Mode::BOTH);
    let region = |name: &str| recorder.define_region(&Region::named(name));
    let [cell, init, solve, step] = ["cell[7]", "init", "solve", "step"].map(region);
    let writer = recorder.attach("main", ThreadKind::Thread).unwrap();
    let _cell = writer.enter(cell);
    let token = writer.enter(init);
    writer.exit(token);
    let _solve = writer.enter(solve);
    for _ in 0..10_000 {
        let token = writer.enter(step);
        writer.exit(token);
    }
    let _step = writer.enter(step);
    loop {
        thread::park();
    }
}

struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path) -> Victim {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::records_until_it_is_killed", "--exact"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Victim(child)
}

/// The recording in a folder, once three regions are open in it after ten thousand steps.
fn wait_for_recording(folder: &Path) -> Recording {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let file = std::fs::read_dir(folder).unwrap().next();
        let path: Option<PathBuf> = file.map(|file| file.unwrap().path());
        if let Some(Ok(recording)) = path.map(|path| Recording::open(&path))
            && let Some(thread) = recording.threads().first()
            && thread.events().count() == 20_005
        {
            return recording;
        }
        assert!(
            Instant::now() < deadline,
            "the other process records nothing"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

fn check(recording: &Recording) {
    let definitions = recording.definitions();
    let thread = recording.threads()[0];
    let open: Vec<&str> = thread
        .open_regions()
        .iter()
        .map(|open| definitions.region_name(open.region))
        .collect();
    assert_eq!(open, ["cell[7]", "solve", "step"]);
    let visits = |tree: hpc_profile::Tree| -> Vec<u64> {
        tree.nodes().iter().map(|node| node.visits).collect()
    };
    assert_eq!(visits(thread.tree()), [0, 0, 1, 0, 10_000]);
    assert_eq!(visits(thread.tree_until_now()), [0, 1, 1, 1, 10_001]);
    assert_eq!(thread.events().count(), 20_005);
    let tree = thread.tree_until_now();
    let [_, cell, init, solve, step] = tree.nodes() else {
        panic!()
    };
    assert_eq!(cell.inside, init.ticks + solve.ticks);
    assert_eq!(solve.inside, step.ticks);
    let nanoseconds = recording.time_base().duration(cell.ticks as f64);
    assert!(nanoseconds > 0.0 && nanoseconds < 60e9);
}

#[test]
fn a_killed_process_leaves_its_stack_and_what_it_finished() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = start(folder.path());
    let recording = wait_for_recording(folder.path());
    assert_eq!(recording.process().state, ProcessState::Running);
    assert_eq!(recording.process().pid, victim.0.id());
    check(&recording);
    victim.0.kill().unwrap();
    victim.0.wait().unwrap();
    assert_eq!(recording.process().state, ProcessState::Died);
    check(&recording);
    check(&Recording::open(recording.path()).unwrap());
}

#[test]
fn other_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    assert!(Recording::open(&path).is_err());
    for content in [vec![], vec![0; 100_000]] {
        std::fs::write(&path, content).unwrap();
        let error = Recording::open(&path).unwrap_err().to_string();
        assert!(error.contains("not a recording"), "{error}");
    }
}

#[test]
fn damaged_files_give_odd_numbers_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        folder: folder.path().into(),
        clock: Clock::Given,
        threads: 2,
        record_memory: 65536,
        tree_memory: 65536,
        ..Options::default()
    };
    let recorder = Recorder::create(&options).unwrap();
    recorder.set_mode(Mode::BOTH);
    let a = recorder.define_region(&Region::named("a"));
    let writer = recorder.attach("main", ThreadKind::Thread).unwrap();
    for ticks in 0..100 {
        let token = writer.enter_at(a, ticks);
        writer.exit_at(token, ticks + 1);
    }
    let good = std::fs::read(recorder.path()).unwrap();
    let path = folder.path().join("damaged");
    // A xorshift generator (Marsaglia 2003): the same damage in each run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..300 {
        let mut bytes = good.clone();
        for _ in 0..20 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Behind the parts that are checked, in the blocks that are used.
            let at = 8 * 9 + (state as usize >> 8) % (bytes.len() - 8 * 9);
            let near = if state & 64 == 0 {
                at % 4096 + 8 * 9
            } else {
                at
            };
            bytes[near] = state as u8;
        }
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(recording) = Recording::open(&path) {
            let _ = (
                recording.definitions(),
                recording.process(),
                recording.time_base(),
            );
            for thread in recording.threads() {
                let _ = (thread.tree_until_now(), thread.open_regions());
                assert!(thread.events().count() < 100_000);
            }
        }
    }
}

#[test]
#[allow(unsafe_code)] // There is no other way to a fork.
fn a_fork_leaves_its_parents_recording_alone() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        folder: folder.path().into(),
        clock: Clock::Given,
        ..Options::default()
    };
    let recorder = Recorder::create(&options).unwrap();
    recorder.set_mode(Mode::BOTH);
    let a = recorder.define_region(&Region::named("a"));
    let writer = recorder.attach("main", ThreadKind::Thread).unwrap();
    let open = writer.enter_at(a, 0);
    // SAFETY: the child calls nothing that may wait for a lock of another thread but what is tested,
    // which tries only, and leaves without running anything else.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        writer.exit_at(open, 5);
        let token = writer.enter_at(a, 6);
        writer.exit_at(token, 7);
        drop(writer);
        // SAFETY: as above.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: `status` is a place for the child's status.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    let recording = Recording::open(recorder.path()).unwrap();
    let thread = recording.threads()[0];
    assert!(thread.is_attached());
    assert_eq!(thread.open_regions().len(), 1);
    assert_eq!(thread.events().count(), 1);
    writer.exit_at(open, 10);
    assert_eq!(thread.tree().nodes()[1].ticks, 10);
}
