//! `ferrolab.toml`: what a site, or a person, sets.
//!
//! The site's file is `/etc/ferrolab/ferrolab.toml`, or the one that `FERROLAB_CONFIG` names. A
//! person's file is `~/.config/ferrolab/ferrolab.toml`; it may change the sections `[slurm]` and
//! `[state]` and nothing else, so that no one can loosen the policy of the site.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::slurm::{InvalidRequest, Label, Memory, Request, TimeLimit};

/// Where the site's file is unless `FERROLAB_CONFIG` says otherwise.
const SITE_FILE: &str = "/etc/ferrolab/ferrolab.toml";

/// Everything that can be set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How to reach Slurm.
    pub slurm: SlurmConfig,
    /// Where jobs are remembered.
    pub state: StateConfig,
    /// The site's hub.
    pub hub: HubConfig,
    /// What users of the hub may ask for.
    pub policy: Policy,
    /// The crates that `make crates` builds for all notebooks, as in the section `[dependencies]` of a
    /// `Cargo.toml`.
    pub crates: BTreeMap<String, CrateSpec>,
}

/// What is said of a crate in the section `[crates]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum CrateSpec {
    /// Its version alone.
    Version(String),
    /// Its version, its features, and whatever else Cargo understands.
    Details(toml::Table),
}

/// Section `[slurm]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlurmConfig {
    /// The folder of `sbatch` and the others; the usual ones are searched when it is not set.
    pub bin_dir: Option<PathBuf>,
    /// The value of `SLURM_CONF` for them.
    pub conf: Option<PathBuf>,
    /// The longest wait for an answer, in seconds.
    pub timeout_seconds: u64,
}

impl Default for SlurmConfig {
    fn default() -> Self {
        Self {
            bin_dir: None,
            conf: None,
            timeout_seconds: 20,
        }
    }
}

/// Section `[state]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StateConfig {
    /// A folder that all nodes see; `{user}` and `{home}` are replaced. Without it the folder is
    /// `~/.local/state/ferrolab`.
    pub dir: Option<String>,
}

/// Section `[hub]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HubConfig {
    /// The address of the hub's API, for `ferrolab doctor`.
    pub api_url: Option<String>,
    /// The first user id of a person. A hub that runs as root starts nothing for the accounts
    /// below, which belong to the system.
    pub min_uid: u32,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            api_url: None,
            // Where `useradd` starts to count (`UID_MIN` of `login.defs`).
            min_uid: 1000,
        }
    }
}

/// Section `[policy]`: limits for users of the hub. An empty list allows everything. Where a
/// field is limited, one that is left out is filled in, so that no default of Slurm gets past.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The partitions that may be named; the first is for those who name none.
    pub partitions: Vec<Label>,
    /// The accounts that may be named; the first is for those who name none.
    pub accounts: Vec<Label>,
    /// The qualities of service that may be named; the first is for those who name none.
    pub qos: Vec<Label>,
    /// The reservations that may be named.
    pub reservations: Vec<Label>,
    /// The largest number of nodes; those who name none get one.
    pub max_nodes: Option<u32>,
    /// The largest number of tasks.
    pub max_ntasks: Option<u32>,
    /// The largest number of CPUs for each task.
    pub max_cpus_per_task: Option<u32>,
    /// The largest number of GPUs.
    pub max_gpus: Option<u32>,
    /// The most memory per node, which is also what those get who name none.
    pub max_mem: Option<Memory>,
    /// The longest time, which is also what those get who name none.
    pub max_time: Option<TimeLimit>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{}: {message}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Where and what is wrong.
        message: String,
    },
}

/// What a person's file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PersonalConfig {
    slurm: Option<SlurmConfig>,
    state: Option<StateConfig>,
}

