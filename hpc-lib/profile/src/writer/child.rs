//! Finding a node by its parent and what it stands for, in constant time.

use crate::record::layout::Node;

/// Places of a new table.
const PLACES: usize = 1024;

/// An open-addressed table of nodes. What a node's key is, the nodes themselves know.
#[derive(Debug)]
pub(super) struct Children {
    /// Nodes; 0 where there is none. At most half of them are taken.
    places: Vec<Node>,
    len: usize,
}

impl Default for Children {
    fn default() -> Self {
        Self {
            places: vec![0; PLACES],
            len: 0,
        }
    }
}

impl Children {
    fn start(&self, key: u64) -> usize {
        // Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): the upper bits of
        // a product with 2^64 divided by the golden ratio.
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash >> (64 - self.places.len().ilog2())) as usize
    }

    /// The node with that key.
    pub(super) fn find(&self, key: u64, key_of: impl Fn(Node) -> u64) -> Option<Node> {
        let (before, from) = self.places.split_at(self.start(key));
        from.iter()
            .chain(before)
            .take_while(|node| **node != 0)
            .find(|node| key_of(**node) == key)
            .copied()
    }

    /// Adds a node whose key is not in the table.
    pub(super) fn insert(&mut self, node: Node, key: u64, key_of: impl Fn(Node) -> u64) {
        if self.len * 2 >= self.places.len() {
            let old = std::mem::take(&mut self.places);
            self.places = vec![0; old.len() * 2];
            for node in old.into_iter().filter(|node| *node != 0) {
                self.place(node, key_of(node));
            }
        }
        self.place(node, key);
        self.len += 1;
    }

    fn place(&mut self, node: Node, key: u64) {
        let start = self.start(key);
        let (before, from) = self.places.split_at_mut(start);
        if let Some(place) = from.iter_mut().chain(before).find(|place| **place == 0) {
            *place = node;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let key_of = |node: Node| u64::from(node) * 0x1_0000_0001;
        let mut children = Children::default();
        for node in 1..10_000 {
            assert_eq!(children.find(key_of(node), key_of), None);
            children.insert(node, key_of(node), key_of);
        }
        for node in 1..10_000 {
            assert_eq!(children.find(key_of(node), key_of), Some(node));
        }
        assert_eq!(children.find(key_of(10_000), key_of), None);
    }
}
