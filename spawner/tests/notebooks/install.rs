use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Place, stderr, stdout};

#[test]
fn a_kernel_is_installed_found_and_removed() {
    let place = Place::new();
    let kernel = place.path("ferrolab-kernel");
    fs::write(&kernel, "#!/bin/sh\nexit 4\n").unwrap();
    fs::set_permissions(&kernel, fs::Permissions::from_mode(0o755)).unwrap();
    let install = |more: &[&str]| {
        let mut command = place.ferrolab(["install", "--prefix", "opt"]);
        command.args(more).output().unwrap()
    };

    let output = install(&["--kernel", "ferrolab-kernel", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let folder = place.path("opt/share/jupyter/kernels/rust-hpc");
    assert_eq!(said["folder"], json!(folder));
    let spec: Value = place.json("opt/share/jupyter/kernels/rust-hpc/kernel.json");
    assert_eq!(spec, said["spec"]);
    assert_eq!(
        spec["argv"],
        json!([kernel, "--connection-file", "{connection_file}"])
    );
    assert_eq!(spec["language"], "rust");
    assert_eq!(spec["interrupt_mode"], "message");
    assert_eq!(spec["metadata"]["supported_encryption"], json!(["curve"]));

    // What was installed is what `run` starts.
    place.notebook("n.ipynb", "rust-hpc", "rust", &[]);
    let mut run = place.ferrolab(["run", "n.ipynb"]);
    let output = run
        .env("JUPYTER_PATH", place.path("opt/share/jupyter"))
        .output()
        .unwrap();
    assert!(
        stderr(&output).contains("exit code 4"),
        "{}",
        stderr(&output)
    );

    let output = install(&["--remove"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!folder.exists());
}
