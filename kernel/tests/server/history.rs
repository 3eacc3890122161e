//! The history, over several kernels.

use std::time::{Duration, Instant};

use ferrolab_kernel::server::{HistoryPlace, Settings};
use ferrolab_wire::Channel;
use ferrolab_wire::content::{ExecuteRequest, HistoryAccess, HistoryReply, HistoryRequest, Told};
use serde_json::json;

use crate::frontend::{Frontend, Kernel, cell, loopback, settings};
use crate::parrot::Parrot;

fn kernel(history: HistoryPlace) -> Kernel {
    let settings = Settings {
        history,
        ..settings()
    };
    Kernel::at(loopback(), settings, || Ok(Box::new(Parrot::default())))
}

fn ask(frontend: &mut Frontend, output: bool, access: HistoryAccess) -> Vec<Told> {
    let request = HistoryRequest {
        output,
        raw: true,
        access,
    };
    let reply: HistoryReply = frontend.ask(Channel::Shell, &request).content_as().unwrap();
    reply.history
}

#[test]
fn a_kernel_knows_the_cells_of_those_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = HistoryPlace::File(folder.path().join("history.sqlite"));
    let first = kernel(place.clone());
    let mut frontend = first.frontend();
    frontend.run(&cell("a"));
    frontend.run(&cell("value 42"));
    frontend.run(&cell("fail"));
    for request in [
        ExecuteRequest {
            store_history: false,
            ..cell("not stored")
        },
        ExecuteRequest {
            silent: true,
            ..cell("silent")
        },
    ] {
        frontend.run(&request);
    }
    first.stop();

    let second = kernel(place);
    let mut frontend = second.frontend();
    frontend.run(&cell("b"));
    let tail = HistoryAccess::Tail { n: Some(3) };
    assert_eq!(
        ask(&mut frontend, true, tail),
        [
            (1, 2, json!(["value 42", "42"])),
            (1, 3, json!(["fail", null])),
            (2, 1, json!(["b", null])),
        ]
    );
    let range = |session| HistoryAccess::Range {
        session,
        start: 1,
        stop: Some(3),
    };
    assert_eq!(
        ask(&mut frontend, false, range(-1)),
        [(1, 1, json!("a")), (1, 2, json!("value 42"))]
    );
    assert_eq!(ask(&mut frontend, false, range(0)), [(2, 1, json!("b"))]);
    let search = HistoryAccess::Search {
        pattern: "*a*".to_owned(),
        n: Some(1),
        unique: true,
    };
    assert_eq!(ask(&mut frontend, false, search), [(1, 3, json!("fail"))]);
    second.stop();
}

#[test]
fn a_history_that_another_program_holds_delays_no_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let kernel = kernel(HistoryPlace::File(path.clone()));
    let mut frontend = kernel.frontend();
    frontend.run(&cell("a"));
    let tail = || HistoryAccess::Tail { n: None };
    assert_eq!(ask(&mut frontend, false, tail()).len(), 1);
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = Instant::now();
    for _ in 0..10 {
        frontend.run(&cell("b"));
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(ask(&mut frontend, false, tail()).len(), 10);
    kernel.stop();
}
