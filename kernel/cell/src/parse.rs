//! A cell taken apart.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use proc_macro2::{LexError, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprAwait, ExprClosure, ExprTry, Local, MacroDelimiter, Stmt,
};

use crate::interruptible;
use crate::item::{self, Item};
use crate::locals::{NewVariable, variables};
use crate::mentions::{mentions, reads_files};
use crate::text::{CellText, Edit, Fragment};

const SHOW: &str = "::hpc::show!(";

/// What a cell says.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// What it defines for all cells after it.
    pub items: Vec<Item>,
    /// What it does, in order. The last one shows its value if it has one.
    pub statements: Vec<Fragment>,
    /// The variables that it brings in.
    pub variables: Vec<NewVariable>,
    /// All names that its statements mention.
    pub mentions: BTreeSet<String>,
    /// Whether a `?` of its own can end it early.
    pub can_fail: bool,
    /// Whether it waits for futures.
    pub awaits: bool,
    /// `#![…]` lines in front of everything.
    pub attributes: Vec<Fragment>,
    /// All of the cell, when its brackets or quotes do not match.
    pub unbalanced: Option<Fragment>,
    /// Whether the one statement is all of the cell, because it is no Rust that we understand.
    pub is_strange: bool,
}

/// Takes the part of a cell that begins at `start` apart. What does not parse is left to the compiler,
/// which says best what is wrong: it becomes one statement.
#[must_use]
pub fn parse(cell: &Arc<CellText>, start: usize) -> Parsed {
    let all = Fragment {
        cell: Arc::clone(cell),
        range: start..cell.text.len(),
        edits: Vec::new(),
    };
    let Ok(tokens) = tokens(&cell.text, start) else {
        return Parsed {
            unbalanced: Some(all),
            ..Parsed::default()
        };
    };
    let in_front_and_rest = |input: syn::parse::ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.call(Block::parse_within)?))
    };
    let Ok((attributes, statements)) = in_front_and_rest.parse2(tokens) else {
        return Parsed {
            statements: vec![all],
            is_strange: true,
            ..Parsed::default()
        };
    };
    let mut parsed = Parsed {
        attributes: attributes
            .iter()
            .map(|attribute| Fragment {
                range: attribute.span().byte_range(),
                ..all.clone()
            })
            .collect(),
        ..Parsed::default()
    };
    let last = statements.len().saturating_sub(1);
    for (index, statement) in statements.iter().enumerate() {
        parsed.add(statement, index == last, cell);
    }
    parsed
}

/// The tokens from byte `start` on, with their places in the whole text.
fn tokens(text: &str, start: usize) -> Result<TokenStream, LexError> {
    // Blanks, not bytes cut off: places stay what they are.
    let mut rust: String = text[..start]
        .chars()
        .map(|c| {
            if c == '\n' {
                "\n".into()
            } else {
                " ".repeat(c.len_utf8())
            }
        })
        .collect();
    rust.push_str(&text[start..]);
    rust.parse()
}

impl Parsed {
    fn add(&mut self, statement: &Stmt, is_last: bool, cell: &Arc<CellText>) {
        let range = statement.span().byte_range();
        match statement {
            Stmt::Item(item) => {
                self.items.extend(item::items(item, cell));
                return;
            }
            Stmt::Macro(call) if matches!(call.mac.delimiter, MacroDelimiter::Brace(_)) => {
                if let Some(item) = item::statics(&call.mac, cell, range.clone()) {
                    self.items.push(item);
                    return;
                }
            }
            _ => {}
        }
        let mut ways_out = WaysOut::default();
        ways_out.visit_stmt(statement);
        self.can_fail |= ways_out.can_fail;
        self.awaits |= ways_out.awaits;
        self.mention(statement);
        if let Stmt::Local(local) = statement {
            self.variables.extend(variables(local, &cell.text));
        }
        let mut edits = interruptible::in_statement(statement);
        if is_last && let Some(value) = value(statement) {
            edits.push(Edit::insert(value.start, SHOW));
            edits.push(Edit::insert(value.end, ");"));
        } else if matches!(statement, Stmt::Expr(_, None)) {
            // A loop or a block whose value nobody wants.
            edits.push(Edit::insert(range.end, ";"));
        }
        if let Some(check) = interruptible::after(statement).filter(|_| !is_last) {
            edits.push(Edit::insert(range.end, check));
        }
        self.statements.push(Fragment {
            cell: Arc::clone(cell),
            range,
            edits,
        });
    }
}

