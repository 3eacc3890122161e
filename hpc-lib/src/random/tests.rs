use std::f64::consts::PI;

use super::bulk::{Draw, FromStream, FromWord, FromWordOr, fill};
use super::continuous::{Beta, ChiSquare, Gamma, Triangular, VonMises, Wald};
use super::discrete::{
    Binomial, Hypergeometric, NegativeBinomial, Poisson, geometric, log_series, zipf,
};
use super::philox::Stream;
use super::substream::{Substream, below, open, unit};
use super::ziggurat;
use crate::pool::Pool;

const N: usize = 100_000;

fn draw<T: Send + Default + Clone>(threads: usize, draw: &impl Draw<T>) -> Vec<T> {
    let mut target = vec![T::default(); N];
    fill(
        &Pool::new(threads),
        &Stream { key: 42, call: 3 },
        draw,
        &mut target,
    );
    target
}

fn each(draw_one: impl Fn(&mut Substream) -> f64 + Sync + Send) -> Vec<f64> {
    draw(2, &FromStream(|_, words: &mut Substream| draw_one(words)))
}

/// Kolmogorov and Smirnov: the largest distance between the two distribution functions, where 1 in
/// 10⁵ good samples is further away.
#[track_caller]
fn follows(mut sample: Vec<f64>, distribution: impl Fn(f64) -> f64) {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample
        .iter()
        .enumerate()
        .map(|(i, &x)| {
            let expected = distribution(x);
            (expected - i as f64 / n).max((i + 1) as f64 / n - expected)
        })
        .fold(0.0, f64::max);
    assert!(distance * n.sqrt() < 2.47, "{}", distance * n.sqrt());
}

/// As [`follows`], for a density that need not be normalised, from `low` to `high`, by Simpson's
/// rule.
#[track_caller]
fn follows_density(sample: Vec<f64>, (low, high): (f64, f64), density: impl Fn(f64) -> f64) {
    const STEPS: usize = 20_000;
    let width = (high - low) / STEPS as f64;
    let mut sums = vec![0.0];
    for i in 0..STEPS {
        let x = low + i as f64 * width;
        let area = density(x) + 4.0 * density(x + 0.5 * width) + density(x + width);
        sums.push(sums[i] + area);
    }
    let total = sums[STEPS];
    follows(sample, |x| {
        let place = ((x - low) / width).clamp(0.0, STEPS as f64 - 1e-6);
        let (i, share) = (place as usize, place.fract());
        (sums[i] + share * (sums[i + 1] - sums[i])) / total
    });
}

/// Pearson's chi-square against the probabilities of 0, 1, 2 ..., all that is rare in one class.
#[track_caller]
fn counts_follow(sample: &[f64], probability: impl Fn(f64) -> f64) {
    let n = sample.len() as f64;
    let (mut statistic, mut classes) = (0.0, 0.0);
    let (mut rest, mut rest_seen) = (1.0, n);
    let largest = sample.iter().copied().fold(0.0, f64::max);
    let mut counts = vec![0.0; largest.min(1e6) as usize + 1];
    for &k in sample {
        assert!(k >= 0.0 && k.fract() == 0.0);
        if let Some(count) = counts.get_mut(k as usize) {
            *count += 1.0;
        }
    }
    for (k, seen) in counts.iter().enumerate() {
        let expected = probability(k as f64);
        if expected * n >= 10.0 {
            statistic += (seen - n * expected).powi(2) / (n * expected);
            classes += 1.0;
            rest -= expected;
            rest_seen -= seen;
        }
    }
    if rest * n > 5.0 {
        statistic += (rest_seen - n * rest).powi(2) / (n * rest);
    } else {
        assert!(rest_seen < 25.0, "{rest_seen}");
    }
    assert!(
        (statistic - classes) / (2.0_f64 * classes).sqrt() < 5.0,
        "{statistic} of {classes}"
    );
}

