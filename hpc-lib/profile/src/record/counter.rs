//! What the processor and the kernel count for each thread.

use std::str::FromStr;

/// Counters that a recording can have at a time.
pub(crate) const MOST: usize = 6;

/// A quantity that the processor or the kernel counts for each thread, under the name that `perf list`
/// has for it. Counted outside of the kernel only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Counter {
    /// Cycles of the processor, which last as long as its frequency of the moment says.
    Cycles = 0,
    /// Instructions that were completed.
    Instructions = 1,
    /// References to the last level of the cache.
    CacheReferences = 2,
    /// References that the last level of the cache could not serve; what that means differs between
    /// processors.
    CacheMisses = 3,
    /// Branches.
    Branches = 4,
    /// Branches that were predicted wrongly.
    BranchMisses = 5,
    /// Loads that the first level of the data cache could not serve.
    FirstLevelMisses = 6,
    /// Loads that the last level of the cache could not serve.
    LastLevelMisses = 7,
    /// Loads whose page the translation buffer did not know.
    TranslationMisses = 8,
    /// Pages that were reached for the first time or had to be read. A system call for each reading.
    PageFaults = 9,
    /// How often the thread gave its processor away. A system call for each reading.
    ContextSwitches = 10,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Cycles,
        Self::Instructions,
        Self::CacheReferences,
        Self::CacheMisses,
        Self::Branches,
        Self::BranchMisses,
        Self::FirstLevelMisses,
        Self::LastLevelMisses,
        Self::TranslationMisses,
        Self::PageFaults,
        Self::ContextSwitches,
    ];

    /// Those that are read if nobody says which.
    pub const USUAL: [Self; 4] = [
        Self::Cycles,
        Self::Instructions,
        Self::CacheMisses,
        Self::BranchMisses,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cycles => "cycles",
            Self::Instructions => "instructions",
            Self::CacheReferences => "cache-references",
            Self::CacheMisses => "cache-misses",
            Self::Branches => "branches",
            Self::BranchMisses => "branch-misses",
            Self::FirstLevelMisses => "L1-dcache-load-misses",
            Self::LastLevelMisses => "LLC-load-misses",
            Self::TranslationMisses => "dTLB-load-misses",
            Self::PageFaults => "page-faults",
            Self::ContextSwitches => "context-switches",
        }
    }

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Names that are separated by commas, as many as can be counted at a time.
    ///
    /// # Errors
    /// Says which name stands for nothing, or that there are too many.
    pub fn list(names: &str) -> Result<Vec<Self>, String> {
        let mut found = Vec::new();
        for name in names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let counter = name.parse()?;
            if !found.contains(&counter) {
                found.push(counter);
            }
        }
        if found.len() > MOST {
            return Err(format!(
                "more than {MOST} counters cannot be read at a time"
            ));
        }
        Ok(found)
    }
}

impl FromStr for Counter {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|counter| counter.name() == name);
        let known = known.or(match name {
            "cpu-cycles" => Some(Self::Cycles),
            "branch-instructions" => Some(Self::Branches),
            "faults" => Some(Self::PageFaults),
            "cs" => Some(Self::ContextSwitches),
            _ => None,
        });
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{name}` is no counter; there are {names}")
        })
    }
}

/// What counters counted: a number for each [`Counter`], 0 for those that were not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterSums([u64; Counter::ALL.len()]);

impl CounterSums {
    /// What one of them counted.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// Sets what one of them counted.
    pub fn set(&mut self, counter: Counter, sum: u64) {
        self.0[counter as usize] = sum;
    }

    /// Instructions in a cycle; `None` unless both were counted.
    pub fn instructions_per_cycle(&self) -> Option<f64> {
        let (cycles, instructions) = (self.get(Counter::Cycles), self.get(Counter::Instructions));
        (cycles > 0 && instructions > 0).then(|| instructions as f64 / cycles as f64)
    }

    pub(crate) fn add(&mut self, more: &Self) {
        for (sum, more) in self.0.iter_mut().zip(more.0) {
            *sum += more;
        }
    }

    /// What is left without a part; nothing where the part is more than the whole.
    #[must_use]
    pub fn without(&self, part: &Self) -> Self {
        let mut left = *self;
        for (sum, part) in left.0.iter_mut().zip(part.0) {
            *sum = sum.saturating_sub(part);
        }
        left
    }
}

/// A counter of a recording, and why it counts nothing, if it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterState {
    /// Which.
    pub counter: Counter,
    /// Why it is unavailable.
    pub problem: Option<String>,
}

/// What an error of the system means for a counter.
pub(crate) fn problem(error: i32) -> String {
    match error {
        libc::EACCES | libc::EPERM => {
            let level = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid");
            match level {
                Ok(level) => format!(
                    "the kernel does not allow it (kernel.perf_event_paranoid is {}; 2 \
                     is enough)",
                    level.trim()
                ),
                Err(_) => "the kernel does not allow it".into(),
            }
        }
        libc::ENOENT | libc::EOPNOTSUPP | libc::ENODEV | libc::EINVAL => {
            "this processor, or the virtual machine, has no such counter".into()
        }
        libc::ENOSYS => "the kernel was built without it".into(),
        libc::EBUSY => "all counters of the processor are in use".into(),
        other => std::io::Error::from_raw_os_error(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_perf() {
        assert_eq!(
            Counter::list(" cycles, cs,cycles "),
            Ok(vec![Counter::Cycles, Counter::ContextSwitches])
        );
        assert_eq!(Counter::list(""), Ok(vec![]));
        assert!(
            Counter::list("cycles,teapots")
                .unwrap_err()
                .contains("`teapots`")
        );
        let all = Counter::ALL.map(Counter::name).join(",");
        assert!(Counter::list(&all).unwrap_err().contains("more than 6"));
        for (number, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, number);
            assert_eq!(counter.name().parse(), Ok(counter));
        }
    }

    #[test]
    fn sums_have_a_ratio_and_a_rest() {
        let mut sums = CounterSums::default();
        assert_eq!(sums.instructions_per_cycle(), None);
        sums.set(Counter::Cycles, 10);
        sums.set(Counter::Instructions, 25);
        assert_eq!(sums.instructions_per_cycle(), Some(2.5));
        let mut part = CounterSums::default();
        part.set(Counter::Cycles, 4);
        part.set(Counter::Branches, 1);
        let rest = sums.without(&part);
        assert_eq!(
            (rest.get(Counter::Cycles), rest.get(Counter::Branches)),
            (6, 0)
        );
    }
}
