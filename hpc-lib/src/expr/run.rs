//! Runs programs: the data in chunks over the threads, a chunk in blocks that fit the cache.

use std::sync::Arc;

use super::execute::{Operand, execute};
use super::graph::Node;
use super::plan::{Op, Place, Program, plan};
use crate::array::dense::Dense;
use crate::array::dtype::DType;
use crate::array::element::Typed;
use crate::array::slice::{Slice, SliceMut};
use crate::array::storage::Storage;
use crate::error::Error;
use crate::host::interrupt;
use crate::pool::{self, Pool};
use crate::{prof, simd};

/// Elements per block: the blocks of a handful of registers fit the first-level cache (8 KiB each).
const BLOCK: usize = 1024;

/// Elements per chunk, the unit of work of a thread. Part of the meaning of a sum: partial sums are
/// made per block and chunk, so that they do not depend on the number of threads.
const CHUNK: usize = 8 * BLOCK;

/// Arrays up to this size are stored when they are reduced, in case they are used again.
const STORED_UP_TO: usize = 32 << 20;

/// From an array to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Exact for i64 and bool.
    Sum,
    /// In f64.
    Product,
    Min,
    Max,
    /// The number of elements that are not zero.
    Count,
}

/// The result of a reduction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reduced {
    F64(f64),
    Int(i128),
}

impl Reduced {
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::F64(value) => value,
            Self::Int(value) => value as f64,
        }
    }
}

/// The values of a node, computed now if they were not before.
pub(crate) fn evaluate(node: &Arc<Node>) -> Result<Dense, Error> {
    static SITE: prof::Site = prof::Site::new("hpc::eval");
    if let Some(dense) = node.value() {
        return Ok(dense.clone());
    }
    let _region = SITE.enter_internal();
    let program = plan(node, true, node.dtype)?;
    run(&program, None, pool::pool())?;
    // Set by `run`: the node is one of the outputs.
    node.value()
        .cloned()
        .ok_or_else(|| Error::argument("eval", "the array was not computed"))
}

/// Reduces the values of a node that is not empty.
pub(crate) fn reduce(node: &Arc<Node>, reduction: Reduction) -> Result<Reduced, Error> {
    static SITE: prof::Site = prof::Site::new("hpc::reduce");
    let _region = SITE.enter_internal();
    let store = node.value().is_some() || node.was_streamed() || node.bytes() <= STORED_UP_TO;
    let program = plan(node, store, reduction.dtype(node.dtype))?;
    let reduced = run(&program, Some(reduction), pool::pool())?;
    if !store {
        node.set_streamed();
    }
    reduced.ok_or_else(|| Error::Empty {
        routine: "reduce",
        shape: node.shape.clone(),
    })
}

impl Reduction {
    /// The dtype in which an array of `dtype` is reduced.
    fn dtype(self, dtype: DType) -> DType {
        match (self, dtype) {
            (Self::Product, _) => DType::F64,
            (Self::Count, _) => DType::Bool,
            (Self::Min | Self::Max, DType::Bool) => DType::I64,
            (_, dtype) => dtype,
        }
    }

    fn block(self, block: Slice<'_>) -> Reduced {
        match (self, block) {
            (Self::Sum, Slice::F64(block)) => Reduced::F64(simd::sum_f64(block)),
            (Self::Product, Slice::F64(block)) => Reduced::F64(simd::product_f64(block)),
            (Self::Min, Slice::F64(block)) => Reduced::F64(simd::min_f64(block)),
            (Self::Max, Slice::F64(block)) => Reduced::F64(simd::max_f64(block)),
            (Self::Sum, Slice::I64(block)) => Reduced::Int(simd::sum_i64(block)),
            (Self::Min, Slice::I64(block)) => Reduced::Int(simd::min_i64(block).into()),
            (Self::Max, Slice::I64(block)) => Reduced::Int(simd::max_i64(block).into()),
            (_, Slice::Bool(block)) => Reduced::Int(simd::count_bool(block) as i128),
            (_, block) => unreachable!("{self:?} of {}", block.dtype()),
        }
    }

    fn combine(self, a: Reduced, b: Reduced) -> Reduced {
        let pair = |a: f64, b: f64| match self {
            Self::Sum | Self::Count => simd::sum_f64(&[a, b]),
            Self::Product => simd::product_f64(&[a, b]),
            Self::Min => simd::min_f64(&[a, b]),
            Self::Max => simd::max_f64(&[a, b]),
        };
        match (a, b) {
            (Reduced::Int(a), Reduced::Int(b)) => Reduced::Int(match self {
                Self::Min => a.min(b),
                Self::Max => a.max(b),
                _ => a + b,
            }),
            (a, b) => Reduced::F64(pair(a.to_f64(), b.to_f64())),
        }
    }

