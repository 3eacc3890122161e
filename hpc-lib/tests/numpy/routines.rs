//! NumPy's routines in the words of arrays: a line each. Cases of routines that are not here are
//! left out.

use std::collections::BTreeMap;

use hpc::array::Operand;
use hpc::prelude::*;

use crate::arrays::{Argument, dtype};
use crate::fixture::{Case, Value};
use crate::numerical;
use crate::order;
use crate::surface;

/// What a routine gives.
pub(crate) enum Outcome {
    Array(Array),
    Number(f64),
    List(Vec<Array>),
}

/// What a routine is called with.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) routine: String,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) parameters: BTreeMap<String, Value>,
}

impl Call {
    /// The arguments of a call that has no parameters.
    pub(crate) fn plain(&self) -> Option<&[Argument]> {
        self.parameters.is_empty().then_some(&self.arguments)
    }
}

/// Calls a routine; `None` for what it does not take.
pub(crate) type Routine = fn(&Call) -> Option<Outcome>;

/// The routine of that name.
pub(crate) fn routine(name: &str) -> Option<Routine> {
    ROUTINES
        .iter()
        .chain(numerical::ROUTINES)
        .chain(order::ROUTINES)
        .chain(surface::ROUTINES)
        .find(|(known, _)| *known == name)
        .map(|&(_, routine)| routine)
}

/// Where arrays differ from NumPy: on purpose (`hpc-lib/README.md`), and what is left to do.
#[expect(clippy::match_same_arms, reason = "each arm has a reason of its own")]
pub(crate) fn different(case: &Case) -> bool {
    let dtypes: Vec<&str> = case
        .args
        .iter()
        .filter_map(|value| match value {
            Value::Array(numbers) => Some(numbers.dtype.as_str()),
            _ => None,
        })
        .collect();
    let any = |name: &str| dtypes.iter().any(|dtype| dtype.contains(name));
    let small_integers = any("int16") || any("int8") || dtypes.contains(&"bool");
    match case.routine.as_str() {
        // Complex numbers have no order.
        "less" | "less_equal" | "greater" | "greater_equal" | "minimum" | "maximum" | "fmin"
        | "fmax" | "min" | "max" | "argmin" | "argmax"
            if any("complex") =>
        {
            true
        }
        // Functions of 16-bit integers give f64, not f32.
        "sqrt" | "exp" | "log" | "sin" | "cos" | "tan" | "arctan2" | "hypot" | "copysign"
        | "nextafter" => any("int16") || any("int8") || dtypes == ["bool"],
        "degrees" | "radians" | "heaviside" | "logaddexp" | "logaddexp2" | "angle" | "cbrt" => {
            small_integers
        }
        "exp2" | "expm1" | "log2" | "log10" | "log1p" | "arcsin" | "arccos" | "arctan" | "sinh"
        | "cosh" | "tanh" | "arcsinh" | "arccosh" | "arctanh" | "spacing" => small_integers,
        "median" => any("complex"),
        // Of nothing they are NaN.
        "quantile" | "percentile" => case
            .args
            .iter()
            .any(|value| matches!(value, Value::Array(numbers) if numbers.shape.contains(&0))),
        // Whole numbers stay integers; complex numbers are not rounded.
        "rint" => any("int") || any("bool") || any("complex"),
        // A real number is not written to an array of integers without being asked.
        "setitem" => matches!(case.args.last(), Some(Value::Float(_))) && any("int"),
        // Numbers whose distance is out of the range of f64 give what lies between them.
        "linspace" => case.args.first() == Some(&Value::Float(-1e308)),
        // Those of integers give f64; that of a complex 0 is infinite.
        "reciprocal" => any("int") || any("bool") || any("complex"),
        // A unit in the last place of f32, by rounding on the way.
        "sinc" => any("complex64"),
        // The imaginary part of real numbers is f64.
        "imag" => !any("complex"),
        // The conjugate of bool is bool, not i8.
        "conjugate" => dtypes == ["bool"],
        // The least common multiple where it overflows.
        "lcm" => any("int") && !any("uint"),
        // Left to do: a power of u64 and i64 is one of f64.
        _ => false,
    }
}

