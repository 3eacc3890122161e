//! Makes loops of the user's own stop when the user asks.
//!
//! Each turn of a loop begins with a look at a flag. `for` loops do it once per block of turns instead,
//! so that the compiler can still vectorise their bodies, unless a macro in the body may hide a
//! `break`, which would have to leave all blocks. So does each call of a function that calls itself.
//! Sleeping is replaced by sleeping that ends early, and statements that may have waited are followed by
//! a look at the flag.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    AttrStyle, Attribute, Block, Expr, ExprBlock, ExprBreak, ExprCall, ExprClosure, ExprConst,
    ExprContinue, ExprForLoop, ExprLoop, ExprRepeat, ExprWhile, GenericArgument, ImplItemConst,
    ImplItemFn, ItemConst, ItemEnum, ItemFn, ItemStatic, Label, TraitItemConst, TypeArray,
};

use crate::mentions::mentions;
use crate::text::Edit;

/// What ends a cell that the user interrupted.
const CHECK: &str = "::hpc::host::interrupt::check();";
const TURNS: &str = "::hpc::host::interrupt::turns(";
/// Sleeping that ends early.
pub(crate) const SLEEP: &str = "::hpc::host::interrupt::sleep";

/// The changes that a statement needs.
pub(crate) fn in_statement(statement: &syn::Stmt) -> Vec<Edit> {
    let mut edits = Checks::default();
    edits.visit_stmt(statement);
    edits.edits
}

/// The changes that an item needs.
pub(crate) fn in_item(item: &syn::Item) -> Vec<Edit> {
    let mut edits = Checks::default();
    edits.visit_item(item);
    edits.edits
}

/// Methods and functions that wait for something outside of this process or thread. The system ends
/// the wait when the user interrupts the cell.
const WAITING: [&str; 16] = [
    "accept",
    "connect",
    "join",
    "lock",
    "output",
    "park",
    "read",
    "read_exact",
    "read_line",
    "read_to_end",
    "read_to_string",
    "recv",
    "recv_timeout",
    "status",
    "wait",
    "wait_with_output",
];

/// A look at the flag, for behind a statement that may have waited.
pub(crate) fn after(statement: &syn::Stmt) -> Option<&'static str> {
    let names = crate::mentions::mentions(quote::ToTokens::to_token_stream(statement));
    let waits = WAITING.iter().any(|name| names.contains(*name));
    waits.then_some(CHECK)
}

#[derive(Default)]
struct Checks {
    edits: Vec<Edit>,
    /// Loops around the current place, the innermost last.
    around: Vec<Around>,
    /// Loops over blocks so far, for their labels.
    blocked: usize,
}

/// A loop or a labelled block, as seen from inside.
struct Around {
    /// Whether a `break` without a label means it.
    is_loop: bool,
    /// The user's own label.
    label: Option<String>,
    /// The label of the loop over blocks, where there is one.
    blocks: Option<String>,
}

impl Checks {
    fn check_in(&mut self, body: &Block, attributes: &[Attribute]) {
        // `#![…]` must stay in front.
        let inner = attributes
            .iter()
            .rfind(|attribute| matches!(attribute.style, AttrStyle::Inner(_)));
        let at = inner.map_or_else(
            || body.brace_token.span.open().byte_range().end,
            |attribute| attribute.span().byte_range().end,
        );
        self.edits.push(Edit::insert(at, CHECK));
    }

    fn inside(
        &mut self,
        label: Option<&Label>,
        blocks: Option<String>,
        visit: impl FnOnce(&mut Self),
    ) {
        self.around.push(Around {
            is_loop: true,
            label: label.map(|label| label.name.ident.to_string()),
            blocks,
        });
        visit(self);
        self.around.pop();
    }

    /// Functions and closures are worlds of their own for `break`.
    fn outside_of_loops(&mut self, visit: impl FnOnce(&mut Self)) {
        let around = std::mem::take(&mut self.around);
        visit(self);
        self.around = around;
    }
}

impl<'ast> Visit<'ast> for Checks {
    fn visit_expr_loop(&mut self, expression: &'ast ExprLoop) {
        self.check_in(&expression.body, &expression.attrs);
        self.inside(expression.label.as_ref(), None, |checks| {
            visit::visit_expr_loop(checks, expression);
        });
    }

    fn visit_expr_while(&mut self, expression: &'ast ExprWhile) {
        self.check_in(&expression.body, &expression.attrs);
        self.inside(expression.label.as_ref(), None, |checks| {
            visit::visit_expr_while(checks, expression);
        });
    }

