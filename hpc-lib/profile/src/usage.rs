//! What the process has used of the machine.

#![allow(unsafe_code)] // `getrusage` has no safe wrapper in the crates that are used here.

use std::fs;
use std::mem::MaybeUninit;

/// What the process has used so far, over all its threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUse {
    /// Pages that were reached for the first time, or were in memory already.
    pub minor_faults: u64,
    /// Pages that had to be read.
    pub major_faults: u64,
    /// How often a thread waited for something.
    pub voluntary_switches: u64,
    /// How often another was given a thread's processor.
    pub involuntary_switches: u64,
    /// Bytes of memory that are in use now.
    pub resident: u64,
}

impl ProcessUse {
    /// What was used up to now; zeros for what the system does not tell. Costs some microseconds.
    pub fn now() -> Self {
        let mut counters = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the system fills in the counters, for which there is room; zeros are counters as well.
        let counters = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, counters.as_mut_ptr());
            counters.assume_init()
        };
        let count = |number: libc::c_long| u64::try_from(number).unwrap_or(0);
        let statistics = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = statistics.split_ascii_whitespace().nth(1);
        let pages: u64 = pages.and_then(|pages| pages.parse().ok()).unwrap_or(0);
        Self {
            minor_faults: count(counters.ru_minflt),
            major_faults: count(counters.ru_majflt),
            voluntary_switches: count(counters.ru_nvcsw),
            involuntary_switches: count(counters.ru_nivcsw),
            resident: pages * rustix::param::page_size() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_touched_is_resident() {
        let before = ProcessUse::now();
        let pages = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = ProcessUse::now();
        assert!(after.resident > before.resident + (32 << 20));
        assert!(after.minor_faults > before.minor_faults);
        drop(pages);
        let waited = ProcessUse::now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(ProcessUse::now().voluntary_switches > waited.voluntary_switches);
    }
}
