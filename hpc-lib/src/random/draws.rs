//! Arrays of each distribution: parameters are checked, then the elements are drawn.

use super::bulk::{Draw, FromStream, FromWord, FromWordOr, Leveled, fill};
use super::continuous::{Beta, ChiSquare, Gamma, Triangular, VonMises, Wald};
use super::discrete::{
    self, Binomial, Hypergeometric, NegativeBinomial, Poisson, geometric as first_success,
};
use super::philox::Stream;
pub(super) use super::sampling::choice;
use super::substream::{Substream, below, open, unit};
pub(super) use super::vectors::{dirichlet, multinomial, multivariate_normal};
use super::ziggurat;
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::element::Typed;
use crate::error::Error;
use crate::pool::pool;
use crate::prof;

/// Counts that f64 holds exactly, with a margin for what is computed with them.
const LARGEST_COUNT: u64 = 1 << 52;

/// Means up to which Poisson numbers fit an i64 with certainty.
const LARGEST_MEAN: f64 = 9.2e18;

fn array<T: Typed>(
    routine: &'static str,
    stream: Stream,
    size: &[usize],
    draw: &dyn Draw<T>,
) -> Result<Array, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::random");
    let _region = SITE.enter_routine();
    let dense = Dense::build(routine, size, &mut |target: &mut [T]| {
        fill(pool(), &stream, draw, target);
    })?;
    prof::work(dense.bytes(), 0);
    Ok(Array::of(dense))
}

/// Elements of f64 that may need any number of words.
fn streamed(
    routine: &'static str,
    stream: Stream,
    size: &[usize],
    draw: impl Fn(&mut Substream) -> f64 + Sync + Send,
) -> Result<Array, Error> {
    let draw = FromStream(|_, words: &mut Substream| draw(words));
    array::<f64>(routine, stream, size, &draw)
}

/// Elements of i64 that may need any number of words.
fn counted(
    routine: &'static str,
    stream: Stream,
    size: &[usize],
    draw: impl Fn(&mut Substream) -> f64 + Sync + Send,
) -> Result<Array, Error> {
    let draw = FromStream(|_, words: &mut Substream| draw(words) as i64);
    array::<i64>(routine, stream, size, &draw)
}

fn require(
    holds: bool,
    routine: &'static str,
    (name, value): (&str, f64),
    rule: &str,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::argument(
        routine,
        format!("{name} is {value}; it must be {rule}"),
    ))
}

fn positive(routine: &'static str, parameter: (&str, f64)) -> Result<(), Error> {
    let value = parameter.1;
    require(
        value > 0.0 && value.is_finite(),
        routine,
        parameter,
        "above 0, and finite",
    )
}

fn not_negative(routine: &'static str, parameter: (&str, f64)) -> Result<(), Error> {
    let value = parameter.1;
    require(
        value >= 0.0 && value.is_finite(),
        routine,
        parameter,
        "0 or more, and finite",
    )
}

fn finite(routine: &'static str, parameter: (&str, f64)) -> Result<(), Error> {
    require(parameter.1.is_finite(), routine, parameter, "finite")
}

fn probability(routine: &'static str, p: f64) -> Result<(), Error> {
    require((0.0..=1.0).contains(&p), routine, ("p", p), "from 0 to 1")
}

fn chance(routine: &'static str, p: f64) -> Result<(), Error> {
    require(
        p > 0.0 && p <= 1.0,
        routine,
        ("p", p),
        "above 0 and at most 1",
    )
}

pub(super) fn uniform(stream: Stream, size: &[usize], low: f64, high: f64) -> Result<Array, Error> {
    let width = high - low;
    require(
        width >= 0.0 && width.is_finite(),
        "uniform",
        ("high - low", width),
        "0 or more, and finite",
    )?;
    let draw = Leveled(FromWord(|word| low + width * unit(word)));
    array("uniform", stream, size, &draw)
}

