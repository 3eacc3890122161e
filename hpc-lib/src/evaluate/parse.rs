//! From tokens to steps for a stack of values, in the order in which they are done.
//!
//! The grammar is that of Python's arithmetic. Operators of equal precedence need no recursion, and
//! nesting has a limit, so that no text overflows the stack.

use std::ops::Range;

use super::function::{FUNCTIONS, Function, Routine};
use super::token::{Placed, Token, mistake, tokens};
use crate::array::dtype::Scalar;
use crate::error::Error;
use crate::simd::{Binary, Compare};

/// Brackets, signs and powers within each other.
const DEEPEST: usize = 100;

/// A step of the computation, and the text that it stands for.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) place: Range<usize>,
}

/// Operands are taken from the stack, the result is put there.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Number(Scalar),
    /// The variable of this number in [`Program::names`].
    Variable(usize),
    Negate,
    Plus,
    Invert,
    Binary(Binary),
    Divide,
    Power,
    Compare(Compare),
    Call(&'static Function),
    /// Along these axes, all if there are none; whether they stay with length 1.
    Reduce(&'static Function, Option<Vec<isize>>, bool),
}

/// A parsed expression.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) text: String,
    pub(super) names: Vec<String>,
    pub(super) steps: Vec<Step>,
}

pub(super) fn parse(text: &str) -> Result<Program, Error> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        names: Vec::new(),
        steps: Vec::new(),
    };
    parser.expression(0)?;
    let next = parser.next().clone();
    if next.token != Token::End {
        return Err(parser.unexpected(&next, "an operator or the end"));
    }
    Ok(Program {
        text: text.to_owned(),
        names: parser.names,
        steps: parser.steps,
    })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed<'a>>,
    at: usize,
    depth: usize,
    names: Vec<String>,
    steps: Vec<Step>,
}

/// Binds tighter than all operators of two operands but `**`.
const SIGN: u8 = 8;
const COMPARISON: u8 = 1;

/// How tight an operator binds, and what it does.
fn operator(symbol: &str) -> Option<(u8, Action)> {
    Some(match symbol {
        "<" => (COMPARISON, Action::Compare(Compare::Lt)),
        "<=" => (COMPARISON, Action::Compare(Compare::Le)),
        ">" => (COMPARISON, Action::Compare(Compare::Gt)),
        ">=" => (COMPARISON, Action::Compare(Compare::Ge)),
        "==" => (COMPARISON, Action::Compare(Compare::Eq)),
        "!=" => (COMPARISON, Action::Compare(Compare::Ne)),
        "|" => (2, Action::Binary(Binary::Or)),
        "^" => (3, Action::Binary(Binary::Xor)),
        "&" => (4, Action::Binary(Binary::And)),
        "<<" => (5, Action::Binary(Binary::Shl)),
        ">>" => (5, Action::Binary(Binary::Shr)),
        "+" => (6, Action::Binary(Binary::Add)),
        "-" => (6, Action::Binary(Binary::Sub)),
        "*" => (7, Action::Binary(Binary::Mul)),
        "/" => (7, Action::Divide),
        "//" => (7, Action::Binary(Binary::FloorDiv)),
        "%" => (7, Action::Binary(Binary::Rem)),
        _ => return None,
    })
}

/// What to write instead of a word of Python that is no part of the language.
fn instead_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "and" => "write `(a) & (b)` for `a and b`",
        "or" => "write `(a) | (b)` for `a or b`",
        "not" => "write `~(a)` for `not a`",
        "if" | "else" => "write `where(condition, a, b)` for `a if condition else b`",
        "is" => "write `==` to compare",
        "in" => "write a comparison for each value, joined by `|`",
        "lambda" | "for" | "import" | "def" | "class" | "yield" | "await" | "async" | "del"
        | "return" | "while" | "with" => "an expression is arithmetic, nothing else",
        _ => return None,
    })
}

