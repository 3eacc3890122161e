//! What is defined so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::item::{Item, ItemKind};
use crate::layout::Layout;
use crate::mentions::reads_files;
use crate::parse::Parsed;
use crate::source::Place;
use crate::text::{Edit, Fragment};
use crate::types::{Nameable, TypeNames};

/// A variable that lives in the process which runs cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Whether it was declared `mut`.
    pub mutable: bool,
    /// Its type as the user wrote it, if they did.
    pub written_type: Option<String>,
    /// Its type as the value itself says.
    pub type_name: String,
    /// The cell that brought it in.
    pub cell: u32,
}

/// Why a variable is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A cell of that number moved it.
    Moved(u32),
    /// This type of the notebook's own was defined anew.
    Redefined(String),
    /// A function or another value of its name was defined after it.
    Replaced,
    /// The cell of that number, which was to bring it in, ended before its last statement.
    Unfinished(u32),
    /// The process that it lived in ended.
    Crashed,
}

/// The items and variables of a notebook.
#[derive(Clone, Debug, Default)]
pub struct Notebook {
    items: Vec<Defined>,
    attributes: Vec<Fragment>,
    variables: BTreeMap<String, Variable>,
    lost: BTreeMap<String, Lost>,
    /// Public paths of types.
    pub type_names: TypeNames,
    /// Counts changes of the items.
    edition: u64,
    redefinitions: u32,
}

/// An item that is in force.
#[derive(Clone, Debug)]
pub(crate) struct Defined {
    pub(crate) item: Arc<Item>,
    /// The redefinition that it came in or was carried along with; 0 when it is the first.
    ///
    /// A value's type is told from others by its path. A type whose shape changes must therefore
    /// get a new path: it moves to a module with this number.
    pub(crate) redefinition: u32,
}

impl Notebook {
    /// Puts what a cell defines in force. Returns the names of variables that were lost by it.
    pub fn define(&mut self, cell: &Parsed) -> Vec<String> {
        let mut changed = false;
        for attribute in &cell.attributes {
            let same = |known: &Fragment| known.original() == attribute.original();
            // A new one may be wrong, and is compiled at once.
            if !self.attributes.iter().any(same) {
                self.attributes.push(attribute.clone());
                changed = true;
            }
        }
        let mut redefined = BTreeSet::new();
        let before: Vec<Arc<Item>> = self
            .items
            .iter()
            .map(|defined| Arc::clone(&defined.item))
            .collect();
        for item in &cell.items {
            changed |= self.define_one(item, &before, &mut redefined);
        }
        if changed {
            self.edition += 1;
        }
        let mut lost = self.drop_replaced_variables(&cell.items);
        if !redefined.is_empty() {
            self.redefinitions += 1;
            self.carry_along(&mut redefined);
            self.forget_written_types(&redefined);
            lost.extend(self.drop_variables_of(&redefined));
        }
        lost
    }

    /// What was defined last is what a name means.
    fn drop_replaced_variables(&mut self, items: &[Item]) -> Vec<String> {
        let mut lost = Vec::new();
        for name in items
            .iter()
            .filter(|item| item.is_value)
            .flat_map(|item| &item.names)
        {
            if self.variables.contains_key(name) {
                self.lose(name, Lost::Replaced);
                lost.push(name.clone());
            }
        }
        lost
    }

    /// A type that the user wrote may mean another one now; what the value says of itself does not.
    fn forget_written_types(&mut self, redefined: &BTreeSet<String>) {
        for variable in self.variables.values_mut() {
            let written = variable.written_type.as_deref().unwrap_or_default();
            if words(written).any(|word| redefined.contains(word)) {
                variable.written_type = None;
            }
        }
    }

