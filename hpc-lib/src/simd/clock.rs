use std::sync::OnceLock;
use std::time::Instant;

/// Reads a counter that runs at a constant rate; [`Clock`] knows the rate. Costs about 10 ns.
#[inline]
pub(crate) fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    if clock().counter {
        // SAFETY: the instruction exists on every x86-64 processor and reads a register.
        return unsafe { std::arch::x86_64::_rdtsc() };
    }
    clock().start.elapsed().as_nanos() as u64
}

/// Turns ticks into time.
pub(crate) struct Clock {
    /// Whether ticks are those of the processor's counter, else nanoseconds.
    counter: bool,
    start: Instant,
    start_ticks: u64,
}

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    CLOCK.get_or_init(Clock::new)
}

impl Clock {
    fn new() -> Self {
        let mut clock = Self {
            counter: false,
            start: Instant::now(),
            start_ticks: 0,
        };
        #[cfg(target_arch = "x86_64")]
        if has_invariant_counter() {
            clock.counter = true;
            // SAFETY: as in `ticks`.
            clock.start_ticks = unsafe { std::arch::x86_64::_rdtsc() };
        }
        clock
    }

    /// Seconds per tick. Measured against the system's clock since the first use, over 5 ms at least.
    pub(crate) fn seconds_per_tick() -> f64 {
        let clock = clock();
        if !clock.counter {
            return 1e-9;
        }
        while clock.start.elapsed().as_millis() < 5 {
            std::thread::yield_now();
        }
        let ticks = ticks().wrapping_sub(clock.start_ticks);
        clock.start.elapsed().as_secs_f64() / ticks as f64
    }
}

/// Whether the counter runs at the same rate in all states of the processor.
#[cfg(target_arch = "x86_64")]
fn has_invariant_counter() -> bool {
    use std::arch::x86_64::__cpuid;
    const EXTENDED: u32 = 0x8000_0000;
    __cpuid(EXTENDED).eax >= EXTENDED + 7 && __cpuid(EXTENDED + 7).edx & (1 << 8) != 0
}
