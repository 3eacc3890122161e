#![allow(unsafe_code)] // Calls loops that are compiled for processor features found at run time.

use std::sync::Arc;

use super::blocks::Blocks;
use crate::array::dense::Dense;
use crate::array::dtype::Scalar;
use crate::array::layout::{Dims, broadcast_shape};
use crate::array::slice::{Slice, SliceMut};
use crate::array::storage::Storage;
use crate::array::{Array, DType, Operand};
use crate::error::{Error, OrRaise};
use crate::expr::{self, BLOCK, CHUNK, Input, Node};
use crate::pool;
use crate::simd::{Level, level};

/// The loop of a kernel, compiled three times: for AVX-512 (F, DQ, BW, VL) with FMA, for AVX2 with FMA,
/// and for any processor.
#[derive(Clone, Copy, Debug)]
pub struct Variants {
    /// Needs AVX-512.
    pub avx512: unsafe fn(&mut Blocks<'_>),
    /// Needs AVX2.
    pub avx2: unsafe fn(&mut Blocks<'_>),
    /// Needs nothing.
    pub baseline: fn(&mut Blocks<'_>),
}

/// A parameter of a kernel.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub dtype: DType,
}

/// A kernel, as the attribute describes it.
#[derive(Debug)]
pub struct Kernel {
    /// The name of the function.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// The types of its results.
    pub results: &'static [DType],
    /// Its loops.
    pub variants: Variants,
}

impl Kernel {
    /// Calls it for the elements of arrays, one of which is among the arguments.
    ///
    /// # Panics
    /// Panics when shapes do not fit together, an array has a dtype that is not a parameter's, memory
    /// is short, or the user interrupted the cell.
    #[track_caller]
    pub fn launch(&self, arguments: Vec<Operand>) -> Vec<Array> {
        self.try_launch(arguments).or_raise()
    }

    fn try_launch(&self, arguments: Vec<Operand>) -> Result<Vec<Array>, Error> {
        let mut shape = Dims::new();
        for argument in &arguments {
            if let Input::Node(node) = &argument.0 {
                shape = broadcast_shape(self.name, &shape, &node.shape)?;
            }
        }
        let sources = arguments
            .into_iter()
            .zip(self.parameters)
            .map(|(argument, parameter)| self.source(argument, parameter, &shape))
            .collect::<Result<Vec<_>, Error>>()?;
        let mut storages = self
            .results
            .iter()
            .map(|&dtype| Storage::allocate(self.name, &shape, dtype))
            .collect::<Result<Vec<_>, Error>>()?;
        self.run(&sources, shape.iter().product(), &mut storages)?;
        let arrays = storages.into_iter();
        Ok(arrays
            .map(|storage| Array::of(Dense::new(storage, &shape)))
            .collect())
    }

    /// An argument in the type of its parameter and in the shape of the result.
    fn source(
        &self,
        argument: Operand,
        parameter: &Parameter,
        shape: &[usize],
    ) -> Result<Source, Error> {
        let node = match argument.0 {
            Input::Scalar(number) => return Ok(Source::Number(number, parameter.dtype)),
            Input::Node(node) => node,
        };
        if !node.dtype.fits_into(parameter.dtype) {
            let message = format!(
                "the array for `{}` has dtype {}, which is not all in {}: say so by `astype`",
                parameter.name, node.dtype, parameter.dtype
            );
            return Err(Error::argument(self.name, message));
        }
        let dense = expr::evaluate(&Node::cast(&node, parameter.dtype)?)?;
        let storage = Arc::clone(&dense.storage);
        let layout = dense.layout.broadcast(shape);
        // Shapes were found to fit together before.
        let layout = layout.ok_or_else(|| Error::Shapes {
            routine: self.name,
            left: node.shape.to_vec(),
            right: shape.to_vec(),
        })?;
        Ok(Source::Array(Dense { storage, layout }))
    }

    fn run(&self, sources: &[Source], len: usize, results: &mut [Storage]) -> Result<(), Error> {
        let mut tasks: Vec<Task<'_>> = (0..len)
            .step_by(CHUNK)
            .map(|start| Task {
                start,
                len: CHUNK.min(len - start),
                results: Vec::with_capacity(results.len()),
            })
            .collect();
        for storage in results {
            for (task, piece) in tasks.iter_mut().zip(storage.as_slice_mut().pieces(CHUNK)) {
                task.results.push(piece);
            }
        }
        let scratch = || {
            let made = sources.iter().map(|source| source.scratch(BLOCK.min(len)));
            made.collect::<Result<Vec<_>, Error>>()
        };
        let done = pool::pool().map_with(&mut tasks, &scratch, &|scratch, task| {
            let scratch = scratch.as_mut().map_err(|error| error.clone())?;
            self.chunk(sources, scratch, task);
            Ok(())
        });
        done.into_iter().collect()
    }

    fn chunk(&self, sources: &[Source], scratch: &mut [Option<Storage>], task: &mut Task<'_>) {
        let mut done = 0;
        while done < task.len {
            let len = BLOCK.min(task.len - done);
            let arguments = sources
                .iter()
                .zip(&mut *scratch)
                .map(|(source, scratch)| source.block(task.start + done, len, scratch.as_mut()))
                .collect();
            let results = task
                .results
                .iter_mut()
                .map(|result| Some(result.range_mut(done, len)))
                .collect();
            let mut blocks = Blocks { arguments, results };
            match level() {
                // SAFETY: the level says that the processor has the features.
                Level::Avx512 => unsafe { (self.variants.avx512)(&mut blocks) },
                // SAFETY: as above.
                Level::Avx2 => unsafe { (self.variants.avx2)(&mut blocks) },
                Level::Baseline => (self.variants.baseline)(&mut blocks),
            }
            done += len;
        }
    }
}

/// The part of the results that one thread writes at a time.
struct Task<'a> {
    start: usize,
    len: usize,
    results: Vec<SliceMut<'a>>,
}

/// Where the elements of an argument come from.
enum Source {
    Array(Dense),
    Number(Scalar, DType),
}

impl Source {
    /// Memory for elements that do not lie side by side; that of a number is filled once.
    fn scratch(&self, len: usize) -> Result<Option<Storage>, Error> {
        match self {
            Self::Array(dense) if dense.layout.is_contiguous() => Ok(None),
            Self::Array(dense) => Storage::scratch(dense.dtype(), len).map(Some),
            Self::Number(number, dtype) => {
                let mut scratch = Storage::scratch(*dtype, len)?;
                scratch.as_slice_mut().fill(*number);
                Ok(Some(scratch))
            }
        }
    }

    /// Some elements in row-major order.
    fn block<'a>(
        &'a self,
        start: usize,
        len: usize,
        scratch: Option<&'a mut Storage>,
    ) -> Slice<'a> {
        match (self, scratch) {
            (Self::Array(dense), Some(scratch)) => {
                dense.gather(start, scratch.as_slice_mut().range_mut(0, len));
                scratch.as_slice().range(0, len)
            }
            (Self::Array(dense), None) => dense.slice().range(start, len),
            (Self::Number(..), Some(scratch)) => scratch.as_slice().range(0, len),
            (Self::Number(..), None) => unreachable!("numbers have a block of their own"),
        }
    }
}