impl Config {
    /// The site's settings alone: what the hub's helper goes by.
    ///
    /// # Errors
    /// When the file exists and cannot be read or understood.
    pub fn of_site() -> Result<Self, ConfigError> {
        let named = env::var_os("FERROLAB_CONFIG")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        let must_exist = named.is_some();
        let path = named.unwrap_or_else(|| PathBuf::from(SITE_FILE));
        let mut config: Self = match read(&path, must_exist)? {
            Some(text) => parse(&path, &text)?,
            None => Self::default(),
        };
        if config.slurm.conf.is_none() {
            config.slurm.conf = env::var_os("SLURM_CONF").map(PathBuf::from);
        }
        Ok(config)
    }

    /// The settings for the person at the command line.
    ///
    /// # Errors
    /// When a file exists and cannot be read or understood.
    pub fn of_person() -> Result<Self, ConfigError> {
        let mut config = Self::of_site()?;
        let folder = env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
        let Some(path) = folder.map(|folder| folder.join("ferrolab/ferrolab.toml")) else {
            return Ok(config);
        };
        if let Some(text) = read(&path, false)? {
            let personal: PersonalConfig = parse(&path, &text)?;
            if let Some(mut slurm) = personal.slurm {
                slurm.conf = slurm.conf.or(config.slurm.conf);
                config.slurm = slurm;
            }
            config.state = personal.state.unwrap_or(config.state);
        }
        Ok(config)
    }
}

fn read(path: &Path, must_exist: bool) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(source) => Err(ConfigError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Content {
        path: path.to_owned(),
        message: error.to_string().trim_end().to_owned(),
    })
}

impl Policy {
    /// The request with what it leaves open filled in, when it keeps to the limits.
    ///
    /// # Errors
    /// The first field that does not.
    pub fn apply(&self, mut request: Request) -> Result<Request, InvalidRequest> {
        let lists = [
            (&mut request.partition, &self.partitions),
            (&mut request.account, &self.accounts),
            (&mut request.qos, &self.qos),
        ];
        for (asked, allowed) in lists {
            *asked = asked.take().or_else(|| allowed.first().cloned());
        }
        request.nodes = request.nodes.or(self.max_nodes.map(|_| 1));
        request.mem = request.mem.or(self.max_mem);
        request.time = request.time.or(self.max_time);
        self.check(&request)?;
        Ok(request)
    }

