//! Sums of products over axes with names, as Einstein wrote them.

use super::matrices::permuted;
use super::product::matmul;
use crate::array::{Array, Axes, DType};
use crate::engine::routine;
use crate::error::{Error, OrRaise};

/// The sum of products that `subscripts` describe: a letter for each axis of each array, between
/// commas, then `->` and the letters of the result. Axes with the same letter go together; letters
/// that the result does not have are summed over. Without `->` the result has the letters that occur
/// once, in alphabetical order. `...` stands for any number of axes, which are broadcast.
///
/// | subscripts | what comes of it |
/// |---|---|
/// | `"ij,jk->ik"` | a product of matrices |
/// | `"ii"`, `"ii->i"` | trace, diagonal |
/// | `"ij->ji"`, `"ij->j"` | transposed, sums of columns |
/// | `"i,j->ij"` | outer product |
/// | `"...ij,...j->...i"` | matrices times vectors, in batches |
///
/// All arrays meet in one dtype, which is that of the result: integers wrap around, of bool it is "or"
/// of "and". Of several arrays, those two are joined first whose result is the least compared with
/// them (the greedy order of NumPy's `optimize=True`), each time by a product of matrices or, where
/// nothing is summed over, by a multiplication.
///
/// ```
/// use hpc::linalg::einsum;
/// use hpc::prelude::*;
/// let a = arange(0, 6, 1).reshape([2, 3]);
/// assert_eq!(einsum("ij,kj->ik", &[&a, &a]).to_vec::<i64>(), [5, 14, 14, 50]);
/// assert_eq!(einsum("ij->j", &[&a]).to_vec::<i64>(), [3, 5, 7]);
/// ```
///
/// # Panics
/// Panics with the error that [`try_einsum`] returns.
#[track_caller]
pub fn einsum(subscripts: &str, arrays: &[&Array]) -> Array {
    try_einsum(subscripts, arrays).or_raise()
}

/// As [`einsum`], for subscripts that come from elsewhere.
///
/// ```
/// use hpc::linalg::try_einsum;
/// use hpc::prelude::*;
/// let error = try_einsum("ij,jk", &[&ones([2, 3]), &ones([2, 3])]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "einsum: in \"ij,jk\" the axis j has lengths 3 and 2 (shapes [2, 3] and [2, 3])"
/// );
/// ```
///
/// # Errors
/// Returns an error when the subscripts cannot be read, do not go with the arrays, or axes of the same
/// letter differ in length.
pub fn try_einsum(subscripts: &str, arrays: &[&Array]) -> Result<Array, Error> {
    let _region = routine!("linalg::einsum");
    let Sum { terms, result } = Sum::read(subscripts, arrays)?;
    let dtype = arrays
        .iter()
        .map(|array| array.dtype())
        .reduce(DType::promote);
    let dtype = dtype.unwrap_or(DType::F64);
    let mut terms: Vec<Term> = terms
        .into_iter()
        .map(|term| Term {
            array: term.array.astype(dtype),
            ..term
        })
        .collect();
    for at in 0..terms.len() {
        let others = labels_without(&terms, [at, at], &result);
        terms[at].sum_alone(&others);
    }
    while terms.len() > 1 {
        let (a, b) = next_pair(&terms, &result);
        let needed = labels_without(&terms, [a, b], &result);
        // The second one comes after the first one.
        let second = terms.swap_remove(b);
        let first = terms.swap_remove(a);
        terms.push(Term::joined(&first, &second, &needed));
    }
    let Some(last) = terms.pop() else {
        return Err(Error::argument("einsum", "there are no arrays"));
    };
    Ok(last.ordered(&result))
}

/// The name of an axis: a letter, or the number of an axis of `...`, counted from the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Broadcast(std::cmp::Reverse<usize>),
    Letter(char),
}

/// An array whose axes have names, each only once.
struct Term {
    array: Array,
    labels: Vec<Label>,
}

/// What subscripts describe.
struct Sum {
    terms: Vec<Term>,
    result: Vec<Label>,
}

