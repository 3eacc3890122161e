//! Arrays of this thread that wait to be computed.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::graph::Node;
use super::run::evaluate;
use crate::error::Error;

/// Notes that may pile up before those of dropped and computed arrays are thrown out.
const SWEEP_FROM: usize = 256;

struct Pending {
    notes: Vec<Weak<Node>>,
    /// How often notes were thrown out: marks from before point to other places now.
    swept: usize,
    sweep_at: usize,
}

thread_local! {
    static PENDING: RefCell<Pending> =
        const { RefCell::new(Pending { notes: Vec::new(), swept: 0, sweep_at: SWEEP_FROM }) };

    /// Where [`PENDING`] ends: each region asks for that twice, and this has no destructor to look after.
    static END: Cell<Mark> = const { Cell::new(Mark::FIRST) };
}

/// Remembers a node that waits.
pub(super) fn note(node: &Arc<Node>) {
    PENDING.with_borrow_mut(|pending| {
        if pending.notes.len() >= pending.sweep_at {
            pending.sweep();
        }
        pending.notes.push(Arc::downgrade(node));
        pending.tell_end();
    });
}

impl Pending {
    /// Throws out notes of arrays that are gone or computed.
    fn sweep(&mut self) {
        self.notes
            .retain(|note| note.upgrade().is_some_and(|node| node.value().is_none()));
        self.sweep_at = (2 * self.notes.len()).max(SWEEP_FROM);
        self.swept += 1;
    }

    fn tell_end(&self) {
        END.set(Mark {
            index: self.notes.len(),
            swept: self.swept,
        });
    }
}

/// A place in the order in which this thread makes arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    index: usize,
    swept: usize,
}

impl Mark {
    /// Before everything.
    pub(crate) const FIRST: Self = Self { index: 0, swept: 0 };
}

/// The present place.
#[inline]
pub(crate) fn mark() -> Mark {
    END.get()
}

/// Whether this thread may have made arrays since `mark` that still wait.
#[inline]
pub(crate) fn may_wait(mark: Mark) -> bool {
    let end = END.get();
    end.swept != mark.swept || end.index > mark.index
}

/// Computes the arrays made by this thread since `mark` that still wait.
pub(crate) fn settle(mark: Mark) -> Result<(), Error> {
    // Latest first: an expression is computed before its named parts, and stores them on the way.
    while let Some(note) = PENDING.with_borrow_mut(|pending| pending.pop_after(mark)) {
        if let Some(node) = note.upgrade()
            && !node.was_streamed()
        {
            evaluate(&node)?;
        }
    }
    Ok(())
}

impl Pending {
    fn pop_after(&mut self, mark: Mark) -> Option<Weak<Node>> {
        // After a sweep the place is not known any more: compute all that waits, which is harmless.
        let from = if mark.swept == self.swept {
            mark.index
        } else {
            0
        };
        if self.notes.len() <= from {
            return None;
        }
        let last = self.notes.pop();
        self.tell_end();
        last
    }
}
