use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest time Slurm can hold: 32 bits of minutes, the top value meaning "unlimited".
const LONGEST_SECONDS: u64 = (u32::MAX as u64 - 2) * 60;

/// How long a job may run, to the second; or without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TimeLimit {
    /// Seconds of wall time.
    Seconds(u64),
    /// `UNLIMITED`.
    Unlimited,
}

/// A text that is not a time limit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a time: give minutes (30), hours:minutes:seconds (1:30:00) or \
     days-hours:minutes:seconds (2-00:00:00)"
)]
pub struct NotATime(String);

impl TimeLimit {
    /// The limit as a duration, `None` when there is none.
    #[must_use]
    pub fn duration(self) -> Option<Duration> {
        match self {
            Self::Seconds(seconds) => Some(Duration::from_secs(seconds)),
            Self::Unlimited => None,
        }
    }

    /// A time as Slurm prints it: every form of [`TimeLimit::from_str`], and `None` for the words
    /// that mean "not known" (`NOT_SET`, `INVALID`, `N/A`, `Partition_Limit`).
    #[must_use]
    pub fn printed(text: &str) -> Option<Self> {
        match text {
            "infinite" | "UNLIMITED" => Some(Self::Unlimited),
            _ => text.parse().ok(),
        }
    }
}

/// One to ten decimal digits and nothing else.
fn field(text: &str) -> Option<u64> {
    let plain = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The seconds of a time in any of the forms of `sbatch --time`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let fields = |text: &str| text.split(':').map(field).collect::<Option<Vec<u64>>>();
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(field(days)?), fields(clock)?),
        None => (None, fields(text)?),
    };
    let (hours, minutes, seconds) = match (days, clock.as_slice()) {
        (Some(_), [hours]) => (*hours, 0, 0),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (None, [minutes]) => (0, *minutes, 0),
        (None, [minutes, seconds]) => (0, *minutes, *seconds),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return None,
    };
    Some(days.unwrap_or(0) * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

impl FromStr for TimeLimit {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if text.eq_ignore_ascii_case("unlimited") || text.eq_ignore_ascii_case("infinite") {
            return Ok(Self::Unlimited);
        }
        seconds(text)
            .filter(|seconds| (1..=LONGEST_SECONDS).contains(seconds))
            .map(Self::Seconds)
            .ok_or_else(|| NotATime(text.chars().take(40).collect()))
    }
}

impl fmt::Display for TimeLimit {
    /// `days-hours:minutes:seconds`, which every version of Slurm reads the same way.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => formatter.write_str("UNLIMITED"),
            Self::Seconds(all) => write!(
                formatter,
                "{}-{:02}:{:02}:{:02}",
                all / 86_400,
                all / 3_600 % 24,
                all / 60 % 60,
                all % 60
            ),
        }
    }
}

impl TryFrom<String> for TimeLimit {
    type Error = NotATime;

    fn try_from(text: String) -> Result<Self, NotATime> {
        text.parse()
    }
}

impl From<TimeLimit> for String {
    fn from(limit: TimeLimit) -> Self {
        limit.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_sbatch_is_read() {
        for (text, expected) in [
            ("30", 1_800),
            ("30:00", 1_800),
            ("0:30", 30),
            ("1:00:00", 3_600),
            ("00:30:00", 1_800),
            ("1-0", 86_400),
            ("1-12", 129_600),
            ("1-00:30", 88_200),
            ("1-00:00:00", 86_400),
            ("2-01:02:03", 176_523),
            ("90:00:00", 324_000),
        ] {
            assert_eq!(text.parse(), Ok(TimeLimit::Seconds(expected)), "{text}");
        }
        assert_eq!("UNLIMITED".parse(), Ok(TimeLimit::Unlimited));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "0",
            "00:00:00",
            "-5",
            "-1:00",
            "1.5",
            "1e9",
            "NaN",
            "inf",
            "1h",
            "1:2:3:4",
            "1-",
            "-",
            ":",
            "1--0",
            " 30",
            "30\n",
            "99999999999",
            "4294967294",
            "30 --uid=root",
            "NOT_SET",
            "٣٠",
        ] {
            assert!(text.parse::<TimeLimit>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_slurm_prints_is_read() {
        assert_eq!(TimeLimit::printed("infinite"), Some(TimeLimit::Unlimited));
        assert_eq!(
            TimeLimit::printed("1-00:00:00"),
            Some(TimeLimit::Seconds(86_400))
        );
        for unknown in ["NOT_SET", "INVALID", "N/A", "Partition_Limit", ""] {
            assert_eq!(TimeLimit::printed(unknown), None);
        }
    }

    #[test]
    fn the_written_form_is_read_back() {
        for seconds in [1, 59, 60, 3_600, 86_399, 86_400, 1_000_000] {
            let limit = TimeLimit::Seconds(seconds);
            assert_eq!(limit.to_string().parse(), Ok(limit));
        }
    }
}
