//! Expressions in text, in the language of `NumExpr`: [`evaluate`].
//!
//! The text can do nothing but arithmetic on the variables that are handed over, so that it may come
//! from anywhere. It becomes the same nodes as operators on arrays, and one pass over the data.
//!
//! ```
//! use hpc::prelude::*;
//! let x = linspace(-1.0, 1.0, 5);
//! let y = evaluate("where(x > 0, 2*x**2 + 1, -x)", vars! { x })?;
//! assert_eq!(y.to_vec::<f64>(), [1.0, 0.5, 0.0, 1.5, 3.0]);
//! # Ok::<(), hpc::Error>(())
//! ```
//!
//! # The language
//!
//! | | |
//! | --- | --- |
//! | numbers | `12`, `1_000`, `0xff`, `1.5e-3`, `2j`, `True`, `False` |
//! | names | the variables; `pi`, `e`, `inf`, `nan` unless variables have these names |
//! | operators, the last bind tightest | `< <= == != >= >`, then `\|`, `^`, `&`, `<< >>`, `+ -`, `* / // %`, signs `+ - ~`, `**` |
//! | choice | `where(condition, a, b)`, `clip(x, low, high)`, `maximum minimum fmax fmin` |
//! | questions | `isnan isinf isfinite signbit` |
//! | trigonometry | `sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh hypot` |
//! | powers, logarithms | `exp expm1 exp2 log log10 log1p log2 sqrt cbrt square reciprocal pow power` |
//! | rounding, parts | `floor ceil trunc round rint sign abs absolute fmod copysign nextafter` |
//! | special functions | `erf erfc gamma lgamma gcd lcm` |
//! | complex numbers | `real imag conj angle complex`, `z.real`, `z.imag` |
//! | copies | `copy ones_like` |
//! | reductions, anywhere | `sum prod min max mean var std any all count count_nonzero` with `axis=0`, `axis=(0, 1)`, `keepdims=True`; `argmin argmax` |
//!
//! Precedence is that of Python: `-x**2` is `-(x**2)`, `2**3**2` is `2**9`, and `a & b == c` is
//! `(a & b) == c`. Comparisons are not chained. There are no strings, hence no `contains`.
//!
//! Sums of bool count the true ones; a reduction of the whole array is an array without axes, whose
//! dtype counts like that of any array.

mod function;
mod interpret;
mod parse;
mod token;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use num_complex::Complex;

use crate::array::{Array, DType, Operand};
use crate::error::Error;
use crate::expr::Input;
use interpret::{Rules, numexpr_dtype};
use parse::Program;

/// Computes an expression in text: see the [module](self) for the language.
///
/// ```
/// use hpc::prelude::*;
/// let a = arange(0, 6, 1).reshape([2, 3]);
/// let centred = evaluate("a - mean(a, axis=0, keepdims=True)", vars! { a })?;
/// assert_eq!(centred.to_vec::<f64>(), [-1.5, -1.5, -1.5, 1.5, 1.5, 1.5]);
///
/// let error = evaluate("2 * sinn(a)", vars! { a }).unwrap_err();
/// assert_eq!(error.to_string(), "\
/// evaluate: there is no function `sinn`; is it `sin`?
///   2 * sinn(a)
///       ^^^^");
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// An [`Error`] that shows the place in the expression, for texts that are no expressions, names
/// that are not among the variables, shapes and dtypes that do not fit, and too little memory.
pub fn evaluate(expression: &str, variables: &[(&str, Operand)]) -> Result<Array, Error> {
    Evaluate::new(expression).run(variables)
}

/// Variables for [`evaluate`]: `vars! { x, y, pi: PI }`, arrays (by reference) and numbers.
///
/// ```
/// use hpc::prelude::*;
/// let x = linspace(0.0, 1.0, 3);
/// let factor = 2;
/// let y = evaluate("factor * x + c", vars! { x, factor, c: 0.5 })?;
/// assert_eq!(y.to_vec::<f64>(), [0.5, 1.5, 2.5]);
/// # Ok::<(), hpc::Error>(())
/// ```
#[macro_export]
macro_rules! vars {
    (@collect [$($done:tt)*]) => { &[$($done)*] };
    (@collect [$($done:tt)*] $name:ident : $value:expr $(, $($rest:tt)*)?) => {
        $crate::vars!(@collect [
            $($done)* (stringify!($name), $crate::evaluate::Variable::operand(&$value)),
        ] $($($rest)*)?)
    };
    (@collect [$($done:tt)*] $name:ident $(, $($rest:tt)*)?) => {
        $crate::vars!(@collect [
            $($done)* (stringify!($name), $crate::evaluate::Variable::operand(&$name)),
        ] $($($rest)*)?)
    };
    ($($variables:tt)*) => { $crate::vars!(@collect [] $($variables)*) };
}

/// What a variable of an expression may be: an array or a number.
pub trait Variable {
    /// The array or the number.
    fn operand(&self) -> Operand;
}

