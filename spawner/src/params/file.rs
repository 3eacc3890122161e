//! Parameters from a file: a TOML or JSON table of names and values.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Parameter, ParameterError, Value};

/// Why a file of parameters cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("parameter file {}: {what}", path.display())]
pub struct ParameterFileError {
    path: PathBuf,
    what: String,
}

/// Reads the parameters in a file whose name ends in `.json` or `.toml`.
///
/// # Errors
/// Fails when the file cannot be read, is no table, or holds values that are not plain.
pub fn read_file(path: &Path) -> Result<Vec<Parameter>, ParameterFileError> {
    let error = |what: String| ParameterFileError {
        path: path.into(),
        what,
    };
    let text = fs::read_to_string(path).map_err(|source| error(source.to_string()))?;
    let pairs = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => from_json(&text),
        Some("toml") => from_toml(&text),
        _ => Err("its name must end in .json or .toml".into()),
    }
    .map_err(error)?;
    pairs
        .into_iter()
        .map(|(name, value)| Parameter::new(&name, value))
        .collect::<Result<_, ParameterError>>()
        .map_err(|source| error(source.to_string()))
}

type Pairs = Vec<(String, Value)>;

fn from_json(text: &str) -> Result<Pairs, String> {
    let table: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    table
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                serde_json::Value::Bool(value) => Value::Boolean(value),
                serde_json::Value::String(text) => Value::Text(text),
                serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(value), _) => Value::Integer(value),
                    // Larger than an i64: a wider type may be stated for it.
                    (None, _) if number.is_u64() => Value::Untyped(number.to_string()),
                    (None, Some(value)) => Value::Float(value),
                    (None, None) => return Err(not_plain(&name)),
                },
                _ => return Err(not_plain(&name)),
            };
            Ok((name, value))
        })
        .collect()
}

fn from_toml(text: &str) -> Result<Pairs, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    table
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                toml::Value::Boolean(value) => Value::Boolean(value),
                toml::Value::Integer(value) => Value::Integer(value),
                toml::Value::Float(value) => Value::Float(value),
                toml::Value::String(text) => Value::Text(text),
                _ => return Err(not_plain(&name)),
            };
            Ok((name, value))
        })
        .collect()
}

fn not_plain(name: &str) -> String {
    format!("`{name}` is not a boolean, a number or a string")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<Parameter>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        read_file(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn both_formats_say_the_same() {
        let expected = [
            ("b", Value::Boolean(true)),
            ("f", Value::Float(2.5)),
            ("i", Value::Integer(-3)),
            ("s", Value::Text("20".into())),
        ]
        .map(|(name, value)| Parameter::new(name, value).unwrap());
        let json = read("p.json", r#"{"b": true, "f": 2.5, "i": -3, "s": "20"}"#);
        let toml = read("p.toml", "b = true\nf = 2.5\ni = -3\ns = \"20\"\n");
        assert_eq!(json.unwrap(), expected);
        assert_eq!(toml.unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (name, text, expected) in [
            ("p.json", "[]", "expected a map"),
            ("p.json", r#"{"x": [1]}"#, "`x` is not a boolean"),
            ("p.toml", "x = [1]", "`x` is not a boolean"),
            ("p.toml", "x = ", "p.toml"),
            (
                "p.toml",
                "fn = 1",
                "`fn`: the name is not a Rust identifier",
            ),
            ("p.yaml", "x: 1", "must end in .json or .toml"),
        ] {
            let message = read(name, text).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert!(read_file(Path::new("/nonexistent.json")).is_err());
    }
}
