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

    /// 0, 1, 2, … at each call: for a formula that is never the same.
    pub(crate) fn turn(&self) -> usize {
        self.turn.replace(self.turn.get() + 1)
    }
}

fn slot(name: &str) -> usize {
    usize::from(name.as_bytes()[0] - b'a')
}

/// The numbers of a file; `None` for a dtype that arrays do not have.
pub(crate) fn array(dtype: &str, bytes: &[u8], shape: &[usize], layout: &str) -> Option<Array> {
    Some(match dtype {
        "bool" => laid_out(bytes.iter().map(|&byte| byte != 0), shape, layout),
        "int64" => laid_out(words(bytes).map(i64::from_le_bytes), shape, layout),
        "float64" => laid_out(words(bytes).map(f64::from_le_bytes), shape, layout),
        _ => return None,
    })
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

/// `strided`: every second element of an array. `unaligned`: begins one element behind the start
/// of the memory; arrays of numbers that begin between two addresses of numbers do not exist here.
fn laid_out<T: Copy + Default>(
    values: impl Iterator<Item = T>,
    shape: &[usize],
    layout: &str,
) -> Array
where
    Array: From<Vec<T>>,
{
    match layout {
        "strided" => {
            let wide: Vec<T> = values.flat_map(|value| [value, T::default()]).collect();
            Array::from(wide).slice(s![..;2])
        }
        "unaligned" => {
            let shifted: Vec<T> = std::iter::once(T::default()).chain(values).collect();
            Array::from(shifted).slice(s![1..])
        }
        _ => Array::from(values.collect::<Vec<T>>()).reshape(shape),
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
                let (bytes, dtype) = match array.dtype() {
                    DType::Bool => (
                        array.to_vec::<bool>().into_iter().map(u8::from).collect(),
                        "bool",
                    ),
                    DType::I64 => (
                        array
                            .to_vec::<i64>()
                            .into_iter()
                            .flat_map(i64::to_le_bytes)
                            .collect(),
                        "int64",
                    ),
                    DType::F64 => (
                        array
                            .to_vec::<f64>()
                            .into_iter()
                            .flat_map(f64::to_le_bytes)
                            .collect(),
                        "float64",
                    ),
                };
                (bytes, dtype, array.shape().to_vec())
            }
        };
        let bytes: Vec<u8> = bytes;
        fs::write(file, bytes)?;
        Ok(json!({ "dtype": dtype, "shape": shape }))
    }
}