impl<T: Variable> Variable for &T {
    fn operand(&self) -> Operand {
        (*self).operand()
    }
}

macro_rules! variable {
    ($($type:ty),*) => {$(
        impl Variable for $type {
            fn operand(&self) -> Operand {
                self.clone().into()
            }
        }
    )*};
}

variable!(Array, bool, i32, i64, usize, f32, f64, Complex<f64>);

/// The dtypes of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DTypes {
    /// Those of operators on arrays: all dtypes are computed with as they are, and numbers yield to
    /// the dtype of an array.
    #[default]
    Array,
    /// Those of `NumExpr` 2.14: integers of 8 and 16 bits become i32, u32 and u64 become i64, complex
    /// numbers c128; the later of bool, i32, i64, f32, f64, c128 wins, and a number counts as i32
    /// (i64 where it is larger), f64 or c128. Functions have `NumExpr`'s least dtypes, and sums have
    /// the dtype of their elements.
    NumExpr,
}

/// How powers with an exponent that is written as a number are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimization {
    /// By the power function, to 1 unit in the last place.
    None,
    /// Exponents 0, 1, 2, 0.5 and -1 without it, and as exactly.
    #[default]
    Moderate,
    /// Also whole and half exponents up to 50, by repeated multiplication: faster, with errors of up
    /// to `n / 2` units in the last place. What `NumExpr` does.
    Aggressive,
}

/// Which changes of a dtype are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Casting {
    /// None.
    No,
    /// None: all arrays have the byte order of the machine.
    Equiv,
    /// Those that keep all values.
    Safe,
    /// Those that are safe, or stay within a kind (f64 to f32, i64 to i8) or go to a later one.
    #[default]
    SameKind,
    /// All.
    Unsafe,
}

impl Casting {
    fn allows(self, from: DType, to: DType) -> bool {
        let is_signed = |dtype: DType| dtype.is_integer() && !dtype.is_unsigned();
        match self {
            Self::No | Self::Equiv => from == to,
            Self::Safe => from.promote(to) == to,
            Self::SameKind if is_signed(from) && to.is_unsigned() => false,
            Self::SameKind => from.kind() <= to.kind(),
            Self::Unsafe => true,
        }
    }
}

/// How the elements of the result lie in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Row by row.
    C,
    /// Column by column.
    F,
    /// Column by column if that is how all arrays with several axes lie, else row by row.
    A,
    /// As [`A`](Self::A).
    #[default]
    K,
}

/// An expression that was parsed, to be computed many times.
///
/// ```
/// use hpc::evaluate::Expression;
/// use hpc::prelude::*;
/// let energy = Expression::parse("0.5 * m * v**2")?;
/// assert_eq!(energy.names().collect::<Vec<_>>(), ["m", "v"]);
/// for m in [1.0, 2.0] {
///     let v = linspace(0.0, 3.0, 4);
///     assert_eq!(energy.run(vars! { m, v })?.item(3), 4.5 * m);
/// }
/// # Ok::<(), hpc::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression(Arc<Program>);

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    /// An [`Error`] that shows the place where the text is no expression.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::parse(text).map(|program| Self(Arc::new(program)))
    }

    /// The names in it, in the order in which they are met.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(String::as_str)
    }

    /// Computes it.
    ///
    /// # Errors
    /// As [`evaluate`] has.
    pub fn run(&self, variables: &[(&str, Operand)]) -> Result<Array, Error> {
        self.with().run(variables)
    }

    /// Computes it in another way: sets options before [`run`](Evaluate::run).
    pub fn with(&self) -> Evaluate<'static> {
        Evaluate::of(Ok(self.clone()))
    }
}

/// An expression with options, the names of which are those of `NumExpr`.
///
/// ```
/// use hpc::evaluate::{Casting, DTypes, Evaluate, Order};
/// use hpc::prelude::*;
/// let x = Array::from([[1_i8, 2], [3, 100]]);
/// let y = Evaluate::new("2 * x").dtypes(DTypes::NumExpr).order(Order::F).run(vars! { x })?;
/// assert_eq!(y.dtype(), DType::I32);
///
/// let mut sum = zeros([2, 2]);
/// Evaluate::new("x + 1.5").casting(Casting::Safe).out(&mut sum).run(vars! { x })?;
/// assert_eq!(sum.item([1, 1]), 101.5);
/// # Ok::<(), hpc::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "call `run`"]
pub struct Evaluate<'a> {
    expression: Result<Expression, Error>,
    out: Option<&'a mut Array>,
    order: Order,
    casting: Casting,
    rules: Rules,
}

impl<'a> Evaluate<'a> {
    /// An expression with the usual options. Texts are parsed once and remembered.
    pub fn new(expression: &str) -> Self {
        Self::of(remembered(expression))
    }

    fn of(expression: Result<Expression, Error>) -> Self {
        Self {
            expression,
            out: None,
            order: Order::default(),
            casting: Casting::default(),
            rules: Rules {
                dtypes: DTypes::default(),
                optimization: Optimization::default(),
                truediv: true,
            },
        }
    }

