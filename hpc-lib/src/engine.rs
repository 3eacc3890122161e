//! Arrays at the door of the engines ([`hpc_engines`]): how matrices and signals are handed over,
//! what becomes of failures.

use hpc_engines::{Engines, Failure, Run, View, ViewMut};

use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::array::layout::Layout;
use crate::array::storage::Storage;
use crate::error::Error;
use crate::host::interrupt;
use crate::pool;

/// Runs `$body` with `$type` as the Rust type of a dtype that the engines compute with.
macro_rules! with_inexact {
    ($dtype:expr, $type:ident => $body:expr) => {
        with_type!(@match $dtype, $type => $body;
            F32 f32, F64 f64, C64 num_complex::Complex<f32>, C128 num_complex::Complex<f64>;
            other => unreachable!("the engines do not compute with {other}"))
    };
}

/// Opens a region of this library.
macro_rules! routine {
    ($name:literal) => {{
        static SITE: $crate::prof::Site = $crate::prof::Site::routine($name);
        SITE.enter_routine()
    }};
}

pub(crate) use routine;

/// Calls the engines for a routine.
pub(crate) fn compute(
    routine: &'static str,
    shape: &[usize],
    call: impl FnOnce(&Engines, &Run) -> Result<(), Failure>,
) -> Result<(), Error> {
    let engines =
        hpc_engines::engines().map_err(|error| Error::argument(routine, error.to_string()))?;
    let run = Run {
        threads: pool::threads(),
        interrupted: Some(is_interrupted),
    };
    call(engines, &run).map_err(|failure| {
        if failure == Failure::Interrupted {
            interrupt::check();
        }
        Error::of_engines(routine, shape, &failure)
    })
}

extern "C" fn is_interrupted() -> bool {
    interrupt::is_requested()
}

/// What the engines read: values of a dtype that they compute with.
pub(crate) struct Given {
    dense: Dense,
}

impl Given {
    /// The values of `array`, of that dtype.
    pub(crate) fn new(array: &Array, dtype: DType) -> Self {
        let array = if array.dtype() == dtype {
            array.clone()
        } else {
            array.astype(dtype)
        };
        Self {
            dense: array.dense(),
        }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.dense.layout.shape
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dense.dtype()
    }

    /// The values as an array.
    pub(crate) fn array(&self) -> Array {
        Array::of(self.dense.clone())
    }

    /// The same values, laid out in another way.
    pub(crate) fn laid_out(&self, layout: Layout) -> Self {
        Self {
            dense: Dense {
                storage: self.dense.storage.clone(),
                layout,
            },
        }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.dense.layout
    }

    pub(crate) fn view(&self) -> View<'_> {
        let Layout {
            shape,
            strides,
            offset,
        } = &self.dense.layout;
        let slice = self.dense.storage.as_slice();
        with_inexact!(self.dtype(), T => {
            View::new(T::slice(slice), *offset, shape, strides)
        })
    }
}

/// What the engines write: an array to be.
pub(crate) struct Wanted {
    storage: Storage,
    layout: Layout,
}

impl Wanted {
    pub(crate) fn new(routine: &'static str, shape: &[usize], dtype: DType) -> Result<Self, Error> {
        Ok(Self {
            storage: Storage::allocate(routine, shape, dtype)?,
            layout: Layout::contiguous(shape),
        })
    }

    pub(crate) fn view(&mut self) -> ViewMut<'_> {
        view_mut(&mut self.storage, &self.layout)
    }

    /// The same elements, laid out in another way.
    pub(crate) fn view_as<'a>(&'a mut self, layout: &'a Layout) -> ViewMut<'a> {
        view_mut(&mut self.storage, layout)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn into_array(self) -> Array {
        let shape = self.layout.shape;
        Array::of(Dense::new(self.storage, &shape))
    }
}

fn view_mut<'a>(storage: &'a mut Storage, layout: &'a Layout) -> ViewMut<'a> {
    let dtype = storage.dtype();
    let slice = storage.as_slice_mut();
    with_inexact!(dtype, T => {
        ViewMut::new(T::slice_mut(slice), layout.offset, &layout.shape, &layout.strides)
    })
}
