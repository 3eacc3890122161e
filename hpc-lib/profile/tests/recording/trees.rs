//! What is counted.

use hpc_profile::{
    Callsite, Event, Filter, Metric, Mode, ParameterValue, Recording, RegionId, Subject,
    ThreadKind, Tree, memory,
};

use crate::Bench;

/// Name, visits, ticks, and ticks in regions inside, of each node; `/` stands between names.
pub(crate) fn rows(recording: &Recording, tree: &Tree) -> Vec<(String, u64, u64, u64)> {
    let definitions = recording.definitions();
    let mut paths: Vec<String> = Vec::new();
    for node in tree.nodes() {
        let name = match node.subject {
            Subject::Root => String::new(),
            Subject::Region(id) => definitions.region_name(id).into(),
            Subject::Value(id) => {
                let (parameter, value) = definitions.value(id).unwrap();
                format!("{}={value}", definitions.parameter(parameter).unwrap())
            }
            Subject::Place(_) => "@".into(),
        };
        let path = match paths.get(node.parent) {
            Some(above) => format!("{above}/{name}"),
            None => name,
        };
        paths.push(path);
    }
    let counts = tree
        .nodes()
        .iter()
        .map(|node| (node.visits, node.ticks, node.inside));
    paths
        .into_iter()
        .zip(counts)
        .map(|(path, (visits, ticks, inside))| (path, visits, ticks, inside))
        .skip(1)
        .collect()
}

pub(crate) fn row(path: &str, visits: u64, ticks: u64, inside: u64) -> (String, u64, u64, u64) {
    (path.into(), visits, ticks, inside)
}

#[test]
fn paths_are_counted_apart() {
    let bench = Bench::new(Mode::PROFILE);
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for start in [0, 1000] {
        let outer = writer.enter_at(a, start);
        for (region, from, to) in [(b, 10, 30), (a, 40, 90), (b, 100, 110)] {
            let inner = writer.enter_at(region, start + from);
            writer.exit_at(inner, start + to);
        }
        writer.exit_at(outer, start + 200);
    }
    let recording = bench.reading();
    let tree = recording.threads()[0].tree();
    assert_eq!(
        rows(&recording, &tree),
        [
            row("/a", 2, 400, 160),
            row("/a/b", 4, 60, 0),
            row("/a/a", 2, 100, 0)
        ]
    );
    let b = &tree.nodes()[2];
    assert_eq!((b.min, b.max, b.squares), (10, 20, 1000.0));
    // Exclusive times add up to the inclusive time of the root's children.
    let exclusive: u64 = tree
        .nodes()
        .iter()
        .map(|node| node.ticks - node.inside)
        .sum();
    assert_eq!(exclusive, 400);
}

#[test]
fn ten_thousand_children_are_told_apart() {
    let bench = Bench::new(Mode::PROFILE);
    let names: Vec<RegionId> = (0..10_000)
        .map(|n| bench.region(&format!("r{n}")))
        .collect();
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(names[0], 0);
    for round in 0..3 {
        for (index, region) in names.iter().enumerate() {
            let inner = writer.enter_at(*region, 0);
            writer.exit_at(inner, index as u64 + round);
        }
    }
    writer.exit_at(outer, 1 << 40);
    let recording = bench.reading();
    assert_eq!(recording.definitions().regions().count(), 10_000);
    let tree = recording.threads()[0].tree();
    assert_eq!(tree.nodes().len(), 10_002);
    for (index, node) in tree.nodes()[2..].iter().enumerate() {
        assert_eq!(node.subject, Subject::Region(names[index]));
        assert_eq!((node.visits, node.ticks), (3, 3 * index as u64 + 3));
    }
}

