//! How a time depends on a number of threads, of ranks or of anything else.

/// A model in Extra-P's performance model normal form with one term: `constant + factor · xⁱ · log₂ʲ x`.
///
/// A. Calotoiu, T. Hoefler, M. Poke, F. Wolf, "Using automated performance modeling to find scalability
/// bugs in complex codes", SC 2013. Exponents may be negative, as times fall when threads are added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// What does not depend on x.
    pub constant: f64,
    /// What the term is multiplied by; 0 if x makes no difference.
    pub factor: f64,
    /// The power of x.
    pub exponent: f64,
    /// The power of its logarithm.
    pub logarithms: i32,
    /// Symmetric mean absolute percentage error of the fit, from 0 to 200.
    pub error: f64,
}

/// Powers of x that are tried.
const EXPONENTS: [f64; 17] = [
    -2.0, -1.5, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 2.75, 3.0,
];

/// Powers of the logarithm that are tried.
const LOGARITHMS: [i32; 3] = [0, 1, 2];

/// Points from which there is a model: two are on every curve.
const LEAST_POINTS: usize = 3;

/// What a term must improve the error by, in percent, to be believed in.
const LEAST_GAIN: f64 = 1.0;

impl Scaling {
    /// The model of measured points `(x, y)` that predicts each best from the others; `None` for fewer
    /// than three different x of 1 or more.
    ///
    /// ```
    /// use hpc_profile::Scaling;
    /// let points = [1.0, 2.0, 4.0, 8.0].map(|threads: f64| (threads, 2.0 + 8.0 / threads));
    /// let model = Scaling::fit(&points).ok_or("too few points")?;
    /// assert_eq!((model.exponent, model.logarithms), (-1.0, 0));
    /// assert!((model.at(16.0) - 2.5).abs() < 1e-9);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let mut places: Vec<f64> = points.iter().map(|(x, _)| *x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        if places.len() < LEAST_POINTS || places[0] < 1.0 {
            return None;
        }
        let flat = Self::of(points, 0.0, 0);
        let mut best = (flat.cross_error(points)? - LEAST_GAIN, flat);
        for exponent in EXPONENTS {
            for logarithms in LOGARITHMS {
                if exponent == 0.0 && logarithms == 0 {
                    continue;
                }
                let model = Self::of(points, exponent, logarithms);
                if let Some(error) = model.cross_error(points)
                    && error < best.0
                {
                    best = (error, model);
                }
            }
        }
        Some(best.1)
    }

    /// The least squares of a term's constant and factor.
    fn of(points: &[(f64, f64)], exponent: f64, logarithms: i32) -> Self {
        let mut model = Self {
            constant: 0.0,
            factor: 1.0,
            exponent,
            logarithms,
            error: 0.0,
        };
        let count = points.len() as f64;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
        let terms: Vec<f64> = points.iter().map(|(x, _)| model.term(*x)).collect();
        let mean_term = terms.iter().sum::<f64>() / count;
        let spread: f64 = terms.iter().map(|term| (term - mean_term).powi(2)).sum();
        let together = terms.iter().zip(points);
        let together: f64 = together
            .map(|(term, (_, y))| (term - mean_term) * (y - mean_y))
            .sum();
        model.factor = if spread > 0.0 { together / spread } else { 0.0 };
        model.constant = mean_y - model.factor * mean_term;
        let errors = points.iter().map(|(x, y)| relative(model.at(*x), *y));
        model.error = errors.sum::<f64>() / count;
        model
    }

    /// How badly each point is predicted from the others (leave-one-out cross-validation).
    fn cross_error(&self, points: &[(f64, f64)]) -> Option<f64> {
        let mut sum = 0.0;
        for (left_out, (x, y)) in points.iter().enumerate() {
            let mut others = points.to_vec();
            others.remove(left_out);
            let model = Self::of(&others, self.exponent, self.logarithms);
            sum += relative(model.at(*x), *y);
        }
        let mean = sum / points.len() as f64;
        mean.is_finite().then_some(mean)
    }

    fn term(&self, x: f64) -> f64 {
        x.powf(self.exponent) * x.log2().powi(self.logarithms)
    }

    /// What the model says for x.
    pub fn at(&self, x: f64) -> f64 {
        self.constant + self.factor * self.term(x)
    }
}

/// The difference of two values in percent of their mean.
fn relative(one: f64, other: f64) -> f64 {
    let size = f64::midpoint(one.abs(), other.abs());
    if size > 0.0 {
        100.0 * (one - other).abs() / size
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        [1.0, 2.0, 4.0, 8.0, 16.0].map(|x| (x, of(x))).to_vec()
    }

    #[test]
    fn known_functions_are_found() {
        for (exponent, logarithms) in [(-1.0, 0), (1.0, 0), (0.5, 1), (0.0, 2), (2.0, 0)] {
            let of = |x: f64| 3.0 + 5.0 * x.powf(exponent) * x.log2().powi(logarithms);
            let model = Scaling::fit(&points(of)).unwrap();
            assert_eq!((model.exponent, model.logarithms), (exponent, logarithms));
            assert!((model.constant - 3.0).abs() < 1e-9 && (model.factor - 5.0).abs() < 1e-9);
            assert!(model.error < 1e-9);
        }
    }

    #[test]
    fn what_does_not_change_has_no_term() {
        let model = Scaling::fit(&points(|x| 7.0 + 0.001 * x.sin())).unwrap();
        assert_eq!((model.factor, model.exponent), (0.0, 0.0));
        assert!((model.at(100.0) - 7.0).abs() < 0.01);
    }

    #[test]
    fn two_points_make_no_model() {
        assert_eq!(Scaling::fit(&[(1.0, 2.0), (2.0, 1.0)]), None);
        assert_eq!(Scaling::fit(&[(0.0, 2.0), (2.0, 1.0), (3.0, 1.0)]), None);
    }
}
