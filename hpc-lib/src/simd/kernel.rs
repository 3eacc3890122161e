//! The kernels, each as one loop for all levels.

use super::math::{Function, Function2, math_f64, math2_f64};
use super::{Arg, Binary, Compare, Unary};

/// How `a * b + c` is computed, which is all that the levels differ in.
pub(super) trait Mode {
    fn fma(a: f64, b: f64, c: f64) -> f64;
}

/// In one instruction, rounded once.
pub(super) struct Fma;

impl Mode for Fma {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

/// In two instructions, where one is not to be had (in software it takes a hundred).
pub(super) struct NoFma;

impl Mode for NoFma {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

#[inline(always)]
fn map<T: Copy, U>(source: &[T], target: &mut [U], f: impl Fn(T) -> U) {
    for (target, &x) in target.iter_mut().zip(source) {
        *target = f(x);
    }
}

#[inline(always)]
fn zip<T: Copy, U>(a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [U], f: impl Fn(T, T) -> U) {
    match (a, b) {
        (Arg::Each(a), Arg::Each(b)) => {
            for ((target, &a), &b) in target.iter_mut().zip(a).zip(b) {
                *target = f(a, b);
            }
        }
        (Arg::Each(a), Arg::All(b)) => map(a, target, |a| f(a, b)),
        (Arg::All(a), Arg::Each(b)) => map(b, target, |b| f(a, b)),
        (Arg::All(a), Arg::All(b)) => target.iter_mut().for_each(|target| *target = f(a, b)),
    }
}

/// `x` to the power `n`, by squaring.
#[inline(always)]
fn powi_f64(x: f64, n: u32) -> f64 {
    let (mut power, mut square, mut rest) = (1.0, x, n);
    loop {
        if rest & 1 == 1 {
            power *= square;
        }
        rest >>= 1;
        if rest == 0 {
            return power;
        }
        square *= square;
    }
}

#[inline(always)]
fn powi_i64(x: i64, n: u64) -> i64 {
    let (mut power, mut square, mut rest) = (1_i64, x, n);
    while rest > 0 {
        if rest & 1 == 1 {
            power = power.wrapping_mul(square);
        }
        square = square.wrapping_mul(square);
        rest >>= 1;
    }
    power
}

#[inline(always)]
pub(super) fn unary_f64<M: Mode>(op: Unary, source: &[f64], target: &mut [f64]) {
    match op {
        Unary::Neg => map(source, target, |x| -x),
        Unary::Abs => map(source, target, f64::abs),
        Unary::Sqrt => map(source, target, f64::sqrt),
        Unary::Floor => map(source, target, f64::floor),
        Unary::Ceil => map(source, target, f64::ceil),
        Unary::Round => map(source, target, f64::round_ties_even),
        Unary::Sin => math_f64(Function::Sin, source, target),
        Unary::Cos => math_f64(Function::Cos, source, target),
        Unary::Tan => math_f64(Function::Tan, source, target),
        Unary::Exp => math_f64(Function::Exp, source, target),
        Unary::Log => math_f64(Function::Log, source, target),
        Unary::Powi(2) => map(source, target, |x| x * x),
        Unary::Powi(n @ 0..) => map(source, target, |x| powi_f64(x, n.unsigned_abs())),
        Unary::Powi(n) => map(source, target, |x| 1.0 / powi_f64(x, n.unsigned_abs())),
        Unary::Not => unreachable!("`!` of f64 is refused when the expression is made"),
    }
}

#[inline(always)]
pub(super) fn unary_i64<M: Mode>(op: Unary, source: &[i64], target: &mut [i64]) {
    match op {
        Unary::Neg => map(source, target, i64::wrapping_neg),
        Unary::Abs => map(source, target, i64::wrapping_abs),
        Unary::Not => map(source, target, |x| !x),
        Unary::Powi(n) => map(source, target, |x| powi_i64(x, u64::from(n.unsigned_abs()))),
        _ => unreachable!("{op:?} is done in f64"),
    }
}

#[inline(always)]
pub(super) fn not_bool<M: Mode>(source: &[bool], target: &mut [bool]) {
    map(source, target, |x| !x);
}

/// The remainder with the sign of the divisor, as in Python.
#[inline(always)]
fn rem_f64(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else if (rest < 0.0) == (b < 0.0) {
        rest
    } else {
        rest + b
    }
}

#[inline(always)]
fn rem_i64(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) {
        rest + b
    } else {
        rest
    }
}

#[inline(always)]
fn min_or_nan(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { a } else { b }
}

#[inline(always)]
fn max_or_nan(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

#[inline(always)]
pub(super) fn binary_f64<M: Mode>(
    op: Binary,
    a: Arg<'_, f64>,
    b: Arg<'_, f64>,
    target: &mut [f64],
) {
    match op {
        Binary::Add => zip(a, b, target, |a, b| a + b),
        Binary::Sub => zip(a, b, target, |a, b| a - b),
        Binary::Mul => zip(a, b, target, |a, b| a * b),
        Binary::Div => zip(a, b, target, |a, b| a / b),
        Binary::Rem => zip(a, b, target, rem_f64),
        Binary::Pow => math2_f64(Function2::Pow, a, b, target),
        Binary::Minimum => zip(a, b, target, min_or_nan),
        Binary::Maximum => zip(a, b, target, max_or_nan),
        Binary::And | Binary::Or | Binary::Xor => {
            unreachable!("{op:?} of f64 is refused when the expression is made")
        }
    }
}

#[inline(always)]
pub(super) fn binary_i64<M: Mode>(
    op: Binary,
    a: Arg<'_, i64>,
    b: Arg<'_, i64>,
    target: &mut [i64],
) {
    match op {
        Binary::Add => zip(a, b, target, i64::wrapping_add),
        Binary::Sub => zip(a, b, target, i64::wrapping_sub),
        Binary::Mul => zip(a, b, target, i64::wrapping_mul),
        Binary::Rem => zip(a, b, target, rem_i64),
        Binary::Pow => zip(a, b, target, |a, b| powi_i64(a, b as u64)),
        Binary::Minimum => zip(a, b, target, i64::min),
        Binary::Maximum => zip(a, b, target, i64::max),
        Binary::And => zip(a, b, target, |a, b| a & b),
        Binary::Or => zip(a, b, target, |a, b| a | b),
        Binary::Xor => zip(a, b, target, |a, b| a ^ b),
        Binary::Div => unreachable!("division is done in f64"),
    }
}

#[inline(always)]
pub(super) fn binary_bool<M: Mode>(
    op: Binary,
    a: Arg<'_, bool>,
    b: Arg<'_, bool>,
    target: &mut [bool],
) {
    match op {
        Binary::And | Binary::Mul | Binary::Minimum => zip(a, b, target, |a, b| a & b),
        Binary::Or | Binary::Add | Binary::Maximum => zip(a, b, target, |a, b| a | b),
        Binary::Xor => zip(a, b, target, |a, b| a ^ b),
        Binary::Sub | Binary::Div | Binary::Rem | Binary::Pow => {
            unreachable!("{op:?} of bool is refused or done in another dtype")
        }
    }
}

#[inline(always)]
fn compare<T: Copy + PartialOrd>(op: Compare, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [bool]) {
    match op {
        Compare::Lt => zip(a, b, target, |a, b| a < b),
        Compare::Le => zip(a, b, target, |a, b| a <= b),
        Compare::Gt => zip(a, b, target, |a, b| a > b),
        Compare::Ge => zip(a, b, target, |a, b| a >= b),
        Compare::Eq => zip(a, b, target, |a, b| a == b),
        Compare::Ne => zip(a, b, target, |a, b| a != b),
    }
}

#[inline(always)]
pub(super) fn compare_f64<M: Mode>(
    op: Compare,
    a: Arg<'_, f64>,
    b: Arg<'_, f64>,
    target: &mut [bool],
) {
    compare(op, a, b, target);
}

#[inline(always)]
pub(super) fn compare_i64<M: Mode>(
    op: Compare,
    a: Arg<'_, i64>,
    b: Arg<'_, i64>,
    target: &mut [bool],
) {
    compare(op, a, b, target);
}

#[inline(always)]
pub(super) fn compare_bool<M: Mode>(
    op: Compare,
    a: Arg<'_, bool>,
    b: Arg<'_, bool>,
    target: &mut [bool],
) {
    compare(op, a, b, target);
}

#[inline(always)]
pub(super) fn i64_to_f64<M: Mode>(source: &[i64], target: &mut [f64]) {
    map(source, target, |x| x as f64);
}

#[inline(always)]
pub(super) fn bool_to_f64<M: Mode>(source: &[bool], target: &mut [f64]) {
    map(source, target, |x| f64::from(u8::from(x)));
}

#[inline(always)]
pub(super) fn bool_to_i64<M: Mode>(source: &[bool], target: &mut [i64]) {
    map(source, target, i64::from);
}

#[inline(always)]
pub(super) fn f64_to_i64<M: Mode>(source: &[f64], target: &mut [i64]) {
    map(source, target, |x| x as i64);
}

#[inline(always)]
pub(super) fn f64_to_bool<M: Mode>(source: &[f64], target: &mut [bool]) {
    map(source, target, |x| x != 0.0);
}

#[inline(always)]
pub(super) fn i64_to_bool<M: Mode>(source: &[i64], target: &mut [bool]) {
    map(source, target, |x| x != 0);
}

/// Partial results that a reduction keeps side by side. The same at every level, so that sums do
/// not depend on the processor.
const LANES: usize = 16;

#[inline(always)]
fn reduce<T: Copy>(source: &[T], start: T, combine: impl Fn(T, T) -> T) -> T {
    let mut lanes = [start; LANES];
    let (rows, rest) = source.as_chunks::<LANES>();
    for row in rows {
        for (lane, &x) in lanes.iter_mut().zip(row) {
            *lane = combine(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, x);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = combine(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
pub(super) fn sum_f64<M: Mode>(source: &[f64]) -> f64 {
    reduce(source, 0.0, |a, b| a + b)
}

/// The exact sum. `source` is a block of less than 2³² elements.
#[inline(always)]
pub(super) fn sum_i64<M: Mode>(source: &[i64]) -> i128 {
    let low = source
        .iter()
        .fold(0_u64, |sum, &x| sum + (x as u64 & 0xffff_ffff));
    let high = source.iter().fold(0_i64, |sum, &x| sum + (x >> 32));
    (i128::from(high) << 32) + i128::from(low)
}

#[inline(always)]
pub(super) fn count_bool<M: Mode>(source: &[bool]) -> usize {
    source.iter().fold(0, |count, &x| count + usize::from(x))
}

#[inline(always)]
pub(super) fn product_f64<M: Mode>(source: &[f64]) -> f64 {
    reduce(source, 1.0, |a, b| a * b)
}

#[inline(always)]
pub(super) fn min_f64<M: Mode>(source: &[f64]) -> f64 {
    reduce(source, f64::INFINITY, |a, b| min_or_nan(b, a))
}

#[inline(always)]
pub(super) fn max_f64<M: Mode>(source: &[f64]) -> f64 {
    reduce(source, f64::NEG_INFINITY, |a, b| max_or_nan(b, a))
}

#[inline(always)]
pub(super) fn min_i64<M: Mode>(source: &[i64]) -> i64 {
    reduce(source, i64::MAX, i64::min)
}

#[inline(always)]
pub(super) fn max_i64<M: Mode>(source: &[i64]) -> i64 {
    reduce(source, i64::MIN, i64::max)
}
