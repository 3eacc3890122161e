//! Items: what a cell defines for all cells after it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ImplItem, Item as Syntax, UseTree, Visibility};

use crate::interruptible;
use crate::layout::Layout;
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
    /// What it has to do with how values lie in memory.
    pub(crate) layout: Layout,
    /// Whether a value or a function has its name, so that a variable of that name is hidden.
    pub(crate) is_value: bool,
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

/// The function that ends early in cells.
const SLEEP: &str = "std::thread::sleep";

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
    let mut statics = Statics::default();
    statics.visit_item(syntax);
    // First, because an attribute stands in front of `pub`.
    let mut edits = statics.edits;
    edits.extend(publish(syntax));
    edits.extend(interruptible::in_item(syntax));
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
        layout: Layout::of_item(syntax),
        is_value: is_value(syntax),
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
    let mut is_lifetime = false;
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = &token else {
            is_public &= matches!(token, TokenTree::Group(_));
            is_lifetime = matches!(&token, TokenTree::Punct(sign) if sign.as_char() == '\'');
            continue;
        };
        if word == "static" && !is_lifetime {
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
        is_lifetime = false;
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
        layout: Layout::default(),
        is_value: true,
    })
}

fn is_value(syntax: &Syntax) -> bool {
    match syntax {
        Syntax::Const(_) | Syntax::Fn(_) | Syntax::Static(_) => true,
        Syntax::Struct(item) => !matches!(item.fields, syn::Fields::Named(_)),
        _ => false,
    }
}

fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

fn names(syntax: &Syntax) -> (Vec<String>, ItemKind) {
    use ItemKind::{Code, Macro, Shape};
    let (name, kind) = match syntax {
        // It checks something and stands for nothing.
        Syntax::Const(item) if item.ident == "_" => (text(item), Code),
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
        Syntax::Const(item) if item.ident == "_" => {}
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
    if let Syntax::Mod(item) = syntax {
        let mut shared = OfTheCrate::default();
        for item in item.content.iter().flat_map(|(_, items)| items) {
            shared.visit_item(item);
        }
        edits.extend(shared.0);
    }
    edits
}

/// Makes what a module shares with its crate visible to later cells, which are other crates.
#[derive(Default)]
struct OfTheCrate(Vec<Edit>);

impl<'ast> Visit<'ast> for OfTheCrate {
    fn visit_visibility(&mut self, visibility: &'ast Visibility) {
        if let Visibility::Restricted(restricted) = visibility
            && restricted.path.is_ident("crate")
        {
            self.0
                .push(Edit::replace(visibility.span().byte_range(), "pub"));
        }
    }
}

/// Types whose values change behind a shared reference, by words in their names.
const CHANGING: [&str; 10] = [
    "Atomic", "Mutex", "RwLock", "OnceLock", "LazyLock", "Once", "Condvar", "Lazy", "OnceCell",
    "SegQueue",
];

/// What makes the compiler warn where a static is used that changes by assignment: nothing can be put in
/// its place that is the same in all cells.
const WARNING: &str = "#[deprecated(note = \"each cell has a `static mut` of its own, and what another \
                       one did to it is lost; a `Mutex` or an atomic is the same in all cells\")] ";

/// Makes statics keep their values between cells, also those in modules and functions. Each cell has
/// copies of the notebook's statics; one whose value can change must be the same one for all.
#[derive(Default)]
struct Statics {
    edits: Vec<Edit>,
    /// Names of what the current place is in.
    path: Vec<String>,
}

impl Statics {
    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.path.push(name);
        visit(self);
        self.path.pop();
    }

    fn persist(&mut self, item: &syn::ItemStatic) {
        if !matches!(item.mutability, syn::StaticMutability::None) {
            let start = match &item.vis {
                Visibility::Inherited => item.static_token.span(),
                visible => visible.span(),
            };
            self.edits
                .push(Edit::insert(start.byte_range().start, WARNING));
            return;
        }
        let ty = text(&item.ty);
        // What a reference refers to can only be made by the compiler.
        let can_change = !matches!(*item.ty, syn::Type::Reference(_))
            && CHANGING.iter().any(|word| ty.contains(word));
        if !can_change {
            return;
        }
        // Its own dereferencing must not take one more star than the user wrote.
        let (kind, make, end) = if is_lazy(&item.ty) {
            (
                "::hpc::host::PersistentLazy<",
                "::hpc::host::PersistentLazy::new(::hpc::host::Persistent::new(",
                "))",
            )
        } else {
            (
                "::hpc::host::Persistent<",
                "::hpc::host::Persistent::new(",
                ")",
            )
        };
        let (ty, value) = (item.ty.span().byte_range(), item.expr.span().byte_range());
        // Another text is another static.
        let name = item.ident.to_string();
        let path: Vec<&str> = self
            .path
            .iter()
            .chain([&name])
            .map(String::as_str)
            .collect();
        let name = format!("{} {}", path.join("::"), text(&item.expr));
        self.edits.extend([
            Edit::insert(ty.start, kind),
            Edit::insert(ty.end, ">"),
            Edit::insert(value.start, format!("{make}{name:?}, || ")),
            Edit::insert(value.end, end),
        ]);
    }
}

