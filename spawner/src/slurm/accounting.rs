use serde::Serialize;

use super::JobState;
use super::time_limit::seconds;

/// The columns asked of `sacct`, of which only the last is free of `|` by construction of Slurm.
pub(super) const FIELDS: &str = "JobIDRaw,State,ExitCode,ElapsedRaw,NodeList";

/// What the accounting database remembers of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastJob {
    /// Its number.
    pub number: u32,
    /// Its last state.
    pub state: JobState,
    /// Exit status of the batch script.
    pub exit: i32,
    /// Wall time, in seconds.
    pub elapsed: u64,
    /// Where it ran, as a node list.
    pub nodes: String,
}

pub(super) fn parse_past_jobs(text: &str) -> Vec<PastJob> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<PastJob> {
    let columns: Vec<&str> = line.split('|').collect();
    let &[number, state, exit, elapsed, nodes] = columns.as_slice() else {
        return None;
    };
    Some(PastJob {
        number: number.parse().ok()?,
        // "CANCELLED by 1000"
        state: JobState::parse(state.split(' ').next()?)?,
        exit: exit.split(':').next()?.parse().ok()?,
        elapsed: elapsed.parse().ok().or_else(|| seconds(elapsed))?,
        nodes: nodes.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_jobs_are_read() {
        let jobs =
            parse_past_jobs("12|CANCELLED by 1000|0:15|42|n1\nx|y\n13|FAILED|1:0|7|n[1-2]\n");
        assert_eq!(jobs.len(), 2);
        assert_eq!(jobs[0].state.word(), "CANCELLED");
        assert_eq!((jobs[1].exit, jobs[1].elapsed), (1, 7));
    }
}
