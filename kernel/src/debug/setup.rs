//! How LLDB is set up to show what cells are made of.

use std::fs;
use std::io;
use std::path::Path;

/// Shows arrays of `hpc`.
const ARRAYS: &str = include_str!("arrays.py");

/// Commands that LLDB runs before it attaches. `formatters` is the folder of the Rust toolchain with
/// those for the standard library; what this kernel adds is written to `folder`.
///
/// # Errors
/// Fails when that cannot be written.
pub(super) fn commands(formatters: &Path, folder: &Path) -> io::Result<Vec<String>> {
    let own = folder.join("ferrolab_arrays.py");
    fs::write(&own, ARRAYS)?;
    let import = |file: &Path| format!("command script import \"{}\"", file.display());
    let mut commands = vec![
        import(&own),
        // Not even into those that have lines: what is generic is compiled with the cell.
        "settings set target.process.thread.step-avoid-regexp ^<?(std|core|alloc|hpc)::".to_owned(),
    ];
    let lookup = formatters.join("lldb_lookup.py");
    if lookup.exists() {
        let list = formatters.join("lldb_commands");
        commands.push(import(&lookup));
        commands.push(format!("command source -s true \"{}\"", list.display()));
    }
    Ok(commands)
}
