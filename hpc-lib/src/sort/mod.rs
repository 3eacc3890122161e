//! Sorting, searching, sets and quantiles.

mod bins;
mod key;
mod order;
mod quantile;
mod radix;
mod search;
mod select;
mod sets;
mod spread;
mod unique;

pub(crate) use bins::{count, sum};
pub(crate) use key::Sortable;
pub(crate) use order::{argsort, argsort_rows, refine, sort, sort_rows};
pub use quantile::Method;
pub(crate) use quantile::{Quantity, Rule, quantile_rows};
pub(crate) use search::{Side, search_sorted};
pub(crate) use select::{argpartition_rows, partition_rows};
pub(crate) use sets::is_in;
pub(crate) use unique::{Groups, groups, unique};

#[cfg(test)]
mod tests;
