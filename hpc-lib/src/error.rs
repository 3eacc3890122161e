use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hpc_engines::Failure;

use crate::array::DType;

/// Why a routine could not do what it was asked.
///
/// Operators and most methods panic with the text of this error: [`attempt`] gives it as a value,
/// whichever routine it comes from. Routines that fail because of the numbers in an array or the bytes
/// in a file (linear algebra, files, [`evaluate`](crate::evaluate())) return it.
///
/// ```
/// use hpc::prelude::*;
/// let error = Array::from(vec![0.0; 0]).try_min().unwrap_err();
/// assert_eq!(error.to_string(), "min: the array is empty (shape [0])");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Two shapes that do not fit together.
    Shapes {
        /// The routine.
        routine: &'static str,
        /// Shape of the first operand.
        left: Vec<usize>,
        /// Shape of the second operand, or the shape asked for.
        right: Vec<usize>,
    },
    /// A dtype that the routine does not take.
    DType {
        /// The routine.
        routine: &'static str,
        /// The dtype it was given.
        dtype: DType,
        /// What it takes, and what to do.
        expected: &'static str,
    },
    /// An index outside the array.
    Index {
        /// The routine.
        routine: &'static str,
        /// The index, negative ones count from the end.
        index: isize,
        /// The axis it was used on.
        axis: usize,
        /// The shape of the array.
        shape: Vec<usize>,
    },
    /// An array with another number of dimensions than the routine takes.
    Dimensions {
        /// The routine.
        routine: &'static str,
        /// The shape of the array.
        shape: Vec<usize>,
        /// What it takes.
        expected: &'static str,
    },
    /// More memory than there is.
    Memory {
        /// The routine.
        routine: &'static str,
        /// Shape of the array that was asked for.
        shape: Vec<usize>,
        /// Its dtype.
        dtype: DType,
    },
    /// An empty array where an element is needed.
    Empty {
        /// The routine.
        routine: &'static str,
        /// The shape of the array.
        shape: Vec<usize>,
    },
    /// A singular matrix, where one with an inverse is needed.
    Singular {
        /// The routine.
        routine: &'static str,
        /// The matrix of the batch, counted in C order, where there are some.
        item: Option<usize>,
        /// The step of the elimination that finds no pivot.
        index: usize,
    },
    /// A matrix that is not positive definite, where one is needed.
    NotPositiveDefinite {
        /// The routine.
        routine: &'static str,
        /// The matrix of the batch, counted in C order, where there are some.
        item: Option<usize>,
        /// The first leading minor that is not positive is of this order.
        order: usize,
    },
    /// An iteration that does not converge.
    NoConvergence {
        /// The routine.
        routine: &'static str,
        /// The matrix of the batch, counted in C order, where there are some.
        item: Option<usize>,
    },
    /// Infinities or NaN, where finite numbers are needed.
    NotFinite {
        /// The routine.
        routine: &'static str,
        /// The matrix of the batch, counted in C order, where there are some.
        item: Option<usize>,
    },
    /// A file that cannot be read or written, or is broken.
    File {
        /// The routine.
        routine: &'static str,
        /// Its path; empty for bytes in memory.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// An argument with a value that makes no sense.
    Argument {
        /// The routine.
        routine: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl Error {
    pub(crate) fn argument(routine: &'static str, message: impl Into<String>) -> Self {
        Self::Argument {
            routine,
            message: message.into(),
        }
    }

    /// What the engines failed at, on an array of that shape.
    pub(crate) fn of_engines(routine: &'static str, shape: &[usize], failure: &Failure) -> Self {
        let item = |item: usize| (shape.len() > 2).then_some(item);
        match *failure {
            Failure::Singular { item: place, index } => Self::Singular {
                routine,
                item: item(place),
                index,
            },
            Failure::NotPositiveDefinite { item: place, index } => Self::NotPositiveDefinite {
                routine,
                item: item(place),
                order: index + 1,
            },
            Failure::NoConvergence { item: place } => Self::NoConvergence {
                routine,
                item: item(place),
            },
            Failure::NotFinite { item: place } => Self::NotFinite {
                routine,
                item: item(place),
            },
            _ => Self::argument(routine, failure.to_string()),
        }
    }

    /// Ends the routine by a panic with this error's text.
    #[cold]
    #[track_caller]
    pub(crate) fn raise(&self) -> ! {
        if ATTEMPTS.get() > 0 {
            // No text appears: it is not the end of a cell.
            resume_unwind(Box::new(self.clone()));
        }
        panic!("{self}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shapes {
                routine,
                left,
                right,
            } => {
                write!(
                    f,
                    "{routine}: shapes {left:?} and {right:?} do not fit together"
                )
            }
            Self::DType {
                routine,
                dtype,
                expected,
            } => {
                write!(f, "{routine}: the array has dtype {dtype}; {expected}")
            }
            Self::Index {
                routine,
                index,
                axis,
                shape,
            } => {
                write!(
                    f,
                    "{routine}: index {index} is out of range for axis {axis} of shape {shape:?}"
                )
            }
            Self::Dimensions {
                routine,
                shape,
                expected,
            } => {
                write!(f, "{routine}: the array has shape {shape:?}; {expected}")
            }
            Self::Memory {
                routine,
                shape,
                dtype,
            } => {
                let bytes = shape.iter().map(|&n| n as f64).product::<f64>() * dtype.size() as f64;
                write!(
                    f,
                    "{routine}: an array of shape {shape:?} and dtype {dtype} needs {}, more than is available",
                    crate::array::bytes_text(bytes)
                )
            }
            Self::Empty { routine, shape } => {
                write!(f, "{routine}: the array is empty (shape {shape:?})")
            }
            Self::Singular {
                routine,
                item,
                index,
            } => write!(
                f,
                "{routine}: {} is singular: pivot {index} is zero",
                Matrix(*item)
            ),
            Self::NotPositiveDefinite {
                routine,
                item,
                order,
            } => write!(
                f,
                "{routine}: {} is not positive definite: its leading minor of order {order} is not positive",
                Matrix(*item)
            ),
            Self::NoConvergence { routine, item } => {
                write!(
                    f,
                    "{routine}: the iteration for {} does not converge",
                    Matrix(*item)
                )
            }
            Self::NotFinite { routine, item } => {
                write!(f, "{routine}: {} holds infinities or NaN", Matrix(*item))
            }
            Self::File {
                routine,
                path,
                message,
            } => {
                let colon = if path.is_empty() { "" } else { ": " };
                write!(f, "{routine}: {path}{colon}{message}")
            }
            Self::Argument { routine, message } => write!(f, "{routine}: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// A matrix, as it is called in messages.
struct Matrix(Option<usize>);

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(item) => write!(f, "matrix {item} of the batch"),
            None => f.write_str("the matrix"),
        }
    }
}

thread_local! {
    /// How many [`attempt`]s are under way on this thread, one within the other.
    static ATTEMPTS: Cell<usize> = const { Cell::new(0) };
}

/// What `work` gives, or the error of the routine of this library that ended it: the form of every
/// routine for where a failure is a matter of data. Other panics, and an interrupt, go on.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(0, 5, 1);
/// let at = Array::from([1, 7]);
/// let error = attempt(|| x.take(&at, 0)).unwrap_err();
/// assert_eq!(error.to_string(), "take: index 7 is out of range for axis 0 of shape [5]");
/// assert_eq!(attempt(|| x.take(&at, 0).sum()).unwrap_or(0.0), 0.0);
/// assert_eq!(attempt(|| x.sum()).unwrap(), 10.0);
/// ```
///
/// An expression is computed when it is needed: `.eval()` within `work` makes sure that memory that is
/// missing is noticed there.
///
/// # Errors
/// Returns the error that a routine would have ended the cell with. What `work` changed before stays.
pub fn attempt<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    ATTEMPTS.set(ATTEMPTS.get() + 1);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    ATTEMPTS.set(ATTEMPTS.get() - 1);
    outcome.or_else(|payload| match payload.downcast::<Error>() {
        Ok(error) => Err(*error),
        Err(payload) => resume_unwind(payload),
    })
}

/// Turns an error into a panic at the caller's place in the source.
pub(crate) trait OrRaise<T> {
    fn or_raise(self) -> T;
}

impl<T> OrRaise<T> for Result<T, Error> {
    #[track_caller]
    fn or_raise(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => error.raise(),
        }
    }
}
