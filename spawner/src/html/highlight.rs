//! Code with its words in classes, for the style sheet to colour.

use std::sync::LazyLock;

use syntect::html::{ClassStyle, ClassedHTMLGenerator};
use syntect::parsing::SyntaxSet;
use syntect::util::LinesWithEndings;

use super::escape::escape;

/// Prefix of the classes, which are named after the scopes of Sublime Text.
const CLASSES: ClassStyle = ClassStyle::SpacedPrefixed { prefix: "s-" };

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Code as HTML; without classes when the language is unknown.
pub(super) fn to_html(code: &str, language: &str) -> String {
    coloured(code, language).unwrap_or_else(|| escape(code))
}

fn coloured(code: &str, language: &str) -> Option<String> {
    let token = match language {
        "" => return None,
        "ipython" | "ipython3" => "python",
        other => other,
    };
    let syntax = SYNTAXES.find_syntax_by_token(token)?;
    let mut generator = ClassedHTMLGenerator::new_with_class_style(syntax, &SYNTAXES, CLASSES);
    for line in LinesWithEndings::from(code) {
        generator
            .parse_html_for_line_which_includes_newline(line)
            .ok()?;
    }
    Some(generator.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_languages_have_classes_and_all_are_escaped() {
        let rust = to_html("fn main() { a < b }", "rust");
        assert!(rust.contains("s-rust") && rust.contains("&lt;"), "{rust}");
        assert_eq!(to_html("a < b", "no such language"), "a &lt; b");
    }
}
