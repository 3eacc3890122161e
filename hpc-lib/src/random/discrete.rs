//! Discrete distributions, one element at a time. Parameters have been checked by the caller.
//!
//! Numbers are whole, but drawn as f64: they are exact up to 2⁵³.

use std::sync::LazyLock;

use super::continuous::Gamma;
use super::substream::Substream;

/// Means from which on rejection is faster than a search from 0.
const REJECTED_FROM: f64 = 10.0;

/// ln(k!) for a whole `k`: from a table, or by Stirling's series.
fn ln_factorial(k: f64) -> f64 {
    const TABLE: usize = 128;
    static SMALL: LazyLock<[f64; TABLE]> = LazyLock::new(|| {
        let mut table = [0.0; TABLE];
        for k in 2..TABLE {
            table[k] = table[k - 1] + (k as f64).ln();
        }
        table
    });
    if k < TABLE as f64 {
        return SMALL[k as usize];
    }
    let inverse = 1.0 / k;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0));
    (k + 0.5) * k.ln() - k + 0.5 * std::f64::consts::TAU.ln() + series
}

/// Poisson: transformed rejection (Hörmann, "The transformed rejection method for generating Poisson
/// random variables", Insurance: Mathematics and Economics 12, 1993, algorithm PTRS), or for small
/// means a search from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poisson {
    mean: f64,
    ln_mean: f64,
    a: f64,
    b: f64,
    ln_inverse_alpha: f64,
    surely: f64,
    none: f64,
}

impl Poisson {
    pub(super) fn new(mean: f64) -> Self {
        let b = 0.931 + 2.53 * mean.sqrt();
        Self {
            mean,
            ln_mean: mean.ln(),
            a: -0.059 + 0.02483 * b,
            b,
            ln_inverse_alpha: (1.1239 + 1.1328 / (b - 3.4)).ln(),
            surely: 0.9277 - 3.6224 / (b - 2.0),
            none: (-mean).exp(),
        }
    }

    #[inline]
    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        if self.mean < REJECTED_FROM {
            return self.search(words.uniform());
        }
        loop {
            let u = words.open() - 0.5;
            let v = words.open();
            let us = 0.5 - u.abs();
            let k = ((2.0 * self.a / us + self.b) * u + self.mean + 0.43).floor();
            if us >= 0.07 && v <= self.surely {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let hat = v.ln() + self.ln_inverse_alpha - (self.a / (us * us) + self.b).ln();
            if hat <= k * self.ln_mean - self.mean - ln_factorial(k) {
                return k;
            }
        }
    }

    fn search(&self, mut u: f64) -> f64 {
        let (mut k, mut probability) = (0.0, self.none);
        while u >= probability && probability > 0.0 {
            u -= probability;
            k += 1.0;
            probability *= self.mean / k;
        }
        k
    }
}

/// Binomial: transformed rejection (Hörmann, "The generation of binomial random variates", Journal
/// of Statistical Computation and Simulation 46, 1993, algorithm BTRS), or for small means a search
/// from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binomial {
    n: f64,
    /// At most 1/2.
    p: f64,
    is_turned: bool,
}

impl Binomial {
    pub(super) fn new(n: f64, p: f64) -> Self {
        let is_turned = p > 0.5;
        Self {
            n,
            p: if is_turned { 1.0 - p } else { p },
            is_turned,
        }
    }

    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        let k = if self.n * self.p < REJECTED_FROM {
            self.search(words)
        } else {
            self.reject(words)
        };
        if self.is_turned { self.n - k } else { k }
    }

    fn search(&self, words: &mut Substream) -> f64 {
        let Self { n, p, .. } = *self;
        let odds = p / (1.0 - p);
        let none = (n * (-p).ln_1p()).exp();
        let mut u = words.uniform();
        let (mut k, mut probability) = (0.0, none);
        while u >= probability && k < n && probability > 0.0 {
            u -= probability;
            k += 1.0;
            probability *= odds * (n - k + 1.0) / k;
        }
        k
    }

    fn reject(&self, words: &mut Substream) -> f64 {
        let Self { n, p, .. } = *self;
        let q = 1.0 - p;
        let deviation = (n * p * q).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = n * p + 0.5;
        let surely = 0.92 - 4.2 / b;
        loop {
            let u = words.open() - 0.5;
            let v = words.open();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + centre).floor();
            if us >= 0.07 && v <= surely {
                return k;
            }
            if k < 0.0 || k > n {
                continue;
            }
            let alpha = (2.83 + 5.1 / b) * deviation;
            let mode = ((n + 1.0) * p).floor();
            let height =
                ln_factorial(mode) + ln_factorial(n - mode) - ln_factorial(k) - ln_factorial(n - k)
                    + (k - mode) * (p / q).ln();
            if (v * alpha / (a / (us * us) + b)).ln() <= height {
                return k;
            }
        }
    }
}

/// Negative binomial: Poisson with a mean from a gamma distribution.
#[derive(Clone, Copy, Debug)]
pub(super) struct NegativeBinomial {
    gamma: Gamma,
    odds: f64,
}

