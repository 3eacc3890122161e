//! Matrices to test with: complex numbers of 64 bits, laid out as an element type and strides say.
#![allow(dead_code, unreachable_pub)] // Each test program uses some of it.
#![allow(clippy::unwrap_used)] // It is all for tests.

use hpc_engines::{Engines, Number, Run, View, ViewMut};
use num_complex::{Complex, Complex64};

/// Two threads, so that both ways of dividing the work are used.
pub const RUN: Run = Run {
    threads: 2,
    interrupted: None,
};

pub const SIZES: [usize; 7] = [0, 1, 2, 3, 17, 64, 200];

/// The engines: linked ones, or those of a shared object that is built for the tests.
pub fn engines() -> &'static Engines {
    #[cfg(not(feature = "linked"))]
    build();
    hpc_engines::engines().unwrap()
}

/// Builds `libhpc_engines.so`, which cargo lays beside the programs of the tests.
#[cfg(not(feature = "linked"))]
fn build() {
    use std::process::Command;
    use std::sync::Once;

    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let folder = std::env::current_exe().unwrap();
        let folder = folder.ancestors().nth(3).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["rustc", "--locked", "-p", "hpc-engines", "--lib"])
            .args([
                "--features",
                "linked",
                "--crate-type",
                "cdylib",
                "--target-dir",
            ])
            .arg(folder)
            .current_dir(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    });
}

/// An element type.
pub trait Element: Number + PartialEq + Default + std::fmt::Debug {
    type Real: Element;
    type Complex: Element;

    /// Distance of 1 and the next number.
    const EPSILON: f64;
    const IS_REAL: bool;

    fn of(value: Complex64) -> Self;
    fn value(self) -> Complex64;
}

macro_rules! element {
    ($real:ty) => {
        impl Element for $real {
            type Real = $real;
            type Complex = Complex<$real>;
            const EPSILON: f64 = <$real>::EPSILON as f64;
            const IS_REAL: bool = true;

            fn of(value: Complex64) -> Self {
                value.re as $real
            }

            fn value(self) -> Complex64 {
                Complex64::new(f64::from(self), 0.0)
            }
        }

        impl Element for Complex<$real> {
            type Real = $real;
            type Complex = Complex<$real>;
            const EPSILON: f64 = <$real>::EPSILON as f64;
            const IS_REAL: bool = false;

            fn of(value: Complex64) -> Self {
                Self::new(value.re as $real, value.im as $real)
            }

            fn value(self) -> Complex64 {
                Complex64::new(self.re.into(), self.im.into())
            }
        }
    };
}

element!(f32);
element!(f64);

/// Calls a generic test with each element type.
#[macro_export]
macro_rules! each_type {
    ($test:ident) => {
        $test::<f32>();
        $test::<f64>();
        $test::<num_complex::Complex32>();
        $test::<num_complex::Complex64>();
    };
}

/// Numbers without order, the same in each run (xorshift of G. Marsaglia, 2003).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From -1 to 1.
    pub fn number(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    pub fn value<T: Element>(&mut self) -> Complex64 {
        let (re, im) = (self.number(), self.number());
        T::of(Complex64::new(re, im)).value()
    }
}

/// A matrix, row after row.
#[derive(Clone, Debug)]
pub struct Dense {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<Complex64>,
}

impl Dense {
    pub fn make(
        rows: usize,
        columns: usize,
        mut value: impl FnMut(usize, usize) -> Complex64,
    ) -> Self {
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Self {
            rows,
            columns,
            values: places.map(|(row, column)| value(row, column)).collect(),
        }
    }

    pub fn random<T: Element>(rows: usize, columns: usize, seed: u64) -> Self {
        let mut random = Random::new(seed + 1);
        Self::make(rows, columns, |_, _| random.value::<T>())
    }

    pub fn identity(order: usize) -> Self {
        Self::make(order, order, |row, column| {
            Complex64::from(f64::from(row == column))
        })
    }

    pub fn diagonal(rows: usize, columns: usize, values: &[f64]) -> Self {
        Self::make(rows, columns, |row, column| {
            Complex64::from(if row == column { values[row] } else { 0.0 })
        })
    }

    pub fn at(&self, row: usize, column: usize) -> Complex64 {
        self.values[row * self.columns + column]
    }

    pub fn adjoint(&self) -> Self {
        Self::make(self.columns, self.rows, |row, column| {
            self.at(column, row).conj()
        })
    }

    pub fn transpose(&self) -> Self {
        Self::make(self.columns, self.rows, |row, column| self.at(column, row))
    }

    pub fn conj(&self) -> Self {
        Self::make(self.rows, self.columns, |row, column| {
            self.at(row, column).conj()
        })
    }

    pub fn times(&self, other: &Self) -> Self {
        assert_eq!(self.columns, other.rows);
        let mut product = Self::make(self.rows, other.columns, |_, _| Complex64::ZERO);
        for row in 0..self.rows {
            let target = &mut product.values[row * other.columns..][..other.columns];
            for middle in 0..self.columns {
                let factor = self.at(row, middle);
                let source = &other.values[middle * other.columns..][..other.columns];
                for (to, from) in target.iter_mut().zip(source) {
                    *to += factor * from;
                }
            }
        }
        product
    }

