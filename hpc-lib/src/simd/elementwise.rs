//! Loops over one or two operands, each written once for all levels and dtypes.

use super::number::{Float, Integer, Number, Real};
use super::{Arg, Binary, Compare, Fold, Test, Unary};

#[inline(always)]
fn map<T: Copy, U>(source: &[T], target: &mut [U], f: impl Fn(T) -> U) {
    for (target, &x) in target.iter_mut().zip(source) {
        *target = f(x);
    }
}

#[inline(always)]
fn zip<T: Number, U>(a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [U], f: impl Fn(T, T) -> U) {
    if const { T::FIRST_CLASS } {
        match (a, b) {
            (Arg::Each(a), Arg::All(b)) => return map(a, target, |a| f(a, b)),
            (Arg::All(a), Arg::Each(b)) => return map(b, target, |b| f(a, b)),
            _ => {}
        }
    }
    let (a, b) = (Pieces::new(a), Pieces::new(b));
    for (index, target) in target.chunks_mut(PIECE).enumerate() {
        let (a, b) = (a.get(index, target.len()), b.get(index, target.len()));
        for ((target, &a), &b) in target.iter_mut().zip(a).zip(b) {
            *target = f(a, b);
        }
    }
}

/// Elements that are taken at a time, where a number stands for many.
const PIECE: usize = 256;

/// An operand in pieces; a number is repeated.
struct Pieces<'a, T> {
    each: Option<&'a [T]>,
    repeated: [T; PIECE],
}

impl<'a, T: Number> Pieces<'a, T> {
    #[inline(always)]
    fn new(arg: Arg<'a, T>) -> Self {
        match arg {
            Arg::Each(values) => Self {
                each: Some(values),
                repeated: [T::default(); PIECE],
            },
            Arg::All(value) => Self {
                each: None,
                repeated: [value; PIECE],
            },
        }
    }

    #[inline(always)]
    fn get(&self, index: usize, len: usize) -> &[T] {
        match self.each {
            Some(values) => &values[index * PIECE..index * PIECE + len],
            None => &self.repeated[..len],
        }
    }
}

#[inline(always)]
pub(super) fn neg<T: Number>(source: &[T], target: &mut [T]) {
    map(source, target, T::neg);
}

#[inline(always)]
pub(super) fn sign<T: Number>(source: &[T], target: &mut [T]) {
    map(source, target, T::sign);
}