impl<'a> Parser<'a> {
    fn next(&self) -> &Placed<'a> {
        // The last token is `End`, which is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Placed<'a> {
        let next = self.next().clone();
        self.at += 1;
        next
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = matches!(self.next().token, Token::Symbol(next) if next == symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), Error> {
        if self.takes(symbol) {
            return Ok(());
        }
        let next = self.next().clone();
        Err(self.unexpected(&next, &format!("`{symbol}`")))
    }

    fn mistake(&self, place: &Range<usize>, message: impl AsRef<str>) -> Error {
        mistake(self.text, place.clone(), message)
    }

    fn unexpected(&self, found: &Placed<'_>, expected: &str) -> Error {
        let message = match found.token {
            Token::Name(word) if instead_of(word).is_some() => {
                instead_of(word).unwrap_or_default().to_owned()
            }
            Token::Symbol("[") => "there is no indexing: index the array before".to_owned(),
            Token::Symbol("=") => "write `==` to compare".to_owned(),
            Token::End => format!("expected {expected}, but the expression ends"),
            _ => {
                let text = &self.text[found.place.clone()];
                format!("expected {expected}, not `{text}`")
            }
        };
        self.mistake(&found.place, message)
    }

    fn push(&mut self, action: Action, place: Range<usize>) {
        self.steps.push(Step { action, place });
    }

