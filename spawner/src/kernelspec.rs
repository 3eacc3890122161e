//! Which Jupyter kernels are installed on this machine.

mod install;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use install::{InstallError, Installation, OUR_KERNEL, remove};

/// File of a kernelspec folder that describes the kernel.
const DESCRIPTION: &str = "kernel.json";

/// How to interrupt a kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterruptMode {
    /// By SIGINT.
    #[default]
    Signal,
    /// By an `interrupt_request` on the control channel.
    Message,
}

/// What a `kernel.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Description {
    /// Program and arguments, with place-holders in braces.
    pub argv: Vec<String>,
    /// Name to show.
    #[serde(default)]
    pub display_name: String,
    /// Programming language.
    #[serde(default)]
    pub language: String,
    /// How to interrupt the kernel.
    #[serde(default)]
    pub interrupt_mode: InterruptMode,
    /// Environment variables to add, in which `${NAME}` stands for one of ours.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What the kernel can do.
    #[serde(default)]
    pub metadata: Abilities,
}

/// What a kernel says it can do.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Abilities {
    /// How it can encrypt its sockets.
    #[serde(default)]
    pub supported_encryption: Vec<String>,
}

/// An installed kernel.
#[derive(Clone, Debug)]
pub struct KernelSpec {
    /// Name in lower case: that of its folder.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// What its `kernel.json` says.
    pub description: Description,
}

impl KernelSpec {
    /// Program and arguments with the place-holders filled in.
    pub fn command(&self, connection_file: &Path) -> Vec<String> {
        let connection_file = connection_file.to_string_lossy();
        let folder = self.folder.to_string_lossy();
        self.description
            .argv
            .iter()
            .map(|argument| {
                argument
                    .replace("{connection_file}", &connection_file)
                    .replace("{resource_dir}", &folder)
            })
            .collect()
    }

    /// The environment variables to add, with `${NAME}` replaced by what `lookup` knows.
    pub fn environment(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> impl Iterator<Item = (&str, String)> {
        self.description
            .env
            .iter()
            .map(move |(name, value)| (name.as_str(), expand(value, &lookup)))
    }
}

/// Why a kernel cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum KernelSpecError {
    /// No folder has a kernel of that name.
    #[error("there is no kernel named `{name}`; {}", list(known))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names that would have been found.
        known: Vec<String>,
    },
    /// The kernel is there and its description cannot be used.
    #[error("cannot use the kernel in {}: {what}", folder.display())]
    Broken {
        /// The kernelspec folder.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() {
        "no kernel is installed; `ferrolab install` adds the Rust kernel".into()
    } else {
        format!("installed are: {}", known.join(", "))
    }
}

/// The folders in which kernelspecs are looked for, best first, as Jupyter does it.
#[derive(Clone, Debug)]
pub struct SearchPath(Vec<PathBuf>);

impl SearchPath {
    /// The search path of this process.
    pub fn from_environment() -> Self {
        let mut roots = Vec::new();
        if let Some(path) = std::env::var_os("JUPYTER_PATH") {
            roots.extend(std::env::split_paths(&path).filter(|root| !root.as_os_str().is_empty()));
        }
        roots.extend(user_data_folder());
        roots.extend(own_prefix().map(|prefix| prefix.join("share/jupyter")));
        roots.extend(["/usr/local/share/jupyter", "/usr/share/jupyter"].map(PathBuf::from));
        Self::new(roots)
    }

    /// A search path of these data folders, each of which may have a folder `kernels`.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(roots.into_iter().map(|root| root.join("kernels")).collect())
    }

    /// The kernel of that name; case does not count.
    ///
    /// # Errors
    /// Lists the known names when there is none, and says what is wrong with a broken one.
    pub fn find(&self, name: &str) -> Result<KernelSpec, KernelSpecError> {
        let name = name.to_lowercase();
        let mut folders = self.folders();
        match folders.remove(&name) {
            Some(folder) => read(name, folder),
            None => Err(KernelSpecError::Unknown {
                name,
                known: folders.into_keys().collect(),
            }),
        }
    }

    /// Names and folders of all kernels that would be found.
    fn folders(&self) -> BTreeMap<String, PathBuf> {
        let mut folders = BTreeMap::new();
        for kernels in &self.0 {
            for entry in fs::read_dir(kernels).into_iter().flatten().flatten() {
                let folder = entry.path();
                if folder.join(DESCRIPTION).is_file() {
                    let name = entry.file_name().to_string_lossy().to_lowercase();
                    folders.entry(name).or_insert(folder);
                }
            }
        }
        folders
    }
}

