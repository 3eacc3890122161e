#![allow(unsafe_code)] // To choose where the last owner of an array is dropped.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;

use crate::expr::Node;

/// A counted reference to a node, which is cloned and dropped by code of this library only.
///
/// A plain `Arc` would be dropped by code that the compiler generates wherever an array goes out of
/// scope: in each cell, with all that a node consists of.
pub(crate) struct Handle(ManuallyDrop<Arc<Node>>);

impl From<Arc<Node>> for Handle {
    fn from(node: Arc<Node>) -> Self {
        Self(ManuallyDrop::new(node))
    }
}

impl Deref for Handle {
    type Target = Arc<Node>;

    fn deref(&self) -> &Arc<Node> {
        &self.0
    }
}

impl Clone for Handle {
    #[inline(never)]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Handle {
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: this is the only place that drops it, and nothing uses it afterwards.
        unsafe { ManuallyDrop::drop(&mut self.0) }
    }
}
