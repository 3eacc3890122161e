use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::board::{self, Board};
use super::line::{Line, State};
use crate::host::interrupt;

/// How often the time is looked at, roughly: between these.
const LOOK: std::ops::Range<Duration> = Duration::from_millis(4)..Duration::from_millis(16);

/// Counts items, and shows the count when it is time to. Everything about [`Progress`] that does
/// not depend on the type of the items.
///
/// [`Progress`]: super::Progress
#[derive(Debug)]
pub(super) struct Meter {
    /// Items that were taken.
    count: u64,
    /// The count at which to look at the time.
    next_look: u64,
    /// Items between two looks.
    stride: u64,
    line: Line,
    running: Option<Running>,
    has_ended: bool,
}

#[derive(Debug)]
struct Running {
    begun: Instant,
    looked: Instant,
    board: Arc<Mutex<Board>>,
    /// This one's line on the board.
    place: u64,
}

impl Meter {
    pub(super) fn new((least, most): (usize, Option<usize>)) -> Self {
        Self {
            count: 0,
            next_look: 0,
            stride: 1,
            line: Line::new((Some(least) == most).then_some(least as u64)),
            running: None,
            has_ended: false,
        }
    }

    pub(super) fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.line.name);
    }

    pub(super) fn set_total(&mut self, items: u64) {
        self.line.total = Some(items);
    }

    /// The next item is wanted: those before it are done.
    #[inline]
    pub(super) fn before(&mut self) {
        if self.count >= self.next_look {
            self.look();
        }
    }

    /// There was an item, or no more.
    #[inline]
    pub(super) fn after(&mut self, is_item: bool) {
        if is_item {
            self.count += 1;
        } else {
            self.end(State::Done);
        }
    }

    #[cold]
    fn look(&mut self) {
        interrupt::check();
        if self.has_ended {
            self.next_look = u64::MAX;
            return;
        }
        let now = Instant::now();
        if let Some(running) = &mut self.running {
            let passed = now - running.looked;
            running.looked = now;
            self.stride = stride(self.stride, passed);
        }
        let running = self.running.get_or_insert_with(|| {
            let (board, place) = board::place();
            Running {
                begun: now,
                looked: now,
                board,
                place,
            }
        });
        self.next_look = self.count.saturating_add(self.stride);
        self.line.count = self.count;
        self.line.elapsed = now - running.begun;
        lock(&running.board).show(running.place, &self.line);
    }

    fn end(&mut self, state: State) {
        self.has_ended = true;
        let Some(running) = self.running.take() else {
            return;
        };
        self.line.count = self.count;
        self.line.elapsed = running.begun.elapsed();
        self.line.state = state;
        lock(&running.board).end(running.place, &self.line);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.end(State::Stopped);
    }
}

/// The items to the next look, when the last ones took a time.
fn stride(items: u64, passed: Duration) -> u64 {
    if passed < LOOK.start {
        items.saturating_mul(2)
    } else if passed > LOOK.end {
        let times = passed.as_micros() / LOOK.start.as_micros();
        (items / times as u64).max(1)
    } else {
        items
    }
}

fn lock(board: &Mutex<Board>) -> std::sync::MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::{panic, thread};

    use super::super::board::tests::recorded;
    use super::super::progress;
    use super::stride;

    /// The last line, without the time.
    fn last(lines: &[String]) -> &str {
        let line = lines.last().unwrap().strip_suffix(" s").unwrap();
        line.rsplit_once(' ').unwrap().0
    }

    #[test]
    fn a_loop_leaves_one_line() {
        let (lines, sum) = recorded(|| progress(1..=4).name("adding").sum::<i32>());
        assert_eq!(sum, 10);
        assert_eq!(lines.first().unwrap(), "adding  0 % 0/4 00:00<?");
        assert_eq!(last(&lines), "adding  100 % 4/4 in");
    }

    #[test]
    fn a_loop_that_is_left_has_stopped() {
        let (lines, ()) = recorded(|| {
            for i in progress(0..100) {
                if i == 44 {
                    break;
                }
            }
        });
        assert_eq!(last(&lines), "45 % 45/100 stopped after");
        let (lines, result) = recorded(|| {
            panic::catch_unwind(|| {
                for i in progress(0..10).name("fragile") {
                    assert!(i < 3, "too much");
                }
            })
        });
        assert!(result.is_err());
        assert_eq!(last(&lines), "fragile  40 % 4/10 stopped after");
    }

    #[test]
    fn a_bar_that_is_not_used_shows_nothing() {
        let (lines, ()) = recorded(|| drop(progress(0..3)));
        assert!(lines.is_empty(), "{lines:?}");
    }

    #[test]
    fn items_are_those_of_the_iterator() {
        let (_, ()) = recorded(|| {
            assert!(progress(0..5).rev().eq((0..5).rev()));
            assert_eq!(progress(0..5).len(), 5);
            let odd = progress((0..10).filter(|i| i % 2 == 1));
            assert_eq!(odd.size_hint(), (0, Some(10)));
            let mut bar = progress(0..1);
            assert_eq!((bar.next(), bar.next(), bar.next()), (Some(0), None, None));
        });
    }

    #[test]
    fn the_count_stands_alone_where_the_total_is_unknown() {
        let (lines, n) = recorded(|| progress((0..10).filter(|i| i % 2 == 1)).count());
        assert_eq!(n, 5);
        assert_eq!(last(&lines), "5 in");
        let (lines, _) = recorded(|| progress("a b".split(' ')).total(2).count());
        assert_eq!(last(&lines), "100 % 2/2 in");
    }

    #[test]
    fn quick_items_are_rarely_looked_at() {
        let (lines, n) = recorded(|| progress(0..3_000_000_u64).filter(|i| i % 3 == 0).count());
        assert_eq!(n, 1_000_000);
        // A bar is drawn ten times per second at most, however often it is looked at.
        assert!(lines.len() < 100, "{}", lines.len());
    }

    #[test]
    fn slow_items_are_looked_at_one_by_one() {
        assert_eq!(stride(1, Duration::from_secs(1)), 1);
        assert_eq!(stride(1 << 20, Duration::from_secs(4)), (1 << 20) / 1000);
        assert_eq!(stride(8, Duration::ZERO), 16);
        assert_eq!(stride(8, Duration::from_millis(10)), 8);
        let (lines, ()) = recorded(|| {
            for _ in progress(0..3) {
                thread::sleep(Duration::from_millis(110));
            }
        });
        assert!(
            lines.iter().any(|line| line.starts_with("33 % 1/3")),
            "{lines:?}"
        );
        assert!(
            lines.iter().any(|line| line.starts_with("66 % 2/3")),
            "{lines:?}"
        );
    }

    #[test]
    fn an_inner_bar_leaves_no_line() {
        let (lines, ()) = recorded(|| {
            for _ in progress(0..2).name("outer") {
                for _ in progress(0..3).name("inner") {
                    thread::sleep(Duration::from_millis(40));
                }
            }
        });
        assert!(
            lines
                .iter()
                .any(|line| line.contains("outer") && line.contains("\ninner"))
        );
        assert_eq!(last(&lines), "outer  100 % 2/2 in");
    }
}
