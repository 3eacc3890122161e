//! Items: what a cell defines for all cells after it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{ImplItem, Item as Syntax, UseTree, Visibility};

use crate::interruptible;
use crate::mentions::mentions;
use crate::text::{CellText, Edit, Fragment};

/// What kind of item, as far as it matters to other cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `macro_rules!`, which the text must come before its use.
    Macro,
    /// Something whose change can change how a value lies in memory: types, and what their
    /// definitions may mention.
    Shape,
    /// Functions, statics and implementations.
    Code,
}

/// A definition, made visible to other crates.
#[derive(Clone, Debug)]
pub struct Item {
    /// The names that it defines. A later item that defines one of them takes its place.
    pub names: Vec<String>,
    /// Its kind.
    pub kind: ItemKind,
    /// Its text.
    pub fragment: Fragment,
    /// Its tokens, which tell whether another text says the same.
    pub tokens: String,
    /// All names that it mentions.
    pub mentions: BTreeSet<String>,
    /// Names of the parts that can be replaced by themselves, with their places: the functions of
    /// an inherent `impl` or an `extern` block.
    pub parts: Vec<(String, Range<usize>)>,
}

impl Item {
    /// The item as it would stand in a cell of its own.
    pub fn declaration(&self) -> &str {
        match self.tokens.strip_prefix(IMPORT) {
            Some(_) => &self.tokens,
            None => self.fragment.original(),
        }
    }
}

/// What a single import begins with.
const IMPORT: &str = "pub use ";

/// The items that a statement of a cell is or, for `use`, stands for.
pub(crate) fn items(syntax: &Syntax, cell: &Arc<CellText>) -> Vec<Item> {
    if let Syntax::Use(import) = syntax {
        let mut imports = Vec::new();
        let prefix = if import.leading_colon.is_some() {
            "::"
        } else {
            ""
        };
        expand(&import.tree, prefix, cell, &mut imports);
        return imports;
    }
    let range = syntax.span().byte_range();
    let mut edits = publish(syntax);
    edits.extend(interruptible::in_item(syntax));
    if let Syntax::Static(item) = syntax {
        edits.extend(persist(item));
    }
    let (names, kind) = names(syntax);
    let tokens = syntax.to_token_stream();
    vec![Item {
        names,
        kind,
        fragment: Fragment {
            cell: Arc::clone(cell),
            range,
            edits,
        },
        tokens: tokens.to_string(),
        mentions: mentions(tokens),
        parts: parts(syntax),
    }]
}

/// The items of `thread_local! { … }` and its like, which define statics: a macro in braces that
/// has the word `static` in it.
pub(crate) fn statics(
    call: &syn::Macro,
    cell: &Arc<CellText>,
    range: Range<usize>,
) -> Option<Item> {
    let mut names = Vec::new();
    let mut edits = Vec::new();
    if call
        .path
        .segments
        .last()
        .is_some_and(|name| name.ident == "thread_local")
    {
        let path = call.path.span().byte_range();
        edits.push(Edit::replace(path, "::hpc::persistent_thread_local"));
    }
    let mut tokens = call.tokens.clone().into_iter().peekable();
    let mut is_public = false;
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = &token else {
            is_public &= matches!(token, TokenTree::Group(_));
            continue;
        };
        if word == "static" {
            if !is_public {
                edits.push(Edit::insert(word.span().byte_range().start, "pub "));
            }
            tokens.next_if(
                |next| matches!(next, TokenTree::Ident(word) if word == "ref" || word == "mut"),
            );
            if let Some(TokenTree::Ident(name)) = tokens.peek() {
                names.push(name.to_string());
            }
        }
        is_public = word == "pub";
    }
    if names.is_empty() {
        return None;
    }
    let tokens = call.to_token_stream();
    Some(Item {
        names,
        kind: ItemKind::Code,
        fragment: Fragment {
            cell: Arc::clone(cell),
            range,
            edits,
        },
        tokens: tokens.to_string(),
        mentions: mentions(tokens),
        parts: Vec::new(),
    })
}

fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

