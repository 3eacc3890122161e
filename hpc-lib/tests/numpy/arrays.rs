//! Between fixtures and arrays. A dtype that arrays get is one line in `dtypes!`.

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
stored!(Integers: i64 => |value| value as i64, |value| i128::from(value););
stored!(Floats: f64 => |value| value, |value| value;);

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
    "int64" => I64, i64;
    "float64" => F64, f64;
}