    pub fn minus(&self, other: &Self) -> Self {
        assert_eq!((self.rows, self.columns), (other.rows, other.columns));
        Self::make(self.rows, self.columns, |row, column| {
            self.at(row, column) - other.at(row, column)
        })
    }

    pub fn rows_in(&self, order: &[usize]) -> Self {
        Self::make(order.len(), self.columns, |row, column| {
            self.at(order[row], column)
        })
    }

    /// The Frobenius norm.
    pub fn norm(&self) -> f64 {
        self.values
            .iter()
            .map(Complex64::norm_sqr)
            .sum::<f64>()
            .sqrt()
    }
}

/// Fails unless the matrices are equal up to rounding, in relation to `scale`.
#[track_caller]
pub fn assert_near<T: Element>(found: &Dense, expected: &Dense, scale: f64, what: &str) {
    let order = found.rows.max(found.columns).max(4) as f64;
    let error = found.minus(expected).norm();
    let limit = 4.0 * T::EPSILON * order * scale.max(f64::MIN_POSITIVE);
    assert!(
        error <= limit,
        "{what}: {} x {}, error {error:e}, limit {limit:e}",
        found.rows,
        found.columns
    );
}

/// Where the elements of some matrices lie.
#[derive(Clone, Debug)]
pub struct Layout {
    pub start: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    pub length: usize,
}

/// Ways to lay out matrices.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Rows,
    Columns,
    /// From the last row and the last column on.
    Backwards,
    /// With gaps in both directions.
    Apart,
}

pub const ORDERS: [Order; 4] = [Order::Rows, Order::Columns, Order::Backwards, Order::Apart];

impl Layout {
    pub fn new(batch: usize, rows: usize, columns: usize, order: Order) -> Self {
        let (m, n) = (rows as isize, columns as isize);
        let last = (rows * columns).saturating_sub(1);
        let (start, row, column, item) = match order {
            Order::Rows => (0, n, 1, m * n),
            Order::Columns => (0, 1, m, m * n),
            Order::Backwards => (last, -n, -1, m * n),
            Order::Apart => (1, 2 * n + 3, 2, (2 * n + 3) * m + 1),
        };
        Self {
            start,
            shape: vec![batch, rows, columns],
            strides: vec![item, row, column],
            length: batch * item as usize + start + 1,
        }
    }

    fn place(&self, indices: [usize; 3]) -> usize {
        let offset: isize = indices
            .iter()
            .zip(&self.strides)
            .map(|(&i, &s)| i as isize * s)
            .sum();
        self.start.checked_add_signed(offset).unwrap()
    }
}

/// Matrices in memory.
pub struct Stored<T> {
    pub layout: Layout,
    pub data: Vec<T>,
}

impl<T: Element> Stored<T> {
    pub fn new(matrices: &[Dense], order: Order) -> Self {
        let (rows, columns) = matrices
            .first()
            .map_or((0, 0), |first| (first.rows, first.columns));
        let mut stored = Self::empty(matrices.len(), rows, columns, order);
        for (item, matrix) in matrices.iter().enumerate() {
            for row in 0..rows {
                for column in 0..columns {
                    let place = stored.layout.place([item, row, column]);
                    stored.data[place] = T::of(matrix.at(row, column));
                }
            }
        }
        stored
    }

    pub fn empty(batch: usize, rows: usize, columns: usize, order: Order) -> Self {
        let layout = Layout::new(batch, rows, columns, order);
        let data = vec![T::default(); layout.length];
        Self { layout, data }
    }

    pub fn view(&self) -> View<'_> {
        let Layout {
            start,
            shape,
            strides,
            ..
        } = &self.layout;
        View::new(&self.data, *start, shape, strides)
    }

    pub fn view_mut(&mut self) -> ViewMut<'_> {
        let Layout {
            start,
            shape,
            strides,
            ..
        } = &self.layout;
        ViewMut::new(&mut self.data, *start, shape, strides)
    }

    pub fn get(&self, item: usize) -> Dense {
        Dense::make(self.layout.shape[1], self.layout.shape[2], |row, column| {
            self.data[self.layout.place([item, row, column])].value()
        })
    }
}

/// Contiguous results that are no matrices: for each item of a batch a vector, or one number.
pub struct Plain<T> {
    shape: Vec<usize>,
    strides: Vec<isize>,
    pub data: Vec<T>,
}

impl<T: Number + Default> Plain<T> {
    pub fn numbers(batch: usize) -> Self {
        Self {
            shape: vec![batch],
            strides: vec![1],
            data: vec![T::default(); batch],
        }
    }

    pub fn vectors(batch: usize, length: usize) -> Self {
        Self {
            shape: vec![batch, length],
            strides: vec![length as isize, 1],
            data: vec![T::default(); batch * length],
        }
    }

    pub fn view_mut(&mut self) -> ViewMut<'_> {
        ViewMut::new(&mut self.data, 0, &self.shape, &self.strides)
    }

    pub fn item(&self, item: usize) -> &[T] {
        let length = self.shape.get(1).copied().unwrap_or(1);
        &self.data[item * length..][..length]
    }
}

/// The real parts.
pub fn reals<T: Element>(values: &[T]) -> Vec<f64> {
    values.iter().map(|value| value.value().re).collect()
}
