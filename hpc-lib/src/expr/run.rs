//! Runs programs: the data in chunks over the threads, a chunk in blocks that fit the cache.

use std::sync::Arc;

use super::execute::{Operand, execute};
use super::graph::Node;
use super::op::Op;
use super::plan::{Instruction, Place, Program, plan};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::array::slice::{Slice, SliceMut};
use crate::array::storage::Storage;
use crate::error::Error;
use crate::host::interrupt;
use crate::pool::{self, Pool};
use crate::{prof, simd};

/// Elements per block: the blocks of a handful of registers fit the first-level cache (8 KiB each).
pub(crate) const BLOCK: usize = 1024;

/// Elements per chunk, the unit of work of a thread. Part of the meaning of a sum: partial sums are
/// made per block and chunk, so that they do not depend on the number of threads.
pub(crate) const CHUNK: usize = 16 * BLOCK;

/// Most chunks: what is kept for each of them is small, but a view of one element may have more of
/// them than there is memory for.
pub(super) const MOST_CHUNKS: usize = 1 << 20;

/// Elements per chunk of so many in all.
fn chunk_of(len: usize) -> usize {
    CHUNK * len.div_ceil(CHUNK * MOST_CHUNKS).max(1)
}

/// Outputs from this size on do not fit the caches, and are written past them.
const STREAMED_FROM: usize = 16 << 20;

/// The values of a node, computed now if they were not before.
pub(crate) fn evaluate(node: &Arc<Node>) -> Result<Dense, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::eval");
    if let Some(dense) = node.value() {
        return Ok(dense.clone());
    }
    let _region = SITE.enter_routine();
    let program = plan(node, true, node.dtype)?;
    run(&program, &Discard, pool::pool())?;
    // Set by `run`: the node is one of the outputs.
    node.value()
        .cloned()
        .ok_or_else(|| Error::argument("eval", "the array was not computed"))
}

/// What becomes of the values of a program's root.
pub(super) trait Reducer: Sync {
    /// The result of some elements.
    type Part: Send;

    /// Whether it looks at the values.
    const READS: bool = true;

    /// The result of a block, whose first element has this position in row-major order.
    fn block(&self, start: usize, values: Slice<'_>) -> Self::Part;

    /// Whether it is a sum, so that [`products`](Self::products) may be asked of it.
    fn sums(&self) -> bool {
        false
    }

    /// The sum of the products of the elements of a block.
    fn products(&self, _: Slice<'_>, _: Slice<'_>) -> Self::Part {
        unreachable!("only of sums")
    }

    /// The result of two neighbours.
    fn combine(&self, before: Self::Part, after: Self::Part) -> Self::Part;
}

/// The values are only stored.
struct Discard;

impl Reducer for Discard {
    type Part = ();

    const READS: bool = false;

