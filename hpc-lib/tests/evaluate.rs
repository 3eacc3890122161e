//! Expressions in text, against the results of `NumExpr` and by mistakes that users make.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may fail by a panic.

use std::collections::HashMap;

use hpc::array::{Complex, Operand};
use hpc::evaluate::{Casting, DTypes, Evaluate, Expression, Optimization, Order};
use hpc::prelude::*;
use proptest::prelude::*;
use serde_json::Value;

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        Value::Bool(value) => f64::from(u8::from(*value)),
        value => value.as_f64().unwrap(),
    }
}

fn complex(value: &Value) -> Complex<f64> {
    match value {
        Value::Array(parts) => Complex::new(number(&parts[0]), number(&parts[1])),
        value => number(value).into(),
    }
}

fn dtype(case: &Value) -> DType {
    match case["dtype"].as_str().unwrap() {
        "bool" => DType::Bool,
        "int8" => DType::I8,
        "uint16" => DType::U16,
        "int32" => DType::I32,
        "int64" => DType::I64,
        "float32" => DType::F32,
        "float64" => DType::F64,
        "complex128" => DType::C128,
        other => panic!("{other}"),
    }
}

fn shape(case: &Value) -> Vec<usize> {
    let lengths = case["shape"].as_array().unwrap().iter();
    lengths.map(|n| n.as_u64().unwrap() as usize).collect()
}

fn array(stored: &Value) -> Array {
    let values = stored["values"].as_array().unwrap();
    let array = match dtype(stored) {
        DType::I64 => Array::from(
            values
                .iter()
                .map(|v| v.as_i64().unwrap())
                .collect::<Vec<_>>(),
        ),
        DType::C128 => Array::from(values.iter().map(complex).collect::<Vec<_>>()),
        dtype => Array::from(values.iter().map(number).collect::<Vec<_>>()).astype(dtype),
    };
    array.reshape(shape(stored))
}

/// Equal to 4 units in the last place.
fn is_near(ours: f64, theirs: f64, epsilon: f64) -> bool {
    let is_same = ours == theirs || (ours.is_nan() && theirs.is_nan());
    is_same || (ours - theirs).abs() <= 4.0 * epsilon * theirs.abs().max(f64::MIN_POSITIVE)
}

