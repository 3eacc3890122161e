//! What is shown of recordings.

use hpc_profile::report::{Order, Page, Table, Timeline};
use hpc_profile::{Mode, Profile, ThreadKind};

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
    assert!(html.contains("data-w=\"0.363636\""), "{html}");
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
