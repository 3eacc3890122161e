//! Counts what is allocated in this process, in cells and in libraries of any language: `malloc` and
//! its kin, which the dynamic linker finds here before it finds those of the C library.
//!
//! Cells share one `libstd.so`, whose allocator is fixed, so that a global allocator of Rust's would
//! count nothing.
#![allow(unsafe_code)] // Takes the place of functions of the C library.

use std::ffi::{c_int, c_void};

use hpc_profile::memory::Counters;

thread_local! {
    // Without a destructor, so that it can be reached as long as the thread allocates.
    static COUNTERS: Counters = const { Counters::new() };
}

/// The counters of the calling thread, which live as long as it does.
pub(crate) extern "C" fn counters() -> *const Counters {
    COUNTERS.with(std::ptr::from_ref)
}

// What the GNU C library calls its own by.
unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
    fn __libc_free(block: *mut c_void);
}

/// The size of a block, of which there may be more than was asked for: what `malloc_usable_size` says,
/// which would take half of the time that counting takes. In front of each block the GNU C library has a word
/// with the size of the whole and, in its lower bits, how it came about (`malloc_chunk` in its `malloc.c`, the
/// same since its second version). A test compares the two.
///
/// # Safety
/// The block must come from the C library and be in use.
#[inline]
unsafe fn usable_size(block: *mut c_void) -> usize {
    const FLAGS: usize = 7;
    const IS_MAPPED: usize = 2;
    const WORD: usize = size_of::<usize>();
    // SAFETY: the caller promises that there is such a word.
    let size = unsafe { block.cast::<usize>().sub(1).read() };
    // The last word of a block that is not mapped by itself lies in the head of the next.
    let head = if size & IS_MAPPED == 0 {
        WORD
    } else {
        2 * WORD
    };
    (size & !FLAGS).wrapping_sub(head)
}

/// # Safety
/// The block must be null, or come from the C library and be in use.
#[inline]
unsafe fn counted(block: *mut c_void) -> *mut c_void {
    if !block.is_null() {
        // SAFETY: as the caller promises.
        let size = unsafe { usable_size(block) };
        COUNTERS.with(|counters| counters.on_allocate(size));
    }
    block
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for; the block is new.
    unsafe { counted(__libc_malloc(size)) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: as in `malloc`.
    unsafe { counted(__libc_calloc(count, size)) }
}

/// # Safety
/// As that of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    let before = if block.is_null() {
        0
    } else {
        // SAFETY: the caller promises that the block is one.
        unsafe { usable_size(block) }
    };
    // SAFETY: the caller promises that the block is one, and does not use it afterwards.
    let after = unsafe { __libc_realloc(block, size) };
    // A size of 0 frees the block; else null stands for a block that is as it was.
    if !after.is_null() || size == 0 {
        COUNTERS.with(|counters| counters.on_free(before));
    }
    // SAFETY: the block is new.
    unsafe { counted(after) }
}

/// # Safety
/// As that of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn reallocarray(block: *mut c_void, count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the caller promises what `realloc` asks for.
        Some(size) => unsafe { realloc(block, size) },
        None => refused(),
    }
}

/// What a function of the C library says when there is no memory.
#[cold]
fn refused() -> *mut c_void {
    // SAFETY: the place is this thread's `errno`.
    unsafe { libc::__errno_location().write(libc::ENOMEM) };
    std::ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for; alignments that are none are refused. The block is new.
    unsafe { counted(__libc_memalign(alignment, size)) }
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    memalign(alignment, size)
}

#[unsafe(no_mangle)]
extern "C" fn valloc(size: usize) -> *mut c_void {
    memalign(rustix::param::page_size(), size)
}

#[unsafe(no_mangle)]
extern "C" fn pvalloc(size: usize) -> *mut c_void {
    let page = rustix::param::page_size();
    match size.checked_next_multiple_of(page) {
        Some(size) => memalign(page, size),
        None => refused(),
    }
}

