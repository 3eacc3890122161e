//! A place in the source that names a region.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::record::region::{Paradigm, Region, RegionId, Role};
use crate::recorder::Recorder;

/// A place in the source that names a region: a static, so that the region's number is looked up
/// once and costs a load afterwards.
///
/// It belongs to the first recorder that it is used with.
///
/// ```
/// use hpc_profile::{Callsite, Options, Paradigm, Recorder, Role};
/// static SOLVE: Callsite = Callsite::new("solve", file!(), line!(), module_path!())
///     .with_role(Role::Function, Paradigm::User);
/// # let folder = tempfile::tempdir()?;
/// # let options = Options { folder: folder.path().into(), ..Options::default() };
/// let recorder = Recorder::create(&options)?;
/// assert_eq!(SOLVE.id(&recorder), SOLVE.id(&recorder));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Callsite {
    name: &'static str,
    file: &'static str,
    module: &'static str,
    line: u32,
    role: Role,
    paradigm: Paradigm,
    /// The region's number plus one; 0 until it is known. The filtered region's number gives 0 as
    /// well, so its mark is one less.
    id: AtomicU32,
}

const FILTERED: u32 = u32::MAX;

impl Callsite {
    /// A place that names a region of the user's.
    pub const fn new(
        name: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
    ) -> Self {
        Self {
            name,
            file,
            module,
            line,
            role: Role::Code,
            paradigm: Paradigm::User,
            id: AtomicU32::new(0),
        }
    }

    /// The same with what the region does and whose it is.
    #[must_use]
    pub const fn with_role(mut self, role: Role, paradigm: Paradigm) -> Self {
        self.role = role;
        self.paradigm = paradigm;
        self
    }

    /// The region's number; [`RegionId::FILTERED`] if the recorder's filter leaves it out.
    #[inline]
    pub fn id(&'static self, recorder: &Recorder) -> RegionId {
        match self.id.load(Ordering::Relaxed) {
            0 => recorder.register(self),
            FILTERED => RegionId::FILTERED,
            id => RegionId(id - 1),
        }
    }

    pub(crate) fn set(&self, id: RegionId) {
        let id = match id {
            RegionId::FILTERED => FILTERED,
            RegionId(id) => id + 1,
        };
        self.id.store(id, Ordering::Relaxed);
    }

    pub(crate) fn region(&self) -> Region {
        Region {
            name: self.name.into(),
            file: self.file.into(),
            module: self.module.into(),
            line: self.line,
            end_line: 0,
            role: self.role,
            paradigm: self.paradigm,
        }
    }
}
