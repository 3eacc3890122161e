//! Matrix products, matrix decompositions and Fourier transforms, on views of slices.
//!
//! The crates that compute them are large: a compiler that reads what they export works for some
//! milliseconds longer, at every cell of a notebook. So they are behind a door, a table of
//! functions, with two ways through it:
//! - with the feature `linked` they are part of the program;
//! - without, they are loaded at run time, once, from `libhpc_engines.so` beside the shared object
//!   (or the program) that holds this crate, which then depends on next to nothing.
//!
//! [`engines`] finds the table either way:
//!
//! ```no_run
//! use hpc_engines::{Run, View, ViewMut, engines};
//! let run = Run { threads: 2, interrupted: None };
//! let a = [2.0, 0.0, 1.0, 4.0];
//! let mut inverse = [0.0; 4];
//! engines()?.inv(
//!     &run,
//!     &View::new(&a, 0, &[2, 2], &[2, 1]),
//!     &mut ViewMut::new(&mut inverse, 0, &[2, 2], &[2, 1]),
//! )?;
//! assert_eq!(inverse, [0.5, 0.0, -0.125, 0.25]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// A job is small only because it is all references, views are lent for writing, and the defaults of
// faer's routines have no names that say more.
#![allow(
    clippy::default_trait_access,
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref
)]

mod call;
#[cfg(feature = "linked")]
mod linked;
mod load;
pub mod table;
mod view;

pub use call::{Failure, Run};
pub use load::{FILE, LoadError, load};
pub use table::{Engines, Kind};
pub use view::{Number, View, ViewMut};

/// The engines.
///
/// # Errors
/// Returns an error when they are not linked and could not be loaded.
#[cfg(feature = "linked")]
pub fn engines() -> Result<&'static Engines, LoadError> {
    Ok(linked::table())
}

/// The engines.
///
/// # Errors
/// Returns an error when they are not linked and could not be loaded.
#[cfg(not(feature = "linked"))]
pub fn engines() -> Result<&'static Engines, LoadError> {
    static TABLE: std::sync::OnceLock<Result<&'static Engines, LoadError>> =
        std::sync::OnceLock::new();
    TABLE.get_or_init(load::load_beside).clone()
}