pub(super) fn integers(
    stream: Stream,
    size: &[usize],
    low: i64,
    high: i64,
) -> Result<Array, Error> {
    if low >= high {
        let message = format!("there is no integer from {low} to before {high}");
        return Err(Error::argument("integers", message));
    }
    let count = high.wrapping_sub(low).cast_unsigned();
    let draw = Leveled(FromWordOr {
        fast: |word| {
            let (value, taken) = below(word, count);
            (low.wrapping_add(value.cast_signed()), taken)
        },
        slow: |_, words: &mut Substream| low.wrapping_add(words.below(count).cast_signed()),
    });
    array("integers", stream, size, &draw)
}

pub(super) fn normal(stream: Stream, size: &[usize]) -> Result<Array, Error> {
    let layers = &*ziggurat::NORMAL;
    let draw = Leveled(FromWordOr {
        fast: |word| layers.signed(word),
        slow: ziggurat::normal_again,
    });
    array("normal", stream, size, &draw)
}

/// Functions of one exponential number.
fn from_exponential(
    routine: &'static str,
    stream: Stream,
    size: &[usize],
    map: impl Fn(f64) -> f64 + Sync + Send,
) -> Result<Array, Error> {
    let layers = &*ziggurat::EXPONENTIAL;
    let draw = FromWordOr {
        fast: |word| {
            let (value, taken) = layers.positive(word);
            (map(value), taken)
        },
        slow: |word, words: &mut Substream| map(ziggurat::exponential_again(word, words)),
    };
    array(routine, stream, size, &draw)
}

pub(super) fn exponential(stream: Stream, size: &[usize], scale: f64) -> Result<Array, Error> {
    not_negative("exponential", ("scale", scale))?;
    from_exponential("exponential", stream, size, |x| scale * x)
}

pub(super) fn weibull(stream: Stream, size: &[usize], a: f64) -> Result<Array, Error> {
    positive("weibull", ("a", a))?;
    from_exponential("weibull", stream, size, |x| x.powf(1.0 / a))
}

pub(super) fn pareto(stream: Stream, size: &[usize], a: f64) -> Result<Array, Error> {
    positive("pareto", ("a", a))?;
    from_exponential("pareto", stream, size, |x| (x / a).exp_m1())
}

pub(super) fn rayleigh(stream: Stream, size: &[usize], scale: f64) -> Result<Array, Error> {
    not_negative("rayleigh", ("scale", scale))?;
    from_exponential("rayleigh", stream, size, |x| scale * (2.0 * x).sqrt())
}

pub(super) fn power(stream: Stream, size: &[usize], a: f64) -> Result<Array, Error> {
    positive("power", ("a", a))?;
    let draw = FromWord(|word| open(word).powf(1.0 / a));
    array("power", stream, size, &draw)
}

pub(super) fn lognormal(
    stream: Stream,
    size: &[usize],
    mean: f64,
    sigma: f64,
) -> Result<Array, Error> {
    finite("lognormal", ("mean", mean))?;
    not_negative("lognormal", ("sigma", sigma))?;
    let layers = &*ziggurat::NORMAL;
    let draw = FromWordOr {
        fast: |word| {
            let (value, taken) = layers.signed(word);
            ((mean + sigma * value).exp(), taken)
        },
        slow: |word, words: &mut Substream| {
            (mean + sigma * ziggurat::normal_again(word, words)).exp()
        },
    };
    array("lognormal", stream, size, &draw)
}

pub(super) fn laplace(
    stream: Stream,
    size: &[usize],
    loc: f64,
    scale: f64,
) -> Result<Array, Error> {
    finite("laplace", ("loc", loc))?;
    not_negative("laplace", ("scale", scale))?;
    let draw = FromWord(|word| {
        let u = open(word);
        if u < 0.5 {
            loc + scale * (2.0 * u).ln()
        } else {
            loc - scale * (2.0 - 2.0 * u).ln()
        }
    });
    array("laplace", stream, size, &draw)
}

