//! What is defined beside `main`.

/// What an item defines: of two items with the same name in a namespace, the later one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A name in a namespace.
    Named(&'static str, String),
    /// No name: an import, an `impl`, …
    Unnamed,
}

impl Key {
    pub(super) fn named(namespace: &'static str, name: &str) -> Self {
        Self::Named(namespace, name.into())
    }
}

/// The items of a program, in the order of their cells.
#[derive(Debug, Default)]
pub(super) struct Items(Vec<(Key, String)>);

impl Items {
    /// Adds an item. Gives the name of the one that it replaces by another text.
    pub(super) fn add(&mut self, key: Key, text: String) -> Option<String> {
        if key == Key::Unnamed {
            if !self.0.iter().any(|(_, known)| *known == text) {
                self.0.push((key, text));
            }
            return None;
        }
        let replaced = self.0.iter().position(|(known, _)| *known == key);
        let differs = replaced.is_some_and(|place| self.0.remove(place).1 != text);
        let name = match &key {
            Key::Named(_, name) if differs => Some(name.clone()),
            _ => None,
        };
        self.0.push((key, text));
        name
    }

    /// The items' texts. Macros come first: they are known only below their definition.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let is_macro = |key: &Key| matches!(key, Key::Named("macro", _));
        let macros = self.0.iter().filter(move |(key, _)| is_macro(key));
        let others = self.0.iter().filter(move |(key, _)| !is_macro(key));
        macros.chain(others).map(|(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_definition_counts() {
        let mut items = Items::default();
        let mut add = |key, text: &str| items.add(key, text.into());
        assert_eq!(add(Key::named("value", "f"), "fn f() {}"), None);
        assert_eq!(add(Key::Unnamed, "use a::b;"), None);
        assert_eq!(add(Key::Unnamed, "use a::b;"), None);
        assert_eq!(add(Key::named("type", "f"), "struct f;"), None);
        assert_eq!(add(Key::named("macro", "m"), "macro_rules! m {}"), None);
        assert_eq!(add(Key::named("value", "f"), "fn f() {}"), None);
        assert_eq!(
            add(Key::named("value", "f"), "fn f(a: i32) {}").as_deref(),
            Some("f")
        );
        let texts: Vec<_> = items.texts().collect();
        assert_eq!(
            texts,
            [
                "macro_rules! m {}",
                "use a::b;",
                "struct f;",
                "fn f(a: i32) {}"
            ]
        );
    }
}
