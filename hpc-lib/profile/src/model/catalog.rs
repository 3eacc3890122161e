use std::collections::HashMap;
use std::hash::Hash;

use crate::reader::{Definitions, Process, Recording, Thread};
use crate::record::region::{
    Communicator, CommunicatorId, Metric, MetricId, Region, RegionId, ThreadKind,
};

/// A thread of one of the recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Which recording's it is, from 0.
    pub recording: usize,
    /// Which of its threads it is, from 0.
    pub thread: usize,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ThreadKind,
    /// The number that the system gave it.
    pub id: u32,
}

/// The definitions of several recordings as one: what is equal has one number.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    regions: Numbered<Region>,
    metrics: Numbered<Metric>,
    communicators: Numbered<Communicator>,
    locations: Vec<Location>,
    processes: Vec<Process>,
    definitions: Vec<Definitions>,
}

/// Different things in the order in which they came.
#[derive(Clone, Debug)]
struct Numbered<T> {
    things: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            things: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn add(&mut self, thing: &T) -> usize {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        let number = self.things.len();
        self.things.push(thing.clone());
        self.numbers.insert(thing.clone(), number);
        number
    }
}

impl Catalog {
    /// The definitions and threads of some recordings, in the order of their ranks.
    pub fn of(recordings: &[Recording]) -> Self {
        let mut catalog = Self::default();
        for (number, recording) in recordings.iter().enumerate() {
            let definitions = recording.definitions();
            for (_, region) in definitions.regions() {
                catalog.regions.add(region);
            }
            for (_, metric) in definitions.metrics() {
                catalog.metrics.add(metric);
            }
            for (_, communicator) in definitions.communicators() {
                catalog.communicators.add(communicator);
            }
            for (thread, of) in recording.threads().iter().enumerate() {
                let name = definitions.text(of.name()).unwrap_or("?").into();
                catalog.locations.push(Location {
                    recording: number,
                    thread,
                    name,
                    kind: of.kind(),
                    id: of.id(),
                });
            }
            catalog.processes.push(recording.process());
            catalog.definitions.push(definitions);
        }
        // For what refers to definitions that were lost.
        catalog.regions.add(&unknown());
        catalog
    }

    /// All regions.
    pub fn regions(&self) -> &[Region] {
        &self.regions.things
    }

    /// All metrics.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics.things
    }

    /// All communicators.
    pub fn communicators(&self) -> &[Communicator] {
        &self.communicators.things
    }

    /// All threads, those of a recording together.
    pub fn locations(&self) -> &[Location] {
        &self.locations
    }

    /// The process of each recording.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// The process of a location.
    pub fn process(&self, location: &Location) -> &Process {
        &self.processes[location.recording]
    }

    /// What a recording's process is called: by its rank, and by its number too if it is not the first of
    /// its rank, as the kernel is beside the process that runs cells.
    pub fn process_name(&self, recording: usize) -> String {
        let process = &self.processes[recording];
        let before = &self.processes[..recording];
        if before.iter().any(|other| other.rank == process.rank) {
            format!("rank {}, process {}", process.rank, process.pid)
        } else {
            format!("rank {}", process.rank)
        }
    }

    /// The definitions of a recording.
    pub fn definitions(&self, recording: usize) -> &Definitions {
        &self.definitions[recording]
    }

    /// The number here of a region there; that of one called `?` if it was not defined.
    pub fn region(&self, recording: usize, id: RegionId) -> usize {
        let region = self.definitions[recording].region(id);
        let number = region.and_then(|region| self.regions.numbers.get(region));
        number.copied().unwrap_or(self.regions.things.len() - 1)
    }

    /// The number here of a metric there.
    pub fn metric(&self, recording: usize, id: MetricId) -> Option<usize> {
        let metric = self.definitions[recording].metric(id)?;
        self.metrics.numbers.get(metric).copied()
    }

    /// The number here of a communicator there.
    pub fn communicator(&self, recording: usize, id: CommunicatorId) -> Option<usize> {
        let communicator = self.definitions[recording].communicator(id)?;
        self.communicators.numbers.get(communicator).copied()
    }

    /// The thread of a location; `None` if the recording is another by now.
    pub fn thread<'a>(
        &self,
        recordings: &'a [Recording],
        location: &Location,
    ) -> Option<Thread<'a>> {
        let recording = recordings.get(location.recording)?;
        recording.threads().get(location.thread).copied()
    }
}

fn unknown() -> Region {
    Region {
        name: "?".into(),
        ..Region::default()
    }
}
