//! Arrays as the driver sends them, and results as it reads them: files of numbers, little-endian.

use std::cell::Cell;
use std::fs;
use std::io;

use hpc::prelude::*;
use hpc::s;
use serde_json::{Value, json};

/// The arrays of a formula, by their letters.
#[derive(Default)]
pub(crate) struct Arrays {
    by_letter: [Option<Array>; 26],
    turn: Cell<usize>,
}

impl Arrays {
    pub(crate) fn put(&mut self, name: &str, array: Array) {
        self.by_letter[slot(name)] = Some(array);
    }

    /// Drops all others, and counts turns from 0.
    pub(crate) fn keep(&mut self, names: &[String]) {
        let slots: Vec<usize> = names.iter().map(|name| slot(name)).collect();
        for (at, array) in self.by_letter.iter_mut().enumerate() {
            if !slots.contains(&at) {
                *array = None;
            }
        }
        self.turn.set(0);
    }

    /// The array of that name. A formula without one is a mistake in the driver.
    pub(crate) fn get(&self, name: &str) -> &Array {
        match &self.by_letter[slot(name)] {
            Some(array) => array,
            None => panic!("the driver sent no array {name:?}"),
        }
    }

    /// Takes the array of that name, to change it; it is to be put back.
    pub(crate) fn take(&mut self, name: &str) -> Array {
        match self.by_letter[slot(name)].take() {
            Some(array) => array,
            None => panic!("the driver sent no array {name:?}"),
        }
    }

    /// 0, 1, 2, … at each call: for a formula that is never the same.
    pub(crate) fn turn(&self) -> usize {
        self.turn.replace(self.turn.get() + 1)
    }
}

fn slot(name: &str) -> usize {
    usize::from(name.as_bytes()[0] - b'a')
}

/// The elements of a Rust type in a file.
trait Stored: Sized {
    fn read(bytes: &[u8]) -> Vec<Self>;
    fn write(values: Vec<Self>) -> Vec<u8>;
}

macro_rules! stored {
    ($($type:ty),*) => {$(
        impl Stored for $type {
            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|&chunk| Self::from_le_bytes(chunk)).collect()
            }

            fn write(values: Vec<Self>) -> Vec<u8> {
                values.into_iter().flat_map(Self::to_le_bytes).collect()
            }
        }
    )*};
}

stored!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl Stored for bool {
    fn read(bytes: &[u8]) -> Vec<Self> {
        bytes.iter().map(|&byte| byte != 0).collect()
    }

    fn write(values: Vec<Self>) -> Vec<u8> {
        values.into_iter().map(u8::from).collect()
    }
}

impl<T: Stored + Copy> Stored for Complex<T> {
    fn read(bytes: &[u8]) -> Vec<Self> {
        let parts = T::read(bytes);
        parts
            .as_chunks()
            .0
            .iter()
            .map(|&[re, im]| Self::new(re, im))
            .collect()
    }

    fn write(values: Vec<Self>) -> Vec<u8> {
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
        /// The numbers of a file; `None` for a dtype that arrays do not have.
        pub(crate) fn array(dtype: &str, bytes: &[u8], shape: &[usize], layout: &str) -> Option<Array> {
            Some(match dtype {
                $($name => laid_out(<$type>::read(bytes), shape, layout),)*
                _ => return None,
            })
        }

        /// The bytes of an array, and NumPy's name of its dtype.
        fn bytes(array: &Array) -> (Vec<u8>, &'static str) {
            match array.dtype() {
                $(DType::$variant => (<$type>::write(array.to_vec()), $name),)*
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

/// `strided`: every second element of an array. `unaligned`: begins one element behind the start
/// of the memory; arrays of numbers that begin between two addresses of numbers do not exist here.
fn laid_out<T: Copy + Default>(values: Vec<T>, shape: &[usize], layout: &str) -> Array
where
    Array: From<Vec<T>>,
{
    match layout {
        "strided" => {
            let wide: Vec<T> = values
                .into_iter()
                .flat_map(|value| [value, T::default()])
                .collect();
            Array::from(wide).slice(s![..;2])
        }
        "unaligned" => {
            let shifted: Vec<T> = std::iter::once(T::default()).chain(values).collect();
            Array::from(shifted).slice(s![1..])
        }
        _ => Array::from(values).reshape(shape),
    }
}

/// What came of a formula.
pub(crate) enum Outcome {
    /// An array that is computed.
    Array(Array),
    /// A reduction.
    Number(f64),
}

impl From<Array> for Outcome {
    fn from(array: Array) -> Self {
        Self::Array(array.eval())
    }
}

impl<E: std::fmt::Display> From<Result<Array, E>> for Outcome {
    fn from(array: Result<Array, E>) -> Self {
        match array {
            Ok(array) => array.into(),
            Err(error) => panic!("{error}"),
        }
    }
}

impl From<f64> for Outcome {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl Outcome {
    /// Writes it to a file; says dtype and shape in NumPy's words.
    pub(crate) fn save(&self, file: &str) -> io::Result<Value> {
        let (bytes, dtype, shape) = match self {
            Self::Number(number) => (number.to_le_bytes().to_vec(), "float64", Vec::new()),
            Self::Array(array) => {
                let (bytes, dtype) = bytes(array);
                (bytes, dtype, array.shape().to_vec())
            }
        };
        fs::write(file, bytes)?;
        Ok(json!({ "dtype": dtype, "shape": shape }))
    }
}
