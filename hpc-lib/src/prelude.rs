//! Everything that a cell usually needs: `use hpc::prelude::*;`.

pub use std::f64::consts::{E, PI};

pub use crate::array::Index::{Ellipsis, NewAxis};
pub use crate::array::{
    Array, Axes, Complex, DType, Index, Pad, abs, arange, block, broadcast_arrays,
    broadcast_shapes, choose, column_stack, concatenate, cos, diag_indices, dstack, exp, eye,
    eye_of, from_fn, full, full_of, geomspace, hstack, indices, ix, linspace, linspace_open,
    load_npz, log, logspace, meshgrid, meshgrid_ij, ones, ravel_multi_index, save_npz, select,
    select_first, sin, sqrt, stack, tan, tri, tril_indices, triu_indices, unravel_index, vander,
    vstack, zeros, zeros_of,
};
pub use crate::display::{
    Bundle, Render, clear_output, debug, display, display_handle, html, json, latex, markdown, png,
    svg, vega_lite,
};
pub use crate::error::attempt;
pub use crate::evaluate::evaluate;
pub use crate::gather::Outside;
pub use crate::host::{input, password};
pub use crate::keep::keep;
pub use crate::machine::machine;
pub use crate::prof::{region_begin, region_end};
pub use crate::progress::progress;
pub use crate::scan::{Overlap, convolve, correlate, interp, trapezoid};
pub use crate::sort::{
    Bins, Histogram, Method, Quantiles, Side, Unique, histogram2d, histogramdd, lexsort,
};
pub use crate::{fft, linalg, plot, prof, random, region, s, vars};
pub use hpc_macros::{expr, kernel};
