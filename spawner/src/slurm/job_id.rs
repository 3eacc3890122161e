use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The number of a job, with what may follow it: the cluster of a federation, the task of an
/// array or the part of a heterogeneous job.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId {
    /// The job's own number; for a task of an array, that of the array.
    pub number: u32,
    /// `Some(4)` for `123_4`.
    pub task: Option<u32>,
    /// `Some(1)` for `123+1`.
    pub part: Option<u32>,
    /// `Some("name")` for `123;name`.
    pub cluster: Option<String>,
}

/// A text that is not the number of a job.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a job number (such as 123, 123_4, 123+1 or 123;cluster)")]
pub struct NotAJobId(String);

impl JobId {
    /// A plain job number.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self {
            number,
            task: None,
            part: None,
            cluster: None,
        }
    }

    /// The id without the cluster, as the `--jobs` options take it.
    #[must_use]
    pub fn local(&self) -> String {
        match (self.task, self.part) {
            (Some(task), _) => format!("{}_{task}", self.number),
            (None, Some(part)) => format!("{}+{part}", self.number),
            (None, None) => self.number.to_string(),
        }
    }
}

/// A decimal number without sign or spaces.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn is_cluster_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
        && !text.starts_with('-')
}

impl FromStr for JobId {
    type Err = NotAJobId;

    fn from_str(text: &str) -> Result<Self, NotAJobId> {
        let wrong = || NotAJobId(text.chars().take(40).collect());
        let (id, cluster) = match text.split_once(';') {
            Some((id, cluster)) if is_cluster_name(cluster) => (id, Some(cluster.to_owned())),
            Some(_) => return Err(wrong()),
            None => (text, None),
        };
        let (job, task, part) = if let Some((job, task)) = id.split_once('_') {
            (job, Some(number(task).ok_or_else(wrong)?), None)
        } else if let Some((job, part)) = id.split_once('+') {
            (job, None, Some(number(part).ok_or_else(wrong)?))
        } else {
            (id, None, None)
        };
        let number = number(job).filter(|&job| job > 0).ok_or_else(wrong)?;
        Ok(Self {
            number,
            task,
            part,
            cluster,
        })
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.local())?;
        match &self.cluster {
            Some(cluster) => write!(formatter, ";{cluster}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = NotAJobId;

    fn try_from(text: String) -> Result<Self, NotAJobId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "1",
            "123",
            "4294967295",
            "123_4",
            "123_0",
            "123+1",
            "123;big",
            "7_2;a-b.c",
        ] {
            let id: JobId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
        }
        let id: JobId = "123;cluster".parse().unwrap();
        assert_eq!(
            (id.number, id.cluster.as_deref(), id.local().as_str()),
            (123, Some("cluster"), "123")
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "0",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1\n",
            "1.5",
            "1e3",
            "4294967296",
            "abc",
            "123_",
            "123_x",
            "123+",
            "_4",
            "123;",
            "123;-x",
            "123;a b",
            "123;a;b",
            "123_4_5",
            "123_[1-4]",
            "--all",
            "١٢",
        ] {
            assert!(text.parse::<JobId>().is_err(), "{text:?}");
        }
    }
}
