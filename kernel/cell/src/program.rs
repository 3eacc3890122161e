//! The crate that a cell is compiled as.
//!
//! A cell that defines nothing is a crate of its own, linked to the crate [`CELLS`] with all items of
//! the notebook. A cell that defines something is the next edition of that crate, with the cell's
//! function in it: either way the compiler runs once. Editions have the same name and so the same
//! types.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::item::ItemKind;
use crate::notebook::{Defined, Notebook};
use crate::parse::Parsed;
use crate::source::{Mark, Source};
use crate::types::Nameable;

/// Name of the crate with the items.
pub const CELLS: &str = "cells";

/// How the name of the function that runs a cell begins.
const FUNCTION: &str = "ferrolab_cell";

const ALLOWED: &str = "#![allow(unused_imports, unused_mut, dead_code, unused_assignments, \
                       ambiguous_glob_reexports, hidden_glob_reexports, unused_macros, \
                       non_local_definitions, private_interfaces, redundant_semicolons, \
                       unused_labels, unreachable_code)]\n";

/// What a program is made of.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What is defined, with the cell's own items.
    pub notebook: &'a Notebook,
    /// The cell.
    pub cell: &'a Parsed,
    /// Whether the cell's items differ from what was in force.
    pub defines: bool,
    /// Variables of the cell's own that it moves, or does not always initialise: they are not kept.
    pub not_stored: &'a BTreeSet<String>,
    /// Variables of earlier cells that it moves: they are not put back.
    pub not_put_back: &'a BTreeSet<String>,
    /// What is called with the future that a cell with `.await` is.
    pub block_on: &'a str,
    /// Lines of our own that bring in crates.
    pub extern_crates: &'a str,
}

/// A program that runs a cell.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its source.
    pub source: Source,
    /// Whether it is an edition of the crate [`CELLS`].
    pub is_edition: bool,
    /// Whether it needs the crate [`CELLS`].
    pub needs_cells: bool,
    /// Name of the function that runs the cell, if there is something to run. It differs from the
    /// names in earlier editions, which are linked to it.
    pub function: Option<String>,
}

