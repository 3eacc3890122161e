//! What decides how values lie in memory.
//!
//! A value of an earlier cell is only safe to touch as long as its type is what it was. Two editions of
//! a type of the same path are the same type to the compiler, whatever lies inside: so each change
//! of what a type is made of must be noticed here, by names.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{ImplItem, Item as Syntax};

use crate::mentions::reads_files;

/// What an item has to do with layouts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// The names whose meaning matters and that the item decides, each with the text that does it.
    provides: BTreeMap<String, String>,
    /// The names that what it provides depends on.
    depends: BTreeSet<String>,
    /// Those of them that are looked up where the item stands, not in another path.
    heads: BTreeSet<String>,
    /// Whether the item stands or falls as a whole, as opposed to the parts of an inherent `impl`.
    is_whole: bool,
}

impl Layout {
    /// Of an item that is no import.
    pub(crate) fn of_item(syntax: &Syntax) -> Self {
        match syntax {
            Syntax::Impl(item) => return Self::of_impl(item),
            Syntax::Fn(item) if item.sig.constness.is_none() => return Self::default(),
            Syntax::ForeignMod(_) | Syntax::Verbatim(_) => return Self::default(),
            Syntax::Const(item) if item.ident == "_" => return Self::default(),
            _ => {}
        }
        let mut names = Provided::default();
        names.visit_item(syntax);
        let mut layout = Self::new(names.0, syntax.to_token_stream());
        if matches!(syntax, Syntax::Mod(_)) && !layout.depends.contains("super") {
            // It sees nothing of what stands around it.
            layout.heads.clear();
        }
        layout
    }

    /// Of one imported name, or of all names of a path for `*`.
    pub(crate) fn of_import(name: &str, tokens: TokenStream) -> Self {
        Self::new(BTreeSet::from([name.to_owned()]), tokens)
    }

    fn new(names: BTreeSet<String>, tokens: TokenStream) -> Self {
        let text = tokens.to_string();
        let mut layout = Self {
            is_whole: true,
            ..Self::default()
        };
        layout.depend(tokens);
        layout.provides = names.into_iter().map(|name| (name, text.clone())).collect();
        layout
    }

    /// Associated types and constants, and functions that may stand in the length of an array.
    fn of_impl(item: &syn::ItemImpl) -> Self {
        let mut layout = Self {
            is_whole: item.trait_.is_some(),
            ..Self::default()
        };
        let mut all = String::new();
        for part in &item.items {
            let name = match part {
                ImplItem::Type(part) => &part.ident,
                ImplItem::Const(part) => &part.ident,
                ImplItem::Fn(part) if part.sig.constness.is_some() => &part.sig.ident,
                _ => continue,
            };
            let text = part.to_token_stream().to_string();
            all.push_str(&text);
            layout.provides.insert(name.to_string(), text);
            layout.depend(part.to_token_stream());
        }
        if layout.is_whole && !all.is_empty() {
            // Types of other crates may be made of what a trait says of their parameters.
            for name in all_names(item.self_ty.to_token_stream()) {
                layout.provides.insert(name, all.clone());
            }
        }
        layout
    }

    fn depend(&mut self, tokens: TokenStream) {
        collect(tokens, &mut self.depends, &mut self.heads);
    }

    /// All names that it provides.
    pub(crate) fn provided(&self) -> impl Iterator<Item = &String> {
        self.provides.keys()
    }

    /// The names whose meaning changes when `new` takes the place of this.
    pub(crate) fn changed_by(&self, new: &Self) -> Vec<String> {
        self.provides
            .iter()
            .filter(|(name, text)| match new.provides.get(*name) {
                Some(new) => new != *text || reads_files(&self.depends),
                None => self.is_whole,
            })
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Whether it is made of something that has one of those names.
    pub(crate) fn depends_on(&self, names: &BTreeSet<String>) -> bool {
        !self.provides.is_empty() && !self.depends.is_disjoint(names)
    }

    /// Whether it uses a name that meant something else before it was defined.
    pub(crate) fn looks_up(&self, name: &str) -> bool {
        !self.provides.is_empty() && self.heads.contains(name)
    }
}

/// Names of an item and of what is defined inside of it.
#[derive(Default)]
struct Provided(BTreeSet<String>);

impl<'ast> Visit<'ast> for Provided {
    fn visit_item(&mut self, item: &'ast Syntax) {
        let name = match item {
            Syntax::Const(item) => Some(&item.ident),
            Syntax::Enum(item) => Some(&item.ident),
            Syntax::ExternCrate(item) => {
                Some(item.rename.as_ref().map_or(&item.ident, |(_, name)| name))
            }
            Syntax::Fn(item) => Some(&item.sig.ident).filter(|_| item.sig.constness.is_some()),
            Syntax::Macro(item) => item.ident.as_ref(),
            Syntax::Mod(item) => Some(&item.ident),
            Syntax::Static(item) => Some(&item.ident),
            Syntax::Struct(item) => Some(&item.ident),
            Syntax::Trait(item) => Some(&item.ident),
            Syntax::TraitAlias(item) => Some(&item.ident),
            Syntax::Type(item) => Some(&item.ident),
            Syntax::Union(item) => Some(&item.ident),
            _ => None,
        };
        self.0.extend(name.map(ToString::to_string));
        // What is inside of functions is for them alone.
        match item {
            Syntax::Mod(item) => visit::visit_item_mod(self, item),
            Syntax::Use(item) => visit::visit_item_use(self, item),
            _ => {}
        }
    }

    fn visit_use_name(&mut self, leaf: &'ast syn::UseName) {
        self.0.insert(leaf.ident.to_string());
    }

    fn visit_use_rename(&mut self, leaf: &'ast syn::UseRename) {
        self.0.insert(leaf.rename.to_string());
    }
}

fn all_names(tokens: TokenStream) -> BTreeSet<String> {
    let (mut all, mut heads) = (BTreeSet::new(), BTreeSet::new());
    collect(tokens, &mut all, &mut heads);
    all
}

/// Notes all names, and those that nothing stands before that they belong to. Attributes say nothing of
/// layouts but by numbers.
fn collect(tokens: TokenStream, all: &mut BTreeSet<String>, heads: &mut BTreeSet<String>) {
    // The two signs in front.
    let mut before = [' '; 2];
    for token in tokens {
        let sign = match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                if before != [':', ':'] && before[1] != '.' {
                    heads.insert(name.clone());
                }
                all.insert(name);
                ' '
            }
            TokenTree::Group(group) => {
                let is_attribute = before[1] == '#' && group.delimiter() == Delimiter::Bracket;
                if !is_attribute {
                    collect(group.stream(), all, heads);
                }
                ' '
            }
            TokenTree::Punct(sign) => sign.as_char(),
            TokenTree::Literal(_) => ' ',
        };
        before = [before[1], sign];
    }
}