#[test]
fn parameters_metrics_work_and_unwinding() {
    let bench = Bench::new(Mode::BOTH);
    let solve = bench.region("solve");
    let n = bench.recorder.define_parameter("n");
    let residual = bench.recorder.define_metric(&Metric {
        name: "residual".into(),
        ..Metric::default()
    });
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for (index, size) in [8, 16, 8].into_iter().enumerate() {
        let start = 100 * index as u64;
        let token = writer.enter_at(solve, start);
        let value = bench.recorder.define_value(n, &ParameterValue::Int(size));
        writer.parameter_at(value, start + 10);
        writer.work_at(1000, 50, start + 20);
        writer.metric_float_at(residual, 0.5 * index as f64 - 0.25, start + 20);
        writer.unwind_at(token, start + 30);
    }
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let tree = thread.tree();
    assert_eq!(
        rows(&recording, &tree),
        [
            row("/solve", 3, 90, 60),
            row("/solve/n=8", 2, 40, 0),
            row("/solve/n=16", 1, 20, 0)
        ]
    );
    let [_, solve_node, eight, _] = tree.nodes() else {
        panic!()
    };
    assert_eq!(solve_node.unwound, 3);
    assert_eq!((eight.bytes, eight.flops), (2000, 100));
    let stats = eight.metrics[0];
    assert_eq!(
        (stats.count, stats.sum, stats.min, stats.max),
        (2, 0.5, -0.25, 0.75)
    );
    assert_eq!(stats.squares, 0.0625 + 0.5625);
    assert_eq!(thread.losses().left_open, 0);
    let events: Vec<Event> = thread.events().map(|event| event.event).collect();
    assert_eq!(events.len(), 15);
    assert_eq!(events[0], Event::Enter(solve));
    assert_eq!(
        events[2],
        Event::Work {
            bytes: 1000,
            flops: 50
        }
    );
    assert_eq!(events[3], Event::MetricFloat(residual, -0.25));
    assert_eq!(events[4], Event::Unwind(solve));
}

#[test]
fn what_is_left_open_ends_with_what_is_around_it() {
    let bench = Bench::new(Mode::BOTH);
    let [a, b, c] = ["a", "b", "c"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(a, 0);
    let middle = writer.enter_at(b, 10);
    let _ = writer.enter_at(c, 20);
    writer.exit_at(outer, 50);
    writer.exit_at(middle, 60);
    let _ = writer.enter_at(b, 70);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    assert_eq!(
        (thread.losses().left_open, thread.losses().stray_exits),
        (2, 1)
    );
    assert_eq!(thread.open_regions().len(), 1);
    // The thread ends in the middle of a region.
    drop(writer);
    assert_eq!(thread.losses().left_open, 3);
    assert!(!thread.is_attached());
    assert_eq!(
        rows(&recording, &thread.tree()),
        [
            row("/a", 1, 50, 40),
            row("/a/b", 1, 40, 30),
            row("/a/b/c", 1, 30, 0),
            row("/b", 1, 0, 0)
        ]
    );
    let exits: Vec<(u64, Event)> = thread.events().map(|e| (e.ticks, e.event)).collect();
    assert_eq!(
        exits[3..6],
        [
            (50, Event::Exit(c)),
            (50, Event::Exit(b)),
            (50, Event::Exit(a))
        ]
    );
}

#[test]
fn threads_of_a_pool_appear_under_the_region_that_wanted_them() {
    let bench = Bench::new(Mode::PROFILE);
    let [sum, part] = ["sum", "part"].map(|name| bench.region(name));
    let main = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let token = main.enter_at(sum, 0);
    let place = main.place();
    let worker = bench.recorder.attach("worker", ThreadKind::Thread).unwrap();
    for _ in 0..2 {
        worker.work_for(place);
        let inner = worker.enter_at(part, 10);
        worker.exit_at(inner, 30);
        worker.work_for_itself();
    }
    let own = worker.enter_at(part, 40);
    worker.exit_at(own, 41);
    main.exit_at(token, 100);
    let recording = bench.reading();
    let threads = recording.threads();
    let (main, worker) = (threads[0].tree(), threads[1].tree());
    assert_eq!(
        rows(&recording, &worker),
        [
            row("/@", 0, 0, 0),
            row("/@/part", 2, 40, 0),
            row("/part", 1, 1, 0)
        ]
    );
    let Subject::Place(place) = worker.nodes()[1].subject else {
        panic!()
    };
    let at = main
        .numbers()
        .iter()
        .position(|number| *number == place)
        .unwrap();
    assert_eq!(main.nodes()[at].subject, Subject::Region(sum));
}

#[test]
fn a_reset_starts_anew_in_the_middle_of_things() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with(Mode::BOTH, |options| {
        options.folder = folder.path().into();
        options.clock = hpc_profile::Clock::Monotonic;
    });
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let ended = bench.recorder.attach("gone", ThreadKind::Thread).unwrap();
    let token = ended.enter(a);
    ended.exit(token);
    drop(ended);
    let outer = writer.enter(a);
    let inner = writer.enter(b);
    writer.exit(inner);
    let recording = bench.reading();
    let before = recording.threads()[0].open_regions()[0].start;
    bench.recorder.reset();
    // Seen at once, before the thread itself has noticed.
    let thread = recording.threads()[0];
    let after = thread.open_regions()[0];
    assert!(after.start > before && after.inside == 0);
    assert_eq!(thread.events().count(), 0);
    assert!(
        rows(&recording, &thread.tree())
            .iter()
            .all(|row| row.1 == 0)
    );
    writer.exit(outer);
    let tree = thread.tree();
    assert_eq!(tree.nodes()[1].visits, 1);
    assert_eq!(tree.nodes()[1].inside, 0);
    assert_eq!(tree.nodes()[2].visits, 0);
    assert!(tree.nodes()[1].ticks <= thread.last() - after.start);
    assert_eq!(thread.events().count(), 1);
    assert!(
        recording.threads()[1]
            .tree()
            .nodes()
            .iter()
            .all(|node| node.visits == 0)
    );
}

