//! How a cell's time depends on the number of threads.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hpc_channel::MimeBundle;
use hpc_profile::Scaling;
use hpc_profile::report::{Text, time};

use super::Call;
use super::show::display;
use crate::engine::{CellError, OutputSink};
use crate::eval::diagnostics::plain_error;
use crate::eval::values::{Collected, escape};
use crate::eval::{Evaluator, Times};
use crate::host::Measure;

/// How often the cell runs with each number of threads, if nothing else is said.
const RUNS: u32 = 3;

/// More threads than any machine has cores.
const MOST_THREADS: u32 = 4096;

/// What `%%scaling` is asked for.
#[derive(Debug, PartialEq)]
struct Options {
    threads: Vec<u32>,
    runs: u32,
}

impl Options {
    fn parse(arguments: &str) -> Result<Self, String> {
        let (mut threads, mut runs) = (Vec::new(), RUNS);
        let mut words = arguments.split_whitespace();
        while let Some(word) = words.next() {
            if let Some(list) = word.strip_prefix("p=") {
                let numbers = list.split(',').map(|text| {
                    let number = text.parse().ok();
                    number
                        .filter(|number| (1..=MOST_THREADS).contains(number))
                        .ok_or_else(|| format!("`{text}` is no number of threads"))
                });
                threads = numbers.collect::<Result<_, String>>()?;
            } else if word == "--runs" {
                let number = words.next().and_then(|text| text.parse().ok());
                runs = number
                    .filter(|number| *number > 0)
                    .ok_or("--runs needs a number")?;
            } else {
                return Err(format!(
                    "there is no option `{word}`: say p=1,2,4 and --runs N"
                ));
            }
        }
        if threads.is_empty() {
            return Err("say with how many threads the cell is to run, such as p=1,2,4".into());
        }
        Ok(Self { threads, runs })
    }
}

/// `%%scaling`: runs the cell with several numbers of threads.
pub(super) fn cell(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let options =
        Options::parse(call.arguments).map_err(|problem| plain_error("CommandError", &problem))?;
    let before = evaluator.host.measured();
    let measured = evaluator.measure_scaling(&options, before, call);
    evaluator.host.measure(before, false);
    evaluator.send_output_to(call.sink);
    display(call.sink, bundle(&measured?));
    Ok(())
}

impl Evaluator {
    /// The shortest time of the cell with each number of threads. What it prints and shows is shown
    /// once.
    fn measure_scaling(
        &mut self,
        options: &Options,
        before: Measure,
        call: &mut Call<'_>,
    ) -> Result<Vec<(u32, Duration)>, CellError> {
        let silence = Arc::new(Collected::default()) as Arc<dyn OutputSink>;
        let mut measured = Vec::new();
        for threads in &options.threads {
            let measure = Measure {
                threads: *threads,
                ..before
            };
            self.host.measure(measure, false);
            let mut shortest = Duration::MAX;
            for run in 0..options.runs {
                let mut times = Times::default();
                let is_first = measured.is_empty() && run == 0;
                let sink = if is_first { call.sink } else { &silence };
                self.send_output_to(sink);
                let ran = self.run_from(call.cell, call.rest, sink, &mut times);
                call.times.add(&times);
                ran?;
                shortest = shortest.min(times.run);
            }
            measured.push((*threads, shortest));
        }
        Ok(measured)
    }
}

/// Times, speed-ups and efficiencies, with the model behind them.
fn bundle(measured: &[(u32, Duration)]) -> MimeBundle {
    let mut text = Text::new(&["THREADS", "TIME", "SPEED-UP", "EFFICIENCY"]);
    let mut html = String::from(
        "<table><thead><tr><th>threads</th><th>time</th><th>speed-up</th><th>efficiency</th></tr>\
         </thead><tbody>",
    );
    let seconds: Vec<(f64, f64)> = measured
        .iter()
        .map(|(threads, time)| (f64::from(*threads), time.as_secs_f64()))
        .collect();
    let Some((fewest, longest)) = seconds.first().copied() else {
        return MimeBundle::text("");
    };
    for (threads, taken) in &seconds {
        let speed_up = longest / taken;
        let efficiency = 100.0 * speed_up * fewest / threads;
        let row = vec![
            format!("{threads}"),
            time(1e9 * taken),
            format!("{speed_up:.2}"),
            format!("{efficiency:.0} %"),
        ];
        html.push_str("<tr>");
        for cell in &row {
            let _ = write!(html, "<td>{cell}</td>");
        }
        html.push_str("</tr>");
        text.push(row);
    }
    html.push_str("</tbody></table>");
    html += &picture(&seconds);
    let mut text = text.to_string();
    if let Some(model) = Scaling::fit(&seconds) {
        let line = format!("{}, with an error of {:.0} %", formula(&model), model.error);
        let _ = write!(html, "<div>{}</div>", escape(&line));
        text += &line;
        text.push('\n');
    }
    MimeBundle::text(text).with("text/html", html)
}

/// A model in words.
fn formula(model: &Scaling) -> String {
    let mut text = format!("time ≈ {}", time(1e9 * model.constant));
    if model.factor != 0.0 {
        let sign = if model.factor < 0.0 { '-' } else { '+' };
        let _ = write!(text, " {sign} {}", time(1e9 * model.factor.abs()));
        if model.exponent != 0.0 {
            let _ = write!(text, " · p^{}", model.exponent);
        }
        if model.logarithms != 0 {
            let _ = write!(text, " · log2(p)^{}", model.logarithms);
        }
    }
    text
}

/// Speed-ups over numbers of threads, beside what they would be at best.
fn picture(seconds: &[(f64, f64)]) -> String {
    const SIZE: f64 = 200.0;
    let (fewest, longest) = seconds[0];
    let most = seconds
        .iter()
        .map(|(threads, _)| *threads)
        .fold(1.0, f64::max);
    let best = (most / fewest).max(1.0);
    let place = |threads: f64, speed_up: f64| {
        let (x, y) = (SIZE * threads / most, SIZE * (1.0 - speed_up / best));
        format!("{x:.1},{y:.1} ")
    };
    let line: String = seconds
        .iter()
        .map(|(threads, taken)| place(*threads, longest / taken))
        .collect();
    let ideal = place(fewest, 1.0) + &place(most, best);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{0}\" viewBox=\"-5 -5 {0} {0}\" \
         fill=\"none\" stroke=\"currentColor\"><title>speed-up over threads; dashed: the best there \
         can be</title><polyline points=\"{ideal}\" stroke-dasharray=\"4\" opacity=\".5\"/>\
         <polyline points=\"{line}\" stroke-width=\"2\"/></svg>",
        SIZE + 10.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_understood() {
        let options = Options::parse("p=1,2,4 --runs 5").unwrap();
        assert_eq!((options.threads, options.runs), (vec![1, 2, 4], 5));
        for wrong in ["", "p=0", "p=1,x", "p=1 --runs", "q=1"] {
            assert!(Options::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn efficiency_is_of_the_fewest_threads() {
        let milliseconds = [(2, 80), (4, 40), (8, 40)];
        let measured = milliseconds.map(|(p, t)| (p, Duration::from_millis(t)));
        let shown = bundle(&measured);
        let text = shown.plain().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[2].contains("2.00") && lines[2].contains("100 %"),
            "{text}"
        );
        assert!(
            lines[3].contains("2.00") && lines[3].contains("50 %"),
            "{text}"
        );
    }
}
