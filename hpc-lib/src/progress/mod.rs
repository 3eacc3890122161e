mod board;
mod line;
mod meter;

use meter::Meter;

/// Shows how far a loop is.
///
/// In a notebook a bar moves while the loop runs; in a terminal a line on stderr does. When the
/// loop has ended one line stays, with the number of items and the time; that line is all that is
/// written where there is no terminal. A loop that is left early, by `break` or by a panic, is said
/// to have stopped. A bar inside of the loop of another one is shown below it and leaves no line.
///
/// ```
/// use hpc::prelude::*;
/// let mut sum = 0;
/// for i in progress(0..1000).name("adding") {
///     sum += i;
/// }
/// // adding  100 % 1000/1000 in 0.00 s
/// assert_eq!(sum, 499_500);
/// ```
///
/// An item costs an increment and a comparison; the time is looked at some hundred times per second
/// at most. There it is also that a loop notices that the user interrupts the cell.
pub fn progress<I: IntoIterator>(items: I) -> Progress<I::IntoIter> {
    let items = items.into_iter();
    Progress {
        meter: Meter::new(items.size_hint()),
        items,
    }
}

/// The items of an iterator, with a bar that shows how many there were: see [`progress()`].
#[derive(Debug)]
#[must_use = "a bar moves while the items are taken, in a loop or the like"]
pub struct Progress<I> {
    items: I,
    meter: Meter,
}

impl<I> Progress<I> {
    /// Says what the loop does.
    pub fn name(mut self, name: &str) -> Self {
        self.meter.set_name(name);
        self
    }

    /// Says how many items there will be, where the iterator does not know.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let text = "one\ntwo\n";
    /// let lines = progress(text.lines()).total(2);
    /// assert_eq!(lines.map(str::len).sum::<usize>(), 6);
    /// ```
    pub fn total(mut self, items: u64) -> Self {
        self.meter.set_total(items);
        self
    }
}

impl<I: Iterator> Iterator for Progress<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.meter.before();
        let item = self.items.next();
        self.meter.after(item.is_some());
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Progress<I> {
    #[inline]
    fn next_back(&mut self) -> Option<I::Item> {
        self.meter.before();
        let item = self.items.next_back();
        self.meter.after(item.is_some());
        item
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Progress<I> {}
