//! `ferrolab prof` on recordings that the tests make.

use std::path::PathBuf;

use hpc_profile::{Clock, Mode, Options, Recorder, Region, ThreadKind};
use serde_json::Value;

use crate::support::{Place, stderr, stdout};

/// A recording of a cell with a loop whose steps take that long, in a place.
fn recording(place: &Place, mode: Mode, step: u64) -> PathBuf {
    let options = Options {
        folder: place.path("."),
        clock: Clock::Given,
        ..Options::default()
    };
    let recorder = Recorder::create(&options).unwrap();
    recorder.set_mode(mode);
    let [cell, inner] =
        ["cell[1]", "step"].map(|name| recorder.define_region(&Region::named(name)));
    let writer = recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(cell, 0);
    for start in 0..10 {
        let token = writer.enter_at(inner, start * 1_000_000);
        writer.work_at(8 * step, 2 * step, start * 1_000_000);
        writer.exit_at(token, start * 1_000_000 + step);
    }
    writer.exit_at(outer, 10_000_000);
    recorder.close();
    recorder.path().into()
}

#[test]
fn show_tells_where_the_time_went() {
    let place = Place::new();
    let file = recording(&place, Mode::PROFILE, 600_000);
    let output = place
        .ferrolab(["prof", "show"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let row = |name: &str| -> Vec<String> {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        line.unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        row("cell[1]")[1..7],
        ["1", "10.0", "ms", "4.0", "ms", "40.0"]
    );
    assert_eq!(row("step")[1..7], ["10", "6.0", "ms", "6.0", "ms", "60.0"]);
    assert!(text.contains("8.00     2.00"), "{text}");
    assert!(text.contains("ended"), "{text}");

    let output = place
        .ferrolab(["prof", "show", "--json"])
        .arg(&file)
        .output()
        .unwrap();
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        value["paths"][1]["path"],
        serde_json::json!(["cell[1]", "step"])
    );
    assert_eq!(value["paths"][1]["exclusive"], 6_000_000.0);
    assert_eq!(value["processes"][0]["state"], "closed");

    let output = place
        .ferrolab(["prof", "show", "--sort", "exclusive", "--top", "1"])
        .arg(&file)
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(
        text.contains("cell[1]/step") && text.contains("and 1 more"),
        "{text}"
    );
}

#[test]
fn a_folder_stands_for_its_recordings() {
    let place = Place::new();
    let file = recording(&place, Mode::PROFILE, 600_000);
    let folder = place.path("run.executed.prof");
    std::fs::create_dir(&folder).unwrap();
    let output = place
        .ferrolab(["prof", "show"])
        .arg(&folder)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(
        text.contains("no recordings") && text.contains("run.executed.prof"),
        "{text}"
    );

    std::fs::copy(&file, folder.join("hpc-1-0-0.prof")).unwrap();
    place.write("run.executed.prof/notes", "not one of them");
    let shown = [&file, &folder].map(|path| {
        let output = place.ferrolab(["prof", "show"]).arg(path).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    });
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn diff_tells_what_became_slower() {
    let place = Place::new();
    let files = [600_000, 900_000].map(|step| recording(&place, Mode::PROFILE, step));
    let output = place
        .ferrolab(["prof", "diff"])
        .args(&files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let first: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        first,
        [
            "cell[1]/step",
            "6.0",
            "ms",
            "9.0",
            "ms",
            "1.50",
            "+3.0",
            "ms",
            "10",
            "slower"
        ]
    );
}

#[test]
fn export_writes_what_the_name_says() {
    let place = Place::new();
    let file = recording(&place, Mode::BOTH, 600_000);
    for (name, file_there) in [
        ("traces", "traces/traces.otf2"),
        ("a.cubex", "a.cubex"),
        ("a.pftrace", "a.pftrace"),
        ("a.json", "a.json"),
        ("a.speedscope.json", "a.speedscope.json"),
        ("a.folded", "a.folded"),
        ("a.csv", "a.csv"),
    ] {
        let output = place
            .ferrolab(["prof", "export", "-o", name])
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        assert!(
            place.path(file_there).metadata().unwrap().len() > 0,
            "{name}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(place.path("a.folded")).unwrap(),
        "cell[1] 4000000\ncell[1];step 6000000\n"
    );
}

#[test]
fn mistakes_have_a_message() {
    let place = Place::new();
    let file = recording(&place, Mode::PROFILE, 600_000);
    place.write("other", &"x".repeat(100_000));
    let file = file.to_str().unwrap();
    for (args, says) in [
        (&["show", "absent.prof"][..], "absent.prof"),
        (&["show", "other"], "not a recording"),
        (&["export", file, "-o", "a.xyz"], "--format"),
        (&["export", file, "-o", "traces"], "no events"),
    ] {
        let output = place.ferrolab(["prof"]).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(says),
            "{args:?}: {}",
            stderr(&output)
        );
    }
    assert!(!place.path("traces").exists());
}
