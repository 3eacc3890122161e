//! Runs the steps of an expression: each operation becomes a node, as operators on arrays make them.

use std::sync::Arc;

use num_complex::Complex;

use super::function::{Function, Least, Reduce, Routine};
use super::parse::{Action, Program, Step, constant, suggestion};
use super::token::mistake;
use super::{DTypes, Optimization};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Kind, Scalar, with_type};
use crate::array::element::Typed;
use crate::array::layout::{Layout, broadcast_shape};
use crate::array::{Array, Axes, Operand};
use crate::error::Error;
use crate::expr::{self, Input, Node, Reduction};
use crate::simd::{Binary, Part, Unary};

/// How an expression is to be understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) dtypes: DTypes,
    pub(super) optimization: Optimization,
    pub(super) truediv: bool,
}

/// An array, or a number that yields to the dtype of an array it meets.
#[derive(Clone)]
enum Value {
    Array(Array),
    Number(Scalar),
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

/// The result of a program, which may still wait to be computed.
pub(super) fn run(
    program: &Program,
    variables: &[(&str, Operand)],
    rules: Rules,
) -> Result<Array, Error> {
    let run = Run { rules };
    let known = program
        .names
        .iter()
        .map(|name| run.variable(program, name, variables))
        .collect::<Result<Vec<Value>, Error>>()?;
    let mut stack = Stack(Vec::new());
    for step in &program.steps {
        let value = match step.action {
            Action::Variable(index) => known[index].clone(),
            _ => run
                .step(&step.action, &mut stack)
                .map_err(|error| placed(program, step, error))?,
        };
        stack.0.push(value);
    }
    run.array(stack.take())
}

/// An error in the data with the operation that it is about.
fn placed(program: &Program, step: &Step, error: Error) -> Error {
    match error {
        Error::Memory { .. } => error,
        error => mistake(&program.text, step.place.clone(), error.to_string()),
    }
}

struct Stack(Vec<Value>);

impl Stack {
    fn take(&mut self) -> Value {
        match self.0.pop() {
            Some(value) => value,
            None => unreachable!("the parser counts operands"),
        }
    }

    fn take_two(&mut self) -> (Value, Value) {
        let second = self.take();
        (self.take(), second)
    }
}

/// An array without axes.
fn point(number: Scalar, dtype: DType) -> Result<Arc<Node>, Error> {
    let number = with_type!(dtype, T => T::of_scalar(number).to_scalar());
    Dense::filled("evaluate", &[], dtype, number).map(Node::of)
}

struct Run {
    rules: Rules,
}

impl Run {
    fn strict(&self) -> bool {
        self.rules.dtypes == DTypes::NumExpr
    }

    fn variable(
        &self,
        program: &Program,
        name: &str,
        variables: &[(&str, Operand)],
    ) -> Result<Value, Error> {
        let given = variables.iter().find(|(known, _)| *known == name);
        match given {
            Some((_, Operand(Input::Node(node)))) => {
                let array = Array { node: node.clone() };
                if self.strict() {
                    let dtype = numexpr_dtype(array.dtype());
                    return cast(&array, dtype).map(Value::Array);
                }
                Ok(Value::Array(array))
            }
            // Only numbers that are written in the expression are of the least dtype.
            Some((_, Operand(Input::Scalar(number)))) if self.strict() => {
                let node = point(*number, numexpr_dtype(number.dtype()))?;
                Ok(Value::Array(Array { node: node.into() }))
            }
            Some((_, Operand(Input::Scalar(number)))) => Ok(Value::Number(*number)),
            None => {
                constant(name).map(Value::Number).ok_or_else(|| {
                    let is_it = |step: &&Step| {
                        matches!(step.action, Action::Variable(at) if program.names[at] == name)
                    };
                    let place = program.steps.iter().find(is_it);
                    let place = place.map_or(0..0, |step| step.place.clone());
                    let near = suggestion(name, variables.iter().map(|(known, _)| *known));
                    let message = match Function::find(name) {
                        Some(_) => format!("`{name}` is a function: write `{name}(…)`"),
                        None => format!("there is no variable `{name}`{near}"),
                    };
                    mistake(&program.text, place, message)
                })
            }
        }
    }

    fn dtype(&self, value: &Value) -> DType {
        match value {
            Value::Array(array) => array.dtype(),
            Value::Number(Scalar::Int(number))
                if self.strict() && i32::try_from(*number).is_ok() =>
            {
                DType::I32
            }
            Value::Number(Scalar::Uint(_)) if self.strict() => DType::I64,
            Value::Number(number) => number.dtype(),
        }
    }

