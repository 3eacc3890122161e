//! Which regions are recorded: Score-P's filter files.
//!
//! A file has blocks of rules. The last rule that fits decides; what no rule fits is recorded.
//!
//! ```text
//! SCOREP_REGION_NAMES_BEGIN
//!   EXCLUDE *                  # `*`, `?` and `[a-z]` as in a shell; `*` goes over slashes
//!   INCLUDE solve hpc::*
//! SCOREP_REGION_NAMES_END
//! SCOREP_FILE_NAMES_BEGIN
//!   EXCLUDE */vendor/*
//! SCOREP_FILE_NAMES_END
//! ```
//!
//! A region is left out if its name or its file is.

use crate::record::region::Region;

/// A rule of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    includes: bool,
    pattern: Vec<char>,
}

/// Which regions are recorded.
///
/// ```
/// use hpc_profile::{Filter, Region};
/// let filter: Filter = "
///     SCOREP_REGION_NAMES_BEGIN
///       EXCLUDE *
///       INCLUDE solve hpc::*   # nothing else
///     SCOREP_REGION_NAMES_END
/// ".parse()?;
/// assert!(!filter.excludes(&Region::named("hpc::matmul")));
/// assert!(filter.excludes(&Region::named("init")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    names: Vec<Rule>,
    files: Vec<Rule>,
}

/// A filter file that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the filter: {problem}")]
pub struct FilterError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Names,
    Files,
}

impl Block {
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (
            Self::Names,
            "SCOREP_REGION_NAMES_BEGIN",
            "SCOREP_REGION_NAMES_END",
        ),
        (
            Self::Files,
            "SCOREP_FILE_NAMES_BEGIN",
            "SCOREP_FILE_NAMES_END",
        ),
    ];
}

impl Filter {
    /// Whether a region is left out.
    pub fn excludes(&self, region: &Region) -> bool {
        excluded(&self.names, &region.name)
            || (!region.file.is_empty() && excluded(&self.files, &region.file))
    }

    /// Whether everything is recorded.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.files.is_empty()
    }
}

fn excluded(rules: &[Rule], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let last = rules.iter().rev().find(|rule| fits(&rule.pattern, &text));
    last.is_some_and(|rule| !rule.includes)
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        let mut block = None;
        // A rule's patterns may go on in the lines after it.
        let mut includes = None;
        for (number, line) in text.lines().enumerate() {
            let fail = |problem: String| FilterError {
                line: number + 1,
                problem,
            };
            for word in words(line) {
                if let Some((one, ..)) = Block::ALL.iter().find(|(_, begin, _)| *begin == word) {
                    if block.is_some() {
                        return Err(fail(format!("{word} before the block above has ended")));
                    }
                    (block, includes) = (Some(*one), None);
                    continue;
                }
                if let Some((one, ..)) = Block::ALL.iter().find(|(_, _, end)| *end == word) {
                    if block != Some(*one) {
                        return Err(fail(format!("{word} without its beginning")));
                    }
                    block = None;
                    continue;
                }
                let Some(block) = block else {
                    return Err(fail(format!("`{word}` is in no block")));
                };
                match (word.as_str(), includes) {
                    ("INCLUDE", _) => includes = Some(true),
                    ("EXCLUDE", _) => includes = Some(false),
                    // Names are not mangled here, so that it makes no difference.
                    ("MANGLED", Some(_)) => {}
                    (_, Some(includes)) => {
                        let rules = match block {
                            Block::Names => &mut filter.names,
                            Block::Files => &mut filter.files,
                        };
                        rules.push(Rule {
                            includes,
                            pattern: word.chars().collect(),
                        });
                    }
                    (_, None) => {
                        return Err(fail(format!(
                            "INCLUDE or EXCLUDE is missing before `{word}`"
                        )));
                    }
                }
            }
        }
        match block {
            None => Ok(filter),
            Some(_) => Err(FilterError {
                line: text.lines().count(),
                problem: "the last block has no end".into(),
            }),
        }
    }
}

