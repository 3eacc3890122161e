//! NumPy's routines in the words of arrays: a line each. Cases of routines that are not here are
//! left out.

use hpc::array::Operand;
use hpc::prelude::*;

use crate::arrays::{Argument, dtype};
use crate::fixture::{Case, Value};

/// What a routine gives.
pub(crate) enum Outcome {
    Array(Array),
    Number(f64),
}

/// Calls a routine; `None` for arguments that it does not take.
pub(crate) type Routine = fn(&[Argument]) -> Option<Outcome>;

/// The routine of that name.
pub(crate) fn routine(name: &str) -> Option<Routine> {
    ROUTINES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, routine)| routine)
}

/// Where arrays differ from NumPy on purpose (`hpc-lib/README.md`).
pub(crate) fn different(case: &Case) -> bool {
    let of =
        |name: &str| matches!(case.args.first(), Some(Value::Array(first)) if first.dtype == name);
    match case.routine.as_str() {
        // The sum of integers never wraps, and is exact.
        "sum" | "prod" => of("int64") && case.args.len() == 1,
        _ => false,
    }
}

impl From<Array> for Outcome {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<f64> for Outcome {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Outcome {
    fn from(value: bool) -> Self {
        Self::Number(f64::from(u8::from(value)))
    }
}

impl From<usize> for Outcome {
    fn from(value: usize) -> Self {
        Self::Number(value as f64)
    }
}

fn operand(argument: &Argument) -> Option<Operand> {
    Some(match argument {
        Argument::Array(array) => array.into(),
        Argument::Integer(number) => (*number).into(),
        Argument::Float(number) => (*number).into(),
        Argument::Bool(value) => (*value).into(),
        Argument::Text(_) => return None,
    })
}

/// An operator of Rust between arrays and numbers.
macro_rules! operator {
    ($symbol:tt) => {
        |arguments| Some(match arguments {
            [Argument::Array(a), Argument::Array(b)] => (a $symbol b).into(),
            [Argument::Array(a), Argument::Integer(b)] => (a $symbol *b).into(),
            [Argument::Array(a), Argument::Float(b)] => (a $symbol *b).into(),
            [Argument::Array(a), Argument::Bool(b)] => (a $symbol *b).into(),
            [Argument::Integer(a), Argument::Array(b)] => (*a $symbol b).into(),
            [Argument::Float(a), Argument::Array(b)] => (*a $symbol b).into(),
            _ => return None,
        })
    };
}

/// An operator between arrays only.
macro_rules! bitwise {
    ($symbol:tt) => {
        |arguments| match arguments {
            [Argument::Array(a), Argument::Array(b)] => Some((a $symbol b).into()),
            _ => None,
        }
    };
}

/// A method of one array.
macro_rules! unary {
    (|$a:ident| $value:expr) => {
        |arguments| match arguments {
            [Argument::Array($a)] => Some($value.into()),
            _ => None,
        }
    };
}

/// A method of an array that takes an array or a number.
macro_rules! binary {
    ($method:ident) => {
        |arguments| match arguments {
            [Argument::Array(a), b] => Some(a.$method(operand(b)?).into()),
            _ => None,
        }
    };
}

const ROUTINES: &[(&str, Routine)] = &[
    ("add", operator!(+)),
    ("subtract", operator!(-)),
    ("multiply", operator!(*)),
    ("divide", operator!(/)),
    ("remainder", operator!(%)),
    ("power", binary!(pow)),
    ("bitwise_and", bitwise!(&)),
    ("bitwise_or", bitwise!(|)),
    ("bitwise_xor", bitwise!(^)),
    ("equal", binary!(eq)),
    ("not_equal", binary!(ne)),
    ("less", binary!(lt)),
    ("less_equal", binary!(le)),
    ("greater", binary!(gt)),
    ("greater_equal", binary!(ge)),
    ("minimum", binary!(minimum)),
    ("maximum", binary!(maximum)),
    ("negative", unary!(|a| -a)),
    ("invert", unary!(|a| !a)),
    ("absolute", unary!(|a| a.abs())),
    ("floor", unary!(|a| a.floor())),
    ("ceil", unary!(|a| a.ceil())),
    ("round", unary!(|a| a.round())),
    ("sqrt", unary!(|a| a.sqrt())),
    ("sin", unary!(|a| a.sin())),
    ("cos", unary!(|a| a.cos())),
    ("tan", unary!(|a| a.tan())),
    ("exp", unary!(|a| a.exp())),
    ("log", unary!(|a| a.log())),
    ("sum", unary!(|a| a.sum())),
    ("prod", unary!(|a| a.prod())),
    ("mean", unary!(|a| a.mean())),
    ("var", unary!(|a| a.var())),
    ("std", unary!(|a| a.std())),
    ("min", unary!(|a| a.min())),
    ("max", unary!(|a| a.max())),
    ("any", unary!(|a| a.any())),
    ("all", unary!(|a| a.all())),
    ("argmin", unary!(|a| a.argmin())),
    ("argmax", unary!(|a| a.argmax())),
    ("count_nonzero", unary!(|a| a.count_nonzero())),
    ("astype", |arguments| match arguments {
        [Argument::Array(a), Argument::Text(name)] => Some(a.astype(dtype(name)?).into()),
        _ => None,
    }),
];
