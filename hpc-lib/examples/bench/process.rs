//! How much memory this process took at most, as Linux counts it.

use std::fs;
use std::io;

/// The peak counts from here.
pub(crate) fn settle_peak() -> io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}

/// The most memory that this process held since then, in bytes.
pub(crate) fn peak() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<usize>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| io::Error::other("no VmHWM in /proc/self/status"))
}
