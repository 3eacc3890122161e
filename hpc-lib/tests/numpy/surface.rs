//! NumPy's routines that make, rearrange, index and reduce arrays: a line each.

use hpc::prelude::*;

use crate::arrays::{Argument, argument, array, dtype};
use crate::fixture::Value;
use crate::routines::{Call, Outcome, Routine, operand, shape};

/// A whole number among the arguments.
fn number(argument: Option<&Argument>) -> Option<isize> {
    match argument {
        Some(Argument::Integer(number)) => isize::try_from(*number).ok(),
        _ => None,
    }
}

fn length(argument: Option<&Argument>) -> Option<usize> {
    number(argument).and_then(|number| usize::try_from(number).ok())
}

fn integer(value: &Value) -> Option<isize> {
    match value {
        Value::Integer(number) => isize::try_from(*number).ok(),
        _ => None,
    }
}

fn integers(value: &Value) -> Option<Vec<isize>> {
    match value {
        Value::Integer(_) => Some(vec![integer(value)?]),
        Value::List(values) => values.iter().map(integer).collect(),
        _ => None,
    }
}

fn arrays(values: &[Value]) -> Option<Vec<Array>> {
    let own = |value: &Value| match value {
        Value::Array(numbers) => array(numbers),
        _ => None,
    };
    values.iter().map(own).collect()
}

impl Call {
    pub(crate) fn array(&self) -> Option<&Array> {
        match self.arguments.first()? {
            Argument::Array(array) => Some(array),
            _ => None,
        }
    }

    /// An argument after the first one that is a number or a list of numbers.
    fn numbers(&self, at: usize) -> Option<Vec<isize>> {
        match self.arguments.get(at)? {
            Argument::Integer(number) => Some(vec![isize::try_from(*number).ok()?]),
            Argument::List(values) => values.iter().map(integer).collect(),
            _ => None,
        }
    }

    /// Whether all parameters have one of these names.
    pub(crate) fn only(&self, names: &[&str]) -> Option<()> {
        self.parameters
            .keys()
            .all(|key| names.contains(&key.as_str()))
            .then_some(())
    }

    /// The parameter `axis`, if it is one axis.
    pub(crate) fn axis(&self) -> Option<isize> {
        integer(self.parameters.get("axis")?)
    }
}

/// A reduction of the whole array or along axes.
fn reduced(
    call: &Call,
    whole: impl Fn(&Array) -> Outcome,
    along: impl Fn(&Array, Axes) -> Array,
) -> Option<Outcome> {
    call.only(&["axis", "keepdims"])?;
    let [Argument::Array(array)] = &call.arguments[..] else {
        return None;
    };
    Some(match call.parameters.get("axis") {
        None => whole(array),
        Some(axis) => {
            let axes = Axes::from(&integers(axis)?[..]);
            let keep = call.parameters.contains_key("keepdims");
            along(array, if keep { axes.keep() } else { axes }).into()
        }
    })
}

macro_rules! reduction {
    ($whole:ident, $along:ident) => {
        |call| reduced(call, |a| a.$whole().into(), |a, axes| a.$along(axes))
    };
}

/// Whole ones are numbers of f64; where that is no number of NumPy's dtype, along all axes.
macro_rules! exact {
    ($whole:ident, $along:ident, |$dtype:ident| $is_other:expr) => {
        |call| {
            let $dtype = call.array()?.dtype();
            if $is_other && call.parameters.is_empty() {
                return Some(call.array()?.ravel().$along(0).into());
            }
            reduced(call, |a| a.$whole().into(), |a, axes| a.$along(axes))
        }
    };
}

/// Positions of extremes: along one axis only.
macro_rules! position {
    ($whole:ident, $along:ident) => {
        |call| {
            call.only(&["axis", "keepdims"])?;
            Some(match call.parameters.get("axis") {
                None => call.array()?.$whole().into(),
                Some(axis) => {
                    let axis = integer(axis)?;
                    let found = call.array()?.$along(axis);
                    if call.parameters.contains_key("keepdims") {
                        found.expand_dims(axis).into()
                    } else {
                        found.into()
                    }
                }
            })
        }
    };
}

