//! Continuous distributions, one element at a time. Parameters have been checked by the caller.

use std::f64::consts::PI;

use super::discrete::Poisson;
use super::substream::Substream;

/// Gamma with scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", ACM
/// TOMS 26, 2000).
#[derive(Clone, Copy, Debug)]
pub(super) struct Gamma {
    d: f64,
    c: f64,
    /// Shapes below 1 are brought from `shape + 1` by this power of a uniform number.
    power: Option<f64>,
}

impl Gamma {
    pub(super) fn new(shape: f64) -> Self {
        let (shape, power) = if shape < 1.0 {
            (shape + 1.0, Some(1.0 / shape))
        } else {
            (shape, None)
        };
        let d = shape - 1.0 / 3.0;
        Self {
            d,
            c: 1.0 / (9.0 * d).sqrt(),
            power,
        }
    }

    #[inline]
    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        let value = self.draw_from_one(words);
        match self.power {
            // A shape of 0 has all its weight at 0.
            Some(power) if power.is_infinite() => 0.0,
            Some(power) => value * words.open().powf(power),
            None => value,
        }
    }

    /// The logarithm of a number that may be too small for f64.
    pub(super) fn draw_ln(&self, words: &mut Substream) -> f64 {
        let ln = self.draw_from_one(words).ln();
        match self.power {
            Some(power) => ln + power * words.open().ln(),
            None => ln,
        }
    }

    /// With a shape of 1 or more.
    #[inline]
    fn draw_from_one(&self, words: &mut Substream) -> f64 {
        loop {
            let x = words.normal();
            let v = 1.0 + self.c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            let u = words.open();
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square
                || u.ln() < 0.5 * square + self.d * (1.0 - v + v.ln())
            {
                return self.d * v;
            }
        }
    }
}

/// Beta, from two gamma numbers, or where both shapes are at most 1 by Jöhnk's method (Devroye,
/// "Non-uniform random variate generation", 1986, chapter IX.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Beta {
    a: f64,
    b: f64,
    gammas: [Gamma; 2],
}

impl Beta {
    pub(super) fn new(a: f64, b: f64) -> Self {
        Self {
            a,
            b,
            gammas: [Gamma::new(a), Gamma::new(b)],
        }
    }

    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        if self.a > 1.0 || self.b > 1.0 {
            let x = self.gammas[0].draw(words);
            let y = self.gammas[1].draw(words);
            return x / (x + y);
        }
        loop {
            // In logarithms: the powers may underflow.
            let x = words.open().ln() / self.a;
            let y = words.open().ln() / self.b;
            let larger = x.max(y);
            let sum = larger + ((x - larger).exp() + (y - larger).exp()).ln();
            if sum <= 0.0 {
                return (x - sum).exp();
            }
        }
    }
}

/// Chi-square, with a noncentrality of 0 or more.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChiSquare {
    degrees: f64,
    noncentrality: f64,
    gamma: Gamma,
}

impl ChiSquare {
    pub(super) fn new(degrees: f64, noncentrality: f64) -> Self {
        let central = if noncentrality > 0.0 && degrees > 1.0 {
            degrees - 1.0
        } else {
            degrees
        };
        Self {
            degrees,
            noncentrality,
            gamma: Gamma::new(central / 2.0),
        }
    }

    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        if self.noncentrality == 0.0 {
            return 2.0 * self.gamma.draw(words);
        }
        if self.degrees > 1.0 {
            let shifted = words.normal() + self.noncentrality.sqrt();
            return 2.0 * self.gamma.draw(words) + shifted * shifted;
        }
        let more = Poisson::new(self.noncentrality / 2.0).draw(words);
        2.0 * Gamma::new(self.degrees / 2.0 + more).draw(words)
    }
}

/// Wald, also called inverse Gaussian (Michael, Schucany and Haas, "Generating random variates using
/// transformations with multiple roots", The American Statistician 30, 1976).
#[derive(Clone, Copy, Debug)]
pub(super) struct Wald {
    pub(super) mean: f64,
    pub(super) scale: f64,
}

impl Wald {
    pub(super) fn draw(self, words: &mut Substream) -> f64 {
        let Self { mean, scale } = self;
        let normal = words.normal();
        let y = mean * normal * normal;
        // The smaller root, in the form that does not cancel.
        let smaller = mean / (1.0 + (y + (y * (4.0 * scale + y)).sqrt()) / (2.0 * scale));
        if words.uniform() <= mean / (mean + smaller) {
            smaller
        } else {
            mean * (mean / smaller)
        }
    }
}

/// Von Mises on the circle (Best and Fisher, "Efficient simulation of the von Mises distribution",
/// Applied Statistics 28, 1979).
#[derive(Clone, Copy, Debug)]
pub(super) struct VonMises {
    mean: f64,
    concentration: f64,
    s: f64,
}

impl VonMises {
    /// Below it the circle is filled evenly, as far as f64 can tell.
    const EVEN: f64 = 1e-8;

    /// Below it the formula for `s` loses its digits.
    const SMALL: f64 = 1e-5;

    /// Above it the circle looks like a line.
    const NARROW: f64 = 1e6;

    pub(super) fn new(mean: f64, concentration: f64) -> Self {
        let s = if concentration < Self::SMALL {
            1.0 / concentration + concentration
        } else {
            let r = 1.0 + (1.0 + 4.0 * concentration * concentration).sqrt();
            let rho = (r - (2.0 * r).sqrt()) / (2.0 * concentration);
            (1.0 + rho * rho) / (2.0 * rho)
        };
        Self {
            mean,
            concentration,
            s,
        }
    }

    pub(super) fn draw(&self, words: &mut Substream) -> f64 {
        let kappa = self.concentration;
        if kappa < Self::EVEN {
            return wrap(self.mean + PI * (2.0 * words.uniform() - 1.0));
        }
        if kappa > Self::NARROW {
            return wrap(self.mean + words.normal() / kappa.sqrt());
        }
        let cosine = loop {
            let z = (PI * words.uniform()).cos();
            let w = (1.0 + self.s * z) / (self.s + z);
            let y = kappa * (self.s - w);
            let v = words.open();
            if y * (2.0 - y) >= v || (y / v).ln() + 1.0 >= y {
                break w;
            }
        };
        let angle = cosine.clamp(-1.0, 1.0).acos();
        let sign = if words.word() >> 63 == 0 { 1.0 } else { -1.0 };
        wrap(self.mean + sign * angle)
    }
}

/// The same angle from -pi to pi.
fn wrap(angle: f64) -> f64 {
    if (-PI..=PI).contains(&angle) {
        return angle;
    }
    (angle + PI).rem_euclid(2.0 * PI) - PI
}

/// Triangular, by the inverse of its distribution function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Triangular {
    pub(super) left: f64,
    pub(super) mode: f64,
    pub(super) right: f64,
}

impl Triangular {
    pub(super) fn of(self, u: f64) -> f64 {
        let Self { left, mode, right } = self;
        let base = right - left;
        if u * base <= mode - left {
            left + (u * base * (mode - left)).sqrt()
        } else {
            right - ((1.0 - u) * base * (right - mode)).sqrt()
        }
    }
}
