use std::fmt;

/// Type of an array's elements.
///
/// Where two dtypes meet, the result has the later one in the order bool, i64, f64.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!((arange(0, 3, 1) * 0.5).dtype(), DType::F64);
/// assert_eq!(DType::I64.to_string(), "i64");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// `bool`, one byte.
    Bool,
    /// `i64`, a signed integer of 64 bits; arithmetic wraps around.
    I64,
    /// `f64`, a floating point number of 64 bits.
    F64,
}

impl DType {
    /// Bytes per element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::I64 | Self::F64 => 8,
        }
    }

    /// The name of the Rust type.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I64 => "i64",
            Self::F64 => "f64",
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One number of a dtype known at run time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Bool(bool),
    I64(i64),
    F64(f64),
}

impl Scalar {
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::I64(_) => DType::I64,
            Self::F64(_) => DType::F64,
        }
    }

    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Bool(value) => f64::from(u8::from(value)),
            Self::I64(value) => value as f64,
            Self::F64(value) => value,
        }
    }

    pub(crate) fn to_i64(self) -> i64 {
        match self {
            Self::Bool(value) => i64::from(value),
            Self::I64(value) => value,
            Self::F64(value) => value as i64,
        }
    }

    pub(crate) fn to_bool(self) -> bool {
        match self {
            Self::Bool(value) => value,
            Self::I64(value) => value != 0,
            Self::F64(value) => value != 0.0,
        }
    }

    pub(crate) fn cast(self, dtype: DType) -> Self {
        match dtype {
            DType::Bool => Self::Bool(self.to_bool()),
            DType::I64 => Self::I64(self.to_i64()),
            DType::F64 => Self::F64(self.to_f64()),
        }
    }

    /// A key under which equal values (bit by bit) are equal.
    pub(crate) fn bits(self) -> (DType, u64) {
        let bits = match self {
            Self::Bool(value) => u64::from(value),
            Self::I64(value) => value as u64,
            Self::F64(value) => value.to_bits(),
        };
        (self.dtype(), bits)
    }
}
