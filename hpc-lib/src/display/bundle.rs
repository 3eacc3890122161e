use hpc_channel::MimeBundle;

/// One value in several forms, of which a notebook shows the richest one that it knows.
///
/// ```
/// use hpc::display::Bundle;
/// let bundle = Bundle::text("x squared").latex("$x^2$");
/// assert_eq!(bundle.plain(), "x squared");
/// assert_eq!(bundle.get("text/latex"), Some("$x^2$"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle(MimeBundle);

impl Bundle {
    /// Plain text, the form that must always be there.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(MimeBundle::text(text))
    }

    /// Adds HTML. Text from elsewhere goes through [`escape`] first.
    #[must_use]
    pub fn html(self, html: impl Into<String>) -> Self {
        self.with("text/html", html)
    }

    /// Adds Markdown.
    #[must_use]
    pub fn markdown(self, markdown: impl Into<String>) -> Self {
        self.with("text/markdown", markdown)
    }

    /// Adds LaTeX, with its dollar signs.
    #[must_use]
    pub fn latex(self, latex: impl Into<String>) -> Self {
        self.with("text/latex", latex)
    }

    /// Adds an SVG picture.
    #[must_use]
    pub fn svg(self, svg: impl Into<String>) -> Self {
        self.with("image/svg+xml", svg)
    }

    /// Adds a form under its MIME type. Binary forms, such as `image/png`, are base64 text.
    #[must_use]
    pub fn with(self, mime: &str, content: impl Into<String>) -> Self {
        Self(self.0.with(mime, content.into()))
    }

    /// The plain text.
    pub fn plain(&self) -> &str {
        self.0.plain().unwrap_or_default()
    }

    /// The form of that MIME type.
    pub fn get(&self, mime: &str) -> Option<&str> {
        self.0.get(mime).and_then(serde_json::Value::as_str)
    }

    pub(super) fn into_mime(self) -> MimeBundle {
        self.0
    }
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