    /// Combines neighbours, then neighbours of those: the error of a sum grows with the logarithm
    /// of the number of parts.
    fn combine_all(self, mut parts: Vec<Reduced>) -> Option<Reduced> {
        while parts.len() > 1 {
            parts = parts
                .chunks(2)
                .map(|pair| pair.iter().copied().reduce(|a, b| self.combine(a, b)))
                .collect::<Option<_>>()?;
        }
        parts.pop()
    }
}

/// The part of the outputs that one chunk writes.
struct Task<'a> {
    start: usize,
    len: usize,
    outputs: Vec<SliceMut<'a>>,
}

/// Runs a program, stores its outputs in their nodes, and reduces its root.
fn run(
    program: &Program,
    reduction: Option<Reduction>,
    pool: &Pool,
) -> Result<Option<Reduced>, Error> {
    let len: usize = program.shape.iter().product();
    let mut storages = program
        .outputs
        .iter()
        .map(|node| Storage::allocate("eval", &program.shape, node.dtype))
        .collect::<Result<Vec<_>, _>>()?;

    let mut tasks: Vec<Task<'_>> = (0..len)
        .step_by(CHUNK)
        .map(|start| Task {
            start,
            len: CHUNK.min(len - start),
            outputs: Vec::new(),
        })
        .collect();
    for storage in &mut storages {
        for (task, piece) in tasks.iter_mut().zip(storage.as_slice_mut().pieces(CHUNK)) {
            task.outputs.push(piece);
        }
    }
    let parts = pool.map(
        tasks,
        || Registers::new(program),
        |registers, task| run_chunk(program, reduction, registers, task),
    );

    for (node, storage) in program.outputs.iter().zip(storages) {
        node.fulfil(Dense::new(storage, &program.shape));
    }
    Ok(
        reduction
            .and_then(|reduction| reduction.combine_all(parts.into_iter().flatten().collect())),
    )
}

/// Blocks for intermediate values, one set per thread.
struct Registers {
    bools: Vec<Box<[bool]>>,
    i64s: Vec<Box<[i64]>>,
    f64s: Vec<Box<[f64]>>,
}

impl Registers {
    fn new(program: &Program) -> Self {
        fn blocks<T: Typed>(program: &Program) -> Vec<Box<[T]>> {
            let count = program.registers[T::DTYPE as usize];
            (0..count)
                .map(|_| vec![T::default(); BLOCK].into_boxed_slice())
                .collect()
        }
        Self {
            bools: blocks(program),
            i64s: blocks(program),
            f64s: blocks(program),
        }
    }

    fn get(&self, dtype: DType, register: usize) -> Slice<'_> {
        match dtype {
            DType::Bool => Slice::Bool(&self.bools[register]),
            DType::I64 => Slice::I64(&self.i64s[register]),
            DType::F64 => Slice::F64(&self.f64s[register]),
        }
    }
}

fn run_chunk(
    program: &Program,
    reduction: Option<Reduction>,
    registers: &mut Registers,
    mut task: Task<'_>,
) -> Option<Reduced> {
    interrupt::check();
    let mut reduced: Option<Reduced> = None;
    let mut done = 0;
    while done < task.len {
        let block = Block {
            start: task.start + done,
            done,
            len: BLOCK.min(task.len - done),
        };
        for instruction in &program.code {
            let (op, a, b) = (instruction.op, instruction.a, instruction.b);
            // The target leaves its place meanwhile, so that the operands can be borrowed.
            match instruction.target {
                Place::Output(index) => {
                    let mut output =
                        std::mem::replace(&mut task.outputs[index], SliceMut::F64(&mut []));
                    let target = output.range_mut(block.done, block.len);
                    block.step(program, registers, &task.outputs, (op, a, b), target);
                    task.outputs[index] = output;
                }
                Place::Register(DType::F64, index) => {
                    let mut register = std::mem::take(&mut registers.f64s[index]);
                    let target = SliceMut::F64(&mut register[..block.len]);
                    block.step(program, registers, &task.outputs, (op, a, b), target);
                    registers.f64s[index] = register;
                }
                Place::Register(DType::I64, index) => {
                    let mut register = std::mem::take(&mut registers.i64s[index]);
                    let target = SliceMut::I64(&mut register[..block.len]);
                    block.step(program, registers, &task.outputs, (op, a, b), target);
                    registers.i64s[index] = register;
                }
                Place::Register(DType::Bool, index) => {
                    let mut register = std::mem::take(&mut registers.bools[index]);
                    let target = SliceMut::Bool(&mut register[..block.len]);
                    block.step(program, registers, &task.outputs, (op, a, b), target);
                    registers.bools[index] = register;
                }
                Place::Leaf(_) | Place::Scalar(_) => unreachable!("operands are never targets"),
            }
        }
        if let Some(reduction) = reduction {
            let part = match block.operand(program, registers, &task.outputs, program.root) {
                Operand::Block(values) => reduction.block(values),
                Operand::Scalar(_) => unreachable!("the planner gives the root a register"),
            };
            reduced = Some(match reduced {
                Some(before) => reduction.combine(before, part),
                None => part,
            });
        }
        done += block.len;
    }
    reduced
}