    fn block(&self, _: usize, _: Slice<'_>) {}

    fn combine(&self, (): (), (): ()) {}
}

/// The part of the outputs that one chunk writes.
struct Task<'a> {
    start: usize,
    len: usize,
    outputs: Vec<SliceMut<'a>>,
}

/// Runs a program, stores its outputs in their nodes, and reduces its root. `None` if there are no
/// elements.
pub(super) fn run<R: Reducer>(
    program: &Program,
    reducer: &R,
    pool: &Pool,
) -> Result<Option<R::Part>, Error> {
    let len: usize = program.shape.iter().product();
    let mut storages = program
        .outputs
        .iter()
        .map(|node| Storage::allocate("eval", &program.shape, node.dtype))
        .collect::<Result<Vec<_>, _>>()?;

    let chunk = chunk_of(len);
    let mut tasks: Vec<Task<'_>> = (0..len)
        .step_by(chunk)
        .map(|start| Task {
            start,
            len: chunk.min(len - start),
            outputs: Vec::new(),
        })
        .collect();
    for storage in &mut storages {
        for (task, piece) in tasks.iter_mut().zip(storage.as_slice_mut().pieces(chunk)) {
            task.outputs.push(piece);
        }
    }
    let parts = pool.map_with(
        &mut tasks,
        &|| Registers::with_outputs(program, R::READS),
        &|registers, task| {
            let registers = registers.as_mut().map_err(|error| error.clone())?;
            Ok(run_chunk(program, reducer, registers, task))
        },
    );
    let parts: Vec<Option<R::Part>> = parts.into_iter().collect::<Result<_, Error>>()?;

    let (bytes, flops) = program.work();
    // What is reduced takes an operation for each element as well.
    prof::work(bytes, flops + if R::READS { len as u64 } else { 0 });
    for (node, storage) in program.outputs.iter().zip(storages) {
        node.fulfil(Dense::new(storage, &program.shape));
    }
    Ok(combine_all(reducer, parts.into_iter().flatten().collect()))
}

/// Combines neighbours, then neighbours of those: the error of a sum grows with the logarithm of
/// the number of parts.
pub(super) fn combine_all<R: Reducer>(reducer: &R, mut parts: Vec<R::Part>) -> Option<R::Part> {
    while parts.len() > 1 {
        let mut rest = parts.into_iter();
        let mut combined = Vec::with_capacity(rest.len().div_ceil(2));
        while let Some(before) = rest.next() {
            combined.push(match rest.next() {
                Some(after) => reducer.combine(before, after),
                None => before,
            });
        }
        parts = combined;
    }
    parts.pop()
}

/// Blocks for intermediate values, one set per thread. Each is away while it is written.
pub(super) struct Registers {
    blocks: Vec<Option<Storage>>,
    /// For each output that is written past the caches, where it is made.
    streamed: Vec<Option<Storage>>,
}

impl Registers {
    /// For a program without outputs.
    pub(super) fn new(program: &Program) -> Result<Self, Error> {
        Self::with_outputs(program, true)
    }

    fn with_outputs(program: &Program, root_is_read: bool) -> Result<Self, Error> {
        let len: usize = program.shape.iter().product();
        let is_read = |output: usize| {
            program.reads_output(output) || root_is_read && program.root == Place::Output(output)
        };
        let block = |dtype: DType| Storage::scratch(dtype, BLOCK.min(len)).map(Some);
        let streamed = program.outputs.iter().enumerate().map(|(index, node)| {
            let dtype = node.dtype;
            if len * dtype.size() >= STREAMED_FROM && !is_read(index) {
                block(dtype)
            } else {
                Ok(None)
            }
        });
        Ok(Self {
            blocks: program
                .registers
                .iter()
                .map(|&dtype| block(dtype))
                .collect::<Result<_, _>>()?,
            streamed: streamed.collect::<Result<_, _>>()?,
        })
    }

    fn get(&self, register: usize) -> Slice<'_> {
        match &self.blocks[register] {
            Some(block) => block.as_slice(),
            None => unreachable!("no instruction reads what it writes"),
        }
    }
}

fn run_chunk<R: Reducer>(
    program: &Program,
    reducer: &R,
    registers: &mut Registers,
    task: &mut Task<'_>,
) -> Option<R::Part> {
    let mut reduced: Option<R::Part> = None;
    let mut done = 0;
    while done < task.len {
        interrupt::check();
        let block = Block {
            start: task.start + done,
            done,
            len: BLOCK.min(task.len - done),
        };
        block.run(program, registers, &mut task.outputs);
        let values = |place| match block.operand(program, registers, &task.outputs, place) {
            Operand::Block(values) => Some(values),
            Operand::Scalar(_) => None,
        };
        if let Some(root) = values(program.root) {
            let part = match program.factor.and_then(values) {
                Some(factor) => reducer.products(root, factor),
                None => reducer.block(block.start, root),
            };
            reduced = Some(match reduced {
                Some(before) => reducer.combine(before, part),
                None => part,
            });
        }
        done += block.len;
    }
    reduced
}

fn stream(source: Slice<'_>, target: SliceMut<'_>) {
    with_type!(source.dtype(), T => simd::stream(T::slice(source), T::slice_mut(target)));
}

/// The elements at work.
pub(super) struct Block {
    /// First element, counted from the start of the data.
    start: usize,
    /// First element, counted from the start of the outputs' pieces.
    done: usize,
    len: usize,
}

