//! The variables that a cell leaves behind.

use syn::visit::{self, Visit};
use syn::{Local, Pat, PatIdent, Type};

/// A variable that a `let` of the cell's own brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVariable {
    /// Its name.
    pub name: String,
    /// Whether it was declared `mut`.
    pub mutable: bool,
    /// Its type, if the user wrote it in full.
    pub written_type: Option<String>,
    /// Byte offset of the name in the cell.
    pub at: usize,
}

/// The variables that `local` brings in.
pub(crate) fn variables(local: &Local, text: &str) -> Vec<NewVariable> {
    struct Names {
        found: Vec<NewVariable>,
        /// Whether other values than those of the pattern are possible.
        refutable: bool,
    }
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
            let name = pattern.ident.to_string();
            // `None` and other constants look like names in a pattern, but only in one that does not
            // fit all values.
            let binds = pattern.by_ref.is_some()
                || pattern.mutability.is_some()
                || pattern.subpat.is_some();
            if binds || !self.refutable || !name.starts_with(char::is_uppercase) {
                self.found.push(NewVariable {
                    name,
                    mutable: pattern.mutability.is_some(),
                    written_type: None,
                    at: pattern.ident.span().byte_range().start,
                });
            }
            visit::visit_pat_ident(self, pattern);
        }

        // Blocks inside a pattern's constants are worlds of their own.
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    let mut names = Names {
        found: Vec::new(),
        refutable: local
            .init
            .as_ref()
            .is_some_and(|init| init.diverge.is_some()),
    };
    names.visit_pat(&local.pat);
    let mut names = names.found;
    if let (Pat::Type(typed), [only]) = (&local.pat, names.as_mut_slice())
        && matches!(*typed.pat, Pat::Ident(_))
        && is_whole(&typed.ty)
    {
        let range = syn::spanned::Spanned::span(&*typed.ty).byte_range();
        only.written_type = text.get(range).map(str::to_owned);
    }
    names
}

/// Whether nothing in a type is left to be inferred.
fn is_whole(written: &Type) -> bool {
    struct Holes(bool);
    impl<'ast> Visit<'ast> for Holes {
        fn visit_type_infer(&mut self, _: &'ast syn::TypeInfer) {
            self.0 = true;
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            self.0 |= lifetime.ident == "_";
        }
        // The hidden type behind it is another one.
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut holes = Holes(false);
    holes.visit_type(written);
    !holes.0
}

#[cfg(test)]
mod tests {
    use syn::{Block, Stmt, parse::Parser};

    use super::variables;

    fn names(text: &str) -> Vec<String> {
        let statements = Block::parse_within.parse_str(text).unwrap();
        let [Stmt::Local(local)] = statements.as_slice() else {
            panic!("{text}");
        };
        let found = variables(local, text);
        found.into_iter().map(|variable| variable.name).collect()
    }

    #[test]
    fn names_in_capitals_are_variables_unless_they_are_constants() {
        assert_eq!(names("let N = 1;"), ["N"]);
        assert_eq!(names("let (N, m) = f();"), ["N", "m"]);
        assert_eq!(names("let P { A, b: B } = f();"), ["A", "B"]);
        assert_eq!(names("let (None, a) = f() else { panic!() };"), ["a"]);
        assert_eq!(names("let (mut A, None) = f() else { panic!() };"), ["A"]);
    }
}
