//! What is defined so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::item::{Item, ItemKind};
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
        for attribute in &cell.attributes {
            self.attributes
                .retain(|known| known.original() != attribute.original());
            self.attributes.push(attribute.clone());
        }
        let mut changed = false;
        let mut redefined = BTreeSet::new();
        for item in &cell.items {
            changed |= self.define_one(item, &mut redefined);
        }
        if changed {
            self.edition += 1;
        }
        if redefined.is_empty() {
            return Vec::new();
        }
        self.redefinitions += 1;
        self.carry_along(&mut redefined);
        self.drop_variables_of(&redefined)
    }

    /// Returns whether something changed.
    fn define_one(&mut self, item: &Item, redefined: &mut BTreeSet<String>) -> bool {
        let same = |defined: &Defined| {
            defined.item.tokens == item.tokens && defined.item.names == item.names
        };
        if self.items.iter().any(same) {
            return false;
        }
        for name in &item.names {
            self.undefine(name, redefined);
        }
        self.items.push(Defined {
            item: Arc::new(item.clone()),
            redefinition: 0,
        });
        true
    }

    /// Takes what `name` stands for out of force.
    fn undefine(&mut self, name: &str, redefined: &mut BTreeSet<String>) {
        self.items.retain_mut(|defined| {
            let old = &defined.item;
            if !old.names.iter().any(|other| other == name) {
                return true;
            }
            if old.kind != ItemKind::Code {
                redefined.extend(old.names.iter().cloned());
            }
            let Some((_, part)) = old.parts.iter().find(|(other, _)| other == name) else {
                return false;
            };
            // One function of an `impl` goes, the others stay.
            let mut rest = Item::clone(old);
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
                .filter(|defined| defined.item.kind != ItemKind::Code)
                .filter(|defined| {
                    !defined
                        .item
                        .names
                        .iter()
                        .all(|name| redefined.contains(name))
                })
                .filter(|defined| !defined.item.mentions.is_disjoint(redefined))
                .flat_map(|defined| defined.item.names.clone())
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

    /// How a program can call a variable's type.
    #[must_use]
    pub fn type_of(&self, variable: &Variable) -> Nameable {
        match &variable.written_type {
            Some(written) => Nameable::Name(written.clone()),
            None => self.type_names.name(&variable.type_name),
        }
    }
}

/// The names in a type.
fn words(type_name: &str) -> impl Iterator<Item = &str> {
    type_name
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}
