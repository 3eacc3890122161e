//! The door: what passes between a caller and the engines, which may be another shared object.
//!
//! Everything has C's layout and calling convention. Rust's own would tie both sides to one
//! compiler and its flags; and a panic that escaped through an `extern "C"` function ends the
//! process with a message, instead of unwinding through frames of another shared object.

use std::ffi::c_void;

/// Types of elements.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `f32`.
    F32 = 0,
    /// `f64`.
    F64 = 1,
    /// Two `f32`: real and imaginary part.
    C64 = 2,
    /// Two `f64`: real and imaginary part.
    C128 = 3,
    /// `usize`: pivots and ranks, never what is computed with.
    Index = 4,
}

/// An array of any strides, or nothing where `data` is null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Strided {
    /// The element with all indices 0.
    pub data: *mut c_void,
    /// Number of axes.
    pub axes: usize,
    /// Their lengths.
    pub shape: *const usize,
    /// Steps along them, in elements.
    pub strides: *const isize,
}

/// One call of a routine.
#[repr(C)]
#[derive(Debug)]
pub struct Call {
    /// Threads to compute on, at least 1.
    pub threads: usize,
    /// Asked between pieces of the work: `true` ends the call.
    pub interrupted: Option<extern "C" fn() -> bool>,
    /// The type of the elements; of the complex ones where a routine has both.
    pub kind: Kind,
    /// What the routine's documentation says.
    pub options: u32,
    /// What the routine's documentation says.
    pub parameter: f64,
    /// What the routine reads and writes, in the order of its documentation.
    pub arguments: *const Strided,
    /// How many there are.
    pub count: usize,
}

/// How a call ended.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// All is computed.
    Done = 0,
    /// A matrix is singular.
    Singular = 1,
    /// A matrix is not positive definite.
    NotPositiveDefinite = 2,
    /// An iteration did not converge.
    NoConvergence = 3,
    /// A matrix holds infinities or NaN where the routine needs finite numbers.
    NotFinite = 4,
    /// The caller asked to stop.
    Interrupted = 5,
    /// There is not enough memory for the work.
    Memory = 6,
    /// A panic in the engines, with its text.
    Panic = 7,
}

/// Bytes of text in an [`Outcome`].
pub const TEXT: usize = 240;

/// How a call ended, and where.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How.
    pub code: Code,
    /// The matrix of the batch, counted in C order.
    pub item: usize,
    /// The row, where one is to blame.
    pub index: usize,
    /// Length of the text.
    pub length: usize,
    /// UTF-8.
    pub text: [u8; TEXT],
}

/// Option of `matmul`: the first matrix is conjugated.
pub const CONJUGATE_LEFT: u32 = 1;

/// Option of `matmul`: the second matrix is conjugated.
pub const CONJUGATE_RIGHT: u32 = 2;

/// Option of `cholesky` and `eigh`: the upper triangle is read.
pub const UPPER: u32 = 1;

/// Option of `eig`: the matrix is real, the results are complex all the same.
pub const REAL: u32 = 1;

/// Option of `fft`: the backward transform.
pub const BACKWARD: u32 = 1;

/// A routine of the engines.
///
/// # Safety
/// The arguments of the call must be those that the routine's documentation names, each in memory
/// that may be read, and written where it says so, at all of its indices. What is written overlaps
/// with nothing.
pub type Routine = unsafe extern "C" fn(&Call, &mut Outcome);

/// The routines. Arguments begin with the axes of the batch, which have the same lengths in all of
/// them; the matrix or the signal is in the last ones. Those marked * may be left out by a null.
#[repr(C)]
#[derive(Debug)]
pub struct Engines {
    /// What both sides must agree on: [`VERSION`].
    pub version: u64,
    /// `a[m,k] b[k,n] out[m,n]`; options: [`CONJUGATE_LEFT`] and
    /// [`CONJUGATE_RIGHT`].
    pub matmul: Routine,
    /// `a[m,n] lu[m,n] pivots[m]`: the pivots, indices, are the rows of `a` in their new order.
    pub lu: Routine,
    /// `a[n,n] sign[] log[]`: the determinant is `sign * exp(log)`; the logarithm is of the real
    /// type.
    pub slogdet: Routine,
    /// `a[n,n] det[]`.
    pub det: Routine,
    /// `a[n,n] b[n,k] x[n,k]`.
    pub solve: Routine,
    /// `a[n,n] out[n,n]`.
    pub inv: Routine,
    /// `a[n,n] out[n,n]`; options: [`UPPER`] for the upper factor.
    pub cholesky: Routine,
    /// `a[m,n] q*[m,m or min(m,n)] r[rows,n]`, rows: m or min(m,n), as in `q`.
    pub qr: Routine,
    /// `a[m,n] u*[m,m or min(m,n)] s[min(m,n)] vh*[n or min(m,n),n]`; `s` is of the real type.
    pub svd: Routine,
    /// `a[n,n] w[n] v*[n,n]`; `w` is of the real type; options: [`UPPER`].
    pub eigh: Routine,
    /// `a[n,n] w[n] v*[n,n]`; `w` and `v` are complex; options: [`REAL`].
    pub eig: Routine,
    /// `a[m,n] b[m,k] x[n,k] residuals[k] rank[] s[min(m,n)]`; the
    /// residuals and `s` are of the real type, the rank is an index; the parameter is the smallest singular value that counts, relative to the largest.
    pub lstsq: Routine,
    /// `a[n] out[n]`, complex; options: [`BACKWARD`]; the parameter multiplies.
    pub fft: Routine,
    /// `a[n] out[n/2+1]`, real to complex; the parameter multiplies.
    pub rfft: Routine,
    /// `a[n/2+1] out[n]`, complex to real; the parameter multiplies.
    pub irfft: Routine,
}

/// Changes whenever this file, the crate's version or the table's size does.
pub const VERSION: u64 = {
    let word = hash(0xcbf2_9ce4_8422_2325, include_bytes!("table.rs"));
    let word = hash(word, env!("CARGO_PKG_VERSION").as_bytes());
    hash(word, &size_of::<Engines>().to_le_bytes())
};

/// FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
const fn hash(mut word: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        word = (word ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    word
}
