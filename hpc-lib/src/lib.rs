//! Arrays, vector mathematics and profiling for Rust notebooks on supercomputers.