impl Plan<'_> {
    /// Writes the program. Variables whose types have no name are not there in it.
    #[must_use]
    pub fn program(&self) -> Program {
        let mut source = Source::default();
        if let Some(unbalanced) = &self.cell.unbalanced {
            // Alone, so that what the compiler says of brackets is about this text.
            source.fragment(unbalanced);
            return Program {
                source,
                is_edition: false,
                needs_cells: false,
                function: Some(FUNCTION.to_owned()),
            };
        }
        let needs_cells = !self.defines && !self.notebook.items().is_empty();
        source.generated(ALLOWED);
        for attribute in self.notebook.attributes() {
            source.fragment(attribute);
        }
        source.generated(self.extern_crates);
        if self.defines {
            source.generated("extern crate self as cells;\npub use ::hpc::prelude::*;\n");
            self.items(&mut source);
        } else if needs_cells {
            source.generated("use ::cells::*;\n");
        } else {
            source.generated("use ::hpc::prelude::*;\n");
        }
        let runs = !self.cell.statements.is_empty();
        let loads = self.loads();
        let function = runs.then(|| {
            let edition = self.notebook.edition();
            let name = if self.defines {
                format!("{FUNCTION}_{edition}")
            } else {
                FUNCTION.to_owned()
            };
            self.function(&name, &mut source, &loads);
            name
        });
        Program {
            source,
            is_edition: self.defines,
            needs_cells,
            function,
        }
    }

    fn items(&self, source: &mut Source) {
        let items = self.notebook.items();
        let of_kind = |wanted: fn(&Defined) -> bool| items.iter().filter(move |item| wanted(item));
        // A macro must be defined before it is used.
        for defined in of_kind(|defined| defined.item.kind == ItemKind::Macro) {
            source.fragment(&defined.item.fragment);
        }
        for defined in of_kind(|defined| defined.item.kind != ItemKind::Macro) {
            if defined.redefinition == 0 {
                source.fragment(&defined.item.fragment);
                continue;
            }
            let module = format!("redefined_{}", defined.redefinition);
            for name in &defined.item.names {
                source.generated(&format!("pub use self::{module}_{name}::{name};\n"));
                source.generated(&format!("pub mod {module}_{name} {{ use super::*;\n"));
            }
            source.fragment(&defined.item.fragment);
            source.generated("}\n");
        }
    }

    fn loads(&self) -> Vec<Load> {
        self.notebook
            .variables()
            .iter()
            .filter(|(name, _)| self.cell.mentions.contains(*name))
            .filter_map(|(name, variable)| match self.notebook.type_of(variable) {
                Nameable::Name(ty) => Some(Load {
                    name: name.clone(),
                    mutable: variable.mutable,
                    ty,
                }),
                Nameable::Closure | Nameable::Local => None,
            })
            .collect()
    }

    fn function(&self, name: &str, source: &mut Source, loads: &[Load]) {
        source.generated(&format!(
            "#[unsafe(no_mangle)] pub extern \"C\" fn {name}() {{\n"
        ));
        if !loads.is_empty() {
            source.generated("if !::hpc::host::variables::are_there(&[\n");
            for Load { name, ty, .. } in loads {
                source.marked(
                    Mark::Load(name.clone()),
                    &format!("(\"{name}\", ::std::any::TypeId::of::<{ty}>()),\n"),
                );
            }
            source.generated("]) { return; }\n");
        }
        for Load { name, mutable, ty } in loads {
            let mutable = if *mutable { "mut " } else { "" };
            source.marked(
                Mark::Load(name.clone()),
                &format!(
                    "let {mutable}{name} = ::hpc::host::variables::take::<{ty}>(\"{name}\");\n"
                ),
            );
        }
        source.generated("::hpc::host::run(");
        match (self.cell.awaits, self.cell.can_fail) {
            // Said in full, so that a body which never ends is one too.
            (false, false) => source.generated("|| -> () {\n"),
            (false, true) => {
                source.generated("|| -> ::std::result::Result<(), ::hpc::host::EarlyReturn> {\n");
            }
            (true, _) => source.generated(&format!("|| {}(async {{\n", self.block_on)),
        }
        for statement in &self.cell.statements {
            if self.cell.is_strange {
                // What is missing at its end must not be found in what follows.
                source.generated("{\n");
                source.fragment(statement);
                source.end_of(statement, "}");
            } else {
                source.fragment(statement);
            }
        }
        let mut stored = BTreeSet::new();
        for variable in self.cell.variables.iter().rev() {
            // The last of several of the same name is the one that is visible.
            if stored.insert(&variable.name) {
                self.store(&variable.name, source);
            }
        }
        source.generated("::hpc::host::cell_done();\n");
        match (self.cell.awaits, self.cell.can_fail) {
            (false, false) => source.generated("}"),
            (false, true) => source.generated("::std::result::Result::Ok(()) }"),
            (true, _) => {
                source
                    .generated("::std::result::Result::<(), ::hpc::host::EarlyReturn>::Ok(()) })");
            }
        }
        source.generated(");\n");
        for Load { name, .. } in loads {
            if self.not_put_back.contains(name) {
                continue;
            }
            source.marked(
                Mark::PutBack(name.clone()),
                &format!("::hpc::host::variables::put_back(\"{name}\", {name});\n"),
            );
        }
        source.generated("}\n");
    }

    fn store(&self, name: &str, source: &mut Source) {
        if !self.not_stored.contains(name) {
            source.marked(
                Mark::Store(name.to_owned()),
                &format!("::hpc::host::variables::put(\"{name}\", {name});\n"),
            );
        }
    }
}

impl Program {
    /// A number that is the same for programs that do the same.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.source.code().hash(&mut hasher);
        hasher.finish()
    }
}

struct Load {
    name: String,
    mutable: bool,
    ty: String,
}
