//! The names that a piece of code mentions.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

/// Macros that read files: the same text may mean something else the next time.
const READING: [&str; 3] = ["include", "include_bytes", "include_str"];

/// Whether code that mentions those names may read files while it is compiled.
pub(crate) fn reads_files(names: &BTreeSet<String>) -> bool {
    READING.iter().any(|name| names.contains(*name))
}

/// All identifiers in `tokens`, also in the arguments of macros and in the braces of format
/// strings. A name may be mentioned without being used, never the other way round.
pub(crate) fn mentions(tokens: TokenStream) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(tokens, &mut names);
    names
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Literal(literal) => in_braces(&literal.to_string(), names),
            TokenTree::Punct(_) => {}
        }
    }
}

/// `{name}`, `{name:?}` and `{:>name$}` in a string.
fn in_braces(literal: &str, names: &mut BTreeSet<String>) {
    if !literal.contains('{') {
        return;
    }
    for part in literal.split('{').skip(1) {
        let inner = part.split('}').next().unwrap_or_default();
        names.extend(
            inner
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
                .map(str::to_owned),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn names_hide_in_macros_and_strings() {
        let found = mentions(
            "f(a.b, vec![c]); println!(\"{d:>e$} {}\", 'x')"
                .parse()
                .unwrap(),
        );
        for name in ["f", "a", "b", "c", "d", "e"] {
            assert!(found.contains(name), "{name}");
        }
        assert!(!found.contains("x"));
    }
}