    fn check(&self, request: &Request) -> Result<(), InvalidRequest> {
        let lists = [
            ("partition", &request.partition, &self.partitions),
            ("account", &request.account, &self.accounts),
            ("qos", &request.qos, &self.qos),
            ("reservation", &request.reservation, &self.reservations),
        ];
        for (field, asked, allowed) in lists {
            if let Some(label) = asked
                .as_ref()
                .filter(|label| !allowed.is_empty() && !allowed.contains(label))
            {
                let names: Vec<_> = allowed.iter().map(Label::as_str).collect();
                let problem = format!(
                    "{label} may not be used here; choose from {}",
                    names.join(", ")
                );
                return Err(InvalidRequest { field, problem });
            }
        }
        let counts = [
            ("nodes", request.nodes, self.max_nodes),
            // Slurm starts one task on each node when their number is open.
            ("ntasks", request.ntasks.or(request.nodes), self.max_ntasks),
            (
                "cpus_per_task",
                request.cpus_per_task,
                self.max_cpus_per_task,
            ),
            (
                "gpus",
                request.gpus.as_ref().map(|gpus| gpus.count),
                self.max_gpus,
            ),
        ];
        for (field, asked, most) in counts {
            if let (Some(asked), Some(most)) = (asked, most)
                && asked > most
            {
                return Err(InvalidRequest {
                    field,
                    problem: format!("{asked} is more than the {most} allowed here"),
                });
            }
        }
        if let (Some(asked), Some(most)) = (request.mem, self.max_mem) {
            // 0 is all that the node has.
            let problem = match asked.megabytes {
                0 => format!("give an amount of at most {most}"),
                megabytes if megabytes > most.megabytes => {
                    format!("{asked} is more than the {most} allowed here")
                }
                _ => String::new(),
            };
            if !problem.is_empty() {
                return Err(InvalidRequest {
                    field: "mem",
                    problem,
                });
            }
        }
        if let (Some(asked), Some(most)) = (request.time, self.max_time)
            && asked > most
        {
            let problem = format!("{asked} is longer than the {most} allowed here");
            return Err(InvalidRequest {
                field: "time",
                problem,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::RawRequest;

    fn request(json: &str) -> Request {
        serde_json::from_str::<RawRequest>(json)
            .unwrap()
            .check()
            .unwrap()
    }

    #[test]
    fn a_site_file_is_read_strictly() {
        let path = Path::new("ferrolab.toml");
        let text = "[slurm]\ntimeout_seconds = 5\n[policy]\npartitions = [\"debug\"]\nmax_time = \"8:00:00\"\n\
                    [crates]\nregex = \"1\"\nserde = { version = \"1\", features = [\"derive\"] }\n";
        let config: Config = parse(path, text).unwrap();
        assert_eq!(config.slurm.timeout_seconds, 5);
        assert_eq!(config.policy.max_time, Some(TimeLimit::Seconds(28_800)));
        assert_eq!(config.crates["regex"], CrateSpec::Version("1".to_owned()));
        assert!(matches!(config.crates["serde"], CrateSpec::Details(_)));
        assert!(parse::<Config>(path, "[crates]\nregex = 1\n").is_err());
        let error = parse::<Config>(path, "[slurm]\nbindir = \"/x\"\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("bindir") && error.contains("line 2"),
            "{error}"
        );
    }

    #[test]
    fn a_person_cannot_set_a_policy() {
        assert!(parse::<PersonalConfig>(Path::new("x"), "[policy]\nmax_nodes = 9\n").is_err());
        assert!(parse::<PersonalConfig>(Path::new("x"), "[state]\ndir = \"/s/{user}\"\n").is_ok());
    }

    #[test]
    fn the_policy_holds() {
        let policy: Policy = toml::from_str(
            "partitions = [\"debug\"]\nqos = [\"normal\"]\nmax_nodes = 2\nmax_ntasks = 1\nmax_gpus = 1\n\
             max_cpus_per_task = 4\nmax_mem = \"2G\"\nmax_time = \"60\"\n",
        )
        .unwrap();
        let good = r#"{"partition": "debug", "nodes": 2, "ntasks": 1, "time": "60"}"#;
        assert!(policy.apply(request(good)).is_ok());
        for (bad, field) in [
            (r#"{"partition": "big"}"#, "partition"),
            (r#"{"qos": "high"}"#, "qos"),
            (r#"{"nodes": 3}"#, "nodes"),
            (r#"{"nodes": 2}"#, "ntasks"),
            (r#"{"cpus_per_task": 5}"#, "cpus_per_task"),
            (r#"{"mem": "2049M"}"#, "mem"),
            (r#"{"mem": 0}"#, "mem"),
            (r#"{"gpus": "a:2"}"#, "gpus"),
            (r#"{"time": "61"}"#, "time"),
            (r#"{"time": "unlimited"}"#, "time"),
        ] {
            assert_eq!(
                policy.apply(request(bad)).unwrap_err().field,
                field,
                "{bad}"
            );
        }
    }

    #[test]
    fn what_is_left_out_does_not_get_past_the_policy() {
        let policy: Policy = toml::from_str(
            "partitions = [\"cpu\", \"gpu\"]\naccounts = [\"a\"]\nqos = [\"q\"]\nreservations = [\"r\"]\n\
             max_nodes = 4\nmax_mem = \"2G\"\nmax_time = \"60\"\n",
        )
        .unwrap();
        assert_eq!(
            policy.apply(Request::default()).unwrap(),
            request(
                r#"{"partition": "cpu", "account": "a", "qos": "q", "nodes": 1, "mem": "2G", "time": 60}"#
            )
        );
        assert_eq!(
            Policy::default().apply(Request::default()),
            Ok(Request::default())
        );
    }
}
