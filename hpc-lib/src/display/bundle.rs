use base64::prelude::{BASE64_STANDARD, Engine};
use std::fmt::Display;

use hpc_channel::MimeBundle;
use serde_json::Value;

use super::render::Render;
use crate::error::{Error, OrRaise};

const PLAIN: &str = "text/plain";

/// What a file of the PNG format begins with.
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// MIME type under which JupyterLab finds its Vega-Lite charts.
const VEGA_LITE: &str = "application/vnd.vegalite.v5+json";

/// What a chart that does not name its version is taken for.
const VEGA_LITE_SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// One value in several forms, of which a notebook shows the richest one that it knows.
///
/// It begins with [`text`](Bundle::text), which terminals and exported programs print; the functions
/// [`html`](super::html()), [`svg`](super::svg()), [`png`](super::png()) and so on begin with
/// another form and choose the text themselves.
///
/// ```
/// use hpc::prelude::*;
/// let bundle = Bundle::text("x squared").latex("$x^2$");
/// assert_eq!(bundle.plain(), "x squared");
/// assert_eq!(bundle.get("text/latex"), Some("$x^2$"));
/// display(bundle);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle(Vec<Form>);

/// All of it is text, also JSON: what a cell would have to compile to drop anything else takes
/// longer than the cell itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    mime: String,
    content: String,
    is_json: bool,
}

impl Bundle {
    /// Plain text, the form that must always be there.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::of_text(text.into())
    }

    /// Adds HTML. Text from elsewhere goes through [`escape`] first.
    #[must_use]
    pub fn html(self, html: impl Into<String>) -> Self {
        self.and("text/html", html.into())
    }

    /// Adds Markdown.
    #[must_use]
    pub fn markdown(self, markdown: impl Into<String>) -> Self {
        self.and("text/markdown", markdown.into())
    }

    /// Adds LaTeX, with its dollar signs.
    #[must_use]
    pub fn latex(self, latex: impl Into<String>) -> Self {
        self.and("text/latex", latex.into())
    }

    /// Adds an SVG picture.
    #[must_use]
    pub fn svg(self, svg: impl Into<String>) -> Self {
        self.and("image/svg+xml", svg.into())
    }

    /// Adds a picture: the bytes of a PNG file.
    ///
    /// # Panics
    /// Panics when the bytes are something else.
    #[must_use]
    #[track_caller]
    pub fn png(self, bytes: &[u8]) -> Self {
        png_size(bytes).or_raise();
        self.with_bytes("image/png", bytes)
    }

    /// Adds JSON, which a notebook shows as a tree: its text, or a value that is written as JSON
    /// (such as `serde_json::Value`).
    ///
    /// # Panics
    /// Panics when the text is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(self, json: impl Display) -> Self {
        self.json_text(&json)
    }

    /// Adds a Vega-Lite chart: its specification as JSON. A specification without `$schema` is
    /// taken to be of version 5.
    ///
    /// # Panics
    /// Panics when the specification is not a JSON object.
    #[must_use]
    #[track_caller]
    pub fn vega_lite(self, specification: impl Display) -> Self {
        self.chart(&specification)
    }

    /// Adds a form under its MIME type.
    #[must_use]
    pub fn with(self, mime: &str, content: impl Into<String>) -> Self {
        self.and(mime, content.into())
    }

    /// Adds a binary form under its MIME type, such as `image/jpeg`.
    #[must_use]
    pub fn with_bytes(self, mime: &str, content: &[u8]) -> Self {
        self.and(mime, BASE64_STANDARD.encode(content))
    }

    /// The plain text.
    pub fn plain(&self) -> &str {
        self.get(PLAIN).unwrap_or_default()
    }

    /// The form of that MIME type: binary forms as base64, JSON as its text.
    pub fn get(&self, mime: &str) -> Option<&str> {
        let form = self.0.iter().find(|form| form.mime == mime)?;
        Some(&form.content)
    }

    // What follows is not generic, so that a cell need not compile it.

    pub(super) fn of_text(text: String) -> Self {
        Self(Vec::new()).and(PLAIN, text)
    }

    fn and(self, mime: &str, content: String) -> Self {
        self.and_form(Form {
            mime: mime.to_owned(),
            content,
            is_json: false,
        })
    }

    fn and_form(mut self, form: Form) -> Self {
        self.0.retain(|known| known.mime != form.mime);
        self.0.push(form);
        self
    }

    #[track_caller]
    fn json_text(self, json: &dyn Display) -> Self {
        let json = parse("json", json).or_raise();
        self.and_json("application/json", &json)
    }

    #[track_caller]
    fn chart(self, specification: &dyn Display) -> Self {
        let chart = chart(specification).or_raise();
        self.and_json(VEGA_LITE, &chart)
    }

    fn and_json(self, mime: &str, content: &Value) -> Self {
        self.and_form(Form {
            mime: mime.to_owned(),
            content: content.to_string(),
            is_json: true,
        })
    }

    /// The same with other plain text.
    pub(super) fn with_plain(self, text: String) -> Self {
        self.and(PLAIN, text)
    }

    pub(super) fn into_mime(self) -> MimeBundle {
        let mut mime = MimeBundle::new();
        for form in self.0 {
            mime = if form.is_json {
                let value: Value = serde_json::from_str(&form.content).unwrap_or_default();
                mime.with(form.mime, value)
            } else {
                mime.with(form.mime, form.content)
            };
        }
        mime
    }
}

