//! Our side of `make bench-expr`: a program that evaluates and times array expressions on request.
//!
//! The driver (`deploy/bench/expr/bench.py`) writes requests to standard input, a line of JSON each,
//! and reads an answer a line; the processes of the peers (`deploy/bench/expr/peer.py`) answer the
//! same requests, so that all of them take turns in one run. A formula whose name begins with
//! `limit:` is a loop of plain Rust, which shows what the machine can do.

mod arrays;
mod limits;
mod process;
mod works;

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use serde_json::{Value, json};

use arrays::{Arrays, Outcome};

/// What is evaluated when the driver says `run`.
enum Task {
    None,
    Work(works::Formula),
    Limit(limits::Loop),
}

struct Session {
    arrays: Arrays,
    task: Task,
    result: Option<Outcome>,
}

type Answer = Result<Value, Box<dyn Error>>;

/// A field of a request, which the driver never leaves out.
fn field<'a>(request: &'a Value, name: &str) -> Result<&'a Value, String> {
    request
        .get(name)
        .ok_or_else(|| format!("no field {name:?}"))
}

fn text<'a>(request: &'a Value, name: &str) -> Result<&'a str, String> {
    field(request, name)?
        .as_str()
        .ok_or_else(|| format!("{name:?} is no text"))
}

fn number(request: &Value, name: &str) -> Result<f64, String> {
    field(request, name)?
        .as_f64()
        .ok_or_else(|| format!("{name:?} is no number"))
}

fn missing(why: &str) -> Value {
    json!({ "missing": why })
}

impl Session {
    fn answer(&mut self, request: &Value) -> Answer {
        match text(request, "do")? {
            "load" => {
                let shape: Vec<usize> = serde_json::from_value(field(request, "shape")?.clone())?;
                let bytes = std::fs::read(text(request, "file")?)?;
                let layout = text(request, "layout")?;
                match arrays::array(text(request, "dtype")?, &bytes, &shape, layout) {
                    Some(array) => self.arrays.put(text(request, "name")?, array),
                    None => return Ok(missing("no arrays of this dtype")),
                }
            }
            "fill" => {
                let [start, stop, n] = ["start", "stop", "n"].map(|name| number(request, name));
                let array = hpc::array::linspace(start?, stop?, n? as usize);
                self.arrays.put(text(request, "name")?, array);
            }
            "prepare" => return self.prepare(text(request, "formula")?),
            "run" => {
                let [repeats, inner] = ["repeats", "inner"].map(|name| number(request, name));
                return Ok(json!({ "seconds": self.run(repeats? as usize, inner? as usize) }));
            }
            "save" => {
                if self.result.is_none() {
                    self.run(1, 1);
                }
                let result = self.result.as_ref().ok_or("nothing was evaluated")?;
                return Ok(result.save(text(request, "file")?)?);
            }
            "forget" => {
                let keep: Vec<String> = serde_json::from_value(field(request, "keep")?.clone())?;
                self.arrays.keep(&keep);
                self.task = Task::None;
                self.result = None;
            }
            "settle" => {
                self.result = None;
                process::settle_peak()?;
            }
            "peak" => return Ok(json!({ "bytes": process::peak()? })),
            other => return Err(format!("no such request: {other:?}").into()),
        }
        Ok(json!({}))
    }

    fn prepare(&mut self, formula: &str) -> Answer {
        self.result = None;
        self.task = if let Some(limit) = formula.strip_prefix("limit:") {
            let (name, length) = limit.split_once(':').ok_or("limit:NAME:LENGTH")?;
            match limits::prepare(name, length.parse()?) {
                Some(prepared) => Task::Limit(prepared),
                None => return Ok(missing("no such loop")),
            }
        } else {
            match works::find(formula) {
                Some(work) => Task::Work(work),
                None => return Ok(missing("not there yet")),
            }
        };
        Ok(json!({}))
    }

    /// Seconds of each of `repeats` samples, of which each is the mean of `inner` evaluations.
    fn run(&mut self, repeats: usize, inner: usize) -> Vec<f64> {
        (0..repeats)
            .map(|_| {
                // The last result goes first, as in a loop that assigns to one variable.
                self.result = None;
                let began = Instant::now();
                for _ in 0..inner {
                    match &mut self.task {
                        Task::None => {}
                        Task::Work(work) => self.result = Some(work(&mut self.arrays)),
                        Task::Limit(limit) => limit.run(),
                    }
                }
                began.elapsed().as_secs_f64() / inner as f64
            })
            .collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut session = Session {
        arrays: Arrays::default(),
        task: Task::None,
        result: None,
    };
    for line in stdin().lock().lines() {
        let answer = serde_json::from_str(&line?)
            .map_err(Into::into)
            .and_then(|request| session.answer(&request))
            .unwrap_or_else(|error| json!({ "error": error.to_string() }));
        println!("{answer}");
        stdout().flush()?;
    }
    Ok(())
}
