//! The world around a notebook: shell, files, environment.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use hpc_channel::{CellMessage, MimeBundle};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::{Call, show};
use crate::engine::{CellError, CommEvent, InputRefused, OutputSink, Stream};
use crate::eval::diagnostics::plain_error;
use crate::eval::{Evaluator, Times, stopped_before_it_ran};
use crate::session;

/// The environment and the folder that the user set, for the process that runs cells when it is
/// started anew, and for shell commands.
#[derive(Debug, Default)]
pub(in crate::eval) struct Surroundings {
    variables: Vec<(String, String)>,
    folder: Option<PathBuf>,
}

fn failed(what: impl std::fmt::Display) -> CellError {
    plain_error("CommandError", &what.to_string())
}

/// `!command`
pub(super) fn line(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    bash(evaluator, call.arguments, call.sink)
}

/// `%%bash`
pub(super) fn script(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    bash(evaluator, call.body(), call.sink)
}

/// Runs a script that the user wrote for bash, with its output as it comes.
fn bash(evaluator: &Evaluator, text: &str, sink: &Arc<dyn OutputSink>) -> Result<(), CellError> {
    // In a file, because a script may want its standard input for itself.
    let file = evaluator.session.path().join("script.sh");
    fs::write(&file, text).map_err(|error| failed(format!("{}: {error}", file.display())))?;
    // One pipe for both streams: what is written to them comes in the order of a terminal.
    let (output, writer) = io::pipe().map_err(failed)?;
    let mut command = Process::new("bash");
    command
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
    session::restore_environment(&mut command);
    command.envs(evaluator.surroundings.variables.iter().cloned());
    if let Some(folder) = &evaluator.surroundings.folder {
        command.current_dir(folder);
    }
    let Ok(mut child) = evaluator
        .tools
        .start(&mut command)
        .map_err(|error| failed(format!("bash cannot be run: {error}")))?
    else {
        return Err(stopped_before_it_ran());
    };
    // It holds the writing end, and the output ends when nobody does.
    drop(command);
    let written = Written {
        pipe: output,
        held: Vec::new(),
        sink: Arc::clone(sink),
    };
    written.pass_on_until_end(&mut child).map_err(failed)?;
    match evaluator.tools.wait(&mut child) {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(plain_error(
            "ShellError",
            &format!("the command failed: {status}"),
        )),
        Ok(Err(_)) => Err(plain_error(
            "KeyboardInterrupt",
            "the command was interrupted",
        )),
        Err(error) => Err(failed(error)),
    }
}

/// What a command writes.
struct Written {
    pipe: io::PipeReader,
    /// The beginning of a character that has not come whole.
    held: Vec<u8>,
    sink: Arc<dyn OutputSink>,
}

impl Written {
    /// Passes on what a command writes until it has ended. What programs write that it has left running
    /// comes later.
    fn pass_on_until_end(mut self, command: &mut Child) -> io::Result<()> {
        /// How long to wait for text before a look at the command.
        const NAP: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 20_000_000,
        };
        let mut has_ended = false;
        loop {
            let mut waiting = [PollFd::new(&self.pipe, PollFlags::IN)];
            match poll(&mut waiting, Some(&NAP)) {
                Ok(0) if has_ended => break,
                Ok(0) => has_ended = command.try_wait()?.is_some(),
                Ok(_) if !self.pass_on() => return Ok(()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        thread::Builder::new()
            .name("shell".into())
            .spawn(move || while self.pass_on() {})?;
        Ok(())
    }

    /// Passes on what comes next, in whole characters. Returns whether there may be more.
    fn pass_on(&mut self) -> bool {
        let mut bytes = [0; 16 << 10];
        let count = match self.pipe.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return true,
            read => read.unwrap_or(0),
        };
        self.held.extend_from_slice(&bytes[..count]);
        let whole = match std::str::from_utf8(&self.held) {
            Err(error) if error.error_len().is_none() && count > 0 => error.valid_up_to(),
            _ => self.held.len(),
        };
        let text: Vec<u8> = self.held.drain(..whole).collect();
        if !text.is_empty() {
            self.sink
                .stream(Stream::Stdout, &String::from_utf8_lossy(&text));
        }
        count > 0
    }
}

/// `%env`, `%env NAME`, `%env NAME=VALUE` and `%env NAME VALUE`
pub(super) fn environment(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let Some((name, value)) = call.arguments.split_once(['=', ' ']) else {
        return show_environment(evaluator, call);
    };
    let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
    if name.is_empty() || name.contains('\0') || value.contains('\0') {
        return Err(failed("write `%env NAME=VALUE`"));
    }
    evaluator
        .surroundings
        .variables
        .retain(|(known, _)| *known != name);
    call.sink
        .stream(Stream::Stdout, &format!("env: {name}={value}\n"));
    evaluator.surroundings.variables.push((name, value));
    evaluator.apply_surroundings(call.times)
}

fn show_environment(evaluator: &Evaluator, call: &Call<'_>) -> Result<(), CellError> {
    let mut all: Vec<(String, String)> = session::inherited_environment()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    for (name, value) in &evaluator.surroundings.variables {
        all.retain(|(known, _)| known != name);
        all.push((name.clone(), value.clone()));
    }
    all.sort();
    let text = if call.arguments.is_empty() {
        all.iter().fold(String::new(), |text, (name, value)| {
            text + name + "=" + value + "\n"
        })
    } else {
        let found = all.into_iter().find(|(name, _)| name == call.arguments);
        let Some((_, value)) = found else {
            return Err(failed(format!("`{}` is not set", call.arguments)));
        };
        value
    };
    show::display(call.sink, MimeBundle::text(text));
    Ok(())
}

/// `%cd FOLDER`
pub(super) fn change_folder(
    evaluator: &mut Evaluator,
    call: &mut Call<'_>,
) -> Result<(), CellError> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let wanted = match call.arguments.trim_matches('"') {
        "" | "~" => home,
        path => match path.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => evaluator.folder()?.join(path),
        },
    };
    let folder = wanted
        .canonicalize()
        .map_err(|error| failed(format!("{}: {error}", wanted.display())))?;
    if !folder.is_dir() {
        return Err(failed(format!("{} is not a folder", folder.display())));
    }
    evaluator.surroundings.folder = Some(folder);
    evaluator.apply_surroundings(call.times)?;
    show_folder(evaluator, call)
}