/// The elements at work.
struct Block {
    /// First element, counted from the start of the data.
    start: usize,
    /// First element, counted from the start of the chunk.
    done: usize,
    len: usize,
}

impl Block {
    fn step(
        &self,
        program: &Program,
        registers: &Registers,
        outputs: &[SliceMut<'_>],
        (op, a, b): (Op, Place, Place),
        target: SliceMut<'_>,
    ) {
        if let Op::Gather(leaf) = op {
            program.leaves[leaf].gather(self.start, target);
        } else {
            let a = self.operand(program, registers, outputs, a);
            let b = self.operand(program, registers, outputs, b);
            execute(op, a, b, target);
        }
    }

    fn operand<'a>(
        &self,
        program: &'a Program,
        registers: &'a Registers,
        outputs: &'a [SliceMut<'_>],
        place: Place,
    ) -> Operand<'a> {
        match place {
            Place::Scalar(scalar) => Operand::Scalar(scalar),
            Place::Leaf(leaf) => {
                let leaf = &program.leaves[leaf];
                Operand::Block(
                    leaf.storage
                        .as_slice()
                        .range(leaf.layout.offset + self.start, self.len),
                )
            }
            Place::Register(dtype, register) => {
                Operand::Block(registers.get(dtype, register).range(0, self.len))
            }
            Place::Output(output) => {
                Operand::Block(outputs[output].as_slice().range(self.done, self.len))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Array, linspace};
    use crate::simd::{Binary, Unary};

    fn reduce_on(array: &Array, reduction: Reduction, threads: usize) -> Reduced {
        let program = plan(&array.node, false, array.dtype()).unwrap();
        run(&program, Some(reduction), &Pool::new(threads))
            .unwrap()
            .unwrap()
    }

    #[test]
    fn sums_do_not_depend_on_the_number_of_threads() {
        let x = linspace(-1.0, 3.0, 300_001);
        let expected = reduce_on(&x.sin(), Reduction::Sum, 1);
        for threads in [2, 3, 8] {
            assert_eq!(reduce_on(&x.sin(), Reduction::Sum, threads), expected);
        }
    }

    #[test]
    fn one_pass_has_no_more_instructions_than_needed() {
        let x = linspace(0.0, 1.0, 10);
        let y = (&x * 2.0).sin() + (&x * 2.0).sin() / 4.0 * 1.0;
        let program = plan(&y.node, true, DType::F64).unwrap();
        // 2x and its sine once, the division by 4 as a product, the product with 1 not at all.
        let operations: Vec<Op> = program
            .code
            .iter()
            .map(|instruction| instruction.op)
            .collect();
        assert_eq!(
            operations,
            [
                Op::Binary(Binary::Mul),
                Op::Unary(Unary::Sin),
                Op::Binary(Binary::Mul),
                Op::Binary(Binary::Add)
            ]
        );
        assert_eq!(program.registers, [0, 0, 2]);
        assert_eq!(y.item(9), 2.0_f64.sin() * 1.25);
    }

    #[test]
    fn values_are_kept_when_they_are_needed_again() {
        let x = linspace(0.0, 1.0, 10);
        let y = x.exp();
        let (a, b) = (&y + 1.0, &y + 2.0);
        a.eval();
        assert!(y.node.value().is_none(), "it only passed through");
        b.eval();
        assert!(
            y.node.value().is_some(),
            "it was needed for the second time"
        );
        assert_eq!(a.item(0) + 1.0, b.item(0));

        let z = x.exp();
        z.sum();
        assert!(
            z.node.value().is_some(),
            "a small array is kept by a reduction"
        );
    }

    #[test]
    fn arrays_that_wait_are_computed_at_the_end_of_their_region() {
        let x = linspace(0.0, 1.0, 10);
        let before = &x + 1.0;
        let inside = crate::region!("a region", { (&x + 2.0).sqrt() });
        assert!(inside.node.value().is_some());
        assert!(before.node.value().is_none());
        crate::expr::settle(crate::expr::Mark::FIRST).unwrap();
        assert!(before.node.value().is_some());
    }

    #[test]
    fn long_chains_do_not_pile_up() {
        let mut x = linspace(0.0, 1.0, 10);
        for _ in 0..10_000 {
            x = &x + &x * 0.0 + 1.0;
        }
        assert_eq!(x.item(0), 10_000.0);
    }
}
