//! What a compiler does when.

use std::time::Instant;

use serde::Deserialize;

/// A step of the way from text to code that is loaded.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is done.
    pub name: &'static str,
    /// When it began.
    pub start: Instant,
    /// When it ended.
    pub end: Instant,
}

impl Step {
    /// A step that ends now.
    #[must_use]
    pub fn since(name: &'static str, start: Instant) -> Self {
        Self {
            name,
            start,
            end: Instant::now(),
        }
    }
}

/// What rustc says that it has written, and the step which that ends. What comes after the last is `link`.
pub(super) const MILESTONES: [(&str, &str); 3] = [
    // Names are resolved and macros expanded by then.
    ("dep-info", "expand"),
    ("metadata", "types"),
    ("obj", "codegen"),
];

/// A run of rustc that goes on.
pub(super) struct Progress {
    started: Instant,
    steps: Vec<Step>,
}

/// One of rustc's messages.
#[derive(Deserialize)]
struct Written {
    emit: String,
}

impl Progress {
    pub(super) fn from(started: Instant) -> Self {
        Self {
            started,
            steps: Vec::new(),
        }
    }

    fn last(&self) -> Instant {
        self.steps.last().map_or(self.started, |step| step.end)
    }

    /// Takes a line for what it says of progress; `false` if it says something else.
    pub(super) fn note(&mut self, line: &[u8]) -> bool {
        let Ok(written) = serde_json::from_slice::<Written>(line) else {
            return false;
        };
        let ended = MILESTONES.iter().find(|(kind, _)| *kind == written.emit);
        if let Some((_, name)) = ended {
            self.steps.push(Step::since(name, self.last()));
        }
        true
    }

    /// The run with its parts, if those were `wanted`. It ends now.
    pub(super) fn finish(mut self, wanted: bool) -> Vec<Step> {
        if wanted {
            let names = MILESTONES.iter().map(|(_, name)| *name);
            // In the middle of what it was when it found an error.
            let last = names.chain(["link"]).nth(self.steps.len());
            let start = self.last();
            self.steps.extend(last.map(|name| Step::since(name, start)));
        }
        let whole = Step::since("rustc", self.started);
        self.steps.insert(0, whole);
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_ends_a_step() {
        let mut progress = Progress::from(Instant::now());
        assert!(
            progress.note(br#"{"$message_type":"artifact","artifact":"a.d","emit":"dep-info"}"#)
        );
        assert!(!progress.note(br#"{"$message_type":"diagnostic","message":"unused","spans":[]}"#));
        assert!(progress.note(br#"{"$message_type":"artifact","artifact":"a","emit":"metadata"}"#));
        let steps = progress.finish(true);
        let names: Vec<_> = steps.iter().map(|step| step.name).collect();
        assert_eq!(names, ["rustc", "expand", "types", "codegen"]);
        assert_eq!(
            (steps[0].start, steps[3].start),
            (steps[1].start, steps[2].end)
        );
    }
}
