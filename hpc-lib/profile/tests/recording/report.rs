//! What is shown of recordings.

use hpc_profile::report::{Comparison, Live, Order, Page, Table, Timeline};
use hpc_profile::{Clock, Mode, Paradigm, Profile, Region, Role, ThreadKind, diff};

use crate::Bench;

/// A thread that was in `outer` for a thousand ticks, with two visits of `inner`.
fn bench(mode: Mode) -> Bench {
    let bench = Bench::new(mode);
    let [outer, inner, other] =
        ["outer </script>", "inner", "\"other\""].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let token = writer.enter_at(outer, 0);
    for start in [100, 400] {
        let token = writer.enter_at(inner, start);
        writer.exit_at(token, start + 200);
    }
    writer.exit_at(token, 1000);
    let token = writer.enter_at(other, 2000);
    writer.exit_at(token, 2100);
    bench
}

#[test]
fn tables_have_orders_and_ends() {
    let bench = bench(Mode::PROFILE);
    let profile = Profile::of(&[bench.reading()]);
    let names = |order, top| {
        let table = Table::of(&profile, 0, order, top);
        let names: Vec<String> = table.rows.iter().map(|row| table.title(row)).collect();
        (names, table.more)
    };
    let [outer, inner, other] = ["outer </script>", "inner", "\"other\""].map(str::to_owned);
    let nested = [outer.clone(), inner.clone(), other.clone()].to_vec();
    assert_eq!(names(Order::Tree, None), (nested, 0));
    let path = format!("{outer}/{inner}");
    assert_eq!(
        names(Order::Exclusive, Some(2)),
        (vec![outer.clone(), path.clone()], 1)
    );
    assert_eq!(names(Order::Visits, Some(1)), (vec![path], 2));
    let table = Table::of(&profile, 0, Order::Tree, None);
    assert_eq!((table.first(1).rows.len(), table.first(1).more), (1, 2));
    let text = table.to_string();
    assert!(text.contains("\n  inner "), "{text}");
    let below = profile.find(&[&outer]).unwrap();
    assert_eq!(Table::of(&profile, below, Order::Tree, None).rows.len(), 1);
}

#[test]
fn names_are_text_in_a_page() {
    let bench = bench(Mode::BOTH);
    let recordings = [bench.reading()];
    let profile = Profile::of(&recordings);
    let html = Page::of(&profile)
        .titled("a < b")
        .with_timeline(&recordings)
        .html();
    assert!(html.contains("a &lt; b") && html.contains("outer &lt;/script&gt;"));
    assert!(html.contains("&quot;other&quot;"));
    // Two scripts, the data and the code, and each ends once.
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("</script").count(), 2);
    let other = Page::of(&profile).html();
    let id = |html: &str| html.split('"').nth(3).unwrap().to_owned();
    assert_ne!(id(&html), id(&other));
}

#[test]
fn bars_are_as_wide_as_their_share() {
    let bench = bench(Mode::PROFILE);
    let html = Page::of(&Profile::of(&[bench.reading()])).html();
    // 400 of 1100 ticks.
    assert!(html.contains("data-w=\"0.3636364\""), "{html}");
}

#[test]
fn what_finds_no_room_is_one_bar() {
    let bench = Bench::new(Mode::PROFILE);
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(bench.region("outer"), 0);
    for number in 0..10_000 {
        let inner = writer.enter_at(bench.region(&format!("r{number}")), number * 10);
        writer.exit_at(inner, number * 10 + 10);
    }
    writer.exit_at(outer, 100_000);
    let html = Page::of(&Profile::of(&[bench.reading()])).html();
    let bars = html.matches("data-w=").count();
    assert!((3000..=4001).contains(&bars), "{bars}");
    // All that the widest 4000 leave: they, `outer` and the whole are 4000.
    assert!(html.contains(">6002 more</div>"));
    assert!(html.contains("data-w=\"0.6002000\""));
    assert!(html.len() < 1_500_000, "{}", html.len());
}

#[test]
fn the_compilers_work_is_no_part_of_the_whole() {
    let bench = Bench::new(Mode::BOTH);
    let compile = bench.recorder.define_region(&Region {
        paradigm: Paradigm::Compiler,
        ..Region::named("compile In [1]")
    });
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for (region, start, end) in [(compile, 0, 900), (bench.region("run"), 900, 1000)] {
        let token = writer.enter_at(region, start);
        writer.exit_at(token, end);
    }
    let profile = Profile::of(&[bench.reading()]);
    assert_eq!(profile.run_time(), 100.0);
    let table = Table::of(&profile, 0, Order::Tree, None);
    let shares: Vec<_> = table
        .rows
        .iter()
        .map(|row| (table.title(row), row.share(table.whole)))
        .collect();
    let expected = [("run", "100.0"), ("compile In [1]", "")];
    assert_eq!(shares, expected.map(|(a, b)| (a.into(), b.into())));
    let html = Page::of(&profile).html();
    assert!(!html.contains("title=\"compile In [1]:"), "{html}");
}

