use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// More than any file of a job holds.
const LARGEST_FILE: u64 = 8 << 20;

/// A file of ours that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", path.display())]
pub struct PrivateError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl PrivateError {
    pub(super) fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Makes a folder, and those above it, that only its owner can enter.
pub(super) fn make_folder(path: &Path) -> Result<(), PrivateError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| PrivateError::new("make the folder", path, source))?;
    let found =
        fs::symlink_metadata(path).map_err(|source| PrivateError::new("look at", path, source))?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() {
        let source = io::Error::other("it is not a folder of yours");
        return Err(PrivateError::new("use", path, source));
    }
    Ok(())
}

/// Writes a value as JSON into a file of mode 0600: into a new file first, which then takes the
/// place of the old one, so that no reader sees half of it.
///
/// # Errors
/// When the disk does not take it.
pub fn write_private(path: &Path, value: &impl Serialize) -> Result<(), PrivateError> {
    let failed = |source| PrivateError::new("write", path, source);
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let text = serde_json::to_vec_pretty(value).map_err(|error| failed(io::Error::other(error)))?;
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&new);
        failed(source)
    })
}

/// Reads such a file: it must be a regular file of this user that nobody else can read.
///
/// # Errors
/// When it is not, or does not hold such a value.
pub fn read_private<T: DeserializeOwned>(path: &Path) -> Result<T, PrivateError> {
    let failed = |source| PrivateError::new("read", path, source);
    let read = || {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)?;
        let found = file.metadata()?;
        if !found.is_file() || found.uid() != geteuid().as_raw() || found.mode() & 0o077 != 0 {
            return Err(io::Error::other("it is not a file that you alone can read"));
        }
        let mut text = Vec::new();
        file.take(LARGEST_FILE).read_to_end(&mut text)?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    };
    read().map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_others_could_have_planted_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        write_private(&file, &7).unwrap();
        assert_eq!(read_private::<i32>(&file).unwrap(), 7);

        let link = folder.path().join("link.json");
        symlink(&file, &link).unwrap();
        assert!(read_private::<i32>(&link).is_err());

        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read_private::<i32>(&file).is_err());
        assert!(read_private::<i32>(folder.path()).is_err());
    }

    #[test]
    fn a_planted_folder_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        make_folder(&target).unwrap();
        let link = folder.path().join("link");
        symlink(&target, &link).unwrap();
        assert!(make_folder(&link).is_err());
    }
}
