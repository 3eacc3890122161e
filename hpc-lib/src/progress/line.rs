use std::time::Duration;

use crate::display::escape;

/// What is known of one loop.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) total: Option<u64>,
    pub(super) elapsed: Duration,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Done,
    /// Left before the last item.
    Stopped,
}

impl Line {
    pub(super) fn new(total: Option<u64>) -> Self {
        Self {
            name: String::new(),
            count: 0,
            total,
            elapsed: Duration::ZERO,
            state: State::Running,
        }
    }

    /// The number of items there will be, while it can be true.
    fn total(&self) -> Option<u64> {
        self.total.filter(|&total| self.count <= total)
    }

    /// For example `reading  45 % 450/1000 00:03<00:04`.
    pub(super) fn text(&self) -> String {
        if self.name.is_empty() {
            self.numbers()
        } else {
            format!("{}  {}", self.name, self.numbers())
        }
    }

    fn numbers(&self) -> String {
        let count = match self.total() {
            None | Some(0) => self.count.to_string(),
            Some(total) => {
                let percent = u128::from(self.count) * 100 / u128::from(total);
                format!("{percent} % {}/{total}", self.count)
            }
        };
        let time = match (self.state, self.total()) {
            (State::Running, None) => clock(self.elapsed),
            (State::Running, Some(total)) => {
                format!("{}<{}", clock(self.elapsed), self.left(total))
            }
            (State::Done, _) => format!("in {}", span(self.elapsed)),
            (State::Stopped, _) => format!("stopped after {}", span(self.elapsed)),
        };
        format!("{count} {time}")
    }

    /// The time that is left if it goes on like this.
    fn left(&self, total: u64) -> String {
        let left = (total - self.count) as f64 * self.elapsed.as_secs_f64() / self.count as f64;
        Duration::try_from_secs_f64(left).map_or_else(|_| "?".into(), clock)
    }

    pub(super) fn html(&self) -> String {
        let label = if self.name.is_empty() {
            "progress"
        } else {
            &self.name
        };
        let value = match (self.total(), self.state) {
            (Some(total), _) if total > 0 => format!(" max=\"{total}\" value=\"{}\"", self.count),
            (_, State::Running) => String::new(),
            (_, State::Done) => " max=\"1\" value=\"1\"".into(),
            (_, State::Stopped) => " max=\"1\" value=\"0\"".into(),
        };
        format!(
            "<div style=\"display:flex;gap:0.6em;align-items:center\"><span>{}</span>\
             <progress aria-label=\"{}\"{value}></progress>\
             <span style=\"font-variant-numeric:tabular-nums\">{}</span></div>",
            escape(&self.name),
            escape(label),
            escape(&self.numbers()),
        )
    }
}

/// `03:25`, or `1:03:25`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours == 0 {
        format!("{minutes:02}:{:02}", seconds % 60)
    } else {
        format!("{hours}:{minutes:02}:{:02}", seconds % 60)
    }
}

/// A time that has passed, with as many digits as say something.
fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..1.0 => format!("{seconds:.2} s"),
        ..60.0 => format!("{seconds:.1} s"),
        _ => clock(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(count: u64, total: Option<u64>, seconds: f64, state: State) -> Line {
        Line {
            name: "reading".into(),
            count,
            elapsed: Duration::from_secs_f64(seconds),
            state,
            ..Line::new(total)
        }
    }

    #[test]
    fn texts() {
        use State::{Done, Running, Stopped};
        for (count, total, seconds, state, expected) in [
            (450, Some(1000), 3.4, Running, "45 % 450/1000 00:03<00:04"),
            (0, Some(1000), 0.0, Running, "0 % 0/1000 00:00<?"),
            (
                999,
                Some(1000),
                4000.0,
                Running,
                "99 % 999/1000 1:06:40<00:04",
            ),
            (450, None, 63.0, Running, "450 01:03"),
            (3, Some(2), 1.0, Running, "3 00:01"),
            (0, Some(0), 0.0, Done, "0 in 0.00 s"),
            (1000, Some(1000), 7.26, Done, "100 % 1000/1000 in 7.3 s"),
            (9, None, 3725.0, Done, "9 in 1:02:05"),
            (9, Some(10), 0.5, Stopped, "90 % 9/10 stopped after 0.50 s"),
            (
                u64::MAX,
                Some(u64::MAX),
                1e9,
                Running,
                "100 % 18446744073709551615/18446744073709551615 277777:46:40<00:00",
            ),
        ] {
            let line = line(count, total, seconds, state);
            assert_eq!(line.text(), format!("reading  {expected}"));
        }
        assert_eq!(Line::new(None).text(), "0 00:00");
    }

    #[test]
    fn a_bar_has_a_name_and_a_value() {
        let mut line = line(450, Some(1000), 3.4, State::Running);
        line.name = "a<b".into();
        let html = line.html();
        assert!(
            html.contains("<progress aria-label=\"a&lt;b\" max=\"1000\" value=\"450\">"),
            "{html}"
        );
        assert!(html.contains("00:03&lt;00:04"));
        assert!(
            Line::new(None)
                .html()
                .contains("<progress aria-label=\"progress\"></progress>")
        );
        line.total = None;
        line.state = State::Done;
        assert!(line.html().contains("max=\"1\" value=\"1\""));
    }
}