    /// Operators that bind at least as tight as `least`, and what they join.
    fn expression(&mut self, least: u8) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let place = self.next().place.clone();
            let message = format!("more than {DEEPEST} levels of brackets and signs");
            return Err(self.mistake(&place, message));
        }
        self.operand()?;
        let mut compared = false;
        loop {
            let next = self.next().clone();
            let Token::Symbol(symbol) = next.token else {
                break;
            };
            let Some((level, action)) = operator(symbol).filter(|(level, _)| *level >= least)
            else {
                break;
            };
            if level == COMPARISON && compared {
                let message = "comparisons are not chained: write `(a < b) & (b < c)`";
                return Err(self.mistake(&next.place, message));
            }
            compared |= level == COMPARISON;
            self.at += 1;
            self.expression(level + 1)?;
            self.push(action, next.place);
        }
        self.depth -= 1;
        Ok(())
    }

    /// A signed operand, or one with its power.
    fn operand(&mut self) -> Result<(), Error> {
        let sign = match self.next().token {
            Token::Symbol("-") => Some(Action::Negate),
            Token::Symbol("+") => Some(Action::Plus),
            Token::Symbol("~") => Some(Action::Invert),
            _ => None,
        };
        if let Some(sign) = sign {
            let place = self.take().place;
            self.expression(SIGN)?;
            self.push(sign, place);
            return Ok(());
        }
        self.atom()?;
        while self.takes(".") {
            self.attribute()?;
        }
        let place = self.next().place.clone();
        if self.takes("**") {
            self.expression(SIGN)?;
            self.push(Action::Power, place);
        }
        Ok(())
    }

    fn attribute(&mut self) -> Result<(), Error> {
        let found = self.take();
        match found.token {
            Token::Name(name @ ("real" | "imag")) => {
                if let Some(function) = Function::find(name) {
                    self.push(Action::Call(function), found.place);
                }
                Ok(())
            }
            _ => Err(self.mistake(&found.place, "the only attributes are `.real` and `.imag`")),
        }
    }

    fn atom(&mut self) -> Result<(), Error> {
        let found = self.take();
        match found.token {
            Token::Number(number) => self.push(Action::Number(number), found.place),
            Token::Symbol("(") => {
                self.expression(0)?;
                self.expect(")")?;
            }
            Token::Name(name) if instead_of(name).is_none() => {
                if self.takes("(") {
                    return self.call(name, found.place);
                }
                self.name(name, found.place);
            }
            _ => return Err(self.unexpected(&found, "a number, a name, `-`, `~` or `(`")),
        }
        Ok(())
    }

    fn name(&mut self, name: &str, place: Range<usize>) {
        let constant = match name {
            "True" => Some(Scalar::Bool(true)),
            "False" => Some(Scalar::Bool(false)),
            _ => None,
        };
        if let Some(constant) = constant {
            return self.push(Action::Number(constant), place);
        }
        let known = self.names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.push(Action::Variable(index), place);
    }

    /// The arguments of a call, after its opening bracket.
    fn call(&mut self, name: &str, place: Range<usize>) -> Result<(), Error> {
        let Some(function) = Function::find(name) else {
            let names = FUNCTIONS.iter().map(|function| function.name);
            let message = match name {
                "contains" => "there are no strings in expressions".to_owned(),
                _ => format!("there is no function `{name}`{}", suggestion(name, names)),
            };
            return Err(self.mistake(&place, message));
        };
        if let Routine::Reduce(_) = function.routine {
            self.expression(0)?;
            let (axes, keep) = self.axes()?;
            self.push(Action::Reduce(function, axes, keep), place);
            return Ok(());
        }
        let expected = function.routine.arguments();
        let mut count = 0;
        while !self.takes(")") {
            if count > 0 {
                self.expect(",")?;
            }
            self.expression(0)?;
            count += 1;
        }
        if count != expected {
            let message = format!("`{name}` takes {expected} argument(s), not {count}");
            return Err(self.mistake(&place, message));
        }
        self.push(Action::Call(function), place);
        Ok(())
    }

    /// `, axis=0, keepdims=True)`, with what it stands for.
    fn axes(&mut self) -> Result<(Option<Vec<isize>>, bool), Error> {
        let (mut axes, mut keep) = (None, false);
        while !self.takes(")") {
            self.expect(",")?;
            let named = match self.next().token {
                Token::Name(name @ ("axis" | "keepdims")) => {
                    self.at += 1;
                    self.expect("=")?;
                    name
                }
                _ => "axis",
            };
            if named == "keepdims" {
                let found = self.take();
                keep = match found.token {
                    Token::Name("True") => true,
                    Token::Name("False") => false,
                    _ => return Err(self.unexpected(&found, "`True` or `False`")),
                };
            } else if matches!(self.next().token, Token::Name("None")) {
                self.at += 1;
            } else if self.takes("(") {
                let mut some = Vec::new();
                while !self.takes(")") {
                    if !some.is_empty() {
                        self.expect(",")?;
                        if self.takes(")") {
                            break;
                        }
                    }
                    some.push(self.axis()?);
                }
                axes = Some(some);
            } else {
                axes = Some(vec![self.axis()?]);
            }
        }
        Ok((axes, keep))
    }

    fn axis(&mut self) -> Result<isize, Error> {
        let is_negative = self.takes("-");
        let found = self.take();
        match found.token {
            Token::Number(Scalar::Int(axis)) => {
                let axis = isize::try_from(axis).unwrap_or(isize::MAX);
                Ok(if is_negative { -axis } else { axis })
            }
            _ => Err(self.unexpected(&found, "an axis: an integer, some in brackets, or `None`")),
        }
    }
}

/// Names that need not be given.
pub(super) fn constant(name: &str) -> Option<Scalar> {
    Some(match name {
        "pi" => Scalar::Float(std::f64::consts::PI),
        "e" => Scalar::Float(std::f64::consts::E),
        "inf" => Scalar::Float(f64::INFINITY),
        "nan" => Scalar::Float(f64::NAN),
        _ => return None,
    })
}

/// `; is it …?` with the name that is most like `name`, if one is.
pub(super) fn suggestion<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let near = names
        .map(|known| (distance(name, known), known.len(), known))
        .min()
        .filter(|(distance, _, known)| distance * 5 <= 2 * known.len().max(name.len()));
    near.map_or_else(String::new, |(_, _, known)| format!("; is it `{known}`?"))
}

/// The number of characters to insert, delete or replace to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    // A longer name is no slip of the pen.
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
