use std::error::Error;
use std::fmt::{Debug, Display};

use super::bundle::{Bundle, escape};
use super::collection::VALUE;
use super::outline::Excerpt;

/// Colour of errors: the notebook's own where it has one.
const COLOUR: &str = "var(--jp-error-color1,#d32f2f)";

/// What an `Err` holds, as far as it is known.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Failure<'a> {
    /// An error, which may have a cause.
    Chain(&'a dyn Error),
    /// Something with a text for people.
    Text(&'a dyn Display),
    /// Something with a text for programmers.
    Debug(&'a dyn Debug),
}

impl Failure<'_> {
    pub(super) fn render(self) -> Bundle {
        let text = self.text();
        let html = format!(
            "<pre style=\"margin:0;color:{COLOUR}\">{}</pre>",
            escape(&text)
        );
        Bundle::of_text(text).html(html)
    }

    fn text(self) -> String {
        match self {
            Self::Chain(error) => chain(error),
            Self::Text(text) => format!("error: {text}"),
            Self::Debug(value) => format!("error: {}", Excerpt::of(value, VALUE).marked()),
        }
    }
}

/// The error and what caused it, a line each.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut text = format!("error: {said}");
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        // Many errors name their cause themselves.
        if !said.contains(&words) {
            text += "\n  caused by: ";
            text += &words;
            said = words;
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Failed(&'static str, Option<Box<Failed>>);

    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Failed {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|cause| &**cause as _)
        }
    }

    #[test]
    fn causes_are_named_once() {
        let cause = |text, cause| Some(Box::new(Failed(text, cause)));
        let error = Failed(
            "cannot read <run.toml>",
            cause(
                "line 3: no value",
                cause("no value", cause("disk on fire", None)),
            ),
        );
        let bundle = Failure::Chain(&error).render();
        assert_eq!(
            bundle.plain(),
            "error: cannot read <run.toml>\n  caused by: line 3: no value\n  caused by: disk on fire"
        );
        let html = bundle.get("text/html").unwrap();
        assert!(html.contains("color:") && html.contains("&lt;run.toml&gt;"));
    }

    #[test]
    fn other_things_are_errors_too() {
        assert_eq!(Failure::Text(&"too hot").text(), "error: too hot");
        assert_eq!(Failure::Debug(&Some(3)).text(), "error: Some(3)");
    }
}
