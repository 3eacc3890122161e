//! Showing values in a notebook.
//!
//! The value of a cell's last expression is shown by [`show!`](crate::show), which the kernel puts
//! around it. [`display`] shows a value in the middle of a cell. Outside a notebook both print the
//! value's text.
//!
//! | value | shown as |
//! |---|---|
//! | `()` | nothing |
//! | a type with a method `evcxr_display(&self)` | whatever that method does |
//! | a type that implements [`Render`]: arrays, plots, reports, … | its richest form that the notebook knows |
//! | anything else with `Debug` | its `{:?}` text |
//! | anything else | the name of its type |
//!
//! A type of your own is shown richly when it implements [`Render`]:
//!
//! ```
//! use hpc::prelude::*;
//! struct Warning(&'static str);
//! impl Render for Warning {
//!     fn render(&self) -> Bundle {
//!         Bundle::text(self.0).html(format!("<b>{}</b>", hpc::display::escape(self.0)))
//!     }
//! }
//! hpc::show!(Warning("low on memory"));
//! ```

mod bundle;
mod handle;
mod render;
mod show;

pub use bundle::{Bundle, escape};
pub use handle::{DisplayHandle, clear_output, display, display_handle};
pub use render::{Html, Markdown, Render, Svg};
#[doc(hidden)]
pub use show::{Plain, Probe, ShowAny, ShowDebug, ShowOpaque, ShowRender, ShowUnit};
