//! How a run goes, for people: a line per cell on standard error.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::run::{CellReport, CellStatus, Progress};
use crate::text::{duration, first_line};

/// Width of the line when the terminal does not tell its own.
const USUAL_WIDTH: usize = 100;
/// Width of the code that fits beside the columns in a line of [`USUAL_WIDTH`].
const COLUMNS: usize = 44;

/// What stands in the line of the running cell for its time, ten characters wide.
const PLACE_OF_WALL: &str = "\0\0\0\0\0\0\0\0\0\0";

/// Writes a line per cell; on a terminal also a line for the cell that runs, which is overwritten.
#[derive(Debug)]
pub(super) struct Lines {
    total: usize,
    terminal: bool,
    width: usize,
    current: String,
}

impl Lines {
    /// Lines for a notebook with that many code cells.
    pub(super) fn new(total: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let width = rustix::termios::tcgetwinsize(std::io::stderr())
            .map(|size| usize::from(size.ws_col))
            .ok()
            .filter(|width| *width > COLUMNS)
            .unwrap_or(USUAL_WIDTH);
        Self {
            total,
            terminal,
            width,
            current: String::new(),
        }
    }

    fn line(&self, index: usize, status: &str, wall: &str, compile: &str, code: &str) -> String {
        let digits = self.total.to_string().len();
        let number = format!("[{:>digits$}/{}]", index + 1, self.total);
        let code = shorten(code, self.width.saturating_sub(COLUMNS));
        format!("{number:>9} {status:<8}{wall:>10}{compile:>13}  {code}")
    }
}

impl Progress for Lines {
    fn started(&mut self, index: usize, code: &str) {
        self.current = self.line(index, "running", PLACE_OF_WALL, "", first_line(code));
        self.running(Duration::ZERO);
    }

    fn running(&mut self, time: Duration) {
        if self.terminal {
            let wall = duration(time.as_secs_f64() * 1000.0);
            let line = self
                .current
                .replacen(PLACE_OF_WALL, &format!("{wall:>10}"), 1);
            eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
        }
    }

    fn finished(&mut self, report: &CellReport) {
        let wall = duration(report.wall_ms);
        let compile = report
            .compile_ms
            .map(|compile| format!("({})", duration(compile)))
            .unwrap_or_default();
        let (wall, compile) = match report.status {
            CellStatus::Skipped => ("", ""),
            _ => (wall.as_str(), compile.as_str()),
        };
        let line = self.line(
            report.index,
            report.status.word(),
            wall,
            compile,
            &report.code,
        );
        if self.terminal {
            let colour = match report.status {
                CellStatus::Ok => "32",
                CellStatus::Skipped => "2",
                _ => "31",
            };
            let word = format!(" {} ", report.status.word());
            let coloured = format!(" \x1b[{colour}m{}\x1b[0m ", report.status.word());
            eprintln!("\r\x1b[2K{}", line.replacen(&word, &coloured, 1));
        } else {
            eprintln!("{}", line.trim_end());
        }
    }
}

/// Says nothing.
#[derive(Debug)]
pub(super) struct Silence;

impl Progress for Silence {
    fn started(&mut self, _index: usize, _code: &str) {}
    fn running(&mut self, _time: Duration) {}
    fn finished(&mut self, _report: &CellReport) {}
}

fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        text.into()
    } else {
        text.chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let lines = Lines {
            total: 12,
            terminal: false,
            width: 60,
            current: String::new(),
        };
        let first = lines.line(0, "ok", "41 ms", "(30 ms)", "let x = 1;");
        let other = lines.line(11, "error", "1.5 s", "", "a long line of code");
        assert_eq!(
            first,
            "  [ 1/12] ok           41 ms      (30 ms)  let x = 1;"
        );
        assert_eq!(
            other,
            "  [12/12] error        1.5 s               a long line of …"
        );
    }
}