    /// Returns whether something changed. `before` is what was in force before the cell.
    fn define_one(
        &mut self,
        item: &Item,
        before: &[Arc<Item>],
        redefined: &mut BTreeSet<String>,
    ) -> bool {
        let same = |defined: &Defined| {
            defined.item.tokens == item.tokens && defined.item.names == item.names
        };
        if !reads_files(&item.mentions) && self.items.iter().any(same) {
            return false;
        }
        let old: Vec<Arc<Item>> = self
            .items
            .iter()
            .map(|defined| &defined.item)
            .filter(|old| old.names.iter().any(|name| item.names.contains(name)))
            .map(Arc::clone)
            .collect();
        if old.is_empty() {
            self.hide(item, before, redefined);
        }
        for old in old {
            redefined.extend(old.layout.changed_by(&item.layout));
        }
        for name in &item.names {
            self.undefine(name);
        }
        self.items.push(Defined {
            item: Arc::new(item.clone()),
            redefinition: 0,
        });
        true
    }

    /// Finds what changes because a new name hides one that another crate or `*` brought in.
    fn hide(&self, item: &Item, before: &[Arc<Item>], redefined: &mut BTreeSet<String>) {
        let mut new: BTreeSet<&String> = item.layout.provided().collect();
        // `use path::*` of an item of the notebook's own.
        let opened = item
            .names
            .iter()
            .filter_map(|name| name.strip_suffix("::*")?.rsplit("::").next());
        for opened in opened {
            let known = self.items.iter().map(|defined| &defined.item);
            new.extend(
                known
                    .filter(|item| item.names.iter().any(|name| name == opened))
                    .flat_map(|item| item.layout.provided()),
            );
        }
        for item in before {
            if new.iter().any(|name| item.layout.looks_up(name)) {
                redefined.extend(item.layout.provided().cloned());
            }
        }
    }

    /// Takes what `name` stands for out of force.
    fn undefine(&mut self, name: &str) {
        self.items.retain_mut(|defined| {
            let old = &defined.item;
            if !old.names.iter().any(|other| other == name) {
                return true;
            }
            let Some((_, part)) = old.parts.iter().find(|(other, _)| other == name) else {
                return false;
            };
            // One function of an `impl` goes, the others stay.
            let mut rest = Item::clone(old);
            rest.fragment.edits.retain(|edit| !edit.is_in(part));
            rest.fragment.edits.push(Edit::remove(part.clone()));
            rest.names.retain(|other| other != name);
            let any = !rest.names.is_empty();
            // The text differs from what any cell says now.
            rest.tokens.clear();
            defined.item = Arc::new(rest);
            any
        });
    }

    /// Takes the item at a place out of force. Returns what to say of it.
    pub fn retire(&mut self, place: &Place) -> Option<String> {
        let index = self.items.iter().position(|defined| {
            let fragment = &defined.item.fragment;
            Arc::ptr_eq(&fragment.cell, &place.cell) && fragment.range.contains(&place.range.start)
        })?;
        let retired = self.items.remove(index);
        self.edition += 1;
        let text = retired.item.fragment.original();
        let head = text.lines().next().unwrap_or_default();
        Some(format!(
            "`{}` of In [{}] does not agree with what is defined now and is out of force; run its \
             cell again when it does\n",
            head.trim_end_matches(['{', ' ']),
            place.cell.number
        ))
    }

    /// Finds what changes its shape with what was redefined, and gives all of it new paths.
    fn carry_along(&mut self, redefined: &mut BTreeSet<String>) {
        loop {
            let more: Vec<String> = self
                .items
                .iter()
                .map(|defined| &defined.item.layout)
                .filter(|layout| layout.depends_on(redefined))
                .flat_map(Layout::provided)
                .filter(|name| !redefined.contains(*name))
                .cloned()
                .collect();
            if more.is_empty() {
                break;
            }
            redefined.extend(more);
        }
        for defined in &mut self.items {
            if defined.item.kind == ItemKind::Shape
                && defined
                    .item
                    .names
                    .iter()
                    .any(|name| redefined.contains(name))
            {
                defined.redefinition = self.redefinitions;
            }
        }
    }

