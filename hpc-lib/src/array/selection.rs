//! What indices select of an array: the places of the elements in its storage.
#![allow(unsafe_code)] // Threads write to places of one storage that follow from strides.

use smallvec::smallvec;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, with_type};
use super::element::Typed;
use super::index::Index;
use super::layout::{Dims, Layout, Strides, broadcast_shape, checked_len};
use super::slice::{Slice, SliceMut};
use super::storage::Storage;
use crate::disjoint::Disjoint;
use crate::error::Error;
use crate::pool;

/// Elements that a thread copies at a time.
const PART: usize = 1 << 15;

/// The selected elements: for each position of `outer` and each of `chosen` those of `inner`, at
/// the sum of their offsets.
pub(crate) struct Selection {
    outer: Layout,
    chosen: Chosen,
    /// Without an offset of its own.
    inner: Layout,
    is_view: bool,
}

/// Elements that arrays of positions select together.
struct Chosen {
    shape: Dims,
    offsets: Vec<isize>,
}

/// What becomes of an axis, in the order of the indices.
enum Axis {
    Kept(usize, isize),
    /// Goes into [`Chosen`].
    Chosen,
}

/// Positions along an axis with this stride, checked and counted from its start.
struct Positions {
    layout: Layout,
    values: Vec<isize>,
}

impl Selection {
    /// What `indices` select of an array with this layout.
    pub(crate) fn of(
        routine: &'static str,
        layout: &Layout,
        indices: &[Index],
    ) -> Result<Self, Error> {
        let ndim = layout.shape.len();
        let used: usize = indices.iter().map(axes_of).sum();
        if used > ndim {
            let shape = &layout.shape;
            let message = format!("{used} indices for an array of shape {shape:?}");
            return Err(Error::argument(routine, message));
        }
        let ellipses = indices
            .iter()
            .filter(|index| matches!(index, Index::Ellipsis));
        if ellipses.count() > 1 {
            return Err(Error::argument(routine, "more than one Ellipsis"));
        }
        let with_arrays = indices.iter().any(|index| matches!(index, Index::Array(_)));
        let mut reader = Reader {
            routine,
            layout,
            axis: 0,
            offset: layout.offset as isize,
            axes: Vec::new(),
            positions: Vec::new(),
        };
        for index in indices {
            reader.read(index, ndim - used, with_arrays)?;
        }
        if ellipses_missing(indices) {
            reader.keep(ndim - used);
        }
        reader.finish(with_arrays)
    }

    /// The layout of a view, unless the elements must be copied.
    pub(crate) fn view(&self) -> Option<Layout> {
        self.is_view.then(|| Layout {
            offset: self.outer.offset,
            ..self.inner.clone()
        })
    }

    /// The shape of what is selected.
    pub(crate) fn shape(&self) -> Dims {
        let (outer, inner) = (&self.outer.shape, &self.inner.shape);
        outer
            .iter()
            .chain(&self.chosen.shape)
            .chain(inner)
            .copied()
            .collect()
    }

    /// A copy of the selected elements of `dense`, whose layout the selection is made of.
    pub(crate) fn gather(&self, routine: &'static str, dense: &Dense) -> Result<Dense, Error> {
        let shape = self.shape();
        let mut storage = Storage::allocate(routine, &shape, dense.dtype())?;
        let width = self.inner.len().max(1);
        let rows = (PART / width).max(1);
        with_type!(dense.dtype(), T => {
            let source = T::slice(dense.storage.as_slice());
            let target = T::slice_mut(storage.as_slice_mut());
            pool::pool().for_each_piece(target, rows * width, &|start, target| {
                self.gather_rows(source, start / width, target);
            });
        });
        Ok(Dense::new(storage, &shape))
    }

    /// Copies rows of `inner`, from number `first` on, until `target` is full.
    fn gather_rows<T: Typed>(&self, source: &[T], first: usize, target: &mut [T]) {
        let width = self.inner.len();
        let count = target.len() / width;
        let mut rows = target.chunks_exact_mut(width);
        self.for_each_row(first, count, |offset| {
            let Some(row) = rows.next() else { return };
            if width == 1 {
                row[0] = source[offset];
                return;
            }
            let mut filled = 0;
            self.inner.for_each_run(0, width, |start, stride, n| {
                let run = &mut row[filled..filled + n];
                // Strides that go back are beyond the start of the row.
                let mut at = (start as isize).wrapping_add(offset as isize);
                if stride == 1 {
                    run.copy_from_slice(&source[at as usize..][..n]);
                } else {
                    for value in run {
                        *value = source[at as usize];
                        at += stride;
                    }
                }
                filled += n;
            });
        });
    }

    /// Writes `values`, as many as are selected, or one for all.
    pub(crate) fn scatter(&self, values: Slice<'_>, target: SliceMut<'_>) {
        with_type!(target.dtype(), T => self.scatter_typed(T::slice(values), T::slice_mut(target)));
    }

