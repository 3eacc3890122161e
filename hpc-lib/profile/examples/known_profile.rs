//! Records a program whose every time is known, as two ranks with several threads, and writes it in
//! all formats with what is to be found in them.
//!
//! `cargo run --release -p hpc-profile --example known_profile FOLDER`

use std::error::Error;
use std::fs;
use std::path::Path;

use hpc_profile::{
    Clock, Collective, CollectiveEnd, Communicator, Message, Metric, MetricMode, Mode, Options,
    Paradigm, ParameterValue, Policy, Profile, Recorder, Recording, Region, Role, ThreadKind,
    Writer, export,
};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Steps of the loop: more events than one chunk of any format holds.
const STEPS: u64 = 60_000;

/// A region with a name that is longer than the short form of a record's length allows.
fn long_name() -> String {
    "a name that goes on ".repeat(15)
}

struct Rank {
    recorder: Recorder,
    rank: u32,
}

impl Rank {
    fn start(folder: &Path, rank: u32) -> Outcome<Self> {
        let recorder = Recorder::create(&Options {
            folder: folder.into(),
            clock: Clock::Given,
            policy: Policy::Spill,
            record_memory: 1 << 18,
            rank,
            ranks: 2,
            ..Options::default()
        })?;
        recorder.set_mode(Mode::BOTH);
        Ok(Self { recorder, rank })
    }

    fn attach(&self, name: &str) -> Outcome<Writer> {
        let writer = self.recorder.attach(name, ThreadKind::Thread);
        Ok(writer.ok_or("no room for a thread")?)
    }

    fn run(&self) -> Outcome<()> {
        let define = |name: &str, role, paradigm| {
            self.recorder.define_region(&Region {
                file: "In[7]".into(),
                module: "notebook".into(),
                line: 3,
                end_line: 9,
                role,
                paradigm,
                ..Region::named(name)
            })
        };
        let cell = define("cell[7]", Role::Cell, Paradigm::User);
        let init = define("init", Role::Code, Paradigm::User);
        let solve = define("solve ∂x <&\"'>", Role::Function, Paradigm::User);
        let step = define("step", Role::Loop, Paradigm::User);
        let matmul = define("hpc::matmul", Role::Function, Paradigm::Library);
        let part = define("matmul part", Role::Task, Paradigm::Threads);
        let reduce = define("MPI_Allreduce", Role::AllToAll, Paradigm::Mpi);
        let exchange = define("MPI_Sendrecv", Role::PointToPoint, Paradigm::Mpi);
        let long = define(&long_name(), Role::Code, Paradigm::User);
        // Numbers of regions differ between the ranks.
        if self.rank == 1 {
            define("only here", Role::Code, Paradigm::User);
        }
        let residual = self.recorder.define_metric(&Metric {
            name: "residual".into(),
            unit: "1".into(),
            description: "of the solution".into(),
            mode: MetricMode::Absolute,
        });
        let count = self.recorder.define_metric(&Metric {
            name: "count".into(),
            mode: MetricMode::Relative,
            ..Metric::default()
        });
        let n = self.recorder.define_parameter("n");
        let world = self.recorder.define_communicator(&Communicator {
            name: "world".into(),
            ranks: vec![0, 1],
        });
        // The second rank began 500 ns after the first, by its own clock.
        let shift = u64::from(self.rank) * 500;
        for at in [1000, 2_000_000_000] {
            self.recorder.clock_offset(at, -(shift as i64), 1.0);
        }
        let main = self.attach("main")?;
        let in_cell = main.enter_at(cell, 1000 + shift);
        main.cell_begin(7);
        let token = main.enter_at(init, 1500 + shift);
        main.metric_int_at(count, -5, 1600 + shift);
        main.exit_at(token, 2500 + shift);
        let mut now = 3000 + shift;
        let in_solve = main.enter_at(solve, now);
        for index in 0..STEPS {
            now += 11;
            let token = main.enter_at(step, now);
            if index % 1000 == 0 {
                main.metric_float_at(residual, 1.0 / (1 + index) as f64, now + 2);
            }
            now += 9 + index % 3;
            main.exit_at(token, now);
        }
        main.exit_at(in_solve, now + 1);
        now += 10;
        for size in [64, 128, 64] {
            let token = main.enter_at(matmul, now);
            let value = self.recorder.define_value(n, &ParameterValue::Int(size));
            main.parameter_at(value, now);
            main.work_at(
                3 * 8 * (size * size) as u64,
                2 * (size * size * size) as u64,
                now + 5,
            );
            now += 100 * size as u64;
            main.exit_at(token, now);
        }
        let shape = self.recorder.define_parameter("shape");
        let token = main.enter_at(long, now);
        let value = ParameterValue::Text("wide".into());
        main.parameter_at(self.recorder.define_value(shape, &value), now + 1);
        main.exit_at(token, now + 10);
        main.marker_at(self.recorder.define_text("half way"), now + 10);
        now += 20;
        let in_matmul = main.enter_at(matmul, now);
        for (worker, share) in [
            ("worker 0", 400),
            ("worker 1", 600 + 300 * u64::from(self.rank)),
        ] {
            let writer = self.attach(worker)?;
            writer.work_for(main.place());
            let token = writer.enter_at(part, now + 10);
            writer.exit_at(token, now + 10 + share);
            writer.work_for_itself();
        }
        now += 1000;
        main.exit_at(in_matmul, now);
        let message = Message {
            communicator: world,
            peer: 1 - self.rank,
            tag: 42,
            bytes: 800,
        };
        let token = main.enter_at(exchange, now);
        main.send_at(message, now + 1);
        main.receive_at(message, now + 90);
        main.exit_at(token, now + 100);
        now += 100;
        let token = main.enter_at(reduce, now);
        main.collective_begin_at(world, now + 1);
        let end = CollectiveEnd {
            communicator: world,
            operation: Collective::AllReduce,
            root: None,
            sent: 8,
            received: 8,
        };
        main.collective_end_at(end, now + 900);
        main.exit_at(token, now + 1000 + shift);
        now += 1000 + shift;
        main.cell_end(7, true);
        main.exit_at(in_cell, now + 500);
        // A thread that does nothing.
        drop(self.attach("idle")?);
        self.recorder.close();
        Ok(())
    }
}

