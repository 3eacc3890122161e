//! Where an installation keeps what cells are compiled with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Environment variable that names the `lib/ferrolab` folder to use instead of the one that lies
/// beside the program.
pub const LIB_ENV: &str = "FERROLAB_LIB";

/// The folder `lib/ferrolab` of an installation.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Finds the folder beside this program (`<prefix>/bin` to `<prefix>/lib/ferrolab`), or where
    /// [`LIB_ENV`] says.
    ///
    /// # Errors
    /// Fails when the folder or something that every cell needs is missing.
    pub fn discover() -> anyhow::Result<Self> {
        let root = if let Some(root) = env::var_os(LIB_ENV) {
            PathBuf::from(root)
        } else {
            let program = env::current_exe().context("cannot find this program's own path")?;
            let prefix = program
                .parent()
                .and_then(Path::parent)
                .with_context(|| format!("{} is not in a bin folder", program.display()))?;
            prefix.join("lib/ferrolab")
        };
        let layout = Self { root };
        for needed in [
            layout.rustc(),
            layout.cargo(),
            layout.libhpc(),
            layout.hpc_sources(),
        ] {
            if !needed.exists() {
                return Err(anyhow::anyhow!(
                    "{} is missing: run `make install`, or set {LIB_ENV} to the lib/ferrolab \
                     folder of an installation",
                    needed.display()
                ));
            }
        }
        Ok(layout)
    }

    /// The compiler.
    #[must_use]
    pub fn rustc(&self) -> PathBuf {
        self.root.join("toolchain/bin/rustc")
    }

    /// The version of [`Layout::rustc`], such as `1.95.0`.
    ///
    /// # Errors
    /// Fails when the compiler does not run.
    pub fn rust_version(&self) -> anyhow::Result<String> {
        let output = Command::new(self.rustc())
            .arg("-V")
            .output()
            .with_context(|| format!("cannot run {}", self.rustc().display()))?;
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = line
            .split_whitespace()
            .nth(1)
            .filter(|_| output.status.success());
        version
            .map(str::to_owned)
            .with_context(|| format!("{} did not tell its version", self.rustc().display()))
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the compiler compiles for: the machine that it runs on.
    ///
    /// # Errors
    /// Fails when the toolchain has no standard library.
    pub fn target(&self) -> anyhow::Result<String> {
        let targets = self.root.join("toolchain/lib/rustlib");
        let target = targets
            .read_dir()
            .with_context(|| format!("cannot read {}", targets.display()))?
            .flatten()
            .filter(|target| target.path().join("lib").is_dir())
            .find_map(|target| target.file_name().into_string().ok());
        target.with_context(|| format!("{} has no standard library", targets.display()))
    }

    /// Where the standard library's shared object lies.
    #[must_use]
    pub fn toolchain_libraries(&self, target: &str) -> PathBuf {
        self.root
            .join("toolchain/lib/rustlib")
            .join(target)
            .join("lib")
    }

    /// Cargo, for the crates that a notebook depends on.
    #[must_use]
    pub fn cargo(&self) -> PathBuf {
        self.root.join("toolchain/bin/cargo")
    }

    /// Sources of the standard library, from which rust-analyzer infers types.
    #[must_use]
    pub fn rust_sources(&self) -> PathBuf {
        self.root.join("toolchain/lib/rustlib/src/rust/library")
    }

    /// How debuggers show the standard library's types.
    #[must_use]
    pub fn formatters(&self) -> PathBuf {
        self.root.join("toolchain/lib/rustlib/etc")
    }

    /// The shared object that cells link against.
    #[must_use]
    pub fn libhpc(&self) -> PathBuf {
        self.root.join("libhpc.so")
    }

    /// Metadata of the crates inside [`Layout::libhpc`].
    #[must_use]
    pub fn hpc_dependencies(&self) -> PathBuf {
        self.root.join("deps")
    }

    /// Crates that the site has built for everyone.
    #[must_use]
    pub fn site_crates(&self) -> PathBuf {
        self.root.join("crates")
    }

    /// The package `hpc` as rust-analyzer reads it: its sources, without dependencies.
    #[must_use]
    pub fn hpc_sources(&self) -> PathBuf {
        self.root.join("hpc")
    }
}
