//! The engines themselves: matrices by faer and gemm, Fourier transforms by rustfft and realfft.
#![allow(unsafe_code)] // Arguments come through the door as addresses, and leave as such for gemm.

mod batch;
mod buffer;
mod cholesky;
mod eigen;
mod fft;
mod job;
mod lu;
mod matmul;
mod pool;
mod qr;
mod scalar;
mod svd;

use job::door;

use crate::table::{Engines, VERSION};

/// The table, as [`crate::engines`] finds it here and in `libhpc_engines.so`.
static TABLE: Engines = Engines {
    version: VERSION,
    matmul: door::<matmul::Matmul>,
    lu: door::<lu::Lu>,
    slogdet: door::<lu::Slogdet>,
    det: door::<lu::Det>,
    solve: door::<lu::Solve>,
    inv: door::<lu::Inv>,
    cholesky: door::<cholesky::Cholesky>,
    qr: door::<qr::Qr>,
    svd: door::<svd::Svd>,
    eigh: door::<eigen::Eigh>,
    eig: door::<eigen::Eig>,
    lstsq: door::<svd::Lstsq>,
    fft: door::<fft::Fft>,
    rfft: door::<fft::Rfft>,
    irfft: door::<fft::Irfft>,
};

/// The table of this shared object, or of this program.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn hpc_engines_table() -> *const Engines {
    &raw const TABLE
}

/// The table.
pub(crate) fn table() -> &'static Engines {
    &TABLE
}
