//! The recording of this process.

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use hpc_profile::{CreateError, Mode, OpenError, Recorder, Recording};

use super::settings::Settings;
use crate::host;

/// What this process records, and how it looks at it itself.
pub(super) struct Session {
    pub(super) recorder: Recorder,
    pub(super) recording: Recording,
    /// What is recorded while recording is on.
    pub(super) mode: Mode,
}

/// Whether regions are recorded: what a region in a cell looks at before all else.
static ON: AtomicBool = AtomicBool::new(true);

static SESSION: OnceLock<Option<Session>> = OnceLock::new();

/// The recording; `None` where none can be made, which the user has been told.
pub(super) fn session() -> Option<&'static Session> {
    let begin = || match Session::begin() {
        Ok(session) => Some(session),
        Err(problem) => {
            ON.store(false, Ordering::Relaxed);
            eprintln!("hpc: regions are not recorded: {problem}");
            None
        }
    };
    SESSION.get_or_init(begin).as_ref()
}

#[derive(Debug)]
enum BeginError {
    Create(CreateError),
    Open(OpenError),
}

impl std::fmt::Display for BeginError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Create(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
        }
    }
}

impl Session {
    fn begin() -> Result<Self, BeginError> {
        let folder = host::folder();
        let is_hosted = folder.is_some();
        let settings = Settings::read(folder);
        let recorder = Recorder::create(&settings.options).map_err(BeginError::Create)?;
        let recording = Recording::open(recorder.path()).map_err(BeginError::Open)?;
        if settings.is_kept {
            recorder.close_at_exit();
        } else if !is_hosted {
            // Both sides have it open; nobody else is to see it, or to clear it away.
            let _ = fs::remove_file(recorder.path());
            let _ = fs::remove_file(recorder.spill_path());
        }
        recorder.set_filter(settings.filter);
        recorder.set_mode(settings.mode);
        ON.store(settings.mode != Mode::OFF, Ordering::Relaxed);
        Ok(Self {
            recorder,
            recording,
            mode: settings.mode,
        })
    }

    /// Sees to it that it is known what measuring itself costs.
    pub(super) fn know_cost(&self) {
        static KNOWN: OnceLock<()> = OnceLock::new();
        KNOWN.get_or_init(|| {
            // Without it, reports say nothing of it.
            let _ = self.recorder.measure_cost();
        });
    }
}

/// Whether regions are recorded now.
///
/// ```
/// use hpc::prelude::*;
/// prof::disable();
/// region!("not seen", {});
/// assert!(!prof::is_enabled());
/// prof::enable();
/// assert!(prof::report().get("not seen").is_none());
/// ```
#[inline]
pub fn is_enabled() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Records regions from now on, as the environment says (see [`prof`](crate::prof)); everything is
/// counted if it says that nothing is.
pub fn enable() {
    if let Some(session) = session() {
        let mode = match session.mode {
            Mode::OFF => Mode::PROFILE,
            mode => mode,
        };
        record(mode);
    }
}

/// Records no regions from now on, which then cost about a nanosecond. Those that are open end as they
/// began.
pub fn disable() {
    record(Mode::OFF);
}

/// Chooses what is recorded.
pub(super) fn record(mode: Mode) {
    if let Some(session) = session() {
        session.recorder.set_mode(mode);
        ON.store(mode != Mode::OFF, Ordering::Relaxed);
    }
}

/// Forgets what was counted and recorded so far. Regions that are open are counted from now on.
///
/// ```
/// use hpc::prelude::*;
/// region!("before", {});
/// prof::reset();
/// assert!(prof::report().rows().is_empty());
/// ```
pub fn reset() {
    if let Some(session) = session() {
        session.recorder.reset();
    }
}
