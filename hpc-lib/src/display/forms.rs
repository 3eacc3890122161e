//! Values that are nothing but one rich form.

use std::fmt::{Debug, Display};

use super::bundle::{Bundle, png_size};
use super::collection;
use crate::error::OrRaise;

/// HTML to be shown as such. Text from elsewhere goes through [`escape`](super::escape) first.
///
/// ```
/// use hpc::prelude::*;
/// display(html("<meter value=0.3>30 %</meter>"));
/// ```
pub fn html(html: impl Into<String>) -> Bundle {
    same_text(html.into(), "text/html")
}

/// Markdown to be shown as such, formulas between dollar signs included.
///
/// ```
/// use hpc::prelude::*;
/// display(markdown(format!("The speed-up is **{:.1}**.", 12.34)));
/// ```
pub fn markdown(markdown: impl Into<String>) -> Bundle {
    same_text(markdown.into(), "text/markdown")
}

/// A formula in LaTeX. Without dollar signs of its own it is set on a line of its own.
///
/// ```
/// use hpc::prelude::*;
/// let formula = latex(r"e^{i\pi} + 1 = 0");
/// assert_eq!(formula.get("text/latex"), Some(r"$$e^{i\pi} + 1 = 0$$"));
/// assert_eq!(formula.plain(), r"e^{i\pi} + 1 = 0");
/// ```
pub fn latex(formula: impl Into<String>) -> Bundle {
    formula_of(formula.into())
}

/// An SVG picture.
///
/// ```
/// use hpc::prelude::*;
/// display(svg("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"));
/// ```
pub fn svg(svg: impl Into<String>) -> Bundle {
    picture_of(svg.into())
}

/// A picture: the bytes of a PNG file.
///
/// ```no_run
/// use hpc::prelude::*;
/// display(png(&std::fs::read("galaxy.png")?));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// Panics when the bytes are something else.
#[track_caller]
pub fn png(bytes: &[u8]) -> Bundle {
    let (width, height) = png_size(bytes).or_raise();
    Bundle::of_text(format!("a PNG picture of {width} × {height} pixels"))
        .with_bytes("image/png", bytes)
}

/// JSON, which a notebook shows as a tree: its text, or a value that is written as JSON.
///
/// ```
/// use hpc::prelude::*;
/// let tree = json(r#"{"nodes": 2, "gpus": [0, 1]}"#);
/// assert_eq!(tree.get("application/json"), Some(r#"{"nodes":2,"gpus":[0,1]}"#));
/// ```
///
/// # Panics
/// Panics when the text is not JSON.
#[track_caller]
pub fn json(json: impl Display) -> Bundle {
    json_of(&json)
}

/// A Vega-Lite chart: its specification as JSON, which JupyterLab draws.
///
/// ```
/// use hpc::prelude::*;
/// let chart = vega_lite(r#"{
///     "data": {"values": [{"a": "A", "b": 28}, {"a": "B", "b": 55}]},
///     "mark": "bar",
///     "encoding": {"x": {"field": "a"}, "y": {"field": "b", "type": "quantitative"}}
/// }"#);
/// assert!(chart.get("application/vnd.vegalite.v5+json").is_some());
/// ```
///
/// # Panics
/// Panics when the specification is not a JSON object.
#[track_caller]
pub fn vega_lite(specification: impl Display) -> Bundle {
    chart_of(&specification)
}

/// Any value with `Debug`, the way the last expression of a cell is shown: lists of structs and
/// maps as tables, anything else as its `{:?}` text.
///
/// ```
/// use hpc::prelude::*;
/// #[derive(Debug)]
/// struct Star {
///     name: &'static str,
///     mass: f64,
/// }
/// let stars = vec![
///     Star { name: "Sirius A", mass: 2.063 },
///     Star { name: "Sirius B", mass: 1.018 },
/// ];
/// let shown = debug(&stars);
/// assert_eq!(
///     shown.plain(),
///     "   name       mass\n\
///      0  Sirius A  2.063\n\
///      1  Sirius B  1.018"
/// );
/// assert!(shown.get("text/html").unwrap().contains("<table"));
/// ```
pub fn debug(value: impl Debug) -> Bundle {
    collection::any(&value)
}

fn same_text(text: String, mime: &str) -> Bundle {
    Bundle::of_text(text.clone()).with(mime, text)
}

fn formula_of(formula: String) -> Bundle {
    let set = if formula.contains('$') {
        formula.clone()
    } else {
        format!("$${formula}$$")
    };
    Bundle::of_text(formula).latex(set)
}

fn picture_of(svg: String) -> Bundle {
    Bundle::text("an SVG picture").svg(svg)
}

#[track_caller]
fn json_of(json: &dyn Display) -> Bundle {
    Bundle::of_text(json.to_string()).json(json)
}

#[track_caller]
fn chart_of(specification: &dyn Display) -> Bundle {
    Bundle::text("a Vega-Lite chart").vega_lite(specification)
}
