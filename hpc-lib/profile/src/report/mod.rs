//! What a profile says, for people: lines in an order, as text and as a page.

mod table;
mod text;
mod units;

pub use table::{Order, Row, Table};
pub use text::Text;
pub use units::{bytes, count, percent, time};
