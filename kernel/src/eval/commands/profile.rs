//! Where a cell's time and memory went.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hpc_channel::MimeBundle;
use hpc_profile::export::Format;
use hpc_profile::report::{Comparison, Order, Page, Table, bytes, count};
use hpc_profile::{Profile, Recording, Role, diff};

use super::Call;
use super::show::display;
use super::timing::words;
use crate::engine::{CellError, OutputSink};
use crate::eval::diagnostics::plain_error;
use crate::eval::phases::Phases;
use crate::eval::values::escape;
use crate::eval::{Evaluator, Times, live};
use crate::host::Measure;

/// Lines of text, if nothing else is said.
const LINES: usize = 50;

/// The share of the time, in percent, from which it is told that measuring took it.
const COST_TO_TELL: f64 = 5.0;

/// What `%prof on` records.
const FOOTER: Measure = Measure {
    events: false,
    memory: true,
    counters: false,
    usage: true,
    threads: 0,
};

/// What `%%prof` is asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Default, PartialEq)]
struct Options {
    events: bool,
    memory: bool,
    counters: bool,
    top: Option<usize>,
    order: Order,
    exports: Vec<(Format, PathBuf)>,
    /// The name under which the profile is remembered, besides the cell's number.
    name: Option<String>,
    /// The name of a profile to compare with.
    diff: Option<String>,
    live: bool,
}

impl Options {
    fn parse(arguments: &str) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = arguments.split_whitespace();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word {
                "--trace" => options.events = true,
                "--memory" | "--mem" => options.memory = true,
                "--counters" => options.counters = true,
                "--top" => {
                    let text = value()?;
                    let top = text.parse().ok().filter(|top| *top > 0);
                    options.top =
                        Some(top.ok_or_else(|| format!("`{text}` is no number of lines"))?);
                }
                "--sort" => options.order = value()?.parse()?,
                "--as" => options.name = Some(value()?.to_owned()),
                "--diff" => options.diff = Some(value()?.to_owned()),
                "--live" => options.live = true,
                "--export" => {
                    let path = PathBuf::from(value()?);
                    let format = Format::of(&path).ok_or_else(|| {
                        format!(
                            "the ending of `{}` stands for no format; use .otf2, .cubex, .pftrace, \
                             .json, .speedscope.json, .firefox.json, .folded or .csv",
                            path.display()
                        )
                    })?;
                    options.events |= format.needs_events();
                    options.exports.push((format, path));
                }
                other => {
                    return Err(format!(
                        "there is no option `{other}`; there are --trace, --memory, --counters, --live, \
                         --top N, --sort ORDER, --as NAME, --diff NAME and --export FILE"
                    ));
                }
            }
        }
        Ok(options)
    }
}

fn refuse(problem: &str) -> CellError {
    plain_error("CommandError", problem)
}

/// Profiles that are remembered; of more, the oldest are forgotten.
const MOST_PROFILES: usize = 16;

/// After how long it is shown what a running cell does, where nobody asked for it right now.
const LIVE_AFTER: Duration = Duration::from_secs(1);

/// Profiles of cells, to compare others with.
#[derive(Default)]
pub(in crate::eval) struct Profiles(VecDeque<(String, Profile)>);

impl Profiles {
    fn keep(&mut self, name: &str, profile: Profile) {
        self.0.retain(|(known, _)| known != name);
        if self.0.len() == MOST_PROFILES {
            self.0.pop_front();
        }
        self.0.push_back((name.to_owned(), profile));
    }

    /// The profile of that name, or of the cell with that number; the newest for `last`.
    fn find(&self, name: &str) -> Result<&Profile, CellError> {
        let known = self.0.iter().find(|(known, _)| known == name);
        let last = self.0.back().filter(|_| name == "last");
        let found = known.or(last).map(|(_, profile)| profile);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
            let names = if names.is_empty() {
                "there is none yet: run a cell with `%%prof`".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            refuse(&format!("there is no profile `{name}`; {names}"))
        })
    }
}

/// What changed from one profile to another.
fn comparison(before: &Profile, after: &Profile, top: usize, title: &str) -> MimeBundle {
    let changes = diff(before, after);
    let all = Comparison::of(&changes);
    let first = &changes[..top.min(changes.len())];
    let first = Comparison::of(first);
    let title = format!("{title}: {}", all.summary());
    let mut text = format!("{title}\n\n{first}");
    if changes.len() > top {
        let _ = writeln!(text, "… and {} more", changes.len() - top);
    }
    MimeBundle::text(text).with("text/html", first.html(&title))
}