fn names(syntax: &Syntax) -> (Vec<String>, ItemKind) {
    use ItemKind::{Code, Macro, Shape};
    let (name, kind) = match syntax {
        Syntax::Const(item) => (item.ident.to_string(), Shape),
        Syntax::Enum(item) => (item.ident.to_string(), Shape),
        Syntax::Struct(item) => (item.ident.to_string(), Shape),
        Syntax::Trait(item) => (item.ident.to_string(), Shape),
        Syntax::Type(item) => (item.ident.to_string(), Shape),
        Syntax::Union(item) => (item.ident.to_string(), Shape),
        Syntax::Mod(item) => (item.ident.to_string(), Shape),
        Syntax::Fn(item) => {
            let kind = if item.sig.constness.is_some() {
                Shape
            } else {
                Code
            };
            (item.sig.ident.to_string(), kind)
        }
        Syntax::Static(item) => (item.ident.to_string(), Code),
        Syntax::ExternCrate(item) => {
            let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
            (name.to_string(), Code)
        }
        Syntax::Macro(item) => match &item.ident {
            Some(name) => (format!("{name}!"), Macro),
            None => (text(&item.mac), Code),
        },
        Syntax::Impl(item) => {
            let header = impl_header(item);
            let parts = parts(syntax);
            if item.trait_.is_none() && !parts.is_empty() {
                return (parts.into_iter().map(|(name, _)| name).collect(), Code);
            }
            (header, Code)
        }
        Syntax::ForeignMod(block) => {
            return (block.items.iter().map(foreign_name).collect(), Code);
        }
        other => (text(other), Code),
    };
    (vec![name], kind)
}

fn foreign_name(item: &syn::ForeignItem) -> String {
    match item {
        syn::ForeignItem::Fn(item) => item.sig.ident.to_string(),
        syn::ForeignItem::Static(item) => item.ident.to_string(),
        syn::ForeignItem::Type(item) => item.ident.to_string(),
        other => text(other),
    }
}

fn impl_header(item: &syn::ItemImpl) -> String {
    let mut head = item.clone();
    head.attrs.clear();
    head.items.clear();
    text(head)
}

fn parts(syntax: &Syntax) -> Vec<(String, Range<usize>)> {
    if let Syntax::ForeignMod(block) = syntax {
        return block
            .items
            .iter()
            .map(|item| (foreign_name(item), item.span().byte_range()))
            .collect();
    }
    let Syntax::Impl(item) = syntax else {
        return Vec::new();
    };
    if item.trait_.is_some() {
        return Vec::new();
    }
    let header = impl_header(item);
    item.items
        .iter()
        .filter_map(|part| {
            let name = match part {
                ImplItem::Fn(function) => function.sig.ident.to_string(),
                ImplItem::Const(constant) => constant.ident.to_string(),
                _ => return None,
            };
            Some((format!("{header} {name}"), part.span().byte_range()))
        })
        .collect()
}

/// The changes that make an item visible to other crates.
fn publish(syntax: &Syntax) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut publish = |visibility: &Visibility, at: proc_macro2::Span| match visibility {
        Visibility::Inherited => edits.push(Edit::insert(at.byte_range().start, "pub ")),
        Visibility::Restricted(_) => {
            edits.push(Edit::replace(visibility.span().byte_range(), "pub"));
        }
        Visibility::Public(_) => {}
    };
    match syntax {
        Syntax::Const(item) => publish(&item.vis, item.const_token.span()),
        Syntax::Enum(item) => publish(&item.vis, item.enum_token.span()),
        Syntax::ExternCrate(item) => publish(&item.vis, item.extern_token.span()),
        Syntax::Fn(item) => publish(&item.vis, item.sig.span()),
        Syntax::Mod(item) => publish(
            &item.vis,
            item.unsafety
                .as_ref()
                .map_or(item.mod_token.span(), Spanned::span),
        ),
        Syntax::Static(item) => publish(&item.vis, item.static_token.span()),
        Syntax::Trait(item) => publish(
            &item.vis,
            item.unsafety
                .as_ref()
                .map_or(item.trait_token.span(), Spanned::span),
        ),
        Syntax::Type(item) => publish(&item.vis, item.type_token.span()),
        Syntax::Struct(item) => {
            publish(&item.vis, item.struct_token.span());
            for field in &item.fields {
                let at = match &field.ident {
                    Some(name) => name.span(),
                    None => field.ty.span(),
                };
                publish(&field.vis, at);
            }
        }
        Syntax::Union(item) => {
            publish(&item.vis, item.union_token.span());
            for field in &item.fields.named {
                if let Some(name) = &field.ident {
                    publish(&field.vis, name.span());
                }
            }
        }
        Syntax::Impl(item) if item.trait_.is_none() => {
            for part in &item.items {
                match part {
                    ImplItem::Fn(function) => publish(&function.vis, function.sig.span()),
                    ImplItem::Const(constant) => {
                        publish(&constant.vis, constant.const_token.span());
                    }
                    _ => {}
                }
            }
        }
        Syntax::ForeignMod(block) => {
            for item in &block.items {
                match item {
                    syn::ForeignItem::Fn(item) => publish(&item.vis, item.sig.span()),
                    syn::ForeignItem::Static(item) => publish(&item.vis, item.static_token.span()),
                    syn::ForeignItem::Type(item) => publish(&item.vis, item.type_token.span()),
                    _ => {}
                }
            }
        }
        Syntax::Macro(item) if item.ident.is_some() => {
            let exported = item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("macro_export"));
            if !exported {
                edits.push(Edit::insert(
                    item.mac.path.span().byte_range().start,
                    "#[macro_export] ",
                ));
            }
        }
        _ => {}
    }
    edits
}

