//! Several arrays in one file: NumPy's `npz`, a zip archive of `npy` files.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::Array;
use super::npy::at;
use crate::error::Error;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;

/// Lengths of the three headers without the parts of variable length.
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;

/// Version of the format that is needed to read what is written here.
const VERSION: u16 = 20;

/// 1 January 1980, the first day that can be written: files do not depend on the day.
const DATE: u16 = 0x21;

fn broken(message: impl Into<String>) -> Error {
    Error::File {
        routine: "load_npz",
        path: String::new(),
        message: message.into(),
    }
}

fn unread(error: &std::io::Error) -> Error {
    broken(error.to_string())
}

/// Little-endian numbers of a header.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .0
            .split_at_checked(n)
            .ok_or_else(|| broken("the archive's directory is cut"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<u64, Error> {
        let taken = self.take(bytes)?;
        Ok(taken
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

/// A file in the archive, as its directory describes it.
struct Entry {
    name: String,
    method: u64,
    checksum: u32,
    packed: u64,
    size: u64,
    start: u64,
}

/// Writes arrays with their names to a file that `numpy.load` and [`load_npz`] read.
///
/// ```
/// use hpc::prelude::*;
/// let file = std::env::temp_dir().join(format!("hpc-doc-{}.npz", std::process::id()));
/// save_npz(&file, &[("x", &arange(0, 3, 1)), ("y", &ones(2))])?;
/// let arrays = load_npz(&file)?;
/// assert_eq!(arrays[1].0, "y");
/// assert_eq!(arrays[1].1.sum(), 2.0);
/// # std::fs::remove_file(&file).unwrap();
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Fails when the file cannot be written, a name occurs twice, or an array has 4 GiB or more:
/// [`Array::save`] takes those.
pub fn save_npz(path: impl AsRef<Path>, arrays: &[(&str, &Array)]) -> Result<(), Error> {
    save_at(path.as_ref(), arrays)
}

fn save_at(path: &Path, arrays: &[(&str, &Array)]) -> Result<(), Error> {
    let unwritten = |message: String| Error::File {
        routine: "save_npz",
        path: path.display().to_string(),
        message,
    };
    let mut names: Vec<&str> = arrays.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
        return Err(unwritten(format!("two arrays have the name {name:?}")));
    }
    let file = File::create(path).map_err(|error| unwritten(error.to_string()))?;
    let mut archive = Archive {
        target: BufWriter::new(file),
        written: 0,
        directory: Vec::new(),
    };
    for (name, array) in arrays {
        let bytes = array.to_npy();
        let stored = archive.add(&format!("{name}.npy"), &bytes);
        stored.map_err(|error| unwritten(format!("{name}: {error}")))?;
    }
    archive
        .finish(arrays.len())
        .map_err(|error| unwritten(error.to_string()))
}

/// A zip archive that is written.
struct Archive<W> {
    target: W,
    written: u64,
    directory: Vec<u8>,
}

impl<W: Write> Archive<W> {
    fn add(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let too_large = |_| std::io::Error::other("an archive has room for less than 4 GiB");
        let size = u32::try_from(bytes.len()).map_err(too_large)?;
        let start = u32::try_from(self.written).map_err(too_large)?;
        let length =
            u16::try_from(name.len()).map_err(|_| std::io::Error::other("the name is too long"))?;
        // What both headers have: version, flags (the name is UTF-8), stored as it is, time, date.
        let mut common = Vec::new();
        for number in [VERSION, 1 << 11, 0, 0, DATE] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc32fast::hash(bytes), size, size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(length.to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        let local = [&LOCAL.to_le_bytes(), &common[..], name.as_bytes()].concat();
        self.target.write_all(&local)?;
        self.target.write_all(bytes)?;
        self.written += (local.len() + bytes.len()) as u64;
        self.directory.extend(CENTRAL.to_le_bytes());
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(common);
        // No comment, first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.bytes());
        Ok(())
    }

    fn finish(mut self, count: usize) -> std::io::Result<()> {
        let too_large = |_| std::io::Error::other("an archive has room for less than 4 GiB");
        let start = u32::try_from(self.written).map_err(too_large)?;
        let size = u32::try_from(self.directory.len()).map_err(too_large)?;
        let count = u16::try_from(count).map_err(|_| std::io::Error::other("too many arrays"))?;
        self.target.write_all(&self.directory)?;
        self.target.write_all(&END.to_le_bytes())?;
        self.target.write_all(&[0; 4])?;
        self.target.write_all(&count.to_le_bytes())?;
        self.target.write_all(&count.to_le_bytes())?;
        self.target.write_all(&size.to_le_bytes())?;
        self.target.write_all(&start.to_le_bytes())?;
        self.target.write_all(&[0; 2])?;
        self.target.flush()
    }
}

/// Reads the arrays of a file that `numpy.savez`, `numpy.savez_compressed` or [`save_npz`] wrote,
/// with their names, in its order.
///
/// # Errors
/// Fails when the file cannot be read or is broken (each array has a checksum), has 4 GiB or more, or
/// holds elements of a dtype that arrays do not have.
pub fn load_npz(path: impl AsRef<Path>) -> Result<Vec<(String, Array)>, Error> {
    load_at(path.as_ref())
}

fn load_at(path: &Path) -> Result<Vec<(String, Array)>, Error> {
    let open = || {
        let mut file = File::open(path).map_err(|error| unread(&error))?;
        let size = file.metadata().map_err(|error| unread(&error))?.len();
        let entries = directory(&mut file, size)?;
        entries
            .into_iter()
            .map(|entry| entry.read(&mut file, size))
            .collect::<Result<Vec<_>, Error>>()
    };
    open().map_err(at(path))
}

/// `len` bytes from `start` on, which must be there.
fn part(file: &mut (impl Read + Seek), size: u64, start: u64, len: u64) -> Result<Vec<u8>, Error> {
    if start.checked_add(len).is_none_or(|end| end > size) {
        return Err(broken("the archive is cut"));
    }
    file.seek(SeekFrom::Start(start))
        .map_err(|error| unread(&error))?;
    let mut bytes = vec![0; len as usize];
    file.read_exact(&mut bytes)
        .map_err(|error| unread(&error))?;
    Ok(bytes)
}

fn directory(file: &mut (impl Read + Seek), size: u64) -> Result<Vec<Entry>, Error> {
    // The end may be followed by a comment, whose length has two bytes.
    let tail = size.min((END_SIZE + usize::from(u16::MAX)) as u64);
    let bytes = part(file, size, size - tail, tail)?;
    let end = bytes
        .windows(END_SIZE)
        .rposition(|window| window[..4] == END.to_le_bytes())
        .ok_or_else(|| broken("it is no npz file: a zip archive has a directory at its end"))?;
    let mut fields = Fields(&bytes[end + 8..]);
    let count = fields.number(2)?;
    fields.take(2)?;
    let (len, start) = (fields.number(4)?, fields.number(4)?);
    let bytes = part(file, size, start, len)?;
    let mut fields = Fields(&bytes);
    (0..count).map(|_| Entry::parse(&mut fields)).collect()
}

impl Entry {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, Error> {
        let mut fixed = Fields(fields.take(CENTRAL_SIZE)?);
        if fixed.number(4)? != u64::from(CENTRAL) {
            return Err(broken("the archive's directory is broken"));
        }
        fixed.take(4)?;
        let encrypted = fixed.number(2)? & 1 == 1;
        let method = fixed.number(2)?;
        fixed.take(4)?;
        let checksum = fixed.number(4)? as u32;
        let (packed, size) = (fixed.number(4)?, fixed.number(4)?);
        let [name, extra, comment] = [fixed.number(2)?, fixed.number(2)?, fixed.number(2)?];
        fixed.take(8)?;
        let start = fixed.number(4)?;
        let name = String::from_utf8_lossy(fields.take(name as usize)?).into_owned();
        fields.take((extra + comment) as usize)?;
        let large = u64::from(u32::MAX);
        if [packed, size, start].contains(&large) {
            return Err(broken(format!("{name} has 4 GiB or more")));
        }
        if encrypted {
            return Err(broken(format!("{name} is encrypted")));
        }
        Ok(Self {
            name,
            method,
            checksum,
            packed,
            size,
            start,
        })
    }

    fn read(self, file: &mut (impl Read + Seek), size: u64) -> Result<(String, Array), Error> {
        let name = self
            .name
            .strip_suffix(".npy")
            .unwrap_or(&self.name)
            .to_owned();
        let about = |error: Error| match error {
            Error::File {
                routine,
                path,
                message,
            } => Error::File {
                routine,
                path,
                message: format!("{name}: {message}"),
            },
            other => other,
        };
        let array = self
            .bytes(file, size)
            .and_then(|bytes| Array::from_npy(&bytes))
            .map_err(about)?;
        Ok((name, array))
    }

    fn bytes(&self, file: &mut (impl Read + Seek), size: u64) -> Result<Vec<u8>, Error> {
        let local = part(file, size, self.start, LOCAL_SIZE as u64)?;
        let mut fields = Fields(&local);
        if fields.number(4)? != u64::from(LOCAL) {
            return Err(broken("it is not where the archive's directory says"));
        }
        fields.take(22)?;
        let skipped = fields.number(2)? + fields.number(2)?;
        let start = self.start + LOCAL_SIZE as u64 + skipped;
        let packed = part(file, size, start, self.packed)?;
        let bytes = match self.method {
            0 => packed,
            8 => decompress_to_vec_with_limit(&packed, self.size as usize)
                .map_err(|error| broken(format!("it cannot be unpacked: {error}")))?,
            other => {
                return Err(broken(format!(
                    "it is packed by an unknown method ({other})"
                )));
            }
        };
        if bytes.len() as u64 != self.size || crc32fast::hash(&bytes) != self.checksum {
            return Err(broken("its checksum is wrong"));
        }
        Ok(bytes)
    }
}
