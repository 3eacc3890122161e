use std::fmt::Write as _;

use super::ticks::Ticks;
use crate::array::Array;
use crate::display::{Bundle, Render, escape};
use crate::error::Error;
use crate::prof;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 56.0;

/// A colour that is readable on white and on black.
const STROKE: &str = "#2a85d0";

/// A curve through points, made by [`line()`].
#[derive(Clone, Debug)]
pub struct Line {
    /// What is drawn: (x, y) in the order of the data, NaN where the curve is broken.
    points: Vec<(f64, f64)>,
    count: usize,
    title: String,
    xlabel: String,
    ylabel: String,
}

/// A curve through the points (x, y).
///
/// Of many points per column of the picture only the first, the last, the lowest and the highest
/// are drawn, which look the same. Points with NaN or infinite coordinates interrupt the curve.
///
/// ```
/// use hpc::prelude::*;
/// let x = linspace(0.0, 1.0, 1000);
/// let picture = plot::line(&x, &x.powi(2)).title("a parabola").render();
/// assert!(picture.get("image/svg+xml").unwrap().contains("a parabola"));
/// ```
///
/// # Panics
/// Panics when `x` and `y` do not have one axis of the same length.
#[track_caller]
pub fn line(x: &Array, y: &Array) -> Line {
    static SITE: prof::Site = prof::Site::routine("hpc::plot");
    let _region = SITE.enter_routine();
    if x.ndim() != 1 || x.shape() != y.shape() {
        let (left, right) = (x.shape().to_vec(), y.shape().to_vec());
        Error::Shapes {
            routine: "plot::line",
            left,
            right,
        }
        .raise();
    }
    let points = decimated(&x.to_vec::<f64>(), &y.to_vec::<f64>());
    Line {
        points,
        count: x.len(),
        title: String::new(),
        xlabel: String::new(),
        ylabel: String::new(),
    }
}

impl Line {
    /// Text above the picture; also its name for those who cannot see it.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Text below the horizontal axis.
    #[must_use]
    pub fn xlabel(mut self, label: &str) -> Self {
        label.clone_into(&mut self.xlabel);
        self
    }

    /// Text beside the vertical axis.
    #[must_use]
    pub fn ylabel(mut self, label: &str) -> Self {
        label.clone_into(&mut self.ylabel);
        self
    }

    fn description(&self) -> String {
        let title = if self.title.is_empty() {
            "line plot"
        } else {
            &self.title
        };
        match (
            extent(self.points.iter().map(|p| p.0)),
            extent(self.points.iter().map(|p| p.1)),
        ) {
            (Some(x), Some(y)) => format!(
                "{title}: {} points, x from {:.4} to {:.4}, y from {:.4} to {:.4}",
                self.count, x.0, x.1, y.0, y.1
            ),
            _ => format!("{title}: no points"),
        }
    }

    fn svg(&self) -> String {
        let x = Axis::new(self.points.iter().map(|p| p.0), 0.0, (LEFT, WIDTH - RIGHT));
        let y = Axis::new(
            self.points.iter().map(|p| p.1),
            0.05,
            (HEIGHT - BOTTOM, TOP),
        );
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\">\
             <title>{}</title><desc>{}</desc>",
            escape(if self.title.is_empty() {
                "line plot"
            } else {
                &self.title
            }),
            escape(&self.description()),
        );
        self.write_axes(&mut svg, &x, &y);
        let _ = write!(
            svg,
            "<path d=\"{}\" fill=\"none\" stroke=\"{STROKE}\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>",
            path(&self.points, &x, &y)
        );
        svg + "</svg>"
    }

    fn write_axes(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        // Writing to a string cannot fail.
        for &value in &x.ticks.values {
            let at = x.place(value);
            let _ = write!(
                svg,
                "<path d=\"M{at:.1} {TOP}V{bottom}\" stroke=\"#808080\" stroke-opacity=\"0.25\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                x.ticks.text(value)
            );
        }
        for &value in &y.ticks.values {
            let at = y.place(value);
            let _ = write!(
                svg,
                "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#808080\" stroke-opacity=\"0.25\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                at + 4.0,
                y.ticks.text(value)
            );
        }
        let (middle_x, middle_y) = (f64::midpoint(LEFT, right), f64::midpoint(TOP, bottom));
        let _ = write!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"#808080\"/>\
             <text x=\"{middle_x:.1}\" y=\"24\" text-anchor=\"middle\" font-size=\"15\">{}</text>\
             <text x=\"{middle_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(16 {middle_y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            right - LEFT,
            bottom - TOP,
            escape(&self.title),
            HEIGHT - 14.0,
            escape(&self.xlabel),
            escape(&self.ylabel),
        );
    }
}

