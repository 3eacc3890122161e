//! OTF2 archives (Open Trace Format 2, trace format version 2), for Vampir, Scalasca and all that
//! reads Score-P's traces.
//!
//! Layouts are those of the OTF2 3.0.3 sources; see "Open Trace Format 2" at <https://score-p.org>.

mod archive;
mod definitions;
mod encode;
mod events;
mod file;

pub use archive::export;