impl Block {
    /// The elements from `start` on of a program without outputs, at most [`BLOCK`] of them.
    pub(super) fn of(start: usize, len: usize) -> Self {
        debug_assert!(len <= BLOCK);
        Self {
            start,
            done: 0,
            len,
        }
    }

    /// The values of the program's root.
    pub(super) fn values<'a>(
        &self,
        program: &'a Program,
        registers: &'a mut Registers,
    ) -> Slice<'a> {
        self.run(program, registers, &mut []);
        match self.operand(program, registers, &[], program.root) {
            Operand::Block(values) => values,
            Operand::Scalar(_) => unreachable!("the planner gives the root a block"),
        }
    }

    fn run(&self, program: &Program, registers: &mut Registers, outputs: &mut [SliceMut<'_>]) {
        for instruction in &program.code {
            // The target leaves its place meanwhile, so that the operands can be borrowed.
            match instruction.target {
                Place::Output(index) => {
                    let mut output =
                        std::mem::replace(&mut outputs[index], SliceMut::Bool(&mut []));
                    let target = output.range_mut(self.done, self.len);
                    if let Some(mut block) = registers.streamed[index].take() {
                        let mut made = block.as_slice_mut();
                        let made = made.range_mut(0, self.len);
                        self.step(program, registers, outputs, instruction, made);
                        stream(block.as_slice().range(0, self.len), target);
                        registers.streamed[index] = Some(block);
                    } else {
                        self.step(program, registers, outputs, instruction, target);
                    }
                    outputs[index] = output;
                }
                Place::Register(index) => {
                    let Some(mut register) = registers.blocks[index].take() else {
                        unreachable!("a register is away only while it is written");
                    };
                    let mut block = register.as_slice_mut();
                    let target = block.range_mut(0, self.len);
                    self.step(program, registers, outputs, instruction, target);
                    registers.blocks[index] = Some(register);
                }
                Place::Leaf(_) | Place::Scalar(_) => unreachable!("operands are never targets"),
            }
        }
    }

    fn step(
        &self,
        program: &Program,
        registers: &Registers,
        outputs: &[SliceMut<'_>],
        instruction: &Instruction,
        target: SliceMut<'_>,
    ) {
        if let Op::Gather(leaf) = instruction.op {
            program.leaves[leaf].gather(self.start, target);
        } else {
            let operands = instruction
                .operands
                .map(|place| self.operand(program, registers, outputs, place));
            execute(instruction.op, operands, target);
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
            Place::Register(register) => Operand::Block(registers.get(register).range(0, self.len)),
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
    use crate::expr::op::Meeting;
    use crate::expr::plan::plan_sum;
    use crate::expr::reduce::{Reduction, reduce_on};
    use crate::simd::{Binary, Function, Unary};

    /// More elements than are computed at once.
    const MANY: usize = 3000;

    fn sum_on(array: &Array, threads: usize) -> crate::simd::Total {
        reduce_on(&array.node, Reduction::Sum, &Pool::new(threads)).unwrap()
    }

    #[test]
    fn sums_do_not_depend_on_the_number_of_threads() {
        let x = linspace(-1.0, 3.0, 300_001);
        let expected = sum_on(&x.sin(), 1);
        for threads in [2, 3, 8] {
            assert_eq!(sum_on(&x.sin(), threads), expected);
        }
    }

    #[test]
    fn one_pass_has_no_more_instructions_than_needed() {
        let x = linspace(0.0, 1.0, MANY);
        let y = (&x * 2.0).sin() + (&x * 2.0).sin() / 4.0 * 1.0;
        let program = plan(&y.node, true, DType::F64).unwrap();
        // 2x and its sine once, the division by 4 as a product and joined with the sum, the product
        // with 1 not at all.
        let operations: Vec<Op> = program
            .code
            .iter()
            .map(|instruction| instruction.op)
            .collect();
        assert_eq!(
            operations,
            [
                Op::Binary(Binary::Mul),
                Op::Unary(Unary::Math(Function::Sin)),
                Op::Products(Meeting::Sum)
            ]
        );
        assert_eq!(program.registers, [DType::F64; 2]);
        assert_eq!(y.item(-1), 2.0_f64.sin() * 1.25);
    }

    #[test]
    fn values_are_kept_when_they_are_needed_again() {
        let x = linspace(0.0, 1.0, MANY);
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
    fn small_arrays_are_computed_at_once() {
        let x = linspace(0.0, 1.0, 10);
        assert!((&x + 1.0).node.value().is_some());
    }

    #[test]
    fn arrays_that_wait_are_computed_at_the_end_of_their_region() {
        let x = linspace(0.0, 1.0, MANY);
        let before = &x + 1.0;
        let inside = crate::region!("a region", { (&x + 2.0).sqrt() });
        assert!(inside.node.value().is_some());
        assert!(before.node.value().is_none());
        crate::expr::settle(crate::expr::Mark::FIRST).unwrap();
        assert!(before.node.value().is_some());
    }

    #[test]
    fn products_are_joined_with_what_needs_them() {
        let operations = |array: &Array, dtype| -> Vec<Op> {
            let program = plan(&array.node, true, dtype).unwrap();
            program
                .code
                .iter()
                .map(|instruction| instruction.op)
                .collect()
        };
        let (y, z) = (linspace(-1.0, 1.0, MANY), linspace(3.0, 5.0, MANY));
        let combined = 2.0 * &y + 3.0 * &z;
        assert_eq!(
            operations(&combined, DType::F64),
            [Op::Products(Meeting::Sum)]
        );
        let less = &z - &y * &z;
        assert_eq!(
            operations(&less, DType::F64),
            [Op::Products(Meeting::Difference)]
        );
        let greater = (&y * &z - 4.1 * &y).gt(2.5 * &z);
        let gt = Meeting::Compared(crate::simd::Compare::Gt);
        assert_eq!(
            operations(&greater, DType::Bool),
            [Op::Products(Meeting::Difference), Op::Products(gt)]
        );
        // Each product is rounded by itself, as it is in an array of its own.
        for i in [0, 1, 77, 1500, MANY as i64 - 1] {
            let (y, z) = (y.item(i), z.item(i));
            assert_eq!(combined.item(i), 2.0 * y + 3.0 * z);
            assert_eq!(less.item(i), z - y * z);
            assert_eq!(greater.item(i) != 0.0, y * z - 4.1 * y > 2.5 * z);
        }

        // What is needed twice is computed once, and what is kept is stored.
        let square = y.powi(2);
        let twice = (&square + 1.0) * (&square + 2.0);
        assert_eq!(
            operations(&twice, DType::F64),
            [Binary::Mul, Binary::Add, Binary::Add, Binary::Mul].map(Op::Binary)
        );
    }

    #[test]
    fn sums_of_products_are_those_of_the_array() {
        for (y, z) in [
            (linspace(-1.0, 1.0, MANY), linspace(3.0, 5.0, MANY)),
            (
                linspace(-1.0, 1.0, MANY).astype(DType::F32),
                linspace(3.0, 5.0, MANY).astype(DType::F32),
            ),
        ] {
            let product = y.eval() * z.eval();
            let pool = Pool::new(2);
            let program = plan_sum(&product.node, false, product.dtype()).unwrap();
            assert!(program.code.is_empty() && program.factor.is_some());
            let joined = run(&program, &Reduction::Sum, &pool).unwrap().unwrap();
            assert_eq!(joined, sum_on(&product.eval(), 2));
        }
    }

    #[test]
    fn chunks_of_enormous_views_stay_few() {
        for len in [
            1,
            CHUNK,
            CHUNK * MOST_CHUNKS,
            CHUNK * MOST_CHUNKS + 1,
            1 << 45,
            1 << 60,
        ] {
            assert!(len.div_ceil(chunk_of(len)) <= MOST_CHUNKS);
        }
        assert_eq!(chunk_of(CHUNK * MOST_CHUNKS), CHUNK);
    }

    #[test]
    fn long_chains_do_not_pile_up() {
        let mut x = linspace(0.0, 1.0, MANY);
        for _ in 0..10_000 {
            x = &x + &x * 0.0 + 1.0;
        }
        assert_eq!(x.item(0), 10_000.0);
    }
}
