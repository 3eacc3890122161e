//! The experiment of `NumExpr`'s talks: sin(2 pi x) for a million numbers, as a scalar loop with the
//! standard library's sine on one core, and as an array expression on all of them. Then other
//! expressions of the same kind. Prints a table; every result is checked first.
//!
//! `cargo run --release -p hpc --example deck`

use std::hint::black_box;
use std::time::Instant;

use hpc::prelude::*;

const REPETITIONS: usize = 25;

/// Two ways to compute the same thing, to be compared.
struct Case<'a> {
    name: &'a str,
    scalar: &'a dyn Fn(f64, f64) -> f64,
    array: &'a dyn Fn(&Array, &Array) -> Array,
    n: usize,
}

/// The median time of a run in milliseconds.
fn median_ms(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPETITIONS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPETITIONS / 2]
}

fn main() {
    let cases = [
        Case {
            name: "sin(2 pi x)",
            scalar: &|y, _| (2.0 * PI * y).sin(),
            array: &|y, _| (2.0 * PI * y).sin(),
            n: 1_000_000,
        },
        Case {
            name: "sin(y)^2 + cos(z)^2",
            scalar: &|y, z| y.sin().powi(2) + z.cos().powi(2),
            array: &|y, z| y.sin().powi(2) + z.cos().powi(2),
            n: 10_000_000,
        },
        Case {
            name: "exp(-y y) + sqrt(z)",
            scalar: &|y, z| (-y * y).exp() + z.sqrt(),
            array: &|y, z| (-y * y).exp() + z.sqrt(),
            n: 10_000_000,
        },
        Case {
            name: "log(z) + tan(y)",
            scalar: &|y, z| z.ln() + y.tan(),
            array: &|y, z| z.log() + y.tan(),
            n: 10_000_000,
        },
        Case {
            name: "2 y + 3 z",
            scalar: &|y, z| 2.0 * y + 3.0 * z,
            array: &|y, z| 2.0 * y + 3.0 * z,
            n: 10_000_000,
        },
    ];
    println!("{}\n", machine());
    println!("| expression | n | scalar loop, ms | array, ms | ratio |\n|---|---|---|---|---|");
    for case in cases {
        let (y, z) = (linspace(-1.0, 1.0, case.n), linspace(0.001, 2.0, case.n));
        let (ys, zs) = (y.to_vec::<f64>(), z.to_vec::<f64>());
        let mut expected = vec![0.0; case.n];
        let mut scalar = || {
            for ((target, &y), &z) in expected.iter_mut().zip(&ys).zip(&zs) {
                *target = (case.scalar)(black_box(y), z);
            }
        };
        let scalar_ms = if case.n > 1_000_000 {
            let start = Instant::now();
            scalar();
            start.elapsed().as_secs_f64() * 1e3
        } else {
            median_ms(scalar)
        };
        let result = (case.array)(&y, &z);
        let difference = (&result - Array::from(&expected)).abs().max();
        assert!(difference < 4e-15, "{}: off by {difference:e}", case.name);
        let array_ms = median_ms(|| drop((case.array)(&y, &z).eval()));
        println!(
            "| {} | {} | {scalar_ms:.2} | {array_ms:.3} | {:.1} |",
            case.name,
            case.n,
            scalar_ms / array_ms
        );
    }
    let (y, z) = (
        linspace(-1.0, 1.0, 10_000_000),
        linspace(0.0, 2.0, 10_000_000),
    );
    println!(
        "\nsum(y z), 10^7: {:.2} ms",
        median_ms(|| {
            black_box((&y * &z).sum());
        })
    );
    let (a, b) = (linspace(0.0, 1.0, 10), linspace(0.0, 1.0, 10));
    let small = median_ms(|| {
        for _ in 0..1000 {
            drop((&a + &b).eval());
        }
    });
    println!("a + b on 10 elements: {small:.2} µs");
    let pairs = median_ms(|| {
        for _ in 0..1000 {
            region!("empty", {});
        }
    });
    println!("region, enter and leave: {:.0} ns", pairs * 1e3);
}
