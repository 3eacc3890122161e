//! From a graph of nodes to a program: one pass over blocks of all operands.

use std::sync::Arc;

use super::execute::execute_scalar;
use super::few::Few;
use super::graph::{Expr, Input, Node};
use super::op::{Meeting, Op};
use super::run::evaluate;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Kind, Scalar, with_type};
use crate::array::element::Typed;
use crate::array::layout::Dims;
use crate::error::Error;
use crate::simd::{Binary, Unary};

/// Where an operand of an instruction is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Leaf(usize),
    /// A block that is written anew for each block of the data.
    Register(usize),
    Output(usize),
    Scalar(Scalar),
}

#[derive(Debug)]
pub(crate) struct Instruction {
    pub(crate) op: Op,
    /// Operations with fewer operands have the first one again.
    pub(crate) operands: [Place; Op::MOST],
    pub(crate) target: Place,
}

/// A pass over the data.
pub(crate) struct Program {
    pub(crate) shape: Dims,
    pub(crate) leaves: Vec<Dense>,
    pub(crate) code: Vec<Instruction>,
    /// Nodes whose values are stored.
    pub(crate) outputs: Vec<Arc<Node>>,
    /// The dtype of each register.
    pub(crate) registers: Vec<DType>,
    /// Where the values of the root are, for a reduction.
    pub(crate) root: Place,
    /// What they are still to be multiplied by, if a sum of products was asked for.
    pub(crate) factor: Option<Place>,
}

impl Place {
    fn is_one(&self) -> bool {
        *self == Self::Scalar(Scalar::Float(1.0))
    }
}

impl Program {
    /// Bytes that a pass reads and writes, and floating-point operations that it does. Each operation
    /// and function counts as one for an element, of complex numbers as two; copies, casts and
    /// comparisons as none.
    pub(crate) fn work(&self) -> (u64, u64) {
        let len = self.shape.iter().product::<usize>() as u64;
        let read = self.leaves.iter().map(Dense::bytes);
        let written = self.outputs.iter().map(|node| node.dtype.size() as u64);
        let operations = self
            .code
            .iter()
            .filter(|step| !matches!(step.op, Op::Gather(_) | Op::Copy | Op::Cast(_)));
        let flops = operations.map(|step| {
            let products = match step.op {
                Op::Products(_) => step
                    .operands
                    .chunks(2)
                    .filter(|pair| !pair[1].is_one())
                    .count(),
                _ => 0,
            };
            products as u64
                + match self.dtype_at(step.target).kind() {
                    Kind::Complex => 2,
                    Kind::Float => 1,
                    Kind::Bool | Kind::Integer => 0,
                }
        });
        let bytes = read.sum::<u64>() + len * written.sum::<u64>();
        let last = u64::from(self.factor.is_some());
        (bytes, len * (flops.sum::<u64>() + last))
    }

    /// The dtype of what an instruction writes.
    fn dtype_at(&self, target: Place) -> DType {
        match target {
            Place::Output(output) => self.outputs[output].dtype,
            Place::Register(register) => self.registers[register],
            Place::Leaf(leaf) => self.leaves[leaf].dtype(),
            Place::Scalar(scalar) => scalar.dtype(),
        }
    }

    /// Whether an output is an operand too.
    pub(super) fn reads_output(&self, output: usize) -> bool {
        let mut operands = self.code.iter().flat_map(|step| step.operands);
        operands.any(|operand| operand == Place::Output(output))
    }
}

/// Plans the computation of `root`, brought to `dtype`. Its values are stored if `store` says so;
/// those of an intermediate when it passes through for the second time.
pub(crate) fn plan(root: &Arc<Node>, store: bool, dtype: DType) -> Result<Program, Error> {
    let (planner, root) = Planner::of(root, store, dtype)?;
    Ok(planner.finish(root, None))
}