#[test]
fn a_view_of_a_running_program_shows_who_is_where() {
    let bench = Bench::with(Mode::PROFILE, |options| options.clock = Clock::Monotonic);
    let [a, b] = ["a <", "b"].map(|name| bench.region(name));
    let main = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let _idle = bench.recorder.attach("pool", ThreadKind::Thread).unwrap();
    let recording = bench.reading();
    assert!(Live::of(&recording).is_idle());
    let _outer = main.enter(a);
    let inner = main.enter(b);
    std::thread::sleep(std::time::Duration::from_millis(2));
    let live = Live::of(&recording);
    let text = live.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[1].starts_with("main    a <") && lines[1].ends_with(" ms"),
        "{text}"
    );
    assert!(lines[2].starts_with("          b"), "{text}");
    assert_eq!(lines[3], "1 thread without work");
    assert!(live.html().contains("a &lt;"));
    main.exit(inner);
    assert!(!Live::of(&recording).to_string().contains("  b"));
    // However deep: where it began and where it is.
    let tokens: Vec<_> = (0..50)
        .map(|n| main.enter(bench.region(&format!("d{n}"))))
        .collect();
    let text = Live::of(&recording).to_string();
    assert!(text.lines().count() < 30, "{text}");
    assert!(
        text.contains("a <") && text.contains("d49") && text.contains("…"),
        "{text}"
    );
    assert!(!text.contains("d20"), "{text}");
    drop(tokens);
}

#[test]
fn a_profile_without_events_has_no_timeline() {
    let bench = bench(Mode::PROFILE);
    assert!(Timeline::of(&[bench.reading()]).is_none());
}

#[test]
fn a_timeline_of_many_events_is_short() {
    let bench = Bench::with(Mode::TRACE, |options| options.record_memory = 64 << 20);
    let regions: Vec<_> = (0..50)
        .map(|number| bench.region(&format!("r{number}")))
        .collect();
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for visit in 0..200_000_u64 {
        let region = regions[(visit * visit % 50) as usize];
        let outer = writer.enter_at(region, visit * 100);
        let inner = writer.enter_at(regions[0], visit * 100 + 10);
        writer.exit_at(inner, visit * 100 + 50);
        writer.exit_at(outer, visit * 100 + 70);
    }
    let recordings = [bench.reading()];
    let html = Page::of(&Profile::of(&recordings))
        .with_timeline(&recordings)
        .html();
    assert!(html.contains("\"width\""));
    assert!(html.len() < 2_500_000, "{}", html.len());
}

/// A cell with visits of `a` and `b` that take so long, a little more or less.
fn cell(number: u32, a: u64, b: u64) -> Profile {
    let bench = Bench::new(Mode::PROFILE);
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let cell = bench.recorder.define_region(&Region {
        role: Role::Cell,
        ..Region::named(&format!("In [{number}]"))
    });
    let mut now = 0;
    let outer = writer.enter_at(cell, now);
    for visit in 0..20 {
        for (name, time) in [("a", a), ("b", b)] {
            let inner = writer.enter_at(bench.region(name), now);
            now += time + 10 * (visit % 3);
            writer.exit_at(inner, now);
        }
    }
    writer.exit_at(outer, now);
    Profile::of(&[bench.reading()])
}

#[test]
fn a_comparison_marks_what_is_slower_and_not_what_is_chance() {
    let changes = diff(&cell(3, 1000, 1000), &cell(7, 1001, 2000));
    let comparison = Comparison::of(&changes);
    let text = comparison.to_string();
    let line = |path: &str| {
        let found = text
            .lines()
            .find(|line| line.split(' ').next() == Some(path));
        found.unwrap_or_else(|| panic!("{path}: {text}")).to_owned()
    };
    assert!(
        line("cell/b").ends_with("slower") && line("cell/b").contains(" 1.99 "),
        "{text}"
    );
    assert!(line("cell/a").ends_with(" 20"), "{text}");
    // What is inside took longer, not the cell itself.
    assert!(line("cell").ends_with(" 1"), "{text}");
    assert_eq!(comparison.summary(), "1 path slower");
    let html = comparison.html("a < b");
    assert!(html.contains("a &lt; b"));
    assert_eq!(html.matches("<tr class=\"slower\">").count(), 1);
    let back = diff(&cell(7, 1001, 2000), &cell(3, 1000, 1000));
    assert_eq!(Comparison::of(&back).summary(), "1 path faster");
}
