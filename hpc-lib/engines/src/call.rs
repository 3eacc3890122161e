//! The routines, safe to call: shapes and types are checked before anything passes the door.
#![allow(unsafe_code)] // The other side is given addresses, from views that were checked.

use std::{fmt, ptr, str};

use crate::table::{
    BACKWARD, CONJUGATE_LEFT, CONJUGATE_RIGHT, Call, Code, Engines, Kind, Outcome, REAL, Routine,
    Strided, TEXT, UPPER,
};
use crate::view::{View, ViewMut};

/// How to compute.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Threads to compute on.
    pub threads: usize,
    /// Asked between pieces of the work, from any thread; `true` ends it. It must not unwind.
    pub interrupted: Option<extern "C" fn() -> bool>,
}

/// Why a routine has no result. What it had to write then holds anything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// A matrix is singular.
    Singular {
        /// The matrix of the batch, counted in C order.
        item: usize,
        /// The step of the elimination that finds no pivot.
        index: usize,
    },
    /// A matrix is not positive definite.
    NotPositiveDefinite {
        /// The matrix of the batch, counted in C order.
        item: usize,
        /// The order of the first minor that is not positive, less one.
        index: usize,
    },
    /// An iteration did not converge.
    NoConvergence {
        /// The matrix of the batch, counted in C order.
        item: usize,
    },
    /// A matrix holds infinities or NaN where the routine needs finite numbers.
    NotFinite {
        /// The matrix of the batch, counted in C order.
        item: usize,
    },
    /// The caller asked to stop.
    Interrupted,
    /// There is not enough memory for the work.
    Memory,
    /// A defect of the engines.
    Defect {
        /// The text of the panic.
        message: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Singular { item, index } => {
                write!(f, "matrix {item} is singular: pivot {index} is zero")
            }
            Self::NotPositiveDefinite { item, index } => write!(
                f,
                "matrix {item} is not positive definite: minor {} is not positive",
                index + 1
            ),
            Self::NoConvergence { item } => {
                write!(f, "the iteration for matrix {item} does not converge")
            }
            Self::NotFinite { item } => write!(f, "matrix {item} holds infinities or NaN"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Memory => f.write_str("there is not enough memory for the work"),
            Self::Defect { message } => write!(f, "defect of the engines: {message}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Nothing, where a result is not asked for.
const NOTHING: Strided = Strided {
    data: ptr::null_mut(),
    axes: 0,
    shape: ptr::null(),
    strides: ptr::null(),
};

/// What a routine is asked.
#[derive(Clone, Copy, Default)]
struct Question {
    options: u32,
    parameter: f64,
}

fn ask(
    routine: Routine,
    run: &Run,
    kind: Kind,
    question: Question,
    arguments: &[Strided],
) -> Result<(), Failure> {
    let call = Call {
        threads: run.threads.max(1),
        interrupted: run.interrupted,
        kind,
        options: question.options,
        parameter: question.parameter,
        arguments: arguments.as_ptr(),
        count: arguments.len(),
    };
    let mut outcome = Outcome {
        code: Code::Panic,
        item: 0,
        index: 0,
        length: 0,
        text: [0; TEXT],
    };
    // SAFETY: the arguments come from views, which are what they say while they are borrowed; the
    // routines below have checked their types and shapes.
    unsafe { routine(&call, &mut outcome) };
    let Outcome { item, index, .. } = outcome;
    Err(match outcome.code {
        Code::Done => return Ok(()),
        Code::Singular => Failure::Singular { item, index },
        Code::NotPositiveDefinite => Failure::NotPositiveDefinite { item, index },
        Code::NoConvergence => Failure::NoConvergence { item },
        Code::NotFinite => Failure::NotFinite { item },
        Code::Interrupted => Failure::Interrupted,
        Code::Memory => Failure::Memory,
        Code::Panic => Failure::Defect {
            message: String::from_utf8_lossy(&outcome.text[..outcome.length]).into_owned(),
        },
    })
}

impl Kind {
    /// The type of the real and imaginary parts.
    #[must_use]
    pub fn real(self) -> Self {
        match self {
            Self::C64 => Self::F32,
            Self::C128 => Self::F64,
            other => other,
        }
    }

    /// The type of complex numbers with such parts.
    #[must_use]
    pub fn complex(self) -> Self {
        match self {
            Self::F32 => Self::C64,
            Self::F64 => Self::C128,
            other => other,
        }
    }
}

/// What a shape must be.
struct Frame<'a> {
    routine: &'static str,
    batch: &'a [usize],
}

impl<'a> Frame<'a> {
    /// The frame of a routine whose first argument has the last `inner` axes for itself.
    #[track_caller]
    fn new(routine: &'static str, first: &View<'a>, inner: usize) -> Self {
        assert!(
            first.kind != Kind::Index,
            "{routine}: cannot compute with indices"
        );
        assert!(
            !first.is_conjugated || routine == "matmul",
            "{routine}: does not take a conjugated view"
        );
        let shape = first.shape();
        assert!(
            shape.len() >= inner,
            "{routine}: shape {shape:?} has fewer than {inner} axes"
        );
        Self {
            routine,
            batch: &shape[..shape.len() - inner],
        }
    }

    #[track_caller]
    fn check(&self, shape: &[usize], kind: Kind, inner: &[usize], expected: Kind) {
        let routine = self.routine;
        let is_right = shape.len() == self.batch.len() + inner.len()
            && shape.starts_with(self.batch)
            && shape.ends_with(inner);
        assert!(
            is_right,
            "{routine}: an argument has shape {shape:?}; it must be {:?}",
            [self.batch, inner].concat()
        );
        assert!(
            kind == expected,
            "{routine}: an argument has elements {kind:?}; they must be {expected:?}"
        );
    }

    #[track_caller]
    fn input(&self, view: &View<'_>, inner: &[usize], kind: Kind) -> Strided {
        self.check(view.shape(), view.kind, inner, kind);
        assert!(
            !view.is_conjugated || self.routine == "matmul",
            "{}: does not take a conjugated view",
            self.routine
        );
        view.raw
    }

    #[track_caller]
    fn output(&self, view: &ViewMut<'_>, inner: &[usize], kind: Kind) -> Strided {
        self.check(view.shape(), view.kind, inner, kind);
        view.raw
    }

    #[track_caller]
    fn optional(&self, view: Option<&ViewMut<'_>>, inner: &[usize], kind: Kind) -> Strided {
        view.map_or(NOTHING, |view| self.output(view, inner, kind))
    }

    /// Rows and columns of a square matrix.
    #[track_caller]
    fn order(&self, view: &View<'_>) -> usize {
        let (rows, columns) = sides(view);
        assert!(
            rows == columns,
            "{}: shape {:?} is not that of square matrices",
            self.routine,
            view.shape()
        );
        rows
    }
}

/// Rows and columns.
fn sides(view: &View<'_>) -> (usize, usize) {
    let shape = view.shape();
    (shape[shape.len() - 2], shape[shape.len() - 1])
}

/// The length of the last axis.
fn last(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(0)
}

/// Every routine works on batches: the axes before the matrix, or the signal, have the same lengths
/// in all arguments. It panics when shapes or types of elements do not fit.
impl Engines {
    /// Products of matrices: `out = a b`.
    ///
    /// # Errors
    /// Only interruption and defects.
    #[track_caller]
    pub fn matmul(
        &self,
        run: &Run,
        a: &View<'_>,
        b: &View<'_>,
        out: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("matmul", a, 2);
        let ((rows, depth), columns) = (sides(a), last(b.shape()));
        let arguments = [
            a.raw,
            frame.input(b, &[depth, columns], a.kind),
            frame.output(out, &[rows, columns], a.kind),
        ];
        let left = if a.is_conjugated { CONJUGATE_LEFT } else { 0 };
        let right = if b.is_conjugated { CONJUGATE_RIGHT } else { 0 };
        let question = Question {
            options: left | right,
            ..Question::default()
        };
        ask(self.matmul, run, a.kind, question, &arguments)
    }

    /// Triangular factors with row pivots: rows `pivots` of `a` are `L U`, with `L` below the
    /// diagonal of `lu` (its own diagonal is 1) and `U` on and above it.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects. Singular matrices have factors too.
    #[track_caller]
    pub fn lu(
        &self,
        run: &Run,
        a: &View<'_>,
        lu: &mut ViewMut<'_>,
        pivots: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("lu", a, 2);
        let (rows, columns) = sides(a);
        let arguments = [
            a.raw,
            frame.output(lu, &[rows, columns], a.kind),
            frame.output(pivots, &[rows], Kind::Index),
        ];
        ask(self.lu, run, a.kind, Question::default(), &arguments)
    }

    /// Sign and logarithm of the absolute value of determinants. A singular matrix has sign 0 and
    /// logarithm minus infinity.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn slogdet(
        &self,
        run: &Run,
        a: &View<'_>,
        sign: &mut ViewMut<'_>,
        log: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("slogdet", a, 2);
        frame.order(a);
        let arguments = [
            a.raw,
            frame.output(sign, &[], a.kind),
            frame.output(log, &[], a.kind.real()),
        ];
        ask(self.slogdet, run, a.kind, Question::default(), &arguments)
    }

    /// Determinants.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn det(&self, run: &Run, a: &View<'_>, det: &mut ViewMut<'_>) -> Result<(), Failure> {
        let frame = Frame::new("det", a, 2);
        frame.order(a);
        let arguments = [a.raw, frame.output(det, &[], a.kind)];
        ask(self.det, run, a.kind, Question::default(), &arguments)
    }

    /// Solutions of `a x = b`.
    ///
    /// # Errors
    /// A singular matrix; lack of memory, interruption and defects.
    #[track_caller]
    pub fn solve(
        &self,
        run: &Run,
        a: &View<'_>,
        b: &View<'_>,
        x: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("solve", a, 2);
        let (order, columns) = (frame.order(a), last(b.shape()));
        let arguments = [
            a.raw,
            frame.input(b, &[order, columns], a.kind),
            frame.output(x, &[order, columns], a.kind),
        ];
        ask(self.solve, run, a.kind, Question::default(), &arguments)
    }

    /// Inverses.
    ///
    /// # Errors
    /// A singular matrix; lack of memory, interruption and defects.
    #[track_caller]
    pub fn inv(&self, run: &Run, a: &View<'_>, out: &mut ViewMut<'_>) -> Result<(), Failure> {
        let frame = Frame::new("inv", a, 2);
        let order = frame.order(a);
        let arguments = [a.raw, frame.output(out, &[order, order], a.kind)];
        ask(self.inv, run, a.kind, Question::default(), &arguments)
    }

    /// Factors of Hermitian, positive definite matrices: `a = L L^H` from the lower triangle, or,
    /// where `is_upper`, `a = U^H U` from the upper one. The other triangle of `out` is zero.
    ///
    /// # Errors
    /// A matrix that is not positive definite; lack of memory, interruption and defects.
    #[track_caller]
    pub fn cholesky(
        &self,
        run: &Run,
        a: &View<'_>,
        is_upper: bool,
        out: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("cholesky", a, 2);
        let order = frame.order(a);
        let arguments = [a.raw, frame.output(out, &[order, order], a.kind)];
        let question = Question {
            options: if is_upper { UPPER } else { 0 },
            ..Question::default()
        };
        ask(self.cholesky, run, a.kind, question, &arguments)
    }

    /// Orthogonal and triangular factors: `a = q r`. `q` has as many columns as `r` has rows: those
    /// of `a`, or the smaller of its two sides.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn qr(
        &self,
        run: &Run,
        a: &View<'_>,
        q: Option<&mut ViewMut<'_>>,
        r: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("qr", a, 2);
        let (rows, columns) = sides(a);
        let middle = r.shape().iter().rev().nth(1).copied();
        let middle = middle
            .filter(|&middle| middle == rows)
            .unwrap_or(rows.min(columns));
        let arguments = [
            a.raw,
            frame.optional(q.as_deref(), &[rows, middle], a.kind),
            frame.output(r, &[middle, columns], a.kind),
        ];
        ask(self.qr, run, a.kind, Question::default(), &arguments)
    }

    /// Singular values, the largest first, and vectors: `a = u diag(s) vh`. `u` has as many columns
    /// as `a` has rows, or as there are values; likewise the rows of `vh`.
    ///
    /// # Errors
    /// A matrix that is not finite, or for which the iteration does not converge; lack of memory,
    /// interruption and defects.
    #[track_caller]
    pub fn svd(
        &self,
        run: &Run,
        a: &View<'_>,
        u: Option<&mut ViewMut<'_>>,
        s: &mut ViewMut<'_>,
        vh: Option<&mut ViewMut<'_>>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("svd", a, 2);
        let (rows, columns) = sides(a);
        let size = rows.min(columns);
        let full =
            |found: Option<usize>, full: usize| if found == Some(full) { full } else { size };
        let u_columns = full(u.as_ref().map(|u| last(u.shape())), rows);
        let vh_rows = vh
            .as_ref()
            .and_then(|vh| vh.shape().iter().rev().nth(1).copied());
        let arguments = [
            a.raw,
            frame.optional(u.as_deref(), &[rows, u_columns], a.kind),
            frame.output(s, &[size], a.kind.real()),
            frame.optional(vh.as_deref(), &[full(vh_rows, columns), columns], a.kind),
        ];
        ask(self.svd, run, a.kind, Question::default(), &arguments)
    }

    /// Eigenvalues, the smallest first, and orthonormal eigenvectors (columns of `v`) of Hermitian
    /// matrices, of which the lower triangle is read, or the upper one where `is_upper`.
    ///
    /// # Errors
    /// A matrix that is not finite, or for which the iteration does not converge; lack of memory,
    /// interruption and defects.
    #[track_caller]
    pub fn eigh(
        &self,
        run: &Run,
        a: &View<'_>,
        is_upper: bool,
        w: &mut ViewMut<'_>,
        v: Option<&mut ViewMut<'_>>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("eigh", a, 2);
        let order = frame.order(a);
        let arguments = [
            a.raw,
            frame.output(w, &[order], a.kind.real()),
            frame.optional(v.as_deref(), &[order, order], a.kind),
        ];
        let question = Question {
            options: if is_upper { UPPER } else { 0 },
            ..Question::default()
        };
        ask(self.eigh, run, a.kind, question, &arguments)
    }

    /// Eigenvalues, in no order, and eigenvectors (columns of `v`, of length 1, their largest
    /// component real) of general matrices; both are complex.
    ///
    /// # Errors
    /// A matrix that is not finite, or for which the iteration does not converge; lack of memory,
    /// interruption and defects.
    #[track_caller]
    pub fn eig(
        &self,
        run: &Run,
        a: &View<'_>,
        w: &mut ViewMut<'_>,
        v: Option<&mut ViewMut<'_>>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("eig", a, 2);
        let order = frame.order(a);
        let kind = a.kind.complex();
        let arguments = [
            a.raw,
            frame.output(w, &[order], kind),
            frame.optional(v.as_deref(), &[order, order], kind),
        ];
        let question = Question {
            options: if kind == a.kind { 0 } else { REAL },
            ..Question::default()
        };
        ask(self.eig, run, kind, question, &arguments)
    }

    /// The shortest `x` for which `a x - b` is shortest, column by column, with the square of that
    /// length, the rank of `a` and its singular values. Values up to `smallest` times the largest
    /// count as zero.
    ///
    /// # Errors
    /// A matrix that is not finite, or for which the iteration does not converge; lack of memory,
    /// interruption and defects.
    #[track_caller]
    pub fn lstsq(
        &self,
        run: &Run,
        (a, b, smallest): (&View<'_>, &View<'_>, f64),
        x: &mut ViewMut<'_>,
        residuals: &mut ViewMut<'_>,
        rank: &mut ViewMut<'_>,
        s: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("lstsq", a, 2);
        let ((rows, columns), answers) = (sides(a), last(b.shape()));
        let arguments = [
            a.raw,
            frame.input(b, &[rows, answers], a.kind),
            frame.output(x, &[columns, answers], a.kind),
            frame.output(residuals, &[answers], a.kind.real()),
            frame.output(rank, &[], Kind::Index),
            frame.output(s, &[rows.min(columns)], a.kind.real()),
        ];
        let question = Question {
            parameter: smallest,
            ..Question::default()
        };
        ask(self.lstsq, run, a.kind, question, &arguments)
    }

    /// Fourier transforms of complex signals, along the last axis: `out[k]` is the sum of
    /// `a[j] exp(-2 pi i j k / n)`, or with `+` where `is_backward`, times `factor`.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn fft(
        &self,
        run: &Run,
        a: &View<'_>,
        is_backward: bool,
        factor: f64,
        out: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("fft", a, 1);
        let kind = a.kind.complex();
        let length = last(a.shape());
        let arguments = [
            frame.input(a, &[length], kind),
            frame.output(out, &[length], kind),
        ];
        let question = Question {
            options: if is_backward { BACKWARD } else { 0 },
            parameter: factor,
        };
        ask(self.fft, run, kind, question, &arguments)
    }

    /// Fourier transforms of real signals, along the last axis: the first `n / 2 + 1` elements of
    /// what [`Engines::fft`] would return, or all `n` of them if `out` has room, times `factor`.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn rfft(
        &self,
        run: &Run,
        a: &View<'_>,
        factor: f64,
        out: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("rfft", a, 1);
        let length = last(a.shape());
        let whole = last(out.shape()) == length;
        let spectrum = if whole { length } else { length / 2 + 1 };
        let arguments = [
            frame.input(a, &[length], a.kind.real()),
            frame.output(out, &[spectrum], a.kind.complex()),
        ];
        let question = Question {
            parameter: factor,
            ..Question::default()
        };
        ask(self.rfft, run, a.kind.complex(), question, &arguments)
    }

    /// Backward Fourier transforms to real signals, along the last axis, from their first
    /// `n / 2 + 1` elements, times `factor`. Imaginary parts that real signals do not have, of the
    /// first element and of the last one where `n` is even, are left out.
    ///
    /// # Errors
    /// Lack of memory, interruption and defects.
    #[track_caller]
    pub fn irfft(
        &self,
        run: &Run,
        a: &View<'_>,
        factor: f64,
        out: &mut ViewMut<'_>,
    ) -> Result<(), Failure> {
        let frame = Frame::new("irfft", a, 1);
        let length = last(out.shape());
        let arguments = [
            frame.input(a, &[length / 2 + 1], a.kind.complex()),
            frame.output(out, &[length], a.kind.real()),
        ];
        let question = Question {
            parameter: factor,
            ..Question::default()
        };
        ask(self.irfft, run, a.kind.complex(), question, &arguments)
    }
}