/// Types whose values change behind a shared reference, by words in their names.
const CHANGING: [&str; 10] = [
    "Atomic", "Mutex", "RwLock", "OnceLock", "LazyLock", "Once", "Condvar", "Lazy", "OnceCell",
    "SegQueue",
];

/// The changes that let a static keep its value between cells. Each cell has copies of the notebook's
/// statics; one whose value can change must be the same one for all.
fn persist(item: &syn::ItemStatic) -> Vec<Edit> {
    let ty = text(&item.ty);
    let can_change = CHANGING.iter().any(|word| ty.contains(word));
    if !can_change || !matches!(item.mutability, syn::StaticMutability::None) {
        return Vec::new();
    }
    let (ty, value) = (item.ty.span().byte_range(), item.expr.span().byte_range());
    // Another text is another static.
    let name = format!("{} {}", item.ident, text(&item.expr));
    vec![
        Edit::insert(ty.start, "::hpc::host::Persistent<"),
        Edit::insert(ty.end, ">"),
        Edit::insert(
            value.start,
            format!("::hpc::host::Persistent::new({name:?}, || "),
        ),
        Edit::insert(value.end, ")"),
    ]
}

/// One item per name that a `use` brings in, so that each can be replaced by itself.
fn expand(tree: &UseTree, prefix: &str, cell: &Arc<CellText>, imports: &mut Vec<Item>) {
    let mut import = |name: String, path: String, span: proc_macro2::Span| {
        let range = span.byte_range();
        let text = format!("{IMPORT}{path};");
        imports.push(Item {
            names: vec![name],
            kind: ItemKind::Code,
            fragment: Fragment {
                cell: Arc::clone(cell),
                range: range.clone(),
                edits: vec![Edit::replace(range, text.clone())],
            },
            mentions: text
                .parse::<TokenStream>()
                .map(mentions)
                .unwrap_or_default(),
            tokens: text,
            parts: Vec::new(),
        });
    };
    match tree {
        UseTree::Path(path) => {
            expand(
                &path.tree,
                &format!("{prefix}{}::", path.ident),
                cell,
                imports,
            );
        }
        UseTree::Name(leaf) if leaf.ident == "self" => {
            let path = prefix.trim_end_matches("::");
            let name = path.rsplit("::").next().unwrap_or_default();
            import(name.to_owned(), format!("{path}::{{self}}"), tree.span());
        }
        UseTree::Name(leaf) => {
            import(
                leaf.ident.to_string(),
                format!("{prefix}{}", leaf.ident),
                tree.span(),
            );
        }
        UseTree::Rename(leaf) => {
            let path = if leaf.ident == "self" {
                let path = prefix.trim_end_matches("::");
                format!("{path}::{{self as {}}}", leaf.rename)
            } else {
                format!("{prefix}{} as {}", leaf.ident, leaf.rename)
            };
            let name = if leaf.rename == "_" {
                path.clone()
            } else {
                leaf.rename.to_string()
            };
            import(name, path, tree.span());
        }
        UseTree::Glob(_) => import(format!("{prefix}*"), format!("{prefix}*"), tree.span()),
        UseTree::Group(group) => {
            for tree in &group.items {
                expand(tree, prefix, cell, imports);
            }
        }
    }
}