impl From<Array> for Outcome {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<(Array, Array)> for Outcome {
    fn from((first, second): (Array, Array)) -> Self {
        Self::List(vec![first, second])
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

pub(crate) fn operand(argument: &Argument) -> Option<Operand> {
    Some(match argument {
        Argument::Array(array) => array.into(),
        Argument::Integer(number) => (*number).into(),
        Argument::Float(number) => (*number).into(),
        Argument::Bool(value) => (*value).into(),
        Argument::Text(_) | Argument::List(_) | Argument::Nothing => return None,
    })
}

/// The lengths of axes, where none is left to the routine.
pub(crate) fn shape(argument: &Argument) -> Option<Vec<usize>> {
    let length = |value: &Value| match value {
        Value::Integer(length) => usize::try_from(*length).ok(),
        _ => None,
    };
    match argument {
        Argument::Integer(length) => Some(vec![usize::try_from(*length).ok()?]),
        Argument::List(lengths) => lengths.iter().map(length).collect(),
        _ => None,
    }
}

fn float(argument: &Argument) -> Option<f64> {
    match argument {
        Argument::Integer(number) => Some(*number as f64),
        Argument::Float(number) => Some(*number),
        _ => None,
    }
}

/// An operator of Rust between arrays and numbers.
macro_rules! operator {
    ($symbol:tt) => {
        |call| Some(match call.plain()? {
            [Argument::Array(a), Argument::Array(b)] => (a $symbol b).into(),
            [Argument::Array(a), Argument::Integer(b)] => (a $symbol *b).into(),
            [Argument::Array(a), Argument::Float(b)] => (a $symbol *b).into(),
            [Argument::Integer(a), Argument::Array(b)] => (*a $symbol b).into(),
            [Argument::Float(a), Argument::Array(b)] => (*a $symbol b).into(),
            _ => return None,
        })
    };
}

/// An operator between arrays only.
macro_rules! bitwise {
    ($symbol:tt) => {
        |call| match call.plain()? {
            [Argument::Array(a), Argument::Array(b)] => Some((a $symbol b).into()),
            _ => None,
        }
    };
}

/// A method of one array.
macro_rules! unary {
    (|$a:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a)] => Some($value.into()),
            _ => None,
        }
    };
}

/// A method of an array that takes an array or a number.
macro_rules! binary {
    ($method:ident) => {
        |call| match call.plain()? {
            [Argument::Array(a), b] => Some(a.$method(operand(b)?).into()),
            _ => None,
        }
    };
}

const ROUTINES: &[(&str, Routine)] = &[
    ("arange", |call| match call.plain()? {
        [Argument::Integer(n)] => Some(arange(0, *n, 1).into()),
        [Argument::Integer(a), Argument::Integer(b)] => Some(arange(*a, *b, 1).into()),
        [
            Argument::Integer(a),
            Argument::Integer(b),
            Argument::Integer(c),
        ] => Some(arange(*a, *b, *c).into()),
        [a, b, c] => Some(arange(float(a)?, float(b)?, float(c)?).into()),
        _ => None,
    }),
    ("linspace", |call| {
        let [a, b, Argument::Integer(n)] = &call.arguments[..] else {
            return None;
        };
        let n = usize::try_from(*n).ok()?;
        let closed = match call.parameters.get("endpoint") {
            None => true,
            Some(Value::Bool(closed)) => *closed,
            Some(_) => return None,
        };
        let dtype = match call.parameters.get("dtype") {
            None => DType::F64,
            Some(Value::Text(name)) => dtype(name)?,
            Some(_) => return None,
        };
        let make = if closed { linspace } else { linspace_open };
        // NumPy rounds down where the dtype is of integers.
        let values = make(float(a)?, float(b)?, n);
        let values = if dtype.is_integer() {
            values.floor()
        } else {
            values
        };
        Some(values.astype(dtype).into())
    }),
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
    ("floor_divide", binary!(floor_div)),
    ("fmod", binary!(fmod)),
    ("fmin", binary!(fmin)),
    ("fmax", binary!(fmax)),
    ("gcd", binary!(gcd)),
    ("lcm", binary!(lcm)),
    ("copysign", binary!(copysign)),
    ("nextafter", binary!(nextafter)),
    ("arctan2", binary!(arctan2)),
    ("hypot", binary!(hypot)),
    ("square", unary!(|a| a.square())),
    ("reciprocal", unary!(|a| a.reciprocal())),
    ("sign", unary!(|a| a.sign())),
    ("conjugate", unary!(|a| a.conj())),
    ("trunc", unary!(|a| a.trunc())),
    ("isnan", unary!(|a| a.isnan())),
    ("isinf", unary!(|a| a.isinf())),
    ("isfinite", unary!(|a| a.isfinite())),
    ("signbit", unary!(|a| a.signbit())),
    ("real", unary!(|a| a.real())),
    ("imag", unary!(|a| a.imag())),
    ("negative", unary!(|a| -a)),
    ("invert", unary!(|a| !a)),
    ("absolute", unary!(|a| a.abs())),
    ("floor", unary!(|a| a.floor())),
    ("ceil", unary!(|a| a.ceil())),
    ("sqrt", unary!(|a| a.sqrt())),
    ("sin", unary!(|a| a.sin())),
    ("cos", unary!(|a| a.cos())),
    ("tan", unary!(|a| a.tan())),
    ("exp", unary!(|a| a.exp())),
    ("log", unary!(|a| a.log())),
    ("astype", |call| match call.plain()? {
        [Argument::Array(a), Argument::Text(name)] => Some(a.astype(dtype(name)?).into()),
        _ => None,
    }),
];
