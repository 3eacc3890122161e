//! Sorting, searching, sets and quantiles.

mod key;
mod order;
mod radix;
mod spread;

pub(crate) use key::Sortable;
pub(crate) use order::{argsort, argsort_rows, sort, sort_rows};

#[cfg(test)]
mod tests;