/// `%pwd`
pub(super) fn show_folder(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let folder = evaluator.folder()?;
    show::display(call.sink, MimeBundle::text(folder.display().to_string()));
    Ok(())
}

/// `%%writefile [-a] FILE`
pub(super) fn write_file(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let (append, name) = match call.arguments.strip_prefix("-a ") {
        Some(name) => (true, name.trim()),
        None => (false, call.arguments),
    };
    if name.is_empty() || name == "-a" {
        return Err(failed("write `%%writefile FILE` or `%%writefile -a FILE`"));
    }
    let path = evaluator.folder()?.join(name);
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        return Err(failed(format!("{} is not a folder", folder.display())));
    }
    let is_there = path.exists();
    let mut text = call.body().to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let written = if append {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
    } else {
        write_whole(&path, &text)
    };
    written.map_err(|error| failed(format!("{}: {error}", path.display())))?;
    let verb = match (append, is_there) {
        (true, true) => "appended to",
        (false, true) => "overwrote",
        _ => "wrote",
    };
    call.sink
        .stream(Stream::Stdout, &format!("{verb} {}\n", path.display()));
    Ok(())
}

/// Writes all of a file or leaves the old one. What is no plain file, such as a link or a device,
/// stays what it is.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|file| !file.is_file()) {
        return fs::write(path, text);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(permissions(path))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).map_or_else(
        |_| fs::Permissions::from_mode(0o644),
        |file| file.permissions(),
    )
}

/// `%%capture [VARIABLE]`
pub(super) fn capture(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if !call.arguments.chars().all(is_name) {
        return Err(failed("write `%%capture` or `%%capture NAME`"));
    }
    let kept = Arc::new(Kept::default());
    let sink = Arc::clone(&kept) as Arc<dyn OutputSink>;
    evaluator.send_output_to(&sink);
    let ran = evaluator.run_from(call.cell, call.rest, &sink, call.times);
    evaluator.send_output_to(call.sink);
    ran?;
    if call.arguments.is_empty() {
        return Ok(());
    }
    let text = kept
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let code = format!("let {}: String = String::from({text:?});", call.arguments);
    evaluator.run_snippet(&code, call.cell.number, call.sink, call.times)
}

/// Keeps what a cell prints on standard output, and drops the rest.
#[derive(Default)]
struct Kept(Mutex<String>);

impl OutputSink for Kept {
    fn stream(&self, stream: Stream, text: &str) {
        if stream == Stream::Stdout {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(text);
        }
    }

    fn message(&self, _: CellMessage) {}

    fn page(&self, _: MimeBundle) {}

    fn input(&self, _: &str, _: bool) -> Result<String, InputRefused> {
        Err(InputRefused::NotAllowed)
    }

    fn comm(&self, _: CommEvent) {}
}

impl Evaluator {
    /// The working folder of cells, as far as `%cd` has set it.
    pub(super) fn folder(&self) -> Result<PathBuf, CellError> {
        match &self.surroundings.folder {
            Some(folder) => Ok(folder.clone()),
            None => env::current_dir().map_err(failed),
        }
    }

    /// Makes the process that runs cells see what the user set.
    fn apply_surroundings(&mut self, times: &mut Times) -> Result<(), CellError> {
        let mut code = String::new();
        for (name, value) in &self.surroundings.variables {
            // Writing to a string cannot fail.
            let _ = writeln!(code, "unsafe {{ std::env::set_var({name:?}, {value:?}) }};");
        }
        if let Some(folder) = self
            .surroundings
            .folder
            .as_ref()
            .and_then(|path| path.to_str())
        {
            let _ = writeln!(code, "let _ = std::env::set_current_dir({folder:?});");
        }
        if code.is_empty() {
            return Ok(());
        }
        let nowhere = Arc::new(Kept::default()) as Arc<dyn OutputSink>;
        self.run_snippet(&code, 0, &nowhere, times)
    }

    /// The same for a process that was started anew.
    pub(in crate::eval) fn restore_surroundings(&mut self) -> Result<(), CellError> {
        self.apply_surroundings(&mut Times::default())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::write_whole;

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        write_whole(&file, "old, and longer").unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
