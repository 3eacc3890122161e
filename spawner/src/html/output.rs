//! Outputs of code cells.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::escape::escape;
use super::{ansi, markdown};
use crate::notebook::join_text;

/// Representations that can be shown, the richest first.
const PREFERENCE: [&str; 11] = [
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/markdown",
    "text/latex",
    "text/plain",
    "application/json",
    "application/javascript",
];

/// Adds one output of a cell to a page.
pub(super) fn write(page: &mut String, output: &Value) {
    match output["output_type"].as_str() {
        Some("stream") => {
            let name = if output["name"] == "stderr" {
                "stderr"
            } else {
                "stdout"
            };
            let text = ansi::to_html(&join_text(&output["text"]));
            block(page, name, "", &format!("<pre>{text}</pre>"));
        }
        Some("error") => {
            let lines: Vec<_> = output["traceback"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let text = if lines.is_empty() {
                let part = |key: &str| output[key].as_str().unwrap_or_default().to_owned();
                format!("{}: {}", part("ename"), part("evalue"))
            } else {
                lines.join("\n")
            };
            block(
                page,
                "error",
                "",
                &format!("<pre>{}</pre>", ansi::to_html(&text)),
            );
        }
        Some("execute_result") => {
            let count = output["execution_count"]
                .as_u64()
                .map_or_else(String::new, |count| format!("Out&nbsp;[{count}]"));
            bundle(page, &count, output["data"].as_object());
        }
        Some("display_data") => bundle(page, "", output["data"].as_object()),
        _ => {}
    }
}

fn bundle(page: &mut String, prompt: &str, data: Option<&Map<String, Value>>) {
    let Some((mime, content)) = data.and_then(|data| {
        PREFERENCE
            .iter()
            .find_map(|mime| Some((*mime, data.get(*mime)?)))
    }) else {
        return;
    };
    let text = join_text(content);
    let (class, html) = match mime {
        "text/html" => ("rich", text),
        "image/svg+xml" => ("figure", svg(&text).to_owned()),
        "text/markdown" => ("text", markdown::to_html(&text, None)),
        "text/latex" => (
            "plain",
            format!("<pre class=\"math\">{}</pre>", escape(&text)),
        ),
        "text/plain" => ("plain", format!("<pre>{}</pre>", ansi::to_html(&text))),
        "application/json" => (
            "plain",
            format!("<pre>{}</pre>", escape(&format!("{content:#}"))),
        ),
        "application/javascript" => return,
        image => {
            let data = escape(&text.replace(['\n', '\r'], ""));
            (
                "figure",
                format!("<img alt=\"\" src=\"data:{image};base64,{data}\">"),
            )
        }
    };
    block(page, class, prompt, &html);
}

fn block(page: &mut String, class: &str, prompt: &str, html: &str) {
    let _ = writeln!(
        page,
        "<div class=\"prompt out\">{prompt}</div>\n<div class=\"output {class}\">{html}</div>"
    );
}

/// The drawing without what may stand before it in a file.
fn svg(text: &str) -> &str {
    text.find("<svg").map_or(text, |start| &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(output: &Value) -> String {
        let mut page = String::new();
        write(&mut page, output);
        page
    }

    #[test]
    fn the_richest_representation_is_shown() {
        let data = |data: Value| json!({"output_type": "display_data", "data": data});
        for (output, expected) in [
            (
                data(json!({"text/plain": "p", "text/html": ["<b>", "h</b>"]})),
                "<b>h</b>",
            ),
            (
                data(json!({"image/svg+xml": "<?xml?><!DOCTYPE svg><svg></svg>"})),
                ">",
            ),
            (
                data(json!({"image/png": "QUJD\nREVG"})),
                "src=\"data:image/png;base64,QUJDREVG\"",
            ),
            (
                data(json!({"text/latex": "$a<b$"})),
                "<pre class=\"math\">$a&lt;b$</pre>",
            ),
            (
                data(json!({"application/json": {"a": 1}})),
                "&quot;a&quot;: 1",
            ),
            (
                json!({"output_type": "execute_result", "execution_count": 7, "data": {"text/plain": "1"}}),
                "Out&nbsp;[7]",
            ),
            (
                json!({"output_type": "error", "ename": "E<", "evalue": "v", "traceback": []}),
                "E&lt;: v",
            ),
        ] {
            let page = shown(&output);
            assert!(page.contains(expected), "{expected} not in {page}");
            assert!(!page.contains("DOCTYPE"), "{page}");
        }
        assert_eq!(shown(&data(json!({"application/x-unknown": "x"}))), "");
    }
}