impl Render for Bundle {
    fn render(&self) -> Bundle {
        self.clone()
    }
}

/// Width and height of a PNG file in pixels.
pub(super) fn png_size(bytes: &[u8]) -> Result<(u32, u32), Error> {
    // The signature, the length and the name of the first chunk, and then what is asked for.
    let size = bytes.get(16..24).filter(|_| {
        bytes.starts_with(PNG_SIGNATURE) && bytes.get(12..16) == Some(b"IHDR".as_slice())
    });
    let size = size.ok_or_else(|| {
        let begin = match bytes.len() {
            0 => "there are none".into(),
            length => format!("they begin with {:02x?}", &bytes[..length.min(4)]),
        };
        Error::argument(
            "png",
            format!("the bytes are not a PNG file, which begins with [89, 50, 4e, 47]: {begin}"),
        )
    })?;
    let number =
        |at: usize| u32::from_be_bytes([size[at], size[at + 1], size[at + 2], size[at + 3]]);
    Ok((number(0), number(4)))
}

fn parse(routine: &'static str, json: &dyn Display) -> Result<Value, Error> {
    serde_json::from_str(&json.to_string())
        .map_err(|error| Error::argument(routine, format!("the text is not JSON: {error}")))
}

fn chart(specification: &dyn Display) -> Result<Value, Error> {
    let mut chart = parse("vega_lite", specification)?;
    let Value::Object(members) = &mut chart else {
        return Err(Error::argument(
            "vega_lite",
            "the specification of a chart is a JSON object, such as {\"mark\": \"bar\", …}",
        ));
    };
    members
        .entry("$schema")
        .or_insert_with(|| VEGA_LITE_SCHEMA.into());
    Ok(chart)
}

/// Text that means itself in HTML and SVG.
///
/// ```
/// assert_eq!(hpc::display::escape("a < b & c"), "a &lt; b &amp; c");
/// ```
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A picture of one pixel.
    pub(in crate::display) const PIXEL: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\
        \x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\
        \0\0\0\0IEND\xae\x42\x60\x82";

    #[test]
    fn pictures_are_base64_and_must_be_pictures() {
        let bundle = Bundle::text("a pixel").png(PIXEL);
        let picture = bundle.get("image/png").unwrap();
        assert!(picture.starts_with("iVBORw0KGgo"), "{picture}");
        assert_eq!(png_size(PIXEL), Ok((1, 1)));
        let error = png_size(b"\xff\xd8\xff\xe0").unwrap_err().to_string();
        assert!(
            error.ends_with("they begin with [ff, d8, ff, e0]"),
            "{error}"
        );
        assert!(png_size(&PIXEL[..20]).is_err());
    }

    #[test]
    fn json_travels_as_json() {
        let bundle = Bundle::text("two").json(r#"{"b": [1, null], "a": 2}"#);
        assert_eq!(
            bundle.get("application/json"),
            Some(r#"{"b":[1,null],"a":2}"#)
        );
        let mime = bundle.into_mime();
        assert_eq!(mime.plain(), Some("two"));
        assert!(mime.get("application/json").unwrap().is_object());
        let error = parse("json", &"{\"a\": ").unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }

    #[test]
    fn charts_name_their_version() {
        let chart = |text: &str| {
            let bundle = Bundle::text("").vega_lite(text);
            bundle.get(VEGA_LITE).unwrap().to_owned()
        };
        assert!(chart(r#"{"mark": "bar"}"#).contains("vega-lite/v5.json"));
        let given = chart(r#"{"$schema": "mine"}"#);
        assert!(given.contains("mine") && !given.contains("vega.github.io"));
        assert!(super::chart(&"[1]").is_err());
    }

    #[test]
    fn a_form_replaces_one_of_the_same_type() {
        let bundle = Bundle::text("a").html("b").html("c").with_plain("d".into());
        assert_eq!(bundle.get("text/html"), Some("c"));
        assert_eq!((bundle.plain(), bundle.0.len()), ("d", 2));
    }
}