/// `%prof on`, `%prof off`, `%prof`, `%prof diff BEFORE AFTER`.
pub(super) fn switch(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let words: Vec<&str> = call.arguments.split_whitespace().collect();
    match words[..] {
        ["on"] => evaluator.set_profiled(true),
        ["off"] => evaluator.set_profiled(false),
        [] => {
            let state = if evaluator.is_profiled() { "on" } else { "off" };
            display(call.sink, MimeBundle::text(format!("{state}\n")));
        }
        ["diff", before, after] => {
            let title = format!("{before} → {after}");
            let profiles = &evaluator.profiles;
            let (before, after) = (profiles.find(before)?, profiles.find(after)?);
            display(call.sink, comparison(before, after, LINES, &title));
        }
        _ => {
            return Err(refuse(&format!(
                "`%prof {}`: say `on`, `off`, or `diff BEFORE AFTER`",
                call.arguments
            )));
        }
    }
    Ok(())
}

/// `%%prof`: runs the cell with nothing else recorded, and says where its time went.
pub(super) fn cell(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let options = Options::parse(call.arguments).map_err(|problem| refuse(&problem))?;
    if let Some(name) = &options.diff {
        // Before the cell runs for an hour.
        evaluator.profiles.find(name)?;
    }
    let phases = Phases::begin(evaluator.session.path(), options.events)
        .map_err(|error| refuse(&format!("{error:#}")))?;
    let before = evaluator.host.measured();
    let measure = Measure {
        events: options.events,
        memory: options.memory || before.memory,
        counters: options.counters || before.counters,
        usage: true,
        threads: before.threads,
    };
    evaluator.host.measure(measure, true);
    let live = options.live.then_some(live::SHORTEST).or(evaluator.live);
    let live = std::mem::replace(&mut evaluator.live, live);
    evaluator.compilation.time_parts(true);
    let mut times = Times {
        live: call.times.live.clone(),
        ..Times::default()
    };
    let started = Instant::now();
    let ran = evaluator.run_from(call.cell, call.rest, call.sink, &mut times);
    let compile = started.elapsed().saturating_sub(times.run);
    evaluator.compilation.time_parts(false);
    evaluator.live = live;
    evaluator.host.measure(before, false);
    // What a cell did before it failed is worth seeing too.
    if times.run.is_zero() {
        call.times.add(&times);
        return ran;
    }
    let shown = evaluator.show_profile(&options, &phases, compile, &mut times, call);
    call.times.add(&times);
    ran.and(shown)
}

impl Evaluator {
    fn set_profiled(&mut self, is_profiled: bool) {
        let measure = if is_profiled {
            FOOTER
        } else {
            Measure::default()
        };
        self.live = is_profiled.then_some(LIVE_AFTER);
        self.host.measure(measure, false);
    }

    pub(in crate::eval) fn is_profiled(&self) -> bool {
        self.host.measured().usage
    }

    fn open_recording(&self) -> Result<Recording, CellError> {
        let path = self
            .host
            .recording()
            .ok_or_else(|| refuse("regions are not recorded: see the output of the first cell"))?;
        Recording::open(path).map_err(|error| refuse(&error.to_string()))
    }

    fn show_profile(
        &mut self,
        options: &Options,
        phases: &Phases,
        compile: Duration,
        times: &mut Times,
        call: &Call<'_>,
    ) -> Result<(), CellError> {
        let number = call.cell.number;
        let compiled = phases
            .record(number, &times.steps)
            .map_err(|error| refuse(&format!("{error:#}")))?;
        let recordings = [self.open_recording()?, compiled];
        let profile = Profile::of(&recordings);
        let summary = self.summary(&profile, number, times.run, compile);
        let mut text = summary.clone() + "\n\n";
        let top = options.top.unwrap_or(LINES);
        text += &Table::of(&profile, 0, options.order, Some(top)).to_string();
        let cost = 100.0 * profile.cost_share();
        if cost > COST_TO_TELL {
            let _ = writeln!(text, "measuring took about {cost:.0} % of the time");
        }
        for state in recordings[0].counters() {
            if let Some(problem) = &state.problem {
                let _ = writeln!(text, "{} is unavailable: {problem}", state.counter.name());
            }
        }
        for thread in recordings[0].threads() {
            let lost = thread.losses();
            if lost.records > 0 {
                let _ = writeln!(text, "{} events found no room", count(lost.records));
            }
        }
        let mut page = Page::of(&profile).titled(&summary).ordered(options.order);
        if options.events {
            page = page.with_timeline(&recordings);
        }
        let bundle = MimeBundle::text(text).with("text/html", page.html());
        live::replace(&**call.sink, bundle, times.live.take());
        times.is_told = true;
        if let Some(name) = &options.diff {
            let title = format!("{name} → In [{number}]");
            let before = self.profiles.find(name)?;
            display(call.sink, comparison(before, &profile, top, &title));
        }
        for (format, path) in &options.exports {
            format
                .write(&recordings, path)
                .map_err(|error| plain_error("ExportError", &error.to_string()))?;
        }
        if let Some(name) = &options.name {
            self.profiles.keep(name, profile.clone());
        }
        self.profiles.keep(&number.to_string(), profile);
        Ok(())
    }