    fn drop_variables_of(&mut self, redefined: &BTreeSet<String>) -> Vec<String> {
        let mut lost = Vec::new();
        self.variables.retain(|name, variable| {
            let cause = words(&variable.type_name)
                .filter(|_| variable.type_name.contains("cells::"))
                .find(|word| redefined.contains(*word));
            let Some(cause) = cause else {
                return true;
            };
            lost.push((name.clone(), Lost::Redefined(cause.to_owned())));
            false
        });
        let names = lost.iter().map(|(name, _)| name.clone()).collect();
        self.lost.extend(lost);
        names
    }

    /// Notes that crates which cells use were built anew, under names that stay the same. Returns the
    /// names of variables that were lost by it.
    pub fn outdate(&mut self, crates: &[String]) -> Vec<String> {
        let mut redefined: BTreeSet<String> = crates.iter().cloned().collect();
        let opens_one = |item: &Arc<Item>| {
            let is_open = item.names.iter().any(|name| name.ends_with("::*"));
            is_open && item.layout.depends_on(&redefined)
        };
        if self.items.iter().any(|defined| opens_one(&defined.item)) {
            // Nobody knows what `*` stands for.
            let all = self.items.iter().map(|defined| &defined.item.layout);
            let all: Vec<String> = all.flat_map(Layout::provided).cloned().collect();
            redefined.extend(all);
        }
        self.edition += 1;
        self.redefinitions += 1;
        self.carry_along(&mut redefined);
        self.forget_written_types(&redefined);
        let mut lost = self.drop_variables_of(&redefined);
        let of_them = |variable: &Variable| {
            crates
                .iter()
                .any(|name| has_crate(&variable.type_name, name))
        };
        let names: Vec<(String, String)> = self
            .variables
            .iter()
            .filter(|(_, variable)| of_them(variable))
            .map(|(name, variable)| (name.clone(), self.shown_type(variable)))
            .collect();
        for (name, type_name) in names {
            self.lose(&name, Lost::Redefined(type_name));
            lost.push(name);
        }
        lost
    }

    /// Counts changes of the items; 0 when there are none.
    #[must_use]
    pub fn edition(&self) -> u64 {
        self.edition
    }

    pub(crate) fn attributes(&self) -> &[Fragment] {
        &self.attributes
    }

    pub(crate) fn items(&self) -> &[Defined] {
        &self.items
    }

    /// Names of all items in force, as far as they have one.
    pub fn item_names(&self) -> impl Iterator<Item = &str> {
        self.items
            .iter()
            .flat_map(|defined| &defined.item.names)
            .map(String::as_str)
    }

    /// The variables by their names.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, Variable> {
        &self.variables
    }

    /// Why a variable of that name is no more, if there was one.
    #[must_use]
    pub fn lost(&self, name: &str) -> Option<&Lost> {
        self.lost.get(name)
    }

    /// Keeps a variable.
    pub fn keep(&mut self, name: String, variable: Variable) {
        self.lost.remove(&name);
        self.variables.insert(name, variable);
    }

    /// Notes that a variable is no more, or was never kept.
    pub fn lose(&mut self, name: &str, why: Lost) {
        self.variables.remove(name);
        self.lost.insert(name.to_owned(), why);
    }

    /// How people call a variable's type.
    #[must_use]
    pub fn shown_type(&self, variable: &Variable) -> String {
        match &variable.written_type {
            Some(written) => written.clone(),
            None => self.type_names.short_name(&variable.type_name),
        }
    }

    /// How a program can call a variable's type.
    #[must_use]
    pub fn type_of(&self, variable: &Variable) -> Nameable {
        match &variable.written_type {
            Some(written) => Nameable::Name(written.clone()),
            None => self.type_names.name(&variable.type_name),
        }
    }
}

/// Whether a path in a type begins with that crate.
fn has_crate(type_name: &str, krate: &str) -> bool {
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    type_name
        .match_indices(&format!("{krate}::"))
        .any(|(at, _)| !type_name[..at].ends_with(in_path))
}

