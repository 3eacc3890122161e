//! The variables of a notebook, between its cells.
//!
//! A cell takes the variables that it mentions at its beginning and puts them back at its end. Each
//! is kept with its type: one that is taken as another type is an error, never other memory.
#![allow(improper_ctypes_definitions)] // Rust calls Rust here: see at the functions.

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A variable and what its type calls itself.
struct Variable {
    value: Box<dyn Any>,
    type_name: &'static str,
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
    insert(name, Box::new(value), type_name::<T>());
}

/// Keeps a value under a name unless a newer one is there.
#[inline(never)]
pub extern "C" fn put_back<T: 'static>(name: &str, value: T) {
    if is_there(name) {
        drop_safely(value);
    } else {
        insert(name, Box::new(value), type_name::<T>());
    }
}

/// Takes a value away.
///
/// # Panics
/// Panics when there is no value of that name and type: [`are_there`] tells before.
#[must_use]
pub fn take<T: 'static>(name: &str) -> T {
    match remove(name).downcast() {
        Ok(value) => *value,
        Err(_) => wrong_type(name, type_name::<T>()),
    }
}

/// Whether values of these names and types are there. What is wrong is told on standard error.
#[must_use]
pub fn are_there(wanted: &[(&str, TypeId)]) -> bool {
    VARIABLES.with_borrow(|variables| {
        wanted.iter().all(|(name, wanted)| {
            let problem = match variables.get(*name) {
                Some(variable) if (*variable.value).type_id() == *wanted => return true,
                Some(variable) => format!("has the type {}", variable.type_name),
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
            .map(|(name, variable)| (name.clone(), variable.type_name.to_owned()))
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

fn insert(name: &str, value: Box<dyn Any>, type_name: &'static str) {
    let variable = Variable { value, type_name };
    let old = VARIABLES.with_borrow_mut(|variables| variables.insert(name.to_owned(), variable));
    drop_safely(old);
}

/// Drops a value whose destructor may panic, as the user's own may. The hook has noted the panic;
/// the variables that are still to be kept must not be lost by it.
pub(super) fn drop_safely<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

fn remove(name: &str) -> Box<dyn Any> {
    match VARIABLES.with_borrow_mut(|variables| variables.remove(name)) {
        Some(variable) => variable.value,
        None => panic!("there is no variable `{name}`"),
    }
}

#[cold]
fn wrong_type(name: &str, wanted: &str) -> ! {
    panic!("the variable `{name}` is not of type {wanted}")
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

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