impl Sum {
    fn read(subscripts: &str, arrays: &[&Array]) -> Result<Self, Error> {
        let wrong = |what: &str| Error::argument("einsum", format!("{subscripts:?} {what}"));
        let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
        let (inputs, output) = match text.split_once("->") {
            Some((inputs, output)) => (inputs, Some(output)),
            None => (&text[..], None),
        };
        let inputs: Vec<&str> = inputs.split(',').collect();
        if inputs.len() != arrays.len() {
            let message = format!("is for {} arrays, not {}", inputs.len(), arrays.len());
            return Err(wrong(&message));
        }
        let mut lengths: Vec<(Label, usize, usize)> = Vec::new();
        let mut read = Vec::with_capacity(arrays.len());
        for (number, (part, array)) in inputs.iter().zip(arrays).enumerate() {
            let dots = if part.contains("...") {
                let letters = part.chars().filter(|&c| c != '.').count();
                array.ndim().checked_sub(letters)
            } else {
                Some(0)
            };
            let labels = dots.map(|dots| labels(part, dots)).transpose();
            let labels = labels.map_err(|what| wrong(&what))?.unwrap_or_default();
            if labels.len() != array.ndim() {
                let shape = array.shape();
                return Err(wrong(&format!(
                    "has {part:?} for an array of shape {shape:?}"
                )));
            }
            for (&label, &n) in labels.iter().zip(array.shape()) {
                match lengths.iter_mut().find(|(known, ..)| *known == label) {
                    None => lengths.push((label, n, number)),
                    Some((_, length, first)) if *length == 1 => (*length, *first) = (n, number),
                    Some((_, length, _)) if n == *length || n == 1 => {}
                    Some((_, length, first)) => {
                        let name = match label {
                            Label::Letter(letter) => letter.to_string(),
                            Label::Broadcast(_) => "...".to_owned(),
                        };
                        let (left, right) = (arrays[*first].shape(), array.shape());
                        let message = format!(
                            "in {subscripts:?} the axis {name} has lengths {length} and {n} \
                             (shapes {left:?} and {right:?})"
                        );
                        return Err(Error::argument("einsum", message));
                    }
                }
            }
            read.push(labels);
        }
        let broadcast = lengths
            .iter()
            .filter(|(label, ..)| matches!(label, Label::Broadcast(_)))
            .count();
        let result = match output {
            None => {
                let mut once: Vec<Label> = lengths.iter().map(|(label, ..)| *label).collect();
                once.retain(|label| {
                    let uses = read.iter().flatten().filter(|used| *used == label).count();
                    uses == 1 || matches!(label, Label::Broadcast(_))
                });
                once.sort_unstable();
                once
            }
            Some(output) => {
                if broadcast > 0 && !output.contains("...") {
                    return Err(wrong("has `...` in an array, but not in the result"));
                }
                labels(output, broadcast).map_err(|what| wrong(&what))?
            }
        };
        for (at, label) in result.iter().enumerate() {
            let is_known = lengths.iter().any(|(known, ..)| known == label);
            if !is_known || result[..at].contains(label) {
                return Err(wrong(
                    "has a letter in the result that is in no array, or twice",
                ));
            }
        }
        let terms = arrays.iter().zip(read).map(|(array, labels)| {
            let mut term = Term {
                array: (*array).clone(),
                labels,
            };
            term.take_diagonals();
            term.drop_repeated(&lengths);
            term
        });
        Ok(Self {
            terms: terms.collect(),
            result,
        })
    }
}

/// The labels of a part of the subscripts, with `dots` axes for `...`.
fn labels(part: &str, dots: usize) -> Result<Vec<Label>, String> {
    let (before, after) = part.split_once("...").unwrap_or((part, ""));
    let mut labels = Vec::new();
    let broadcast = (0..dots)
        .rev()
        .map(|at| Label::Broadcast(std::cmp::Reverse(at)));
    for (letters, dots) in [(before, None), (after, Some(broadcast))] {
        labels.extend(dots.into_iter().flatten());
        for letter in letters.chars() {
            if !letter.is_ascii_alphabetic() {
                return Err(format!("has {letter:?}; axes are letters or `...`"));
            }
            labels.push(Label::Letter(letter));
        }
    }
    Ok(labels)
}

/// The labels that the result or a term other than these two needs.
fn labels_without(terms: &[Term], without: [usize; 2], result: &[Label]) -> Vec<Label> {
    let others = terms
        .iter()
        .enumerate()
        .filter(|(at, _)| !without.contains(at));
    let mut labels = result.to_vec();
    labels.extend(others.flat_map(|(_, term)| &term.labels));
    labels
}

/// The two terms whose result is the least compared with them; the first of equal ones. The first
/// number is the lesser one.
fn next_pair(terms: &[Term], result: &[Label]) -> (usize, usize) {
    let mut best = (f64::INFINITY, 0, 1);
    for b in 1..terms.len() {
        for a in 0..b {
            let needed = labels_without(terms, [a, b], result);
            let (first, second) = (&terms[a], &terms[b]);
            let mut size = 1.0;
            for (label, n) in first.axes().chain(
                second
                    .axes()
                    .filter(|(label, _)| !first.labels.contains(label)),
            ) {
                if needed.contains(&label) {
                    size *= n as f64;
                }
            }
            let growth = size - first.array.len() as f64 - second.array.len() as f64;
            if growth < best.0 {
                best = (growth, a, b);
            }
        }
    }
    (best.1, best.2)
}

