use std::process::ExitCode;

use anyhow::Error;

/// Why a command did not succeed: decides the exit code.
#[derive(Debug)]
pub enum Failure {
    /// The user asked for something that cannot be done: wrong arguments or files. Exit code 2.
    Input(Error),
    /// What was asked for was tried and failed. Exit code 1.
    Run(Error),
    /// As [`Failure::Run`], and the user has already been told. Exit code 1.
    Reported,
    /// A signal of that number stopped the command. Exit code 128 + the number.
    Signal(u8),
}

impl Failure {
    /// A wrong input.
    pub fn input(error: impl Into<Error>) -> Self {
        Self::Input(error.into())
    }

    /// A failed attempt.
    pub fn run(error: impl Into<Error>) -> Self {
        Self::Run(error.into())
    }

    /// Writes one message to standard error and gives the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Input(error) => {
                eprintln!("ferrolab: {}", message(error));
                ExitCode::from(2)
            }
            Self::Run(error) => {
                eprintln!("ferrolab: {}", message(error));
                ExitCode::FAILURE
            }
            Self::Reported => ExitCode::FAILURE,
            Self::Signal(number) => ExitCode::from(128 + number),
        }
    }
}

/// The error and its causes in one line. Many errors repeat the text of their cause in their own.
fn message(error: &Error) -> String {
    let mut message = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !message.contains(&cause) {
            message.push_str(": ");
            message.push_str(&cause);
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("disk on fire")
            .context("cannot save")
            .context("cannot save: x");
        assert_eq!(message(&error), "cannot save: x: disk on fire");
    }
}
