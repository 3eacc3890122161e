//! The cells that this kernel has run.

use ferrolab_wire::content::HistoryAccess;
use serde_json::{Value, json};

/// The number of this session. Earlier ones are not kept.
const SESSION: u32 = 1;
/// How many cells a request gets that does not say how many.
const DEFAULT_TAIL: usize = 10;

/// The cells that this kernel has run, in order.
#[derive(Default)]
pub(super) struct History {
    cells: Vec<Remembered>,
}

struct Remembered {
    number: u32,
    code: String,
    result: Option<String>,
}

impl History {
    pub(super) fn remember(&mut self, number: u32, code: String, result: Option<String>) {
        self.cells.push(Remembered {
            number,
            code,
            result,
        });
    }

    /// The cells that are asked for, the oldest first, with their results when `output` says so.
    pub(super) fn find(&self, access: &HistoryAccess, output: bool) -> Vec<(u32, u32, Value)> {
        self.select(access)
            .into_iter()
            .map(|cell| {
                let told = if output {
                    json!([cell.code, cell.result])
                } else {
                    json!(cell.code)
                };
                (SESSION, cell.number, told)
            })
            .collect()
    }

    fn select(&self, access: &HistoryAccess) -> Vec<&Remembered> {
        match access {
            HistoryAccess::Range {
                session,
                start,
                stop,
            } => {
                if *session != 0 && *session != i64::from(SESSION) {
                    return Vec::new();
                }
                let stop = stop.unwrap_or(i64::MAX);
                self.cells
                    .iter()
                    .filter(|cell| (*start..stop).contains(&cell.number.into()))
                    .collect()
            }
            HistoryAccess::Tail { n } => {
                last(self.cells.iter().collect(), n.unwrap_or(DEFAULT_TAIL))
            }
            HistoryAccess::Search { pattern, n, unique } => {
                let pattern: Vec<char> = pattern.chars().collect();
                let mut found: Vec<_> = self
                    .cells
                    .iter()
                    .filter(|cell| matches(&pattern, &cell.code.chars().collect::<Vec<_>>()))
                    .collect();
                if *unique {
                    let all = found.clone();
                    let mut index = 0;
                    found.retain(|cell| {
                        index += 1;
                        all[index..].iter().all(|later| later.code != cell.code)
                    });
                }
                let n = n.unwrap_or(found.len());
                last(found, n)
            }
        }
    }
}

fn last<T>(mut cells: Vec<T>, n: usize) -> Vec<T> {
    cells.split_off(cells.len().saturating_sub(n))
}

/// Whether a text matches a pattern in which `*` stands for any text and `?` for any character.
/// An empty pattern matches everything.
fn matches(pattern: &[char], text: &[char]) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where the last star was, and how far the text was when it matched as little as is tried now.
    let mut star: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some('*') => {
                star = Some((at_pattern, at_text));
                at_pattern += 1;
            }
            Some(symbol) if *symbol == '?' || *symbol == text[at_text] => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((star_pattern, star_text)) = star else {
                    return false;
                };
                star = Some((star_pattern, star_text + 1));
                at_pattern = star_pattern + 1;
                at_text = star_text + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(|symbol| *symbol == '*')
}

#[cfg(test)]
mod tests {
    use ferrolab_wire::content::HistoryAccess;
    use serde_json::json;

    use super::{History, matches};

    fn history() -> History {
        let mut history = History::default();
        for (number, code) in [(1, "6*7"), (2, "let x = 1;"), (3, "6*7"), (4, "x")] {
            let result = (code != "let x = 1;").then(|| "42".to_owned());
            history.remember(number, code.to_owned(), result);
        }
        history
    }

    fn numbers(access: &HistoryAccess) -> Vec<u32> {
        history()
            .find(access, false)
            .into_iter()
            .map(|(_, number, _)| number)
            .collect()
    }

    #[test]
    fn tails_and_ranges() {
        assert_eq!(numbers(&HistoryAccess::Tail { n: Some(2) }), [3, 4]);
        assert_eq!(numbers(&HistoryAccess::Tail { n: Some(9) }), [1, 2, 3, 4]);
        assert_eq!(
            numbers(&HistoryAccess::Range {
                session: 1,
                start: 2,
                stop: Some(4)
            }),
            [2, 3]
        );
        assert_eq!(
            numbers(&HistoryAccess::Range {
                session: 0,
                start: 3,
                stop: None
            }),
            [3, 4]
        );
        assert!(
            numbers(&HistoryAccess::Range {
                session: -1,
                start: 0,
                stop: None
            })
            .is_empty()
        );
    }

    #[test]
    fn searches() {
        let search = |pattern: &str, n, unique| {
            numbers(&HistoryAccess::Search {
                pattern: pattern.to_owned(),
                n,
                unique,
            })
        };
        assert_eq!(search("6?7", None, false), [1, 3]);
        assert_eq!(search("6?7", None, true), [3]);
        assert_eq!(search("*", Some(2), false), [3, 4]);
        assert_eq!(search("let*", None, false), [2]);
    }

    #[test]
    fn results_are_told_when_asked_for() {
        let told = history().find(
            &HistoryAccess::Range {
                session: 1,
                start: 1,
                stop: Some(3),
            },
            true,
        );
        assert_eq!(
            told,
            [
                (1, 1, json!(["6*7", "42"])),
                (1, 2, json!(["let x = 1;", null]))
            ]
        );
    }

    #[test]
    fn patterns() {
        let matches = |pattern: &str, text: &str| {
            matches(
                &pattern.chars().collect::<Vec<_>>(),
                &text.chars().collect::<Vec<_>>(),
            )
        };
        assert!(matches("a*b*c", "a__b_bc"));
        assert!(!matches("a*b*c", "a__b_b"));
        assert!(matches("*b", "aab"));
        assert!(!matches("?", ""));
        assert!(matches("", "anything"));
        assert!(matches("**", ""));
    }
}
