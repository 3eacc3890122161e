//! From a graph of nodes to a program: one pass over blocks of all operands.

use std::collections::HashMap;
use std::sync::Arc;

use super::execute::execute_scalar;
use super::graph::{Expr, Input, Node};
use super::run::evaluate;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Scalar};
use crate::error::Error;
use crate::simd::{Binary, Compare, Unary};

/// What an instruction does to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// Copies a leaf whose elements do not lie side by side.
    Gather(usize),
    Copy,
    Cast(DType),
    Unary(Unary),
    Binary(Binary),
    Compare(Compare),
}

/// Where an operand of an instruction is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    Leaf(usize),
    /// A block that is written anew for each block of the data.
    Register(DType, usize),
    Output(usize),
    Scalar(Scalar),
}

#[derive(Debug)]
pub(crate) struct Instruction {
    pub(crate) op: Op,
    pub(crate) a: Place,
    /// Equal to `a` for operations on one operand.
    pub(crate) b: Place,
    pub(crate) target: Place,
}

/// A pass over the data.
pub(crate) struct Program {
    pub(crate) shape: Vec<usize>,
    pub(crate) leaves: Vec<Dense>,
    pub(crate) code: Vec<Instruction>,
    /// Nodes whose values are stored.
    pub(crate) outputs: Vec<Arc<Node>>,
    /// Number of registers of each dtype, in the order of [`DType`].
    pub(crate) registers: [usize; 3],
    /// Where the values of the root are, for a reduction.
    pub(crate) root: Place,
}

/// Plans the computation of `root`, brought to `dtype`. Its values are stored if `store` says so;
/// those of an intermediate when it passes through for the second time.
pub(crate) fn plan(root: &Arc<Node>, store: bool, dtype: DType) -> Result<Program, Error> {
    let mut planner = Planner {
        shape: root.shape.clone(),
        uses: HashMap::new(),
        values: Vec::new(),
        known: HashMap::new(),
        nodes: HashMap::new(),
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
        value = planner.push(
            Value::Computed {
                op: Op::Copy,
                a: value,
                b: value,
            },
            dtype,
        );
    }
    Ok(planner.finish(value))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ValueId(usize);

/// A value of the program before it has a place.
#[derive(Clone, Copy, Debug)]
enum Value {
    Leaf(usize),
    Scalar(Scalar),
    Computed { op: Op, a: ValueId, b: ValueId },
}

/// Values under the same key are equal.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Scalar(DType, u64),
    Computed(Op, ValueId, ValueId),
}

struct Planner {
    shape: Vec<usize>,
    /// How often a waiting node is an operand in this graph.
    uses: HashMap<*const Node, usize>,
    values: Vec<(Value, DType)>,
    known: HashMap<Key, ValueId>,
    nodes: HashMap<*const Node, ValueId>,
    leaves: Vec<Dense>,
    stored: Vec<(Arc<Node>, ValueId)>,
}

impl Planner {
    fn is_leaf(&self, node: &Node) -> bool {
        node.value().is_some() || node.shape != self.shape
    }

    fn count_uses(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        let Some(expr) = node.expr().filter(|_| !self.is_leaf(node)) else {
            return Ok(());
        };
        for operand in expr.operands() {
            if self.is_leaf(operand) {
                continue;
            }
            let uses = self.uses.entry(Arc::as_ptr(operand)).or_insert(0);
            *uses += 1;
            if *uses == 1 {
                self.count_uses(operand)?;
            }
        }
        Ok(())
    }

    /// Whether somebody besides this graph holds on to a node.
    fn is_held(&self, node: &Arc<Node>) -> bool {
        let uses = self.uses.get(&Arc::as_ptr(node)).copied().unwrap_or(0);
        Arc::strong_count(node) > uses
    }

    fn node(&mut self, node: &Arc<Node>) -> Result<ValueId, Error> {
        if let Some(&value) = self.nodes.get(&Arc::as_ptr(node)) {
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
            Some(Expr::Cast(operand)) => {
                let operand = self.operand(operand)?;
                self.cast(operand, node.dtype)
            }
            Some(Expr::Unary(op, operand)) => {
                let operand = self.operand(operand)?;
                let operand = self.cast(operand, node.dtype);
                self.unary(*op, operand)
            }
            Some(Expr::Binary(op, a, b)) => {
                let a = self.input(a, node.dtype)?;
                let b = self.input(b, node.dtype)?;
                self.binary(*op, a, b)
            }
            Some(Expr::Compare(op, a, b)) => {
                let dtype = a.dtype().max(b.dtype());
                let a = self.input(a, dtype)?;
                let b = self.input(b, dtype)?;
                self.computed(Op::Compare(*op), DType::Bool, a, b)
            }
        };
        self.nodes.insert(Arc::as_ptr(node), value);
        Ok(value)
    }