/// A method of one array without anything else.
macro_rules! plain {
    (|$a:ident| $value:expr) => {
        |call| match (&call.arguments[..], call.parameters.is_empty()) {
            ([Argument::Array($a)], true) => Some($value.into()),
            _ => None,
        }
    };
}

/// A method of an array that takes an array or a number.
macro_rules! pair {
    (|$a:ident, $b:ident| $value:expr) => {
        |call| match (&call.arguments[..], call.parameters.is_empty()) {
            ([Argument::Array($a), b], true) => {
                let $b = operand(b)?;
                Some($value.into())
            }
            _ => None,
        }
    };
}

/// A function of several arrays.
macro_rules! several {
    (|$arrays:ident| $value:expr) => {
        |call| match (&call.arguments[..], call.parameters.is_empty()) {
            ([Argument::List(values)], true) => {
                let own = arrays(values)?;
                let $arrays: &[&Array] = &own.iter().collect::<Vec<_>>();
                Some($value.into())
            }
            _ => None,
        }
    };
}

/// A function of two arrays as NumPy's ufuncs have it: over all pairs, along an axis.
macro_rules! ufunc {
    (|$a:ident, $b:ident| $value:expr) => {
        |call| {
            call.only(&["axis"])?;
            let function = |$a: &Array, $b: &Array| -> Array { $value };
            let array = call.array()?;
            Some(match (call.arguments.get(1), call.axis()) {
                (Some(Argument::Array(other)), None) => array.outer(other, function).into(),
                (None, Some(axis)) if call.routine.ends_with("reduce") => {
                    array.reduce_axis(axis, function).into()
                }
                (None, Some(axis)) => array.accumulate_axis(axis, function).into(),
                _ => return None,
            })
        }
    };
}

/// A matrix and the number of a diagonal.
macro_rules! diagonal {
    (|$a:ident, $k:ident| $value:expr) => {
        |call| {
            call.only(&[])?;
            let ($a, $k) = (call.array()?, number(call.arguments.get(1))?);
            Some($value.into())
        }
    };
}

fn index(value: &Value) -> Option<Index> {
    Some(match value {
        Value::Integer(at) => Index::At(isize::try_from(*at).ok()?),
        Value::Slice([start, stop, step]) => Index::Range {
            start: start.map(|at| at as isize),
            stop: stop.map(|at| at as isize),
            step: step.map_or(1, |step| step as isize),
        },
        Value::None => NewAxis,
        Value::Text(dots) if dots == "..." => Ellipsis,
        Value::Array(numbers) => Index::Array(array(numbers)?),
        _ => return None,
    })
}

fn indices(argument: Option<&Argument>) -> Option<Vec<Index>> {
    match argument? {
        Argument::List(values) => values.iter().map(index).collect(),
        _ => None,
    }
}

fn setitem(call: &Call) -> Option<Outcome> {
    let mut array = call.array()?.clone();
    array.assign(
        &indices(call.arguments.get(1))?,
        operand(call.arguments.get(2)?)?,
    );
    Some(array.into())
}

