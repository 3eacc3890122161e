use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use super::tree::{Counts, NameId, NodeId, ROOT, Tree, intern, name_text};
use crate::array::storage::allocated_bytes;
use crate::error::OrRaise;
use crate::expr;
use crate::simd::ticks;

/// A region that is open on this thread.
struct Frame {
    node: NodeId,
    name: NameId,
    start: u64,
    bytes: u64,
    /// Where this thread's waiting arrays ended when the region began.
    mark: expr::Mark,
    /// Opened by [`region_begin`], so that nothing closes it by itself.
    manual: bool,
}

/// What a thread knows of its regions.
struct Local {
    tree: Arc<Tree>,
    frames: RefCell<Vec<Frame>>,
    current: Cell<NodeId>,
    /// Regions that were closed because nobody else did.
    left_open: RefCell<Vec<String>>,
}

thread_local! {
    static LOCAL: Local = Local {
        tree: Tree::registered(),
        frames: const { RefCell::new(Vec::new()) },
        current: const { Cell::new(ROOT) },
        left_open: const { RefCell::new(Vec::new()) },
    };
}

/// When counts were last set to zero, in ticks: a region that was open then is counted from there.
static RESET_AT: AtomicU64 = AtomicU64::new(0);

impl Local {
    #[inline]
    fn open(&self, name: NameId, manual: bool) -> usize {
        let node = self.tree.child(self.current.get(), name);
        self.current.set(node);
        let mut frames = self.frames.borrow_mut();
        frames.push(Frame {
            node,
            name,
            start: ticks(),
            bytes: allocated_bytes(),
            mark: expr::mark(),
            manual,
        });
        frames.len()
    }

    /// Closes the innermost region.
    #[inline]
    fn close(&self) -> Option<Frame> {
        let mut frames = self.frames.borrow_mut();
        let frame = frames.pop()?;
        let start = frame.start.max(RESET_AT.load(Ordering::Relaxed));
        let bytes = allocated_bytes() - frame.bytes;
        self.tree
            .count(frame.node, ticks().saturating_sub(start), bytes);
        self.current
            .set(frames.last().map_or(ROOT, |outer| outer.node));
        Some(frame)
    }

    /// Closes regions until `depth` of them are open; those without a guard are remembered.
    fn close_to(&self, depth: usize) {
        while self.frames.borrow().len() > depth {
            if let Some(frame) = self.close()
                && frame.manual
            {
                self.left_open
                    .borrow_mut()
                    .push(name_text(frame.name).to_string());
            }
        }
    }

    fn mark(&self) -> Option<expr::Mark> {
        self.frames.borrow().last().map(|frame| frame.mark)
    }
}

/// Computes the arrays that were made in the innermost region and still wait.
fn settle_innermost() {
    if let Ok(Some(mark)) = LOCAL.try_with(Local::mark) {
        expr::settle(mark).or_raise();
    }
}

/// A region that is open. It ends when this is dropped.
#[must_use = "a region ends when its guard is dropped; bind it to a name that begins with `_`"]
#[derive(Debug)]
pub struct Region {
    /// Number of regions that are open with this one.
    depth: usize,
    settles: bool,
    /// Ends on the thread on which it began.
    not_send: PhantomData<*const ()>,
}

impl Region {
    /// Opens a region whose name is known only at run time. [`region!`](crate::region) with a
    /// literal name is cheaper.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// for n in [10, 100] {
    ///     let _region = prof::Region::enter(&format!("n = {n}"));
    /// }
    /// assert_eq!(prof::report().rows().len(), 2);
    /// ```
    pub fn enter(name: &str) -> Self {
        Self::open(intern(name), true)
    }

    #[inline]
    fn open(name: NameId, settles: bool) -> Self {
        // A thread that is being torn down has no regions any more.
        let depth = LOCAL.try_with(|local| local.open(name, false)).unwrap_or(0);
        Self {
            depth,
            settles,
            not_send: PhantomData,
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        /// Closes the region even if the arrays that it waits for cannot be computed.
        struct Closing(usize);
        impl Drop for Closing {
            fn drop(&mut self) {
                let _ = LOCAL.try_with(|local| local.close_to(self.0));
            }
        }
        if self.depth > 0 {
            let _closing = Closing(self.depth - 1);
            if self.settles && !thread::panicking() {
                settle_innermost();
            }
        }
    }
}

/// The place of a region in the source: what [`region!`](crate::region) makes.
#[derive(Debug)]
pub struct Site {
    name: &'static str,
    /// The id of the name, plus one; 0 until it is known.
    id: AtomicU32,
}

impl Site {
    /// A place with that name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            id: AtomicU32::new(0),
        }
    }

    #[inline]
    fn id(&self) -> NameId {
        match self.id.load(Ordering::Relaxed) {
            0 => {
                let id = intern(self.name);
                self.id.store(id.0 + 1, Ordering::Relaxed);
                id
            }
            id => NameId(id - 1),
        }
    }

    /// Opens the region.
    pub fn enter(&'static self) -> Region {
        Region::open(self.id(), true)
    }

    /// Opens a region of this library. It computes nothing by itself at its end.
    pub(crate) fn enter_internal(&'static self) -> Region {
        Region::open(self.id(), false)
    }
}

