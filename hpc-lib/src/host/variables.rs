//! The variables of a notebook, between its cells.
//!
//! A cell takes the variables that it mentions at its beginning and puts them back at its end. Each
//! is kept with its type: one that is taken as another type is an error, never other memory.
//!
//! What is generic here is compiled in every cell: it only says what a type is like. Values are moved as
//! bytes.
#![allow(improper_ctypes_definitions)] // Rust calls Rust here: see at the functions.
#![allow(unsafe_code)] // Values of any type are moved by code that does not know it.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::any::{TypeId, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

/// What has to be known of a type to keep values of it.
#[derive(Clone, Copy)]
struct Kind {
    layout: Layout,
    id: TypeId,
    name: &'static str,
    drop: unsafe fn(*mut u8),
}

impl Kind {
    fn of<T: 'static>() -> Self {
        Self {
            layout: Layout::new::<T>(),
            id: TypeId::of::<T>(),
            name: type_name::<T>(),
            drop: drop_value::<T>,
        }
    }
}

/// # Safety
/// There must be a value of the type at `value`, which nobody uses afterwards.
unsafe fn drop_value<T>(value: *mut u8) {
    // SAFETY: the caller promises it.
    unsafe { ptr::drop_in_place(value.cast::<T>()) };
}

/// A value in memory of its own.
struct Variable {
    value: NonNull<u8>,
    kind: Kind,
}

impl Variable {
    /// Moves a value here.
    ///
    /// # Safety
    /// There must be a value of that kind at `value`, which nobody uses afterwards.
    unsafe fn take_in(value: *const u8, kind: Kind) -> Self {
        let layout = kind.layout;
        let place = if layout.size() == 0 {
            NonNull::without_provenance(
                NonZeroUsize::new(layout.align()).unwrap_or(NonZeroUsize::MIN),
            )
        } else {
            // SAFETY: the layout is not empty.
            let place = unsafe { alloc(layout) };
            NonNull::new(place).unwrap_or_else(|| handle_alloc_error(layout))
        };
        // SAFETY: both are valid for the kind's size, and the one here is new.
        unsafe { ptr::copy_nonoverlapping(value, place.as_ptr(), layout.size()) };
        Self { value: place, kind }
    }

    /// Moves the value away.
    ///
    /// # Safety
    /// There must be room for it at `target`.
    unsafe fn move_to(self, target: *mut u8) {
        let this = ManuallyDrop::new(self);
        // SAFETY: both are valid for the kind's size, and the value is not used here any more.
        unsafe { ptr::copy_nonoverlapping(this.value.as_ptr(), target, this.kind.layout.size()) };
        this.free();
    }

    /// Gives the memory back, without dropping what is in it.
    fn free(&self) {
        if self.kind.layout.size() > 0 {
            // SAFETY: it came from there, with this layout, and is given back once: when the variable is
            // dropped or its value was moved away.
            unsafe { dealloc(self.value.as_ptr(), self.kind.layout) };
        }
    }
}

impl Drop for Variable {
    fn drop(&mut self) {
        /// Also when the value's destructor panics.
        struct Free<'a>(&'a Variable);
        impl Drop for Free<'_> {
            fn drop(&mut self) {
                self.0.free();
            }
        }
        let free = Free(self);
        // SAFETY: the value is here, and not used any more.
        unsafe { (free.0.kind.drop)(free.0.value.as_ptr()) };
    }
}

thread_local! {
    /// All cells run on one thread, and values need not be [`Send`].
    static VARIABLES: RefCell<BTreeMap<String, Variable>> = const { RefCell::new(BTreeMap::new()) };
}

// Both are "C" for what that says of panics: they do not come out of it, and a cell with many variables
// needs no code to drop all the others at each call.

/// Keeps a value under a name, in the place of one that was there.
#[inline(never)]
pub extern "C" fn put<T: 'static>(name: &str, value: T) {
    let value = ManuallyDrop::new(value);
    // SAFETY: the value is not used any more.
    unsafe { insert(name, (&raw const value).cast(), Kind::of::<T>()) };
}

/// Keeps a value under a name unless a newer one is there.
#[inline(never)]
pub extern "C" fn put_back<T: 'static>(name: &str, value: T) {
    let value = ManuallyDrop::new(value);
    // SAFETY: the value is not used any more.
    unsafe { insert_again(name, (&raw const value).cast(), Kind::of::<T>()) };
}

/// Takes a value away.
///
/// # Panics
/// Panics when there is no value of that name and type: [`are_there`] tells before.
#[must_use]
pub fn take<T: 'static>(name: &str) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: there is room for a value of that type, and one is there afterwards.
    unsafe {
        remove(name, value.as_mut_ptr().cast(), Kind::of::<T>());
        value.assume_init()
    }
}

