//! What can be suggested without rust-analyzer: names that a cell sees, and commands.
//!
//! Loading rust-analyzer takes seconds, and nobody should wait that long for the name of a variable.
//! What comes behind a `.` or `::` is left to it.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use hpc_channel::MimeBundle;
use syn::UseTree;

use super::News;
use crate::engine::{Completions, Suggestion};

const KEYWORDS: [&str; 35] = [
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro_rules",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
];

/// What Rust itself brings into each crate, as far as it is typed often.
const STANDARD: [&str; 36] = [
    "assert!",
    "assert_eq!",
    "bool",
    "Box",
    "char",
    "Clone",
    "Copy",
    "dbg!",
    "Debug",
    "Default",
    "drop",
    "eprintln!",
    "Err",
    "f32",
    "f64",
    "format!",
    "i32",
    "i64",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "panic!",
    "print!",
    "println!",
    "Result",
    "Some",
    "String",
    "ToString",
    "todo!",
    "u32",
    "u64",
    "u8",
    "usize",
    "vec!",
    "Vec",
];

/// Names by which a command can be called, and what it does.
pub type CommandList = Vec<(&'static str, &'static str)>;

/// The names that are there.
#[derive(Debug)]
pub(super) struct Sketch {
    commands: CommandList,
    /// Kinds and signatures by names.
    fixed: BTreeMap<String, (&'static str, String)>,
    items: BTreeMap<String, (&'static str, String)>,
    variables: BTreeMap<String, (&'static str, String)>,
}

impl Sketch {
    /// What a new notebook sees, with the prelude of the package `hpc` in that folder.
    pub(super) fn new(hpc: &Path, commands: CommandList) -> Self {
        let mut fixed = BTreeMap::new();
        for name in STANDARD {
            fixed.insert(name.to_owned(), (kind(name), String::new()));
        }
        for keyword in KEYWORDS {
            fixed.insert(keyword.to_owned(), ("keyword", String::new()));
        }
        let prelude = fs::read_to_string(hpc.join("src/prelude.rs")).unwrap_or_default();
        for name in names_in_use(&prelude) {
            let kind = kind(&name);
            fixed.insert(name, (kind, String::new()));
        }
        Self {
            commands,
            fixed,
            items: BTreeMap::new(),
            variables: BTreeMap::new(),
        }
    }

    /// Follows the notebook.
    pub(super) fn learn(&mut self, news: &News) {
        self.items.extend(items(&news.items));
        self.variables = news
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), ("variable", variable.shown_type.clone())))
            .collect();
    }

    /// Commands, where one is begun.
    pub(super) fn commands(&self, code: &str, cursor: usize) -> Option<Completions> {
        let before = code.get(..cursor)?;
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let begun = before[line..].trim_start();
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let name = begun.trim_start_matches([':', '%']);
        if !begun.starts_with([':', '%']) || begun.starts_with("::") || !name.chars().all(is_name) {
            return None;
        }
        let suggestions = self
            .commands
            .iter()
            .filter(|(command, _)| command.starts_with(begun))
            .map(|(command, help)| Suggestion {
                text: (*command).to_owned(),
                kind: "magic".to_owned(),
                signature: (*help).to_owned(),
            })
            .collect();
        Some(Completions {
            start: cursor - begun.len(),
            end: cursor,
            suggestions,
        })
    }

