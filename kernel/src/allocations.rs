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

/// The size of a block, of which there may be more than was asked for.
#[inline]
fn usable_size(block: *mut c_void) -> usize {
    // SAFETY: the block comes from the C library, or is null, of which the size is 0.
    unsafe { libc::malloc_usable_size(block) }
}

#[inline]
fn counted(block: *mut c_void) -> *mut c_void {
    if !block.is_null() {
        COUNTERS.with(|counters| counters.on_allocate(usable_size(block)));
    }
    block
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    counted(unsafe { __libc_malloc(size) })
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    counted(unsafe { __libc_calloc(count, size) })
}

/// # Safety
/// As that of the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    let before = usable_size(block);
    // SAFETY: the caller promises that the block is one, and does not use it afterwards.
    let after = unsafe { __libc_realloc(block, size) };
    // A size of 0 frees the block; else null stands for a block that is as it was.
    if !after.is_null() || size == 0 {
        COUNTERS.with(|counters| counters.on_free(before));
    }
    counted(after)
}

#[unsafe(no_mangle)]
extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for; alignments that are none are refused.
    counted(unsafe { __libc_memalign(alignment, size) })
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    memalign(alignment, size)
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
        COUNTERS.with(|counters| counters.on_free(usable_size(block)));
        // SAFETY: the caller promises that it is a block that nobody uses any more.
        unsafe { __libc_free(block) };
    }
}
