//! An exported project is compiled with the real `hpc` crate and run.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{Place, code, crate_folder, stderr, stdout, tagged};

#[test]
fn an_exported_project_prints_what_its_notebook_prints() {
    let place = Place::new();
    place.notebook(
        "Tiny waves.ipynb",
        "rust-hpc",
        "rust",
        &[
            json!({"cell_type": "markdown", "source": "# Tiny */ waves\n\nwith *text*", "metadata": {}}),
            tagged("let n: usize = 5;", "parameters"),
            code("fn twice(x: f64) -> f64 { x + 1.0 }"),
            code(
                "use std::fmt;\n/// Shown by its own text.\nstruct Own;\n\
                 impl fmt::Debug for Own {\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n\
                 \x20       f.write_str(\"own\")\n    }\n}\nOwn",
            ),
            code("fn twice(x: f64) -> f64 { 2.0 * x } // counts\nlet x = linspace(0.0, 1.0, n);\nx.sum() // shown"),
            code("macro_rules! add { ($a:expr) => { $a + 1.0 } }\nlet k: f64 = \"20\".parse()?;\nadd!(twice(k))"),
            code("let text = \"two\n  lines\";\nprintln!(\"{text}\");\n{ let hidden = 1; }\nfor i in 0..2 { println!(\"{i}\") }"),
            code("let n = n + 1;\nn"),
        ],
    );
    let hpc = crate_folder().join("../hpc-lib");
    let export = |more: &[&str]| {
        let mut command = place.ferrolab(["export", "Tiny waves.ipynb", "-o", "out", "--hpc"]);
        command.arg(&hpc).args(more).output().unwrap()
    };
    let output = export(&["-p", "n=3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("cell 4 defines `twice` anew"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        fs::read_dir(place.path("out")).unwrap().count(),
        4,
        "Cargo.toml, Cargo.lock, README.md and src"
    );

    // A second export does not touch the project unless it is told to.
    let again = export(&[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert!(export(&["--force", "-p", "n=3"]).status.success());

    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--release", "--quiet", "--offline"])
        .current_dir(place.path("out"))
        // Kept between runs of the test, so that `hpc` is compiled once.
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("exported"),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "own\n1.5\n41.0\ntwo\n  lines\n0\n1\n4\n");
}