impl Term {
    fn axes(&self) -> impl Iterator<Item = (Label, usize)> {
        self.labels
            .iter()
            .copied()
            .zip(self.array.shape().iter().copied())
    }

    /// An axis for each label: where one occurs twice, the diagonal.
    fn take_diagonals(&mut self) {
        let mut at = 0;
        while at < self.labels.len() {
            let label = self.labels[at];
            let Some(again) = self.labels[at + 1..]
                .iter()
                .position(|other| *other == label)
            else {
                at += 1;
                continue;
            };
            let again = at + 1 + again;
            // The diagonal becomes the last axis.
            self.array = self.array.diagonal(0, [at as isize, again as isize]);
            self.labels.remove(again);
            self.labels.remove(at);
            self.labels.push(label);
        }
    }

    /// Without the axes of length 1 that stand for longer ones.
    fn drop_repeated(&mut self, lengths: &[(Label, usize, usize)]) {
        let is_short = |(label, n): (Label, usize)| {
            let long = lengths
                .iter()
                .any(|&(known, length, _)| known == label && length != 1);
            n == 1 && long
        };
        let short: Vec<bool> = self.axes().map(is_short).collect();
        let axes: Vec<usize> = (0..short.len()).filter(|&axis| short[axis]).collect();
        if !axes.is_empty() {
            self.array = self.array.squeeze_axis(Axes::of(&axes));
            let mut short = short.into_iter();
            self.labels.retain(|_| !short.next().unwrap_or(false));
        }
    }

    /// Sums over the axes that nobody else needs.
    fn sum_alone(&mut self, needed: &[Label]) {
        let alone = |axis: &usize| !needed.contains(&self.labels[*axis]);
        let axes: Vec<usize> = (0..self.labels.len()).filter(alone).collect();
        if !axes.is_empty() {
            let dtype = self.array.dtype();
            self.array = self.array.sum_axis(Axes::of(&axes)).astype(dtype);
            self.labels.retain(|label| needed.contains(label));
        }
    }

    /// The product of two terms, summed over the labels that nobody else needs.
    fn joined(a: &Self, b: &Self, needed: &[Label]) -> Self {
        let (mut batch, mut summed, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for &label in &a.labels {
            let is_common = b.labels.contains(&label);
            match (is_common, needed.contains(&label)) {
                (true, true) => batch.push(label),
                (true, false) => summed.push(label),
                (false, _) => rows.push(label),
            }
        }
        let mut columns = b.labels.clone();
        columns.retain(|label| !a.labels.contains(label));
        let left = a.ordered(&[&batch[..], &rows, &summed].concat());
        let right = b.ordered(&[&batch[..], &summed, &columns].concat());
        let lengths = |term: &Self, labels: &[Label]| -> Vec<usize> {
            let length = |label: &Label| term.axes().find(|(known, _)| known == label);
            labels.iter().filter_map(length).map(|(_, n)| n).collect()
        };
        let (in_batch, m) = (lengths(a, &batch), lengths(a, &rows));
        let (k, n) = (lengths(a, &summed), lengths(b, &columns));
        let len = |lengths: &[usize]| lengths.iter().product::<usize>();
        let shape = [&in_batch[..], &m, &n].concat();
        let (items, m, k, n) = (len(&in_batch), len(&m), len(&k), len(&n));
        let array = if summed.is_empty() {
            (left.reshape([items, m, 1]) * right.reshape([items, 1, n])).reshape(shape)
        } else if m == 1 && n == 1 {
            // One pass, and no matrices of a single element.
            let products = left.reshape([items, k]) * right.reshape([items, k]);
            let dtype = products.dtype();
            products.sum_axis(1).astype(dtype).reshape(shape)
        } else {
            matmul(&left.reshape([items, m, k]), &right.reshape([items, k, n])).reshape(shape)
        };
        Self {
            array,
            labels: [batch, rows, columns].concat(),
        }
    }

    /// The array with its axes in this order, which has all of its labels.
    fn ordered(&self, labels: &[Label]) -> Array {
        let place = |label: &Label| self.labels.iter().position(|own| own == label);
        let order: Vec<usize> = labels.iter().filter_map(place).collect();
        if order.iter().copied().eq(0..order.len()) {
            return self.array.clone();
        }
        permuted(&self.array, &order)
    }
}
