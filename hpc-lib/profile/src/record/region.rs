//! What can be defined: regions, metrics, parameters, communicators, threads.

/// What a region does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// A function.
    #[default]
    Function = 1,
    /// A stretch of code that the user named.
    Code = 2,
    /// A loop.
    Loop = 3,
    /// A cell of a notebook.
    Cell = 4,
    /// A task that a thread of a pool works on.
    Task = 5,
    /// Waiting until all have come.
    Barrier = 6,
    /// Communication from one to all.
    OneToAll = 7,
    /// Communication from all to one.
    AllToOne = 8,
    /// Communication from all to all.
    AllToAll = 9,
    /// Other communication of a group.
    Collective = 10,
    /// Communication of two.
    PointToPoint = 11,
    /// Reading or writing files.
    FileIo = 12,
    /// A copy between memories.
    DataTransfer = 13,
    /// Work on an accelerator.
    Kernel = 14,
    /// Not in the program: made by the measurement.
    Artificial = 15,
    /// A stage of the program, with a call tree of its own.
    Phase = 16,
}

impl Role {
    const ALL: [Self; 16] = [
        Self::Function,
        Self::Code,
        Self::Loop,
        Self::Cell,
        Self::Task,
        Self::Barrier,
        Self::OneToAll,
        Self::AllToOne,
        Self::AllToAll,
        Self::Collective,
        Self::PointToPoint,
        Self::FileIo,
        Self::DataTransfer,
        Self::Kernel,
        Self::Artificial,
        Self::Phase,
    ];

    /// One word for it, as exports and filters use it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Code => "code",
            Self::Loop => "loop",
            Self::Cell => "cell",
            Self::Task => "task",
            Self::Barrier => "barrier",
            Self::OneToAll => "one2all",
            Self::AllToOne => "all2one",
            Self::AllToAll => "all2all",
            Self::Collective => "collective",
            Self::PointToPoint => "point2point",
            Self::FileIo => "file_io",
            Self::DataTransfer => "data_transfer",
            Self::Kernel => "kernel",
            Self::Artificial => "artificial",
            Self::Phase => "phase",
        }
    }

    pub(crate) fn from_number(number: u8) -> Self {
        let known = Self::ALL.into_iter().find(|role| *role as u8 == number);
        known.unwrap_or(Self::Artificial)
    }
}

/// Whose a region is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Paradigm {
    /// The user's own code.
    #[default]
    User = 1,
    /// A routine of the library.
    Library = 2,
    /// The compiler's work on a cell.
    Compiler = 3,
    /// Message passing.
    Mpi = 4,
    /// A pool of threads.
    Threads = 5,
    /// An accelerator.
    Accelerator = 6,
    /// The measurement itself.
    Measurement = 7,
}

impl Paradigm {
    const ALL: [Self; 7] = [
        Self::User,
        Self::Library,
        Self::Compiler,
        Self::Mpi,
        Self::Threads,
        Self::Accelerator,
        Self::Measurement,
    ];

    /// One word for it, as exports use it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Library => "library",
            Self::Compiler => "compiler",
            Self::Mpi => "mpi",
            Self::Threads => "threads",
            Self::Accelerator => "accelerator",
            Self::Measurement => "measurement",
        }
    }

    pub(crate) fn from_number(number: u8) -> Self {
        let known = Self::ALL.into_iter().find(|one| *one as u8 == number);
        known.unwrap_or(Self::User)
    }
}

/// A region of the program: what is entered and left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Region {
    /// What the user sees.
    pub name: String,
    /// Source file; empty if unknown.
    pub file: String,
    /// Module or crate; empty if unknown.
    pub module: String,
    /// First line in the file; 0 if unknown.
    pub line: u32,
    /// Last line in the file; 0 if unknown.
    pub end_line: u32,
    /// What it does.
    pub role: Role,
    /// Whose it is.
    pub paradigm: Paradigm,
}

impl Region {
    /// A region of the user's with that name and nothing else known.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            role: Role::Code,
            ..Self::default()
        }
    }
}

/// How the values of a metric are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MetricMode {
    /// Each value stands for itself.
    #[default]
    Absolute = 1,
    /// Values grow from the start of the recording on: a counter.
    Accumulated = 2,
    /// Each value is what was added since the one before.
    Relative = 3,
}

impl MetricMode {
    pub(crate) fn from_number(number: u8) -> Self {
        match number {
            2 => Self::Accumulated,
            3 => Self::Relative,
            _ => Self::Absolute,
        }
    }
}

/// A quantity that is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metric {
    /// What the user sees.
    pub name: String,
    /// The unit of its values; empty if there is none.
    pub unit: String,
    /// A sentence on it.
    pub description: String,
    /// How its values are meant.
    pub mode: MetricMode,
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ParameterValue {
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A group of ranks that talk to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Communicator {
    /// What the user sees.
    pub name: String,
    /// The ranks of the program that belong to it, in their order in it.
    pub ranks: Vec<u32>,
}

/// What works through a stream of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ThreadKind {
    /// A thread of the processor.
    #[default]
    Thread = 1,
    /// A stream of an accelerator.
    Stream = 2,
}

impl ThreadKind {
    pub(crate) fn from_number(number: u64) -> Self {
        if number == 2 {
            Self::Stream
        } else {
            Self::Thread
        }
    }
}

/// Defines an identifier: a number that the definitions of a recording give a meaning.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Its place among the definitions of its kind, from 0.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

identifier!(
    /// A region that was defined.
    RegionId
);
identifier!(
    /// A metric that was defined.
    MetricId
);
identifier!(
    /// A parameter that was defined.
    ParameterId
);
identifier!(
    /// A value of a parameter that was defined.
    ValueId
);
identifier!(
    /// A communicator that was defined.
    CommunicatorId
);
identifier!(
    /// A text that was defined.
    TextId
);

impl RegionId {
    /// A region that is not recorded: entering it does nothing.
    pub const FILTERED: Self = Self(u32::MAX);
}
