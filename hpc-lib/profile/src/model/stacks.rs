use crate::reader::Recording;

/// What a thread is doing: the regions that it is in.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStack {
    /// Its name.
    pub thread: String,
    /// The regions, the outermost first, and for how long it has been in each, in nanoseconds.
    pub regions: Vec<(String, f64)>,
}

impl OpenStack {
    /// What each thread of a recording is doing that has not ended, or was doing when its process died.
    /// A thread that is in no region has none. The process is not disturbed.
    pub fn all(recording: &Recording) -> Vec<Self> {
        let definitions = recording.definitions();
        let base = recording.time_base();
        let now = recording.now();
        let threads = recording.threads();
        let threads = threads.iter().filter(|thread| thread.is_attached());
        let stack = |thread: &crate::reader::Thread<'_>| {
            let now = now.unwrap_or_else(|| thread.last());
            let regions = thread.open_regions().into_iter().map(|open| {
                let region = definitions.region(open.region);
                let name = region.map_or_else(|| "?".to_owned(), |region| region.name.clone());
                let elapsed = base.duration(now.saturating_sub(open.start) as f64);
                (name, elapsed)
            });
            Self {
                thread: definitions.text(thread.name()).unwrap_or("?").into(),
                regions: regions.collect(),
            }
        };
        threads.map(stack).collect()
    }
}