    fn scatter_typed<T: Typed>(&self, values: &[T], target: &mut [T]) {
        let width = self.inner.len();
        let count = self.outer.len() * self.chosen.offsets.len();
        if width * count == 0 {
            return;
        }
        // Positions from arrays may occur twice, and then the last value stays.
        if self.is_view && width > PART {
            return self.scatter_view(values, target);
        }
        let one = values.len() == 1;
        let mut next = 0;
        self.for_each_row(0, count, |offset| {
            self.inner.for_each_run(0, width, |start, stride, n| {
                let mut at = (start as isize).wrapping_add(offset as isize);
                if stride == 1 {
                    let run = &mut target[at as usize..][..n];
                    if one {
                        run.fill(values[0]);
                    } else {
                        run.copy_from_slice(&values[next..next + n]);
                    }
                } else {
                    for i in 0..n {
                        target[at as usize] = values[if one { 0 } else { next + i }];
                        at += stride;
                    }
                }
                next += n;
            });
        });
    }

    /// As [`scatter`](Self::scatter) for a view, on all threads. No two elements of it have the same
    /// place: an array that is written to has no strides of 0.
    fn scatter_view<T: Typed>(&self, values: &[T], target: &mut [T]) {
        let (len, first) = (self.inner.len(), self.outer.offset as isize);
        let value = |at: usize| {
            if values.len() == 1 {
                values[0]
            } else {
                values[at]
            }
        };
        let places = Disjoint::new(target);
        pool::pool().for_each(len.div_ceil(PART), &|part| {
            let start = part * PART;
            let mut next = start;
            let count = PART.min(len - start);
            self.inner.for_each_run(start, count, |offset, stride, n| {
                let mut at = (offset as isize).wrapping_add(first);
                if stride == 1 && values.len() > 1 {
                    let place = at as usize..at as usize + n;
                    // SAFETY: each element of the view is written once, by one thread.
                    let run = unsafe { places.range(place) };
                    run.copy_from_slice(&values[next..next + n]);
                } else {
                    for i in next..next + n {
                        // SAFETY: as above.
                        unsafe { places.write(at as usize, value(i)) };
                        at += stride;
                    }
                }
                next += n;
            });
        });
    }

    /// Visits the offsets of `count` rows from number `first` on.
    fn for_each_row(&self, first: usize, count: usize, mut visit: impl FnMut(usize)) {
        let chosen = &self.chosen.offsets;
        if count == 0 || chosen.is_empty() {
            return;
        }
        let (mut outer, mut at) = (first / chosen.len(), first % chosen.len());
        let mut left = count;
        while left > 0 {
            let mut start = 0;
            self.outer
                .for_each_run(outer, 1, |offset, _, _| start = offset as isize);
            let n = left.min(chosen.len() - at);
            for &offset in &chosen[at..at + n] {
                visit((start + offset) as usize);
            }
            left -= n;
            at = 0;
            outer += 1;
        }
    }
}

/// The number of axes that an index is for.
fn axes_of(index: &Index) -> usize {
    match index {
        Index::NewAxis | Index::Ellipsis => 0,
        Index::Array(array) if array.dtype() == DType::Bool => array.ndim(),
        Index::At(_) | Index::Range { .. } | Index::Array(_) => 1,
    }
}

fn ellipses_missing(indices: &[Index]) -> bool {
    !indices.iter().any(|index| matches!(index, Index::Ellipsis))
}

/// Goes through indices and the axes that they are for.
struct Reader<'a> {
    routine: &'static str,
    layout: &'a Layout,
    axis: usize,
    offset: isize,
    axes: Vec<Axis>,
    positions: Vec<Positions>,
}