#[test]
fn threads_are_called_by_their_names() {
    let bench = Bench::new(Mode::PROFILE);
    let spawn = |name: Option<&str>| {
        let recorder = bench.recorder.clone();
        let mut builder = std::thread::Builder::new();
        if let Some(name) = name {
            builder = builder.name(name.into());
        }
        let attach = move || recorder.attach_this_thread().map(drop);
        builder.spawn(attach).unwrap().join().unwrap().unwrap();
    };
    spawn(Some("solver"));
    spawn(None);
    let recording = bench.reading();
    let definitions = recording.definitions();
    let threads = recording.threads();
    let names: Vec<_> = threads
        .iter()
        .map(|thread| definitions.text(thread.name()).unwrap())
        .collect();
    assert_eq!(names, ["solver", "thread"]);
}

#[test]
fn a_thread_follows_one_of_its_name() {
    let bench = Bench::new(Mode::BOTH);
    let a = bench.region("a");
    for round in 0..100 {
        let writer = bench.recorder.attach("task", ThreadKind::Thread).unwrap();
        let token = writer.enter_at(a, round);
        writer.exit_at(token, round + 1);
    }
    let recording = bench.reading();
    assert_eq!(recording.threads().len(), 1);
    let thread = recording.threads()[0];
    assert_eq!(rows(&recording, &thread.tree()), [row("/a", 100, 100, 0)]);
    assert_eq!(thread.events().count(), 200);
}

#[test]
fn modes_change_in_the_middle_of_regions() {
    let bench = Bench::new(Mode::TRACE);
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(a, 0);
    bench.recorder.set_mode(Mode::OFF);
    let unseen = writer.enter_at(b, 1);
    bench.recorder.set_mode(Mode::PROFILE);
    let inner = writer.enter_at(b, 2);
    writer.exit_at(inner, 3);
    writer.exit_at(unseen, 4);
    writer.exit_at(outer, 5);
    let recording = bench.reading();
    let events: Vec<Event> = recording.threads()[0].events().map(|e| e.event).collect();
    assert_eq!(events, [Event::Enter(a), Event::Exit(a)]);
}

#[test]
fn a_filter_holds_for_places_that_are_known_already() {
    static NOISY: Callsite = Callsite::new("noisy", file!(), line!(), module_path!());
    let bench = Bench::new(Mode::PROFILE);
    let known = NOISY.id(&bench.recorder);
    assert_ne!(known, RegionId::FILTERED);
    let filter = "SCOREP_REGION_NAMES_BEGIN EXCLUDE n* SCOREP_REGION_NAMES_END";
    bench.recorder.set_filter(filter.parse().unwrap());
    assert_eq!(NOISY.id(&bench.recorder), RegionId::FILTERED);
    assert_eq!(bench.region("name"), RegionId::FILTERED);
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let token = writer.enter_at(NOISY.id(&bench.recorder), 0);
    writer.exit_at(token, 1);
    assert_eq!(bench.reading().threads()[0].tree().nodes().len(), 1);
    bench.recorder.set_filter(Filter::default());
    assert_eq!(NOISY.id(&bench.recorder), known);
}

#[test]
fn memory_is_counted_with_its_peak() {
    let bench = Bench::new(Mode::BOTH.with_memory());
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    memory::on_allocate(100);
    let outer = writer.enter_at(a, 0);
    memory::on_allocate(1000);
    memory::on_free(1000);
    let inner = writer.enter_at(b, 1);
    memory::on_allocate(50);
    writer.exit_at(inner, 2);
    memory::on_free(50);
    writer.exit_at(outer, 3);
    memory::on_free(100);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let tree = thread.tree();
    let of = |index: usize| {
        let node = &tree.nodes()[index];
        (node.allocated, node.allocations, node.peak)
    };
    assert_eq!(of(1), (1050, 2, 1100));
    assert_eq!(of(2), (50, 1, 150));
    let memory = thread
        .events()
        .filter(|e| matches!(e.event, Event::Memory(..)));
    assert_eq!(memory.count(), 2);
}
