//! What the hub's spawner asks of this program: a question as JSON on standard input, an answer
//! as JSON on standard output, one process each.
//!
//! The spawner in Python holds no knowledge of Slurm. Its questions about a user's own files and
//! jobs (`submit`, `stop`, `log`) are answered as that user, its questions about the machine
//! (`check`, `form`, `poll`, `address`) as whoever runs the hub.

mod log_tail;
mod question;
mod server;
mod view;

pub use question::{Answer, HubError, Question};

use std::fmt::Display;
use std::time::Duration;

use serde_json::Value;

use crate::config::Config;
use crate::ledger::Ledger;
use crate::person::Person;
use crate::slurm::{RawRequest, Request, Slurm};

/// Answers a question.
///
/// # Errors
/// With a reason for programs and a sentence for people.
pub fn answer(question: Question) -> Result<Answer, HubError> {
    let config = Config::of_site().map_err(HubError::internal)?;
    let slurm = Slurm::new(&config.slurm);
    match question {
        Question::Check { request } => {
            let asked = understand(request)?;
            let open_end = asked.time.is_none();
            let mut request = allow(&config, asked)?;
            let partition = view::find_partition(&slurm, &request)?;
            if let (true, Some(partition)) = (open_end, partition) {
                // The site's longest time may be more than this partition gives.
                request.time = request.time.map(|time| time.min(partition.time_limit));
            }
            Ok(Answer::Request { request })
        }
        Question::Form => view::form(&slurm, &config.policy),
        Question::Poll { jobs } => Ok(view::poll(&slurm, &jobs)),
        Question::Address(owned) => view::address(&slurm, &owned),
        Question::Submit { user, order } => {
            let request = allow(&config, understand(order.request.clone())?)?;
            let (person, ledger) = act_as(&user, &config)?;
            server::submit(&slurm, &ledger, &person, *order, request)
        }
        Question::Stop {
            user,
            key,
            job,
            grace_seconds,
        } => {
            let (_, ledger) = act_as(&user, &config)?;
            server::stop(
                &slurm,
                &ledger,
                &key,
                &job,
                Duration::from_secs(grace_seconds),
            )
        }
        Question::Log { user, key } => {
            let (_, ledger) = act_as(&user, &config)?;
            log_tail::of_job(&ledger, &key)
        }
    }
}

/// The one validator of what a user of the hub sends, whichever way it came.
fn understand(request: Value) -> Result<Request, HubError> {
    let raw: RawRequest = serde_json::from_value(request).map_err(wrong_options)?;
    raw.check().map_err(wrong_options)
}

/// The request within the site's limits. Doing it again changes nothing.
fn allow(config: &Config, request: Request) -> Result<Request, HubError> {
    config.policy.apply(request).map_err(wrong_options)
}

fn wrong_options(error: impl Display) -> HubError {
    HubError::new("options", error.to_string())
}

/// Turns this process into the user and opens that user's ledger.
fn act_as(user: &str, config: &Config) -> Result<(Person, Ledger), HubError> {
    let person = Person::become_user(user, config.hub.min_uid)
        .map_err(|error| HubError::new("user", error.to_string()))?;
    let ledger = Ledger::open(&person.state_folder(&config.state)).map_err(|error| {
        HubError::new(
            "user",
            format!("the home folder of {user} cannot be used: {error}"),
        )
    })?;
    Ok((person, ledger))
}
