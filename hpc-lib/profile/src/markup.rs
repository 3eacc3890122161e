/// Text that means itself in HTML and XML, in elements and in attributes. What XML has no room for
/// is left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' | ' '..='\u{FFFD}' | '\u{10000}'.. => escaped.push(character),
            _ => {}
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn marks_are_escaped() {
        assert_eq!(
            escape("a<b> & \"c\"'\0\u{1}é"),
            "a&lt;b&gt; &amp; &quot;c&quot;&#39;é"
        );
    }
}
