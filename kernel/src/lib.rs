//! The Jupyter kernel of Ferrolab: turns cells of Rust into results.
