//! What the environment says of recordings.

use std::env;
use std::path::PathBuf;

use hpc_profile::{Counter, Filter, Mode, Options, Policy};

/// How this process records.
pub(super) struct Settings {
    pub(super) options: Options,
    pub(super) mode: Mode,
    pub(super) filter: Filter,
    /// Whether the file stays when the process has ended.
    pub(super) is_kept: bool,
}

/// A variable of ours, or the same one of Score-P's, with its name.
fn variable(name: &str) -> Option<(String, String)> {
    [format!("FERROLAB_PROF_{name}"), format!("SCOREP_{name}")]
        .into_iter()
        .find_map(|full| env::var(&full).ok().map(|value| (full, value)))
        .filter(|(_, value)| !value.trim().is_empty())
}

/// What a variable says; where that cannot be understood, the user is told, and it is as if it were
/// not set.
fn read<T>(name: &str, understand: impl Fn(&str) -> Result<T, String>) -> Option<T> {
    let (full, text) = variable(name)?;
    match understand(text.trim()) {
        Ok(value) => Some(value),
        Err(problem) => {
            eprintln!("hpc: {full}={text} has no effect: {problem}");
            None
        }
    }
}

impl Settings {
    /// What the environment says. Recordings that are not kept lie in `folder`.
    pub(super) fn read(folder: Option<PathBuf>) -> Self {
        let kept = read("EXPERIMENT_DIRECTORY", |text| {
            let folder = PathBuf::from(text);
            std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
            Ok(folder)
        });
        let is_kept = kept.is_some();
        let mut options = Options::default();
        if let Some(folder) = kept.or(folder) {
            options.folder = folder;
        }
        if let Some(bytes) = read("TOTAL_MEMORY", size) {
            options.record_memory = bytes;
        }
        if let Some(policy) = read("POLICY", policy) {
            options.policy = policy;
        }
        let counters = read("METRIC_PERF", Counter::list).unwrap_or_default();
        let are_read = !counters.is_empty();
        if are_read {
            options.counters = counters;
        }
        let profiles = read("ENABLE_PROFILING", truth).unwrap_or(true);
        let traces = read("ENABLE_TRACING", truth).unwrap_or(false);
        let filter = read("FILTERING_FILE", |text| {
            let rules = std::fs::read_to_string(text).map_err(|error| error.to_string())?;
            rules.parse::<Filter>().map_err(|error| error.to_string())
        });
        let mode = match (profiles, traces) {
            (true, true) => Mode::BOTH,
            (true, false) => Mode::PROFILE,
            (false, true) => Mode::TRACE,
            (false, false) => Mode::OFF,
        };
        Self {
            options,
            mode: if profiles && are_read {
                mode.with_counters()
            } else {
                mode
            },
            filter: filter.unwrap_or_default(),
            is_kept,
        }
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("it must be true or false".into()),
    }
}

fn policy(text: &str) -> Result<Policy, String> {
    match text.to_ascii_lowercase().as_str() {
        "ring" => Ok(Policy::Ring),
        "spill" => Ok(Policy::Spill),
        "stop" => Ok(Policy::Stop),
        _ => Err("it must be ring, spill or stop".into()),
    }
}

/// A number of bytes with a unit of 1024, as Score-P writes it.
fn size(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let (digits, shift) = match lower.chars().last() {
        Some('k') => (&lower[..lower.len() - 1], 10),
        Some('m') => (&lower[..lower.len() - 1], 20),
        Some('g') => (&lower[..lower.len() - 1], 30),
        _ => (lower, 0),
    };
    let number = digits.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| "it must be a number of bytes such as 16000k, 64M or 2G".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("16000k"), Ok(16_384_000));
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("2GB"), Ok(2 << 30));
        assert_eq!(size("100"), Ok(100));
        for bad in ["", "M", "-1", "1.5G", "99999999999G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn truths_and_policies_are_words() {
        assert_eq!(truth("Yes"), Ok(true));
        assert_eq!(truth("0"), Ok(false));
        assert!(truth("maybe").is_err());
        assert_eq!(policy("SPILL"), Ok(Policy::Spill));
        assert!(policy("all").is_err());
    }
}