impl Reader<'_> {
    fn read(&mut self, index: &Index, left: usize, with_arrays: bool) -> Result<(), Error> {
        match index {
            Index::NewAxis => self.axes.push(Axis::Kept(1, 0)),
            Index::Ellipsis => self.keep(left),
            Index::At(at) => {
                let position = self.layout.position(self.routine, *at, self.axis)?;
                self.offset += position as isize * self.layout.strides[self.axis];
                self.axis += 1;
                if with_arrays {
                    self.axes.push(Axis::Chosen);
                }
            }
            Index::Range { start, stop, step } => {
                let (n, stride) = (self.layout.shape[self.axis], self.layout.strides[self.axis]);
                let (first, count) = Index::resolve(self.routine, *start, *stop, *step, n)?;
                if count > 0 {
                    self.offset += first as isize * stride;
                }
                // Out of range only where there is no second element.
                self.axes
                    .push(Axis::Kept(count, stride.wrapping_mul(*step)));
                self.axis += 1;
            }
            Index::Array(array) if array.dtype() == DType::Bool => self.read_mask(array)?,
            Index::Array(array) if array.dtype().is_integer() => self.read_positions(array)?,
            Index::Array(array) if array.is_empty() => self.read_positions(array)?,
            Index::Array(array) => {
                return Err(Error::DType {
                    routine: self.routine,
                    dtype: array.dtype(),
                    expected: "an index is of bool or integers",
                });
            }
        }
        Ok(())
    }

    /// Keeps the next `count` axes whole.
    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            let axis = Axis::Kept(self.layout.shape[self.axis], self.layout.strides[self.axis]);
            self.axes.push(axis);
            self.axis += 1;
        }
    }

    fn read_positions(&mut self, array: &Array) -> Result<(), Error> {
        let stride = self.layout.strides[self.axis];
        let offset = |at: i64| {
            let position = self.layout.position(self.routine, at as isize, self.axis)?;
            Ok(position as isize * stride)
        };
        let values = array.astype(DType::I64).to_vec::<i64>();
        let values = values
            .into_iter()
            .map(offset)
            .collect::<Result<_, Error>>()?;
        let layout = Layout::contiguous(array.shape());
        self.positions.push(Positions { layout, values });
        self.axes.push(Axis::Chosen);
        self.axis += 1;
        Ok(())
    }

    fn read_mask(&mut self, mask: &Array) -> Result<(), Error> {
        let end = self.axis + mask.ndim();
        if self.layout.shape[self.axis..end] != *mask.shape() {
            return Err(Error::Shapes {
                routine: self.routine,
                left: self.layout.shape.to_vec(),
                right: mask.shape().to_vec(),
            });
        }
        let part = Layout {
            shape: mask.shape().into(),
            strides: self.layout.strides[self.axis..end].into(),
            offset: 0,
        };
        let mask = mask.to_vec::<bool>();
        let mut values = Vec::new();
        let mut number = 0;
        part.for_each_run(0, mask.len(), |offset, stride, n| {
            for (i, _) in mask[number..number + n]
                .iter()
                .enumerate()
                .filter(|(_, is)| **is)
            {
                values.push((offset as isize).wrapping_add(i as isize * stride));
            }
            number += n;
        });
        let layout = Layout::contiguous(&[values.len()]);
        self.positions.push(Positions { layout, values });
        self.axes.push(Axis::Chosen);
        self.axis = end;
        Ok(())
    }

    fn finish(self, with_arrays: bool) -> Result<Selection, Error> {
        let is_chosen = |axis: &Axis| matches!(axis, Axis::Chosen);
        let first = self.axes.iter().position(is_chosen);
        let last = self.axes.iter().rposition(is_chosen);
        // Where the axes of the positions go: to their place if they are neighbours, else first.
        let before = match (first, last) {
            (Some(first), Some(last)) if self.axes[first..last].iter().all(is_chosen) => first,
            _ => 0,
        };
        let kept = self.axes.iter().filter_map(|axis| match *axis {
            Axis::Kept(n, stride) => Some((n, stride)),
            Axis::Chosen => None,
        });
        let (shape, strides): (Dims, Strides) = kept.unzip();
        let (outer_shape, inner_shape) = shape.split_at(before);
        let (outer_strides, inner_strides) = strides.split_at(before);
        Ok(Selection {
            outer: Layout {
                shape: outer_shape.into(),
                strides: outer_strides.into(),
                offset: self.offset as usize,
            },
            chosen: Chosen::of(self.routine, &self.positions)?,
            inner: Layout {
                shape: inner_shape.into(),
                strides: inner_strides.into(),
                offset: 0,
            },
            is_view: !with_arrays,
        })
    }
}

impl Chosen {
    fn of(routine: &'static str, positions: &[Positions]) -> Result<Self, Error> {
        let mut shape: Dims = smallvec![];
        for positions in positions {
            shape = broadcast_shape(routine, &shape, &positions.layout.shape)?;
        }
        let mut offsets: Vec<isize> = Vec::new();
        let reserved =
            checked_len(&shape).and_then(|len| offsets.try_reserve_exact(len).ok().map(|()| len));
        let len = reserved.ok_or_else(|| Error::Memory {
            routine,
            shape: shape.to_vec(),
            dtype: DType::I64,
        })?;
        offsets.resize(len, 0);
        for Positions { layout, values } in positions {
            let Some(layout) = layout.broadcast(&shape) else {
                continue;
            };
            let mut number = 0;
            layout.for_each_run(0, len, |start, stride, n| {
                for (i, offset) in offsets[number..number + n].iter_mut().enumerate() {
                    let at = start as isize + i as isize * stride;
                    *offset = offset.wrapping_add(values[at as usize]);
                }
                number += n;
            });
        }
        Ok(Self { shape, offsets })
    }
}
