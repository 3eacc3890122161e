//! Parameters of a run: `name=value` pairs that replace the defaults of a Rust notebook.
//!
//! The cell tagged `parameters` holds the defaults. A run gets a cell tagged `injected-parameters`
//! after it, in which each value has the type that the defaults give it.

mod file;
mod literal;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::notebook::{Cell, CellKind, Notebook};

pub use file::{ParameterFileError, read_file};
pub use literal::Value;

use literal::Type;

/// Tag of the cell with the defaults.
pub const DEFAULTS_TAG: &str = "parameters";

/// Tag of the cell with the values of a run.
pub const INJECTED_TAG: &str = "injected-parameters";

/// A parameter that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// The argument is not a pair.
    #[error("parameter `{0}` is not of the form name=value")]
    NotAPair(String),
    /// The name cannot be the name of a variable.
    #[error("parameter `{0}`: the name is not a Rust identifier")]
    Name(String),
    /// The value does not fit.
    #[error("parameter `{name}`: {what}")]
    Value {
        /// The parameter.
        name: String,
        /// What is wrong with its value.
        what: String,
    },
    /// The notebook is in another language.
    #[error("parameters are for Rust notebooks, and this one is in {0}")]
    Language(String),
    /// The cell with the defaults is not Rust.
    #[error("the cell tagged `{DEFAULTS_TAG}` cannot be read: {0}")]
    Defaults(String),
}

/// A parameter as the user gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    name: String,
    value: Value,
}

impl Parameter {
    /// A parameter of that name, if it can be the name of a Rust variable.
    ///
    /// # Errors
    /// Fails when it cannot.
    pub fn new(name: &str, value: Value) -> Result<Self, ParameterError> {
        // `syn` refuses keywords; `_` is none and no name either.
        if name == "_" || syn::parse_str::<syn::Ident>(name).is_err() || name.trim() != name {
            return Err(ParameterError::Name(name.into()));
        }
        Ok(Self {
            name: name.into(),
            value,
        })
    }

    /// Reads `name=value`.
    ///
    /// # Errors
    /// Fails when it is no such pair.
    pub fn parse(argument: &str) -> Result<Self, ParameterError> {
        let (name, value) = argument
            .split_once('=')
            .ok_or_else(|| ParameterError::NotAPair(argument.into()))?;
        Self::new(name, Value::Untyped(value.into()))
    }

