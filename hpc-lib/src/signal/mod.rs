//! Signals: windows.

pub mod window;
