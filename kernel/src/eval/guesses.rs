//! By what path a type may be public that is defined in a private module.
//!
//! A variable's type is known by the path of its definition, such as `regex::regex::string::Regex`. Crates
//! use to re-export such a type from a module around it. Which one, only trying tells; that it is the type
//! and no other of that name is checked when the variable is taken, by its identity.

use std::collections::HashMap;

use ferrolab_cell::TypeNames;

/// Modules of a path that are tried with and without: each doubles the guesses.
const MOST_MODULES: usize = 4;

/// Crates whose public paths are known, or told by the compiler.
const KNOWN: [&str; 5] = ["std", "core", "alloc", "hpc", "cells"];

/// Guesses that were made.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    /// The paths of the definitions that a guess is for, and how many were made before it, by the guess.
    made: HashMap<String, Vec<(String, usize)>>,
}

impl Guesses {
    /// Whether a path is a guess.
    pub(super) fn is_one(&self, path: &str) -> bool {
        self.made.contains_key(path)
    }

    /// Tries another path instead of one that is not public; `false` when there is none left.
    pub(super) fn next(&mut self, path: &str, type_names: &mut TypeNames) -> bool {
        let made = self.made.remove(path);
        let made = made.unwrap_or_else(|| vec![(path.to_owned(), 0)]);
        let mut is_left = false;
        for (definition, before) in made {
            if let Some(guess) = guesses(&definition).into_iter().nth(before) {
                is_left = true;
                type_names.learn(&definition, &format!("::{guess}"));
                let of_guess = self.made.entry(guess).or_default();
                of_guess.push((definition, before + 1));
            }
        }
        is_left
    }
}

/// The paths that leave out some of the modules, those that leave out least first: the more of a path is
/// kept, the less another type can be meant.
fn guesses(definition: &str) -> Vec<String> {
    let parts: Vec<&str> = definition.split("::").collect();
    let [krate, modules @ .., name] = &parts[..] else {
        return Vec::new();
    };
    if modules.is_empty() || modules.len() > MOST_MODULES || KNOWN.contains(krate) {
        return Vec::new();
    }
    let mut kept: Vec<u32> = (0..(1 << modules.len()) - 1).collect();
    kept.sort_by_key(|kept| kept.count_zeros());
    let path = |kept: u32| {
        let modules = modules.iter().enumerate();
        let modules = modules.filter(|(index, _)| kept >> index & 1 == 1);
        let mut path = vec![*krate];
        path.extend(modules.map(|(_, module)| *module));
        path.push(name);
        path.join("::")
    };
    kept.into_iter().map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_path_is_kept_first() {
        assert_eq!(
            guesses("regex::regex::bytes::Regex"),
            ["regex::regex::Regex", "regex::bytes::Regex", "regex::Regex"]
        );
        assert_eq!(guesses("a::b::C"), ["a::C"]);
        for known in ["a::C", "C", "std::b::C", "hpc::b::C", "a::b::c::d::e::f::G"] {
            assert!(guesses(known).is_empty(), "{known}");
        }
    }

    #[test]
    fn guesses_end() {
        let mut type_names = TypeNames::default();
        let mut guesses = Guesses::default();
        let mut path = "a::b::c::D".to_owned();
        for guess in ["a::b::D", "a::c::D", "a::D"] {
            assert!(!guesses.is_one(guess));
            assert!(guesses.next(&path, &mut type_names));
            assert!(guesses.is_one(guess) && !guesses.is_one(&path));
            guess.clone_into(&mut path);
        }
        assert!(!guesses.next(&path, &mut type_names));
    }

    #[test]
    fn types_of_one_name_are_told_apart() {
        let mut type_names = TypeNames::default();
        let mut guesses = Guesses::default();
        for path in ["a::b::c::D", "a::b::e::D"] {
            assert!(guesses.next(path, &mut type_names));
        }
        assert!(guesses.next("a::b::D", &mut type_names));
        assert!(guesses.is_one("a::c::D") && guesses.is_one("a::e::D"));
    }
}