/// The words of a line, up to a comment. A backslash takes the next character as it is, for the
/// line as well as for the pattern.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        match next {
            '#' => break,
            '\\' => {
                word.push('\\');
                word.extend(rest.next());
            }
            space if space.is_whitespace() => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// Whether a text fits a pattern as a whole. Time is at most the product of the lengths: only the
/// last `*` is ever tried again.
fn fits(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut retry = None;
    while place < text.len() {
        let step = match pattern.get(at) {
            Some('*') => {
                retry = Some((at, place));
                at += 1;
                continue;
            }
            Some(_) => one(&pattern[at..], text[place]),
            None => None,
        };
        if let Some(used) = step {
            at += used;
            place += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            (at, place) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// How much of a pattern a character fits, if it does.
fn one(pattern: &[char], text: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', literal, ..] => (*literal == text).then_some(2),
        ['[', rest @ ..] => match set(rest, text) {
            Some((fits, used)) => fits.then_some(used + 1),
            // Without its end it is a character like any other.
            None => (text == '[').then_some(1),
        },
        [literal, ..] => (*literal == text).then_some(1),
        [] => None,
    }
}

/// Whether a character is in the set that begins here, and how long that is.
fn set(pattern: &[char], text: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let first = usize::from(negated);
    // A bracket that comes first is a member.
    let end = first + 1 + pattern.get(first + 1..)?.iter().position(|c| *c == ']')?;
    let mut members = &pattern[first..end];
    let mut found = false;
    while let [low, rest @ ..] = members {
        (found, members) = match rest {
            ['-', high, rest @ ..] => (found || (*low..=*high).contains(&text), rest),
            _ => (found || *low == text, rest),
        };
    }
    Some((found != negated, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits_text(pattern: &str, text: &str) -> bool {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        fits(&chars(pattern), &chars(text))
    }

    #[test]
    fn patterns_are_those_of_a_shell() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("*/vendor/*", "/home/u/vendor/x/y.rs", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[^a]x", "ax", false),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("ä*", "ärger", true),
            ("*a*b*a*", "xxabxxa", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits_text(pattern, text), expected, "{pattern} {text}");
        }
        let long = "a".repeat(5000);
        assert!(!fits_text(
            &"a*".repeat(30).replace("a*", "*a"),
            &"b".repeat(5000)
        ));
        assert!(fits_text(&"*a".repeat(30), &long));
    }

    #[test]
    fn the_last_rule_decides() {
        let filter: Filter = "SCOREP_REGION_NAMES_BEGIN
              EXCLUDE MANGLED *
              INCLUDE a*
                      b*       # goes on
              EXCLUDE ab
            SCOREP_REGION_NAMES_END
            SCOREP_FILE_NAMES_BEGIN EXCLUDE */x/* SCOREP_FILE_NAMES_END"
            .parse()
            .unwrap();
        for (name, expected) in [("a", false), ("bc", false), ("ab", true), ("c", true)] {
            assert_eq!(filter.excludes(&Region::named(name)), expected, "{name}");
        }
        let elsewhere = Region {
            file: "/x/y.rs".into(),
            ..Region::named("a")
        };
        assert!(filter.excludes(&elsewhere));
        assert!(Filter::default().is_empty());
    }

    #[test]
    fn mistakes_are_told() {
        for (text, line) in [
            ("\nEXCLUDE a", 2),
            ("SCOREP_REGION_NAMES_BEGIN\nfoo", 2),
            ("SCOREP_REGION_NAMES_BEGIN\nSCOREP_FILE_NAMES_END", 2),
            ("SCOREP_REGION_NAMES_BEGIN\nSCOREP_FILE_NAMES_BEGIN", 2),
            ("SCOREP_FILE_NAMES_BEGIN\n\n", 2),
        ] {
            assert_eq!(text.parse::<Filter>().unwrap_err().line, line, "{text}");
        }
    }
}
