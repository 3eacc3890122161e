use crate::config::Config;
use crate::ledger::{Entry, Ledger};
use crate::person::Person;
use crate::slurm::{JobId, Slurm};

use super::Failure;

/// What the commands about jobs work with.
pub(super) struct Desk {
    pub(super) person: Person,
    pub(super) slurm: Slurm,
    pub(super) ledger: Ledger,
}

impl Desk {
    /// The person at the command line, and that person's jobs.
    pub(super) fn open() -> Result<Self, Failure> {
        let config = Config::of_person().map_err(Failure::input)?;
        let person = Person::current().map_err(Failure::run)?;
        let ledger = Ledger::open(&person.state_folder(&config.state)).map_err(Failure::run)?;
        Ok(Self {
            slurm: Slurm::new(&config.slurm),
            person,
            ledger,
        })
    }

    /// The person's job of that number.
    pub(super) fn find(&self, job: &JobId) -> Result<Entry, Failure> {
        self.ledger.find(job).map_err(Failure::run)?.ok_or_else(|| {
            Failure::input(anyhow::anyhow!(
                "job {job} was not submitted by `ferrolab` as {}: see `ferrolab jobs --all`",
                self.person.name
            ))
        })
    }
}
