//! NumPy's routines in the words of arrays: a line each. Cases of routines that are not here are
//! left out.

use std::collections::BTreeMap;

use hpc::array::{Index, Operand};
use hpc::prelude::*;

use crate::arrays::{Argument, dtype};
use crate::fixture::{Case, Value};

/// What a routine gives.
pub(crate) enum Outcome {
    Array(Array),
    Number(f64),
}

/// What a routine is called with.
pub(crate) struct Call {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) parameters: BTreeMap<String, Value>,
}

impl Call {
    /// The arguments of a call that has no parameters.
    fn plain(&self) -> Option<&[Argument]> {
        self.parameters.is_empty().then_some(&self.arguments)
    }
}

/// Calls a routine; `None` for what it does not take.
pub(crate) type Routine = fn(&Call) -> Option<Outcome>;

/// The routine of that name.
pub(crate) fn routine(name: &str) -> Option<Routine> {
    ROUTINES
        .iter()
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
    match case.routine.as_str() {
        // Complex numbers have no order.
        "less" | "less_equal" | "greater" | "greater_equal" | "minimum" | "maximum" | "fmin"
        | "fmax" | "min" | "max" | "argmin" | "argmax"
            if any("complex") =>
        {
            true
        }
        // A complex result has a routine of its own: `sum_complex`, `prod_axis`, …
        "mean" | "var" | "std" => any("complex"),
        // And those of integers never wrap.
        "sum" | "prod" => any("complex") || any("int"),
        // Functions of 16-bit integers give f64, not f32.
        "sqrt" | "exp" | "log" | "sin" | "cos" | "tan" | "arctan2" | "hypot" | "copysign"
        | "nextafter" => any("int16") || any("int8") || dtypes == ["bool"],
        // Those of integers give f64.
        "reciprocal" => any("int") || any("bool") || any("complex"),
        // The imaginary part of real numbers is f64.
        "imag" => !any("complex"),
        // The conjugate of bool is bool, not i8.
        "conjugate" => dtypes == ["bool"],
        // The least common multiple where it overflows.
        "lcm" => any("int") && !any("uint"),
        // Left to do: the sign of a complex infinity.
        "sign" => any("complex"),
        // Left to do: a power of u64 and i64 is one of f64.
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
        Argument::Text(_) | Argument::List(_) => return None,
    })
}

/// `a[index]`.
fn getitem(call: &Call) -> Option<Outcome> {
    let [Argument::Array(array), Argument::List(index)] = call.plain()? else {
        return None;
    };
    if let [Value::Array(numbers)] = index.as_slice() {
        let at = crate::arrays::array(numbers)?;
        let fits = match at.dtype() {
            DType::Bool => at.shape() == array.shape(),
            _ => at.ndim() == 1 && array.ndim() == 1,
        };
        return fits.then(|| array.get(at).into());
    }
    let indices: Vec<Index> = index.iter().map(one_axis).collect::<Option<_>>()?;
    Some(array.slice(&indices).into())
}

/// An index along one axis.
fn one_axis(value: &Value) -> Option<Index> {
    match value {
        Value::Integer(at) => Some(Index::At(isize::try_from(*at).ok()?)),
        Value::Slice([start, stop, step]) => Some(Index::Range {
            start: start.map(|at| at as isize),
            stop: stop.map(|at| at as isize),
            step: step.map_or(1, |step| step as isize),
        }),
        _ => None,
    }
}

/// The lengths of axes, where none is left to the routine.
fn shape(argument: &Argument) -> Option<Vec<usize>> {
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
        [
            Argument::Integer(a),
            Argument::Integer(b),
            Argument::Integer(c),
        ] => Some(arange(*a, *b, *c).into()),
        [Argument::Float(a), Argument::Float(b), Argument::Float(c)] => {
            Some(arange(*a, *b, *c).into())
        }
        _ => None,
    }),
    ("linspace", |call| match call.plain()? {
        [a, b, Argument::Integer(n)] => {
            Some(linspace(float(a)?, float(b)?, usize::try_from(*n).ok()?).into())
        }
        _ => None,
    }),
    ("zeros", |call| match call.plain()? {
        [of] => Some(zeros(shape(of)?).into()),
        _ => None,
    }),
    ("ones", |call| match call.plain()? {
        [of] => Some(ones(shape(of)?).into()),
        _ => None,
    }),
    ("getitem", getitem),
    ("reshape", |call| match call.plain()? {
        [Argument::Array(a), of] => Some(a.reshape(shape(of)?).into()),
        _ => None,
    }),
    ("transpose", unary!(|a| a.t())),
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
    ("astype", |call| match call.plain()? {
        [Argument::Array(a), Argument::Text(name)] => Some(a.astype(dtype(name)?).into()),
        _ => None,
    }),
];
