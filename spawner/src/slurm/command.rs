use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::SlurmError;
use super::error::NO_MESSAGE;

/// More than the queue of a large machine (100 000 jobs of 120 bytes).
const OUTPUT_CAP: usize = 16 << 20;
/// How often an ended process is looked for once its output has been closed.
const REAP_INTERVAL: Duration = Duration::from_millis(2);
/// Longest error text that is passed on.
const MESSAGE_CAP: usize = 600;

/// A program found once, started as often as needed.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
}

/// How one call is made.
#[derive(Debug, Clone)]
pub(super) struct Call<'a> {
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) folder: Option<&'a Path>,
    pub(super) input: &'a [u8],
    pub(super) time_limit: Duration,
}

/// What a program that exited with status 0 wrote.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

enum Stream {
    Out(Vec<u8>),
    Err(Vec<u8>),
}

impl Tool {
    /// Runs the program to its end.
    ///
    /// # Errors
    /// When it cannot start, does not end in time, writes too much or exits with another status.
    pub(super) fn call(&self, call: &Call<'_>) -> Result<Output, SlurmError> {
        let mut command = Command::new(&self.path);
        command
            .args(&call.arguments)
            .env_clear()
            .envs(call.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = call.folder {
            command.current_dir(folder);
        }
        let start_error = |source| SlurmError::Start {
            path: self.path.clone(),
            source,
        };
        let mut child = command.spawn().map_err(start_error)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input has failed in a way its status tells.
            let _ = stdin.write_all(call.input);
        }
        let result = self.collect(&mut child, call.time_limit);
        if result.is_err() {
            // Already dead is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
        }
        result
    }

    fn collect(&self, child: &mut Child, time_limit: Duration) -> Result<Output, SlurmError> {
        let deadline = Instant::now() + time_limit;
        let timeout = || SlurmError::Timeout {
            tool: self.name,
            seconds: time_limit.as_secs(),
        };
        let (sender, receiver) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            let sender = sender.clone();
            thread::spawn(move || sender.send(Stream::Out(read_capped(stdout))));
        }
        if let Some(stderr) = child.stderr.take() {
            thread::spawn(move || sender.send(Stream::Err(read_capped(stderr))));
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes = match receiver.recv_timeout(left).map_err(|_| timeout())? {
                Stream::Out(bytes) => {
                    stdout = bytes;
                    &stdout
                }
                Stream::Err(bytes) => {
                    stderr = bytes;
                    &stderr
                }
            };
            if bytes.len() > OUTPUT_CAP {
                return Err(SlurmError::TooMuchOutput {
                    tool: self.name,
                    limit: OUTPUT_CAP,
                });
            }
        }
        let status = loop {
            let waited = child.try_wait().map_err(|source| SlurmError::Start {
                path: self.path.clone(),
                source,
            })?;
            if let Some(status) = waited {
                break status;
            }
            if Instant::now() >= deadline {
                return Err(timeout());
            }
            thread::sleep(REAP_INTERVAL);
        };
        let output = Output {
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        };
        if status.success() {
            return Ok(output);
        }
        let said = if output.stderr.trim().is_empty() {
            &output.stdout
        } else {
            &output.stderr
        };
        let message = match one_line(said) {
            text if text.is_empty() => format!("{status}, {NO_MESSAGE}"),
            text => text,
        };
        Err(SlurmError::Failed {
            tool: self.name,
            message,
        })
    }
}

fn read_capped(stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A read error ends the text: what has arrived is judged by the exit status.
    let _ = stream.take(OUTPUT_CAP as u64 + 1).read_to_end(&mut bytes);
    bytes
}

/// The text on one line, without control characters, no longer than a message should be.
fn one_line(text: &str) -> String {
    let words: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let mut line = String::new();
    for word in words.split_whitespace() {
        if line.len() + word.len() > MESSAGE_CAP {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn tool(folder: &Path, script: &str) -> Tool {
        let path = folder.join("tool");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Tool { name: "tool", path }
    }

    fn call(milliseconds: u64) -> Call<'static> {
        Call {
            arguments: Vec::new(),
            environment: vec![("LC_ALL".into(), "C".into())],
            folder: None,
            input: b"",
            time_limit: Duration::from_millis(milliseconds),
        }
    }

    #[test]
    fn a_hanging_command_is_a_timeout() {
        let folder = tempfile::tempdir().unwrap();
        let started = Instant::now();
        let error = tool(folder.path(), "exec /bin/sleep 60")
            .call(&call(200))
            .unwrap_err();
        assert!(matches!(error, SlurmError::Timeout { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_flood_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let flood = tool(folder.path(), "exec /bin/cat /dev/zero");
        let error = flood.call(&call(30_000)).unwrap_err();
        assert!(matches!(error, SlurmError::TooMuchOutput { .. }), "{error}");
    }

    #[test]
    fn the_message_of_a_failure_is_one_clean_line() {
        let folder = tempfile::tempdir().unwrap();
        let script = "printf 'slurm_load: \\033[31mUnable to\\ncontact controller\\n' >&2; exit 1";
        let error = tool(folder.path(), script).call(&call(10_000)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("Unable to contact controller"), "{text}");
        assert!(!text.contains('\n') && !text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn the_environment_of_the_caller_does_not_reach_the_command() {
        let folder = tempfile::tempdir().unwrap();
        let output = tool(folder.path(), "/usr/bin/env")
            .call(&call(10_000))
            .unwrap();
        let names: Vec<_> = output
            .stdout
            .lines()
            .filter_map(|line| line.split('=').next())
            .collect();
        assert!(
            names
                .iter()
                .all(|name| ["LC_ALL", "PWD", "SHLVL", "_"].contains(name)),
            "{names:?}"
        );
    }
}