/// ln(gamma) of whole and half numbers.
fn ln_gamma(x: f64) -> f64 {
    if x < 1.0 {
        return PI.sqrt().ln() * f64::from(x == 0.5);
    }
    if x <= 1.0 {
        0.0
    } else {
        (x - 1.0).ln() + ln_gamma(x - 1.0)
    }
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

fn normal() -> impl Draw<f64> {
    let layers = &*ziggurat::NORMAL;
    FromWordOr {
        fast: |word| layers.signed(word),
        slow: ziggurat::normal_again,
    }
}

#[test]
fn numbers_do_not_depend_on_the_number_of_threads() {
    let gamma = Gamma::new(2.5);
    let expected = (
        draw(1, &FromWord(unit)),
        draw(1, &normal()),
        draw(1, &FromStream(|_, words: &mut Substream| gamma.draw(words))),
    );
    for threads in [2, 3, 8] {
        let found = (
            draw(threads, &FromWord(unit)),
            draw(threads, &normal()),
            draw(
                threads,
                &FromStream(|_, words: &mut Substream| gamma.draw(words)),
            ),
        );
        assert_eq!(found, expected);
    }
}

#[test]
fn uniform_numbers() {
    let sample = draw(2, &FromWord(unit));
    assert!(sample.iter().all(|x| (0.0..1.0).contains(x)));
    follows(sample, |x| x);
    assert_eq!(unit(u64::MAX), 1.0 - f64::EPSILON / 2.0);
    assert!(open(0) > 0.0 && open(u64::MAX) < 1.0);
}

#[test]
fn neighbours_are_not_correlated() {
    let sample = draw(2, &normal());
    for lag in [1, 2, 511, 512, 513] {
        let products: f64 = sample.iter().zip(&sample[lag..]).map(|(a, b)| a * b).sum();
        assert!((products / (N as f64).sqrt()).abs() < 4.5, "{lag}");
    }
}

#[test]
fn normal_and_exponential_numbers() {
    let density = |x: f64| (-0.5 * x * x).exp();
    follows_density(draw(2, &normal()), (-9.0, 9.0), density);
    follows_density(each(Substream::normal), (-9.0, 9.0), density);
    follows(each(Substream::exponential), |x| 1.0 - (-x).exp());
    // The tail, drawn by another method: 5e-7 of the numbers lie beyond 4.892.
    let tail = each(|words| ziggurat::normal_again(u64::MAX << 12, words));
    let beyond = 3.654_152_885_361_009;
    follows_density(
        tail.iter().map(|x| x.abs()).collect(),
        (beyond, 12.0),
        density,
    );
}

#[test]
fn integers_below_are_all_as_likely() {
    for end in [1_u64, 3, 10, 1000] {
        let sample: Vec<f64> = each(|words| words.below(end) as f64);
        counts_follow(&sample, |k| {
            if k < end as f64 {
                1.0 / end as f64
            } else {
                0.0
            }
        });
    }
    // Two thirds of the words are in the first half: without refusals it would be drawn as often.
    let end = 3 << 62;
    let sample = each(|words| words.below(end) as f64 / end as f64);
    follows(sample, |x| x);
    assert_eq!(below(0, 1), (0, true));
}

#[test]
fn gamma_beta_and_relatives() {
    for shape in [0.5, 1.0, 2.5, 100.0] {
        let gamma = Gamma::new(shape);
        // The density of the square root has no pole.
        let sample = each(|words| gamma.draw(words).sqrt());
        follows_density(sample, (0.0, 20.0), |x| {
            if x == 0.0 {
                return f64::from(shape == 0.5);
            }
            ((2.0 * shape - 1.0) * x.ln() - x * x).exp()
        });
    }
    for (a, b) in [(0.5, 0.5), (2.0, 3.0), (0.5, 4.0)] {
        let beta = Beta::new(a, b);
        let sample = each(|words| beta.draw(words).sqrt().asin());
        follows_density(sample, (0.0, PI / 2.0), |x| {
            x.sin().powf(2.0 * a - 1.0) * x.cos().max(0.0).powf(2.0 * b - 1.0)
        });
    }
    let tiny = Beta::new(1e-3, 1e-3);
    assert!(
        each(|words| tiny.draw(words))
            .iter()
            .all(|x| (0.0..=1.0).contains(x))
    );
    // Mean and variance of the noncentral chi-square: k + c and 2 (k + 2 c).
    for degrees in [1.0, 3.0] {
        let chi = ChiSquare::new(degrees, 2.0);
        let sample = each(|words| chi.draw(words));
        let mean = sample.iter().sum::<f64>() / N as f64;
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / N as f64;
        assert!((mean - degrees - 2.0).abs() < 0.05, "{mean}");
        assert!((variance - 2.0 * (degrees + 4.0)).abs() < 0.4, "{variance}");
    }
}

#[test]
fn wald_von_mises_and_triangular() {
    let wald = Wald {
        mean: 1.0,
        scale: 2.0,
    };
    follows_density(each(|words| wald.draw(words)), (1e-3, 30.0), |x| {
        (-(x - 1.0).powi(2) / x).exp() / x.powf(1.5)
    });
    for kappa in [1e-9, 1e-6, 0.5, 4.0, 1e7] {
        let circle = VonMises::new(0.0, kappa);
        let width = PI.min(12.0 / kappa.sqrt());
        follows_density(each(|words| circle.draw(words)), (-width, width), |x| {
            (kappa * (x.cos() - 1.0)).exp()
        });
    }
    let shifted = VonMises::new(3.0, 1.0);
    assert!(
        each(|words| shifted.draw(words))
            .iter()
            .all(|x| x.abs() <= PI)
    );
    let triangular = Triangular {
        left: -1.0,
        mode: 0.0,
        right: 3.0,
    };
    follows_density(
        draw(2, &FromWord(|word| triangular.of(unit(word)))),
        (-1.0, 3.0),
        |x| {
            if x < 0.0 { 3.0 * (x + 1.0) } else { 3.0 - x }
        },
    );
}

#[test]
fn poisson_and_binomial() {
    for mean in [0.0, 0.3, 5.0, 9.99, 10.0, 80.0, 1000.0] {
        let poisson = Poisson::new(mean);
        counts_follow(&each(|words| poisson.draw(words)), |k| {
            (k * f64::max(mean, 1e-300).ln() - mean - ln_gamma(k + 1.0)).exp()
        });
    }
    for (n, p) in [
        (0.0, 0.5),
        (10.0, 0.0),
        (10.0, 1.0),
        (10.0, 0.3),
        (40.0, 0.5),
        (300.0, 0.9),
    ] {
        let binomial = Binomial::new(n, p);
        counts_follow(&each(|words| binomial.draw(words)), |k| {
            if k > n {
                return 0.0;
            }
            ln_choose(n, k).exp() * f64::powf(p, k) * f64::powf(1.0 - p, n - k)
        });
    }
    let many = Binomial::new(1e15, 0.25);
    let mean = each(|words| many.draw(words)).iter().sum::<f64>() / N as f64;
    assert!((mean / 2.5e14 - 1.0).abs() < 1e-9);
}

#[test]
fn other_counts() {
    let negative = NegativeBinomial::new(3.0, 0.4);
    counts_follow(&each(|words| negative.draw(words)), |k| {
        ln_choose(k + 2.0, k).exp() * 0.4_f64.powi(3) * 0.6_f64.powf(k)
    });
    counts_follow(&each(|words| geometric(0.3, words)), |k| {
        if k < 1.0 {
            0.0
        } else {
            0.3 * 0.7_f64.powf(k - 1.0)
        }
    });
    assert!(
        each(|words| geometric(1.0, words))
            .iter()
            .all(|&k| k == 1.0)
    );
    counts_follow(&each(|words| log_series(0.7, words)), |k| {
        if k < 1.0 {
            0.0
        } else {
            -(0.7_f64.powf(k)) / (k * 0.3_f64.ln())
        }
    });
    let zeta_3 = 1.202_056_903_159_594_2;
    counts_follow(&each(|words| zipf(3.0, words)), |k| {
        if k < 1.0 {
            0.0
        } else {
            1.0 / (k.powi(3) * zeta_3)
        }
    });
    for (good, bad, sample) in [
        (5, 7, 4),
        (30, 20, 25),
        (20, 30, 45),
        (200, 10, 15),
        (3, 0, 2),
    ] {
        let draw = Hypergeometric { good, bad, sample };
        let (good, bad, sample) = (good as f64, bad as f64, sample as f64);
        counts_follow(&each(|words| draw.draw(words)), |k| {
            if k > good || k > sample || sample - k > bad {
                return 0.0;
            }
            (ln_choose(good, k) + ln_choose(bad, sample - k) - ln_choose(good + bad, sample)).exp()
        });
    }
}
