//! Reads the files that `generate/generate.py` writes. README.md describes their form.

#![allow(clippy::unwrap_used)] // A file that is not as README.md says must end the test.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

/// The elements of an array, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements {
    /// 0 and 1.
    Bools(Vec<bool>),
    /// Of any width: the widest are i64 and u64.
    Integers(Vec<i128>),
    /// f32 as the f64 of the same value; complex numbers as pairs.
    Floats(Vec<f64>),
}

/// An array as NumPy has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numbers {
    /// NumPy's name: `float64`.
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) elements: Elements,
}

/// An argument, a parameter or a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    /// A number of the language Python, which has no dtype of its own.
    Bool(bool),
    Integer(i128),
    Float(f64),
    Complex(f64, f64),
    /// A name, of a dtype or a mode; `...` in an index.
    Text(String),
    Bytes(Vec<u8>),
    Slice([Option<i64>; 3]),
    List(Vec<Value>),
    Array(Numbers),
}

/// What a routine gave.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    Value(Value),
    /// The name of the class of Python's exception.
    Error(String),
}

/// How far a result may be from the expected one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Not at all; NaN is NaN.
    Exact,
    /// Units in the last place of each element.
    Ulp(f64),
    /// `atol + rtol × the largest magnitude`.
    Near { rtol: f64, atol: f64 },
}

/// A call and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) routine: String,
    pub(crate) args: Vec<Value>,
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) expected: Expected,
    pub(crate) rule: Rule,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.routine)?;
        for (at, value) in self.args.iter().enumerate() {
            write!(f, "{}{value}", if at > 0 { ", " } else { "" })?;
        }
        for (name, value) in &self.parameters {
            write!(f, ", {name}={value}")?;
        }
        write!(f, ")")
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(numbers) => write!(f, "{} {:?}", numbers.dtype, numbers.shape),
            other => write!(f, "{other:?}"),
        }
    }
}

fn folder() -> PathBuf {
    // Of the checkout that the tests run in, which need not be the one they were compiled in.
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/numpy/fixtures")
}

/// The names of the files, without their endings.
pub(crate) fn families() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            Some(
                entry
                    .unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(".json")?
                    .to_owned(),
            )
        })
        .collect();
    names.sort();
    names
}

/// The cases of a file.
pub(crate) fn family(name: &str) -> Vec<Case> {
    let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let shared: Vec<Numbers> = list(&file["arrays"]).iter().map(numbers).collect();
    list(&file["cases"])
        .iter()
        .map(|json| case(json, &shared))
        .collect()
}

fn case(json: &Json, shared: &[Numbers]) -> Case {
    let parameters = json.get("parameters").and_then(Json::as_object);
    let parameters = parameters.into_iter().flatten();
    Case {
        routine: json["routine"].as_str().unwrap().to_owned(),
        args: list(&json["args"])
            .iter()
            .map(|json| value(json, shared))
            .collect(),
        parameters: parameters
            .map(|(name, json)| (name.clone(), value(json, shared)))
            .collect(),
        expected: match json.get("error") {
            Some(error) => Expected::Error(error.as_str().unwrap().to_owned()),
            None => Expected::Value(value(&json["result"], shared)),
        },
        rule: match json.get("compare") {
            None => Rule::Exact,
            Some(rule) => match rule.get("ulp") {
                Some(ulp) => Rule::Ulp(float(ulp)),
                None => Rule::Near {
                    rtol: float(&rule["rtol"]),
                    atol: float(&rule["atol"]),
                },
            },
        },
    }
}

fn value(json: &Json, shared: &[Numbers]) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) if number.is_f64() => Value::Float(float(json)),
        Json::Number(_) => Value::Integer(integer(json)),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) => panic!("a bare list: {json}"),
        Json::Object(object) => {
            let (kind, inner) = object.iter().next().unwrap();
            match kind.as_str() {
                "float" => Value::Float(float(inner)),
                "complex" => Value::Complex(float(&inner[0]), float(&inner[1])),
                "bytes" => Value::Bytes(bytes(inner.as_str().unwrap())),
                "slice" => Value::Slice([0, 1, 2].map(|at| inner[at].as_i64())),
                "list" => Value::List(list(inner).iter().map(|json| value(json, shared)).collect()),
                "array" => Value::Array(shared[inner.as_u64().unwrap() as usize].clone()),
                "dtype" => Value::Array(numbers(json)),
                other => panic!("no value of the kind {other:?}"),
            }
        }
    }
}

fn numbers(json: &Json) -> Numbers {
    let dtype = json["dtype"].as_str().unwrap().to_owned();
    let data = list(&json["data"]);
    let elements = if dtype == "bool" {
        Elements::Bools(data.iter().map(|json| integer(json) != 0).collect())
    } else if dtype.contains("int") {
        Elements::Integers(data.iter().map(integer).collect())
    } else {
        Elements::Floats(data.iter().map(float).collect())
    };
    Numbers {
        dtype,
        shape: list(&json["shape"])
            .iter()
            .map(|json| json.as_u64().unwrap() as usize)
            .collect(),
        elements,
    }
}

fn list(json: &Json) -> &[Json] {
    json.as_array().unwrap()
}

fn integer(json: &Json) -> i128 {
    let signed = json.as_i64().map(i128::from);
    signed.or(json.as_u64().map(i128::from)).unwrap()
}

fn float(json: &Json) -> f64 {
    match json.as_str() {
        Some(word) => word.parse().unwrap(),
        None => json.as_f64().unwrap(),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
