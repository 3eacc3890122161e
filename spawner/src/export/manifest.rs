//! The project's `Cargo.toml`.

use std::collections::BTreeMap;
use std::path::Path;

/// Names that a package cannot have: Cargo refuses the words, and two packages of one name clash.
const TAKEN: [&str; 9] = [
    "test",
    "std",
    "core",
    "alloc",
    "proc_macro",
    "hpc",
    "build",
    "deps",
    "examples",
];

/// A package name made of the name of a file.
pub(super) fn package_name(stem: &str) -> String {
    let mut name = String::new();
    for character in stem.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            name.push(character);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    let is_free = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && syn::parse_str::<syn::Ident>(&name.replace('-', "_")).is_ok()
        && !TAKEN.contains(&name);
    if is_free {
        name.into()
    } else {
        format!("notebook-{name}").trim_end_matches('-').into()
    }
}

/// The manifest of a package with these dependencies, given as lines of TOML.
pub(super) fn manifest(name: &str, hpc: &Path, dependencies: &BTreeMap<String, String>) -> String {
    let mut text = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         # A project of its own, wherever its folder is.\n[workspace]\n\n\
         [dependencies]\nhpc = {{ path = {} }}\n",
        toml::Value::from(hpc.to_string_lossy().into_owned())
    );
    for (name, spec) in dependencies {
        text.push_str(name);
        text.push_str(" = ");
        text.push_str(spec);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_file_name_makes_a_package_name() {
        for (stem, name) in [
            ("Quick Start (v2)", "quick-start-v2"),
            ("01-waves", "notebook-01-waves"),
            ("hpc", "notebook-hpc"),
            ("fn", "notebook-fn"),
            ("été", "t"),
            ("…", "notebook"),
        ] {
            assert_eq!(package_name(stem), name);
        }
    }

    #[test]
    fn a_manifest_is_toml() {
        let dependencies = BTreeMap::from([("libm".to_owned(), "\"0.2\" # why".to_owned())]);
        let text = manifest("waves", Path::new("/opt/a \"b\"/hpc"), &dependencies);
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(
            table["dependencies"]["hpc"]["path"].as_str(),
            Some("/opt/a \"b\"/hpc")
        );
        assert_eq!(table["dependencies"]["libm"].as_str(), Some("0.2"));
    }
}