/// Whether values of these names and types are there. What is wrong is told on standard error.
#[must_use]
pub fn are_there(wanted: &[(&str, TypeId)]) -> bool {
    VARIABLES.with_borrow(|variables| {
        wanted.iter().all(|(name, wanted)| {
            let problem = match variables.get(*name) {
                Some(variable) if variable.kind.id == *wanted => return true,
                Some(variable) => format!("has the type {}", variable.kind.name),
                None => "is not there".to_owned(),
            };
            eprintln!("the variable `{name}` {problem}");
            false
        })
    })
}

/// Names of all variables and what their types call themselves.
pub(super) fn list() -> Vec<(String, String)> {
    VARIABLES.with_borrow(|variables| {
        variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.kind.name.to_owned()))
            .collect()
    })
}

/// Drops a variable, if it is there.
pub(super) fn forget(name: &str) {
    // Dropped after the borrow: its destructor is the user's code.
    let variable = VARIABLES.with_borrow_mut(|variables| variables.remove(name));
    drop_safely(variable);
}

fn is_there(name: &str) -> bool {
    VARIABLES.with_borrow(|variables| variables.contains_key(name))
}

/// # Safety
/// There must be a value of that kind at `value`, which nobody uses afterwards.
unsafe fn insert(name: &str, value: *const u8, kind: Kind) {
    // SAFETY: the caller promises it.
    let variable = unsafe { Variable::take_in(value, kind) };
    let old = VARIABLES.with_borrow_mut(|variables| variables.insert(name.to_owned(), variable));
    drop_safely(old);
}

/// # Safety
/// As for [`insert`].
unsafe fn insert_again(name: &str, value: *const u8, kind: Kind) {
    if is_there(name) {
        // SAFETY: the caller promises it.
        drop_safely(unsafe { Variable::take_in(value, kind) });
    } else {
        // SAFETY: the caller promises it.
        unsafe { insert(name, value, kind) };
    }
}

/// Drops a value whose destructor may panic, as the user's own may. The hook has noted the panic;
/// the variables that are still to be kept must not be lost by it.
pub(super) fn drop_safely<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// # Safety
/// There must be room for a value of that kind at `target`. One is there when this returns.
unsafe fn remove(name: &str, target: *mut u8, wanted: Kind) {
    let variable = VARIABLES.with_borrow_mut(|variables| variables.remove(name));
    let Some(variable) = variable else {
        panic!("there is no variable `{name}`");
    };
    assert!(
        variable.kind.id == wanted.id,
        "the variable `{name}` is not of type {}",
        wanted.name
    );
    // SAFETY: it is of the kind for which there is room.
    unsafe { variable.move_to(target) };
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn a_destructor_that_panics_harms_no_other_variable() {
        struct Panics;
        impl Drop for Panics {
            fn drop(&mut self) {
                panic!("in a destructor");
            }
        }
        put("p", Panics);
        let old: Panics = take("p");
        put("p", 1);
        put_back("p", old);
        assert_eq!(take::<i32>("p"), 1);
        put("p", Panics);
        put("p", 2);
        assert_eq!(take::<i32>("p"), 2);
        put("p", Panics);
        forget("p");
        assert!(list().is_empty());
    }

    #[test]
    fn values_of_all_sizes_and_alignments_are_kept() {
        #[derive(Debug, PartialEq)]
        #[repr(align(64))]
        struct Aligned(u8);
        #[derive(Debug, PartialEq)]
        #[repr(align(64))]
        struct Empty;
        put("a", Aligned(7));
        put("e", Empty);
        put("l", [5_u64; 1000]);
        assert_eq!(take::<Aligned>("a"), Aligned(7));
        assert_eq!(take::<Empty>("e"), Empty);
        assert_eq!(take::<[u64; 1000]>("l"), [5; 1000]);
        assert!(list().is_empty());
    }

    #[test]
    fn a_value_is_dropped_once() {
        let value = Rc::new(());
        put("v", Rc::clone(&value));
        let taken: Rc<()> = take("v");
        assert_eq!(Rc::strong_count(&value), 2);
        put("v", taken);
        put_back("v", Rc::clone(&value));
        assert_eq!(Rc::strong_count(&value), 2);
        forget("v");
        assert_eq!(Rc::strong_count(&value), 1);
    }

    #[test]
    #[should_panic(expected = "the variable `n` is not of type u32")]
    fn a_value_is_not_taken_as_another_type() {
        put("n", 1_i32);
        let _: u32 = take("n");
    }

    #[test]
    fn values_are_kept_with_their_types() {
        put("a", vec![1, 2]);
        put("b", "text");
        assert_eq!(
            list(),
            [
                ("a".to_owned(), "alloc::vec::Vec<i32>".to_owned()),
                ("b".to_owned(), "&str".to_owned())
            ]
        );
        assert!(are_there(&[("a", TypeId::of::<Vec<i32>>())]));
        assert!(!are_there(&[("a", TypeId::of::<Vec<u32>>())]));
        assert!(!are_there(&[("c", TypeId::of::<Vec<u32>>())]));
        let a: Vec<i32> = take("a");
        put("a", 3.0);
        put_back("a", a);
        assert_eq!(take::<f64>("a"), 3.0);
        forget("b");
        assert!(list().is_empty());
    }
}
