//! Engines that cannot be loaded, and those that can.

mod common;

use std::fs;
use std::path::Path;

use hpc_engines::load;

#[test]
fn a_missing_file_is_named() {
    let text = load(Path::new("/nowhere/libhpc_engines.so"))
        .unwrap_err()
        .to_string();
    assert!(text.contains("/nowhere/libhpc_engines.so"), "{text}");
    assert!(text.contains("install again"), "{text}");
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let path = std::env::temp_dir().join(format!("hpc-engines-{}.so", std::process::id()));
    fs::write(&path, "no shared object").unwrap();
    let text = load(&path).unwrap_err().to_string();
    fs::remove_file(&path).unwrap();
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
}

#[cfg(not(feature = "linked"))]
#[test]
fn the_engines_are_loaded_once() {
    let engines = common::engines();
    let path = std::env::current_exe()
        .unwrap()
        .with_file_name(hpc_engines::FILE);
    assert!(std::ptr::eq(load(&path).unwrap(), engines));
    assert!(std::ptr::eq(hpc_engines::engines().unwrap(), engines));
}
