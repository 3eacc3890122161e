//! The table of NumPy's functions (`NUMPY.md`) says what there is.

#![allow(clippy::unwrap_used)] // A file that cannot be read must end the test.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The folder of this crate, in the checkout that the tests run in, which need not be the one that
/// they were compiled in.
fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

/// The texts in backticks of a part of a line.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The names that are called in a piece of Rust.
fn called(code: &str) -> Vec<&str> {
    let calls = code.match_indices('(').filter_map(|(at, _)| {
        let before = &code[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &before[start.map_or(0, |at| at + 1)..];
        (!name.is_empty() && name.starts_with(char::is_lowercase)).then_some(name)
    });
    calls.collect()
}

/// All files of Rust in a folder and the folders in it.
fn sources(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let each = paths.flat_map(|path| {
        if path.is_dir() {
            sources(path)
        } else {
            vec![path]
        }
    });
    each.filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// The names in front of a line of a macro that declares functions.
fn listed(line: &str) -> impl Iterator<Item = &str> {
    let end = line.find(['(', '=', ';']).unwrap_or(line.len());
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    line[..end].split(',').map(str::trim).filter(is_name)
}

/// The names of all public functions and methods, those that macros declare too: in lines of
/// `name! { … }` at the start of a line, by four spaces.
fn declared() -> BTreeSet<String> {
    // `Array::from` is of a trait.
    let mut names = BTreeSet::from(["from".to_owned()]);
    for file in sources(crate_folder().join("src")) {
        let source = fs::read_to_string(file).unwrap();
        let mut in_list = false;
        for line in source.lines() {
            if !line.is_empty() && !line.starts_with(' ') {
                in_list = line.ends_with("! {") && !line.starts_with("macro_rules");
            }
            if let Some(rest) = line.trim_start().strip_prefix("pub fn ") {
                let end = rest.find(['(', '<']).unwrap_or(rest.len());
                names.insert(rest[..end].to_owned());
            } else if in_list && let Some(line) = line.strip_prefix("    ") {
                names.extend(listed(line).map(str::to_owned));
            }
        }
    }
    names
}

/// The rows of the table: NumPy's names, ours, and what is said of them.
fn rows(table: &str) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        // A bar within a cell is written as \|.
        let line = line.replace("\\|", " ");
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, numpy, here, state, _] = cells[..] else {
            panic!("a row without three cells: {line}");
        };
        if numpy != "NumPy" {
            rows.push([numpy, here, state].map(str::to_owned));
        }
    }
    rows
}

fn table() -> String {
    fs::read_to_string(crate_folder().join("NUMPY.md")).unwrap()
}

#[test]
fn every_name_in_the_table_exists() {
    let declared = declared();
    let mut checked = 0;
    for [numpy, here, state] in rows(&table()) {
        let has_name = !quoted(&numpy).is_empty() || numpy.starts_with("ufunc");
        assert!(has_name || numpy.starts_with('…'), "{numpy}");
        let known = ["same", "differs: ", "not yet"];
        assert!(known.iter().any(|word| state.starts_with(word)), "{numpy}");
        assert_eq!(state.starts_with("not yet"), here.is_empty(), "{numpy}");
        for name in quoted(&here).into_iter().flat_map(called) {
            assert!(declared.contains(name), "there is no {name}: {numpy}");
            checked += 1;
        }
    }
    assert!(checked > 400, "only {checked} names");
}

/// The text of all tests: the files of `tests`, and those of `src` from their `mod tests` on.
fn tests() -> String {
    let own = sources(crate_folder().join("tests")).into_iter();
    let of_sources = sources(crate_folder().join("src")).into_iter();
    let texts = own
        .filter(|path| !path.ends_with("tests/table.rs"))
        .map(|path| fs::read_to_string(path).unwrap());
    let unit_tests = of_sources.filter_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        if path.ends_with("tests.rs") {
            return Some(text);
        }
        text.find("\nmod tests {").map(|at| text[at..].to_owned())
    });
    texts.chain(unit_tests).collect()
}

