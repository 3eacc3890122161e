//! What a notebook cell of Rust says.
//!
//! A cell is a sequence of items and statements. Items (functions, types, imports, …) are there for
//! all cells after it; so are the variables that its own `let` statements bring in. [`parse()`] takes
//! a cell apart; [`Notebook`] keeps what is defined so far; [`Program`] is the source of a crate that
//! runs a cell, and knows which of its bytes the user wrote where.
//!
//! Nothing here compiles or runs anything.

mod interruptible;
mod item;
mod layout;
mod locals;
mod mentions;
mod notebook;
mod parse;
mod program;
mod source;
mod text;
mod types;

pub use item::{Item, ItemKind};
pub use locals::NewVariable;
pub use notebook::{Lost, Notebook, Variable};
pub use parse::{Parsed, parse, value};
pub use program::{CELLS, Plan, Program};
pub use source::{Line, Mark, Place, Source};
pub use text::{CellText, Edit, Fragment, Piece};
pub use types::{Nameable, TypeNames};
