//! What the site offers: Slurm, MPI, GPUs, a hub.

use std::env;
use std::process::Command;
use std::time::Duration;

use super::Finding;
use crate::config::Config;
use crate::slurm::{Partition, Slurm, SlurmError};

const REACH_SLURM: &str =
    "is slurmctld up, munge running, and SLURM_CONF (or `conf` under [slurm]) right?";
/// The longest wait for the hub.
const HUB_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let slurm = Slurm::new(&config.slurm);
    let partitions = slurm.partitions();
    vec![
        slurm_itself(&slurm, &partitions),
        mpi(&slurm),
        gpu(partitions.as_deref().unwrap_or_default()),
        hub(config),
    ]
}

fn slurm_itself(slurm: &Slurm, partitions: &Result<Vec<Partition>, SlurmError>) -> Finding {
    let name = "Slurm";
    let version = match slurm.version() {
        Ok(version) => version,
        Err(error @ SlurmError::Missing { .. }) => {
            return Finding::warn(name, "not on this machine", format!("for jobs: {error}"));
        }
        Err(error) => return Finding::warn(name, error.to_string(), REACH_SLURM),
    };
    match partitions {
        Ok(partitions) if partitions.is_empty() => Finding::warn(
            name,
            format!("{version}, without a partition"),
            "ask the administrator for access",
        ),
        Ok(partitions) => {
            let names: Vec<_> = partitions
                .iter()
                .map(|partition| partition.name.as_str())
                .collect();
            Finding::ok(name, format!("{version}, partitions {}", names.join(", ")))
        }
        Err(error) => Finding::warn(
            name,
            format!("{version}, but the controller does not answer: {error}"),
            REACH_SLURM,
        ),
    }
}

fn mpi(slurm: &Slurm) -> Finding {
    let name = "MPI";
    let version = Command::new("mpirun")
        .arg("--version")
        .output()
        .ok()
        .filter(|output| output.status.success());
    let library = version.and_then(|output| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .map(|line| line.trim().to_owned())
    });
    let plugins = slurm.mpi_plugins();
    let names = plugins.as_deref().unwrap_or_default().join(", ");
    let pmix = names.contains("pmix");
    match (library, pmix) {
        (Some(library), true) => Finding::ok(name, format!("{library}; srun offers {names}")),
        (Some(library), false) if plugins.is_err() => {
            Finding::ok(name, format!("{library}, on this machine alone"))
        }
        (Some(library), false) => Finding::warn(
            name,
            format!("{library}; srun offers no pmix"),
            "ranks cannot be started by srun: install Slurm's PMIx plugin",
        ),
        (None, _) => Finding::warn(
            name,
            "no mpirun on the PATH",
            "for cells on several nodes: install Open MPI, or load its module",
        ),
    }
}

fn gpu(partitions: &[Partition]) -> Finding {
    let name = "GPU";
    let listed = Command::new("nvidia-smi")
        .arg("-L")
        .output()
        .ok()
        .filter(|output| output.status.success());
    let here = listed.map_or(0, |output| {
        String::from_utf8_lossy(&output.stdout).lines().count()
    });
    let there: Vec<_> = partitions
        .iter()
        .filter(|partition| !partition.gpus_per_node.is_empty())
        .map(|partition| partition.name.as_str())
        .collect();
    match (here, there.is_empty()) {
        (0, true) => Finding::ok(name, "none here, none in Slurm: everything runs on CPUs"),
        (0, false) => Finding::ok(
            name,
            format!("none here; partitions with GPUs: {}", there.join(", ")),
        ),
        (count, _) => Finding::ok(name, format!("{count} here")),
    }
}

fn hub(config: &Config) -> Finding {
    let name = "hub";
    let url = env::var("JUPYTERHUB_API_URL")
        .ok()
        .or_else(|| config.hub.api_url.clone());
    let Some(url) = url else {
        return Finding::ok(
            name,
            "none configured (`api_url` under [hub] in ferrolab.toml)",
        );
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(HUB_LIMIT))
        .build()
        .into();
    let address = format!("{}/", url.trim_end_matches('/'));
    match agent
        .get(&address)
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string())
    {
        Ok(body) => {
            let version = serde_json::from_str::<serde_json::Value>(&body)
                .ok()
                .and_then(|body| body["version"].as_str().map(str::to_owned));
            match version {
                Some(version) => Finding::ok(name, format!("JupyterHub {version} at {url}")),
                None => Finding::warn(
                    name,
                    format!("{address} is not the API of a JupyterHub"),
                    "check `api_url`",
                ),
            }
        }
        Err(error) => Finding::warn(
            name,
            format!("{address}: {error}"),
            "servers on this machine could not reach the hub: check hub_ip, hub_connect_url and the firewall",
        ),
    }
}