fn padded(call: &Call) -> Option<Outcome> {
    call.only(&["mode"])?;
    let with = match call.parameters.get("mode")? {
        Value::Text(mode) => match mode.as_str() {
            "constant" => Pad::Constant(0.0),
            "edge" => Pad::Edge,
            "linear_ramp" => Pad::LinearRamp(0.0),
            "maximum" => Pad::Maximum,
            "mean" => Pad::Mean,
            "minimum" => Pad::Minimum,
            "reflect" => Pad::Reflect,
            "symmetric" => Pad::Symmetric,
            "wrap" => Pad::Wrap,
            _ => return None,
        },
        _ => return None,
    };
    let pair = |value: &Value| match integers(value)?[..] {
        [before, after] => Some((usize::try_from(before).ok()?, usize::try_from(after).ok()?)),
        _ => None,
    };
    let widths = match call.arguments.get(1)? {
        Argument::List(values) if matches!(values.first(), Some(Value::List(_))) => {
            values.iter().map(pair).collect::<Option<Vec<_>>>()?
        }
        Argument::List(values) => vec![pair(&Value::List(values.clone()))?],
        Argument::Integer(width) => vec![[usize::try_from(*width).ok()?; 2].into()],
        _ => return None,
    };
    Some(call.array()?.pad(&widths, with).into())
}

/// `split` and `array_split`: into so many parts, or before positions.
fn split(call: &Call, into: fn(&Array, usize, isize) -> Vec<Array>) -> Option<Outcome> {
    call.only(&["axis"])?;
    let axis = if call.parameters.is_empty() {
        0
    } else {
        call.axis()?
    };
    let parts = match call.arguments.get(1)? {
        Argument::Integer(n) => into(call.array()?, usize::try_from(*n).ok()?, axis),
        _ => call.array()?.split_at(&call.numbers(1)?, axis),
    };
    Some(Outcome::List(parts))
}

/// A creation routine with a shape and perhaps a dtype.
fn made(call: &Call, value: bool) -> Option<Outcome> {
    call.only(&["dtype"])?;
    let shape = shape(call.arguments.first()?)?;
    let of = match call.parameters.get("dtype") {
        None => DType::F64,
        Some(Value::Text(name)) => dtype(name)?,
        Some(_) => return None,
    };
    Some(
        if value {
            full_of(shape, true, of)
        } else {
            zeros_of(shape, of)
        }
        .into(),
    )
}

/// The bytes of a file, compared as an array of them; what is read from NumPy's is compared as well.
fn save(call: &Call) -> Option<Outcome> {
    let bytes = call.array()?.to_npy();
    assert!(Array::from_npy(&bytes).is_ok());
    Some(Array::from(bytes).into())
}

/// Rows and columns of `eye` and `tri`.
fn matrix(call: &Call, make: fn(usize, usize, isize) -> Array) -> Option<Outcome> {
    call.only(&[])?;
    let rows = length(call.arguments.first())?;
    let columns = if call.arguments.len() > 1 {
        length(call.arguments.get(1))?
    } else {
        rows
    };
    let k = if call.arguments.len() > 2 {
        number(call.arguments.get(2))?
    } else {
        0
    };
    Some(make(rows, columns, k).into())
}

