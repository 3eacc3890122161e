//! The lower levels of the processor, each in a process of its own.

use std::process::Command;

/// The tests of accuracy and special values, with fewer samples.
fn run_at(level: &str) {
    let tests = std::env::current_exe().expect("the tests have a file");
    let output = Command::new(tests)
        .args([
            "simd::math::tests::",
            "--skip",
            "levels",
            "--skip",
            "complex",
        ])
        .env("FERROLAB_SIMD", level)
        .env("FERROLAB_MATH_SAMPLES", "20000")
        .output()
        .expect("the tests start");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(" 0 passed"), "nothing was tested: {text}");
}

#[test]
fn baseline_is_as_accurate() {
    run_at("baseline");
}

#[test]
fn avx2_is_as_accurate() {
    run_at("avx2");
}
