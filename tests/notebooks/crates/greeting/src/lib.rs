//! Polite words.

use std::sync::atomic::{AtomicU32, Ordering};

/// Somebody who comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// What to call them.
    pub name: String,
    /// How often they came.
    pub visits: u32,
}

impl Guest {
    /// One visit more.
    #[must_use]
    pub fn again(mut self) -> Self {
        self.visits += 1;
        self
    }
}

/// Greets somebody in the morning.
#[must_use]
pub fn morning(name: &str) -> String {
    let words = format!("Good morning, {name}");
    if cfg!(feature = "loud") {
        words.to_uppercase()
    } else {
        words
    }
}

/// Greets somebody in the evening.
#[macro_export]
macro_rules! evening {
    ($name:expr) => {
        format!("Good evening, {}", $name)
    };
}

/// How often this has been called.
pub fn counted() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed) + 1
}
