use serde_json::Value;

/// The text of a multi-line field, which is one string or a list of strings. Anything else is
/// empty.
pub fn join_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// A text as Jupyter stores it: a list of lines that keep their ends.
pub fn split_text(text: &str) -> Value {
    text.split_inclusive('\n').map(Value::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_survives_its_storage() {
        for text in ["", "a", "a\n", "a\nb", "\n\nä\r\n"] {
            assert_eq!(join_text(&split_text(text)), text);
        }
        assert_eq!(split_text("a\nb"), json!(["a\n", "b"]));
        assert_eq!(join_text(&json!("one string")), "one string");
    }
}