    fn operand(&mut self, node: &Arc<Node>) -> Result<ValueId, Error> {
        let seen = self.nodes.contains_key(&Arc::as_ptr(node));
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
            Input::Scalar(scalar) => Ok(self.scalar(scalar.cast(dtype))),
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
                left,
                right,
            });
        };
        if layout.strides.iter().all(|&stride| stride == 0) && layout.len() > 0 {
            return Ok(self.scalar(dense.at(layout.offset)));
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
            self.computed(Op::Gather(index), dtype, leaf, leaf)
        })
    }

    fn scalar(&mut self, scalar: Scalar) -> ValueId {
        let (dtype, bits) = scalar.bits();
        if let Some(&known) = self.known.get(&Key::Scalar(dtype, bits)) {
            return known;
        }
        let value = self.push(Value::Scalar(scalar), dtype);
        self.known.insert(Key::Scalar(dtype, bits), value);
        value
    }

    fn cast(&mut self, value: ValueId, dtype: DType) -> ValueId {
        if self.values[value.0].1 == dtype {
            return value;
        }
        self.computed(Op::Cast(dtype), dtype, value, value)
    }

    fn unary(&mut self, op: Unary, operand: ValueId) -> ValueId {
        let (value, dtype) = self.values[operand.0];
        match (op, value) {
            (Unary::Powi(1), _) => operand,
            (
                Unary::Neg | Unary::Not,
                Value::Computed {
                    op: Op::Unary(inner),
                    a,
                    ..
                },
            ) if inner == op => a,
            _ => self.computed(Op::Unary(op), dtype, operand, operand),
        }
    }

    fn binary(&mut self, op: Binary, a: ValueId, b: ValueId) -> ValueId {
        let dtype = self.values[a.0].1;
        let scalar = |value: ValueId| match self.values[value.0].0 {
            Value::Scalar(Scalar::F64(scalar)) => Some(scalar),
            _ => None,
        };
        // Only rewrites that give the same bits.
        match (op, scalar(a), scalar(b)) {
            (Binary::Mul | Binary::Div, _, Some(1.0)) => a,
            (Binary::Mul, Some(1.0), _) => b,
            (Binary::Div, _, Some(divisor)) if has_exact_reciprocal(divisor) => {
                let factor = self.scalar(Scalar::F64(1.0 / divisor));
                self.computed(Op::Binary(Binary::Mul), dtype, a, factor)
            }
            _ => self.computed(Op::Binary(op), dtype, a, b),
        }
    }

    /// The result of an operation: a value that is known already, a folded constant, or a new one.
    fn computed(&mut self, op: Op, dtype: DType, a: ValueId, b: ValueId) -> ValueId {
        if let (Value::Scalar(a), Value::Scalar(b)) = (self.values[a.0].0, self.values[b.0].0) {
            return self.scalar(execute_scalar(op, dtype, a, b));
        }
        if let Some(&known) = self.known.get(&Key::Computed(op, a, b)) {
            return known;
        }
        let value = self.push(Value::Computed { op, a, b }, dtype);
        self.known.insert(Key::Computed(op, a, b), value);
        value
    }

    fn push(&mut self, value: Value, dtype: DType) -> ValueId {
        self.values.push((value, dtype));
        ValueId(self.values.len() - 1)
    }

    /// Gives each value a place, and the registers of dead values to later ones.
    fn finish(mut self, root: ValueId) -> Program {
        let mut outputs = Vec::new();
        let mut output_of: HashMap<ValueId, usize> = HashMap::new();
        for (node, value) in std::mem::take(&mut self.stored) {
            let (definition, dtype) = self.values[value.0];
            let fresh = matches!(definition, Value::Computed { .. });
            // A value that lies elsewhere already is copied.
            let value = if fresh && !output_of.contains_key(&value) {
                value
            } else {
                self.push(
                    Value::Computed {
                        op: Op::Copy,
                        a: value,
                        b: value,
                    },
                    dtype,
                )
            };
            output_of.insert(value, outputs.len());
            outputs.push(node);
        }

        let mut last_use: Vec<usize> = (0..self.values.len()).collect();
        for (index, (value, _)) in self.values.iter().enumerate() {
            if let Value::Computed { a, b, .. } = value {
                last_use[a.0] = index;
                last_use[b.0] = index;
            }
        }
        last_use[root.0] = usize::MAX;

        let mut places: Vec<Place> = Vec::with_capacity(self.values.len());
        let mut free: [Vec<usize>; 3] = Default::default();
        let mut registers = [0; 3];
        let mut code = Vec::new();
        for (index, &(value, dtype)) in self.values.iter().enumerate() {
            let place = match value {
                Value::Leaf(leaf) => Place::Leaf(leaf),
                Value::Scalar(scalar) => Place::Scalar(scalar),
                Value::Computed { op, a, b } => {
                    let target = if let Some(&output) = output_of.get(&ValueId(index)) {
                        Place::Output(output)
                    } else {
                        let class = dtype as usize;
                        let register = free[class].pop().unwrap_or_else(|| {
                            registers[class] += 1;
                            registers[class] - 1
                        });
                        Place::Register(dtype, register)
                    };
                    code.push(Instruction {
                        op,
                        a: places[a.0],
                        b: places[b.0],
                        target,
                    });
                    // Freed after the target is chosen: no instruction writes over its operands.
                    for operand in if a == b { vec![a] } else { vec![a, b] } {
                        if last_use[operand.0] == index
                            && let Place::Register(dtype, register) = places[operand.0]
                        {
                            free[dtype as usize].push(register);
                        }
                    }
                    target
                }
            };
            places.push(place);
        }
        Program {
            shape: self.shape,
            leaves: self.leaves,
            code,
            outputs,
            registers,
            root: places[root.0],
        }
    }
}

impl Expr {
    fn operands(&self) -> Vec<&Arc<Node>> {
        match self {
            Self::Unary(_, operand) | Self::Cast(operand) => vec![operand],
            Self::Binary(_, a, b) | Self::Compare(_, a, b) => [a, b]
                .into_iter()
                .filter_map(|input| match input {
                    Input::Node(node) => Some(&**node),
                    Input::Scalar(_) => None,
                })
                .collect(),
        }
    }
}

/// Whether dividing by it is the same as multiplying by its reciprocal.
fn has_exact_reciprocal(divisor: f64) -> bool {
    const MANTISSA: u64 = (1 << 52) - 1;
    divisor.is_normal() && divisor.to_bits() & MANTISSA == 0 && (1.0 / divisor).is_normal()
}
