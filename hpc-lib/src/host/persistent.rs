//! Statics of a notebook, which are the same in all of its cells.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
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
            let make =
                || -> &'static (dyn Any + Send + Sync) { Box::leak(Box::new((self.make)())) };
            match find(self.name, TypeId::of::<T>(), &make).downcast_ref() {
                Some(value) => value,
                None => unreachable!("statics are found by their types"),
            }
        })
    }
}

/// Like [`Persistent`], for a value that is made at its first use itself, such as a
/// [`std::sync::LazyLock`]: `*STATIC` is the value behind it.
///
/// ```
/// use std::sync::LazyLock;
/// use hpc::host::{Persistent, PersistentLazy};
/// static ROOT: PersistentLazy<LazyLock<f64>> =
///     PersistentLazy::new(Persistent::new("root", || LazyLock::new(|| 2_f64.sqrt())));
/// assert!(*ROOT > 1.4);
/// ```
#[derive(Debug)]
pub struct PersistentLazy<T: 'static>(Persistent<T>);

impl<T: Send + Sync + 'static> PersistentLazy<T> {
    /// A static of that value.
    #[must_use]
    pub const fn new(value: Persistent<T>) -> Self {
        Self(value)
    }
}

impl<T: Deref + Send + Sync + 'static> Deref for PersistentLazy<T> {
    type Target = T::Target;

    fn deref(&self) -> &T::Target {
        &self.0
    }
}

/// Like [`std::thread_local!`], for statics that are the same in all cells of a notebook. The kernel
/// puts it in the place of that.
///
/// ```
/// use std::cell::Cell;
/// hpc::persistent_thread_local! { static COUNT: Cell<u32> = Cell::new(1); }
/// COUNT.set(COUNT.get() + 1);
/// assert_eq!(COUNT.with(Cell::get), 2);
/// ```
#[macro_export]
macro_rules! persistent_thread_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $kind:ty = const $value:block);* $(;)?) => {
        $crate::persistent_thread_local! { $($(#[$attribute])* $visibility static $name: $kind = $value);* }
    };
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $kind:ty = $value:expr);* $(;)?) => {$(
        $(#[$attribute])*
        $visibility static $name: $crate::host::PersistentLocal<$kind> =
            $crate::host::PersistentLocal::new(stringify!($name = $value), || $value);
    )*};
}

/// A static of which each thread has its own, and that is the same for every crate that names it.
/// It has the methods of [`std::thread::LocalKey`].
pub struct PersistentLocal<T: 'static> {
    name: &'static str,
    make: fn() -> T,
}

impl<T> fmt::Debug for PersistentLocal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the thread-local static `{}`", self.name)
    }
}

type Locals = HashMap<(&'static str, TypeId), Rc<dyn Any>>;

thread_local! {
    static LOCALS: RefCell<Locals> = RefCell::default();
}

impl<T: 'static> PersistentLocal<T> {
    /// A static of that name, made on each thread by `make` unless it has one of that name and type.
    #[must_use]
    pub const fn new(name: &'static str, make: fn() -> T) -> Self {
        Self { name, make }
    }

    /// Works with this thread's value.
    pub fn with<R>(&'static self, work: impl FnOnce(&T) -> R) -> R {
        let key = (self.name, TypeId::of::<T>());
        let known = LOCALS.with_borrow(|locals| locals.get(&key).cloned());
        // Made outside the borrow: the value may need another static.
        let value = known.unwrap_or_else(|| {
            let made: Rc<dyn Any> = Rc::new((self.make)());
            LOCALS.with_borrow_mut(|locals| Rc::clone(locals.entry(key).or_insert(made)))
        });
        match value.downcast_ref() {
            Some(value) => work(value),
            None => unreachable!("statics are found by their types"),
        }
    }
}

impl<T: 'static> PersistentLocal<Cell<T>> {
    /// A copy of this thread's value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Sets this thread's value.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// Takes this thread's value and leaves the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Sets this thread's value and returns the old one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> PersistentLocal<RefCell<T>> {
    /// Works with this thread's value.
    ///
    /// # Panics
    /// Panics when it is mutably borrowed.
    pub fn with_borrow<R>(&'static self, work: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| work(&cell.borrow()))
    }

    /// Works with this thread's value, and may change it.
    ///
    /// # Panics
    /// Panics when it is borrowed.
    pub fn with_borrow_mut<R>(&'static self, work: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| work(&mut cell.borrow_mut()))
    }

    /// Sets this thread's value.
    ///
    /// # Panics
    /// Panics when it is borrowed.
    pub fn set(&'static self, value: T) {
        self.with(|cell| *cell.borrow_mut() = value);
    }

    /// Takes this thread's value and leaves the default.
    ///
    /// # Panics
    /// Panics when it is borrowed.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Sets this thread's value and returns the old one.
    ///
    /// # Panics
    /// Panics when it is borrowed.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
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
