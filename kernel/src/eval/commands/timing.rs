//! How long something takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrolab_cell::CellText;

use super::Call;
use crate::engine::{Cell, CellError, Stream};
use crate::eval::{Evaluator, Times};

pub(super) fn time_cell(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    time(evaluator, &call.cell.clone(), call.rest, call)
}

pub(super) fn time_line(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    time(evaluator, &line(call), 0, call)
}

fn time(
    evaluator: &mut Evaluator,
    cell: &Cell,
    start: usize,
    call: &mut Call<'_>,
) -> Result<(), CellError> {
    let mut times = Times::default();
    let started = Instant::now();
    let ran = evaluator.run_from(cell, start, call.sink, &mut times);
    let wall = started.elapsed();
    call.times.add(&times);
    ran?;
    let text = format!(
        "run {}, compile {}, wall {}\n",
        words(times.run),
        words(wall.saturating_sub(times.run)),
        words(wall)
    );
    call.sink.stream(Stream::Stdout, &text);
    Ok(())
}

pub(super) fn repeat_cell(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    repeat(evaluator, &call.cell.clone(), call.rest, call)
}

pub(super) fn repeat_line(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    repeat(evaluator, &line(call), 0, call)
}

/// The repetition is in the cell itself, so that it costs nothing.
fn repeat(
    evaluator: &mut Evaluator,
    cell: &Cell,
    start: usize,
    call: &mut Call<'_>,
) -> Result<(), CellError> {
    let text = Arc::new(CellText {
        number: cell.number,
        text: cell.code.clone(),
    });
    let parsed = ferrolab_cell::parse(&text, start).repeated();
    evaluator.run_parsed(&parsed, text.number, call.sink, call.times)
}

/// The rest of a line as a cell.
fn line(call: &Call<'_>) -> Cell {
    Cell {
        code: call.arguments.to_owned(),
        number: call.cell.number,
    }
}

pub(super) fn words(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 1.0 {
        format!("{seconds:.3} s")
    } else if seconds >= 1e-3 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{:.1} µs", seconds * 1e6)
    }
}