impl Parsed {
    /// Whether its statements read files while they are compiled, so that the same text may do
    /// something else the next time.
    #[must_use]
    pub fn reads_files(&self) -> bool {
        reads_files(&self.mentions)
    }

    /// A cell that does the same many times and tells how long it takes. It leaves no variables. A `?`
    /// ends all of it.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        let (start, end) = if self.awaits {
            (
                "::hpc::host::repeat_async(async || -> ::std::result::Result<(), ::hpc::host::EarlyReturn> {",
                ";::std::result::Result::Ok(())}).await?;",
            )
        } else if self.can_fail {
            (
                "::hpc::host::try_repeat(|| -> ::std::result::Result<(), ::hpc::host::EarlyReturn> {",
                ";::std::result::Result::Ok(())})?;",
            )
        } else {
            ("::hpc::host::repeat(|| {", "});")
        };
        if let Some(last) = self.statements.last_mut() {
            for edit in &mut last.edits {
                edit.replace_text(SHOW, "::std::hint::black_box(");
            }
            last.edits.push(Edit::insert(last.range.end, end));
        }
        if let Some(first) = self.statements.first_mut() {
            let start = Edit::insert(first.range.start, start);
            first.edits.insert(0, start);
        }
        self.variables.clear();
        self
    }

    /// Notes the names that a statement mentions and that are not of the cell's own making.
    fn mention(&mut self, statement: &Stmt) {
        let tokens = match statement {
            // The names in the pattern are new ones.
            Stmt::Local(Local {
                init: Some(init), ..
            }) => {
                let mut tokens = init.expr.to_token_stream();
                if let Some((_, diverge)) = &init.diverge {
                    diverge.to_tokens(&mut tokens);
                }
                tokens
            }
            Stmt::Local(_) => return,
            statement => statement.to_token_stream(),
        };
        let own = |name: &String| self.variables.iter().any(|known| known.name == *name);
        let names: Vec<String> = mentions(tokens)
            .into_iter()
            .filter(|name| !own(name))
            .collect();
        self.mentions.extend(names);
    }
}

/// The expression at the end of a cell whose value is the cell's result: an expression without a
/// semicolon that is not a loop, an assignment or a way out, or a macro call without a semicolon
/// whose brackets are not braces. Neither has an attribute.
pub fn value(statement: &Stmt) -> Option<Range<usize>> {
    // What has an attribute may not be there at all.
    let first = statement.to_token_stream().into_iter().next();
    if matches!(first, Some(TokenTree::Punct(sign)) if sign.as_char() == '#') {
        return None;
    }
    match statement {
        Stmt::Expr(expression, None) if has_value(expression) => {
            Some(expression.span().byte_range())
        }
        Stmt::Macro(call)
            if call.semi_token.is_none()
                && !matches!(call.mac.delimiter, MacroDelimiter::Brace(_)) =>
        {
            Some(call.mac.span().byte_range())
        }
        _ => None,
    }
}

fn has_value(expression: &Expr) -> bool {
    !matches!(
        expression,
        Expr::ForLoop(_)
            | Expr::While(_)
            | Expr::Assign(_)
            | Expr::Return(_)
            | Expr::Break(_)
            | Expr::Continue(_)
    )
}

/// Finds `?` and `.await` that belong to the cell itself.
#[derive(Default)]
struct WaysOut {
    can_fail: bool,
    awaits: bool,
}

impl<'ast> Visit<'ast> for WaysOut {
    fn visit_expr_try(&mut self, expression: &'ast ExprTry) {
        self.can_fail = true;
        visit::visit_expr_try(self, expression);
    }

    fn visit_expr_await(&mut self, expression: &'ast ExprAwait) {
        self.awaits = true;
        visit::visit_expr_await(self, expression);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // Arguments of most macros are expressions; in others a question mark does no harm.
        let text = call.tokens.to_string();
        self.can_fail |= text.contains(") ?") || text.contains("? .") || text.ends_with('?');
        self.awaits |= text.contains(". await");
    }

    // Worlds of their own.
    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
