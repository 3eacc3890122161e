//! Files that are replaced as a whole or left as they were.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {}", path.display(), explain(cause))]
pub struct FileError {
    path: PathBuf,
    // Not the error's `source`: its text is in ours, in better words.
    cause: io::Error,
}

impl FileError {
    pub(super) fn new(path: &Path, cause: io::Error) -> Self {
        Self {
            path: path.into(),
            cause,
        }
    }
}

fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::QuotaExceeded => "your disk quota is used up".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        ErrorKind::NotFound => "there is no such folder".into(),
        _ => error.to_string(),
    }
}

/// Replaces the content of `path` in one step. A symbolic link is followed, and the mode of a file
/// that is there is kept.
///
/// # Errors
/// Fails when the file cannot be written. It is then as it was, and nothing is left beside it.
pub fn write_atomic(path: &Path, content: &[u8]) -> Result<(), FileError> {
    replace(path, content).map_err(|source| FileError::new(path, source))
}

/// Finds out whether `content` could be written to `path` now, and leaves nothing behind.
///
/// # Errors
/// Fails as [`write_atomic`] would.
pub fn check_writable(path: &Path, content: &[u8]) -> Result<(), FileError> {
    target(path)
        .and_then(|target| sibling(&target, content))
        .map(drop)
        .map_err(|source| FileError::new(path, source))
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = target(path)?;
    let temporary = sibling(&target, content)?;
    temporary.persist(&target)?;
    Ok(())
}

/// The file that a path stands for.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => fs::canonicalize(path),
        // Renaming over a device, as root, would replace the device.
        Ok(_) => Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.into()),
        Err(error) => Err(error),
    }
}

/// A temporary file beside `target` with that content on the disk.
fn sibling(target: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut temporary = tempfile::Builder::new()
        .prefix(".ferrolab-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    if let Ok(replaced) = fs::metadata(target) {
        temporary
            .as_file()
            .set_permissions(replaced.permissions())?;
    }
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_through_its_link_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let link = folder.path().join("link");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["file", "link"]);
    }

    #[test]
    fn a_check_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        check_writable(&folder.path().join("new"), b"content").unwrap();
        assert_eq!(names(folder.path()), [] as [String; 0]);
    }

    #[test]
    fn devices_folders_and_missing_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (path, expected) in [
            (Path::new("/dev/null"), "not a regular file"),
            (folder.path(), "not a regular file"),
            (&folder.path().join("missing/file"), "no such folder"),
        ] {
            let message = write_atomic(path, b"").unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
