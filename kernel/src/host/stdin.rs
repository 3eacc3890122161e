//! Standard input of cells.
//!
//! It is a terminal of the process's own. What a cell reads from it, by whatever means, the kernel
//! learns from the system: a thread of the process waits in the system call `read` for descriptor 0.
//! Then the user is asked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
};

use crate::engine::{OutputSink, Stream};

/// How often a running process is looked at.
const INTERVAL: Duration = Duration::from_millis(50);

/// What the terminal takes for the end of input.
const END: u8 = 4;

/// Bytes of a line that the terminal surely takes at once; what is over its limit of 4096 it drops.
const PART: usize = 4000;

/// The kernel's end of the terminal.
#[derive(Debug)]
pub(super) struct Stdin {
    keyboard: Arc<Mutex<File>>,
}

/// Asks the user as long as it lives.
#[derive(Debug)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Stdin {
    /// Opens a terminal. Returns the kernel's end and the process's.
    pub(super) fn open() -> io::Result<(Self, File)> {
        let keyboard: OwnedFd =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&keyboard)?;
        unlockpt(&keyboard)?;
        let name = ptsname(&keyboard, Vec::new())?;
        let name = name.into_string().map_err(io::Error::other)?;
        // Not the terminal that controls this session: a process of another group could not read.
        let terminal = File::options()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NOCTTY)
            .open(name)?;
        let mut modes = tcgetattr(&terminal)?;
        // Lines, as they are: no echo, and no key stands for a signal.
        modes.local_modes = LocalModes::ICANON;
        modes.input_modes = InputModes::empty();
        for key in [
            SpecialCodeIndex::VERASE,
            SpecialCodeIndex::VKILL,
            SpecialCodeIndex::VEOL,
            SpecialCodeIndex::VEOL2,
        ] {
            modes.special_codes[key] = 0;
        }
        modes.special_codes[SpecialCodeIndex::VEOF] = END;
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        let stdin = Self {
            keyboard: Arc::new(Mutex::new(File::from(keyboard))),
        };
        Ok((stdin, terminal))
    }

    /// Asks the user through `sink` whenever process `pid` waits for input, until the result is
    /// dropped.
    pub(super) fn watch(&self, pid: u32, sink: Arc<dyn OutputSink>) -> Watch {
        let over = Arc::new(AtomicBool::new(false));
        let (keyboard, ends) = (Arc::clone(&self.keyboard), Arc::clone(&over));
        let watching = thread::Builder::new().name("stdin".into()).spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                thread::sleep(INTERVAL);
                if is_reading(pid) && !ends.load(Ordering::Relaxed) {
                    ask(&keyboard, sink.as_ref());
                    // The process has to take what it was given before it can ask again.
                    thread::sleep(INTERVAL);
                }
            }
        });
        if let Err(error) = watching {
            tracing::warn!("cells cannot read from standard input: {error}");
        }
        Watch(over)
    }
}

fn ask(keyboard: &Mutex<File>, sink: &dyn OutputSink) {
    let typed = match sink.input("", false) {
        Ok(mut line) => {
            line.push('\n');
            line.into_bytes()
        }
        Err(refused) => {
            sink.stream(
                Stream::Stderr,
                &format!("standard input has ended: {refused}\n"),
            );
            vec![END]
        }
    };
    let mut keyboard = keyboard.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = type_in(&mut keyboard, &typed) {
        tracing::warn!("the cell does not get its input: {error}");
    }
}

/// Types text. A line that is longer than the terminal takes is handed over in parts.
fn type_in(keyboard: &mut File, typed: &[u8]) -> io::Result<()> {
    let mut parts = typed.chunks(PART).peekable();
    while let Some(part) = parts.next() {
        keyboard.write_all(part)?;
        if parts.peek().is_some() {
            // Behind text it ends nothing but the waiting of the reader.
            keyboard.write_all(&[END])?;
        }
    }
    Ok(())
}

/// Whether a thread of the process waits for descriptor 0.
fn is_reading(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    threads.flatten().any(|thread| {
        // The number of the system call and its arguments, the descriptor first.
        let call = fs::read_to_string(thread.path().join("syscall")).unwrap_or_default();
        let mut words = call.split_whitespace();
        words.next() == Some(&libc::SYS_read.to_string()) && words.next() == Some("0x0")
    })
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::sync::Arc;
    use std::thread;

    use super::{Stdin, type_in};

    #[test]
    fn long_lines_and_odd_characters_arrive_as_they_are() {
        let (stdin, terminal) = Stdin::open().unwrap();
        let line = format!("{}\u{7f}\u{15}\r{}\n", "a".repeat(5000), "b".repeat(9000));
        let (keyboard, typed) = (Arc::clone(&stdin.keyboard), line.clone());
        let typing =
            thread::spawn(move || type_in(&mut keyboard.lock().unwrap(), typed.as_bytes()));
        let mut read = String::new();
        BufReader::new(terminal).read_line(&mut read).unwrap();
        assert_eq!(read, line);
        typing.join().unwrap().unwrap();
    }
}
