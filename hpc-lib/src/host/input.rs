//! Asking the user.

use std::io::{self, BufRead, Write};

use super::channel;

/// Asks the user for a line of text. In a notebook a field appears below the cell; an ordinary
/// program reads its standard input.
///
/// # Errors
/// Fails when nobody can be asked, as in a batch job, or when the input ends.
///
/// ```no_run
/// let name = hpc::input("your name: ")?;
/// println!("hello {name}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn input(prompt: &str) -> io::Result<String> {
    ask(prompt, false)
}

/// Like [`input`], and a notebook does not show what is typed.
///
/// # Errors
/// Fails when nobody can be asked, as in a batch job, or when the input ends.
pub fn password(prompt: &str) -> io::Result<String> {
    ask(prompt, true)
}

fn ask(prompt: &str, password: bool) -> io::Result<String> {
    if channel::is_hosted() {
        return channel::ask(prompt, password);
    }
    let mut stdout = io::stdout();
    stdout.write_all(prompt.as_bytes())?;
    stdout.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\n', '\r']).len());
    Ok(line)
}
