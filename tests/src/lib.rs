//! End-to-end tests of Ferrolab on real parts.