#[test]
fn every_name_in_the_table_is_tested() {
    let tests = tests();
    let words: BTreeSet<&str> = tests
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    let table = table();
    let rows = rows(&table);
    let names = rows
        .iter()
        .flat_map(|[_, here, _]| quoted(here).into_iter().flat_map(called));
    let untested: BTreeSet<&str> = names.filter(|name| !words.contains(name)).collect();
    assert!(untested.is_empty(), "beyond their examples: {untested:?}");
}

/// The functions of NumPy that cuPyNumeric 26.06 has, by the sections of its API reference.
const CUPYNUMERIC: &str = "
    empty empty_like eye identity ones ones_like zeros zeros_like full full_like array asarray copy
    copyto repeat arange linspace logspace meshgrid diag diagflat tri tril triu vander
    ndim shape reshape ravel moveaxis swapaxes transpose permute_dims T mT atleast_1d atleast_2d
    atleast_3d broadcast_arrays broadcast_shapes broadcast_to expand_dims squeeze append concat
    concatenate insert stack block vstack hstack dstack column_stack row_stack split array_split
    hsplit vsplit dsplit tile flip fliplr flipud roll rot90 delete
    unravel_index ravel_multi_index diag_indices diag_indices_from mask_indices tril_indices
    tril_indices_from triu_indices triu_indices_from indices ix_ nonzero flatnonzero where choose
    compress diagonal select take take_along_axis fill_diagonal put putmask put_along_axis place
    extract
    add subtract multiply divide floor_divide negative positive power float_power remainder fmod
    divmod absolute fabs rint sign conj exp exp2 log log2 log10 expm1 log1p sqrt square cbrt
    reciprocal gcd lcm logaddexp logaddexp2 sin cos tan arcsin arccos arctan arctan2 hypot sinh cosh
    tanh arcsinh arccosh arctanh degrees radians deg2rad rad2deg bitwise_and bitwise_or bitwise_xor
    invert shifts less not_equal logical_and logical_or logical_xor logical_not maximum minimum fmax
    fmin isfinite isinf isnan signbit copysign nextafter modf ldexp frexp floor ceil trunc round
    angle real imag clip nan_to_num isclose allclose array_equal outer reduce accumulate
    all any sum prod cumsum cumprod diff gradient cross max min argmax argmin mean average var std
    nansum nanprod nancumsum nancumprod nanmax nanmin nanargmax nanargmin nanmean nanvar nanstd
    median nanmedian quantile percentile nanquantile nanpercentile cov bincount histogram
    histogram2d histogramdd digitize count_nonzero unique in1d isin
    sort argsort partition argpartition sort_complex searchsorted argwhere
    dot vdot inner matmul tensordot einsum einsum_path matrix_power multi_dot cholesky eig eigh
    eigvals eigvalsh qr svd norm trace solve pinv expm
    fft ifft fft2 ifft2 fftn ifftn rfft irfft rfft2 irfft2 rfftn irfftn hfft ihfft fftshift ifftshift
    random integers beta binomial chisquare dirichlet exponential f gamma geometric gumbel
    hypergeometric laplace logistic lognormal logseries multinomial multivariate_normal
    negative_binomial noncentral_chisquare noncentral_f normal pareto permutation poisson power
    rayleigh shuffle standard_cauchy standard_exponential standard_gamma standard_normal standard_t
    triangular uniform vonmises wald weibull zipf bytes choice seed
    bartlett blackman hamming hanning kaiser convolve packbits unpackbits load save";

#[test]
fn no_function_is_without_a_row() {
    let rows = rows(&table());
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for [numpy, ..] in &rows {
        known.extend(numpy.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    }
    let missing: Vec<&str> = CUPYNUMERIC
        .split_whitespace()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}
