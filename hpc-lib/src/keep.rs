/// Keeps a value for as long as the notebook runs, so that references into it can be variables.
///
/// A variable of a notebook outlives the cell that made it, which a reference into another variable
/// cannot. References into a kept value can, because it never goes away: its memory is given back
/// when the process ends, and each call takes more. Keep few values, and not in loops.
///
/// ```
/// use hpc::prelude::*;
/// let text: &'static String = keep(String::from("a line of words"));
/// let words: Vec<&'static str> = text.split(' ').collect(); // may be used in later cells
/// assert_eq!(words.len(), 4);
/// ```
///
/// The value can be looked at from everywhere, so it cannot be changed; keep a `Mutex` or a
/// `RefCell` where it must be.
///
/// ```
/// use hpc::prelude::*;
/// use std::cell::RefCell;
/// let log = keep(RefCell::new(Vec::new()));
/// let note = |text: &'static str| log.borrow_mut().push(text);
/// note("begun");
/// assert_eq!(*log.borrow(), ["begun"]);
/// ```
pub fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