#[test]
fn results_are_those_of_numexpr() {
    let fixture: Value =
        serde_json::from_str(include_str!("fixtures/numexpr_results.json")).unwrap();
    let arrays: HashMap<&str, Array> = fixture["variables"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, stored)| (name.as_str(), array(stored)))
        .collect();
    let mut variables: Vec<(&str, Operand)> = arrays
        .iter()
        .map(|(name, array)| (*name, array.into()))
        .collect();
    variables.push(("pi", PI.into()));
    let mut wrong = Vec::new();
    let cases = fixture["cases"].as_array().unwrap();
    assert!(cases.len() > 200);
    for case in cases {
        let text = case["expression"].as_str().unwrap();
        let result = Evaluate::new(text)
            .dtypes(DTypes::NumExpr)
            .optimization(Optimization::Aggressive)
            .run(&variables);
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        if result.dtype() != dtype(case) || result.shape() != shape(case) {
            let (dtype, shape) = (result.dtype(), result.shape());
            wrong.push(format!("{text}: {dtype} {shape:?}, not {case}"));
            continue;
        }
        let epsilon = match result.dtype() {
            DType::F32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        };
        let values = result.astype(DType::C128).to_vec::<Complex<f64>>();
        for (ours, theirs) in values.iter().zip(case["values"].as_array().unwrap()) {
            let theirs = complex(theirs);
            // Parts of a complex number are precise relative to the whole of it.
            let epsilon = |part: f64| {
                if theirs.im == 0.0 || part == 0.0 {
                    epsilon
                } else {
                    epsilon * (theirs.norm() / part.abs()).max(1.0)
                }
            };
            let is_equal = is_near(ours.re, theirs.re, epsilon(theirs.re))
                && is_near(ours.im, theirs.im, epsilon(theirs.im));
            if !is_equal {
                wrong.push(format!("{text}: {ours}, not {theirs}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn refusal(text: &str) -> String {
    let (x, mask) = (linspace(0.0, 1.0, 3), linspace(0.0, 1.0, 3).gt(0.5));
    let short = zeros(2);
    evaluate(text, vars! { x, mask, short, index: 3 })
        .expect_err(text)
        .to_string()
}

#[test]
fn mistakes_are_shown_where_they_are() {
    assert_eq!(
        refusal("2 * x + short"),
        "evaluate: add: shapes [3] and [2] do not fit together\n  2 * x + short\n        ^"
    );
    assert_eq!(
        refusal("1 +\n  idnex * x"),
        "evaluate: there is no variable `idnex`; is it `index`?\n    idnex * x\n    ^^^^^"
    );
    for (text, expected) in [
        ("", "but the expression ends"),
        ("x +", "but the expression ends"),
        ("(x", "expected `)`, but the expression ends"),
        ("x y", "expected an operator or the end, not `y`"),
        ("x mask", "expected an operator"),
        ("x and mask", "write `(a) & (b)`"),
        ("mask or mask", "write `(a) | (b)`"),
        ("not mask", "write `~(a)`"),
        ("x if mask else 1", "write `where(condition, a, b)`"),
        ("lambda x", "nothing else"),
        ("x in x", "joined by `|`"),
        ("x < x < x", "not chained"),
        ("x && mask", "write `&`"),
        ("!mask", "write `~`"),
        ("x[0]", "no indexing"),
        ("[x]", "no indexing"),
        ("x = 1", "write `==`"),
        ("x.T", "only attributes"),
        ("x.__class__", "only attributes"),
        ("'text'", "no strings"),
        ("contains(x, x)", "no strings"),
        ("__import__(x)", "there is no function"),
        ("sinh2(x)", "is it `sinh`?"),
        ("sin", "is a function"),
        ("sin(x, x)", "takes 1 argument(s), not 2"),
        ("where(x)", "takes 3 argument(s), not 1"),
        ("x @ x", "multiplied outside"),
        ("12abc", "is no number"),
        ("1e400j * x ? 1", "no part of an expression"),
        ("99999999999999999999", "write it as"),
        ("0xfffffffffffffffffff", "64-bit"),
        ("sum(x, axis=1)", "axis 1 of an array with 1 axes"),
        ("sum(x, axis=x)", "an axis"),
        ("argmax(x, axis=0)", "one position"),
        ("x & 1", "bool and integers"),
        ("-mask", "use `!`"),
        ("max(sqrt(x)*1j)", "no order"),
        ("index ** -mask", "neg"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn no_text_is_too_deep_or_too_long() {
    for deep in ["(", "-", "2**", "sin(", "where(x,"] {
        let text = format!("{}x", deep.repeat(5_000));
        assert!(refusal(&text).contains("levels"), "{deep}");
    }
    assert!(refusal(&"x+".repeat(100_000)).contains("bytes"));
    let x = linspace(0.0, 1.0, 3);
    let many = format!("x{}", "+x".repeat(20_000));
    assert!((evaluate(&many, vars! { x }).unwrap().item(2) - 20_001.0).abs() < 1e-9);
    let long = linspace(0.0, 1.0, 5000);
    let many = format!("x{}", "+x".repeat(3_000));
    assert_eq!(
        evaluate(&many, vars! { x: long }).unwrap().item(4999),
        3001.0
    );
}

#[test]
fn numbers_yield_to_arrays() {
    let (f, small) = (Array::from([0.5_f32, 1.5]), Array::from([1_i8, 2]));
    let dtype = |text| {
        evaluate(text, vars! { f, small, two: 2.0 })
            .unwrap()
            .dtype()
    };
    assert_eq!(dtype("2.5 * f"), DType::F32);
    assert_eq!(dtype("2*pi*f"), DType::F32);
    assert_eq!(dtype("two * f ** 2"), DType::F32);
    assert_eq!(dtype("small + 1"), DType::I8);
    assert_eq!(dtype("small / 2"), DType::F64);
    assert_eq!(dtype("f - mean(f)"), DType::F32);
    assert_eq!(dtype("1 + 2"), DType::I64);
    assert_eq!(dtype("2 ** -1"), DType::F64);
    assert_eq!(dtype("complex(f, f)"), DType::C64);
    assert_eq!(dtype("abs(complex(f, 1))"), DType::F32);
}

#[test]
fn reductions_stand_anywhere() {
    let a = arange(0, 6, 1).reshape([2, 3]);
    let run = |text| evaluate(text, vars! { a }).unwrap();
    assert_eq!(run("sum(a) + 1").sum_i64(), 16);
    assert_eq!(
        run("a - min(a, axis=1, keepdims=True)").to_vec::<i64>(),
        [0, 1, 2, 0, 1, 2]
    );
    assert_eq!(run("sum(a * (a == max(a, axis=0)))").to_vec::<i64>(), [12]);
    assert_eq!(run("std(a) ** 2 - var(a)").shape(), [0; 0]);
    assert_eq!(run("any(a > 4, 0)").to_vec::<bool>(), [false, false, true]);
    assert_eq!(
        run("all(a > -1) & (count(a) == 5)").to_vec::<bool>(),
        [true]
    );
    assert_eq!(run("10 * argmax(a) + argmin(-a)").to_vec::<i64>(), [55]);
    assert_eq!(run("mean(a, axis=(0, 1))").to_vec::<f64>(), [2.5]);
    assert_eq!(run("sum(a, axis=None)").to_vec::<i64>(), [15]);
    assert_eq!(run("sum(7)").to_vec::<i64>(), [7]);
}

#[test]
fn results_go_where_they_are_wanted() {
    let x = arange(0, 6, 1).reshape([2, 3]);
    let mut out = zeros([2, 3]);
    Evaluate::new("x / 2")
        .out(&mut out)
        .run(vars! { x })
        .unwrap();
    assert_eq!(out.item([1, 2]), 2.5);
    let mut whole = x.clone();
    let refused = Evaluate::new("x / 2").out(&mut whole).run(vars! { x });
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("SameKind casting")
    );
    let forced = Evaluate::new("x / 2").casting(Casting::Unsafe);
    forced.out(&mut whole).run(vars! { x }).unwrap();
    assert_eq!(whole.to_vec::<i64>(), [0, 0, 1, 1, 2, 2]);
    let mut short = zeros(3);
    let refused = Evaluate::new("x / 2").out(&mut short).run(vars! { x });
    assert!(refused.unwrap_err().to_string().contains("[2, 3] and [3]"));
}

#[test]
fn orders_and_divisions() {
    let x = arange(0, 6, 1).reshape([2, 3]);
    for order in [Order::C, Order::F, Order::A, Order::K] {
        let y = Evaluate::new("x + 1")
            .order(order)
            .run(vars! { x: x.t() })
            .unwrap();
        assert_eq!(y.to_vec::<i64>(), [1, 4, 2, 5, 3, 6], "{order:?}");
    }
    let divided = Evaluate::new("(x - 3) / 2").truediv(false);
    assert_eq!(
        divided.run(vars! { x }).unwrap().to_vec::<i64>(),
        [-1, -1, 0, 0, 0, 1]
    );
}

#[test]
fn a_parsed_expression_serves_again() {
    let twice = Expression::parse("2 * x").unwrap();
    for n in 1..4 {
        let x = ones(n);
        assert_eq!(twice.run(vars! { x }).unwrap().sum(), 2.0 * n as f64);
    }
    assert!(twice.run(vars! { y: 1 }).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[x-z0-9 +*/%~&|^<>=!().,ej-]{0,40}") {
        let (x, y, z) = (linspace(0.0, 1.0, 3), arange(0, 3, 1), linspace(0.0, 1.0, 3).gt(0.5));
        let _ = evaluate(&text, vars! { x, y, z });
    }

    #[test]
    fn no_words_make_it_panic(words in proptest::collection::vec(prop_oneof![
        Just("x"), Just("y"), Just("z"), Just("2"), Just("-1"), Just("0.5"), Just("1j"), Just("+"),
        Just("**"), Just("//"), Just("<<"), Just("("), Just(")"), Just(","), Just("sin("),
        Just("where("), Just("sum("), Just("axis=0"), Just(".real"), Just("~"), Just("=="), Just("é"),
        Just("complex("), Just("pow("), Just("9223372036854775807"), Just("True"), Just("var("),
    ], 0..12)) {
        let (x, y, z) = (linspace(0.0, 1.0, 3), arange(0, 3, 1), linspace(0.0, 1.0, 3).gt(0.5));
        for text in [words.concat(), words.join(" ")] {
            let _ = evaluate(&text, vars! { x, y, z });
        }
    }

    #[test]
    fn a_formula_is_what_operators_give(a in -10.0..10.0, b in 1.0..10.0) {
        let x = linspace(a, a + b, 17);
        let text = format!("({a} + x) * sin(x) / {b} - x ** 2");
        let ours = evaluate(&text, vars! { x }).unwrap();
        let operators: Array = (a + &x) * x.sin() / b - x.powi(2);
        prop_assert_eq!(ours.to_vec::<f64>(), operators.to_vec::<f64>());
    }
}
