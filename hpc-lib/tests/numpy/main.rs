//! Arrays against NumPy: every case of `fixtures/`, which NumPy wrote (README.md).

mod arrays;
mod compare;
mod fixture;
mod numerical;
mod order;
mod routines;
mod surface;

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use arrays::{argument, dtype, numbers};
use fixture::{Case, Expected, Value, family};
use routines::{Call, Outcome, Routine, different, routine};

/// What came of the cases of a file.
#[derive(Default)]
struct Tally {
    compared: usize,
    /// Of routines or dtypes that arrays do not have.
    left_out: usize,
    wrong: Vec<String>,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or the text of its panic, which is not printed.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |about| {
            if !QUIET.get() {
                usual(about);
            }
        }));
    });
    QUIET.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    outcome.map_err(|payload| {
        payload
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_default()
    })
}

/// Runs a case; `None` when arrays cannot do it.
fn run(case: &Case) -> Option<Result<(), String>> {
    let routine = routine(&case.routine)?;
    if different(case) {
        return None;
    }
    if let Expected::Value(Value::Array(expected)) = &case.expected {
        dtype(&expected.dtype)?;
    }
    let asked = Call {
        routine: case.routine.clone(),
        arguments: case.args.iter().map(argument).collect::<Option<_>>()?,
        parameters: case.parameters.clone(),
    };
    // A mistake in shapes or dtypes is a panic.
    let got = caught(|| call(routine, &asked));
    Some(match (&case.expected, got) {
        (Expected::Error(_), Err(_)) => Ok(()),
        (_, Ok(None)) => return None,
        (Expected::Error(error), Ok(_)) => Err(format!("a result instead of {error}")),
        (Expected::Value(_), Err(text)) => Err(format!("a panic: {text}")),
        (Expected::Value(expected), Ok(Some(got))) => compare::result(expected, got, case.rule),
    })
}

/// The result, as the fixtures have it; `None` when arrays cannot take these arguments.
fn call(routine: Routine, asked: &Call) -> Option<compare::Got> {
    Some(match routine(asked)? {
        Outcome::Array(array) => compare::Got::Numbers(numbers(&array)),
        Outcome::Number(number) => compare::Got::Number(number),
        Outcome::List(arrays) => compare::Got::List(arrays.iter().map(numbers).collect()),
    })
}

fn tally(name: &str) -> Tally {
    let mut tally = Tally::default();
    for case in family(name) {
        match run(&case) {
            None => tally.left_out += 1,
            Some(outcome) => {
                tally.compared += 1;
                if let Err(problem) = outcome {
                    tally.wrong.push(format!("{case}: {problem}"));
                }
            }
        }
    }
    tally
}

/// Every case that arrays can do gives what NumPy gives, and there are at least that many.
#[track_caller]
fn assert_as_numpy(name: &str, at_least: usize) {
    let tally = tally(name);
    println!(
        "{name}: {} compared, {} left out",
        tally.compared, tally.left_out
    );
    assert!(
        tally.wrong.is_empty(),
        "{} of {} cases of {name}.json differ:\n{}",
        tally.wrong.len(),
        tally.compared,
        tally.wrong.join("\n")
    );
    assert!(
        tally.compared >= at_least,
        "{name}.json: only {} cases were compared, {} left out",
        tally.compared,
        tally.left_out
    );
}

#[test]
fn functions_of_one_argument() {
    assert_as_numpy("unary", 480);
}

#[test]
fn functions_of_two_arguments() {
    assert_as_numpy("binary", 690);
}

#[test]
fn arrays_and_numbers() {
    assert_as_numpy("scalars", 940);
}

#[test]
fn reductions() {
    assert_as_numpy("reductions", 2310);
}

#[test]
fn arrays_are_made() {
    assert_as_numpy("creation", 130);
}

#[test]
fn arrays_are_indexed() {
    assert_as_numpy("indexing", 380);
}

#[test]
fn arrays_are_rearranged() {
    assert_as_numpy("manipulation", 188);
}

#[test]
fn files() {
    assert_as_numpy("npy", 17);
}

/// What NumPy wrote is what was in its array, whatever its version, byte order or order of elements.
#[test]
fn files_of_numpy_are_read() {
    let mut read = 0;
    for case in family("npy") {
        let Expected::Value(Value::Bytes(bytes)) = &case.expected else {
            panic!("{case} has no bytes");
        };
        let Some(Value::Array(saved)) = case.args.first() else {
            panic!("{case} has no array");
        };
        let got = hpc::Array::from_npy(bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        let same = compare::result(
            &Value::Array(saved.clone()),
            compare::Got::Numbers(numbers(&got)),
            case.rule,
        );
        assert_eq!(same, Ok(()), "{case}");
        read += 1;
    }
    assert!(read >= 20, "only {read} files");
}

#[test]
fn order_and_sets() {
    assert_as_numpy("order", 150);
    assert_as_numpy("sets", 36);
}

#[test]
fn statistics() {
    assert_as_numpy("statistics", 88);
}

#[test]
fn casts() {
    assert_as_numpy("casts", 169);
}

#[test]
fn linear_algebra() {
    assert_as_numpy("linalg", 205);
}

#[test]
fn products() {
    assert_as_numpy("products", 149);
}

#[test]
fn transforms() {
    assert_as_numpy("fft", 200);
}

/// The files are whole: every reference and every array in them can be read.
#[test]
fn every_fixture_can_be_read() {
    let names = fixture::families();
    assert!(names.len() >= 16, "{names:?}");
    for name in names {
        let cases = family(&name);
        assert!(!cases.is_empty(), "{name}.json has no cases");
    }
}
