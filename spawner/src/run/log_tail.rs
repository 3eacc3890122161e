use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// How much is remembered.
const LIMIT: usize = 16 * 1024;
/// How many lines of it are shown.
const LINES: usize = 20;

/// The last lines that a kernel's process wrote on its own: where the reason of an early death is.
#[derive(Clone, Debug, Default)]
pub(super) struct LogTail(Arc<Mutex<VecDeque<u8>>>);

impl LogTail {
    /// Reads the pipe to its end in a thread of its own.
    pub(super) fn follow(mut pipe: PipeReader) -> std::io::Result<Self> {
        let tail = Self::default();
        let sink = tail.clone();
        std::thread::Builder::new()
            .name("kernel-log".into())
            .spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count) = pipe.read(&mut buffer)
                    && count > 0
                {
                    let mut kept = sink.0.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.extend(&buffer[..count]);
                    let excess = kept.len().saturating_sub(LIMIT);
                    kept.drain(..excess);
                }
            })?;
        Ok(tail)
    }

    /// The last lines.
    pub(super) fn text(&self) -> String {
        let kept: Vec<u8> = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .copied()
            .collect();
        let text = String::from_utf8_lossy(&kept);
        let lines: Vec<&str> = text.trim().lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}
