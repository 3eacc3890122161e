//! Everything that a cell usually needs: `use hpc::prelude::*;`.

pub use std::f64::consts::{E, PI};

pub use crate::array::{
    Array, Axes, Complex, DType, Index, abs, arange, cos, exp, full, linspace, log, ones, select,
    sin, sqrt, tan, zeros,
};
pub use crate::display::{
    Bundle, Render, clear_output, debug, display, display_handle, html, json, latex, markdown, png,
    svg, vega_lite,
};
pub use crate::evaluate::evaluate;
pub use crate::host::{input, password};
pub use crate::keep::keep;
pub use crate::machine::machine;
pub use crate::prof::{region_begin, region_end};
pub use crate::progress::progress;
pub use crate::{plot, prof, region, s, vars};
pub use hpc_macros::{expr, kernel};
