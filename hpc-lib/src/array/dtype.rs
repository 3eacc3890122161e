use std::fmt;

use num_complex::Complex;

/// Type of an array's elements, known at run time.
///
/// Where two dtypes meet, the result has the least dtype that both fit into, as in NumPy; a number
/// (`2`, `0.5`) yields to the dtype of the array it meets, as far as its kind allows.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!((arange(0, 3, 1) * 0.5).dtype(), DType::F64);
/// let x = Array::from(vec![1.0_f32, 2.0]);
/// assert_eq!((&x * 0.5).dtype(), DType::F32);
/// assert_eq!((&x + arange(0, 2, 1)).dtype(), DType::F64);
/// assert_eq!(DType::I64.to_string(), "i64");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// `bool`, one byte.
    Bool,
    /// `i8`; arithmetic of integers wraps around.
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `Complex<f32>`, NumPy's complex64.
    C64,
    /// `Complex<f64>`, NumPy's complex128.
    C128,
}

/// What kind of numbers a dtype holds, in the order in which they yield to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bool,
    Integer,
    Float,
    Complex,
}

/// Runs `$body` with `$type` as the Rust type of `$dtype`; only for the listed variants, the last
/// arm is for the others.
macro_rules! with_type {
    ($dtype:expr, $type:ident => $body:expr) => {
        $crate::array::dtype::with_type!(@match $dtype, $type => $body;
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            F32 f32, F64 f64, C64 num_complex::Complex<f32>, C128 num_complex::Complex<f64>;)
    };
    (@match $dtype:expr, $type:ident => $body:expr; $($variant:ident $rust:ty),*; $($other:tt)*) => {
        match $dtype {
            $($crate::array::dtype::DType::$variant => { type $type = $rust; $body })*
            $($other)*
        }
    };
}

/// As [`with_type`] for real numbers and bool; `$other` for complex ones.
macro_rules! with_real {
    ($dtype:expr, $type:ident => $body:expr, $rest:ident => $other:expr) => {
        $crate::array::dtype::with_type!(@match $dtype, $type => $body;
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            F32 f32, F64 f64; $rest => $other)
    };
}

/// As [`with_type`] for integers and bool; `$other` for the rest.
macro_rules! with_integer {
    ($dtype:expr, $type:ident => $body:expr, $rest:ident => $other:expr) => {
        $crate::array::dtype::with_type!(@match $dtype, $type => $body;
            Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64;
            $rest => $other)
    };
}

/// As [`with_type`] for f32 and f64; `$other` for the rest.
macro_rules! with_float {
    ($dtype:expr, $type:ident => $body:expr, $rest:ident => $other:expr) => {
        $crate::array::dtype::with_type!(@match $dtype, $type => $body; F32 f32, F64 f64; $rest => $other)
    };
}

/// As [`with_type`] for complex numbers; `$other` for the rest.
macro_rules! with_complex {
    ($dtype:expr, $type:ident => $body:expr, $rest:ident => $other:expr) => {
        $crate::array::dtype::with_type!(@match $dtype, $type => $body;
            C64 num_complex::Complex<f32>, C128 num_complex::Complex<f64>; $rest => $other)
    };
}

pub(crate) use {with_complex, with_float, with_integer, with_real, with_type};

impl DType {
    /// Bytes per element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(DType::C128.size(), 16);
    /// ```
    #[must_use]
    pub fn size(self) -> usize {
        with_type!(self, T => size_of::<T>())
    }

    /// The name: that of the Rust type, `c64` and `c128` for complex numbers.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(DType::C64.name(), "c64");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::C64 => "c64",
            Self::C128 => "c128",
        }
    }

    /// Whether it holds integers; bool is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(DType::U8.is_integer() && !DType::Bool.is_integer());
    /// ```
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.kind() == Kind::Integer
    }

    /// Whether it is f32 or f64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(DType::F32.is_float() && !DType::I64.is_float());
    /// ```
    #[must_use]
    pub fn is_float(self) -> bool {
        self.kind() == Kind::Float
    }

    /// Whether it holds complex numbers.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(DType::C64.is_complex() && !DType::F64.is_complex());
    /// ```
    #[must_use]
    pub fn is_complex(self) -> bool {
        self.kind() == Kind::Complex
    }

    pub(crate) fn is_unsigned(self) -> bool {
        matches!(self, Self::U8 | Self::U16 | Self::U32 | Self::U64)
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::F32 | Self::F64 => Kind::Float,
            Self::C64 | Self::C128 => Kind::Complex,
            _ => Kind::Integer,
        }
    }

    /// The least dtype that holds the values of both: NumPy's rule, by which u64 and a signed
    /// integer meet in f64.
    ///
    /// ```
    /// use hpc::DType;
    /// assert_eq!(DType::U8.promote(DType::I8), DType::I16);
    /// assert_eq!(DType::U64.promote(DType::I8), DType::F64);
    /// assert_eq!(DType::I32.promote(DType::F32), DType::F64);
    /// ```
    #[must_use]
    pub fn promote(self, other: Self) -> Self {
        let (low, high) = if self.kind() <= other.kind() {
            (self, other)
        } else {
            (other, self)
        };
        match (low.kind(), high.kind()) {
            (Kind::Bool, _) => high,
            (Kind::Integer, Kind::Integer) => promote_integers(low, high),
            // 16 bits of an integer fit into the 24 of an f32, more do not.
            (Kind::Integer, Kind::Float) if low.size() <= 2 => high,
            (Kind::Integer, Kind::Float) => Self::F64,
            (Kind::Integer, _) if low.size() <= 2 => high,
            (Kind::Integer, _) => Self::C128,
            (Kind::Float, Kind::Complex) if low == Self::F64 => Self::C128,
            _ => high.max(low),
        }
    }

    /// The dtype in which functions such as `sin` are computed: integers go to f64.
    pub(crate) fn inexact(self) -> Self {
        if self.kind() < Kind::Float {
            Self::F64
        } else {
            self
        }
    }

    /// The dtype of the real and the imaginary part.
    pub(crate) fn part(self) -> Self {
        match self {
            Self::C64 => Self::F32,
            Self::C128 => Self::F64,
            real => real,
        }
    }

    /// The complex dtype of the same precision.
    pub(crate) fn complex(self) -> Self {
        match self {
            Self::F32 | Self::C64 => Self::C64,
            _ => Self::C128,
        }
    }

    /// Whether every value of this dtype is one of `other`.
    pub(crate) fn fits_into(self, other: Self) -> bool {
        self.promote(other) == other
    }
}

