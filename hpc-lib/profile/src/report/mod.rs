//! What a profile says, for people: lines in an order, as text and as a page.

mod comparison;
mod flame;
mod live;
mod page;
mod palette;
mod table;
mod text;
mod timeline;
mod units;

pub use comparison::Comparison;
pub use live::Live;
pub use page::Page;
pub use table::{Order, Row, Table};
pub use text::Text;
pub use timeline::Timeline;
pub use units::{bytes, count, percent, time};
