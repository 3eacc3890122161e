//! The distributions as methods of a generator and as functions of the module.

use super::draws;
use super::generator::{Generator, shared};
use crate::array::{Array, Shape};
use crate::error::OrRaise;

/// Declares distributions: each is a method of [`Generator`], and a function that draws from the
/// generator that all cells share.
macro_rules! distributions {
    ($(
        $(#[$doc:meta])*
        $name:ident($($parameter:ident: $type:ty),*);
    )*) => {
        impl Generator {
            $(
                $(#[$doc])*
                ///
                /// # Panics
                /// Panics when a parameter is outside its range, or there is not enough memory.
                #[track_caller]
                pub fn $name(&self, $($parameter: $type,)* size: impl Into<Shape>) -> Array {
                    #[track_caller]
                    #[inline(never)]
                    fn drawn(generator: &Generator, $($parameter: $type,)* size: &Shape) -> Array {
                        draws::$name(generator.next(), &size.0, $($parameter),*).or_raise()
                    }
                    drawn(self, $($parameter,)* &size.into())
                }
            )*
        }

        $(
            $(#[$doc])*
            ///
            /// Drawn from the generator that all cells share; see [`seed`](super::seed).
            ///
            /// # Panics
            /// Panics when a parameter is outside its range, or there is not enough memory.
            #[track_caller]
            pub fn $name($($parameter: $type,)* size: impl Into<Shape>) -> Array {
                #[track_caller]
                #[inline(never)]
                fn drawn($($parameter: $type,)* size: &Shape) -> Array {
                    draws::$name(shared(), &size.0, $($parameter),*).or_raise()
                }
                drawn($($parameter,)* &size.into())
            }
        )*
    };
}

distributions! {
    /// f64 numbers from `low` up to, but without, `high`, all as likely: one of 2⁵³ steps.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::uniform(-1.0, 1.0, [1000]);
    /// assert!(x.min() >= -1.0 && x.max() < 1.0);
    /// ```
    uniform(low: f64, high: f64);

    /// i64 numbers from `low` up to, but without, `high`, all exactly as likely (Lemire 2019).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let die = random::integers(1, 7, [1000]);
    /// assert_eq!((die.min(), die.max()), (1.0, 6.0));
    /// ```
    integers(low: i64, high: i64);

    /// f64 numbers of the normal distribution with mean 0 and standard deviation 1, by the ziggurat
    /// method. For others: `mean + deviation * random::normal(size)`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = 5.0 + 0.1 * random::normal([10_000]);
    /// assert!((x.mean() - 5.0).abs() < 0.01);
    /// ```
    #[doc(alias = "standard_normal")]
    normal();

    /// f64 numbers of the exponential distribution with that mean (`scale`), by the ziggurat method.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::exponential(2.0, [1000]).min() >= 0.0);
    /// ```
    #[doc(alias = "standard_exponential")]
    exponential(scale: f64);

    /// f64 numbers of the gamma distribution (Marsaglia and Tsang 2000).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::gamma(3.0, 2.0, [10_000]);
    /// assert!((x.mean() - 6.0).abs() < 0.3); // shape times scale
    /// ```
    #[doc(alias = "standard_gamma")]
    gamma(shape: f64, scale: f64);

    /// f64 numbers of the beta distribution.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::beta(2.0, 2.0, [10_000]);
    /// assert!((x.mean() - 0.5).abs() < 0.02);
    /// ```
    beta(a: f64, b: f64);

    /// f64 numbers of the chi-square distribution with `df` degrees of freedom.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::chisquare(4.0, [10_000]);
    /// assert!((x.mean() - 4.0).abs() < 0.3);
    /// ```
    chisquare(df: f64);

    /// f64 numbers of the chi-square distribution with `df` degrees of freedom around a centre that
    /// is `nonc` (squared) away from 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::noncentral_chisquare(4.0, 2.0, [10_000]);
    /// assert!((x.mean() - 6.0).abs() < 0.4);
    /// ```
    noncentral_chisquare(df: f64, nonc: f64);

    /// f64 numbers of the F distribution: the ratio of two chi-squares, each over its degrees of
    /// freedom.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::f(5.0, 10.0, [100]).min() > 0.0);
    /// ```
    f(dfnum: f64, dfden: f64);

    /// As [`f()`], the upper chi-square around a centre that is `nonc` (squared) away from 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::noncentral_f(5.0, 10.0, 1.0, [100]).min() > 0.0);
    /// ```
    noncentral_f(dfnum: f64, dfden: f64, nonc: f64);

    /// f64 numbers of Student's t distribution with `df` degrees of freedom.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::student_t(10.0, [10_000]);
    /// assert!(x.mean().abs() < 0.1);
    /// ```
    #[doc(alias = "standard_t")]
    student_t(df: f64);

    /// f64 numbers whose logarithm is normal with that mean and standard deviation.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::lognormal(0.0, 1.0, [1000]).min() > 0.0);
    /// ```
    lognormal(mean: f64, sigma: f64);

    /// f64 numbers of the Laplace distribution, by the inverse of its distribution function.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::laplace(1.0, 0.1, [10_000]).mean() > 0.9);
    /// ```
    laplace(loc: f64, scale: f64);

    /// f64 numbers of the logistic distribution, by the inverse of its distribution function.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::logistic(1.0, 0.1, [10_000]).mean() > 0.9);
    /// ```
    logistic(loc: f64, scale: f64);

    /// f64 numbers of the Gumbel distribution of greatest values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::gumbel(0.0, 1.0, [10_000]);
    /// assert!((x.mean() - 0.5772).abs() < 0.1); // Euler's constant
    /// ```
    gumbel(loc: f64, scale: f64);

    /// f64 numbers of the Weibull distribution with scale 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::weibull(2.0, [1000]).min() >= 0.0);
    /// ```
    weibull(a: f64);

    /// f64 numbers of the Pareto distribution of the second kind (Lomax), which begins at 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::pareto(3.0, [1000]).min() >= 0.0);
    /// ```
    pareto(a: f64);

    /// f64 numbers between 0 and 1 with the density `a xᵃ⁻¹`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::power(3.0, [1000]).max() <= 1.0);
    /// ```
    power(a: f64);

    /// f64 numbers of the Rayleigh distribution: lengths of normal vectors in the plane.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::rayleigh(1.0, [1000]).min() >= 0.0);
    /// ```
    rayleigh(scale: f64);

    /// f64 numbers of the Wald (inverse Gaussian) distribution (Michael, Schucany and Haas 1976).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::wald(2.0, 5.0, [10_000]);
    /// assert!((x.mean() - 2.0).abs() < 0.1);
    /// ```
    wald(mean: f64, scale: f64);

    /// f64 angles from -pi to pi of the von Mises distribution around `mu` (Best and Fisher 1979).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let angles = random::vonmises(0.0, 4.0, [1000]);
    /// assert!(angles.abs().max() <= PI);
    /// ```
    vonmises(mu: f64, kappa: f64);

    /// f64 numbers of the triangular distribution, by the inverse of its distribution function.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = random::triangular(0.0, 1.0, 4.0, [1000]);
    /// assert!(x.min() >= 0.0 && x.max() <= 4.0);
    /// ```
    triangular(left: f64, mode: f64, right: f64);

    /// f64 numbers of the Cauchy distribution, which has no mean.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(random::cauchy(0.0, 1.0, [10]).len(), 10);
    /// ```
    #[doc(alias = "standard_cauchy")]
    cauchy(loc: f64, scale: f64);

    /// i64 counts of events of which `lam` are expected (Hörmann 1993, PTRS).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let counts = random::poisson(100.0, [10_000]);
    /// assert!((counts.mean() - 100.0).abs() < 1.0);
    /// ```
    poisson(lam: f64);

    /// i64 counts of successes in `n` trials, each with probability `p` (Hörmann 1993, BTRS).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let heads = random::binomial(10, 0.5, [1000]);
    /// assert!(heads.max() <= 10.0);
    /// ```
    binomial(n: u64, p: f64);

    /// i64 counts of failures before the `n`-th success of trials with probability `p`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let failures = random::negative_binomial(3.0, 0.5, [10_000]);
    /// assert!((failures.mean() - 3.0).abs() < 0.2);
    /// ```
    negative_binomial(n: f64, p: f64);

    /// i64 numbers of trials up to the first success, that one included.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(random::geometric(1.0, [10]).sum(), 10.0);
    /// ```
    geometric(p: f64);

    /// i64 counts of good ones among `nsample` that are taken from `ngood + nbad` (Stadlober 1990,
    /// HRUA).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let good = random::hypergeometric(5, 5, 8, [1000]);
    /// assert!(good.min() >= 3.0 && good.max() <= 5.0);
    /// ```
    hypergeometric(ngood: u64, nbad: u64, nsample: u64);

    /// i64 numbers of the logarithmic series distribution (Kemp 1981).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::logseries(0.5, [1000]).min() >= 1.0);
    /// ```
    logseries(p: f64);

    /// i64 numbers `k` with probabilities in proportion to `k⁻ᵃ` (Devroye 1986).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(random::zipf(2.0, [1000]).min() >= 1.0);
    /// ```
    zipf(a: f64);

    /// Elements of `x` along its first axis: with `replace` any number of them, else each at most
    /// once. With `p`, their weights, which need not have the sum 1; else all as likely.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([10.0, 20.0, 30.0]);
    /// assert_eq!(random::choice(&x, false, None, [3]).sum(), 60.0);
    /// let never = Array::from([1.0, 0.0, 1.0]);
    /// assert!(!random::choice(&x, true, Some(&never), [100]).eq(20.0).any());
    /// ```
    choice(x: &Array, replace: bool, p: Option<&Array>);

    /// i64 counts of `n` trials by their outcome, of which `pvals` are the probabilities; the last one
    /// has what is left to 1. The outcomes are the last axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let rolls = random::multinomial(60, &full(6, 1.0 / 6.0), [100]);
    /// assert_eq!(rolls.shape(), [100, 6]);
    /// assert_eq!(rolls.row(0).sum(), 60.0);
    /// ```
    multinomial(n: u64, pvals: &Array);

    /// f64 vectors of positive numbers with the sum 1, of the Dirichlet distribution: gamma numbers
    /// over their sum. The vectors are the last axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let shares = random::dirichlet(&Array::from([1.0, 2.0, 3.0]), [100]);
    /// assert_eq!(shares.shape(), [100, 3]);
    /// assert!((shares.row(0).sum() - 1.0).abs() < 1e-12);
    /// ```
    dirichlet(alpha: &Array);

    /// f64 vectors of the normal distribution with that mean and covariance: independent numbers times
    /// the Cholesky factor of the covariance. The vectors are the last axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let cov = Array::from([[2.0, 1.0], [1.0, 2.0]]);
    /// let x = random::multivariate_normal(&Array::from([0.0, 5.0]), &cov, [1000]);
    /// assert_eq!(x.shape(), [1000, 2]);
    /// ```
    multivariate_normal(mean: &Array, cov: &Array);
}
