//! Functions of complex numbers, one by one, with the special values of C99, annex G.
//!
//! asin, acos, asinh and acosh follow Hull, Fairgrieve and Tang (ACM Transactions on Mathematical
//! Software 23, 1997), with pairs in place of their analysis of what cancels; log and atanh take the
//! logarithm of a sum of squares as a pair.

use num_complex::Complex;

use super::Function;
use super::arithmetic::{Arithmetic, Pair};
use super::{exp, hyperbolic, inverse_hyperbolic, inverse_trig, log, root, trig};