    /// A value as an array, a number as one without axes.
    fn array(&self, value: Value) -> Result<Array, Error> {
        let dtype = self.dtype(&value);
        match value {
            Value::Array(array) => Ok(array),
            Value::Number(number) => Ok(Array {
                node: point(number, dtype)?.into(),
            }),
        }
    }

    /// The dtype in which values meet under `NumExpr`'s rules.
    fn common(&self, values: &[&Value]) -> DType {
        let dtypes = values.iter().map(|value| self.dtype(value));
        dtypes.max().unwrap_or(DType::Bool)
    }

    /// Brings a value to a dtype; numbers keep yielding.
    fn bring(value: Value, dtype: DType) -> Result<Value, Error> {
        match value {
            Value::Array(array) => cast(&array, dtype).map(Value::Array),
            Value::Number(number) => Ok(Value::Number(
                with_type!(dtype, T => T::of_scalar(number).to_scalar()),
            )),
        }
    }

    /// Brings operands to the dtype that `NumExpr` gives to them, at least `least`.
    fn meet<const N: usize>(&self, values: [Value; N], least: DType) -> Result<[Value; N], Error> {
        if !self.strict() {
            return Ok(values);
        }
        let dtype = self.common(&values.each_ref()).max(least);
        let mut met = Vec::with_capacity(N);
        for value in values {
            met.push(Self::bring(value, dtype)?);
        }
        met.try_into()
            .map_err(|_| Error::argument("evaluate", "operands were lost"))
    }

    fn step(&self, action: &Action, stack: &mut Stack) -> Result<Value, Error> {
        match action {
            Action::Number(number) => Ok(Value::Number(*number)),
            Action::Variable(_) => unreachable!("variables are known"),
            Action::Plus => Ok(stack.take()),
            Action::Negate => self.unary("neg", Unary::Neg, stack.take()),
            Action::Invert => self.unary("not", Unary::Not, stack.take()),
            Action::Binary(op) => {
                let (a, b) = stack.take_two();
                self.binary(*op, a, b)
            }
            Action::Divide => {
                let (a, b) = stack.take_two();
                self.divide(a, b)
            }
            Action::Power => {
                let (a, b) = stack.take_two();
                self.power(a, b)
            }
            Action::Compare(op) => {
                let (a, b) = stack.take_two();
                let [a, b] = self.meet([a, b], DType::Bool)?;
                joined([a, b], |[a, b]| Node::compare("compare", *op, a, b))
            }
            Action::Call(function) => self.call(function, stack),
            Action::Reduce(function, axes, keep) => {
                let value = stack.take();
                self.reduce(function, value, axes.as_deref(), *keep)
            }
        }
    }

    fn unary(&self, routine: &'static str, op: Unary, value: Value) -> Result<Value, Error> {
        let [value] = self.meet([value], DType::Bool)?;
        single(value, |node| Node::unary(routine, op, node))
    }

    fn binary(&self, op: Binary, a: Value, b: Value) -> Result<Value, Error> {
        let [a, b] = self.meet([a, b], DType::Bool)?;
        let routine = match op {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::FloorDiv => "floor_div",
            Binary::Rem => "rem",
            Binary::And => "and",
            Binary::Or => "or",
            Binary::Xor => "xor",
            Binary::Shl => "shl",
            _ => "shr",
        };
        joined([a, b], |[a, b]| Node::binary(routine, op, a, b))
    }

    fn divide(&self, a: Value, b: Value) -> Result<Value, Error> {
        let [a, b] = self.meet([a, b], DType::Bool)?;
        let is_whole = |value: &Value| self.dtype(value).kind() < Kind::Float;
        if self.rules.truediv || !is_whole(&a) || !is_whole(&b) {
            return joined([a, b], |[a, b]| Node::binary("div", Binary::Div, a, b));
        }
        // Towards zero, as in C: what is left is taken away before.
        let left = joined([a.clone(), b.clone()], |[a, b]| {
            Node::binary("div", Binary::Fmod, a, b)
        })?;
        let whole = joined([a, left], |[a, b]| Node::binary("div", Binary::Sub, a, b))?;
        joined([whole, b], |[a, b]| {
            Node::binary("div", Binary::FloorDiv, a, b)
        })
    }