    fn visit_expr_for_loop(&mut self, expression: &'ast ExprForLoop) {
        if !can_move(&expression.expr) || hides_a_break(&expression.body) {
            self.visit_expr(&expression.expr);
            self.check_in(&expression.body, &expression.attrs);
            self.inside(expression.label.as_ref(), None, |checks| {
                checks.visit_block(&expression.body);
            });
            return;
        }
        // `for x in all { body }` becomes
        // `match turns(all) { mut turns => 'blocks: while let Some(block) = turns.next_block() {
        // for x in block { body } } }`; a `break` of the user's leaves the outer loop. What `all`
        // borrows from lives as long as it did.
        self.blocked += 1;
        let number = self.blocked;
        let (turns, block) = (
            format!("ferrolab_turns_{number}"),
            format!("ferrolab_block_{number}"),
        );
        let outer = format!("ferrolab_blocks_{number}");
        let start = expression.span().byte_range().start;
        let all = expression.expr.span().byte_range();
        let end = expression.body.brace_token.span.close().byte_range().end;
        self.edits.extend([
            Edit::insert(start, format!("match {TURNS}")),
            Edit::copy(start, all.clone()),
            Edit::insert(
                start,
                format!(
                    ") {{ mut {turns} => '{outer}: while let ::std::option::Option::Some({block}) = \
                     {turns}.next_block() {{"
                ),
            ),
            Edit::replace(all, block),
            Edit::insert(end, "} }"),
        ]);
        self.inside(expression.label.as_ref(), Some(outer), |checks| {
            checks.visit_block(&expression.body);
        });
    }

    fn visit_expr_break(&mut self, expression: &'ast ExprBreak) {
        let target = match &expression.label {
            Some(label) => self
                .around
                .iter()
                .rev()
                .find(|around| around.label.as_deref() == Some(&label.ident.to_string())),
            None => self.around.iter().rev().find(|around| around.is_loop),
        };
        if let Some(Around {
            blocks: Some(blocks),
            ..
        }) = target
        {
            let keyword = expression.break_token.span.byte_range();
            let end = expression
                .label
                .as_ref()
                .map_or(keyword.end, |label| label.span().byte_range().end);
            self.edits.push(Edit::replace(
                keyword.start..end,
                format!("break '{blocks}"),
            ));
        }
        visit::visit_expr_break(self, expression);
    }

