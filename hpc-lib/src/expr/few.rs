use smallvec::SmallVec;

/// What is known of a few keys. An expression has some dozens of operations at most, among which a key
/// is found sooner by looking than by its hash.
pub(super) struct Few<K, V>(SmallVec<[(K, V); 8]>);

impl<K: PartialEq, V: Copy> Few<K, V> {
    pub(super) fn new() -> Self {
        Self(SmallVec::new())
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|&(_, value)| value)
    }

    /// The value of a key, which is `value` if there is none yet.
    pub(super) fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.0.iter().position(|(known, _)| *known == key);
        let at = at.unwrap_or_else(|| {
            self.0.push((key, value));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        *self.get_or_insert(key, value) = value;
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }
}
