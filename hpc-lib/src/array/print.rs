//! Arrays as text, the way NumPy prints them, and as HTML.

use std::fmt::{self, Write as _};

use super::dtype::{DType, Kind, Scalar};
use super::{Array, bytes_text};
use crate::display::{Bundle, Render, one_line};

/// Arrays with more elements are shown by their corners.
const WHOLE_UP_TO: usize = 1000;

/// Elements at each end of an axis that is shown by its ends.
const EDGE: usize = 3;

/// Digits after the point, at most.
const PRECISION: usize = 8;

/// Characters of the elements in one line for a debugger, at most.
const OUTLINE: usize = 200;

/// Characters per line.
const LINE: usize = 88;

/// The positions of an axis that are shown; `None` stands for those left out.
fn shown(n: usize, corners: bool) -> Vec<Option<usize>> {
    if corners && n > 2 * EDGE {
        (0..EDGE)
            .map(Some)
            .chain([None])
            .chain((n - EDGE..n).map(Some))
            .collect()
    } else {
        (0..n).map(Some).collect()
    }
}

/// The elements that are shown, each as text of the same width.
struct Texts {
    array: Array,
    corners: bool,
    format: Format,
}

enum Format {
    Integer {
        width: usize,
    },
    Bool,
    Complex {
        real: Box<Format>,
        imag: Box<Format>,
    },
    /// Digits before and after the point.
    Fixed {
        before: usize,
        after: usize,
    },
    Scientific {
        before: usize,
        after: usize,
    },
}

impl Texts {
    fn new(array: &Array) -> Self {
        let corners = array.len() > WHOLE_UP_TO;
        let mut values = Vec::new();
        visit(array, corners, &mut Vec::new(), &mut values);
        Self {
            array: array.clone(),
            corners,
            format: Format::of(array.dtype(), &values),
        }
    }

    fn text(&self, index: &[isize]) -> String {
        self.format.text(scalar(&self.array, index))
    }
}

fn scalar(array: &Array, index: &[isize]) -> Scalar {
    let dense = array.dense();
    // Positions come from the shape.
    dense
        .layout
        .offset_of("print", index)
        .map_or(Scalar::Float(f64::NAN), |offset| dense.at(offset))
}

fn visit(array: &Array, corners: bool, index: &mut Vec<isize>, values: &mut Vec<Scalar>) {
    if index.len() == array.ndim() {
        values.push(scalar(array, index));
        return;
    }
    for position in shown(array.shape()[index.len()], corners)
        .into_iter()
        .flatten()
    {
        index.push(position as isize);
        visit(array, corners, index, values);
        index.pop();
    }
}

impl Format {
    fn of(dtype: DType, values: &[Scalar]) -> Self {
        match dtype.kind() {
            Kind::Bool => Self::Bool,
            Kind::Integer => {
                let width = values.iter().map(|value| value.to_string().len()).max();
                Self::Integer {
                    width: width.unwrap_or(0),
                }
            }
            Kind::Float => {
                let values: Vec<f64> = values.iter().map(|value| value.to_f64()).collect();
                Self::of_floats(&values)
            }
            Kind::Complex => {
                let parts = values.iter().map(|value| value.to_complex());
                let (real, imag): (Vec<f64>, Vec<f64>) =
                    parts.map(|value| (value.re, value.im.abs())).unzip();
                Self::Complex {
                    real: Box::new(Self::of_floats(&real)),
                    imag: Box::new(Self::of_floats(&imag)),
                }
            }
        }
    }

    /// NumPy's rule: as many digits as some element needs, up to [`PRECISION`]; powers of ten where
    /// the elements are very large, very small or very different.
    fn of_floats(values: &[f64]) -> Self {
        let magnitudes = values
            .iter()
            .map(|x| x.abs())
            .filter(|x| x.is_finite() && *x != 0.0);
        let (least, greatest) = magnitudes.fold((f64::INFINITY, 0.0_f64), |(least, most), x| {
            (least.min(x), most.max(x))
        });
        let scientific = greatest >= 1e8
            || (greatest > 0.0 && (least < 1e-4 || greatest / least > 1e3 && least < 1e-3));
        let form = |after| {
            if scientific {
                Self::Scientific { before: 0, after }
            } else {
                Self::Fixed { before: 0, after }
            }
        };
        let finite = || values.iter().copied().filter(|x| x.is_finite());
        let digits = |x: f64| {
            let text = form(PRECISION).number(x);
            let mantissa = text
                .split('e')
                .next()
                .unwrap_or_default()
                .trim_end_matches('0');
            mantissa
                .split_once('.')
                .map_or(0, |(_, digits)| digits.len())
        };
        let after = finite().map(digits).max().unwrap_or(0);
        let before = values.iter().map(|&x| {
            let text = form(after).number(x);
            text.find('.')
                .unwrap_or_else(|| text.len().saturating_sub(after + 1))
        });
        let before = before.max().unwrap_or(0);
        if scientific {
            Self::Scientific { before, after }
        } else {
            Self::Fixed { before, after }
        }
    }

