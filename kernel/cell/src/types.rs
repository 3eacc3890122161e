//! Types of variables, by names that a program can say.
//!
//! A variable's type is known by what [`std::any::type_name`] says of it when it is kept: the path
//! where it is defined, as `alloc::vec::Vec<cells::Point>`. A program must name it by a path that
//! is public. For the standard library the difference is known; the compiler tells it for others.

use std::collections::BTreeMap;

/// What a program can call a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nameable {
    /// By this name.
    Name(String),
    /// Not at all: it is the type of a closure.
    Closure,
    /// Not at all: it is defined inside a block or a function.
    Local,
}

/// Public paths that were learnt in a session.
#[derive(Clone, Debug, Default)]
pub struct TypeNames {
    /// Public path by the path of the definition.
    learnt: BTreeMap<String, String>,
}

/// Modules of the standard library and of `hpc` whose content is public elsewhere. What stands behind them up to
/// the name itself is left out too.
const MOVED: [(&str, &str); 37] = [
    ("std::collections::hash::map", "std::collections::hash_map"),
    ("std::collections::hash::set", "std::collections::hash_set"),
    (
        "std::collections::btree::map",
        "std::collections::btree_map",
    ),
    (
        "std::collections::btree::set",
        "std::collections::btree_set",
    ),
    ("std::ops::range", "std::ops"),
    ("std::ops::function", "std::ops"),
    ("std::ops::control_flow", "std::ops"),
    ("std::iter::adapters", "std::iter"),
    ("std::iter::sources", "std::iter"),
    ("std::iter::traits", "std::iter"),
    ("std::slice::iter", "std::slice"),
    ("std::str::iter", "std::str"),
    ("std::array::iter", "std::array"),
    ("std::vec::into_iter", "std::vec"),
    ("std::vec::drain", "std::vec"),
    ("std::sync::poison", "std::sync"),
    ("std::sync::once_lock", "std::sync"),
    ("std::sync::lazy_lock", "std::sync"),
    ("std::sync::barrier", "std::sync"),
    ("std::cell::once", "std::cell"),
    ("std::cell::lazy", "std::cell"),
    ("std::net::ip_addr", "std::net"),
    ("std::net::socket_addr", "std::net"),
    ("std::num::nonzero", "std::num"),
    ("std::num::wrapping", "std::num"),
    ("std::num::saturating", "std::num"),
    ("std::io::buffered", "std::io"),
    ("std::io::cursor", "std::io"),
    ("std::io::stdio", "std::io"),
    ("std::thread::join_handle", "std::thread"),
    ("std::mem::manually_drop", "std::mem"),
    ("std::mem::maybe_uninit", "std::mem"),
    ("std::ffi::c_str", "std::ffi"),
    ("std::ffi::os_str", "std::ffi"),
    ("hpc::prof::region", "hpc::prof"),
    ("hpc::prof::table", "hpc::prof"),
    ("hpc::sort::distinct", "hpc::sort"),
];

impl TypeNames {
    /// Notes that what is defined at `definition` is public as `path`.
    pub fn learn(&mut self, definition: &str, path: &str) {
        self.learnt.insert(definition.to_owned(), path.to_owned());
    }

    /// How a program can call the type that `type_name` tells of.
    #[must_use]
    pub fn name(&self, type_name: &str) -> Nameable {
        with_paths(type_name, &|path| self.path(path))
    }

    /// How people call the type that `type_name` tells of: `Vec<f64>`, `Point`, `io::Error`. The paths of
    /// the standard library, of `hpc` and of the notebook are left out where the name says it all.
    #[must_use]
    pub fn short_name(&self, type_name: &str) -> String {
        match with_paths(type_name, &|path| Nameable::Name(self.short_path(path))) {
            Nameable::Name(name) => name,
            Nameable::Closure | Nameable::Local => type_name.to_owned(),
        }
    }

    fn short_path(&self, path: &str) -> String {
        match self.path(path) {
            Nameable::Name(public) => {
                let path = public.trim_start_matches("::");
                let Some((krate, rest)) = path.split_once("::") else {
                    return path.to_owned();
                };
                match krate {
                    "std" => short_in_std(rest).to_owned(),
                    "cells" => without_redefinition(rest).to_owned(),
                    "hpc" => rest.rsplit("::").next().unwrap_or(rest).to_owned(),
                    _ => path.to_owned(),
                }
            }
            Nameable::Closure => "{closure}".to_owned(),
            Nameable::Local => path.rsplit("::").next().unwrap_or(path).to_owned(),
        }
    }

