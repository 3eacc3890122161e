//! Sorting, searching, sets, quantiles and histograms.
//!
//! All kernels work on keys: unsigned integers that sort like the elements, NaN last. The methods are
//! those of [`Array`](crate::Array).

mod array;
mod bins;
mod distinct;
mod histogram;
mod key;
mod order;
mod quantile;
mod radix;
mod search;
mod select;
mod sets;
mod spread;
mod statistics;
mod unique;
mod workspace;

pub use array::lexsort;
pub use distinct::Unique;
pub use histogram::{Bins, Histogram, histogram2d, histogramdd};
pub(crate) use order::argsort;
pub use quantile::Method;
pub use search::Side;
pub(crate) use search::search_sorted;
pub use statistics::Quantiles;

#[cfg(test)]
mod tests;
