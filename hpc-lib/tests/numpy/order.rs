//! Sorting, searching, sets, scans, quantiles, bins, elements by position: a line each.

use hpc::prelude::*;

use crate::arrays::{Argument, argument};
use crate::fixture::Value;
use crate::routines::{Call, Outcome, Routine};

/// Two arrays and nothing else.
macro_rules! two {
    (|$a:ident, $b:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a), Argument::Array($b)] => Some($value.into()),
            _ => None,
        }
    };
}

/// One array and nothing else.
macro_rules! one {
    (|$a:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a)] => Some($value.into()),
            _ => None,
        }
    };
}

/// Of all elements (the last axis, for sorting) or along an axis.
macro_rules! along {
    ($whole:ident, $along:ident) => {
        |call| {
            call.only(&["axis", "stable"])?;
            let array = call.array()?;
            Some(match call.parameters.get("axis") {
                None => array.$whole().into(),
                Some(Value::None) => array.ravel().$along(0).into(),
                Some(_) => array.$along(call.axis()?).into(),
            })
        }
    };
}

fn array(value: &Value) -> Option<Array> {
    match argument(value)? {
        Argument::Array(array) => Some(array),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn text<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    match call.parameters.get(name)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn flag(call: &Call, name: &str) -> bool {
    call.parameters.get(name) == Some(&Value::Bool(true))
}

fn unique(call: &Call) -> Option<Outcome> {
    if call.parameters.is_empty() {
        return Some(call.array()?.unique().into());
    }
    call.only(&["return_index", "return_inverse", "return_counts"])?;
    let found = call.array()?.unique_all();
    let parts = [
        ("return_index", found.index),
        ("return_inverse", found.inverse),
        ("return_counts", found.counts),
    ];
    let asked = parts.into_iter().filter(|(name, _)| flag(call, name));
    let others = asked.map(|(_, part)| part);
    Some(Outcome::List(
        std::iter::once(found.values).chain(others).collect(),
    ))
}

fn searchsorted(call: &Call) -> Option<Outcome> {
    call.only(&["side", "sorter"])?;
    let [Argument::Array(a), Argument::Array(values)] = &call.arguments[..] else {
        return None;
    };
    let side = match text(call, "side") {
        Some("right") => Side::Right,
        _ => Side::Left,
    };
    Some(match call.parameters.get("sorter") {
        Some(sorter) => a.searchsorted_by(values, side, &array(sorter)?).into(),
        None => a.searchsorted(values, side).into(),
    })
}

fn method(name: &str) -> Option<Method> {
    Some(match name {
        "inverted_cdf" => Method::InvertedCdf,
        "averaged_inverted_cdf" => Method::AveragedInvertedCdf,
        "closest_observation" => Method::ClosestObservation,
        "interpolated_inverted_cdf" => Method::InterpolatedInvertedCdf,
        "hazen" => Method::Hazen,
        "weibull" => Method::Weibull,
        "linear" => Method::Linear,
        "median_unbiased" => Method::MedianUnbiased,
        "normal_unbiased" => Method::NormalUnbiased,
        "lower" => Method::Lower,
        "higher" => Method::Higher,
        "midpoint" => Method::Midpoint,
        "nearest" => Method::Nearest,
        _ => return None,
    })
}

/// `quantile`, `percentile` and their forms for NaN.
fn quantile(call: &Call, in_percent: bool, skips_nan: bool) -> Option<Outcome> {
    call.only(&["axis", "keepdims", "method"])?;
    let (values, is_one) = match call.arguments.get(1)? {
        Argument::Array(qs) => (qs.to_vec::<f64>(), false),
        Argument::Float(q) => (vec![*q], true),
        Argument::Integer(q) => (vec![*q as f64], true),
        _ => return None,
    };
    let mut of = if in_percent {
        Quantiles::percent(&values)
    } else {
        Quantiles::of(&values)
    };
    if skips_nan {
        of = of.skip_nan();
    }
    if let Some(name) = text(call, "method") {
        of = of.method(method(name)?);
    }
    if call.parameters.contains_key("axis") {
        of = of.along(call.axis()?);
    }
    let mut result = call.array()?.quantiles(&of);
    if flag(call, "keepdims") {
        // The axis of the quantiles is before the others.
        result = result.expand_dims(call.axis()? + 1);
    }
    Some(if is_one { result.slice(s![0]) } else { result }.into())
}

/// `median` and `nanmedian`.
fn median(
    call: &Call,
    whole: fn(&Array) -> f64,
    along: fn(&Array, isize) -> Array,
) -> Option<Outcome> {
    call.only(&["axis", "keepdims"])?;
    let array = call.array()?;
    let result = match call.parameters.get("axis") {
        None => return Some(whole(array).into()),
        Some(_) => along(array, call.axis()?),
    };
    Some(if flag(call, "keepdims") {
        result.expand_dims(call.axis()?).into()
    } else {
        result.into()
    })
}

fn bins(argument: Option<&Argument>) -> Option<Bins> {
    Some(match argument {
        None => Bins::from(10),
        Some(Argument::Integer(n)) => Bins::from(usize::try_from(*n).ok()?),
        Some(Argument::Array(edges)) => Bins::from(edges),
        Some(_) => return None,
    })
}

fn histogram(call: &Call) -> Option<Outcome> {
    call.only(&["range", "density", "weights"])?;
    let mut bins = bins(call.arguments.get(1))?;
    if let Some(Value::List(range)) = call.parameters.get("range") {
        bins = bins.between(float(range.first()?)?, float(range.get(1)?)?);
    }
    let found = match call.parameters.get("weights") {
        Some(weights) => call.array()?.histogram_weighted(bins, &array(weights)?),
        None => call.array()?.histogram(bins),
    };
    let counts = if flag(call, "density") {
        found.density()
    } else {
        found.counts.clone()
    };
    Some(Outcome::List(
        std::iter::once(counts).chain(found.edges).collect(),
    ))
}

fn histogram_of_two(call: &Call) -> Option<Outcome> {
    let [Argument::Array(x), Argument::Array(y), of] = call.plain()? else {
        return None;
    };
    let of = match of {
        Argument::List(edges) => [
            bins(argument(&edges[0]).as_ref())?,
            bins(argument(&edges[1]).as_ref())?,
        ],
        one => [bins(Some(one))?, bins(Some(one))?],
    };
    let found = histogram2d(x, y, &of);
    // NumPy counts in floating point here.
    let counts = found.counts.astype(DType::F64);
    Some(Outcome::List(
        std::iter::once(counts).chain(found.edges).collect(),
    ))
}

fn bincount(call: &Call) -> Option<Outcome> {
    call.only(&["minlength", "weights"])?;
    let least = match call.parameters.get("minlength") {
        Some(Value::Integer(n)) => usize::try_from(*n).ok()?,
        _ => 0,
    };
    Some(match call.parameters.get("weights") {
        Some(weights) => call
            .array()?
            .bincount_weighted(&array(weights)?, least)
            .into(),
        None => call.array()?.bincount(least).into(),
    })
}

fn slid(
    call: &Call,
    slide: fn(&Array, &Array, Overlap) -> Array,
    usual: Overlap,
) -> Option<Outcome> {
    call.only(&["mode"])?;
    let [Argument::Array(a), Argument::Array(v)] = &call.arguments[..] else {
        return None;
    };
    let overlap = match text(call, "mode") {
        None => usual,
        Some("full") => Overlap::Full,
        Some("same") => Overlap::Same,
        Some("valid") => Overlap::Valid,
        Some(_) => return None,
    };
    Some(slide(a, v, overlap).into())
}

fn outside(call: &Call) -> Option<Outside> {
    Some(match text(call, "mode") {
        None | Some("raise") => Outside::Raise,
        Some("wrap") => Outside::Wrap,
        Some("clip") => Outside::Clip,
        Some(_) => return None,
    })
}

pub(crate) const ROUTINES: &[(&str, Routine)] = &[
    ("sort", along!(sort, sort_axis)),
    ("argsort", along!(argsort, argsort_axis)),
    ("sort_complex", one!(|a| a.astype(DType::C128).sort())),
    // The element of that rank, which is all that is sure.
    ("partition", |call| match call.plain()? {
        [Argument::Array(a), Argument::Integer(k)] => {
            let k = isize::try_from(*k).ok()?;
            Some(a.partition(&[k], -1).slice(s![k]).into())
        }
        _ => None,
    }),
    ("lexsort", |call| {
        let keys = call.array()?;
        let rows: Vec<Array> = (0..keys.shape()[0] as isize)
            .map(|at| keys.row(at))
            .collect();
        Some(lexsort(&rows.iter().collect::<Vec<_>>()).into())
    }),
    ("searchsorted", searchsorted),
    ("unique", unique),
    ("unique_all", |call| {
        let found = call.array()?.unique_all();
        Some(Outcome::List(vec![
            found.values,
            found.index,
            found.inverse,
            found.counts,
        ]))
    }),
    ("union1d", two!(|a, b| a.union1d(b))),
    ("intersect1d", two!(|a, b| a.intersect1d(b))),
    ("setdiff1d", two!(|a, b| a.setdiff1d(b))),
    ("setxor1d", two!(|a, b| a.setxor1d(b))),
    ("isin", |call| {
        call.only(&["invert"])?;
        let [Argument::Array(a), Argument::Array(b)] = &call.arguments[..] else {
            return None;
        };
        let found = a.isin(b);
        Some(if flag(call, "invert") { !found } else { found }.into())
    }),
    ("argwhere", one!(|a| a.argwhere())),
    ("nonzero", one!(|a| Outcome::List(a.nonzero()))),
    ("flatnonzero", one!(|a| a.flatnonzero())),
    // Scans.
    ("cumsum", along!(cumsum, cumsum_axis)),
    ("cumprod", along!(cumprod, cumprod_axis)),
    ("cummax", along!(cummax, cummax_axis)),
    ("cummin", along!(cummin, cummin_axis)),
    ("nancumsum", along!(nancumsum, nancumsum_axis)),
    ("nancumprod", along!(nancumprod, nancumprod_axis)),
    ("diff", |call| {
        call.only(&["axis"])?;
        let n = match call.arguments.get(1) {
            Some(Argument::Integer(n)) => usize::try_from(*n).ok()?,
            _ => 1,
        };
        Some(call.array()?.diff_axis(n, call.axis().unwrap_or(-1)).into())
    }),
    ("ediff1d", one!(|a| a.ravel().diff())),
    ("gradient", |call| {
        call.only(&[])?;
        let spacing = match call.arguments.get(1) {
            None => 1.0,
            Some(Argument::Float(spacing)) => *spacing,
            Some(_) => return None,
        };
        let array = call.array()?;
        let mut slopes: Vec<Array> = (0..array.ndim() as isize)
            .map(|axis| array.gradient(spacing, axis))
            .collect();
        Some(match slopes.len() {
            1 => slopes.remove(0).into(),
            _ => Outcome::List(slopes),
        })
    }),
    ("trapezoid", |call| {
        call.only(&["dx"])?;
        Some(trapezoid(call.array()?, float(call.parameters.get("dx")?)?).into())
    }),
    ("unwrap", one!(|a| a.unwrap_phase(2.0 * PI, -1))),
    ("convolve", |call| slid(call, convolve, Overlap::Full)),
    ("correlate", |call| slid(call, correlate, Overlap::Valid)),
    ("interp", |call| match call.plain()? {
        [Argument::Array(x), Argument::Array(xp), Argument::Array(fp)] => {
            Some(interp(x, xp, fp).into())
        }
        [Argument::Float(x), Argument::Array(xp), Argument::Array(fp)] => {
            Some(interp(&Array::from(*x), xp, fp).into())
        }
        _ => None,
    }),
    // Quantiles and bins.
    ("quantile", |call| quantile(call, false, false)),
    ("percentile", |call| quantile(call, true, false)),
    ("nanquantile", |call| quantile(call, false, true)),
    ("nanpercentile", |call| quantile(call, true, true)),
    ("median", |call| {
        median(call, |a| a.median(), |a, axis| a.median_axis(axis))
    }),
    ("nanmedian", |call| {
        median(call, |a| a.nanmedian(), |a, axis| a.nanmedian_axis(axis))
    }),
    ("histogram", histogram),
    ("histogram_bin_edges", |call| {
        Some(
            call.array()?
                .histogram_bin_edges(bins(call.arguments.get(1))?)
                .into(),
        )
    }),
    ("histogram2d", histogram_of_two),
    ("bincount", bincount),
    ("digitize", |call| {
        call.only(&["right"])?;
        let [Argument::Array(x), Argument::Array(edges)] = &call.arguments[..] else {
            return None;
        };
        let side = if flag(call, "right") {
            Side::Left
        } else {
            Side::Right
        };
        Some(x.digitize(edges, side).into())
    }),
    // Elements by position.
    ("take", |call| {
        call.only(&["axis", "mode"])?;
        let [Argument::Array(a), Argument::Array(at)] = &call.arguments[..] else {
            return None;
        };
        let outside = outside(call)?;
        Some(match call.axis() {
            Some(axis) => a.take_outside(at, axis, outside).into(),
            None => a.ravel().take_outside(at, 0, outside).into(),
        })
    }),
    ("put", |call| {
        call.only(&["mode"])?;
        let [
            Argument::Array(a),
            Argument::Array(at),
            Argument::Array(values),
        ] = &call.arguments[..]
        else {
            return None;
        };
        let mut a = a.clone();
        a.put(at, values, outside(call)?);
        Some(a.into())
    }),
    ("putmask", |call| match call.plain()? {
        [
            Argument::Array(a),
            Argument::Array(mask),
            Argument::Array(values),
        ] => {
            let mut a = a.clone();
            a.putmask(mask, values);
            Some(a.into())
        }
        _ => None,
    }),
    ("compress", |call| {
        call.only(&["axis"])?;
        let [Argument::Array(condition), Argument::Array(a)] = &call.arguments[..] else {
            return None;
        };
        Some(a.compress(condition, call.axis()?).into())
    }),
    ("resize", |call| match call.plain()? {
        [Argument::Array(a), of] => Some(a.resize(crate::routines::shape(of)?).into()),
        _ => None,
    }),
    ("trim_zeros", one!(|a| a.trim_zeros())),
    ("packbits", along!(packbits, packbits_axis)),
    ("unpackbits", along!(unpackbits, unpackbits_axis)),
    ("bitwise_count", one!(|a| a.bitwise_count())),
    ("spacing", one!(|a| a.spacing())),
    ("i0", one!(|a| a.i0())),
];