impl Render for Line {
    fn render(&self) -> Bundle {
        Bundle::text(self.description()).svg(self.svg())
    }
}

/// From numbers to places in the picture.
struct Axis {
    low: f64,
    high: f64,
    pixels: (f64, f64),
    ticks: Ticks,
}

impl Axis {
    /// An axis for these numbers, with a margin on both sides (as part of their extent).
    fn new(values: impl Iterator<Item = f64>, margin: f64, pixels: (f64, f64)) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let width = high - low;
        // A single number gets some room on both sides.
        let margin = if width > 0.0 {
            width * margin
        } else {
            low.abs().max(1.0) * 0.5
        };
        let (low, high) = (low - margin, high + margin);
        Self {
            low,
            high,
            pixels,
            ticks: Ticks::new(low, high, 6),
        }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// The least and the greatest finite number.
fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|x| x.is_finite())
        .fold(None, |extent, x| match extent {
            None => Some((x, x)),
            Some((low, high)) => Some((x.min(low), x.max(high))),
        })
}

/// Points that draw the same picture: of neighbours that fall into the same column of pixels the
/// first, the lowest, the highest and the last.
fn decimated(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    let Some((low, high)) = extent(x.iter().copied()) else {
        return Vec::new();
    };
    let columns = (WIDTH - LEFT - RIGHT) / (high - low).max(f64::MIN_POSITIVE);
    let column = |x: f64| ((x - low) * columns) as usize;
    let finite = |i: usize| x[i].is_finite() && y[i].is_finite();
    let mut points = Vec::new();
    let mut start = 0;
    while start < x.len() {
        if !finite(start) {
            points.push((f64::NAN, f64::NAN));
            start += 1;
            continue;
        }
        let first_column = column(x[start]);
        let (mut lowest, mut highest, mut end) = (start, start, start + 1);
        while end < x.len() && finite(end) && column(x[end]) == first_column {
            if y[end] < y[lowest] {
                lowest = end;
            }
            if y[end] > y[highest] {
                highest = end;
            }
            end += 1;
        }
        let mut kept = [start, lowest.min(highest), lowest.max(highest), end - 1].to_vec();
        kept.dedup();
        points.extend(kept.into_iter().map(|i| (x[i], y[i])));
        start = end;
    }
    points
}

fn path(points: &[(f64, f64)], x: &Axis, y: &Axis) -> String {
    let mut path = String::new();
    let mut pen_down = false;
    for &point in points {
        if point.0.is_finite() && point.1.is_finite() {
            let command = if pen_down { 'L' } else { 'M' };
            let _ = write!(
                path,
                "{command}{:.1} {:.1}",
                x.place(point.0),
                y.place(point.1)
            );
        }
        pen_down = point.0.is_finite() && point.1.is_finite();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Array, linspace};

    #[test]
    fn a_million_points_become_a_few_thousand_and_keep_their_extremes() {
        let n = 1_000_000;
        let mut y = linspace(0.0, 1.0, n).sin();
        y.set(123_456, 7.0);
        let line = line(&linspace(0.0, 1.0, n), &y);
        assert!(line.points.len() < 3000);
        assert!(line.points.iter().any(|p| p.1 == 7.0));
        assert!(line.svg().len() < 60_000);
    }

    #[test]
    fn nan_interrupts_the_curve() {
        let x = Array::from([0.0, 1.0, 2.0, 3.0, 4.0]);
        let svg = line(&x, &Array::from([0.0, 1.0, f64::NAN, 1.0, 0.0])).svg();
        let path = svg.split("<path d=\"").last().unwrap();
        let path = &path[..path.find('"').unwrap()];
        assert_eq!(path.matches('M').count(), 2);
    }

    #[test]
    fn few_or_equal_points_have_axes() {
        for values in [vec![], vec![2.0], vec![2.0, 2.0]] {
            let array = Array::from(values);
            let svg = line(&array, &array).title("a < b").svg();
            assert!(svg.contains("<title>a &lt; b</title>") && !svg.contains("NaN"));
        }
    }
}