    fn visit_expr_block(&mut self, expression: &'ast ExprBlock) {
        let Some(label) = &expression.label else {
            visit::visit_expr_block(self, expression);
            return;
        };
        self.around.push(Around {
            is_loop: false,
            label: Some(label.name.ident.to_string()),
            blocks: None,
        });
        visit::visit_expr_block(self, expression);
        self.around.pop();
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let segments: Vec<String> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            let path: Vec<&str> = segments.iter().map(String::as_str).collect();
            if matches!(
                path.as_slice(),
                ["thread", "sleep"] | ["std", "thread", "sleep"]
            ) {
                self.edits
                    .push(Edit::replace(call.func.span().byte_range(), SLEEP));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        let path: String = import
            .tree
            .to_token_stream()
            .into_iter()
            .map(|token| token.to_string())
            .collect();
        if path == "std::thread::sleep" {
            self.edits
                .push(Edit::replace(import.tree.span().byte_range(), SLEEP));
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.outside_of_loops(|checks| visit::visit_expr_closure(checks, closure));
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if function.sig.constness.is_none() && !is_kernel(&function.attrs) {
            if calls(&function.block, &function.sig.ident.to_string()) {
                self.check_in(&function.block, &function.attrs);
            }
            self.outside_of_loops(|checks| visit::visit_item_fn(checks, function));
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if function.sig.constness.is_none() {
            if calls(&function.block, &function.sig.ident.to_string()) {
                self.check_in(&function.block, &function.attrs);
            }
            self.outside_of_loops(|checks| visit::visit_impl_item_fn(checks, function));
        }
    }

    // What the compiler evaluates cannot look at a flag.
    fn visit_item_const(&mut self, _: &'ast ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast ItemEnum) {}
    fn visit_impl_item_const(&mut self, _: &'ast ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast TraitItemConst) {}
    fn visit_expr_const(&mut self, _: &'ast ExprConst) {}
    fn visit_type_array(&mut self, _: &'ast TypeArray) {}
    fn visit_generic_argument(&mut self, argument: &'ast GenericArgument) {
        if !matches!(argument, GenericArgument::Const(_)) {
            visit::visit_generic_argument(self, argument);
        }
    }
    fn visit_expr_repeat(&mut self, repeat: &'ast ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }
}

/// Whether a function of that name with that body calls itself, as far as names tell.
fn calls(body: &Block, name: &str) -> bool {
    struct Calls<'a> {
        name: &'a str,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Calls<'_> {
        fn visit_expr_call(&mut self, call: &'ast ExprCall) {
            if let Expr::Path(path) = &*call.func {
                let path: Vec<String> = path
                    .path
                    .segments
                    .iter()
                    .map(|segment| segment.ident.to_string())
                    .collect();
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                self.found |= path == [self.name] || path == ["Self", self.name];
            }
            visit::visit_expr_call(self, call);
        }

        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            // As in `fn sqrt(self) -> Self { Self(self.0.sqrt()) }`, which should become vectors.
            let hands_on = matches!(
                &*call.receiver,
                Expr::Field(syn::ExprField {
                    member: syn::Member::Unnamed(_),
                    ..
                })
            );
            self.found |= call.method == self.name && !hands_on;
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut calls = Calls { name, found: false };
    calls.visit_block(body);
    calls.found
}

/// Whether a function is a kernel over arrays, which looks at the flag between blocks of elements. Within
/// it a look would keep the compiler from making vectors of its loops.
fn is_kernel(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let segments = &attribute.path().segments;
        let names: Vec<String> = segments.iter().map(|name| name.ident.to_string()).collect();
        matches!(
            names.iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["kernel"] | ["hpc", "kernel"]
        )
    })
}

/// Whether an expression has nothing in it that needs a change of its own, and no way out of loops.
fn can_move(expression: &Expr) -> bool {
    let mut changes = Checks::default();
    changes.visit_expr(expression);
    let mut jumps = Jumps::default();
    jumps.visit_expr(expression);
    changes.edits.is_empty() && !jumps.found
}

/// Macros of the standard library and of `hpc`, which hide no `break` unless one is handed to them.
const PLAIN_MACROS: [&str; 24] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "expr",
    "format",
    "include_str",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vars",
    "vec",
    "write",
    "writeln",
];

/// Whether a macro in the body of a loop may expand to a `break`.
fn hides_a_break(body: &Block) -> bool {
    let mut jumps = Jumps::default();
    jumps.visit_block(body);
    jumps.hidden
}

/// Finds jumps out of code, also those that macros may hide.
#[derive(Default)]
struct Jumps {
    found: bool,
    hidden: bool,
}

impl<'ast> Visit<'ast> for Jumps {
    fn visit_expr_break(&mut self, expression: &'ast ExprBreak) {
        self.found = true;
        visit::visit_expr_break(self, expression);
    }

    fn visit_expr_continue(&mut self, _: &'ast ExprContinue) {
        self.found = true;
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let is_plain = call
            .path
            .segments
            .last()
            .is_some_and(|name| PLAIN_MACROS.iter().any(|known| name.ident == known))
            && !mentions(call.tokens.clone()).contains("break");
        self.found |= !is_plain;
        self.hidden |= !is_plain;
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use syn::parse::Parser;

    use super::*;
    use crate::text::{CellText, Fragment, Piece};

    fn changed(text: &str) -> String {
        let statements = Block::parse_within.parse_str(text).unwrap();
        let fragment = Fragment {
            cell: Arc::new(CellText {
                number: 1,
                text: text.to_owned(),
            }),
            range: 0..text.len(),
            edits: statements.iter().flat_map(in_statement).collect(),
        };
        let changed: String = fragment
            .pieces()
            .into_iter()
            .map(|piece| match piece {
                Piece::Written(range) => text[range].to_owned(),
                Piece::Inserted { text, .. } => text,
            })
            .collect();
        assert!(Block::parse_within.parse_str(&changed).is_ok(), "{changed}");
        changed
            .replace(CHECK, "CHECK;")
            .replace("::hpc::host::interrupt::", "")
            .replace("ferrolab_", "")
    }

    #[test]
    fn loops_look_at_the_flag() {
        assert_eq!(changed("loop { f() }"), "loop {CHECK; f() }");
        assert_eq!(changed("while a { f() }"), "while a {CHECK; f() }");
        assert_eq!(
            changed("v.iter().map(|x| loop { break x });"),
            "v.iter().map(|x| loop {CHECK; break x });"
        );
    }

    #[test]
    fn for_loops_are_walked_in_blocks_and_breaks_leave_all_of_them() {
        assert_eq!(
            changed("for i in 0..n { if i > 3 { break } }"),
            "match turns(0..n) { mut turns_1 => 'blocks_1: while let ::std::option::Option::Some(block_1) \
             = turns_1.next_block() {for i in block_1 { if i > 3 { break 'blocks_1 } }} }"
        );
        let nested = changed("'a: for i in &v { for j in (0..m) { break 'a; } }");
        assert!(nested.contains("{'a: for i in block_1 {"), "{nested}");
        assert!(
            nested.contains("{for j in block_2 { break 'blocks_1; }} }"),
            "{nested}"
        );
        let inner = changed("for i in 0..n { while a { break } }");
        assert!(inner.contains("while a {CHECK; break }"), "{inner}");
    }

    #[test]
    fn what_is_evaluated_by_the_compiler_is_left_alone() {
        for text in [
            "const fn f() { loop {} }",
            "const A: u8 = loop { break 1 };",
            "let a = [0; { loop { break 1 } }];",
            "let a = f::<{ loop { break 1 } }>();",
        ] {
            assert_eq!(changed(text), text);
        }
    }

    #[test]
    fn functions_that_call_themselves_look_at_the_flag() {
        assert_eq!(
            changed("fn f(n: u8) -> u8 { f(n - 1) }"),
            "fn f(n: u8) -> u8 {CHECK; f(n - 1) }"
        );
        for text in [
            "impl A { fn f(&self) -> u8 {CHECK; self.next.f() } }",
            "impl A { fn f() -> u8 {CHECK; Self::f() } }",
        ] {
            assert_eq!(changed(&text.replace("CHECK;", "")), text);
        }
        for text in [
            "fn f() -> u8 { g() }",
            "const fn f(n: u8) -> u8 { f(n) }",
            "impl A { fn sqrt(self) -> A { A(self.0.sqrt()) } }",
            "fn sqrt(x: f64) -> f64 { f64::sqrt(x) }",
        ] {
            assert_eq!(changed(text), text);
        }
    }

    #[test]
    fn kernels_are_left_alone() {
        for text in [
            "#[kernel] fn f(x: f64) -> f64 { for i in 0..9 { g(i); } loop { break x } }",
            "#[hpc::kernel] fn f(x: f64) -> f64 { while x > 1.0 {} x }",
        ] {
            assert_eq!(changed(text), text);
        }
        let other = changed("#[other::kernel] fn f(x: f64) -> f64 { loop {} }");
        assert!(other.contains("CHECK;"), "{other}");
        let outside = changed("loop { #[kernel] fn f(x: f64) -> f64 { loop {} } }");
        assert_eq!(outside.matches("CHECK;").count(), 1, "{outside}");
    }

    #[test]
    fn a_break_that_cannot_be_seen_leaves_its_loop() {
        for body in [
            "stop!()",
            "println!(\"{}\", { break })",
            "m! { if a { break } }",
        ] {
            assert_eq!(
                changed(&format!("for i in 0..n {{ {body}; }}")),
                format!("for i in 0..n {{CHECK; {body}; }}")
            );
        }
        assert!(changed("for i in 0..n { println!(\"{i}\"); }").contains("turns(0..n)"));
        assert!(changed("for i in 0..n { v.map(|x| my!(x)); }").contains("turns(0..n)"));
    }

    #[test]
    fn breaks_in_the_bounds_of_a_range_mean_the_loop_around() {
        assert_eq!(
            changed("while a { for i in 0..(if b { break } else { n }) {} }"),
            "while a {CHECK; for i in 0..(if b { break } else { n }) {CHECK;} }"
        );
    }

    #[test]
    fn a_label_of_a_block_hides_one_of_a_loop() {
        let hidden = changed("'a: for i in 0..n { 'a: { break 'a; } }");
        assert!(
            hidden.contains("{'a: for i in block_1 { 'a: { break 'a; } }}"),
            "{hidden}"
        );
        assert!(changed("for i in 0..n { 'a: { break; } }").contains("break 'blocks_1"));
    }

    #[test]
    fn inner_attributes_stay_in_front() {
        assert_eq!(
            changed("loop { #![allow(unused)] f() }"),
            "loop { #![allow(unused)]CHECK; f() }"
        );
    }

    #[test]
    fn sleeping_ends_early() {
        assert_eq!(changed("std::thread::sleep(d);"), "sleep(d);");
        assert_eq!(changed("thread::sleep(d);"), "sleep(d);");
        assert_eq!(
            changed("fn f() { use std::thread::sleep; }"),
            "fn f() { use sleep; }"
        );
        assert_eq!(changed("my::thread::sleep(d);"), "my::thread::sleep(d);");
    }
}