    /// A line for a cell that ran.
    pub(in crate::eval) fn tell_usage(
        &self,
        number: u32,
        compile: Duration,
        times: &mut Times,
        sink: &Arc<dyn OutputSink>,
    ) {
        let Ok(recording) = self.open_recording() else {
            return;
        };
        let profile = Profile::of(&[recording]);
        let line = self.summary(&profile, number, times.run, compile);
        let html = format!("<small style=\"opacity:.7\">{}</small>", escape(&line));
        let bundle = MimeBundle::text(line).with("text/html", html);
        live::replace(&**sink, bundle, times.live.take());
        times.is_told = true;
    }

    /// Wall time, processors, memory: what a cell used.
    fn summary(&self, profile: &Profile, number: u32, run: Duration, compile: Duration) -> String {
        let mut parts = vec![format!("ran {} (compile {})", words(run), words(compile))];
        if let Some(usage) = self.host.usage() {
            if !run.is_zero() {
                let cores = usage.cpu.as_secs_f64() / run.as_secs_f64();
                parts.push(format!("{cores:.1} cores"));
            }
            parts.push(format!("peak {}", bytes(usage.peak)));
        }
        if let Some(node) = profile.find(&[&format!("In [{number}]")]) {
            let allocations = allocations(profile, node);
            if allocations > 0 {
                parts.push(format!("{} allocations", count(allocations)));
            }
            if let Some(balance) = balance(profile, node) {
                parts.push(format!("load balance {:.0} %", 100.0 * balance));
            }
        }
        parts.join(" · ")
    }
}

/// How evenly the threads of the pool worked for a cell: the mean of their times divided by the
/// longest. `None` if there was one at most.
fn balance(profile: &Profile, cell: usize) -> Option<f64> {
    let mut times = vec![0.0; profile.catalog().locations().len()];
    for path in tasks(profile, cell) {
        for (time, counts) in times.iter_mut().zip(&profile.nodes()[path].counts) {
            *time += counts.inclusive;
        }
    }
    times.retain(|time| *time > 0.0);
    let longest = times.iter().copied().fold(0.0, f64::max);
    (times.len() > 1).then(|| times.iter().sum::<f64>() / times.len() as f64 / longest)
}

/// How often a cell allocated: on its own thread, and on those that worked for it.
fn allocations(profile: &Profile, cell: usize) -> u64 {
    let others = tasks(profile, cell).into_iter();
    let others = others.map(|path| profile.total(path).allocations);
    profile.total(cell).allocations + others.sum::<u64>()
}

/// The outermost paths below a cell that threads of the pool worked in.
fn tasks(profile: &Profile, cell: usize) -> Vec<usize> {
    let (mut found, mut paths) = (Vec::new(), vec![cell]);
    while let Some(path) = paths.pop() {
        let region = profile.region(path);
        if region.is_some_and(|region| region.role == Role::Task) {
            found.push(path);
        } else {
            paths.extend(&profile.nodes()[path].children);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_understood() {
        let options = Options::parse("--top 5 --sort exclusive --export out.cubex").unwrap();
        assert_eq!(options.top, Some(5));
        assert_eq!(options.order, Order::Exclusive);
        assert_eq!(options.exports, [(Format::Cube, "out.cubex".into())]);
        assert!(!options.events);
        assert!(Options::parse("--export traces.otf2").unwrap().events);
        let options = Options::parse("--live --as slow --diff 3").unwrap();
        assert!(options.live);
        assert_eq!(options.name.as_deref(), Some("slow"));
        assert_eq!(options.diff.as_deref(), Some("3"));
        for (wrong, said) in [
            ("--top", "--top needs a value"),
            ("--top 0", "no number of lines"),
            ("--sort size", "no order"),
            ("--export a.txt", "no format"),
            ("--gpus", "no option"),
        ] {
            let problem = Options::parse(wrong).unwrap_err();
            assert!(problem.contains(said), "{wrong}: {problem}");
        }
    }
}
