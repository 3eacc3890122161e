//! Showing values in a notebook.
//!
//! The value of a cell's last expression is shown by [`show!`](crate::show), which the kernel puts
//! around it. [`display`] shows a value in the middle of a cell, and [`display_handle`] gives a place
//! whose content can be replaced. Outside a notebook they print the value's text.
//!
//! # What is shown how
//!
//! The first line that fits a value is the one that counts.
//!
//! | value | shown as |
//! |---|---|
//! | `()` | nothing |
//! | a type with a method `evcxr_display(&self)` | whatever that method does |
//! | a type that implements [`Render`]: arrays, plots, reports, … | its richest form that the notebook knows |
//! | `Some(v)`, `Ok(v)` | as `v`, with `Some(…)` or `Ok(…)` around the text |
//! | `Err(e)` | the error's text, in the colour of errors, and what caused it |
//! | `Vec`, slice, array or `VecDeque` of structs that derive `Debug` | a table, with a column for each field |
//! | `Vec<Vec<f64>>` and other lists of lists of numbers | a grid |
//! | other lists | their `{:?}` text; more than 100 items by their ends and their number |
//! | `HashMap`, `BTreeMap` | a table of keys and values; a column for each field where the values are structs |
//! | `HashSet`, `BTreeSet` | the members in braces |
//! | anything else with `Debug` | its `{:?}` text, lists and maps in other types' text as above |
//! | anything else | the name of its type |
//!
//! Tables show 30 rows and say how many more there are; no value writes more than some 20 000
//! characters. Entries of a `HashMap` are in the order of their keys.
//!
//! A value of one form is made by [`html`](html()), [`markdown`], [`latex`], [`svg`], [`png`], [`json`]
//! or [`vega_lite`]; several forms of one value are a [`Bundle`].
//!
//! ```
//! use hpc::prelude::*;
//! #[derive(Debug)]
//! struct Run {
//!     nodes: u32,
//!     seconds: f64,
//! }
//! let runs = vec![Run { nodes: 1, seconds: 81.0 }, Run { nodes: 2, seconds: 42.5 }];
//! display(&runs); // a table
//! display(markdown("A **linear** speed-up."));
//! hpc::show!(runs.last().ok_or("no run"));
//! ```
//!
//! A type of your own is shown richly when it implements [`Render`].

mod bundle;
mod collection;
mod failure;
mod forms;
mod handle;
mod outline;
mod render;
mod show;
mod table;

pub use bundle::{Bundle, escape};
#[doc(hidden)]
pub use failure::Failure;
pub use forms::{debug, html, json, latex, markdown, png, svg, vega_lite};
pub use handle::{DisplayHandle, clear_output, display, display_handle};
pub use render::Render;
pub(crate) use show::one_line;
#[doc(hidden)]
pub use show::{
    AnyError, FailureBoxed, FailureError, FailureNone, FailureText, Form, FormDebug, FormOpaque,
    FormRender, FormShown, Outcome, Probe, ShowAny, brief, send_values, show_as, show_text,
};