    fn path(&self, path: &str) -> Nameable {
        if path.contains('{') {
            return unnameable(path);
        }
        if !path.contains("::") {
            return Nameable::Name(path.to_owned());
        }
        if let Some(public) = self.learnt.get(path) {
            return Nameable::Name(public.clone());
        }
        let in_std = path
            .strip_prefix("core::")
            .or_else(|| path.strip_prefix("alloc::"))
            .map(|rest| format!("std::{rest}"));
        let path = in_std.as_deref().unwrap_or(path);
        for (module, public) in MOVED {
            if let Some(rest) = path.strip_prefix(module)
                && rest.starts_with("::")
            {
                let name = rest.rsplit("::").next().unwrap_or_default();
                return Nameable::Name(format!("::{public}::{name}"));
            }
        }
        Nameable::Name(format!("::{path}"))
    }
}

/// Says a type in another way: `path` gives another path, or what the type is instead.
fn with_paths(type_name: &str, path: &dyn Fn(&str) -> Nameable) -> Nameable {
    let mut name = String::with_capacity(type_name.len());
    let mut rest = type_name;
    while let Some(first) = rest.chars().next() {
        if first.is_alphabetic() || first == '_' {
            let length = path_length(rest);
            match path(&rest[..length]) {
                Nameable::Name(path) => name.push_str(&path),
                other => return other,
            }
            rest = &rest[length..];
        } else if first == '\'' {
            // A lifetime is no path.
            let length = rest[1..]
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .map_or(rest.len(), |end| end + 1);
            name.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if first.is_ascii_digit() {
            // The length of an array, or a constant with its type.
            let length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            name.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if first == '{' {
            return unnameable(rest);
        } else if let Some((sign, object)) = behind_pointer(rest) {
            // `&dyn A + B` must be `&(dyn A + B)`.
            match with_paths(object, path) {
                Nameable::Name(object) => name.extend([sign, "(", &object, ")"]),
                other => return other,
            }
            rest = &rest[sign.len() + object.len()..];
        } else {
            name.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Nameable::Name(name)
}

/// Names that several modules of the standard library have.
const SHARED: [&str; 30] = [
    "Bytes",
    "Chain",
    "Display",
    "Drain",
    "Empty",
    "Entry",
    "Error",
    "IntoIter",
    "IntoKeys",
    "IntoValues",
    "Iter",
    "IterMut",
    "Keys",
    "Lines",
    "Metadata",
    "OccupiedEntry",
    "Once",
    "Ordering",
    "Range",
    "RangeMut",
    "Receiver",
    "Repeat",
    "Sender",
    "Split",
    "SplitN",
    "Take",
    "VacantEntry",
    "Values",
    "ValuesMut",
    "Weak",
];

/// The name at the end of a path in the standard library, with its module where it has namesakes.
fn short_in_std(path: &str) -> &str {
    let mut starts = path.rmatch_indices("::").map(|(at, sign)| at + sign.len());
    let Some(start) = starts.next() else {
        return path;
    };
    let name = &path[start..];
    if !SHARED.contains(&name) || path.starts_with("ops::") {
        return name;
    }
    // `io::error::Error` is public as `io::Error`.
    if let Some(module) = path.strip_suffix("::error::Error") {
        return match module {
            "io" => "io::Error",
            _ => path,
        };
    }
    &path[starts.next().unwrap_or(0)..]
}

/// A path in the notebook without the module that a type gets when it is defined anew.
fn without_redefinition(path: &str) -> &str {
    match path.split_once("::") {
        Some((module, name)) if module.starts_with("redefined_") => name,
        _ => path,
    }
}

/// A reference or pointer at the beginning of `text`, and the trait object with several bounds that it
/// points to.
fn behind_pointer(text: &str) -> Option<(&str, &str)> {
    let sign = ["&mut ", "&", "*const ", "*mut "]
        .into_iter()
        .find(|sign| text.starts_with(sign))?;
    let rest = &text[sign.len()..];
    if !rest.starts_with("dyn ") {
        return None;
    }
    let mut depth = 0_usize;
    let mut before = ' ';
    let mut end = rest.len();
    for (at, c) in rest.char_indices() {
        match c {
            '(' | '<' | '[' => depth += 1,
            '>' if before == '-' => {}
            ')' | '>' | ']' | ',' | ';' if depth == 0 => {
                end = at;
                break;
            }
            ')' | '>' | ']' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    let object = &rest[..end];
    object
        .contains(" + ")
        .then_some((&text[..sign.len()], object))
}

/// The length of the path at the beginning of `text`.
fn path_length(text: &str) -> usize {
    let mut length = 0;
    let mut depth = 0_usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let in_path = match c {
            '{' => {
                depth += 1;
                true
            }
            '}' => {
                depth = depth.saturating_sub(1);
                true
            }
            ':' if text[at..].starts_with("::<") => false,
            ':' if text[at..].starts_with("::") => {
                characters.next();
                length = at + 2;
                continue;
            }
            c => depth > 0 || c.is_alphanumeric() || c == '_',
        };
        if !in_path {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

fn unnameable(path: &str) -> Nameable {
    if path.ends_with("{{closure}}") || path.contains("{closure") && path.ends_with('}') {
        Nameable::Closure
    } else {
        Nameable::Local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(type_name: &str) -> String {
        match TypeNames::default().name(type_name) {
            Nameable::Name(name) => name,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn paths_become_public() {
        for (said, wanted) in [
            ("i32", "i32"),
            ("alloc::vec::Vec<f64>", "::std::vec::Vec<f64>"),
            (
                "std::collections::hash::map::HashMap<alloc::string::String, (u8, &str)>",
                "::std::collections::hash_map::HashMap<::std::string::String, (u8, &str)>",
            ),
            ("core::ops::range::Range<usize>", "::std::ops::Range<usize>"),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn(f64) -> f64>",
                "::std::boxed::Box<dyn ::std::ops::Fn(f64) -> f64>",
            ),
            ("[cells::Point; 3]", "[::cells::Point; 3]"),
            ("hpc::prof::table::Report", "::hpc::prof::Report"),
            ("&mut [u8]", "&mut [u8]"),
            (
                "(&dyn core::ops::function::Fn(i32) -> i32 + core::marker::Sync, u8)",
                "(&(dyn ::std::ops::Fn(i32) -> i32 + ::std::marker::Sync), u8)",
            ),
            (
                "alloc::vec::Vec<&mut dyn cells::A<u8> + core::marker::Send>",
                "::std::vec::Vec<&mut (dyn ::cells::A<u8> + ::std::marker::Send)>",
            ),
            ("&dyn cells::A", "&dyn ::cells::A"),
            ("*const cells::m::A<10>", "*const ::cells::m::A<10>"),
            (
                "fn(i32) -> core::option::Option<bool>",
                "fn(i32) -> ::std::option::Option<bool>",
            ),
            (
                "dyn for<'a> core::ops::function::Fn(&'a str)",
                "dyn for<'a> ::std::ops::Fn(&'a str)",
            ),
            (
                "core::iter::adapters::rev::Rev<core::ops::range::Range<i32>>",
                "::std::iter::Rev<::std::ops::Range<i32>>",
            ),
        ] {
            assert_eq!(name(said), wanted);
        }
    }

    #[test]
    fn people_leave_out_what_goes_without_saying() {
        for (said, wanted) in [
            ("f64", "f64"),
            ("alloc::string::String", "String"),
            (
                "std::collections::hash::map::HashMap<alloc::string::String, alloc::vec::Vec<f64>>",
                "HashMap<String, Vec<f64>>",
            ),
            ("core::ops::range::Range<usize>", "Range<usize>"),
            ("&[core::option::Option<&str>; 3]", "&[Option<&str>; 3]"),
            ("core::slice::iter::Iter<i32>", "slice::Iter<i32>"),
            (
                "std::collections::hash::map::Iter<i32, u8>",
                "hash_map::Iter<i32, u8>",
            ),
            (
                "core::result::Result<i32, std::io::error::Error>",
                "Result<i32, io::Error>",
            ),
            ("core::fmt::Error", "fmt::Error"),
            ("alloc::rc::Weak<u8>", "rc::Weak<u8>"),
            ("hpc::array::Array", "Array"),
            ("cells::Point", "Point"),
            ("cells::redefined_2_Point::Point", "Point"),
            ("cells::shapes::Circle", "shapes::Circle"),
            ("polars::frame::DataFrame", "polars::frame::DataFrame"),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn(f64) -> f64>",
                "Box<dyn Fn(f64) -> f64>",
            ),
            ("cell::ferrolab_cell::{{closure}}::{{closure}}", "{closure}"),
            (
                "core::iter::adapters::map::Map<core::ops::range::Range<i32>, \
                 cell::ferrolab_cell::{{closure}}::{{closure}}>",
                "Map<Range<i32>, {closure}>",
            ),
            ("cell::ferrolab_cell::{{closure}}::Inner", "Inner"),
        ] {
            assert_eq!(TypeNames::default().short_name(said), wanted);
        }
    }

    #[test]
    fn closures_and_hidden_types_have_no_name() {
        assert_eq!(
            name("cell::ferrolab_cell::{{closure}}::{{closure}}"),
            "Closure"
        );
        assert_eq!(
            name(
                "core::iter::adapters::map::Map<core::ops::range::Range<i32>, cell::ferrolab_cell::{{closure}}::{{closure}}>"
            ),
            "Closure"
        );
        assert_eq!(name("cell::ferrolab_cell::{{closure}}::Inner"), "Local");
    }

    #[test]
    fn what_was_learnt_wins() {
        let mut names = TypeNames::default();
        names.learn(
            "polars_core::frame::DataFrame",
            "polars::prelude::DataFrame",
        );
        assert_eq!(
            names.name("alloc::vec::Vec<polars_core::frame::DataFrame>"),
            Nameable::Name("::std::vec::Vec<polars::prelude::DataFrame>".into())
        );
    }
}
