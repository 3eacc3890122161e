//! Types that cells define, and what happens to variables when one is defined anew.
//!
//! evcxr keeps variables as `dyn Any` and trusts the identity of their type. The compiler derives
//! that from the crate and the type's name: a `struct` with other fields keeps it, and reading an
//! old variable as the new type reads memory that is not there. So each redefinition begins a
//! *generation* of the crate, in which all types of the notebook's own are new ones; evcxr then
//! finds that variables of the old ones are lost, and says so.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use syn::parse::Parser;
use syn::{Block, Item, Stmt};

use crate::build::GENERATION_FILE;

/// The types that are defined, and the generation that they belong to.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    /// Text of each definition by its name.
    defined: HashMap<String, String>,
    generation: u32,
}

impl Types {
    /// What is known after `code`. It begins a new generation if it redefines a type.
    pub(super) fn after(&self, code: &str) -> Self {
        let mut after = self.clone();
        let mut redefined = false;
        for (name, text) in definitions(code) {
            let before = after.defined.insert(name, text.clone());
            redefined |= before.is_some_and(|before| before != text);
        }
        after.generation += u32::from(redefined);
        after
    }

    /// Tells builds which generation the cells that are compiled in `cells` belong to.
    pub(super) fn publish(&self, cells: &Path) -> std::io::Result<()> {
        fs::write(cells.join(GENERATION_FILE), self.generation.to_string())
    }
}

fn definitions(code: &str) -> Vec<(String, String)> {
    let statements = Block::parse_within.parse_str(code).unwrap_or_default();
    let lines =
        |span: proc_macro2::Span| code.get(span.byte_range()).unwrap_or_default().to_owned();
    statements
        .into_iter()
        .filter_map(|statement| match statement {
            Stmt::Item(item) => Some(item),
            _ => None,
        })
        .filter_map(|item| {
            let name = match &item {
                Item::Struct(item) => item.ident.to_string(),
                Item::Enum(item) => item.ident.to_string(),
                Item::Union(item) => item.ident.to_string(),
                Item::Type(item) => item.ident.to_string(),
                _ => return None,
            };
            Some((name, lines(syn::spanned::Spanned::span(&item))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Types;

    #[test]
    fn only_another_definition_begins_a_generation() {
        let first = Types::default().after("struct A { x: i32 }\nlet a = A { x: 1 };");
        assert_eq!(first.generation, 0);
        assert_eq!(first.after("struct A { x: i32 }").generation, 0);
        assert_eq!(first.after("enum B { C }").generation, 0);
        assert_eq!(first.after("struct A { x: [u64; 4] }").generation, 1);
    }
}
