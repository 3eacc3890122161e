//! Generators: a key and a count of calls.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::philox::Stream;

/// A source of random numbers that are determined by a seed.
///
/// Element `i` of the array that the `n`-th call makes is a function of the seed, `n` and `i`: it
/// does not depend on the number of threads, nor on what else runs. Generators made by
/// [`spawn`](Self::spawn) give numbers that have nothing to do with each other, one for each rank or
/// task.
///
/// ```
/// use hpc::random::Generator;
/// let generator = Generator::new(42);
/// let x = generator.normal([1000]);
/// assert!(x.mean().abs() < 0.2);
/// assert_eq!(Generator::new(42).normal([1000]).sum(), x.sum());
/// assert_ne!(generator.normal([1000]).sum(), x.sum()); // the second call
/// ```
#[derive(Debug)]
pub struct Generator {
    key: u64,
    calls: AtomicU64,
    children: AtomicU64,
}

impl Generator {
    /// A generator with that seed.
    pub const fn new(seed: u64) -> Self {
        Self {
            key: seed,
            calls: AtomicU64::new(0),
            children: AtomicU64::new(0),
        }
    }

    /// A generator with a seed from the operating system: another one in each run.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let generator = random::Generator::from_entropy();
    /// assert_eq!(generator.normal(5).len(), 5);
    /// ```
    pub fn from_entropy() -> Self {
        Self::new(RandomState::new().hash_one(std::process::id()))
    }

    /// The next `n` generators that have nothing to do with this one or with each other.
    ///
    /// ```
    /// use hpc::random::Generator;
    /// let ranks = Generator::new(42).spawn(4);
    /// assert_ne!(ranks[0].normal([10]).sum(), ranks[1].normal([10]).sum());
    /// ```
    pub fn spawn(&self, n: usize) -> Vec<Self> {
        let first = self.children.fetch_add(n as u64, Ordering::Relaxed);
        (first..first + n as u64)
            .map(|index| {
                // Calls begin at 0, so that this part of the counters is not met by numbers.
                let nursery = Stream {
                    key: self.key,
                    call: u64::MAX,
                };
                let [key, _] = nursery.block(index, 0);
                Self::new(key)
            })
            .collect()
    }

    /// Goes on as if `calls` more calls had been made.
    ///
    /// ```
    /// use hpc::random::Generator;
    /// let (a, b) = (Generator::new(1), Generator::new(1));
    /// a.normal([10]);
    /// b.jump(1);
    /// assert_eq!(a.normal([10]).sum(), b.normal([10]).sum());
    /// ```
    pub fn jump(&self, calls: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
    }

    /// The bits of the next call.
    pub(super) fn next(&self) -> Stream {
        Stream {
            key: self.key,
            call: self.calls.fetch_add(1, Ordering::Relaxed),
        }
    }
}

static SHARED: LazyLock<Mutex<Generator>> = LazyLock::new(|| Mutex::new(Generator::from_entropy()));

/// Begins anew with that seed: from here on the functions of this module give the same numbers in
/// each run.
///
/// ```
/// use hpc::prelude::*;
/// random::seed(42);
/// let x = random::uniform(0.0, 1.0, [3]).sum();
/// random::seed(42);
/// assert_eq!(random::uniform(0.0, 1.0, [3]).sum(), x);
/// ```
pub fn seed(seed: u64) {
    *SHARED.lock().unwrap_or_else(PoisonError::into_inner) = Generator::new(seed);
}

/// The bits of the next call of the generator that all cells share.
pub(super) fn shared() -> Stream {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner).next()
}