    fn power(&self, base: Value, exponent: Value) -> Result<Value, Error> {
        let whole_base = self.dtype(&base).kind() < Kind::Float;
        if let (Value::Number(_), Value::Number(Scalar::Int(..0)), true) =
            (&base, &exponent, whole_base)
        {
            let base = Self::bring(base, DType::F64)?;
            return joined([base, exponent], |[a, b]| {
                Node::binary("pow", Binary::Pow, a, b)
            });
        }
        if whole_base && self.dtype(&exponent).is_integer() && least_of(&exponent)? < 0 {
            let message = "a negative power of integers is no integer: make one of them a float";
            return Err(Error::argument("pow", message));
        }
        if let Some(power) = self.simple_power(&base, &exponent)? {
            return Ok(power);
        }
        let [base, exponent] = self.meet([base, exponent], DType::Bool)?;
        joined([base, exponent], |[a, b]| {
            Node::binary("pow", Binary::Pow, a, b)
        })
    }

    /// A power that is done without the power function.
    fn simple_power(&self, base: &Value, exponent: &Value) -> Result<Option<Value>, Error> {
        let (Value::Array(array), Value::Number(number)) = (base, exponent) else {
            return Ok(None);
        };
        if self.rules.optimization == Optimization::None || number.dtype().is_complex() {
            return Ok(None);
        }
        let exponent = number.to_f64();
        let most = match self.rules.optimization {
            Optimization::Aggressive => 50.0,
            _ => 2.0,
        };
        let (steps, rest) = (exponent.abs().trunc(), exponent.abs().fract());
        let has_root = rest == 0.5 && (most > 2.0 || exponent == 0.5);
        if exponent.abs() > most || (rest != 0.0 && !has_root) || (exponent < -1.0 && most <= 2.0) {
            return Ok(None);
        }
        // A number that is no integer makes floats of integers, also where its value is whole.
        let array = if number.dtype().kind() == Kind::Float {
            cast(array, array.dtype().inexact())?
        } else {
            array.clone()
        };
        let node = &*array.node;
        let mut power = Node::unary("pow", Unary::Power(steps as u32), node)?;
        if has_root {
            let root = Node::unary("pow", Unary::Sqrt, node)?;
            power = match steps {
                0.0 => root,
                _ => Node::binary(
                    "pow",
                    Binary::Mul,
                    Input::Node(power.into()),
                    Input::Node(root.into()),
                )?,
            };
        }
        if exponent < 0.0 {
            power = Node::unary("pow", Unary::Reciprocal, &power)?;
        }
        Ok(Some(Value::Array(Array { node: power.into() })))
    }

    fn call(&self, function: &'static Function, stack: &mut Stack) -> Result<Value, Error> {
        let name = function.name;
        match function.routine.arguments() {
            1 => {
                let [a] = self.arguments(function, [stack.take()])?;
                self.call_one(function, a)
            }
            2 => {
                let (a, b) = stack.take_two();
                if function.routine == Routine::Power {
                    return self.power(a, b);
                }
                let [a, b] = self.arguments(function, [a, b])?;
                match function.routine {
                    Routine::Binary(op) => joined([a, b], |[a, b]| Node::binary(name, op, a, b)),
                    _ => complex(a, b),
                }
            }
            _ => {
                let c = stack.take();
                let (a, b) = stack.take_two();
                if function.routine == Routine::Clip {
                    let [a, b, c] = self.meet([a, b, c], DType::Bool)?;
                    let low = joined([a, b], |[a, b]| Node::binary(name, Binary::Maximum, a, b))?;
                    return joined([low, c], |[a, b]| Node::binary(name, Binary::Minimum, a, b));
                }
                let [b, c] = self.meet([b, c], DType::Bool)?;
                // `NumExpr` chooses between two numbers as between arrays.
                let numbers = matches!((&b, &c), (Value::Number(_), Value::Number(_)));
                let [b, c] = if self.strict() && numbers && !matches!(a, Value::Number(_)) {
                    [self.array(b)?.into(), self.array(c)?.into()]
                } else {
                    [b, c]
                };
                joined([a, b, c], |[a, b, c]| Node::select(name, a, b, c))
            }
        }
    }

