//! Round numbers on an axis.

/// Numbers of the form 1, 2 or 5 times a power of ten that divide an interval into about `count`
/// parts, and the digits after the point that tell them apart.
pub(super) struct Ticks {
    pub(super) values: Vec<f64>,
    step: f64,
}

impl Ticks {
    /// Ticks within `low ..= high`, which must be finite and in order.
    pub(super) fn new(low: f64, high: f64, count: usize) -> Self {
        let rough = (high - low) / count.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        let first = (low / step - 1e-9).ceil();
        let last = (high / step + 1e-9).floor();
        let values = (0..=(last - first) as usize)
            .map(|i| (first + i as f64) * step)
            .collect();
        Self { values, step }
    }

    /// The text of a tick.
    pub(super) fn text(&self, value: f64) -> String {
        let magnitude = self
            .values
            .iter()
            .fold(0.0_f64, |most, x| most.max(x.abs()));
        if magnitude >= 1e5 || self.step < 1e-4 {
            let digits = (magnitude.log10().floor() - self.step.log10().floor()).max(0.0) as usize;
            return if value == 0.0 {
                "0".into()
            } else {
                format!("{value:.digits$e}")
            };
        }
        let digits = (-self.step.log10().floor()).max(0.0) as usize;
        // Minus zero is a rounding error, not a number to show.
        format!(
            "{:.digits$}",
            if value.abs() < self.step * 1e-6 {
                0.0
            } else {
                value
            }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let cases: [(f64, f64, &[&str]); 4] = [
            (-1.0, 1.0, &["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
            (0.0, 10.0, &["0", "2", "4", "6", "8", "10"]),
            (0.12, 0.33, &["0.15", "0.20", "0.25", "0.30"]),
            (0.0, 4e6, &["0", "1e6", "2e6", "3e6", "4e6"]),
        ];
        for (low, high, expected) in cases {
            let ticks = Ticks::new(low, high, 5);
            let texts: Vec<String> = ticks.values.iter().map(|&x| ticks.text(x)).collect();
            assert_eq!(texts, expected, "{low} to {high}");
        }
    }
}