fn read(name: String, folder: PathBuf) -> Result<KernelSpec, KernelSpecError> {
    let broken = |what: String| KernelSpecError::Broken {
        folder: folder.clone(),
        what,
    };
    let text = fs::read(folder.join(DESCRIPTION))
        .map_err(|error| broken(format!("{DESCRIPTION} cannot be read: {error}")))?;
    let description: Description = serde_json::from_slice(&text).map_err(|error| {
        broken(format!(
            "{DESCRIPTION} is not a kernel description: {error}"
        ))
    })?;
    if description.argv.is_empty() {
        return Err(broken(format!("`argv` is empty in {DESCRIPTION}")));
    }
    Ok(KernelSpec {
        name,
        folder,
        description,
    })
}

/// Folder of the user's own Jupyter data: `$JUPYTER_DATA_DIR`, or below the home folder.
pub fn user_data_folder() -> Option<PathBuf> {
    let named = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named("JUPYTER_DATA_DIR")
        .or_else(|| named("XDG_DATA_HOME").map(|data| data.join("jupyter")))
        .or_else(|| std::env::home_dir().map(|home| home.join(".local/share/jupyter")))
}

/// The folder into which this program was installed: the parent of its `bin`.
pub fn own_prefix() -> Option<PathBuf> {
    let bin = std::env::current_exe().ok()?.parent()?.to_path_buf();
    (bin.file_name()? == "bin").then(|| bin.parent().map(Path::to_path_buf))?
}

/// Replaces `${NAME}` by what `lookup` knows, and leaves other text and unknown names alone.
fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, remainder)| Some((lookup(name)?, remainder)));
        rest = if let Some((value, remainder)) = known {
            expanded.push_str(&value);
            remainder
        } else {
            expanded.push_str("${");
            after
        };
    }
    expanded + rest
}

/// Whether there is a file at `path` that this user may execute.
fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Reads what is at `path`; `None` if there is nothing.
fn read_if_there(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(root: &Path, name: &str, json: &str) {
        let folder = root.join("kernels").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(DESCRIPTION), json).unwrap();
    }

    #[test]
    fn the_first_folder_wins_and_case_does_not_count() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        add(
            first.path(),
            "Python3",
            r#"{"argv": ["a", "{connection_file}", "{resource_dir}"]}"#,
        );
        add(second.path(), "python3", r#"{"argv": ["b"]}"#);
        add(
            second.path(),
            "rust-hpc",
            r#"{"argv": ["k"], "interrupt_mode": "message"}"#,
        );
        add(second.path(), "broken", r#"{"argv": []}"#);
        let path = SearchPath::new([first.path().into(), second.path().into()]);
        let python = path.find("PYTHON3").unwrap();
        let command = python.command(Path::new("/run/c.json"));
        assert_eq!(command[..2], ["a", "/run/c.json"]);
        assert_eq!(command[2], python.folder.to_string_lossy());
        assert_eq!(python.description.interrupt_mode, InterruptMode::Signal);
        let rust = path.find("rust-hpc").unwrap();
        assert_eq!(rust.description.interrupt_mode, InterruptMode::Message);
        let unknown = path.find("julia").unwrap_err().to_string();
        assert!(
            unknown.contains("installed are: broken, python3, rust-hpc"),
            "{unknown}"
        );
        let broken = path.find("broken").unwrap_err().to_string();
        assert!(broken.contains("`argv` is empty"), "{broken}");
    }

    #[test]
    fn environment_values_refer_to_ours() {
        let lookup = |name: &str| (name == "HOME").then(|| "/home/ada".to_owned());
        assert_eq!(
            expand("${HOME}/x:${NONE}:$HOME:${", lookup),
            "/home/ada/x:${NONE}:$HOME:${"
        );
    }
}
