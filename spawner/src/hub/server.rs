use std::path::PathBuf;
use std::time::Duration;

use super::question::ServerOrder;
use super::{Answer, HubError};
use crate::ledger::{
    Ending, Entry, LaunchError, Ledger, Order, Purpose, end_job, launch, recover_numbers,
    write_private,
};
use crate::node::{ServerSpec, Spec};
use crate::person::Person;
use crate::slurm::{Fate, JobId, JobState, Request, Slurm};

/// How long a server that has ended is remembered, with its log.
const SERVER_MEMORY: Duration = Duration::from_hours(30 * 24);

/// Starts a server as a job of its owner.
///
/// There is at most one job for each server. A job that an earlier spawn left in the queue (the
/// hub was restarted) and that asks for the same is taken over, so that its place in the queue is
/// not lost; any other is cancelled.
pub(super) fn submit(
    slurm: &Slurm,
    ledger: &Ledger,
    person: &Person,
    order: ServerOrder,
    request: Request,
) -> Result<Answer, HubError> {
    let mut entry = Entry::new(
        Purpose::Server {
            server: order.server.clone(),
        },
        &person.name,
    );
    let folder = order
        .folder
        .map_or_else(|| person.home.clone(), PathBuf::from);
    if !folder.is_dir() {
        return Err(HubError::new(
            "user",
            format!("{} is not a folder on this system", folder.display()),
        ));
    }
    let mut environment = order.environment;
    let personal = [
        ("HOME", person.home.display().to_string()),
        ("LOGNAME", person.name.clone()),
        ("SHELL", person.shell.display().to_string()),
        ("USER", person.name.clone()),
    ];
    environment.extend(personal.map(|(name, value)| (name.to_owned(), value)));
    let spec = Spec::Server(ServerSpec {
        command: order.command,
        folder: folder.clone(),
        environment,
        nonce: order.nonce,
    });
    if let Some(earlier) = waiting_job(slurm, ledger, &order.server, &request)? {
        write_private(&ledger.spec_path(&earlier.key), &spec).map_err(HubError::internal)?;
        if let Some(job) = earlier.job {
            return Ok(Answer::Submitted {
                job,
                key: earlier.key,
                adopted: true,
            });
        }
    }
    entry.request = request;
    entry.log.0 = ledger.job_folder(&entry.key);
    let order = Order::default();
    let job = launch(slurm, ledger, &mut entry, &spec, &order).map_err(|error| match error {
        LaunchError::Slurm(ref refusal) if refusal.is_refusal() => {
            HubError::new("options", error.to_string())
        }
        LaunchError::Slurm(_) | LaunchError::Unknown(_) => HubError::slurm(error),
        LaunchError::Ledger(_) => HubError::new("user", error.to_string()),
        LaunchError::OwnPath(_) => HubError::internal(error),
    })?;
    Ok(Answer::Submitted {
        job,
        key: entry.key,
        adopted: false,
    })
}

/// The job of an earlier spawn of this server that still waits, asks for the same and is not
/// wished to end. Other jobs of this server are cancelled: their token is void, they could only
/// waste their allocation.
fn waiting_job(
    slurm: &Slurm,
    ledger: &Ledger,
    server: &str,
    request: &Request,
) -> Result<Option<Entry>, HubError> {
    let mut earlier = ledger.entries().map_err(HubError::internal)?;
    earlier.retain(|entry| entry.is_server(server));
    for old in earlier
        .iter()
        .filter(|entry| entry.settled.is_some() && entry.age() > SERVER_MEMORY)
    {
        ledger.forget(&old.key).map_err(HubError::internal)?;
    }
    earlier.retain(|entry| entry.settled.is_none());
    recover_numbers(slurm, ledger, &mut earlier)
        .map_err(HubError::internal)?
        .map_err(HubError::slurm)?;
    let jobs: Vec<JobId> = earlier
        .iter()
        .filter_map(|entry| entry.job.clone())
        .collect();
    let mut fates = slurm.fates(&jobs);
    let mut same = None;
    for mut entry in earlier {
        let Some(job) = entry.job.clone() else {
            continue;
        };
        match fates.remove(&job.number) {
            Some(Fate::Live { entry: queue })
                if same.is_none()
                    && !entry.cancelled
                    && matches!(queue.state, JobState::Waiting(_))
                    && entry.request == *request =>
            {
                same = Some(entry);
            }
            Some(Fate::Live { .. }) => {
                entry.cancelled = true;
                ledger.write(&entry).map_err(HubError::internal)?;
                slurm.cancel(&job, &entry.name).map_err(HubError::slurm)?;
            }
            Some(Fate::Ended { entry: queue }) => {
                ledger
                    .settle(&mut entry, queue.state.word())
                    .map_err(HubError::internal)?;
            }
            Some(Fate::Gone) => ledger.forget(&entry.key).map_err(HubError::internal)?,
            Some(Fate::Unknown { why }) => {
                return Err(HubError::slurm(format!(
                    "an earlier job of this server may still run: {why}"
                )));
            }
            None => {}
        }
    }
    Ok(same)
}

/// Ends a server. The number and the key must belong together: a forged or outdated state hits
/// nothing.
pub(super) fn stop(
    slurm: &Slurm,
    ledger: &Ledger,
    key: &str,
    job: &JobId,
    grace: Duration,
) -> Result<Answer, HubError> {
    let entries = ledger.entries().map_err(HubError::internal)?;
    let entry = entries
        .into_iter()
        .find(|entry| entry.key == key && entry.job.as_ref() == Some(job));
    let ending = match entry {
        Some(mut entry) => end_job(slurm, ledger, &mut entry, grace).map_err(HubError::internal)?,
        None => match slurm.fates(std::slice::from_ref(job)).remove(&job.number) {
            Some(fate) if fate.is_over() => Ending::AlreadyOver,
            _ => Ending::Open(format!("the ledger does not know job {job} as {key}")),
        },
    };
    Ok(match ending {
        Ending::AlreadyOver | Ending::Over => Answer::Stopped {
            over: true,
            why: None,
        },
        Ending::Open(why) => Answer::Stopped {
            over: false,
            why: Some(why),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::fake::{FakeSlurm, own_line};

    #[test]
    fn a_waiting_job_is_taken_over_unless_it_is_to_end() {
        let waiting = own_line().replace("RUNNING", "PENDING");
        let fake = FakeSlurm::new(
            "squeue",
            &format!("printf '%s\\n' '7|{waiting}' '8|{waiting}'"),
        );
        fake.put("scancel", "");
        let ledger = Ledger::open(fake.folder()).unwrap();
        for (number, cancelled) in [(7, true), (8, false)] {
            let server = String::new();
            let mut entry = Entry::new(Purpose::Server { server }, "ada");
            entry.job = Some(JobId::new(number));
            entry.submitted = number.into();
            entry.cancelled = cancelled;
            ledger.write(&entry).unwrap();
        }
        let adopted = waiting_job(&fake.client(), &ledger, "", &Request::default()).unwrap();
        assert_eq!(adopted.unwrap().job, Some(JobId::new(8)));
        let orders: Vec<_> = fake
            .calls()
            .into_iter()
            .filter(|call| call.starts_with("--name"))
            .collect();
        assert_eq!(orders.len(), 1);
        assert!(orders[0].ends_with(" 7"), "{orders:?}");
    }
}