/// The names in a type.
fn words(type_name: &str) -> impl Iterator<Item = &str> {
    type_name
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Lost, Notebook, Variable};
    use crate::parse::parse;
    use crate::text::CellText;

    fn run(notebook: &mut Notebook, text: &str) -> Vec<String> {
        let cell = Arc::new(CellText {
            number: 1,
            text: text.to_owned(),
        });
        notebook.define(&parse(&cell, 0))
    }

    fn keep(notebook: &mut Notebook, name: &str, type_name: &str, written: Option<&str>) {
        let variable = Variable {
            mutable: false,
            written_type: written.map(str::to_owned),
            type_name: type_name.to_owned(),
            cell: 1,
        };
        notebook.keep(name.to_owned(), variable);
    }

    #[test]
    fn one_function_of_an_impl_is_replaced_and_the_others_stay() {
        let mut notebook = Notebook::default();
        run(
            &mut notebook,
            "struct A;\nimpl A { fn f(&self) {} fn g(&self) {} }",
        );
        run(&mut notebook, "impl A { fn f(&self) -> i32 { 5 } }");
        let mut source = crate::source::Source::default();
        for defined in notebook.items() {
            source.fragment(&defined.item.fragment);
        }
        let code = source.code();
        assert!(syn::parse_file(code).is_ok(), "{code}");
        assert_eq!(code.matches("fn f").count(), 1, "{code}");
        assert_eq!(code.matches("fn g").count(), 1, "{code}");
    }

    /// Whether a value of the type `S` of the first cell is lost with the second.
    fn is_lost(first: &str, second: &str) -> bool {
        let mut notebook = Notebook::default();
        run(&mut notebook, first);
        keep(&mut notebook, "s", "alloc::vec::Vec<cells::S>", None);
        let lost = !run(&mut notebook, second).is_empty();
        assert_eq!(lost, notebook.variables().is_empty());
        lost
    }

    #[test]
    fn values_are_lost_with_what_their_types_are_made_of() {
        for (first, second) in [
            ("struct S { a: u8 }", "struct S { a: u16 }"),
            ("type A = u8; struct S(A);", "type A = u16;"),
            (
                "const N: usize = 1; struct S([u8; N]);",
                "const N: usize = 2;",
            ),
            (
                "static N: usize = 1; struct S([u8; N]);",
                "static N: usize = 2;",
            ),
            (
                "const fn n() -> usize { 1 } struct S([u8; n()]);",
                "const fn n() -> usize { 2 }",
            ),
            (
                "macro_rules! n { () => { 1 } } struct S([u8; n!()]);",
                "macro_rules! n { () => { 2 } }",
            ),
            (
                "struct G; impl G { const N: usize = 1; } struct S([u8; G::N]);",
                "impl G { const N: usize = 2; }",
            ),
            (
                "struct G; impl G { const fn n() -> usize { 1 } } struct S([u8; G::n()]);",
                "impl G { const fn n() -> usize { 2 } }",
            ),
            (
                "trait T { type A; } struct F; impl T for F { type A = u8; } struct S(<F as T>::A);",
                "impl T for F { type A = u16; }",
            ),
            (
                "struct A(u8); trait T { type A; } struct F; impl T for F { type A = A; } \
                 struct S(<F as T>::A);",
                "struct A(u16);",
            ),
            (
                "struct F; impl Iterator for F { type Item = u8; } struct S(std::iter::Peekable<F>);",
                "impl Iterator for F { type Item = u16; }",
            ),
            ("use a::Map as M; struct S(M<u8>);", "use b::Map as M;"),
            (
                "mod m { pub struct A(u8); } use m::A as B; struct S(B);",
                "mod m { pub struct A(u16); }",
            ),
            (
                "mod m { pub struct A(u8); } use m::*; struct S(A);",
                "mod m { pub struct A(u16); }",
            ),
            // What the prelude brought in before.
            ("struct S(Vec<u8>);", "struct Vec<T>(T);"),
            ("struct S(Vec<u8>);", "use other::Vec;"),
            (
                "mod m { pub struct Vec<T>(T); } struct S(Vec<u8>);",
                "use m::*;",
            ),
        ] {
            assert!(is_lost(first, second), "{first} | {second}");
        }
    }

    #[test]
    fn values_stay_when_their_types_do() {
        for (first, second) in [
            ("struct S { a: u8 }", "struct S { a: u8 }"),
            (
                "struct S { a: u8 }",
                "fn f() {} struct B(S); impl S { fn g() {} }",
            ),
            ("struct S { a: u8 } fn f() { a() }", "fn f() { b() }"),
            (
                "struct S(u8); impl Iterator for S { type Item = u8; fn next() { a() } }",
                "impl Iterator for S { type Item = u8; fn next() { b() } }",
            ),
            (
                "struct S(u8); impl S { const N: u8 = 1; fn f() {} }",
                "impl S { fn f() { g() } }",
            ),
            ("struct S(u8);", "impl S { const N: u8 = 1; }"),
            (
                "mod m { pub struct S(u8); fn f() { Instant::now() } }",
                "use std::time::Instant;",
            ),
            // Named by another way, or in an attribute.
            (
                "struct S(std::collections::HashMap<u8, u8>);",
                "use std::collections::HashMap;",
            ),
            ("#[derive(Debug)] struct S(u8);", "use std::fmt::Debug;"),
        ] {
            assert!(!is_lost(first, second), "{first} | {second}");
        }
    }

    #[test]
    fn items_of_one_cell_may_stand_in_any_order() {
        let mut notebook = Notebook::default();
        run(&mut notebook, "struct A(B); struct B(Map); use a::Map;");
        assert!(notebook.items().iter().all(|item| item.redefinition == 0));
    }

    #[test]
    fn a_written_type_that_means_another_one_now_is_not_used() {
        let mut notebook = Notebook::default();
        run(&mut notebook, "type A = u8;");
        keep(&mut notebook, "a", "u8", Some("A"));
        assert!(run(&mut notebook, "type A = u16;").is_empty());
        assert_eq!(notebook.variables()["a"].written_type, None);
    }

    #[test]
    fn what_was_defined_last_is_what_a_name_means() {
        let mut notebook = Notebook::default();
        keep(&mut notebook, "area", "f64", None);
        keep(&mut notebook, "side", "f64", None);
        assert_eq!(run(&mut notebook, "fn area() {} mod side {}"), ["area"]);
        assert_eq!(notebook.lost("area"), Some(&Lost::Replaced));
        assert!(notebook.variables().contains_key("side"));
    }

    #[test]
    fn values_are_lost_with_crates_that_are_built_anew() {
        let mut notebook = Notebook::default();
        run(
            &mut notebook,
            "use local::A; struct S(A); struct Other(u8);",
        );
        keep(&mut notebook, "direct", "alloc::vec::Vec<local::A>", None);
        keep(&mut notebook, "inside", "cells::S", None);
        keep(&mut notebook, "other", "cells::Other", None);
        keep(&mut notebook, "alike", "my_local::A", None);
        let edition = notebook.edition();
        let mut lost = notebook.outdate(&["local".to_owned()]);
        lost.sort();
        assert_eq!(lost, ["direct", "inside"]);
        assert!(notebook.edition() > edition);
        run(&mut notebook, "use local::*;");
        assert_eq!(notebook.outdate(&["local".to_owned()]), ["other"]);
    }

    #[test]
    fn what_reads_a_file_is_read_again() {
        let mut notebook = Notebook::default();
        let text = "const A: &str = include_str!(\"a\");";
        run(&mut notebook, text);
        run(&mut notebook, text);
        assert_eq!(notebook.edition(), 2);
    }

    #[test]
    fn a_new_inner_attribute_is_an_edition_of_its_own() {
        let mut notebook = Notebook::default();
        run(&mut notebook, "#![feature(a)]");
        assert_eq!(notebook.edition(), 1);
        run(&mut notebook, "#![feature(a)]");
        assert_eq!(notebook.edition(), 1);
    }
}
