//! The call tree of a thread. Its owner alone adds to it; anybody may read it at any time, because
//! all that changes is atomic.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A name of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NameId(pub(super) u32);

#[derive(Default)]
struct Names {
    ids: HashMap<Arc<str>, NameId>,
    texts: Vec<Arc<str>>,
}

static NAMES: Mutex<Option<Names>> = Mutex::new(None);

/// The number that stands for a name, the same for the life of the process.
pub(super) fn intern(name: &str) -> NameId {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(&id) = names.ids.get(name) {
        return id;
    }
    let id = NameId(names.texts.len() as u32);
    let text: Arc<str> = name.into();
    names.texts.push(Arc::clone(&text));
    names.ids.insert(text, id);
    id
}

pub(super) fn name_text(id: NameId) -> Arc<str> {
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    names
        .as_ref()
        .and_then(|names| names.texts.get(id.0 as usize).cloned())
        .unwrap_or_else(|| Arc::from("?"))
}

/// Place of a node in its tree.
pub(super) type NodeId = u32;

/// The root of every tree, and "no such node" where a child or sibling is meant.
pub(super) const ROOT: NodeId = 0;

/// A path of nested regions.
#[derive(Default)]
pub(super) struct Node {
    name: AtomicU32,
    parent: AtomicU32,
    first_child: AtomicU32,
    next_sibling: AtomicU32,
    visits: AtomicU64,
    ticks: AtomicU64,
    bytes: AtomicU64,
}

/// What was counted at a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) visits: u64,
    pub(super) ticks: u64,
    pub(super) bytes: u64,
}

impl Node {
    pub(super) fn name(&self) -> NameId {
        NameId(self.name.load(Ordering::Relaxed))
    }

    pub(super) fn parent(&self) -> NodeId {
        self.parent.load(Ordering::Relaxed)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            visits: self.visits.load(Ordering::Relaxed),
            ticks: self.ticks.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    fn clear(&self) {
        self.visits.store(0, Ordering::Relaxed);
        self.ticks.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }
}

/// Nodes of the first piece of a tree; each further piece is twice as large.
const FIRST_PIECE: usize = 64;

/// Pieces of a tree: enough for 2³⁰ nodes.
const PIECES: usize = 24;

/// A call tree. Nodes never move and never go away.
pub(super) struct Tree {
    pieces: [OnceLock<Box<[Node]>>; PIECES],
    len: AtomicU32,
}

impl Tree {
    /// A tree with nothing but its root, known to [`trees`].
    pub(super) fn registered() -> Arc<Self> {
        let tree = Arc::new(Self {
            pieces: [const { OnceLock::new() }; PIECES],
            len: AtomicU32::new(1),
        });
        TREES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&tree));
        tree
    }

    pub(super) fn len(&self) -> NodeId {
        self.len.load(Ordering::Acquire)
    }

    #[inline]
    pub(super) fn node(&self, id: NodeId) -> &Node {
        // Piece k holds FIRST_PIECE << k nodes, from FIRST_PIECE * (2^k - 1) on.
        let shifted = id as usize + FIRST_PIECE;
        let piece = (shifted / FIRST_PIECE).ilog2() as usize;
        let index = shifted - (FIRST_PIECE << piece);
        let nodes = self.pieces[piece]
            .get_or_init(|| (0..FIRST_PIECE << piece).map(|_| Node::default()).collect());
        &nodes[index]
    }

    /// The child of `parent` with that name, made now if need be. For the owner only.
    #[inline]
    pub(super) fn child(&self, parent: NodeId, name: NameId) -> NodeId {
        let first = self.node(parent).first_child.load(Ordering::Relaxed);
        let mut child = first;
        while child != ROOT {
            let node = self.node(child);
            if node.name() == name {
                return child;
            }
            child = node.next_sibling.load(Ordering::Relaxed);
        }
        self.add_child(parent, name, first)
    }

    #[cold]
    fn add_child(&self, parent: NodeId, name: NameId, next_sibling: NodeId) -> NodeId {
        let id = self.len.load(Ordering::Relaxed);
        let node = self.node(id);
        node.name.store(name.0, Ordering::Relaxed);
        node.parent.store(parent, Ordering::Relaxed);
        node.next_sibling.store(next_sibling, Ordering::Relaxed);
        // Seen by readers only when it is complete.
        self.len.store(id + 1, Ordering::Release);
        self.node(parent).first_child.store(id, Ordering::Relaxed);
        id
    }

    /// Adds a visit. For the owner only: the additions are not atomic, which makes them cheap.
    #[inline]
    pub(super) fn count(&self, id: NodeId, ticks: u64, bytes: u64) {
        let node = self.node(id);
        let add = |counter: &AtomicU64, more: u64| {
            counter.store(
                counter.load(Ordering::Relaxed).wrapping_add(more),
                Ordering::Relaxed,
            );
        };
        add(&node.visits, 1);
        add(&node.ticks, ticks);
        add(&node.bytes, bytes);
    }

    pub(super) fn clear(&self) {
        for id in ROOT..self.len() {
            self.node(id).clear();
        }
    }
}

static TREES: Mutex<Vec<Arc<Tree>>> = Mutex::new(Vec::new());

/// The trees of all threads that ever entered a region.
pub(super) fn trees() -> Vec<Arc<Tree>> {
    TREES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
