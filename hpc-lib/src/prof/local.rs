//! What a thread knows of its regions.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use hpc_profile::{ProcessUse, Region as Definition, RegionId, Token, Writer};

use super::session::{Session, session};
use crate::expr;

/// A region that [`region_begin`](super::region_begin) opened.
pub(super) struct Manual {
    pub(super) name: String,
    pub(super) token: Token,
    /// Where this thread's waiting arrays ended when it began.
    pub(super) mark: expr::Mark,
    /// Guards that were open then.
    guards: u32,
}

/// A cell that runs.
#[derive(Clone, Copy)]
pub(super) struct Running {
    pub(super) number: u32,
    pub(super) token: Token,
    /// What the process had used when it began.
    pub(super) before: ProcessUse,
}

/// A thread's side of the recording.
pub(super) struct Local {
    pub(super) session: &'static Session,
    pub(super) writer: Writer,
    /// Guards that are open.
    guards: Cell<u32>,
    manual: RefCell<Vec<Manual>>,
    /// Names of regions that were closed because nobody else did.
    left_open: RefCell<Vec<String>>,
    /// How often all regions were closed: guards from before have nothing to close.
    generation: Cell<u32>,
    /// Regions whose names are known only at run time.
    names: RefCell<HashMap<String, RegionId>>,
    /// The cell that runs.
    pub(super) cell: Cell<Option<Running>>,
}

thread_local! {
    static LOCAL: Option<Rc<Local>> = Local::attach().map(Rc::new);
}

/// The place of a guard among those of its thread.
#[derive(Clone, Copy)]
pub(super) struct Nesting {
    number: u32,
    generation: u32,
}

impl Local {
    fn attach() -> Option<Self> {
        let session = session()?;
        Some(Self {
            session,
            writer: session.recorder.attach_this_thread()?,
            guards: Cell::new(0),
            manual: RefCell::default(),
            left_open: RefCell::default(),
            generation: Cell::new(0),
            names: RefCell::default(),
            cell: Cell::new(None),
        })
    }

    /// That of this thread; `None` where nothing can be recorded, and when the thread is being torn
    /// down.
    #[inline]
    pub(super) fn get() -> Option<Rc<Self>> {
        LOCAL.try_with(Option::clone).ok().flatten()
    }

    /// Calls `work` with that of this thread.
    #[inline]
    pub(super) fn with<T>(work: impl FnOnce(&Self) -> T) -> Option<T> {
        LOCAL
            .try_with(|local| local.as_deref().map(work))
            .ok()
            .flatten()
    }

    /// A guard opens.
    #[inline]
    pub(super) fn nest(&self) -> Nesting {
        let number = self.guards.get() + 1;
        self.guards.set(number);
        Nesting {
            number,
            generation: self.generation.get(),
        }
    }

    /// Whether the regions of a guard's time are all closed already.
    #[inline]
    pub(super) fn has_closed(&self, nesting: Nesting) -> bool {
        nesting.generation != self.generation.get()
    }

    /// A guard closes, and with it what [`region_begin`](super::region_begin) opened inside.
    #[inline]
    pub(super) fn unnest(&self, nesting: Nesting) {
        if !self.manual.borrow().is_empty() {
            self.give_up(nesting.number);
        }
        self.guards
            .set(self.guards.get().min(nesting.number.saturating_sub(1)));
    }

    /// Remembers what was opened inside of that many guards and not closed.
    fn give_up(&self, guards: u32) {
        let mut manual = self.manual.borrow_mut();
        while let Some(last) = manual.pop_if(|last| last.guards >= guards) {
            self.left_open.borrow_mut().push(last.name);
        }
    }

    /// The number of a region whose name is known only at run time.
    pub(super) fn named(&self, name: &str) -> RegionId {
        if let Some(id) = self.names.borrow().get(name) {
            return *id;
        }
        let id = self
            .session
            .recorder
            .define_region(&Definition::named(name));
        self.names.borrow_mut().insert(name.to_owned(), id);
        id
    }

    /// Opens a region that no guard closes.
    pub(super) fn begin(&self, name: &str) {
        let manual = Manual {
            name: name.to_owned(),
            token: self.writer.enter(self.named(name)),
            mark: expr::mark(),
            guards: self.guards.get(),
        };
        self.manual.borrow_mut().push(manual);
    }

    /// Why a region that [`Local::begin`] opened cannot be closed now; else where arrays began to
    /// wait in it.
    pub(super) fn may_end(&self, name: &str) -> Result<expr::Mark, String> {
        let manual = self.manual.borrow();
        match manual.last() {
            Some(last) if last.guards < self.guards.get() => {
                Err("the innermost open region ends with its block or guard".into())
            }
            Some(last) if last.name == name => Ok(last.mark),
            Some(last) => Err(format!("the innermost open region is \"{}\"", last.name)),
            None if self.guards.get() > 0 => {
                Err("the innermost open region ends with its block or guard".into())
            }
            None => Err("no region is open".into()),
        }
    }

    /// Closes what [`Local::begin`] opened last.
    pub(super) fn end(&self) {
        let last = self.manual.borrow_mut().pop();
        if let Some(last) = last {
            self.writer.exit(last.token);
        }
    }

    /// Closes all regions; names of those that no guard would have closed, the innermost first.
    pub(super) fn close_all(&self) -> Vec<String> {
        if let Some(outermost) = self.manual.borrow().first() {
            self.writer.exit(outermost.token);
        }
        self.give_up(0);
        self.guards.set(0);
        self.generation.set(self.generation.get().wrapping_add(1));
        self.left_open.take()
    }
}
