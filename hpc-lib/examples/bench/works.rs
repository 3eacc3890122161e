//! The formulas that arrays can do, one line each. The key is the formula of
//! `deploy/bench/expr/works.py`; a row of the bench whose formula is not here says "not there yet".

use hpc::prelude::*;
use hpc::s;

use crate::arrays::{Arrays, Outcome};

/// Evaluates a formula over arrays.
pub(crate) type Formula = fn(&mut Arrays) -> Outcome;

/// The formula with that key.
pub(crate) fn find(key: &str) -> Option<Formula> {
    WORKS
        .iter()
        .find(|(formula, _)| *formula == key)
        .map(|(_, work)| *work)
}

macro_rules! works {
    ($($formula:literal: $(mut $changed:ident)? |$($name:ident),+ $(; $turn:ident)?| $value:expr;)*) => {
        &[$(($formula, |arrays| {
            $(let mut $changed = arrays.take(stringify!($changed));)?
            $(let $name = arrays.get(stringify!($name));)+
            $(let $turn = arrays.turn();)?
            let outcome = $value.into();
            $(arrays.put(stringify!($changed), $changed);)?
            outcome
        })),*]
    };
}

/// A sum of 50 terms, `a` and `b` in turn, with constants that change at each call.
fn fifty_terms(a: &Array, b: &Array, turn: usize) -> Array {
    let term = |k: usize| (k as f64 + (turn % 100) as f64 / 128.0) * [a, b][k % 2];
    (1..50).fold(term(0), |sum, k| sum + term(k))
}

const WORKS: &[(&str, Formula)] = works! {
    "sin(2*pi*x)": |x| (2.0 * PI * x).sin();
    "evaluate(\"sin(2*pi*x)\")": |x| evaluate("sin(2*pi*x)", vars! { x });
    "expr!(sin(2*pi*x))": |x| expr!(sin(2.0 * PI * x));
    "sin(multiply(2*pi, x, out=t), out=t)": mut t |x| {
        t.assign(s![..], (2.0 * PI * x).sin());
        t.clone()
    };
    "sin(y)**2+cos(z)**2": |y, z| y.sin().powi(2) + z.cos().powi(2);
    "exp(-y*y)+sqrt(z)": |y, z| (-y * y).exp() + z.sqrt();
    "2*y+3*z": |y, z| 2 * y + 3 * z;
    "y*z-4.1*y>2.5*z": |y, z| (y * z - 4.1 * y).gt(2.5 * z);
    "sum(y*z)": |y, z| (y * z).sum();
    "sum(z)": |z| z.sum();

    "b*c+d*e": |b, c, d, e| b * c + d * e;
    "2*a+3*b": |a, b| 2 * a + 3 * b;
    "a**2 + (b+1)**-2.5": |a, b| a.powi(2) + (b + 1).powf(-2.5);
    "(a+1)**50": |a| (a + 1).powi(50);
    "sqrt(a**2 + b**2)": |a, b| (a.powi(2) + b.powi(2)).sqrt();

    "2*a + (cos(3)+5)*sinh(cos(b))": |a, b| 2 * a + (Array::from(3.0).cos() + 5) * b.cos().sinh();
    "2*a + arctan2(a, b)": |a, b| 2 * a + a.arctan2(b);
    "where(0.1*a > arctan2(a, b), 2*a, arctan2(a,b))": |a, b| select((0.1 * a).gt(a.arctan2(b)), 2 * a, a.arctan2(b));
    "where(a != 0.0, 2, b)": |a, b| select(a.ne(0.0), 2, b);
    "where(a-10 != 0.0, a, 2)": |a| select((a - 10).ne(0.0), a, 2);
    "where(a%2 != 0.0, b+5, 2)": |a, b| select((a % 2).ne(0.0), b + 5, 2);
    "where(a%2 != 0.0, 2, b+5)": |a, b| select((a % 2).ne(0.0), 2, b + 5);

    "a+b": |a, b| a + b;
    "fifty_terms(a, b)": |a, b; turn| fifty_terms(a, b, turn);

    "take(a, p)": |a, p| a.get(p);
    "a[m]": |a, m| a.get(m);
    "a[a>0.5]": |a| a.get(a.gt(0.5));
    "scatter(c, p, b)": mut c |p, b| {
        c.put(p, b, Outside::Raise);
        c.clone()
    };

    "sort(a)": |a| a.sort();
    "sort(i)": |i| i.sort();
    "argsort(a)": |a| a.argsort();
    "argsort(i)": |i| i.argsort();
    "unique(i)": |i| i.unique();
    "cumsum(a)": |a| a.cumsum();

    "matmul(a, b)": |a, b| linalg::matmul(a, b);
    "fft.fft(a)": |a| fft::fft(a);
    "fft.rfft(a)": |a| fft::rfft(a);
};
