//! The named distributions: mean and variance of many numbers, against the formulas of the textbooks.
//! How well single numbers follow the distribution functions is tested where they are drawn.

use hpc::prelude::*;
use hpc::random::Generator;

const NUMBERS: usize = 200_000;

/// Euler's constant.
const GAMMA: f64 = 0.577_215_664_901_532_9;

/// Mean and variance are as expected within five of their standard errors, the second of which is
/// taken from the numbers.
#[track_caller]
fn assert_moments(name: &str, x: &Array, mean: f64, variance: f64) {
    let n = x.len() as f64;
    let got = x.mean();
    let error = (variance / n).sqrt();
    assert!(
        (got - mean).abs() <= 5.0 * error,
        "{name}: mean {got}, not {mean}"
    );
    let squares = (x.astype(DType::F64) - mean).square();
    let (got, error) = (squares.mean(), (squares.var() / n).sqrt());
    assert!(
        (got - variance).abs() <= 5.0 * error,
        "{name}: variance {got} ± {error}, not {variance}"
    );
}

#[test]
fn continuous_distributions() {
    let r = Generator::new(2026);
    let n = NUMBERS;
    assert_moments("uniform", &r.uniform(-1.0, 3.0, n), 1.0, 16.0 / 12.0);
    assert_moments("normal", &r.normal(n), 0.0, 1.0);
    assert_moments("exponential", &r.exponential(2.0, n), 2.0, 4.0);
    assert_moments("gamma", &r.gamma(3.0, 2.0, n), 6.0, 12.0);
    assert_moments("gamma below 1", &r.gamma(0.5, 2.0, n), 1.0, 2.0);
    assert_moments("beta", &r.beta(2.0, 3.0, n), 0.4, 0.04);
    assert_moments("chisquare", &r.chisquare(4.0, n), 4.0, 8.0);
    assert_moments(
        "noncentral_chisquare",
        &r.noncentral_chisquare(4.0, 2.0, n),
        6.0,
        16.0,
    );
    // d2 / (d2 - 2), and 2 d2² (d1 + d2 - 2) / (d1 (d2 - 2)² (d2 - 4)).
    assert_moments(
        "f",
        &r.f(5.0, 20.0, n),
        20.0 / 18.0,
        800.0 * 23.0 / (5.0 * 324.0 * 16.0),
    );
    let mean = 20.0 * 6.0 / (5.0 * 18.0);
    let variance = 2.0 * (36.0 + 7.0 * 18.0) / (324.0 * 16.0) * 16.0;
    assert_moments(
        "noncentral_f",
        &r.noncentral_f(5.0, 20.0, 1.0, n),
        mean,
        variance,
    );
    assert_moments("student_t", &r.student_t(10.0, n), 0.0, 10.0 / 8.0);
    let (mean, e) = (0.125_f64.exp(), 0.25_f64.exp());
    assert_moments("lognormal", &r.lognormal(0.0, 0.5, n), mean, (e - 1.0) * e);
    assert_moments("laplace", &r.laplace(1.0, 2.0, n), 1.0, 8.0);
    assert_moments(
        "logistic",
        &r.logistic(1.0, 2.0, n),
        1.0,
        4.0 * PI * PI / 3.0,
    );
    let mean = 1.0 + 2.0 * GAMMA;
    assert_moments("gumbel", &r.gumbel(1.0, 2.0, n), mean, 4.0 * PI * PI / 6.0);
    assert_moments(
        "weibull",
        &r.weibull(2.0, n),
        PI.sqrt() / 2.0,
        1.0 - PI / 4.0,
    );
    assert_moments("pareto", &r.pareto(5.0, n), 0.25, 5.0 / (16.0 * 3.0));
    assert_moments("power", &r.power(3.0, n), 0.75, 3.0 / (16.0 * 5.0));
    let mean = 2.0 * (PI / 2.0).sqrt();
    assert_moments(
        "rayleigh",
        &r.rayleigh(2.0, n),
        mean,
        4.0 * (2.0 - PI / 2.0),
    );
    assert_moments("wald", &r.wald(2.0, 5.0, n), 2.0, 8.0 / 5.0);
    let corners: f64 = 0.0 + 1.0 + 16.0 - 0.0 - 0.0 - 4.0;
    assert_moments(
        "triangular",
        &r.triangular(0.0, 1.0, 4.0, n),
        5.0 / 3.0,
        corners / 18.0,
    );
    // Without moments: the quartiles are loc ± scale.
    let x = r.cauchy(1.0, 2.0, n);
    for (q, expected) in [(0.25, -1.0), (0.5, 1.0), (0.75, 3.0)] {
        let got = x.quantile(q);
        assert!(
            (got - expected).abs() < 0.05,
            "cauchy: quantile {q} is {got}"
        );
    }
    // The mean direction is I1(k) / I0(k) long.
    let angles = r.vonmises(1.0, 2.0, n);
    let (c, s) = ((&angles - 1.0).cos().mean(), (&angles - 1.0).sin().mean());
    assert!(
        (c - 0.697_774_658).abs() < 0.01 && s.abs() < 0.01,
        "{c}, {s}"
    );
}