pub(super) fn logistic(
    stream: Stream,
    size: &[usize],
    loc: f64,
    scale: f64,
) -> Result<Array, Error> {
    finite("logistic", ("loc", loc))?;
    not_negative("logistic", ("scale", scale))?;
    let draw = FromWord(|word| {
        let u = open(word);
        loc + scale * (u / (1.0 - u)).ln()
    });
    array("logistic", stream, size, &draw)
}

pub(super) fn gumbel(stream: Stream, size: &[usize], loc: f64, scale: f64) -> Result<Array, Error> {
    finite("gumbel", ("loc", loc))?;
    not_negative("gumbel", ("scale", scale))?;
    from_exponential("gumbel", stream, size, |x| loc - scale * x.ln())
}

pub(super) fn cauchy(stream: Stream, size: &[usize], loc: f64, scale: f64) -> Result<Array, Error> {
    finite("cauchy", ("loc", loc))?;
    not_negative("cauchy", ("scale", scale))?;
    let draw = FromWord(|word| {
        let angle = std::f64::consts::PI * (open(word) - 0.5);
        loc + scale * angle.tan()
    });
    array("cauchy", stream, size, &draw)
}

pub(super) fn triangular(
    stream: Stream,
    size: &[usize],
    left: f64,
    mode: f64,
    right: f64,
) -> Result<Array, Error> {
    let routine = "triangular";
    finite(routine, ("left", left))?;
    finite(routine, ("right", right))?;
    require(
        left <= mode && mode <= right,
        routine,
        ("mode", mode),
        "from left to right",
    )?;
    let shape = Triangular { left, mode, right };
    array(
        routine,
        stream,
        size,
        &FromWord(|word| shape.of(unit(word))),
    )
}

pub(super) fn gamma(
    stream: Stream,
    size: &[usize],
    shape: f64,
    scale: f64,
) -> Result<Array, Error> {
    not_negative("gamma", ("shape", shape))?;
    not_negative("gamma", ("scale", scale))?;
    let gamma = Gamma::new(shape);
    streamed("gamma", stream, size, |words| scale * gamma.draw(words))
}

pub(super) fn beta(stream: Stream, size: &[usize], a: f64, b: f64) -> Result<Array, Error> {
    positive("beta", ("a", a))?;
    positive("beta", ("b", b))?;
    let beta = Beta::new(a, b);
    streamed("beta", stream, size, |words| beta.draw(words))
}

pub(super) fn noncentral_chisquare(
    stream: Stream,
    size: &[usize],
    df: f64,
    nonc: f64,
) -> Result<Array, Error> {
    positive("chisquare", ("df", df))?;
    not_negative("chisquare", ("nonc", nonc))?;
    let chi = ChiSquare::new(df, nonc);
    streamed("chisquare", stream, size, |words| chi.draw(words))
}

pub(super) fn chisquare(stream: Stream, size: &[usize], df: f64) -> Result<Array, Error> {
    noncentral_chisquare(stream, size, df, 0.0)
}

pub(super) fn noncentral_f(
    stream: Stream,
    size: &[usize],
    dfnum: f64,
    dfden: f64,
    nonc: f64,
) -> Result<Array, Error> {
    positive("f", ("dfnum", dfnum))?;
    positive("f", ("dfden", dfden))?;
    not_negative("f", ("nonc", nonc))?;
    let over = ChiSquare::new(dfnum, nonc);
    let under = ChiSquare::new(dfden, 0.0);
    streamed("f", stream, size, |words| {
        let over = over.draw(words) / dfnum;
        over / (under.draw(words) / dfden)
    })
}

pub(super) fn f(stream: Stream, size: &[usize], dfnum: f64, dfden: f64) -> Result<Array, Error> {
    noncentral_f(stream, size, dfnum, dfden, 0.0)
}