    /// Puts the result into `out`, which keeps its dtype and must have the shape of the result. Its
    /// former values are given up first where nobody else has them, so that their memory is used
    /// for the next result.
    pub fn out(self, out: &'a mut Array) -> Self {
        Self {
            out: Some(out),
            ..self
        }
    }

    /// How the elements of the result lie in memory; `K` if nothing is said.
    pub fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Which changes of dtypes are allowed, to the dtype of `out` and, under `NumExpr`'s rules, of
    /// the variables; `same_kind` if nothing is said.
    pub fn casting(self, casting: Casting) -> Self {
        Self { casting, ..self }
    }

    /// Whose dtypes results have.
    pub fn dtypes(mut self, dtypes: DTypes) -> Self {
        self.rules.dtypes = dtypes;
        self
    }

    /// How powers are computed.
    pub fn optimization(mut self, optimization: Optimization) -> Self {
        self.rules.optimization = optimization;
        self
    }

    /// Whether `/` of integers gives f64 (as if nothing is said) or the quotient without its
    /// fraction.
    pub fn truediv(mut self, truediv: bool) -> Self {
        self.rules.truediv = truediv;
        self
    }

    /// Computes the expression.
    ///
    /// # Errors
    /// As [`evaluate`] has, and for an `out` of another shape or of a dtype that `casting` forbids.
    pub fn run(self, variables: &[(&str, Operand)]) -> Result<Array, Error> {
        let program = self.expression?.0;
        if self.rules.dtypes == DTypes::NumExpr {
            for (name, operand) in variables {
                let (from, to) = (operand.0.dtype(), numexpr_dtype(operand.0.dtype()));
                // NumPy calls u64 to i64 a change within a kind.
                let is_widened = from == DType::U64 && self.casting == Casting::SameKind;
                if program.names.iter().any(|known| known == name) && !is_widened {
                    self.casting.check(&format!("`{name}`"), from, to)?;
                }
            }
        }
        let result = interpret::run(&program, variables, self.rules)?;
        let by_columns = match self.order {
            Order::C => false,
            Order::F => true,
            Order::A | Order::K => lie_by_columns(variables),
        };
        let result = match &self.out {
            None => result,
            Some(out) if out.shape() != result.shape() => {
                return Err(Error::Shapes {
                    routine: "evaluate",
                    left: result.shape().to_vec(),
                    right: out.shape().to_vec(),
                });
            }
            Some(out) => {
                self.casting
                    .check("the result", result.dtype(), out.dtype())?;
                result.astype(out.dtype())
            }
        };
        let result = laid_out(&result, by_columns && result.ndim() > 1)?;
        if let Some(out) = self.out {
            *out = result.clone();
        }
        Ok(result)
    }
}

impl Casting {
    fn check(self, what: &str, from: DType, to: DType) -> Result<(), Error> {
        if self.allows(from, to) {
            return Ok(());
        }
        let message =
            format!("{what} has dtype {from}, which {self:?} casting does not bring to {to}");
        Err(Error::argument("evaluate", message))
    }
}

/// Whether all arrays with several axes lie column by column, and there is one.
fn lie_by_columns(variables: &[(&str, Operand)]) -> bool {
    let mut tables = variables
        .iter()
        .filter_map(|(_, operand)| match &operand.0 {
            Input::Node(node) if node.shape.len() > 1 => Some(node.value()),
            _ => None,
        })
        .peekable();
    tables.peek().is_some()
        && tables.all(|dense| {
            dense.is_some_and(|dense| {
                !dense.layout.is_contiguous() && dense.layout.transposed().is_contiguous()
            })
        })
}

/// The values, computed now.
fn laid_out(result: &Array, by_columns: bool) -> Result<Array, Error> {
    let dense = crate::expr::evaluate(&result.node)?;
    if !by_columns {
        return Ok(result.clone());
    }
    let layout = dense.layout.transposed();
    let storage = dense.storage;
    let mut columns = crate::array::dense::Dense { storage, layout }.to_contiguous("evaluate")?;
    columns.layout = columns.layout.transposed();
    Ok(Array::of(columns))
}

/// Texts that were parsed last.
static PARSED: Mutex<VecDeque<Expression>> = Mutex::new(VecDeque::new());

/// How many are remembered, and how long they may be.
const REMEMBERED: usize = 64;
const LONGEST: usize = 1024;

/// The expression of a text, parsed now if it was not before.
fn remembered(text: &str) -> Result<Expression, Error> {
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = parsed.iter().position(|known| known.0.text == text);
    if let Some(expression) = known.and_then(|at| parsed.remove(at)) {
        parsed.push_front(expression.clone());
        return Ok(expression);
    }
    let expression = Expression::parse(text)?;
    if text.len() <= LONGEST {
        parsed.truncate(REMEMBERED - 1);
        parsed.push_front(expression.clone());
    }
    Ok(expression)
}