#[test]
fn counts() {
    let r = Generator::new(2027);
    let n = NUMBERS;
    assert_moments("integers", &r.integers(-2, 5, n), 1.0, 48.0 / 12.0);
    assert_moments("poisson", &r.poisson(3.0, n), 3.0, 3.0);
    assert_moments("poisson of many", &r.poisson(300.0, n), 300.0, 300.0);
    assert_moments("binomial", &r.binomial(10, 0.3, n), 3.0, 2.1);
    assert_moments("binomial of many", &r.binomial(1000, 0.3, n), 300.0, 210.0);
    assert_moments(
        "negative_binomial",
        &r.negative_binomial(3.0, 0.5, n),
        3.0,
        6.0,
    );
    assert_moments("geometric", &r.geometric(0.25, n), 4.0, 12.0);
    // n K/N, and n K/N (N-K)/N (N-n)/(N-1).
    assert_moments(
        "hypergeometric",
        &r.hypergeometric(30, 20, 10, n),
        6.0,
        2.4 * 40.0 / 49.0,
    );
    // -1/ln(1-p) p/(1-p), and -p (p + ln(1-p)) / ((1-p)² ln²(1-p)).
    let ln = 0.5_f64.ln();
    let variance = -0.5 * (0.5 + ln) / (0.25 * ln * ln);
    assert_moments("logseries", &r.logseries(0.5, n), -1.0 / ln, variance);
    // zeta(a-1)/zeta(a), and zeta(a-2)/zeta(a) less its square, for a = 6.
    let zeta = |s: i32| (1..100_000).map(|k| f64::from(k).powi(-s)).sum::<f64>();
    let mean = zeta(5) / zeta(6);
    assert_moments(
        "zipf",
        &r.zipf(6.0, n),
        mean,
        zeta(4) / zeta(6) - mean * mean,
    );
}

#[test]
fn vectors_and_choices() {
    let r = Generator::new(2028);
    let n = NUMBERS;
    let shares = Array::from([0.2, 0.3, 0.5]);
    let rolls = r.multinomial(10, &shares, n);
    for (column, p) in shares.to_vec::<f64>().into_iter().enumerate() {
        let counts = rolls.slice(s![.., column]);
        assert_moments("multinomial", &counts, 10.0 * p, 10.0 * p * (1.0 - p));
    }
    let x = r.dirichlet(&Array::from([1.0, 2.0, 3.0]), n);
    for (column, a) in [1.0, 2.0, 3.0].into_iter().enumerate() {
        let p: f64 = a / 6.0;
        assert_moments(
            "dirichlet",
            &x.slice(s![.., column]),
            p,
            p * (1.0 - p) / 7.0,
        );
    }
    let x = Array::from([10.0, 20.0, 30.0]);
    let weights = Array::from([1.0, 0.0, 3.0]);
    assert_moments("choice", &r.choice(&x, true, Some(&weights), n), 25.0, 75.0);
    assert_moments(
        "choice of equals",
        &r.choice(&x, true, None, n),
        20.0,
        200.0 / 3.0,
    );
    let order = r.permutation(1000);
    assert!(
        order.sort().array_equal(&arange(0, 1000, 1)) && !order.array_equal(&arange(0, 1000, 1))
    );
    let shuffled = r.shuffle(&order);
    assert!(shuffled.sort().array_equal(&order.sort()) && !shuffled.array_equal(&order));
}

#[test]
fn streams_of_numbers() {
    let draw = |generator: &Generator| generator.normal(1000);
    assert!(draw(&Generator::new(1)).array_equal(&draw(&Generator::new(1))));
    let base = Generator::new(1);
    let children = base.spawn(2);
    let later = Generator::new(1);
    later.jump(1);
    let mut streams: Vec<Array> = children.iter().map(draw).collect();
    streams.extend([
        draw(&Generator::new(1)),
        draw(&later),
        draw(&Generator::from_entropy()),
        draw(&Generator::from_entropy()),
    ]);
    for (i, a) in streams.iter().enumerate() {
        for b in &streams[..i] {
            assert!(!a.array_equal(b));
            let product = (a * b).mean();
            assert!(product.abs() < 0.2, "streams follow each other: {product}");
        }
    }
}