    /// Arguments in the dtype that `NumExpr` gives to them.
    fn arguments<const N: usize>(
        &self,
        function: &Function,
        values: [Value; N],
    ) -> Result<[Value; N], Error> {
        if !self.strict() {
            return Ok(values);
        }
        let is_whole = self.common(&values.each_ref()).is_integer();
        let least = match function.least {
            Least::AsIs => DType::Bool,
            Least::Real(DType::C128) => DType::C128,
            Least::Real(_) if is_whole => DType::F64,
            Least::Real(dtype) => dtype,
            Least::Integer if is_whole => DType::Bool,
            Least::Integer => DType::F64,
        };
        self.meet(values, least)
    }

    fn call_one(&self, function: &Function, value: Value) -> Result<Value, Error> {
        let name = function.name;
        let is_complex = self.dtype(&value).is_complex();
        single(value, |node| match function.routine {
            Routine::Unary(op) => Node::unary(name, op, node),
            Routine::Test(op) => Node::test(name, op, node),
            Routine::Part(op) => Node::part(op, node),
            Routine::Abs if is_complex => {
                let length = Node::part(Part::Abs, node)?;
                // `NumExpr` has no function that changes a dtype.
                if self.strict() {
                    return Node::cast(&length, DType::C128);
                }
                Ok(length)
            }
            Routine::Abs => Node::unary(name, Unary::Abs, node),
            Routine::Conj => Node::unary(name, Unary::Conj, node),
            Routine::OnesLike => {
                Dense::filled(name, &node.shape, node.dtype, Scalar::Int(1)).map(Node::of)
            }
            // A copy: the others are calls with more arguments, or reductions.
            _ => Ok(Arc::clone(node)),
        })
    }