    /// Names, where a name without a path is begun that something here is called by.
    pub(super) fn names(&self, code: &str, cursor: usize) -> Option<Completions> {
        let range = name_at(code, cursor)?;
        let begun = &code[range.clone()];
        let mut found: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        // Later ones hide earlier ones of the same name.
        for names in [&self.fixed, &self.items, &self.variables] {
            for (name, (kind, signature)) in names {
                if name.starts_with(begun) {
                    found.insert(name, (kind, signature));
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let mut suggestions: Vec<Suggestion> = found
            .into_iter()
            .map(|(text, (kind, signature))| Suggestion {
                text: text.to_owned(),
                kind: kind.to_owned(),
                signature: signature.to_owned(),
            })
            .collect();
        // The user's own first.
        suggestions.sort_by_key(|suggestion| match suggestion.kind.as_str() {
            "variable" => 0,
            _ if self.items.contains_key(&suggestion.text) => 1,
            _ => 2,
        });
        Some(Completions {
            start: range.start,
            end: range.end,
            suggestions,
        })
    }
}

impl Sketch {
    /// The type of the variable that the cursor is at.
    pub(super) fn variable(&self, code: &str, cursor: usize) -> Option<MimeBundle> {
        let rest = code.get(cursor..)?;
        let in_name = |c: char| c.is_alphanumeric() || c == '_';
        let end = code.len() - rest.trim_start_matches(in_name).len();
        let name = &code[name_at(code, end)?];
        let (_, type_name) = self.variables.get(name)?;
        Some(MimeBundle::text(format!("{name}: {type_name}\n")))
    }
}

/// The name in front of the cursor, unless it is that of a member or stands in a text.
fn name_at(code: &str, cursor: usize) -> Option<Range<usize>> {
    let before = code.get(..cursor)?;
    let start = before
        .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_')
        .len();
    let rest = before[..start].trim_end();
    let is_member = rest.ends_with('.') && !rest.ends_with("..") || rest.ends_with("::");
    let line = before.rsplit('\n').next().unwrap_or_default();
    let in_text = line.matches('"').count() % 2 == 1 || line.contains("//");
    let is_number = before[start..].starts_with(|c: char| c.is_ascii_digit());
    (!is_member && !in_text && !is_number && !rest.ends_with('\'')).then_some(start..cursor)
}

/// What a name tells of what it is called by.
fn kind(name: &str) -> &'static str {
    if name.ends_with('!') {
        "macro"
    } else if name.starts_with(char::is_uppercase) {
        "type"
    } else {
        ""
    }
}

/// The names that the `use` items of a file bring in.
fn names_in_use(file: &str) -> Vec<String> {
    let mut names = Vec::new();
    let file = syn::parse_file(file).ok();
    for item in file.into_iter().flat_map(|file| file.items) {
        if let syn::Item::Use(item) = item {
            leaves(&item.tree, &mut names);
        }
    }
    names
}

fn leaves(tree: &UseTree, names: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Name(name) => names.push(name.ident.to_string()),
        UseTree::Rename(rename) => names.push(rename.rename.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Glob(_) => {}
    }
}

/// The items that have names.
fn items(text: &str) -> Vec<(String, (&'static str, String))> {
    let file = syn::parse_file(text).ok();
    let mut found = Vec::new();
    for item in file.into_iter().flat_map(|file| file.items) {
        let (name, kind) = match &item {
            syn::Item::Fn(item) => (&item.sig.ident, "function"),
            syn::Item::Struct(item) => (&item.ident, "struct"),
            syn::Item::Enum(item) => (&item.ident, "enum"),
            syn::Item::Trait(item) => (&item.ident, "trait"),
            syn::Item::Type(item) => (&item.ident, "type"),
            syn::Item::Const(item) => (&item.ident, "const"),
            syn::Item::Static(item) => (&item.ident, "static"),
            syn::Item::Mod(item) => (&item.ident, "module"),
            syn::Item::Use(item) => {
                let mut names = Vec::new();
                leaves(&item.tree, &mut names);
                found.extend(names.into_iter().map(|name| {
                    let kind = kind(&name);
                    (name, (kind, String::new()))
                }));
                continue;
            }
            _ => continue,
        };
        found.push((name.to_string(), (kind, String::new())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::KnownVariable;

    fn sketch() -> Sketch {
        let mut sketch = Sketch::new(
            Path::new("/nowhere"),
            vec![("%who", "lists"), ("%%time", "measures"), (":dep", "adds")],
        );
        let variable = KnownVariable {
            mutable: false,
            type_name: "f64".to_owned(),
            shown_type: "f64".to_owned(),
        };
        sketch.learn(&News {
            items: "fn formula() {}\nuse std::fs::File;".to_owned(),
            variables: BTreeMap::from([("force".to_owned(), variable)]),
            dependencies: String::new(),
        });
        sketch
    }

    fn names(code: &str) -> Option<Vec<String>> {
        let found = sketch().names(code, code.len())?;
        Some(found.suggestions.into_iter().map(|one| one.text).collect())
    }

    #[test]
    fn what_is_there_is_suggested_the_users_own_first() {
        assert_eq!(
            names("2 * fo").unwrap(),
            ["force", "formula", "for", "format!"]
        );
        assert_eq!(names("0..for").unwrap()[0], "force");
        assert_eq!(names("Fil").unwrap(), ["File"]);
        let found = sketch().names("a + forc", 8).unwrap();
        assert_eq!((found.start, found.end), (4, 8));
        assert_eq!(found.suggestions[0].signature, "f64");
    }

    #[test]
    fn variables_have_types() {
        let known = |code, cursor| sketch().variable(code, cursor);
        assert_eq!(
            known("2 * force + 1", 6).unwrap().plain(),
            Some("force: f64\n")
        );
        for (code, cursor) in [("a.force", 3), ("forces", 5), ("formula", 3)] {
            assert!(known(code, cursor).is_none(), "{code}");
        }
    }

    #[test]
    fn members_and_unknown_names_are_for_others() {
        for code in ["force.fo", "std::fo", "\"fo", "// fo", "1fo", "HashM"] {
            assert_eq!(names(code), None, "{code}");
        }
    }

    #[test]
    fn commands_are_suggested_at_the_beginning_of_a_line() {
        let commands = |code: &str| {
            let found = sketch().commands(code, code.len())?;
            Some(
                found
                    .suggestions
                    .into_iter()
                    .map(|one| one.text)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(commands("%w").unwrap(), ["%who"]);
        assert_eq!(commands("1;\n%%").unwrap(), ["%%time"]);
        assert_eq!(commands(":").unwrap(), [":dep"]);
        for code in ["::std", "a %", "%who x", "w"] {
            assert_eq!(commands(code), None, "{code}");
        }
    }

    #[test]
    fn the_prelude_is_read() {
        let found =
            names_in_use("pub use a::b::{C, d as e, f::{g, H}};\npub use i;\npub use j::*;");
        assert_eq!(found, ["C", "e", "g", "H", "i"]);
    }
}
