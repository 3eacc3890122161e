//! Statics of a notebook, which are the same in all of its cells.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A static that is made at its first use and then the same for every crate that names it. The
/// kernel puts it around statics of cells whose values can change.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use hpc::host::Persistent;
/// static FIRST: Persistent<AtomicU32> = Persistent::new("count", || AtomicU32::new(0));
/// static SECOND: Persistent<AtomicU32> = Persistent::new("count", || AtomicU32::new(0));
/// FIRST.fetch_add(1, Ordering::Relaxed);
/// assert_eq!(SECOND.load(Ordering::Relaxed), 1);
/// ```
pub struct Persistent<T: 'static> {
    name: &'static str,
    make: fn() -> T,
    found: OnceLock<&'static T>,
}

impl<T> fmt::Debug for Persistent<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the static `{}`", self.name)
    }
}

impl<T: Send + Sync + 'static> Persistent<T> {
    /// A static of that name, made by `make` unless there is one of that name and type.
    #[must_use]
    pub const fn new(name: &'static str, make: fn() -> T) -> Self {
        Self {
            name,
            make,
            found: OnceLock::new(),
        }
    }
}

impl<T: Send + Sync + 'static> Deref for Persistent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.found.get_or_init(|| {
            let make = || -> &'static (dyn Any + Send + Sync) { Box::leak(Box::new((self.make)())) };
            match find(self.name, TypeId::of::<T>(), &make).downcast_ref() {
                Some(value) => value,
                None => unreachable!("statics are found by their types"),
            }
        })
    }
}

type Statics = HashMap<(String, TypeId), &'static (dyn Any + Send + Sync)>;

fn find(
    name: &str,
    kind: TypeId,
    make: &dyn Fn() -> &'static (dyn Any + Send + Sync),
) -> &'static (dyn Any + Send + Sync) {
    static STATICS: Mutex<Option<Statics>> = Mutex::new(None);
    let lock = || STATICS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (name.to_owned(), kind);
    let known = lock().get_or_insert_default().get(&key).copied();
    // Made outside the lock: the value may need another static. Of two that are made at once, one
    // is used.
    let made = known.unwrap_or_else(make);
    *lock().get_or_insert_default().entry(key).or_insert(made)
}