#[inline(always)]
pub(super) fn powers<T: Number>(n: u32, source: &[T], target: &mut [T]) {
    match n {
        2 => map(source, target, |x| x.mul(x)),
        3 => map(source, target, |x| x.mul(x.mul(x))),
        n => {
            // By squaring, as `number::power` does, but each step for many elements.
            let mut squares = [T::ONE; PIECE];
            for (source, target) in source.chunks(PIECE).zip(target.chunks_mut(PIECE)) {
                let squares = &mut squares[..source.len()];
                squares.copy_from_slice(source);
                target.fill(T::ONE);
                let mut rest = n;
                while rest > 0 {
                    if rest & 1 == 1 {
                        for (target, &square) in target.iter_mut().zip(&*squares) {
                            *target = target.mul(square);
                        }
                    }
                    rest >>= 1;
                    if rest > 0 {
                        for x in &mut *squares {
                            *x = x.mul(*x);
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
pub(super) fn reciprocal<T: Number>(source: &[T], target: &mut [T]) {
    map(source, target, |x| T::ONE.div(x));
}

#[inline(always)]
pub(super) fn abs<T: Real>(source: &[T], target: &mut [T]) {
    map(source, target, T::abs);
}

#[inline(always)]
pub(super) fn not<T: Integer>(source: &[T], target: &mut [T]) {
    map(source, target, T::not);
}

#[inline(always)]
pub(super) fn round<T: Float>(op: Unary, source: &[T], target: &mut [T]) {
    match op {
        Unary::Sqrt => map(source, target, T::sqrt),
        Unary::Floor => map(source, target, T::floor),
        Unary::Ceil => map(source, target, T::ceil),
        Unary::Trunc => map(source, target, T::trunc),
        Unary::Round => map(source, target, T::round),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

#[inline(always)]
pub(super) fn test<T: Float>(op: Test, source: &[T], target: &mut [bool]) {
    match op {
        Test::IsNan => map(source, target, T::is_nan),
        Test::IsInfinite => map(source, target, T::is_infinite),
        Test::IsFinite => map(source, target, T::is_finite),
        Test::SignBit => map(source, target, T::is_negative),
    }
}

/// One variant serves all levels.
pub(crate) fn sign_bit<T: Real>(source: &[T], target: &mut [bool]) {
    map(source, target, T::is_negative);
}

#[inline(always)]
pub(super) fn arithmetic<T: Number>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    match op {
        Binary::Add => zip(a, b, target, T::add),
        Binary::Sub => zip(a, b, target, T::sub),
        Binary::Mul => zip(a, b, target, T::mul),
        Binary::Div => zip(a, b, target, T::div),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

#[inline(always)]
pub(super) fn ordered<T: Real>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    match op {
        Binary::Minimum => zip(a, b, target, T::minimum),
        Binary::Maximum => zip(a, b, target, T::maximum),
        Binary::Fmin => zip(a, b, target, T::fmin),
        Binary::Fmax => zip(a, b, target, T::fmax),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

#[inline(always)]
pub(super) fn bits<T: Integer>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    match op {
        Binary::And => zip(a, b, target, T::and),
        Binary::Or => zip(a, b, target, T::or),
        Binary::Xor => zip(a, b, target, T::xor),
        Binary::Shl => zip(a, b, target, T::shl),
        Binary::Shr => zip(a, b, target, T::shr),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

/// Operations for which there are no vector instructions: one variant serves all levels.
pub(crate) fn divide<T: Real>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    match op {
        Binary::FloorDiv => zip(a, b, target, T::floor_div),
        Binary::Rem => zip(a, b, target, T::rem),
        Binary::Fmod => zip(a, b, target, T::fmod),
        Binary::Pow => zip(a, b, target, T::pow),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

/// As [`divide`].
pub(crate) fn divisors<T: Integer>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    one_by_one(
        a,
        b,
        target,
        match op {
            Binary::Gcd => T::gcd,
            Binary::Lcm => T::lcm,
            _ => unreachable!("{op:?} has a kernel of its own"),
        },
    );
}

fn one_by_one<T: Number>(a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T], f: fn(T, T) -> T) {
    let at = |arg: Arg<'_, T>, index: usize| match arg {
        Arg::Each(values) => values[index],
        Arg::All(value) => value,
    };
    for (index, target) in target.iter_mut().enumerate() {
        *target = f(at(a, index), at(b, index));
    }
}

/// As [`divide`].
pub(crate) fn floats<T: Float>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]) {
    one_by_one(
        a,
        b,
        target,
        match op {
            Binary::CopySign => T::copysign,
            Binary::NextAfter => T::next_after,
            _ => unreachable!("{op:?} has a kernel of its own"),
        },
    );
}

#[inline(always)]
pub(super) fn compare<T: Real>(op: Compare, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [bool]) {
    match op {
        Compare::Lt => zip(a, b, target, |a, b| a < b),
        Compare::Le => zip(a, b, target, |a, b| a <= b),
        // The other way round is the same loop again.
        Compare::Gt => compare(Compare::Lt, b, a, target),
        Compare::Ge => compare(Compare::Le, b, a, target),
        Compare::Eq => zip(a, b, target, |a, b| a == b),
        Compare::Ne => zip(a, b, target, |a, b| a != b),
    }
}

/// Elements of products that are done at a time, from as many registers, without a branch.
const ROW: usize = 32;

/// The factor that a number is for a whole row.
#[inline(always)]
fn repeated<T: Number>(arg: Arg<'_, T>) -> [T; ROW] {
    match arg {
        Arg::Each(_) => [T::default(); ROW],
        Arg::All(value) => [value; ROW],
    }
}

/// A factor in rows; that of a number is always the same.
struct Rows<'a, T> {
    whole: &'a [[T; ROW]],
    /// Zero where there is but one row.
    mask: usize,
    /// The elements after the last whole row.
    rest: &'a [T],
}

impl<'a, T: Number> Rows<'a, T> {
    #[inline(always)]
    fn new(arg: Arg<'a, T>, repeated: &'a [T; ROW]) -> Self {
        match arg {
            Arg::Each(values) => {
                let (whole, rest) = values.as_chunks();
                Self {
                    whole,
                    mask: usize::MAX,
                    rest,
                }
            }
            Arg::All(_) => Self {
                whole: std::slice::from_ref(repeated),
                mask: 0,
                rest: repeated,
            },
        }
    }

    #[inline(always)]
    fn get(&self, index: usize) -> &[T; ROW] {
        &self.whole[index & self.mask]
    }
}

/// What `f` makes of `a b` and `c d`, both rounded.
#[inline(always)]
fn meet<T: Float, U: Copy + Default>(
    [a, b, c, d]: [Arg<'_, T>; 4],
    target: &mut [U],
    f: impl Fn(T, T) -> U,
) {
    let same = [repeated(a), repeated(b), repeated(c), repeated(d)];
    let (a, b) = (Rows::new(a, &same[0]), Rows::new(b, &same[1]));
    let (c, d) = (Rows::new(c, &same[2]), Rows::new(d, &same[3]));
    let (rows, rest) = target.as_chunks_mut::<ROW>();
    for (index, target) in rows.iter_mut().enumerate() {
        let (a, b, c, d) = (a.get(index), b.get(index), c.get(index), d.get(index));
        let mut row = [U::default(); ROW];
        for i in 0..ROW {
            row[i] = f(a[i].mul(b[i]), c[i].mul(d[i]));
        }
        *target = row;
    }
    let factors = a.rest.iter().zip(b.rest).zip(c.rest).zip(d.rest);
    for (target, (((&a, &b), &c), &d)) in rest.iter_mut().zip(factors) {
        *target = f(a.mul(b), c.mul(d));
    }
}

#[inline(always)]
pub(super) fn sum_of_products<T: Float>(factors: [Arg<'_, T>; 4], target: &mut [T]) {
    meet(factors, target, T::add);
}

#[inline(always)]
pub(super) fn difference_of_products<T: Float>(factors: [Arg<'_, T>; 4], target: &mut [T]) {
    meet(factors, target, T::sub);
}

#[inline(always)]
pub(super) fn compare_products<T: Float>(
    op: Compare,
    factors: [Arg<'_, T>; 4],
    target: &mut [bool],
) {
    let [a, b, c, d] = factors;
    match op {
        Compare::Lt => meet(factors, target, |x, y| x < y),
        Compare::Le => meet(factors, target, |x, y| x <= y),
        Compare::Gt => meet([c, d, a, b], target, |x, y| x < y),
        Compare::Ge => meet([c, d, a, b], target, |x, y| x <= y),
        Compare::Eq => meet(factors, target, |x, y| x == y),
        Compare::Ne => meet(factors, target, |x, y| x != y),
    }
}

/// Whether complex numbers are equal. One variant serves all levels.
pub(crate) fn equal<T: Number>(op: Compare, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [bool]) {
    match op {
        Compare::Eq => zip(a, b, target, |a, b| a == b),
        Compare::Ne => zip(a, b, target, |a, b| a != b),
        _ => unreachable!("complex numbers have no order"),
    }
}

#[inline(always)]
pub(super) fn select<T: Number>(
    condition: &[bool],
    a: Arg<'_, T>,
    b: Arg<'_, T>,
    target: &mut [T],
) {
    let (a, b) = (Pieces::new(a), Pieces::new(b));
    let pieces = target.chunks_mut(PIECE).zip(condition.chunks(PIECE));
    for (index, (target, condition)) in pieces.enumerate() {
        let (a, b) = (a.get(index, target.len()), b.get(index, target.len()));
        for (((target, &c), &a), &b) in target.iter_mut().zip(condition).zip(a).zip(b) {
            *target = if c { a } else { b };
        }
    }
}

/// Adds (multiplies) each element of `source` to that of `target`.
#[inline(always)]
pub(super) fn accumulate<T: Number>(op: Fold, source: &[T], target: &mut [T]) {
    let pairs = target.iter_mut().zip(source);
    match op {
        Fold::Sum => pairs.for_each(|(target, &x)| *target = target.add(x)),
        Fold::Product => pairs.for_each(|(target, &x)| *target = target.mul(x)),
        Fold::Min | Fold::Max => unreachable!("complex numbers have no order"),
    }
}

/// The same for numbers in an order.
#[inline(always)]
pub(super) fn accumulate_ordered<T: Real>(op: Fold, source: &[T], target: &mut [T]) {
    match op {
        Fold::Sum | Fold::Product => accumulate(op, source, target),
        Fold::Min => {
            for (target, &x) in target.iter_mut().zip(source) {
                *target = x.minimum(*target);
            }
        }
        Fold::Max => {
            for (target, &x) in target.iter_mut().zip(source) {
                *target = x.maximum(*target);
            }
        }
    }
}