    fn reduce(
        &self,
        function: &Function,
        value: Value,
        axes: Option<&[isize]>,
        keep: bool,
    ) -> Result<Value, Error> {
        let Routine::Reduce(reduce) = function.routine else {
            unreachable!("the parser makes reductions of reductions only");
        };
        let array = self.array(value)?;
        let all: Vec<isize> = (0..array.ndim() as isize).collect();
        let mut over = Axes::along(axes.unwrap_or(&all));
        if keep {
            over = over.keep();
        }
        let dtype = array.dtype();
        let gone = over.resolve(function.name, array.ndim())?;
        let is_extreme = matches!(reduce, Reduce::Min | Reduce::Max | Reduce::Position(_));
        if is_extreme && dtype.is_complex() {
            return Err(Error::argument(
                function.name,
                "complex numbers have no order",
            ));
        }
        if is_extreme && gone.iter().any(|&axis| array.shape()[axis] == 0) {
            let shape = array.shape();
            let message = format!("the array is empty (shape {shape:?})");
            return Err(Error::argument(function.name, message));
        }
        let result = match reduce {
            Reduce::Sum if axes.is_none() && !keep && !array.is_empty() => {
                total(&array, Reduction::Sum)?
            }
            Reduce::Sum => array.sum_axis(over),
            Reduce::Product => array.prod_axis(over),
            Reduce::Min => array.min_axis(over),
            Reduce::Max => array.max_axis(over),
            Reduce::Mean => array.mean_axis(over),
            Reduce::Var => array.var_axis(over),
            Reduce::Std => array.std_axis(over),
            Reduce::Any => array.any_axis(over),
            Reduce::All => array.all_axis(over),
            Reduce::Count => array.count_nonzero_axis(over),
            Reduce::Position(_) if axes.is_some() || keep => {
                let message = "it gives one position, that among all elements in row-major order";
                return Err(Error::argument(function.name, message));
            }
            Reduce::Position(extreme) => {
                let position = expr::position(&array.node, extreme)?.unwrap_or(0);
                let node = point(Scalar::Int(position as i64), DType::I64)?;
                Array { node: node.into() }
            }
        };
        // `NumExpr` adds and multiplies in the dtype of the elements.
        let keeps = matches!(reduce, Reduce::Sum | Reduce::Product) && dtype != DType::Bool;
        if self.strict() && keeps {
            return cast(&result, dtype).map(Value::Array);
        }
        Ok(Value::Array(result))
    }
}

/// A reduction of all elements, as an array without axes.
fn total(array: &Array, reduction: Reduction) -> Result<Array, Error> {
    use crate::simd::Total;
    let dtype = array.dtype();
    let (number, dtype) = match expr::reduce(&array.node, reduction)? {
        Total::Float(sum) => (Scalar::Float(sum), dtype),
        Total::Complex(sum) => (Scalar::Complex(sum), dtype),
        // Sums of integers wrap around, as those along axes do.
        Total::Int(sum) if dtype.is_unsigned() => (Scalar::Uint(sum as u64), DType::U64),
        Total::Int(sum) => (Scalar::Int(sum as i64), DType::I64),
    };
    let node = point(number, dtype)?;
    Ok(Array { node: node.into() })
}

/// The least value of integers, as far as it may be below 0.
fn least_of(value: &Value) -> Result<i64, Error> {
    match value {
        Value::Number(number) => Ok(number.to_i64()),
        Value::Array(array) if array.dtype().is_unsigned() || array.is_empty() => Ok(0),
        Value::Array(array) => {
            expr::reduce(&array.node, Reduction::Min).map(|least| least.to_f64() as i64)
        }
    }
}

fn cast(array: &Array, dtype: DType) -> Result<Array, Error> {
    Ok(Array {
        node: Node::cast(&array.node, dtype)?.into(),
    })
}

/// A function of one value; that of a number is a number.
fn single(
    value: Value,
    function: impl FnOnce(&Arc<Node>) -> Result<Arc<Node>, Error>,
) -> Result<Value, Error> {
    match value {
        Value::Array(array) => {
            let node = function(&array.node)?.into();
            Ok(Value::Array(Array { node }))
        }
        Value::Number(number) => number_of(&function(&point(number, number.dtype())?)?),
    }
}

/// A function of some values; that of numbers only is a number.
fn joined<const N: usize>(
    values: [Value; N],
    function: impl FnOnce([Input; N]) -> Result<Arc<Node>, Error>,
) -> Result<Value, Error> {
    let is_number = values.iter().all(|value| matches!(value, Value::Number(_)));
    let inputs = values.map(|value| match value {
        Value::Array(array) => Input::Node(array.node),
        Value::Number(number) => Input::Scalar(number),
    });
    let node = function(inputs)?;
    if is_number {
        return number_of(&node);
    }
    Ok(Value::Array(Array { node: node.into() }))
}

fn number_of(node: &Arc<Node>) -> Result<Value, Error> {
    let dense = expr::evaluate(node)?;
    Ok(Value::Number(dense.at(dense.layout.offset)))
}

/// Complex numbers from their parts, computed now.
fn complex(re: Value, im: Value) -> Result<Value, Error> {
    let is_number = matches!((&re, &im), (Value::Number(_), Value::Number(_)));
    let array = |value: Value| match value {
        Value::Array(array) => Ok(array),
        Value::Number(number) => point(number, DType::F64).map(|node| Array { node: node.into() }),
    };
    let (re_is_number, im_is_number) = (
        matches!(re, Value::Number(_)),
        matches!(im, Value::Number(_)),
    );
    let (re, im) = (array(re)?, array(im)?);
    if re.dtype().is_complex() || im.dtype().is_complex() {
        return Err(Error::argument("complex", "the parts are real numbers"));
    }
    let is_single = |array: &Array, is_number| is_number || array.dtype() == DType::F32;
    let single = !is_number && is_single(&re, re_is_number) && is_single(&im, im_is_number);
    let shape = broadcast_shape("complex", re.shape(), im.shape())?;
    let part = |array: &Array| -> Result<Dense, Error> {
        let dense = expr::evaluate(&Node::cast(&array.node, DType::F64)?)?;
        let layout = dense
            .layout
            .broadcast(&shape)
            .unwrap_or_else(|| Layout::contiguous(&shape));
        let storage = dense.storage;
        Dense { storage, layout }.to_contiguous("complex")
    };
    let (re, im) = (part(&re)?, part(&im)?);
    let dense = Dense::build("complex", &shape, &mut |target: &mut [Complex<f64>]| {
        let parts = f64::slice(re.slice()).iter().zip(f64::slice(im.slice()));
        for (target, (&re, &im)) in target.iter_mut().zip(parts) {
            *target = Complex::new(re, im);
        }
    })?;
    if is_number {
        return Ok(Value::Number(dense.at(0)));
    }
    let array = Array::of(dense);
    cast(&array, if single { DType::C64 } else { DType::C128 }).map(Value::Array)
}

/// The dtype in which `NumExpr` computes with one.
pub(super) fn numexpr_dtype(dtype: DType) -> DType {
    match dtype {
        DType::I8 | DType::I16 | DType::U8 | DType::U16 => DType::I32,
        DType::U32 | DType::U64 => DType::I64,
        DType::C64 => DType::C128,
        other => other,
    }
}