/// # Safety
/// As that of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<*mut c_void>()) {
        return libc::EINVAL;
    }
    let block = memalign(alignment, size);
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller promises that the place can be written to.
    unsafe { place.write(block) };
    0
}

/// # Safety
/// As that of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut c_void) {
    if !block.is_null() {
        // SAFETY: the caller promises that it is a block that nobody uses any more.
        unsafe {
            let size = usable_size(block);
            COUNTERS.with(|counters| counters.on_free(size));
            __libc_free(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    type OfOne = extern "C" fn(usize) -> *mut c_void;
    type OfTwo = extern "C" fn(usize, usize) -> *mut c_void;
    type OfThree = unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void;

    /// Bytes that this thread has, by the counters.
    fn live() -> i64 {
        COUNTERS.with(Counters::live)
    }

    /// Calls a function that makes a block, so that the compiler does not see which: it knows what those of
    /// the C library do, and leaves out what makes no difference.
    fn made(make: impl FnOnce() -> *mut c_void) -> *mut c_void {
        black_box(make())
    }

    #[test]
    fn sizes_are_those_that_the_c_library_says() {
        let ways: [fn(usize) -> *mut c_void; 3] = [
            |size| black_box::<OfOne>(malloc)(size),
            |size| black_box::<OfTwo>(calloc)(1, size),
            |size| black_box::<OfTwo>(memalign)(256, size),
        ];
        for size in (0..5000).chain([1 << 16, (1 << 20) + 1, 1 << 26]) {
            for make in ways {
                let block = made(|| make(size));
                assert!(!block.is_null());
                // SAFETY: the block is in use until it is freed.
                unsafe {
                    assert_eq!(
                        usable_size(block),
                        libc::malloc_usable_size(block),
                        "{size}"
                    );
                    free(block);
                }
            }
        }
    }

    #[test]
    fn every_way_to_a_block_is_counted() {
        const SIZE: usize = 100_000;
        let again = black_box::<OfThree>(reallocarray);
        let ways: [&dyn Fn() -> *mut c_void; 9] = [
            &|| black_box::<OfOne>(malloc)(SIZE),
            &|| black_box::<OfTwo>(calloc)(SIZE, 1),
            &|| black_box::<OfTwo>(memalign)(64, SIZE),
            &|| black_box::<OfTwo>(aligned_alloc)(64, SIZE),
            &|| black_box::<OfOne>(valloc)(SIZE),
            &|| black_box::<OfOne>(pvalloc)(SIZE),
            &|| {
                let mut place = std::ptr::null_mut();
                // SAFETY: the place is one.
                unsafe {
                    assert_eq!(posix_memalign(&raw mut place, 3, SIZE), libc::EINVAL);
                    assert_eq!(posix_memalign(&raw mut place, 64, SIZE), 0);
                }
                place
            },
            // SAFETY: there is no block yet, or one that nobody else uses.
            &|| unsafe { again(std::ptr::null_mut(), SIZE / 10, 10) },
            // SAFETY: as above.
            &|| unsafe { again(made(|| malloc(10)), SIZE / 10, 10) },
        ];
        for (way, make) in ways.into_iter().enumerate() {
            let before = live();
            let block = made(make);
            let taken = live() - before;
            assert!(
                (SIZE as i64..2 * SIZE as i64).contains(&taken),
                "{way}: {taken}"
            );
            // SAFETY: the block is used by nobody else.
            unsafe { free(block) };
            assert_eq!(live(), before, "{way}");
        }
        let block = made(|| malloc(SIZE));
        let before = live();
        // SAFETY: the block is not used up when there is no memory.
        assert!(unsafe { made(|| again(block, usize::MAX, 2)) }.is_null());
        assert!(made(|| black_box::<OfOne>(pvalloc)(usize::MAX)).is_null());
        assert_eq!(live(), before, "the block is as it was");
        // SAFETY: as above.
        unsafe { free(block) };
    }
}
