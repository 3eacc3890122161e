//! It does not compile.

/// Not a number.
pub fn number() -> i32 {
    "one"
}