    fn number(&self, x: f64) -> String {
        match *self {
            _ if x.is_nan() => "nan".into(),
            _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.into(),
            Self::Scientific { after, .. } => {
                let text = format!("{x:.after$e}");
                let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let point = if after == 0 { "." } else { "" };
                let sign = if exponent.starts_with('-') { '-' } else { '+' };
                format!(
                    "{mantissa}{point}e{sign}{:0>2}",
                    exponent.trim_start_matches('-')
                )
            }
            Self::Fixed { after, .. } => {
                let text = format!("{x:.after$}");
                if after == 0 { text + "." } else { text }
            }
            Self::Integer { .. } | Self::Bool | Self::Complex { .. } => x.to_string(),
        }
    }

    fn text(&self, value: Scalar) -> String {
        let x = value.to_f64();
        match *self {
            Self::Complex { ref real, ref imag } => {
                let value = value.to_complex();
                let sign = if value.im.is_sign_negative() {
                    '-'
                } else {
                    '+'
                };
                let imag = imag.text(Scalar::Float(value.im.abs()));
                let digits = imag.trim();
                let blanks = imag.len() - digits.len();
                let real = real.text(Scalar::Float(value.re));
                format!("{real}{sign}{digits}i{}", " ".repeat(blanks))
            }
            Self::Bool => format!("{:>5}", value.to_bool()),
            Self::Integer { width } => format!("{:>width$}", value.to_string()),
            Self::Fixed { before, after } => {
                let text = self.number(x);
                let width = before + 1 + after;
                let Some(point) = text.find('.') else {
                    return format!("{text:>width$}");
                };
                // Zeros at the end say nothing; blanks keep the columns.
                let indented = " ".repeat(before - point) + text.trim_end_matches('0');
                format!("{indented:<width$}")
            }
            Self::Scientific { before, after } => {
                const EXPONENT: usize = "e+00".len();
                format!("{:>1$}", self.number(x), before + 1 + after + EXPONENT)
            }
        }
    }
}

impl Texts {
    fn write(&self, f: &mut fmt::Formatter<'_>, index: &mut Vec<isize>) -> fmt::Result {
        let axis = index.len();
        let shape = self.array.shape();
        if axis == shape.len() {
            return f.write_str(self.text(index).trim());
        }
        let last = axis + 1 == shape.len();
        f.write_str("[")?;
        let mut column = axis + 1;
        for (count, position) in shown(shape[axis], self.corners).into_iter().enumerate() {
            let text = match position {
                Some(position) if last => {
                    index.push(position as isize);
                    let text = self.text(index);
                    index.pop();
                    text
                }
                Some(_) => String::new(),
                None => "...".into(),
            };
            if count > 0 {
                if last && column + 1 + text.chars().count() <= LINE {
                    f.write_str(" ")?;
                    column += 1;
                } else {
                    let lines = if last { 1 } else { shape.len() - axis - 1 };
                    f.write_str(&"\n".repeat(lines))?;
                    f.write_str(&" ".repeat(axis + 1))?;
                    column = axis + 1;
                }
            }
            f.write_str(&text)?;
            column += text.chars().count();
            if let (Some(position), false) = (position, last) {
                index.push(position as isize);
                self.write(f, index)?;
                index.pop();
            }
        }
        f.write_str("]")
    }
}

/// The elements, those of a large array by its corners, as NumPy prints them.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(linspace(0.0, 1.0, 5).to_string(), "[0.   0.25 0.5  0.75 1.  ]");
/// assert_eq!(arange(0, 6, 1).reshape([2, 3]).to_string(), "[[0 1 2]\n [3 4 5]]");
/// ```
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Texts::new(self).write(f, &mut Vec::new())
    }
}

/// The elements, the dtype and the shape.
impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}\n{}", self.summary())
    }
}

impl Array {
    fn summary(&self) -> String {
        format!("{}, shape {:?}", self.dtype(), self.shape())
    }

    /// One line for a debugger, for which nothing is computed.
    pub(crate) fn outline(&self) -> String {
        let values = if self.node.value().is_some() {
            one_line(&self.to_string(), OUTLINE)
        } else {
            "not computed yet".to_owned()
        };
        format!("{values} ({})", self.summary())
    }

    /// What is worth knowing of the elements together.
    fn statistics(&self) -> Vec<(&'static str, String)> {
        let mut statistics = vec![
            ("dtype", self.dtype().to_string()),
            ("shape", format!("{:?}", self.shape())),
            (
                "size",
                bytes_text((self.len() * self.dtype().size()) as f64),
            ),
        ];
        if self.is_empty() {
            return statistics;
        }
        let number = |x: f64| {
            let format = Format::of_floats(&[x]);
            format.text(Scalar::Float(x)).trim().to_owned()
        };
        match self.dtype().kind() {
            Kind::Bool => statistics.push(("true", self.count_nonzero().to_string())),
            Kind::Integer => {
                statistics.push(("min", self.min_integer().to_string()));
                statistics.push(("max", self.max_integer().to_string()));
                statistics.push(("mean", format!("{:.6}", self.mean())));
            }
            Kind::Float => {
                statistics.push(("min", number(self.min())));
                statistics.push(("max", number(self.max())));
                statistics.push(("mean", number(self.mean())));
            }
            Kind::Complex => statistics.push(("greatest length", number(self.abs().max()))),
        }
        statistics
    }

