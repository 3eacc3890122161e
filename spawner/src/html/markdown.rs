//! Markdown cells.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use serde_json::{Map, Value};

use super::escape::escape;
use super::highlight;
use crate::notebook::join_text;

/// Markdown as HTML in which nothing is executed or fetched. `attachments` are the images that the
/// cell carries.
pub(super) fn to_html(source: &str, attachments: Option<&Map<String, Value>>) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let mut events = Vec::new();
    let mut code: Option<(String, String)> = None;
    for event in Parser::new_ext(source, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info
                        .split([' ', ','])
                        .next()
                        .unwrap_or_default()
                        .to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                code = Some((language, String::new()));
            }
            Event::Text(text) if let Some((_, block)) = &mut code => block.push_str(&text),
            Event::End(TagEnd::CodeBlock) => {
                if let Some((language, block)) = code.take() {
                    let block = highlight::to_html(&block, &language);
                    events.push(raw(format!("<pre><code>{block}</code></pre>\n")));
                }
            }
            // Shown, not interpreted.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url = if leads_to_a_page(&dest_url) {
                    dest_url
                } else {
                    "#".into()
                };
                events.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url = image(&dest_url, attachments);
                events.push(Event::Start(Tag::Image {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            other => events.push(other),
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    page
}

fn raw(html: String) -> Event<'static> {
    Event::Html(html.into())
}

/// Whether following a link runs no code: it has no scheme, or a harmless one.
fn leads_to_a_page(url: &str) -> bool {
    // Browsers skip control characters and spaces in front of and inside a scheme.
    let url: String = url
        .chars()
        .filter(|character| !character.is_whitespace() && !character.is_control())
        .collect();
    match url.split_once(':') {
        Some((scheme, _)) if !scheme.contains(['/', '?', '#']) => {
            ["http", "https", "mailto", "doi"].contains(&scheme.to_lowercase().as_str())
        }
        _ => true,
    }
}

/// An image that is inside the page: given as data, or attached to the cell. Others are left
/// without a source, so that their description is shown.
fn image<'text>(url: &CowStr<'text>, attachments: Option<&Map<String, Value>>) -> CowStr<'text> {
    if url.starts_with("data:image/") {
        return url.clone();
    }
    url.strip_prefix("attachment:")
        .and_then(|name| attachments?.get(name)?.as_object()?.iter().next())
        .filter(|(mime, _)| mime.starts_with("image/"))
        .map_or("".into(), |(mime, data)| {
            let data = join_text(data).replace(['\n', '\r'], "");
            format!("data:{};base64,{}", escape(mime), escape(&data)).into()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_code_and_formulas_are_shown() {
        let page = to_html(
            "|a|b|\n|-|-|\n|1|2|\n\n```rust\nlet a = 1;\n```\n\n$x^2$",
            None,
        );
        for expected in ["<td>1</td>", "s-rust", "x^2</span>"] {
            assert!(page.contains(expected), "{page}");
        }
    }

    #[test]
    fn nothing_is_executed_or_fetched() {
        let page = to_html(
            "<img src=x onerror=alert(1)> a <b>b</b>\n\n<script>x</script>\n\n\
             [l](javascript:alert(1)) [m](JaVa\tscript:alert(1)) [n](<\u{1}javascript:a>) \
             [d](data:text/html,x) [ok](https://example.org/?a=b:c) [rel](other.ipynb#a:b)\n\n\
             ![away](https://example.org/x.png) ![here](data:image/png;base64,AAAA)",
            None,
        );
        for forbidden in [
            "<img src=x",
            "<b>",
            "<script",
            "javascript:",
            "data:text",
            "x.png",
        ] {
            assert!(
                !page.to_lowercase().contains(forbidden),
                "{forbidden} in {page}"
            );
        }
        for expected in [
            "https://example.org/?a=b:c",
            "other.ipynb#a:b",
            "data:image/png;base64,AAAA",
            "away",
        ] {
            assert!(page.contains(expected), "{expected} not in {page}");
        }
    }

    #[test]
    fn attachments_become_data() {
        let attachments = json!({"p.png": {"image/png": "QUJD\n"}});
        let page = to_html("![p](attachment:p.png)", attachments.as_object());
        assert!(
            page.contains("src=\"data:image/png;base64,QUJD\""),
            "{page}"
        );
    }
}
