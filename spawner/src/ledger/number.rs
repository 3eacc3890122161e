use super::{Entry, Ledger, PrivateError};
use crate::slurm::{Slurm, SlurmError};

/// A job without a number that Slurm does not know by name after this time was never taken:
/// `sbatch` gives up much earlier. In seconds.
const NUMBER_DEADLINE: u64 = 600;

/// Looks for the jobs whose `sbatch` gave no number, by their names, and writes down what it
/// finds. Those that were never taken are forgotten and leave the list; those that Slurm may
/// still take stay in it.
///
/// # Errors
/// When the ledger cannot be written. What Slurm did not answer is in the value.
pub fn recover_numbers(
    slurm: &Slurm,
    ledger: &Ledger,
    entries: &mut Vec<Entry>,
) -> Result<Result<(), SlurmError>, PrivateError> {
    let mut silence = Ok(());
    let mut kept = Vec::new();
    for mut entry in entries.drain(..) {
        if entry.job.is_none() && entry.settled.is_none() {
            match slurm.find(&entry.name) {
                Ok(Some(found)) => {
                    entry.job = Some(found.job);
                    ledger.write(&entry)?;
                }
                Ok(None) if entry.age().as_secs() > NUMBER_DEADLINE => {
                    ledger.forget(&entry.key)?;
                    continue;
                }
                Ok(None) => {}
                Err(error) => silence = Err(error),
            }
        }
        kept.push(entry);
    }
    *entries = kept;
    Ok(silence)
}
