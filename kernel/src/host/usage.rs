//! What a cell uses of the machine.

use std::fs;
use std::mem::MaybeUninit;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a cell used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Time of all processors.
    pub cpu: Duration,
    /// The most memory that the process had at a time, in bytes: all of it, of earlier cells too.
    pub peak: u64,
    /// Pages that had to be brought in, from memory or from a disk.
    pub faults: u64,
    /// How often a thread had to wait for a processor.
    pub preemptions: u64,
}

/// Counters of this process.
#[derive(Clone, Copy)]
pub(super) struct Reading(Usage);

impl Reading {
    /// Reads them, and counts the peak of memory from now on.
    pub(super) fn start() -> Self {
        // Where the system does not have that, the peak is that since the start of the process.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self(now())
    }

    /// What was used since.
    pub(super) fn used(self) -> Usage {
        let end = now();
        Usage {
            cpu: end.cpu.saturating_sub(self.0.cpu),
            peak: end.peak,
            faults: end.faults - self.0.faults,
            preemptions: end.preemptions - self.0.preemptions,
        }
    }
}

#[allow(unsafe_code)] // There is no other way to the counters.
fn now() -> Usage {
    let mut counters = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the place is one for what is asked for. A structure of integers may be all zeros.
    let counters = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, counters.as_mut_ptr());
        counters.assume_init()
    };
    let time = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    Usage {
        cpu: time(counters.ru_utime) + time(counters.ru_stime),
        peak: peak().unwrap_or(counters.ru_maxrss as u64 * 1024),
        faults: (counters.ru_minflt + counters.ru_majflt) as u64,
        preemptions: counters.ru_nivcsw as u64,
    }
}

/// The peak of memory, which [`Reading::start`] resets.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_seen() {
        let start = Reading::start();
        let mut block = vec![1_u8; 64 << 20];
        for round in 0..20_u8 {
            for byte in &mut block {
                *byte = byte.wrapping_mul(31).wrapping_add(round);
            }
        }
        std::hint::black_box(&block);
        let used = start.used();
        assert!(used.cpu > Duration::ZERO);
        assert!(used.peak >= 64 << 20, "{}", used.peak);
        assert!(used.faults > 0);
    }
}
