//! Random numbers that do not depend on the number of threads.
//!
//! The functions of this module draw from one generator that all cells share, which begins anew with
//! each run unless [`seed`] is called. A [`Generator`] of one's own has the same as methods.
//!
//! Every number is a function of seed, call and position (Philox4x32-10, see the source of each
//! distribution for its algorithm), made on all threads. Distributions that draw and refuse have a
//! stream of bits for each element, so that a refusal shifts nothing.
//!
//! | NumPy's `Generator` | here |
//! | --- | --- |
//! | `random(size)` | `uniform(0.0, 1.0, size)` |
//! | `standard_normal(size)`, `normal(m, s, size)` | `normal(size)`, `m + s * normal(size)` |
//! | `standard_exponential`, `standard_gamma`, `standard_cauchy` | with scale 1 |
//! | `standard_t` | [`student_t`] |
//! | all others | same name, parameters without defaults, the size last |

mod bulk;
mod continuous;
mod discrete;
mod draws;
mod generator;
mod philox;
mod sampling;
mod substream;
mod surface;
mod vectors;
mod ziggurat;

pub use generator::{Generator, seed};
pub use sampling::{bytes, permutation, shuffle};
pub use surface::{
    beta, binomial, cauchy, chisquare, choice, dirichlet, exponential, f, gamma, geometric, gumbel,
    hypergeometric, integers, laplace, logistic, lognormal, logseries, multinomial,
    multivariate_normal, negative_binomial, noncentral_chisquare, noncentral_f, normal, pareto,
    poisson, power, rayleigh, student_t, triangular, uniform, vonmises, wald, weibull, zipf,
};

#[cfg(test)]
mod tests;