    /// The name of the variable.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Puts the parameters into a notebook, in place of those of an earlier run; the last one of a name
/// counts. Returns the names for which the notebook has no default, which may be misspelt.
///
/// # Errors
/// Fails when a value does not have the type that the notebook states for it, or the notebook is
/// not in Rust. The notebook is then as it was.
pub fn inject(
    notebook: &mut Notebook,
    parameters: &[Parameter],
) -> Result<Vec<String>, ParameterError> {
    if parameters.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(language) = notebook.language().filter(|language| language != "rust") {
        return Err(ParameterError::Language(language));
    }
    let defaults = notebook
        .cells
        .iter()
        .position(|cell| cell.kind() == CellKind::Code && cell.has_tag(DEFAULTS_TAG));
    let types = match defaults {
        Some(index) => stated_types(&notebook.cells[index].source())?,
        None => BTreeMap::new(),
    };
    let values: BTreeMap<&str, &Value> = parameters
        .iter()
        .map(|parameter| (parameter.name(), &parameter.value))
        .collect();
    let mut source = String::from("// The parameters of this run.");
    let mut unknown = Vec::new();
    for (name, value) in values {
        let stated = types.get(name);
        if stated.is_none() && defaults.is_some() {
            unknown.push(name.to_owned());
        }
        let (kind, literal) = value
            .literal(stated.unwrap_or(&Type::Unstated))
            .map_err(|what| ParameterError::Value {
                name: name.into(),
                what,
            })?;
        let _ = write!(source, "\nlet {name}: {kind} = {literal};");
    }
    notebook.cells.retain(|cell| !cell.has_tag(INJECTED_TAG));
    let place = notebook
        .cells
        .iter()
        .position(|cell| cell.kind() == CellKind::Code && cell.has_tag(DEFAULTS_TAG))
        .map_or(0, |index| index + 1);
    let cell = Cell::code(&notebook.free_id(INJECTED_TAG), &source, &[INJECTED_TAG]);
    notebook.cells.insert(place, cell);
    Ok(unknown)
}

/// The types of the variables that a cell defines.
fn stated_types(source: &str) -> Result<BTreeMap<String, Type>, ParameterError> {
    let code: String = source.lines().filter(|line| !line.starts_with(':')).fold(
        String::new(),
        |mut code, line| {
            code.push_str(line);
            code.push('\n');
            code
        },
    );
    let block: syn::Block = syn::parse_str(&format!("{{\n{code}\n}}"))
        .map_err(|error| ParameterError::Defaults(error.to_string()))?;
    let mut types = BTreeMap::new();
    for statement in &block.stmts {
        let syn::Stmt::Local(local) = statement else {
            continue;
        };
        let initial = local.init.as_ref().map(|init| init.expr.as_ref());
        let (pattern, kind) = match &local.pat {
            syn::Pat::Type(typed) => (typed.pat.as_ref(), Type::of_type(&typed.ty)),
            pattern => (
                pattern,
                initial.map_or(Type::Unstated, Type::of_initial_value),
            ),
        };
        if let syn::Pat::Ident(identifier) = pattern {
            types.insert(identifier.ident.to_string(), kind);
        }
    }
    Ok(types)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn notebook(defaults: &str) -> Notebook {
        Notebook::from_json(json!({
            "nbformat": 4, "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "rust-hpc", "language": "rust"}},
            "cells": [
                {"cell_type": "markdown", "source": "# T", "metadata": {"tags": ["parameters"]}},
                {"cell_type": "code", "source": defaults, "metadata": {"tags": ["parameters"]}},
                {"cell_type": "code", "source": "n"},
            ],
        }))
        .unwrap()
    }

    fn injected(defaults: &str, arguments: &[&str]) -> Result<String, String> {
        let parameters: Vec<_> = arguments
            .iter()
            .map(|argument| Parameter::parse(argument))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let mut notebook = notebook(defaults);
        inject(&mut notebook, &parameters).map_err(|error| error.to_string())?;
        assert!(notebook.cells[2].has_tag(INJECTED_TAG));
        Ok(notebook.cells[2]
            .source()
            .split_once('\n')
            .unwrap()
            .1
            .to_owned())
    }

    #[test]
    fn values_get_the_type_of_their_defaults() {
        let defaults = ":dep rand = \"0.9\"\nlet n: usize = 10;\nlet mut x = 1.5;\n\
                        let s: &str = \"a\";\nlet w = 3u8; let name = \"x\"; let o = -1; let b = true;\n\
                        let t: String = String::new(); let c = 'c'; let f: f32 = 0.0; let h = f();";
        for (argument, expected) in [
            ("n=20", "let n: usize = 20;"),
            ("x=2", "let x: f64 = 2.0;"),
            ("x=-inf", "let x: f64 = f64::NEG_INFINITY;"),
            ("f=NaN", "let f: f32 = f32::NAN;"),
            ("f=1e-7", "let f: f32 = 1e-7;"),
            ("s=20", "let s: &str = \"20\";"),
            ("name=20", "let name: &'static str = \"20\";"),
            ("s=a\"#{}\\\n'", "let s: &str = \"a\\\"#{}\\\\\\n'\";"),
            ("s=", "let s: &str = \"\";"),
            ("w=255", "let w: u8 = 255;"),
            (
                "o=-9223372036854775808",
                "let o: i64 = -9223372036854775808;",
            ),
            ("b=false", "let b: bool = false;"),
            ("t=a=b", "let t: String = String::from(\"a=b\");"),
            ("c='", "let c: char = '\\'';"),
            ("h=2.5", "let h: f64 = 2.5;"),
            ("new=true", "let new: bool = true;"),
            ("new=text", "let new: &'static str = \"text\";"),
        ] {
            assert_eq!(
                injected(defaults, &[argument]).as_deref(),
                Ok(expected),
                "{argument}"
            );
        }
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        let defaults =
            "let n: usize = 10; let v: Vec<f64> = vec![]; let b: bool = true; let f = 0.5;";
        for (argument, expected) in [
            ("n=-1", "parameter `n`: `-1` is not a usize"),
            ("n=2.5", "`2.5` is not a usize"),
            ("n=99999999999999999999999", "is not a usize"),
            ("n=5; evil()", "is not a usize"),
            ("v=1", "`Vec < f64 >` cannot be given"),
            ("b=1", "`1` is not a bool"),
            ("f=abc", "`abc` is not a f64"),
            ("k=99999999999999999999", "is too large for an i64"),
            ("fn=1", "`fn`: the name is not a Rust identifier"),
            ("a b=1", "not a Rust identifier"),
            ("1a=1", "not a Rust identifier"),
            ("_=1", "not a Rust identifier"),
            ("=1", "not a Rust identifier"),
            ("n", "not of the form name=value"),
        ] {
            let message = injected(defaults, &[argument]).unwrap_err();
            assert!(message.contains(expected), "{argument}: {message}");
        }
    }

    #[test]
    fn a_second_run_replaces_the_values_of_the_first() {
        let mut notebook = notebook("let n: usize = 10;");
        let parse = |argument| Parameter::parse(argument).unwrap();
        assert_eq!(
            inject(&mut notebook, &[parse("n=1"), parse("m=2")]).unwrap(),
            ["m"]
        );
        inject(&mut notebook, &[parse("n=1"), parse("n=3")]).unwrap();
        assert_eq!(notebook.cells.len(), 4);
        assert!(notebook.cells[2].source().ends_with("\nlet n: usize = 3;"));
    }

    #[test]
    fn other_languages_are_refused() {
        let mut notebook = Notebook::from_json(json!({
            "nbformat": 4, "nbformat_minor": 5, "cells": [],
            "metadata": {"language_info": {"name": "python"}},
        }))
        .unwrap();
        let error = inject(&mut notebook, &[Parameter::parse("n=1").unwrap()]).unwrap_err();
        assert!(error.to_string().contains("python"));
    }
}