impl<'ast> Visit<'ast> for Statics {
    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.persist(item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.inside(item.ident.to_string(), |statics| {
            visit::visit_item_mod(statics, item);
        });
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.inside(item.sig.ident.to_string(), |statics| {
            visit::visit_item_fn(statics, item);
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.inside(impl_header(item), |statics| {
            visit::visit_item_impl(statics, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.inside(item.sig.ident.to_string(), |statics| {
            visit::visit_impl_item_fn(statics, item);
        });
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.inside(item.ident.to_string(), |statics| {
            visit::visit_item_trait(statics, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.inside(item.sig.ident.to_string(), |statics| {
            visit::visit_trait_item_fn(statics, item);
        });
    }
}

/// `LazyLock<T>` or `Lazy<T>` of the crate `once_cell`, by whatever path.
fn is_lazy(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|name| name.ident == "LazyLock" || name.ident == "Lazy")
}

/// One item per name that a `use` brings in, so that each can be replaced by itself.
fn expand(tree: &UseTree, prefix: &str, cell: &Arc<CellText>, imports: &mut Vec<Item>) {
    let mut import = |name: String, path: String, span: proc_macro2::Span| {
        let range = span.byte_range();
        // Sleeping that ends early when the user interrupts it.
        let path = match path.trim_start_matches("::").strip_prefix(SLEEP) {
            Some(renamed) if renamed.is_empty() || renamed.starts_with(" as ") => {
                format!("{}{renamed}", interruptible::SLEEP)
            }
            _ => path,
        };
        let text = format!("{IMPORT}{path};");
        let tokens = text.parse::<TokenStream>().unwrap_or_default();
        imports.push(Item {
            layout: Layout::of_import(&name, tokens.clone()),
            is_value: false,
            names: vec![name],
            kind: ItemKind::Code,
            fragment: Fragment {
                cell: Arc::clone(cell),
                range: range.clone(),
                edits: vec![Edit::replace(range, text.clone())],
            },
            mentions: mentions(tokens),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Item, items};
    use crate::text::{CellText, Piece};

    fn define(text: &str) -> Vec<Item> {
        let cell = Arc::new(CellText {
            number: 1,
            text: text.to_owned(),
        });
        let file = syn::parse_file(text).unwrap();
        file.items
            .iter()
            .flat_map(|item| items(item, &cell))
            .collect()
    }

    fn changed(text: &str) -> String {
        let changed = define(text)
            .into_iter()
            .map(|item| {
                let pieces = item.fragment.pieces().into_iter();
                let text: String = pieces
                    .map(|piece| match piece {
                        Piece::Written(range) => text[range].to_owned(),
                        Piece::Inserted { text, .. } => text,
                    })
                    .collect();
                text
            })
            .collect::<Vec<_>>()
            .join("\n");
        assert!(syn::parse_file(&changed).is_ok(), "{changed}");
        changed.replace("::hpc::host::", "")
    }

    #[test]
    fn statics_are_the_same_in_all_cells_wherever_they_are() {
        assert_eq!(
            changed("static A: AtomicU8 = AtomicU8::new(0);"),
            "pub static A: Persistent<AtomicU8> = Persistent::new(\"A AtomicU8 :: new (0)\", || \
             AtomicU8::new(0));"
        );
        for (text, name) in [
            ("fn f() { static A: AtomicU8 = x(); }", "f::A x ()"),
            ("mod m { static A: AtomicU8 = x(); }", "m::A x ()"),
            (
                "impl S { fn f() { static A: AtomicU8 = x(); } }",
                "impl S { }::f::A x ()",
            ),
        ] {
            let changed = changed(text);
            assert!(changed.contains(&format!("{name:?}")), "{changed}");
        }
        let lazy = changed("static A: LazyLock<f64> = LazyLock::new(|| 1.0);");
        assert!(lazy.contains("PersistentLazy<LazyLock<f64>>"), "{lazy}");
        assert_eq!(changed("static A: u8 = 1;"), "pub static A: u8 = 1;");
        let warned = changed("static mut A: u8 = 1; pub static mut B: u8 = 1;");
        assert!(warned.contains(")] pub static mut A"), "{warned}");
        assert!(warned.contains(")] pub static mut B"), "{warned}");
        let text = "pub static A: &[AtomicU8; 1] = &[AtomicU8::new(0)];";
        assert_eq!(changed(text), text);
    }

    #[test]
    fn what_a_module_shares_with_its_crate_is_visible() {
        assert_eq!(
            changed("mod m { pub(crate) fn f() {} pub(super) struct S { pub(crate) a: u8 } }"),
            "pub mod m { pub fn f() {} pub(super) struct S { pub a: u8 } }"
        );
    }

    #[test]
    fn imported_sleep_ends_early_too() {
        assert_eq!(
            changed("use std::thread::{self, sleep, sleep as nap, sleep_ms};"),
            "pub use std::thread::{self};\npub use interrupt::sleep;\npub use interrupt::sleep as \
             nap;\npub use std::thread::sleep_ms;"
        );
    }

    #[test]
    fn unnamed_constants_stand_side_by_side() {
        let items = define("const _: () = a(); const _: () = b();");
        assert_ne!(items[0].names, items[1].names);
        assert_eq!(changed("const _: () = a();"), "const _: () = a();");
    }
}