pub(crate) const ROUTINES: &[(&str, Routine)] = &[
    // Made.
    ("zeros", |call| made(call, false)),
    ("full", |call| match call.plain()? {
        [of, value] => Some(full(shape(of)?, operand(value)?).into()),
        _ => None,
    }),
    ("full_like", |call| match call.plain()? {
        [Argument::Array(a), value] => Some(a.full_like(operand(value)?).into()),
        _ => None,
    }),
    ("tril_indices", |call| {
        let [rows, k, columns] = [0, 1, 2].map(|at| number(call.arguments.get(at)));
        let rows = usize::try_from(rows?).ok()?;
        let columns = columns.map_or(rows, |columns| columns as usize);
        let found = tril_indices(rows, columns, k.unwrap_or(0));
        Some(Outcome::List(found.into()))
    }),
    ("triu_indices", |call| {
        let [rows, k, columns] = [0, 1, 2].map(|at| number(call.arguments.get(at)));
        let rows = usize::try_from(rows?).ok()?;
        let columns = columns.map_or(rows, |columns| columns as usize);
        let found = triu_indices(rows, columns, k.unwrap_or(0));
        Some(Outcome::List(found.into()))
    }),
    ("diag_indices", |call| {
        Some(Outcome::List(diag_indices(
            length(call.arguments.first())?,
            2,
        )))
    }),
    ("clip", |call| match call.plain()? {
        [Argument::Array(a), low, high] => Some(a.clip(operand(low)?, operand(high)?).into()),
        _ => None,
    }),
    ("round", |call| {
        call.only(&["decimals"])?;
        Some(match call.parameters.get("decimals") {
            None => call.array()?.round().into(),
            Some(digits) => {
                let digits = i32::try_from(integer(digits)?).ok()?;
                call.array()?.round_to(digits).into()
            }
        })
    }),
    ("ones", |call| made(call, true)),
    ("zeros_like", plain!(|a| a.zeros_like())),
    ("ones_like", plain!(|a| a.ones_like())),
    ("eye", |call| matrix(call, eye_of)),
    ("tri", |call| matrix(call, tri)),
    ("identity", |call| {
        Some(eye(length(call.arguments.first())?).into())
    }),
    ("tril", diagonal!(|a, k| a.tril(k))),
    ("triu", diagonal!(|a, k| a.triu(k))),
    ("diag", diagonal!(|a, k| a.diag(k))),
    ("diagflat", diagonal!(|a, k| a.diagflat(k))),
    ("diagonal", diagonal!(|a, k| a.diagonal(k, [0, 1]))),
    ("vander", plain!(|a| vander(a, a.len()))),
    ("indices", |call| Some(indices_of(call)?.into())),
    ("logspace", |call| {
        call.only(&[])?;
        let n = length(call.arguments.get(2))?;
        let [from, to] = [0, 1].map(|at| number(call.arguments.get(at)));
        Some(logspace(from? as f64, to? as f64, n).into())
    }),
    ("geomspace", |call| {
        let n = length(call.arguments.get(2))?;
        let [from, to] = [0, 1].map(|at| number(call.arguments.get(at)));
        Some(geomspace(from? as f64, to? as f64, n).into())
    }),
    ("meshgrid", |call| {
        let [Argument::Array(x), Argument::Array(y)] = &call.arguments[..] else {
            return None;
        };
        let as_picture = call.parameters.get("indexing") == Some(&Value::Text("xy".into()));
        let grid = if as_picture {
            meshgrid(&[x, y])
        } else {
            meshgrid_ij(&[x, y])
        };
        Some(Outcome::List(grid))
    }),
    // Rearranged.
    ("reshape", |call| {
        call.only(&[])?;
        Some(call.array()?.reshape(call.numbers(1)?).into())
    }),
    ("transpose", |call| {
        call.only(&[])?;
        Some(match call.arguments.len() {
            1 => call.array()?.t().into(),
            _ => call.array()?.permute_dims(&call.numbers(1)?[..]).into(),
        })
    }),
    ("matrix_transpose", plain!(|a| a.matrix_transpose())),
    ("moveaxis", |call| {
        Some(
            call.array()?
                .moveaxis(&call.numbers(1)?[..], &call.numbers(2)?[..])
                .into(),
        )
    }),
    ("swapaxes", |call| {
        let [a, b] = [1, 2].map(|at| number(call.arguments.get(at)));
        Some(call.array()?.swapaxes(a?, b?).into())
    }),
    ("expand_dims", |call| {
        Some(call.array()?.expand_dims(&call.numbers(1)?[..]).into())
    }),
    ("squeeze", |call| {
        Some(if call.parameters.is_empty() {
            call.array()?.squeeze().into()
        } else {
            call.array()?.squeeze_axis(call.axis()?).into()
        })
    }),
    ("atleast_1d", plain!(|a| a.atleast_1d())),
    ("atleast_2d", plain!(|a| a.atleast_2d())),
    ("atleast_3d", plain!(|a| a.atleast_3d())),
    ("broadcast_to", |call| {
        Some(
            call.array()?
                .broadcast_to(shape(&call.arguments[1])?)
                .into(),
        )
    }),
    ("broadcast_arrays", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some(Outcome::List(broadcast_arrays(&[a, b]))),
        _ => None,
    }),
    ("concatenate", |call| {
        call.only(&["axis"])?;
        let Argument::List(values) = call.arguments.first()? else {
            return None;
        };
        let own = arrays(values)?;
        Some(concatenate(&own.iter().collect::<Vec<_>>(), call.axis()?).into())
    }),
    ("stack", |call| {
        call.only(&["axis"])?;
        let Argument::List(values) = call.arguments.first()? else {
            return None;
        };
        let own = arrays(values)?;
        Some(stack(&own.iter().collect::<Vec<_>>(), call.axis()?).into())
    }),
    ("vstack", several!(|arrays| vstack(arrays))),
    ("hstack", several!(|arrays| hstack(arrays))),
    ("dstack", several!(|arrays| dstack(arrays))),
    ("column_stack", several!(|arrays| column_stack(arrays))),
    ("block", |call| {
        let Argument::List(rows) = call.arguments.first()? else {
            return None;
        };
        let row = |row: &Value| match row {
            Value::List(values) => arrays(values),
            _ => None,
        };
        let rows: Vec<Vec<Array>> = rows.iter().map(row).collect::<Option<_>>()?;
        let rows: Vec<Vec<&Array>> = rows.iter().map(|row| row.iter().collect()).collect();
        let rows: Vec<&[&Array]> = rows.iter().map(|row| &row[..]).collect();
        Some(block(&rows).into())
    }),
    ("append", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some(a.append(b, call.axis()?).into()),
        _ => None,
    }),
    ("split", |call| split(call, Array::split)),
    ("array_split", |call| split(call, Array::array_split)),
    ("hsplit", |call| {
        Some(Outcome::List(
            call.array()?.hsplit(length(call.arguments.get(1))?),
        ))
    }),
    ("vsplit", |call| {
        Some(Outcome::List(
            call.array()?.vsplit(length(call.arguments.get(1))?),
        ))
    }),
    ("dsplit", |call| {
        Some(Outcome::List(
            call.array()?.dsplit(length(call.arguments.get(1))?),
        ))
    }),
    ("tile", |call| {
        Some(call.array()?.tile(shape(&call.arguments[1])?).into())
    }),
    ("repeat", |call| {
        let array = call.array()?;
        Some(match (call.arguments.get(1)?, call.axis()) {
            (Argument::Integer(n), None) => array.repeat(usize::try_from(*n).ok()?).into(),
            (Argument::Integer(n), Some(axis)) => {
                array.repeat_axis(usize::try_from(*n).ok()?, axis).into()
            }
            (Argument::Array(counts), Some(axis)) => {
                let counts: Vec<i64> = counts.to_vec();
                let counts = counts.into_iter().map(usize::try_from);
                let counts: Vec<usize> = counts.collect::<Result<_, _>>().ok()?;
                array.repeat_each(&counts, axis).into()
            }
            _ => return None,
        })
    }),
    ("roll", |call| {
        let (array, shift) = (call.array()?, number(call.arguments.get(1))?);
        Some(match call.parameters.get("axis")? {
            Value::None => array.roll(shift).into(),
            axis => array.roll_axis(shift, integer(axis)?).into(),
        })
    }),
    ("rot90", |call| {
        let k = if call.arguments.len() > 1 {
            number(call.arguments.get(1))?
        } else {
            1
        };
        let axes = match call.parameters.get("axes") {
            None => [0, 1],
            Some(axes) => integers(axes)?.try_into().ok()?,
        };
        Some(call.array()?.rot90(k, axes).into())
    }),
    ("flip", |call| {
        let axes = match call.parameters.get("axis")? {
            Value::None => (0..call.array()?.ndim() as isize).collect(),
            axes => integers(axes)?,
        };
        Some(call.array()?.flip(&axes[..]).into())
    }),
    ("fliplr", plain!(|a| a.fliplr())),
    ("flipud", plain!(|a| a.flipud())),
    ("insert", |call| {
        let values = match call.arguments.get(2)? {
            Argument::Array(values) => values.clone(),
            Argument::Integer(value) => Array::from(*value),
            _ => return None,
        };
        let at = number(call.arguments.get(1))?;
        Some(call.array()?.insert(at, values, call.axis()?).into())
    }),
    ("delete", |call| {
        Some(call.array()?.delete(&call.numbers(1)?, call.axis()?).into())
    }),
    ("pad", padded),
    ("array_equal", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some(a.array_equal(b).into()),
        _ => None,
    }),
    ("array_equiv", |call| match call.plain()? {
        [Argument::Array(a), Argument::Array(b)] => Some(a.array_equiv(b).into()),
        _ => None,
    }),
    ("allclose", |call| {
        call.only(&["equal_nan"])?;
        let [Argument::Array(a), b] = &call.arguments[..] else {
            return None;
        };
        let b = operand(b)?;
        Some(if call.parameters.is_empty() {
            a.allclose(b, 1e-5, 1e-8).into()
        } else {
            a.allclose_nan(b, 1e-5, 1e-8).into()
        })
    }),
    ("real_if_close", plain!(|a| a.real_if_close(100.0))),
    ("set_where", |call| match call.plain()? {
        [
            Argument::Array(a),
            Argument::Array(mask),
            Argument::Array(values),
        ] => {
            let mut array = a.clone();
            array.set_where(mask, values);
            Some(array.into())
        }
        _ => None,
    }),
    ("isclose", |call| {
        call.only(&["equal_nan"])?;
        let [Argument::Array(a), b] = &call.arguments[..] else {
            return None;
        };
        let b = operand(b)?;
        Some(if call.parameters.is_empty() {
            a.isclose(b, 1e-5, 1e-8).into()
        } else {
            a.isclose_nan(b, 1e-5, 1e-8).into()
        })
    }),
    // Indexed.
    ("getitem", |call| {
        Some(call.array()?.slice(&indices(call.arguments.get(1))?).into())
    }),
    ("setitem", setitem),
    ("iadd_overlapping", |call| {
        let mut array = call.array()?.clone();
        let other = array.slice(&indices(call.arguments.get(2))?);
        array.update(&indices(call.arguments.get(1))?, |part| part + other);
        Some(array.into())
    }),
    ("take_along_axis", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(at)] => {
            Some(a.take_along_axis(at, call.axis()?).into())
        }
        _ => None,
    }),
    ("put_along_axis", |call| match &call.arguments[..] {
        [
            Argument::Array(a),
            Argument::Array(at),
            value,
            Argument::Integer(axis),
        ] => {
            let mut a = a.clone();
            a.put_along_axis(at, operand(value)?, isize::try_from(*axis).ok()?);
            Some(a.into())
        }
        _ => None,
    }),
    ("place", |call| match &call.arguments[..] {
        [
            Argument::Array(a),
            Argument::Array(mask),
            Argument::Array(values),
        ] => {
            let mut a = a.clone();
            a.place(mask, values);
            Some(a.into())
        }
        _ => None,
    }),
    ("fill_diagonal", |call| {
        call.only(&[])?;
        let mut a = call.array()?.clone();
        a.fill_diagonal(operand(call.arguments.get(1)?)?);
        Some(a.into())
    }),
    ("copyto", |call| {
        call.only(&[])?;
        let mut a = call.array()?.clone();
        a.assign(s![], operand(call.arguments.get(1)?)?);
        Some(a.into())
    }),
    ("where", |call| match &call.arguments[..] {
        [condition, a, b] => Some(select(operand(condition)?, operand(a)?, operand(b)?).into()),
        [Argument::Array(a)] => Some(Outcome::List(a.nonzero())),
        _ => None,
    }),
    ("choose", |call| match &call.arguments[..] {
        [Argument::Array(which), Argument::List(values)] => {
            let own = arrays(values)?;
            Some(choose(which, &own.iter().collect::<Vec<_>>()).into())
        }
        _ => None,
    }),
    ("select", |call| match &call.arguments[..] {
        [Argument::List(conditions), Argument::List(choices), default] => {
            let (conditions, choices) = (arrays(conditions)?, arrays(choices)?);
            let cases: Vec<(&Array, &Array)> = conditions.iter().zip(&choices).collect();
            Some(select_first(&cases, operand(default)?).into())
        }
        _ => None,
    }),
    ("extract", |call| match &call.arguments[..] {
        [Argument::Array(mask), Argument::Array(a)] => Some(a.get(mask).into()),
        _ => None,
    }),
    ("unravel_index", |call| {
        Some(Outcome::List(unravel_index(
            call.array()?,
            shape(&call.arguments[1])?,
        )))
    }),
    ("ravel_multi_index", |call| match &call.arguments[..] {
        [Argument::List(values), of] => {
            let own = arrays(values)?;
            Some(ravel_multi_index(&own.iter().collect::<Vec<_>>(), shape(of)?).into())
        }
        _ => None,
    }),
    ("ix_", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some(Outcome::List(ix(&[a, b]))),
        _ => None,
    }),
    ("save", save),
    // Element by element.
    ("rint", plain!(|a| a.round())),
    ("logical_not", plain!(|a| a.logical_not())),
    ("cbrt", plain!(|a| a.cbrt())),
    ("exp2", plain!(|a| a.exp2())),
    ("expm1", plain!(|a| a.expm1())),
    ("log2", plain!(|a| a.log2())),
    ("log10", plain!(|a| a.log10())),
    ("log1p", plain!(|a| a.log1p())),
    ("arcsin", plain!(|a| a.arcsin())),
    ("arccos", plain!(|a| a.arccos())),
    ("arctan", plain!(|a| a.arctan())),
    ("sinh", plain!(|a| a.sinh())),
    ("cosh", plain!(|a| a.cosh())),
    ("tanh", plain!(|a| a.tanh())),
    ("arcsinh", plain!(|a| a.arcsinh())),
    ("arccosh", plain!(|a| a.arccosh())),
    ("arctanh", plain!(|a| a.arctanh())),
    ("degrees", plain!(|a| a.degrees())),
    ("radians", plain!(|a| a.radians())),
    ("angle", plain!(|a| a.angle())),
    ("sinc", plain!(|a| a.sinc())),
    ("nan_to_num", plain!(|a| a.nan_to_num(0.0))),
    ("modf", plain!(|a| a.modf())),
    ("frexp", plain!(|a| a.frexp())),
    ("left_shift", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some((a << b).into()),
        _ => None,
    }),
    ("right_shift", |call| match &call.arguments[..] {
        [Argument::Array(a), Argument::Array(b)] => Some((a >> b).into()),
        _ => None,
    }),
    ("logical_and", pair!(|a, b| a.logical_and(b))),
    ("logical_or", pair!(|a, b| a.logical_or(b))),
    ("logical_xor", pair!(|a, b| a.logical_xor(b))),
    ("float_power", pair!(|a, b| a.float_power(b))),
    ("logaddexp", pair!(|a, b| a.logaddexp(b))),
    ("logaddexp2", pair!(|a, b| a.logaddexp2(b))),
    ("heaviside", pair!(|a, b| a.heaviside(b))),
    ("ldexp", pair!(|a, b| a.ldexp(b))),
    ("divmod", pair!(|a, b| a.divmod(b))),
    ("add.outer", ufunc!(|a, b| a + b)),
    ("add.reduce", ufunc!(|a, b| a + b)),
    ("add.accumulate", ufunc!(|a, b| a + b)),
    ("multiply.outer", ufunc!(|a, b| a * b)),
    ("multiply.reduce", ufunc!(|a, b| a * b)),
    ("multiply.accumulate", ufunc!(|a, b| a * b)),
    ("maximum.outer", ufunc!(|a, b| a.maximum(b))),
    ("maximum.reduce", ufunc!(|a, b| a.maximum(b))),
    ("maximum.accumulate", ufunc!(|a, b| a.maximum(b))),
    // Reduced.
    (
        "sum",
        exact!(sum, sum_axis, |dtype| dtype.is_integer()
            || dtype.is_complex()),
    ),
    (
        "prod",
        exact!(prod, prod_axis, |dtype| dtype.is_integer()
            || dtype.is_complex()),
    ),
    ("mean", exact!(mean, mean_axis, |dtype| dtype.is_complex())),
    ("var", |call| {
        let Some((call, ddof)) = with_ddof(call) else {
            let plain: Routine = exact!(var, var_axis, |dtype| dtype.is_complex());
            return plain(call);
        };
        let whole = |a: &Array| {
            if a.dtype().is_complex() {
                a.ravel().var_axis_ddof(0, ddof).into()
            } else {
                a.var_ddof(ddof).into()
            }
        };
        reduced(&call, whole, |a, axes| a.var_axis_ddof(axes, ddof))
    }),
    ("std", |call| {
        let Some((call, ddof)) = with_ddof(call) else {
            let plain: Routine = exact!(std, std_axis, |dtype| dtype.is_complex());
            return plain(call);
        };
        let whole = |a: &Array| {
            if a.dtype().is_complex() {
                a.ravel().std_axis_ddof(0, ddof).into()
            } else {
                a.std_ddof(ddof).into()
            }
        };
        reduced(&call, whole, |a, axes| a.std_axis_ddof(axes, ddof))
    }),
    ("min", reduction!(min, min_axis)),
    ("max", reduction!(max, max_axis)),
    ("any", reduction!(any, any_axis)),
    ("all", reduction!(all, all_axis)),
    (
        "count_nonzero",
        reduction!(count_nonzero, count_nonzero_axis),
    ),
    ("argmin", position!(argmin, argmin_axis)),
    ("argmax", position!(argmax, argmax_axis)),
    ("nansum", reduction!(nansum, nansum_axis)),
    ("nanprod", reduction!(nanprod, nanprod_axis)),
    ("nanmin", reduction!(nanmin, nanmin_axis)),
    ("nanmax", reduction!(nanmax, nanmax_axis)),
    ("nanmean", reduction!(nanmean, nanmean_axis)),
    ("nanargmin", position!(nanargmin, nanargmin_axis)),
    ("nanargmax", position!(nanargmax, nanargmax_axis)),
    ("nanvar", |call| {
        reduced(
            call,
            |a| a.nanvar(0.0).into(),
            |a, axes| a.nanvar_axis(axes, 0.0),
        )
    }),
    ("nanstd", |call| {
        reduced(
            call,
            |a| a.nanstd(0.0).into(),
            |a, axes| a.nanstd_axis(axes, 0.0),
        )
    }),
    ("ptp", reduction!(ptp, ptp_axis)),
    ("average", |call| {
        let weights = argument(call.parameters.get("weights")?)?;
        let Argument::Array(weights) = weights else {
            return None;
        };
        Some(match call.parameters.get("axis") {
            None => call.array()?.average(&weights).into(),
            Some(axis) => call.array()?.average_axis(integer(axis)?, &weights).into(),
        })
    }),
    ("cov", plain!(|a| a.cov(1.0))),
    ("corrcoef", plain!(|a| a.corrcoef())),
];

/// The call without the parameter `ddof`, and that.
fn with_ddof(call: &Call) -> Option<(Call, f64)> {
    let ddof = integer(call.parameters.get("ddof")?)?;
    let mut call = call.clone();
    call.parameters.remove("ddof");
    Some((call, ddof as f64))
}

fn indices_of(call: &Call) -> Option<Array> {
    Some(hpc::prelude::indices(shape(call.arguments.first()?)?))
}