    fn html(&self, text: &str) -> String {
        let mut html = String::from("<div>");
        if self.ndim() == 2 && !self.is_empty() {
            html += &self.html_table();
        } else {
            let _ = write!(html, "<pre style=\"margin:0\">{text}</pre>");
        }
        html += "<p style=\"margin:0.4em 0 0;opacity:0.75\">";
        let facts = self.statistics();
        let facts: Vec<String> = facts
            .iter()
            .map(|(name, value)| format!("{name} <b>{value}</b>"))
            .collect();
        html += &facts.join(" · ");
        html += "</p></div>";
        html
    }

    fn html_table(&self) -> String {
        const CELL: &str = "style=\"text-align:right;font-family:monospace\"";
        let corners = self.shape().iter().any(|&n| n > 2 * EDGE + 1);
        let texts = Texts {
            corners,
            ..Texts::new(self)
        };
        let (rows, columns) = (
            shown(self.shape()[0], corners),
            shown(self.shape()[1], corners),
        );
        let label = |position: &Option<usize>| position.map_or("…".into(), |i| i.to_string());
        let mut html = String::from("<table><thead><tr><td></td>");
        for column in &columns {
            let _ = write!(html, "<th scope=\"col\">{}</th>", label(column));
        }
        html += "</tr></thead><tbody>";
        for row in &rows {
            let _ = write!(html, "<tr><th scope=\"row\">{}</th>", label(row));
            for column in &columns {
                let text = match (row, column) {
                    (Some(row), Some(column)) => texts.text(&[*row as isize, *column as isize]),
                    _ => "…".into(),
                };
                let _ = write!(html, "<td {CELL}>{}</td>", text.trim());
            }
            html += "</tr>";
        }
        html + "</tbody></table>"
    }
}

impl Render for Array {
    fn render(&self) -> Bundle {
        // One computation for the text and the statistics.
        self.dense();
        let text = self.to_string();
        let html = self.html(&text);
        Bundle::text(format!("{text}\n{}", self.summary())).html(html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Complex, arange, linspace};

    #[test]
    fn arrays_print_as_in_numpy() {
        let cases: [(Array, &str); 13] = [
            (Array::from([1.0, 2.0, 3.0]), "[1. 2. 3.]"),
            (Array::from([1.0, -2.5]), "[ 1.  -2.5]"),
            (Array::from([f64::NAN, 1.0, f64::INFINITY]), "[nan  1. inf]"),
            (Array::from([1e10, 1.0]), "[1.e+10 1.e+00]"),
            (Array::from([1e-5, 2.5e-5]), "[1.0e-05 2.5e-05]"),
            (Array::from([1.0 / 3.0]), "[0.33333333]"),
            (Array::from([true, false]), "[ true false]"),
            (Array::from([10, -1]), "[10 -1]"),
            (Array::from([u64::MAX]), "[18446744073709551615]"),
            (
                Array::from([1.5, 1.0]) + Array::from([2.0, -2.25]) * Complex::I,
                "[1.5+2.i   1. -2.25i]",
            ),
            (Array::from(2.5), "2.5"),
            (Array::from(Vec::<f64>::new()), "[]"),
            (
                linspace(0.0, 1.0, 1001),
                "[0.    0.001 0.002 ... 0.998 0.999 1.   ]",
            ),
        ];
        for (array, expected) in cases {
            assert_eq!(array.to_string(), expected);
        }
    }

    #[test]
    fn an_outline_computes_nothing() {
        let array = linspace(0.0, 1.0, 3);
        assert_eq!(array.outline(), "[0. 0.5 1. ] (f64, shape [3])");
        // Operations on short arrays do not wait.
        let large = linspace(0.0, 1.0, 1_000_000) * 2.0;
        assert_eq!(large.outline(), "not computed yet (f64, shape [1000000])");
        assert!(large.node.value().is_none());
    }

    #[test]
    fn corners_of_a_large_table_and_long_lines() {
        let text = arange(0, 10_000, 1).reshape([100, 100]).to_string();
        assert_eq!(text.lines().count(), 7);
        assert_eq!(
            text.lines().next(),
            Some("[[   0    1    2 ...   97   98   99]")
        );
        assert_eq!(text.lines().nth(3), Some(" ..."));
        assert!(
            arange(0, 100, 1)
                .to_string()
                .lines()
                .all(|line| line.len() <= LINE)
        );
    }

    #[test]
    fn html_names_dtype_and_shape() {
        let bundle = linspace(0.0, 1.0, 12).reshape([3, 4]).render();
        let html = bundle.get("text/html").unwrap();
        assert!(html.contains("<table>") && html.contains("dtype <b>f64</b>"));
        assert!(bundle.plain().ends_with("f64, shape [3, 4]"));
    }
}
