//! Between fixtures and arrays.

use hpc::prelude::*;

use crate::fixture::{Elements, Numbers, Value};

/// What a routine takes.
#[derive(Clone)]
pub(crate) enum Argument {
    Array(Array),
    Integer(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    List(Vec<Value>),
    /// Python's None.
    Nothing,
}

/// `None` for what arrays do not have.
pub(crate) fn argument(value: &Value) -> Option<Argument> {
    Some(match value {
        Value::Array(numbers) => Argument::Array(array(numbers)?),
        Value::Integer(number) => Argument::Integer(i64::try_from(*number).ok()?),
        Value::Float(number) => Argument::Float(*number),
        Value::Bool(value) => Argument::Bool(*value),
        Value::Text(text) => Argument::Text(text.clone()),
        Value::List(values) => Argument::List(values.clone()),
        Value::None => Argument::Nothing,
        _ => return None,
    })
}

/// A Rust type between its elements in a fixture and in an array.
trait Stored: Sized {
    fn read(elements: &Elements) -> Option<Vec<Self>>;
    fn write(values: Vec<Self>) -> Elements;
}

macro_rules! stored {
    ($kind:ident: $($type:ty => |$read:ident| $from:expr, |$write:ident| $to:expr;)*) => {$(
        impl Stored for $type {
            fn read(elements: &Elements) -> Option<Vec<Self>> {
                match elements {
                    Elements::$kind(values) => Some(values.iter().map(|&$read| $from).collect()),
                    _ => None,
                }
            }

            fn write(values: Vec<Self>) -> Elements {
                Elements::$kind(values.into_iter().map(|$write| $to).collect())
            }
        }
    )*};
}

stored!(Bools: bool => |value| value, |value| value;);
stored!(Integers:
    i8 => |value| value as i8, |value| i128::from(value);
    i16 => |value| value as i16, |value| i128::from(value);
    i32 => |value| value as i32, |value| i128::from(value);
    i64 => |value| value as i64, |value| i128::from(value);
    u8 => |value| value as u8, |value| i128::from(value);
    u16 => |value| value as u16, |value| i128::from(value);
    u32 => |value| value as u32, |value| i128::from(value);
    u64 => |value| value as u64, |value| i128::from(value);
);
stored!(Floats:
    f32 => |value| value as f32, |value| f64::from(value);
    f64 => |value| value, |value| value;
);

impl<T: Stored + Copy> Stored for Complex<T> {
    fn read(elements: &Elements) -> Option<Vec<Self>> {
        let parts = T::read(elements)?;
        Some(
            parts
                .as_chunks()
                .0
                .iter()
                .map(|&[re, im]| Self::new(re, im))
                .collect(),
        )
    }

    fn write(values: Vec<Self>) -> Elements {
        T::write(
            values
                .into_iter()
                .flat_map(|value| [value.re, value.im])
                .collect(),
        )
    }
}

macro_rules! dtypes {
    ($($name:literal => $variant:ident, $type:ty;)*) => {
        /// The array; `None` for a dtype that arrays do not have.
        pub(crate) fn array(numbers: &Numbers) -> Option<Array> {
            let flat = match numbers.dtype.as_str() {
                $($name => Array::from(<$type>::read(&numbers.elements)?),)*
                _ => return None,
            };
            Some(flat.reshape(numbers.shape.as_slice()))
        }

        /// What a fixture would say of it.
        pub(crate) fn numbers(array: &Array) -> Numbers {
            let (dtype, elements) = match array.dtype() {
                $(DType::$variant => ($name, <$type>::write(array.to_vec::<$type>())),)*
            };
            Numbers {
                dtype: dtype.to_owned(),
                shape: array.shape().to_vec(),
                elements,
            }
        }

        /// The dtype of that name.
        pub(crate) fn dtype(name: &str) -> Option<DType> {
            match name {
                $($name => Some(DType::$variant),)*
                _ => None,
            }
        }
    };
}

dtypes! {
    "bool" => Bool, bool;
    "int8" => I8, i8;
    "int16" => I16, i16;
    "int32" => I32, i32;
    "int64" => I64, i64;
    "uint8" => U8, u8;
    "uint16" => U16, u16;
    "uint32" => U32, u32;
    "uint64" => U64, u64;
    "float32" => F32, f32;
    "float64" => F64, f64;
    "complex64" => C64, Complex<f32>;
    "complex128" => C128, Complex<f64>;
}
