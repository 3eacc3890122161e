use std::collections::BTreeMap;
use std::env;

/// Ours alone, not to be seen by what we start.
const OWN: [&str; 2] = ["FERROLAB_EXE", "FERROLAB_SPEC"];
/// Belongs to the login session or to a surrounding job, not to the job to come.
const LOCAL_PREFIXES: [&str; 14] = [
    "SLURM",
    "SBATCH_",
    "SRUN_",
    "SQUEUE_",
    "SINFO_",
    "PMI",
    "OMPI_",
    "PRTE_",
    "JUPYTERHUB_",
    "JPY_",
    "SSH_",
    "DBUS_",
    "XDG_",
    "FERROLAB_CHANNEL",
];
/// Set anew by each login or node.
const LOCAL_NAMES: [&str; 9] = [
    "TMPDIR",
    "DISPLAY",
    "XAUTHORITY",
    "HOSTNAME",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "KRB5CCNAME",
];
/// Part of the names of variables that hold secrets.
const SECRET_PARTS: [&str; 8] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
];

/// Whether a variable of the submitting shell belongs into the file that a batch job reads.
#[must_use]
pub fn keep_for_job(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    !LOCAL_PREFIXES
        .iter()
        .any(|prefix| upper.starts_with(prefix))
        && !LOCAL_NAMES.contains(&name)
        && !SECRET_PARTS.iter().any(|part| upper.contains(part))
}

/// What a started program sees: what Slurm and the site have set for this job, and over it
/// what the spec says.
pub(super) fn merged(over: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    // What is no text cannot be meant for a program of ours.
    let mut all: BTreeMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !OWN.contains(&name.as_str()))
        .collect();
    all.extend(
        over.iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_session_variables_stay_behind() {
        for name in [
            "PATH",
            "HOME",
            "LD_LIBRARY_PATH",
            "OMP_NUM_THREADS",
            "LANG",
            "LOADEDMODULES",
            "MY_DATA",
        ] {
            assert!(keep_for_job(name), "{name}");
        }
        for name in [
            "JUPYTERHUB_API_TOKEN",
            "GITHUB_TOKEN",
            "aws_secret_access_key",
            "DB_PASSWORD",
            "SLURM_JOB_ID",
            "SBATCH_PARTITION",
            "PMIX_RANK",
            "SSH_AUTH_SOCK",
            "TMPDIR",
            "DISPLAY",
            "XDG_RUNTIME_DIR",
        ] {
            assert!(!keep_for_job(name), "{name}");
        }
    }
}