/// As [`plan`], for a sum: if the root is a product that nothing else needs, the factors are left.
pub(crate) fn plan_sum(root: &Arc<Node>, store: bool, dtype: DType) -> Result<Program, Error> {
    let (planner, root) = Planner::of(root, store, dtype)?;
    let factors = planner.factors(root);
    match factors {
        Some([a, b]) if planner.stored.iter().all(|&(_, stored)| stored != root) => {
            Ok(planner.finish(a, Some(b)))
        }
        _ => Ok(planner.finish(root, None)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ValueId(usize);

/// A value of the program before it has a place.
#[derive(Clone, Copy, Debug)]
enum Value {
    Leaf(usize),
    Scalar(Scalar),
    Computed {
        op: Op,
        operands: [ValueId; Op::MOST],
    },
}

impl Value {
    fn computed(op: Op, operands: [ValueId; Op::MOST]) -> Self {
        Self::Computed { op, operands }
    }

    /// The operands that its operation has.
    fn operands(&self) -> &[ValueId] {
        match self {
            Self::Leaf(_) | Self::Scalar(_) => &[],
            Self::Computed { op, operands } => &operands[..op.arity()],
        }
    }
}

/// Values under the same key are equal.
#[derive(PartialEq, Eq)]
enum Key {
    Scalar(DType, (u8, u64, u64)),
    Computed(Op, [ValueId; Op::MOST]),
}

struct Planner {
    shape: Dims,
    /// How often a waiting node is an operand in this graph.
    uses: Few<*const Node, usize>,
    values: Vec<(Value, DType)>,
    known: Few<Key, ValueId>,
    nodes: Few<*const Node, ValueId>,
    leaves: Vec<Dense>,
    stored: Vec<(Arc<Node>, ValueId)>,
}

impl Planner {
    /// The values of a computation, and that of its root.
    fn of(root: &Arc<Node>, store: bool, dtype: DType) -> Result<(Self, ValueId), Error> {
        let mut planner = Planner {
            shape: root.shape.clone(),
            uses: Few::new(),
            values: Vec::new(),
            known: Few::new(),
            nodes: Few::new(),
            leaves: Vec::new(),
            stored: Vec::new(),
        };
        planner.count_uses(root)?;
        let value = planner.node(root)?;
        if store && root.value().is_none() {
            planner.stored.push((Arc::clone(root), value));
        }
        let mut value = planner.cast(value, dtype);
        if let (Value::Scalar(_), dtype) = planner.values[value.0] {
            value = planner.push(Value::computed(Op::Copy, [value; Op::MOST]), dtype);
        }
        Ok((planner, value))
    }

    fn is_leaf(&self, node: &Node) -> bool {
        node.value().is_some() || node.shape != self.shape
    }

    fn count_uses(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        let Some(expr) = node.expr().filter(|_| !self.is_leaf(node)) else {
            return Ok(());
        };
        for operand in expr.nodes() {
            if self.is_leaf(operand) {
                continue;
            }
            let uses = self.uses.get_or_insert(Arc::as_ptr(operand), 0);
            *uses += 1;
            if *uses == 1 {
                self.count_uses(operand)?;
            }
        }
        Ok(())
    }

    /// Whether somebody besides this graph holds on to a node.
    fn is_held(&self, node: &Arc<Node>) -> bool {
        let uses = self.uses.get(&Arc::as_ptr(node)).unwrap_or(0);
        Arc::strong_count(node) > uses
    }

    fn node(&mut self, node: &Arc<Node>) -> Result<ValueId, Error> {
        if let Some(value) = self.nodes.get(&Arc::as_ptr(node)) {
            return Ok(value);
        }
        let expr = if self.is_leaf(node) {
            None
        } else {
            node.expr()
        };
        let value = match expr.as_deref() {
            // Smaller operands that wait are computed by themselves and then repeated.
            None => self.leaf(&evaluate(node)?, node)?,
            Some(expr) => self.expr(expr, node.dtype)?,
        };
        self.nodes.insert(Arc::as_ptr(node), value);
        Ok(value)
    }

    fn expr(&mut self, expr: &Expr, dtype: DType) -> Result<ValueId, Error> {
        let mut operands = Vec::with_capacity(3);
        for (index, input) in expr.operands.iter().enumerate() {
            let is_condition = expr.op == Op::Select && index == 0;
            let at = if is_condition {
                DType::Bool
            } else {
                expr.dtype
            };
            operands.push(self.input(input, at)?);
        }
        Ok(match (expr.op, operands.as_slice()) {
            (Op::Cast(dtype), &[a]) => self.cast(a, dtype),
            (Op::Unary(op), &[a]) => self.unary(op, a),
            (Op::Binary(op), &[a, b]) => self.binary(op, a, b),
            (op, &[a]) => self.computed(op, dtype, [a; Op::MOST]),
            (op, &[a, b]) => self.computed(op, dtype, [a, b, a, a]),
            (Op::Select, &[condition, a, b]) => self.select(dtype, condition, a, b),
            (op, _) => unreachable!("{op:?} with {} operands", operands.len()),
        })
    }

    fn operand(&mut self, node: &Arc<Node>) -> Result<ValueId, Error> {
        let seen = self.nodes.get(&Arc::as_ptr(node)).is_some();
        let held = !seen && !self.is_leaf(node) && self.is_held(node);
        let value = self.node(node)?;
        if held && node.was_streamed() {
            self.stored.push((Arc::clone(node), value));
        } else if held {
            // Perhaps only by a temporary of the running statement: the next time will tell.
            node.set_streamed();
        }
        Ok(value)
    }

    fn input(&mut self, input: &Input, dtype: DType) -> Result<ValueId, Error> {
        match input {
            Input::Scalar(scalar) => Ok(self.scalar(*scalar, dtype)),
            Input::Node(node) => {
                let value = self.operand(node)?;
                Ok(self.cast(value, dtype))
            }
        }
    }

    fn leaf(&mut self, dense: &Dense, node: &Node) -> Result<ValueId, Error> {
        let Some(layout) = dense.layout.broadcast(&self.shape) else {
            // Operators have checked the shapes; only an error in this library gets here.
            let (left, right) = (node.shape.clone(), self.shape.clone());
            return Err(Error::Shapes {
                routine: "eval",
                left: left.to_vec(),
                right: right.to_vec(),
            });
        };
        if layout.strides.iter().all(|&stride| stride == 0) && layout.len() > 0 {
            return Ok(self.scalar(dense.at(layout.offset), dense.dtype()));
        }
        let dtype = dense.dtype();
        let contiguous = layout.is_contiguous();
        let index = self.leaves.len();
        self.leaves.push(Dense {
            storage: Arc::clone(&dense.storage),
            layout,
        });
        let leaf = self.push(Value::Leaf(index), dtype);
        Ok(if contiguous {
            leaf
        } else {
            self.computed(Op::Gather(index), dtype, [leaf; Op::MOST])
        })
    }

    /// A constant of `dtype`.
    fn scalar(&mut self, scalar: Scalar, dtype: DType) -> ValueId {
        let scalar = with_type!(dtype, T => T::of_scalar(scalar).to_scalar());
        let key = Key::Scalar(dtype, scalar.bits());
        if let Some(known) = self.known.get(&key) {
            return known;
        }
        let value = self.push(Value::Scalar(scalar), dtype);
        self.known.insert(key, value);
        value
    }

    fn constant(&self, value: ValueId) -> Option<Scalar> {
        match self.values[value.0].0 {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    fn cast(&mut self, value: ValueId, dtype: DType) -> ValueId {
        if self.values[value.0].1 == dtype {
            return value;
        }
        self.computed(Op::Cast(dtype), dtype, [value; Op::MOST])
    }

    fn unary(&mut self, op: Unary, operand: ValueId) -> ValueId {
        let (value, dtype) = self.values[operand.0];
        match (op, value) {
            (
                Unary::Neg | Unary::Not | Unary::Conj,
                Value::Computed {
                    op: Op::Unary(inner),
                    operands: [a, ..],
                },
            ) if inner == op => a,
            // The same loop, but one that other operations can join.
            (Unary::Power(2), _) => self.binary(Binary::Mul, operand, operand),
            _ => self.computed(Op::Unary(op), dtype, [operand; Op::MOST]),
        }
    }

    fn binary(&mut self, op: Binary, a: ValueId, b: ValueId) -> ValueId {
        let dtype = self.values[a.0].1;
        let float = |value: ValueId| match self.constant(value) {
            Some(Scalar::Float(scalar)) if dtype.kind() == Kind::Float => Some(scalar),
            _ => None,
        };
        // Only rewrites that give the same bits.
        match (op, float(a), float(b)) {
            (Binary::Mul | Binary::Div, _, Some(1.0)) => a,
            (Binary::Mul, Some(1.0), _) => b,
            (Binary::Div, _, Some(divisor)) if has_exact_reciprocal(divisor, dtype) => {
                let factor = self.scalar(Scalar::Float(1.0 / divisor), dtype);
                self.computed(Op::Binary(Binary::Mul), dtype, [a, factor, a, a])
            }
            _ => self.computed(Op::Binary(op), dtype, [a, b, a, a]),
        }
    }

    fn select(&mut self, dtype: DType, condition: ValueId, a: ValueId, b: ValueId) -> ValueId {
        match self.constant(condition) {
            Some(constant) if constant.to_bool() => a,
            Some(_) => b,
            None => self.computed(Op::Select, dtype, [condition, a, b, condition]),
        }
    }

    /// The result of an operation: a value that is known already, a folded constant, or a new one.
    fn computed(&mut self, op: Op, dtype: DType, operands: [ValueId; Op::MOST]) -> ValueId {
        let constants = operands.map(|operand| self.constant(operand));
        if let [Some(a), Some(b), Some(c), Some(d)] = constants {
            // The dtype of the operands; that of a condition is known.
            let at = self.values[operands[usize::from(op == Op::Select)].0].1;
            return self.scalar(execute_scalar(op, at, dtype, [a, b, c, d]), dtype);
        }
        if let Some(known) = self.known.get(&Key::Computed(op, operands)) {
            return known;
        }
        let value = self.push(Value::Computed { op, operands }, dtype);
        self.known.insert(Key::Computed(op, operands), value);
        value
    }

    fn push(&mut self, value: Value, dtype: DType) -> ValueId {
        self.values.push((value, dtype));
        ValueId(self.values.len() - 1)
    }

    /// The factors of a product of f32 or f64.
    fn factors(&self, value: ValueId) -> Option<[ValueId; 2]> {
        let Value::Computed {
            op: Op::Binary(Binary::Mul),
            operands: [a, b, ..],
        } = self.values[value.0].0
        else {
            return None;
        };
        (self.values[value.0].1.kind() == Kind::Float
            && [a, b].iter().all(|&factor| self.constant(factor).is_none()))
        .then_some([a, b])
    }

    /// Gives each value a place, and the registers of dead values to later ones. The root is what is
    /// reduced, times the factor if there is one.
    fn finish(mut self, root: ValueId, factor: Option<ValueId>) -> Program {
        let mut outputs = Vec::new();
        let mut output_of: Few<ValueId, usize> = Few::new();
        for (node, value) in std::mem::take(&mut self.stored) {
            let (definition, dtype) = self.values[value.0];
            let fresh = matches!(definition, Value::Computed { .. });
            // A value that lies elsewhere already is copied.
            let value = if fresh && output_of.get(&value).is_none() {
                value
            } else {
                self.push(Value::computed(Op::Copy, [value; Op::MOST]), dtype)
            };
            output_of.insert(value, outputs.len());
            outputs.push(node);
        }

        let wanted: Vec<ValueId> = output_of
            .keys()
            .copied()
            .chain([root])
            .chain(factor)
            .collect();
        self.join_products(&wanted);
        let uses = self.uses(&wanted);
        let mut last_use = vec![0; self.values.len()];
        for (index, (value, _)) in self.values.iter().enumerate() {
            for operand in value.operands() {
                last_use[operand.0] = index;
            }
        }
        for value in [root].into_iter().chain(factor) {
            last_use[value.0] = usize::MAX;
        }

        let mut homes: Vec<Option<Place>> = vec![None; self.values.len()];
        let mut registers: Vec<DType> = Vec::new();
        let mut free: Vec<usize> = Vec::new();
        let mut code = Vec::new();
        for (index, &(value, dtype)) in self.values.iter().enumerate() {
            let Value::Computed { op, operands } = value else {
                continue;
            };
            if uses[index] == 0 {
                continue;
            }
            let target = if let Some(output) = output_of.get(&ValueId(index)) {
                Place::Output(output)
            } else {
                let reused = free.iter().rposition(|&free| registers[free] == dtype);
                Place::Register(reused.map_or_else(
                    || {
                        registers.push(dtype);
                        registers.len() - 1
                    },
                    |position| free.remove(position),
                ))
            };
            homes[index] = Some(target);
            let operands = operands.map(|operand| (operand, self.place(operand, &homes)));
            code.push(Instruction {
                op,
                operands: operands.map(|(_, place)| place),
                target,
            });
            // Freed after the target is chosen: no instruction writes over its operands.
            for (operand, place) in operands {
                if last_use[operand.0] == index
                    && let Place::Register(register) = place
                    && !free.contains(&register)
                {
                    free.push(register);
                }
            }
        }
        Program {
            code,
            outputs,
            registers,
            root: self.place(root, &homes),
            factor: factor.map(|factor| self.place(factor, &homes)),
            shape: self.shape,
            leaves: self.leaves,
        }
    }

    /// Where a value is, given where those are that were computed.
    fn place(&self, value: ValueId, homes: &[Option<Place>]) -> Place {
        match (self.values[value.0].0, homes[value.0]) {
            (Value::Leaf(leaf), _) => Place::Leaf(leaf),
            (Value::Scalar(scalar), _) => Place::Scalar(scalar),
            (Value::Computed { .. }, Some(home)) => home,
            (Value::Computed { .. }, None) => unreachable!("values are computed before their use"),
        }
    }

    /// How often each value is an operand of something that is needed, or wanted itself.
    fn uses(&self, wanted: &[ValueId]) -> Vec<usize> {
        let mut uses = vec![0; self.values.len()];
        for value in wanted {
            uses[value.0] += 1;
        }
        for index in (0..self.values.len()).rev() {
            if uses[index] > 0 {
                for operand in self.values[index].0.operands() {
                    uses[operand.0] += 1;
                }
            }
        }
        uses
    }

    /// Joins products with the sum, difference or comparison that alone needs them: a pass over the
    /// block less for each, and what is read from memory is not waited for twice.
    fn join_products(&mut self, wanted: &[ValueId]) {
        let uses = self.uses(wanted);
        for index in 0..uses.len() {
            let Value::Computed {
                op,
                operands: [a, b, ..],
            } = self.values[index].0
            else {
                continue;
            };
            let meeting = match op {
                Op::Binary(Binary::Add) => Meeting::Sum,
                Op::Binary(Binary::Sub) => Meeting::Difference,
                Op::Compare(op) => Meeting::Compared(op),
                _ => continue,
            };
            let factors = |value: ValueId| match self.values[value.0] {
                (
                    Value::Computed {
                        op: Op::Binary(Binary::Mul),
                        operands: [a, b, ..],
                    },
                    DType::F32 | DType::F64,
                ) if uses[value.0] == 1 => Some([a, b]),
                _ => None,
            };
            let (left, right) = (factors(a), factors(b));
            if uses[index] == 0 || left.is_none() && right.is_none() {
                continue;
            }
            let one = self.scalar(Scalar::Float(1.0), self.values[a.0].1);
            let ([a, b], [c, d]) = (left.unwrap_or([a, one]), right.unwrap_or([b, one]));
            self.values[index].0 = Value::computed(Op::Products(meeting), [a, b, c, d]);
        }
    }
}

impl Expr {
    fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.operands.iter().filter_map(|input| match input {
            Input::Node(node) => Some(&**node),
            Input::Scalar(_) => None,
        })
    }
}

/// Whether dividing by it is the same as multiplying by its reciprocal.
fn has_exact_reciprocal(divisor: f64, dtype: DType) -> bool {
    const MANTISSA: u64 = (1 << 52) - 1;
    let normal = |x: f64| x.is_normal() && (dtype != DType::F32 || (x as f32).is_normal());
    divisor.to_bits() & MANTISSA == 0 && normal(divisor) && normal(1.0 / divisor)
}
