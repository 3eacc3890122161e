use std::io::{self, Read};

use anyhow::Context;
use serde_json::json;

use super::Failure;
use crate::hub;

/// More than any question holds.
const LARGEST_QUESTION: u64 = 4 << 20;

/// Answer a question of the hub: JSON on standard input and output. Not for people.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Result<(), Failure> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(LARGEST_QUESTION)
        .read_to_string(&mut text)
        .context("cannot read the question")
        .map_err(Failure::Run)?;
    let answer = match serde_json::from_str(&text) {
        Ok(question) => hub::answer(question),
        // The text may hold a token: only the place of the error is told.
        Err(error) => Err(hub::HubError::new(
            "options",
            format!(
                "not a question that can be answered (column {})",
                error.column()
            ),
        )),
    };
    match answer {
        Ok(answer) => println!("{}", serde_json::to_string(&answer).map_err(Failure::run)?),
        Err(error) => println!("{}", json!({ "error": error })),
    }
    Ok(())
}