pub(super) fn student_t(stream: Stream, size: &[usize], df: f64) -> Result<Array, Error> {
    positive("student_t", ("df", df))?;
    let gamma = Gamma::new(df / 2.0);
    streamed("student_t", stream, size, |words| {
        let normal = words.normal();
        normal * (df / 2.0 / gamma.draw(words)).sqrt()
    })
}

pub(super) fn wald(stream: Stream, size: &[usize], mean: f64, scale: f64) -> Result<Array, Error> {
    positive("wald", ("mean", mean))?;
    positive("wald", ("scale", scale))?;
    let wald = Wald { mean, scale };
    streamed("wald", stream, size, |words| wald.draw(words))
}

pub(super) fn vonmises(
    stream: Stream,
    size: &[usize],
    mu: f64,
    kappa: f64,
) -> Result<Array, Error> {
    finite("vonmises", ("mu", mu))?;
    not_negative("vonmises", ("kappa", kappa))?;
    let circle = VonMises::new(mu, kappa);
    streamed("vonmises", stream, size, |words| circle.draw(words))
}

pub(super) fn poisson(stream: Stream, size: &[usize], lam: f64) -> Result<Array, Error> {
    require(
        (0.0..=LARGEST_MEAN).contains(&lam),
        "poisson",
        ("lam", lam),
        "from 0 to 9.2e18",
    )?;
    let poisson = Poisson::new(lam);
    counted("poisson", stream, size, |words| poisson.draw(words))
}

pub(super) fn binomial(stream: Stream, size: &[usize], n: u64, p: f64) -> Result<Array, Error> {
    probability("binomial", p)?;
    require(
        n <= LARGEST_COUNT,
        "binomial",
        ("n", n as f64),
        "at most 2⁵²",
    )?;
    let binomial = Binomial::new(n as f64, p);
    counted("binomial", stream, size, |words| binomial.draw(words))
}

pub(super) fn negative_binomial(
    stream: Stream,
    size: &[usize],
    n: f64,
    p: f64,
) -> Result<Array, Error> {
    positive("negative_binomial", ("n", n))?;
    chance("negative_binomial", p)?;
    let draws = NegativeBinomial::new(n, p);
    counted("negative_binomial", stream, size, |words| draws.draw(words))
}

pub(super) fn geometric(stream: Stream, size: &[usize], p: f64) -> Result<Array, Error> {
    chance("geometric", p)?;
    counted("geometric", stream, size, |words| first_success(p, words))
}

pub(super) fn hypergeometric(
    stream: Stream,
    size: &[usize],
    ngood: u64,
    nbad: u64,
    nsample: u64,
) -> Result<Array, Error> {
    let routine = "hypergeometric";
    let total = ngood.saturating_add(nbad);
    require(
        total <= LARGEST_COUNT,
        routine,
        ("ngood + nbad", total as f64),
        "at most 2⁵²",
    )?;
    let sample = ("nsample", nsample as f64);
    require(nsample <= total, routine, sample, "at most ngood + nbad")?;
    let urn = Hypergeometric {
        good: ngood,
        bad: nbad,
        sample: nsample,
    };
    counted(routine, stream, size, |words| urn.draw(words))
}

pub(super) fn logseries(stream: Stream, size: &[usize], p: f64) -> Result<Array, Error> {
    require(
        (0.0..1.0).contains(&p),
        "logseries",
        ("p", p),
        "from 0 to less than 1",
    )?;
    counted("logseries", stream, size, |words| {
        discrete::log_series(p, words)
    })
}

pub(super) fn zipf(stream: Stream, size: &[usize], a: f64) -> Result<Array, Error> {
    require(
        a > 1.0 && a.is_finite(),
        "zipf",
        ("a", a),
        "above 1, and finite",
    )?;
    counted("zipf", stream, size, |words| discrete::zipf(a, words))
}
