//! The engines in a shared object of their own, `libhpc_engines.so`.
#![allow(unsafe_code)] // The system's loader is a C interface.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fmt, ptr};

use crate::table::{Engines, VERSION};

/// The file.
pub const FILE: &str = "libhpc_engines.so";

/// Its symbol: a function without arguments that returns the table.
const SYMBOL: &CStr = c"hpc_engines_table";

/// Why the engines could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    path: PathBuf,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Loader(String),
    Version { found: u64 },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.reason {
            Reason::Loader(message) => write!(
                f,
                "linear algebra and Fourier transforms are in {path}, which could not be loaded ({message}); \
                 it is installed beside libhpc.so: install again"
            ),
            Reason::Version { found } => write!(
                f,
                "{path} has version {found:016x} of the engines, this program needs {VERSION:016x}; \
                 both come from one installation: install again, then start this program again"
            ),
        }
    }
}

impl std::error::Error for LoadError {}

/// Loads the engines that are beside the shared object, or the program, that holds this code.
#[cfg_attr(
    feature = "linked",
    expect(dead_code, reason = "linked engines need no loading")
)]
pub(crate) fn load_beside() -> Result<&'static Engines, LoadError> {
    load(&this_object().with_file_name(FILE))
}

/// Loads the engines from a file, for as long as the process lives.
///
/// # Errors
/// Returns an error when the file is not there, is no shared object, or does not have the engines
/// of this version.
pub fn load(path: &Path) -> Result<&'static Engines, LoadError> {
    let failure = |reason| LoadError {
        path: path.to_path_buf(),
        reason,
    };
    let table = find(path).map_err(|message| failure(Reason::Loader(message)))?;
    // SAFETY: the function takes nothing and returns the address of a table, or of a table of
    // another version, which begins with a version too.
    let table = unsafe { table() };
    // SAFETY: as above.
    let found = unsafe { ptr::read(table.cast::<u64>()) };
    if found != VERSION {
        return Err(failure(Reason::Version { found }));
    }
    // SAFETY: it has the layout of this version, is never written to, and stays loaded.
    Ok(unsafe { &*table })
}

type Table = unsafe extern "C" fn() -> *const Engines;

fn find(path: &Path) -> Result<Table, String> {
    let name = CString::new(path.as_os_str().as_bytes())
        .map_err(|_| "its path holds a zero byte".to_owned())?;
    // SAFETY: the name ends with a zero byte. The object's initialisers are those of Rust's
    // standard library.
    let object = unsafe { dlopen(name.as_ptr(), RTLD_NOW) };
    if object.is_null() {
        return Err(last_message());
    }
    // SAFETY: the object is open and never closed, and the name ends with a zero byte.
    let symbol = unsafe { dlsym(object, SYMBOL.as_ptr()) };
    if symbol.is_null() {
        return Err(last_message());
    }
    // SAFETY: whoever has this symbol has it as a function of this type.
    Ok(unsafe { std::mem::transmute::<*mut c_void, Table>(symbol) })
}

fn last_message() -> String {
    // SAFETY: takes nothing; the text is valid until the loader is used again on this thread.
    let message = unsafe { dlerror() };
    if message.is_null() {
        return "no reason given".to_owned();
    }
    // SAFETY: not null, so a text that ends with a zero byte.
    unsafe { CStr::from_ptr(message) }
        .to_string_lossy()
        .into_owned()
}

/// The file that holds this code: `libhpc.so`, or a program.
fn this_object() -> PathBuf {
    let mut place = Place {
        file: ptr::null(),
        base: ptr::null_mut(),
        symbol: ptr::null(),
        address: ptr::null_mut(),
    };
    // SAFETY: the address is one of this code, and the struct is what the loader fills.
    let found = unsafe { dladdr(this_object as *const c_void, &raw mut place) };
    if found == 0 || place.file.is_null() {
        return PathBuf::from(FILE);
    }
    // SAFETY: not null, so a text that ends with a zero byte, valid while the object is loaded.
    let file = unsafe { CStr::from_ptr(place.file) };
    let file = Path::new(OsStr::from_bytes(file.to_bytes()));
    // A program is known by the name it was started with, which may have no folder.
    if file
        .parent()
        .is_none_or(|folder| folder.as_os_str().is_empty())
    {
        return std::env::current_exe().unwrap_or_else(|_| file.to_path_buf());
    }
    file.to_path_buf()
}

const RTLD_NOW: c_int = 2;

/// `Dl_info` of `dlfcn.h`.
#[repr(C)]
struct Place {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    address: *mut c_void,
}

// Four functions do not merit a crate: each one that `hpc` depends on is read by the compiler of
// every cell.
unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(object: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *mut c_char;
    fn dladdr(address: *const c_void, place: *mut Place) -> c_int;
}
