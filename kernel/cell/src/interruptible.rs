//! Makes loops of the user's own stop when the user asks.
//!
//! Each turn of a loop begins with a look at a flag. `for` loops over a range do it once per block
//! of turns instead, so that the compiler can still vectorise their bodies. Sleeping is replaced by
//! sleeping that ends early, and statements that may have waited are followed by a look at the flag.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprBreak, ExprCall, ExprClosure, ExprConst, ExprForLoop, ExprLoop, ExprRange,
    ExprRepeat, ExprWhile, Generics, ImplItemConst, ImplItemFn, ItemConst, ItemEnum, ItemFn,
    ItemImpl, ItemStatic, ItemTrait, Label, TraitItemConst, TypeArray,
};

use crate::text::Edit;

/// What ends a cell that the user interrupted.
const CHECK: &str = "::hpc::host::interrupt::check();";
const BLOCKS: &str = "::hpc::host::interrupt::blocks(";
const SLEEP: &str = "::hpc::host::interrupt::sleep";

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
    /// Whether this is inside a function with type parameters: a range of an unknown type cannot be
    /// divided into blocks.
    generic: bool,
}

/// A loop, as seen from inside.
struct Around {
    /// The user's own label.
    label: Option<String>,
    /// The label of the loop over blocks, where there is one.
    blocks: Option<String>,
}

impl Checks {
    fn check_in(&mut self, body: &Block) {
        let at = body.brace_token.span.open().byte_range().end;
        self.edits.push(Edit::insert(at, CHECK));
    }

    fn inside(
        &mut self,
        label: Option<&Label>,
        blocks: Option<String>,
        visit: impl FnOnce(&mut Self),
    ) {
        self.around.push(Around {
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

    fn with_generics(&mut self, generics: &Generics, visit: impl FnOnce(&mut Self)) {
        let outer = self.generic;
        self.generic |= generics.type_params().next().is_some();
        visit(self);
        self.generic = outer;
    }
}

impl<'ast> Visit<'ast> for Checks {
    fn visit_expr_loop(&mut self, expression: &'ast ExprLoop) {
        self.check_in(&expression.body);
        self.inside(expression.label.as_ref(), None, |checks| {
            visit::visit_expr_loop(checks, expression);
        });
    }

    fn visit_expr_while(&mut self, expression: &'ast ExprWhile) {
        self.check_in(&expression.body);
        self.inside(expression.label.as_ref(), None, |checks| {
            visit::visit_expr_while(checks, expression);
        });
    }

    fn visit_expr_for_loop(&mut self, expression: &'ast ExprForLoop) {
        if self.generic || !is_range(&expression.expr) {
            self.visit_expr(&expression.expr);
            self.check_in(&expression.body);
            self.inside(expression.label.as_ref(), None, |checks| {
                checks.visit_block(&expression.body);
            });
            return;
        }
        // `for i in range { body }` becomes
        // `'blocks: for block in blocks(range) { for i in block { body } }`; a `break` of the
        // user's leaves the outer one.
        let outer = format!("ferrolab_blocks_{}", self.blocked);
        self.blocked += 1;
        let variable = format!("ferrolab_block_{}", self.blocked);
        let start = expression.span().byte_range().start;
        let range = expression.expr.span().byte_range();
        let end = expression.body.brace_token.span.close().byte_range().end;
        self.edits.extend([
            Edit::insert(start, format!("'{outer}: for {variable} in {BLOCKS}")),
            Edit::copy(start, range.clone()),
            Edit::insert(start, ") {"),
            Edit::replace(range, variable),
            Edit::insert(end, "}"),
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
            None => self.around.last(),
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

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let segments: Vec<String> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            if matches!(segments.as_slice(), [.., thread, sleep] if thread == "thread" && sleep == "sleep")
            {
                self.edits
                    .push(Edit::replace(path.span().byte_range(), SLEEP));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.outside_of_loops(|checks| visit::visit_expr_closure(checks, closure));
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if function.sig.constness.is_none() {
            self.with_generics(&function.sig.generics, |checks| {
                checks.outside_of_loops(|checks| visit::visit_item_fn(checks, function));
            });
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if function.sig.constness.is_none() {
            self.with_generics(&function.sig.generics, |checks| {
                checks.outside_of_loops(|checks| visit::visit_impl_item_fn(checks, function));
            });
        }
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        self.with_generics(&block.generics, |checks| {
            visit::visit_item_impl(checks, block);
        });
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        // `Self` is a type parameter too.
        let outer = std::mem::replace(&mut self.generic, true);
        visit::visit_item_trait(self, item);
        self.generic = outer;
    }

    // What the compiler evaluates cannot look at a flag.
    fn visit_item_const(&mut self, _: &'ast ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast ItemEnum) {}
    fn visit_impl_item_const(&mut self, _: &'ast ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast TraitItemConst) {}
    fn visit_expr_const(&mut self, _: &'ast ExprConst) {}
    fn visit_type_array(&mut self, _: &'ast TypeArray) {}
    fn visit_expr_repeat(&mut self, repeat: &'ast ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }
}

/// `a..b` or `a..=b`, perhaps in parentheses.
fn is_range(expression: &Expr) -> bool {
    match expression {
        Expr::Range(ExprRange {
            start: Some(_),
            end: Some(_),
            ..
        }) => true,
        Expr::Paren(inner) => is_range(&inner.expr),
        _ => false,
    }
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
            changed("for x in &v { f(x) }"),
            "for x in &v {CHECK; f(x) }"
        );
        assert_eq!(
            changed("v.iter().map(|x| loop { break x });"),
            "v.iter().map(|x| loop {CHECK; break x });"
        );
    }

    #[test]
    fn ranges_are_walked_in_blocks_and_breaks_leave_all_of_them() {
        assert_eq!(
            changed("for i in 0..n { if i > 3 { break } }"),
            "'blocks_0: for block_1 in blocks(0..n) {for i in block_1 { if i > 3 { break 'blocks_0 } }}"
        );
        assert_eq!(
            changed("'a: for i in 0..n { for j in (0..m) { break 'a; } }"),
            "'blocks_0: for block_1 in blocks(0..n) {'a: for i in block_1 { 'blocks_1: for block_2 \
             in blocks((0..m)) {for j in block_2 { break 'blocks_0; }} }}"
        );
        assert_eq!(
            changed("for i in 0..n { while a { break } }"),
            "'blocks_0: for block_1 in blocks(0..n) {for i in block_1 { while a {CHECK; break } }}"
        );
    }

    #[test]
    fn what_is_evaluated_by_the_compiler_is_left_alone() {
        for text in [
            "const fn f() { loop {} }",
            "const A: u8 = loop { break 1 };",
            "let a = [0; { loop { break 1 } }];",
        ] {
            assert_eq!(changed(text), text);
        }
    }

    #[test]
    fn sleeping_ends_early() {
        assert_eq!(changed("std::thread::sleep(d);"), "sleep(d);");
        assert_eq!(changed("thread::sleep(d);"), "sleep(d);");
    }

    #[test]
    fn ranges_of_unknown_types_are_checked_each_turn() {
        assert_eq!(
            changed("fn f<T>(a: T, b: T) { for x in a..b {} }"),
            "fn f<T>(a: T, b: T) { for x in a..b {CHECK;} }"
        );
    }
}