fn promote_integers(a: DType, b: DType) -> DType {
    let wider = if a.size() >= b.size() { a } else { b };
    if a.is_unsigned() == b.is_unsigned() {
        return wider;
    }
    let (unsigned, signed) = if a.is_unsigned() { (a, b) } else { (b, a) };
    if signed.size() > unsigned.size() {
        return signed;
    }
    match unsigned {
        DType::U8 => DType::I16,
        DType::U16 => DType::I32,
        DType::U32 => DType::I64,
        _ => DType::F64,
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One number whose kind is known at run time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(Complex<f64>),
}

impl Scalar {
    /// The dtype of an array that is made of it.
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::Int(_) => DType::I64,
            Self::Uint(_) => DType::U64,
            Self::Float(_) => DType::F64,
            Self::Complex(_) => DType::C128,
        }
    }

    /// The dtype of the result where it meets an array: the array's, unless the number is of a
    /// later kind.
    pub(crate) fn meet(self, array: DType) -> DType {
        let own = self.dtype();
        match (own.kind(), array.kind()) {
            (Kind::Complex, Kind::Float) => array.complex(),
            (own_kind, kind) if own_kind > kind => own,
            _ => array,
        }
    }

    /// Whether it is in the range of `dtype`, which is of its kind or a later one.
    pub(crate) fn fits(self, dtype: DType) -> bool {
        match self {
            Self::Int(value) => {
                with_integer!(dtype, T => Range::<T>::holds(value.into()), _rest => true)
            }
            Self::Uint(value) => {
                with_integer!(dtype, T => Range::<T>::holds(value.into()), _rest => true)
            }
            _ => true,
        }
    }

    /// The real part.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Bool(value) => f64::from(u8::from(value)),
            Self::Int(value) => value as f64,
            Self::Uint(value) => value as f64,
            Self::Float(value) => value,
            Self::Complex(value) => value.re,
        }
    }

    /// Towards zero, and the nearest one of the range.
    pub(crate) fn to_i64(self) -> i64 {
        match self {
            Self::Bool(value) => i64::from(value),
            Self::Int(value) => value,
            Self::Uint(value) => i64::try_from(value).unwrap_or(i64::MAX),
            Self::Float(value) => value as i64,
            Self::Complex(value) => value.re as i64,
        }
    }

    pub(crate) fn to_u64(self) -> u64 {
        match self {
            Self::Uint(value) => value,
            Self::Float(value) => value as u64,
            Self::Complex(value) => value.re as u64,
            other => other.to_i64() as u64,
        }
    }

    pub(crate) fn to_bool(self) -> bool {
        match self {
            Self::Bool(value) => value,
            Self::Int(value) => value != 0,
            Self::Uint(value) => value != 0,
            Self::Float(value) => value != 0.0,
            Self::Complex(value) => value != Complex::ZERO,
        }
    }

    pub(crate) fn to_complex(self) -> Complex<f64> {
        match self {
            Self::Complex(value) => value,
            real => real.to_f64().into(),
        }
    }

    /// A key under which equal values (bit by bit) are equal.
    pub(crate) fn bits(self) -> (u8, u64, u64) {
        match self {
            Self::Bool(value) => (0, u64::from(value), 0),
            Self::Int(value) => (1, value as u64, 0),
            Self::Uint(value) => (2, value, 0),
            Self::Float(value) => (3, value.to_bits(), 0),
            Self::Complex(value) => (4, value.re.to_bits(), value.im.to_bits()),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Uint(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Complex(value) => value.fmt(f),
        }
    }
}

/// The range of an integer type.
struct Range<T>(std::marker::PhantomData<T>);

macro_rules! range {
    ($($type:ty: $least:expr, $greatest:expr;)*) => {$(
        impl Range<$type> {
            fn holds(value: i128) -> bool {
                ($least as i128..=$greatest as i128).contains(&value)
            }
        }
    )*};
}

range! {
    bool: 0, 1;
    i8: i8::MIN, i8::MAX;
    i16: i16::MIN, i16::MAX;
    i32: i32::MIN, i32::MAX;
    i64: i64::MIN, i64::MAX;
    u8: u8::MIN, u8::MAX;
    u16: u16::MIN, u16::MAX;
    u32: u32::MIN, u32::MAX;
    u64: u64::MIN, u64::MAX;
}
