//! Hardware counters of the calling thread: `perf_event_open`, and `rdpmc` through the page that the
//! kernel keeps for each event (`linux/perf_event.h`, `struct perf_event_mmap_page`).

#![allow(unsafe_code)] // Makes a system call, maps pages and reads the processor's counters.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::FromRawFd as _;
use std::ptr::NonNull;
use std::sync::atomic::{Ordering, compiler_fence};

use perf_event_open_sys::bindings as perf;
use perf_event_open_sys::perf_event_open;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::record::counter::Counter;

const PAGE_BYTES: usize = 4096;

/// An event that counts for the thread that opened it.
#[derive(Debug)]
pub(crate) enum Event {
    /// Read by an instruction. The page keeps the event alive, so that no descriptor is used up.
    Page(Page),
    /// Read by a system call.
    File(File),
}

/// The page of an event.
#[derive(Debug)]
pub(crate) struct Page(NonNull<perf::perf_event_mmap_page>);

impl Event {
    /// Begins to count for the calling thread.
    pub(crate) fn open(counter: Counter) -> io::Result<Self> {
        let (kind, config) = code(counter);
        let mut attributes = perf::perf_event_attr {
            type_: kind,
            size: size_of::<perf::perf_event_attr>() as u32,
            config,
            ..perf::perf_event_attr::default()
        };
        let is_hardware = kind != perf::PERF_TYPE_SOFTWARE;
        // All that is allowed to everybody by default. What the kernel counts by itself happens in it.
        attributes.set_exclude_kernel(is_hardware.into());
        attributes.set_exclude_hv(1);
        // On the processor whenever the thread is, or not at all.
        attributes.set_pinned(is_hardware.into());
        let flags = u64::from(perf::PERF_FLAG_FD_CLOEXEC);
        // SAFETY: the attributes outlive the call, which only reads them.
        let descriptor = unsafe { perf_event_open(&raw mut attributes, 0, -1, -1, flags as _) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        let mut file = unsafe { File::from_raw_fd(descriptor) };
        if let Ok(page) = Page::map(&file)
            && page.is_readable()
        {
            return Ok(Self::Page(page));
        }
        // The end of the file stands for an event that found no counter of the processor.
        let mut count = [0; 8];
        match file.read(&mut count)? {
            8 => Ok(Self::File(file)),
            _ => Err(io::Error::from_raw_os_error(libc::EBUSY)),
        }
    }

    /// What was counted so far. Some 30 cycles by the instruction, a microsecond where a virtual machine
    /// catches it; more by a call.
    #[inline]
    pub(crate) fn read(&self) -> u64 {
        match self {
            Self::Page(page) => page.read(),
            Self::File(file) => read_file(file),
        }
    }
}

#[inline(never)]
fn read_file(mut file: &File) -> u64 {
    let mut count = [0; 8];
    match file.read(&mut count) {
        Ok(8) => u64::from_ne_bytes(count),
        _ => 0,
    }
}

impl Page {
    fn map(file: &File) -> io::Result<Self> {
        // SAFETY: a new mapping at a place that the system chooses overlaps nothing of ours.
        let base = unsafe {
            mmap(
                std::ptr::null_mut(),
                PAGE_BYTES,
                ProtFlags::READ,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self(base))
    }

    /// Whether the instruction may be used, and there is something to read by it.
    fn is_readable(&self) -> bool {
        // SAFETY: the page is mapped as long as `self` lives; the fields are plain numbers.
        let (capabilities, index) = unsafe {
            let page = self.0.as_ptr();
            (
                (&raw const (*page).__bindgen_anon_1.capabilities).read_volatile(),
                (&raw const (*page).index).read_volatile(),
            )
        };
        // Bit 2 is `cap_user_rdpmc`.
        cfg!(target_arch = "x86_64") && capabilities & 1 << 2 != 0 && index != 0
    }

    /// The algorithm is that of the comment in the kernel's header. Both sides are of this thread, so
    /// that only the compiler must keep the order.
    #[inline]
    fn read(&self) -> u64 {
        let page = self.0.as_ptr();
        loop {
            // SAFETY: the page is mapped as long as `self` lives; the kernel changes it meanwhile, which
            // is what the volatile reads and the lock are for.
            let (lock, index, offset, width) = unsafe {
                let lock = (&raw const (*page).lock).read_volatile();
                compiler_fence(Ordering::SeqCst);
                (
                    lock,
                    (&raw const (*page).index).read_volatile(),
                    (&raw const (*page).offset).read_volatile(),
                    (&raw const (*page).pmc_width).read_volatile(),
                )
            };
            let count = match index.checked_sub(1) {
                // Of an event that is not counted now, the page has all.
                None => offset,
                Some(register) => {
                    let unused = 64 - u32::from(width.clamp(1, 64));
                    offset.wrapping_add((register_value(register) << unused) as i64 >> unused)
                }
            };
            compiler_fence(Ordering::SeqCst);
            // SAFETY: as above.
            if lock == unsafe { (&raw const (*page).lock).read_volatile() } {
                return count as u64;
            }
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no borrow of it is left. A failure leaves it mapped, which
        // does no harm.
        let _ = unsafe { munmap(self.0.as_ptr().cast(), PAGE_BYTES) };
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn register_value(register: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: the kernel has allowed the instruction for as long as an event's page is mapped, and the
    // page says that the counter is there. It changes nothing.
    unsafe {
        std::arch::asm!(
            "rdpmc",
            in("ecx") register,
            out("eax") low,
            out("edx") high,
            options(nomem, nostack, preserves_flags)
        );
    }
    u64::from(low) | u64::from(high) << 32
}

/// [`Page::is_readable`] leaves this to x86-64.
#[cfg(not(target_arch = "x86_64"))]
fn register_value(_register: u32) -> u64 {
    0
}

/// The kernel's type and number of an event.
fn code(counter: Counter) -> (u32, u64) {
    let cache = |level: u32| {
        let (operation, result) = (
            perf::PERF_COUNT_HW_CACHE_OP_READ,
            perf::PERF_COUNT_HW_CACHE_RESULT_MISS,
        );
        let code = level | operation << 8 | result << 16;
        (perf::PERF_TYPE_HW_CACHE, code)
    };
    let hardware = |code| (perf::PERF_TYPE_HARDWARE, code);
    let software = |code| (perf::PERF_TYPE_SOFTWARE, code);
    let (kind, config) = match counter {
        Counter::Cycles => hardware(perf::PERF_COUNT_HW_CPU_CYCLES),
        Counter::Instructions => hardware(perf::PERF_COUNT_HW_INSTRUCTIONS),
        Counter::CacheReferences => hardware(perf::PERF_COUNT_HW_CACHE_REFERENCES),
        Counter::CacheMisses => hardware(perf::PERF_COUNT_HW_CACHE_MISSES),
        Counter::Branches => hardware(perf::PERF_COUNT_HW_BRANCH_INSTRUCTIONS),
        Counter::BranchMisses => hardware(perf::PERF_COUNT_HW_BRANCH_MISSES),
        Counter::FirstLevelMisses => cache(perf::PERF_COUNT_HW_CACHE_L1D),
        Counter::LastLevelMisses => cache(perf::PERF_COUNT_HW_CACHE_LL),
        Counter::TranslationMisses => cache(perf::PERF_COUNT_HW_CACHE_DTLB),
        Counter::PageFaults => software(perf::PERF_COUNT_SW_PAGE_FAULTS),
        Counter::ContextSwitches => software(perf::PERF_COUNT_SW_CONTEXT_SWITCHES),
    };
    (kind, config.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the machine has no counters, it says so, and that is all that can be tested.
    fn opened(counter: Counter) -> Option<Event> {
        match Event::open(counter) {
            Ok(event) => Some(event),
            Err(error) => {
                let problem = crate::record::counter::problem(error.raw_os_error().unwrap_or(0));
                eprintln!("{} is unavailable: {problem}", counter.name());
                None
            }
        }
    }

    fn work(rounds: u64) -> u64 {
        (0..rounds).fold(1, |sum, index| std::hint::black_box(sum ^ index))
    }

    #[test]
    fn instructions_grow_with_the_work() {
        let Some(event) = opened(Counter::Instructions) else {
            return;
        };
        let counted = |rounds| {
            let before = event.read();
            work(rounds);
            event.read() - before
        };
        let (few, many) = (counted(1_000), counted(1_000_000));
        assert!(few >= 1_000, "{few}");
        assert!(many > 100 * few && many < 10_000 * few, "{few} {many}");
    }

    #[test]
    fn events_of_the_kernel_are_read_by_a_call() {
        let Some(event) = opened(Counter::PageFaults) else {
            return;
        };
        assert!(matches!(event, Event::File(_)));
        let before = event.read();
        let pages = vec![1_u8; 64 << 20];
        std::hint::black_box(&pages);
        assert!(event.read() > before);
    }

    #[test]
    fn threads_count_for_themselves() {
        let Some(event) = opened(Counter::Instructions) else {
            return;
        };
        let before = event.read();
        std::thread::spawn(|| work(100_000_000))
            .join()
            .unwrap_or_default();
        assert!(event.read() - before < 50_000_000);
    }
}