/// What is to be found: each path of each location, and the numbers of events.
fn expected(profile: &Profile, recordings: &[Recording]) -> Value {
    let catalog = profile.catalog();
    let location = |number: usize| {
        let location = &catalog.locations()[number];
        let paths = (1..profile.nodes().len()).filter_map(|node| {
            let counts = &profile.nodes()[node].counts[number];
            (counts.visits > 0).then(|| {
                json!({
                    "path": profile.path(node),
                    "visits": counts.visits,
                    "inclusive": counts.inclusive,
                    "exclusive": counts.exclusive,
                    "min": counts.min,
                    "max": counts.max,
                    "bytes": counts.own_bytes,
                    "flops": counts.own_flops,
                })
            })
        });
        let stream = export::streams(recordings, catalog).nth(number);
        json!({
            "rank": catalog.process(location).rank,
            "start": recordings[location.recording].time_base().start().realtime,
            "thread": location.name,
            "paths": paths.collect::<Vec<_>>(),
            "events": stream.map_or(0, Iterator::count),
        })
    };
    let locations: Vec<Value> = (0..catalog.locations().len()).map(location).collect();
    json!({
        "start": recordings.iter().map(|one| one.time_base().start().realtime).min(),
        "steps": STEPS,
        "long_name": long_name(),
        "locations": locations,
    })
}

fn main() -> Outcome<()> {
    let folder = std::env::args_os()
        .nth(1)
        .ok_or("name a folder to write to")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let ranks = [Rank::start(folder, 0)?, Rank::start(folder, 1)?];
    for rank in &ranks {
        rank.run()?;
    }
    let open = |rank: &Rank| Recording::open(rank.recorder.path());
    let recordings = ranks.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let profile = Profile::of(&recordings);
    let text = serde_json::to_string_pretty(&expected(&profile, &recordings))?;
    fs::write(folder.join("expected.json"), text)?;
    export::otf2::export(&recordings, &folder.join("otf2"))?;
    export::cube::export(&profile, &folder.join("profile.cubex"))?;
    export::perfetto::export(&recordings, &folder.join("trace.pftrace"))?;
    export::chrome::export(&recordings, &folder.join("chrome.json"))?;
    export::speedscope::export(&recordings, &folder.join("speedscope.json"))?;
    export::firefox::export(&recordings, &folder.join("firefox.json"))?;
    export::folded::export(&profile, &folder.join("folded.txt"))?;
    export::csv::export_profile(&profile, &folder.join("profile.csv"))?;
    export::csv::export_visits(&recordings, &folder.join("visits.csv"))?;
    Ok(())
}
