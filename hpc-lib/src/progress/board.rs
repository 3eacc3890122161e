//! The place where bars are shown: one for the loops of a thread that are inside of each other.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::line::{Line, State};
use crate::display::{Bundle, DisplayHandle, display_handle};
use crate::host;

/// A board is not drawn more often.
const REDRAW: Duration = Duration::from_millis(100);

/// The lines of nested loops, the outermost first.
#[derive(Debug)]
pub(super) struct Board {
    lines: Vec<(u64, Line)>,
    places: u64,
    drawn: Option<Instant>,
    surface: Box<dyn Surface>,
}

/// Where a board can be drawn.
trait Surface: Debug + Send {
    /// Draws the lines; they change no more when it is the `last` time.
    fn draw(&mut self, lines: &[(u64, Line)], last: bool);
}

thread_local! {
    /// The board of the loops that run on this thread.
    static CURRENT: RefCell<Weak<Mutex<Board>>> = const { RefCell::new(Weak::new()) };
}

/// A new line, below those of the loops in which the caller is.
pub(super) fn place() -> (Arc<Mutex<Board>>, u64) {
    let current = CURRENT.try_with(|current| current.borrow().upgrade());
    let board = current.ok().flatten().unwrap_or_else(|| {
        let surface: Box<dyn Surface> = if host::is_hosted() {
            Box::new(Notebook(display_handle()))
        } else if io::stderr().is_terminal() {
            Box::new(Terminal)
        } else {
            Box::new(Log)
        };
        make_current(surface)
    });
    let mut guard = board.lock().unwrap_or_else(PoisonError::into_inner);
    guard.places += 1;
    let place = guard.places;
    drop(guard);
    (board, place)
}

fn make_current(surface: Box<dyn Surface>) -> Arc<Mutex<Board>> {
    let board = Arc::new(Mutex::new(Board {
        lines: Vec::new(),
        places: 0,
        drawn: None,
        surface,
    }));
    // A thread that is about to end has no place to note it, and needs none.
    let _ = CURRENT.try_with(|current| current.replace(Arc::downgrade(&board)));
    board
}

impl Board {
    /// Notes a line, and draws it when the last time is long enough ago.
    pub(super) fn show(&mut self, place: u64, line: &Line) {
        self.note(place, line);
        let now = Instant::now();
        if self.drawn.is_none_or(|drawn| now - drawn >= REDRAW) {
            self.drawn = Some(now);
            self.surface.draw(&self.lines, false);
        }
    }

    /// The outermost loop leaves its line, one inside of it none.
    pub(super) fn end(&mut self, place: u64, line: &Line) {
        self.note(place, line);
        let outermost = self.lines[0].0;
        self.lines.retain(|&(at, _)| at == outermost || at != place);
        if self.lines[0].1.state != State::Running {
            self.surface.draw(&self.lines, self.lines.len() == 1);
        }
    }

    fn note(&mut self, place: u64, line: &Line) {
        match self.lines.iter_mut().find(|(at, _)| *at == place) {
            Some((_, noted)) => noted.clone_from(line),
            None => self.lines.push((place, line.clone())),
        }
    }
}

fn texts(lines: &[(u64, Line)], between: &str) -> String {
    let texts: Vec<String> = lines.iter().map(|(_, line)| line.text()).collect();
    texts.join(between)
}

#[derive(Debug)]
struct Notebook(DisplayHandle);

impl Surface for Notebook {
    fn draw(&mut self, lines: &[(u64, Line)], _last: bool) {
        let bars: String = lines.iter().map(|(_, line)| line.html()).collect();
        self.0.update(Bundle::text(texts(lines, "\n")).html(bars));
    }
}

/// A line that is written over and over.
#[derive(Debug)]
struct Terminal;

impl Surface for Terminal {
    fn draw(&mut self, lines: &[(u64, Line)], last: bool) {
        const CLEAR_TO_END: &str = "\x1b[K";
        let end = if last { "\n" } else { "" };
        // Nobody is left to tell that the terminal is gone.
        let _ = write!(io::stderr(), "\r{}{CLEAR_TO_END}{end}", texts(lines, " · "));
    }
}

/// A file or a pipe, in which nothing can be replaced.
#[derive(Debug)]
struct Log;

impl Surface for Log {
    fn draw(&mut self, lines: &[(u64, Line)], last: bool) {
        if last {
            let _ = writeln!(io::stderr(), "{}", texts(lines, "\n"));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl Surface for Recorder {
        fn draw(&mut self, lines: &[(u64, Line)], _last: bool) {
            self.0.lock().unwrap().push(texts(lines, "\n"));
        }
    }

    /// What the bars of `run` on this thread draw, and what it gives. It is one board's.
    pub(in crate::progress) fn recorded<T>(run: impl FnOnce() -> T) -> (Vec<String>, T) {
        let recorder = Recorder::default();
        let board = make_current(Box::new(recorder.clone()));
        let result = run();
        drop(board);
        let lines = recorder.0.lock().unwrap().clone();
        (lines, result)
    }

    fn line(name: &str, state: State) -> Line {
        Line {
            name: name.into(),
            state,
            ..Line::new(None)
        }
    }

    #[test]
    fn a_board_is_drawn_now_and_then_and_at_the_end() {
        let recorder = Recorder::default();
        let board = make_current(Box::new(recorder.clone()));
        let mut board = board.lock().unwrap();
        for _ in 0..100 {
            board.show(1, &line("outer", State::Running));
        }
        board.show(2, &line("inner", State::Running));
        board.end(2, &line("inner", State::Done));
        board.end(1, &line("outer", State::Stopped));
        let drawn = recorder.0.lock().unwrap();
        assert_eq!(drawn[0], "outer  0 00:00");
        assert_eq!(drawn.last().unwrap(), "outer  0 stopped after 0.00 s");
        assert!(drawn.len() < 50, "{drawn:?}");
    }

    #[test]
    fn loops_that_end_in_another_order_are_no_problem() {
        let recorder = Recorder::default();
        let board = make_current(Box::new(recorder.clone()));
        let mut board = board.lock().unwrap();
        board.show(1, &line("outer", State::Running));
        board.show(2, &line("inner", State::Running));
        board.end(1, &line("outer", State::Done));
        board.end(2, &line("inner", State::Done));
        let drawn = recorder.0.lock().unwrap();
        let ends = &drawn[drawn.len() - 2..];
        assert_eq!(ends[0], "outer  0 in 0.00 s\ninner  0 00:00");
        assert_eq!(ends[1], "outer  0 in 0.00 s");
    }

    #[test]
    fn threads_have_boards_of_their_own() {
        let (board, first) = place();
        let (same, second) = place();
        assert!(Arc::ptr_eq(&board, &same));
        assert_ne!(first, second);
        let other = std::thread::spawn(place).join().unwrap().0;
        assert!(!Arc::ptr_eq(&board, &other));
        drop((board, same));
        assert_eq!(place().1, 1, "a new board when the loops have ended");
    }
}
