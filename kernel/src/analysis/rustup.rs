//! Answers the one question that evcxr asks rustup: where a tool is.

use std::env;
use std::ffi::OsString;

/// `rustup which TOOL`: this kernel's Cargo and compiler, whatever rustup is configured for.
pub(super) fn run(arguments: &[OsString]) -> i32 {
    let [verb, tool] = arguments else {
        return 1;
    };
    let variable = match (verb.to_str(), tool.to_str()) {
        (Some("which"), Some("cargo")) => "CARGO",
        (Some("which"), Some("rustc")) => "RUSTC",
        _ => return 1,
    };
    let Some(path) = env::var_os(variable) else {
        return 1;
    };
    println!("{}", path.display());
    0
}