impl NegativeBinomial {
    pub(super) fn new(n: f64, p: f64) -> Self {
        Self {
            gamma: Gamma::new(n),
            odds: (1.0 - p) / p,
        }
    }

    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        Poisson::new(self.gamma.draw(words) * self.odds).draw(words)
    }
}

/// Hypergeometric: ratio of uniforms (Stadlober, "The ratio of uniforms approach for generating
/// discrete random variates", Journal of Computational and Applied Mathematics 31, 1990, algorithm
/// HRUA), or for small samples one item after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hypergeometric {
    pub(super) good: u64,
    pub(super) bad: u64,
    pub(super) sample: u64,
}

impl Hypergeometric {
    /// Samples up to this size are drawn item by item.
    const SMALL: u64 = 10;

    pub(super) fn draw(self, words: &mut Substream) -> f64 {
        let Self { good, bad, sample } = self;
        let total = good + bad;
        // What is left behind is a sample too.
        let smaller = sample.min(total - sample);
        let k = if smaller < Self::SMALL {
            self.one_by_one(smaller, words)
        } else {
            self.reject(smaller as f64, words)
        };
        (if smaller < sample { good as f64 - k } else { k }).round()
    }

    fn one_by_one(self, sample: u64, words: &mut Substream) -> f64 {
        let mut good = self.good;
        let mut total = self.good + self.bad;
        for _ in 0..sample {
            if words.below(total) < good {
                good -= 1;
            }
            total -= 1;
        }
        (self.good - good) as f64
    }

    fn reject(self, sample: f64, words: &mut Substream) -> f64 {
        const D1: f64 = 1.715_527_769_921_413_5; // 2 sqrt(2 / e)
        const D2: f64 = 0.898_916_162_058_898_8; // 3 - 2 sqrt(3 / e)
        let (good, bad) = (self.good as f64, self.bad as f64);
        let (fewer, more) = (good.min(bad), good.max(bad));
        let total = good + bad;
        let p = fewer / total;
        let variance = (total - sample) * sample * p * (1.0 - p) / (total - 1.0);
        let a = sample * p + 0.5;
        let c = (variance + 0.5).sqrt();
        let h = D1 * c + D2;
        let mode = ((sample + 1.0) * (fewer + 1.0) / (total + 2.0)).floor();
        let weight = |k: f64| {
            ln_factorial(k)
                + ln_factorial(fewer - k)
                + ln_factorial(sample - k)
                + ln_factorial(more - sample + k)
        };
        let top = weight(mode);
        let end = (sample.min(fewer) + 1.0).min((a + 16.0 * c).floor());
        let first = (sample - more).max(0.0);
        let k = loop {
            let u = words.open();
            let x = a + h * (words.uniform() - 0.5) / u;
            if x < first || x >= end {
                continue;
            }
            let k = x.floor();
            let t = top - weight(k);
            if u * (4.0 - u) - 3.0 <= t || (u * (u - t) < 1.0 && 2.0 * u.ln() <= t) {
                break k;
            }
        };
        if good > bad { sample - k } else { k }
    }
}

/// Logarithmic series (Kemp, "Efficient generation of logarithmically distributed pseudo-random
/// variables", Applied Statistics 30, 1981, algorithm LK).
pub(super) fn log_series(p: f64, words: &mut Substream) -> f64 {
    let v = words.open();
    if v >= p {
        return 1.0;
    }
    let q = -((-p).ln_1p() * words.open()).exp_m1();
    if v <= q * q {
        return (1.0 + v.ln() / q.ln()).floor().max(1.0);
    }
    if v >= q { 1.0 } else { 2.0 }
}

/// Zipf, with an exponent above 1 (Devroye, "Non-uniform random variate generation", 1986, chapter
/// X.6).
pub(super) fn zipf(exponent: f64, words: &mut Substream) -> f64 {
    let less = exponent - 1.0;
    let b = less.exp2();
    loop {
        let x = words.open().powf(-1.0 / less).floor();
        // Numbers of an i64 only: of what is drawn beyond, all is drawn again.
        if x >= i64::MAX as f64 {
            continue;
        }
        let t = (less * (1.0 / x).ln_1p()).exp();
        if words.uniform() * x * (t - 1.0) / (b - 1.0) <= t / b {
            return x;
        }
    }
}

/// Geometric, counting the success: the first whole number above an exponential one.
pub(super) fn geometric(p: f64, words: &mut Substream) -> f64 {
    (-words.exponential() / (-p).ln_1p())
        .ceil()
        .clamp(1.0, i64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_meet_where_the_table_ends() {
        let step = ln_factorial(128.0) - ln_factorial(127.0);
        assert!((step - 128.0_f64.ln()).abs() < 1e-12);
        assert_eq!(ln_factorial(0.0), 0.0);
        assert!((ln_factorial(170.0) - 706.573_062_245_787_4).abs() < 1e-10);
    }
}