/// Times a stretch of the program under a name.
///
/// With a block it is an expression with the block's value; `?`, `break`, `return` and panics in it
/// end the region as they should. Without one it gives a [`Region`](crate::prof::Region), and the
/// region ends when that is dropped.
///
/// ```
/// use hpc::prelude::*;
/// fn parse(text: &str) -> Result<f64, std::num::ParseFloatError> {
///     let _region = region!("parse");
///     let x: f64 = region!("number", { text.parse()? });
///     Ok(2.0 * x)
/// }
/// assert_eq!(parse("21"), Ok(42.0));
/// assert!(parse("x").is_err());
/// assert_eq!(prof::report().get("parse/number").unwrap().visits, 2);
/// ```
#[macro_export]
macro_rules! region {
    ($name:literal, $body:block) => {{
        let _region = $crate::region!($name);
        $body
    }};
    ($name:literal) => {{
        static SITE: $crate::prof::Site = $crate::prof::Site::new($name);
        SITE.enter()
    }};
    ($name:expr, $body:block) => {{
        let _region = $crate::region!($name);
        $body
    }};
    ($name:expr) => {
        $crate::prof::Region::enter(::core::convert::AsRef::<str>::as_ref(&$name))
    };
}

/// Opens a region that lasts until [`region_end`] with the same name, across cells' statements but
/// not across cells: what is open at the end of a cell is closed there, with a warning.
///
/// ```
/// use hpc::prelude::*;
/// region_begin("setup");
/// let x = arange(0, 1000, 1);
/// region_end("setup");
/// # assert_eq!(x.len(), 1000);
/// assert_eq!(prof::report().get("setup").unwrap().visits, 1);
/// ```
pub fn region_begin(name: &str) {
    let name = intern(name);
    LOCAL.with(|local| local.open(name, true));
}

/// Closes the region that [`region_begin`] opened last.
///
/// # Panics
/// Panics when the innermost open region has another name, or was not opened by `region_begin`.
#[track_caller]
pub fn region_end(name: &str) {
    let innermost = LOCAL.with(|local| {
        local
            .frames
            .borrow()
            .last()
            .map(|frame| (name_text(frame.name), frame.manual))
    });
    match innermost {
        Some((open, true)) if *open == *name => {}
        Some((open, true)) => {
            panic!("region_end(\"{name}\"): the innermost open region is \"{open}\"")
        }
        Some((open, false)) => panic!(
            "region_end(\"{name}\"): the innermost open region, \"{open}\", ends with its block or guard"
        ),
        None => panic!("region_end(\"{name}\"): no region is open"),
    }
    settle_innermost();
    LOCAL.with(Local::close);
}

/// Closes the regions that [`region_begin`] left open on this thread and returns their names,
/// innermost first. Called by the host at the end of each cell.
pub fn close_open_regions() -> Vec<String> {
    LOCAL.with(|local| {
        local.close_to(0);
        local.left_open.take()
    })
}

/// Regions that are open on a thread: they would not be counted otherwise.
pub(super) struct Open {
    pub(super) tree: Arc<Tree>,
    /// What each has used so far.
    pub(super) counts: Vec<(NodeId, Counts)>,
}

/// The open regions of this thread.
pub(super) fn open() -> Option<Open> {
    let of = |local: &Local| {
        let (now, reset) = (ticks(), RESET_AT.load(Ordering::Relaxed));
        let counts = |frame: &Frame| Counts {
            visits: 1,
            ticks: now.saturating_sub(frame.start.max(reset)),
            bytes: allocated_bytes() - frame.bytes,
        };
        let frames = local.frames.borrow();
        let counts = frames
            .iter()
            .map(|frame| (frame.node, counts(frame)))
            .collect();
        Open {
            tree: Arc::clone(&local.tree),
            counts,
        }
    };
    LOCAL.try_with(of).ok()
}

/// Counts open regions from now on.
pub(super) fn restart_open() {
    RESET_AT.store(ticks(), Ordering::Relaxed);
}
