"""What is measured, one function a row: each takes the contenders in turns (A, B, A, B, ...) and
gives for each of them a list of samples. A cell whose result is wrong ends the measurement."""

import itertools
import math
import time

from driver import Unheard, WrongResult, compile_seconds

FLOOD_LINES = 100_000
LINE_LENGTH = 80
FILLING = "." * (LINE_LENGTH - len("000000 \n"))
# Every cell gets a number of its own, so that no text is ever compiled twice.
NUMBERS = itertools.count(1)


def starts(contenders, rounds):
    """Process start to kernel_info_reply, and what a reply says about the kernel."""
    samples = {contender.name: [] for contender in contenders}
    versions = {}
    for contender in contenders * rounds:
        with contender.start() as kernel:
            info = kernel.info()
            samples[kernel.name].append(time_since(kernel))
            versions[kernel.name] = f"{info['implementation']} {info['implementation_version']}"
    return samples, versions


def first_cells(contenders, rounds):
    """Process start to the result of a cell that was sent at once. Also how often that result went
    out before the client was subscribed; such a start is repeated."""
    samples = {contender.name: [] for contender in contenders}
    unheard = {contender.name: 0 for contender in contenders}
    for contender in contenders * rounds:
        while len(samples[contender.name]) < rounds:
            with contender.start() as kernel:
                number = next(NUMBERS)
                try:
                    kernel.checked(f"{number} + 1", str(number + 1))
                except Unheard:
                    unheard[contender.name] += 1
                    continue
                samples[contender.name].append(time_since(kernel))
                break
    return samples, unheard


def time_since(kernel):
    return time.perf_counter() - kernel.began


def warm_up(kernels):
    """Past everything that is done once."""
    for kernel in kernels * 4:
        number = next(NUMBERS)
        kernel.cell(f"let x = {number};")
        kernel.checked(f"x + {number}", str(2 * number))


def warm_cells(kernels, rounds):
    """A `let` cell, and an expression cell that shows what it did."""
    lets = {kernel.name: [] for kernel in kernels}
    expressions = {kernel.name: [] for kernel in kernels}
    for kernel in kernels * rounds:
        x, added = next(NUMBERS), next(NUMBERS)
        outcome = kernel.cell(f"let x = {x};")
        if outcome.status != "ok":
            raise WrongResult(f"{kernel.name}: {outcome.complaint}")
        seconds = kernel.checked(f"x + {added}", str(x + added))
        lets[kernel.name].append(outcome.seconds)
        expressions[kernel.name].append(seconds)
    return lets, expressions


def array_cells(kernel, rounds):
    """Twenty lines of array code, less a trivial cell: what the compiler needs for them. The arrays
    are small, because it is not their arithmetic that is measured."""
    samples = []
    kernel.checked(*array_code(next(NUMBERS)))  # the first one may bring hpc to the type checker
    for _ in range(rounds):
        trivial_number, number = next(NUMBERS), next(NUMBERS)
        trivial = kernel.checked(f"{trivial_number}", str(trivial_number))
        code, expected = array_code(number)
        samples.append(kernel.checked(code, expected) - trivial)
    return {kernel.name: samples}


def array_code(number):
    """The cell, and its result as computed here."""
    n = 100
    code = f"""\
let n = {n};
let x = linspace(0.0, 1.0, n);
let wave = (2.0 * PI * &x).sin();
let shifted = (2.0 * PI * &x + 0.5).cos();
let power = &wave * &wave + &shifted * &shifted;
let mean = power.mean();
let centred = &power - mean;
let variance = (&centred * &centred).mean();
let spread = variance.sqrt();
let low = power.min();
let high = power.max();
let scaled = (&power - low) / (high - low);
let decay = (-3.0 * &x).exp();
let damped = &scaled * &decay;
let roots = (&damped + 1.0).sqrt();
let logs = (&roots + {number}.0).log();
let total = logs.sum();
let size = damped.abs().max();
assert!(spread > 0.0 && size <= 1.0);
format!("{{:.6}}", total + spread + size)"""
    assert len(code.splitlines()) == 20
    x = [i / (n - 1) for i in range(n)]
    power = [math.sin(2 * math.pi * t) ** 2 + math.cos(2 * math.pi * t + 0.5) ** 2 for t in x]
    mean = sum(power) / n
    spread = math.sqrt(sum((p - mean) ** 2 for p in power) / n)
    low, high = min(power), max(power)
    damped = [(p - low) / (high - low) * math.exp(-3 * t) for p, t in zip(power, x)]
    total = sum(math.log(math.sqrt(d + 1) + number) for d in damped)
    return code, f'"{total + spread + max(damped):.6f}"'


def unchanged_cells(kernels, rounds):
    """The same text again, with variables of the same types. Another cell changes the value of one
    in between, so that a result that is only remembered is found out."""
    samples = {kernel.name: [] for kernel in kernels}
    again = "let doubled = x * 2;\ndoubled + 1"
    for kernel in kernels * 2:  # after the second run the variables are the same as before it
        kernel.cell("let x = 1;")
        kernel.checked(again, "3")
    for kernel in kernels * rounds:
        x = next(NUMBERS)
        kernel.cell(f"let x = {x};")
        samples[kernel.name].append(kernel.checked(again, str(2 * x + 1)))
    return samples


def late_cells(kernels, rounds):
    """A notebook of 100 cells, 60 of them with a function or a struct: the time of an expression
    cell after 10 cells and after all 100."""
    early = {kernel.name: [] for kernel in kernels}
    late = {kernel.name: [] for kernel in kernels}
    warm_up(kernels)
    for position in range(1, 101):
        for kernel in kernels:
            write_notebook_cell(kernel, position)
        if position in (10, 100):
            samples = early if position == 10 else late
            for kernel in kernels * rounds:
                samples[kernel.name].append(probe(kernel))
    return early, late


def write_notebook_cell(kernel, position):
    """Three cells of five bring an item, the others use what is there."""
    match position % 5:
        case 1 | 3:
            code = (
                f"/// Adds {position}.\npub fn add_{position}(x: i64) -> i64 {{\n"
                f"    let parts: Vec<i64> = (0..2).map(|i| x * i + {position} * (1 - i)).collect();\n"
                f"    parts.iter().sum()\n}}"
            )
        case 2:
            code = (
                f"#[derive(Debug, Clone, PartialEq)]\npub struct Point{position} {{ pub x: f64, pub y: f64 }}\n"
                f"impl Point{position} {{ pub fn norm(&self) -> f64 {{ self.x.hypot(self.y) }} }}"
            )
        case 4:
            code = f"let sum_{position} = add_{position - 1}({position}) + add_1(1);"
        case _:
            code = f"let norm_{position} = Point{position - 3} {{ x: 3.0, y: 4.0 }}.norm();"
    outcome = kernel.cell(code)
    if outcome.status != "ok":
        raise WrongResult(f"{kernel.name}: {outcome.complaint}:\n{code}")


def probe(kernel):
    number = next(NUMBERS)
    return kernel.checked(f"add_1({number}) + sum_4", str(number + 1 + 2 + 4 + 3))


def floods(kernels, rounds):
    """Megabytes a second of printed lines: what a cell of 100 000 lines takes beyond one of none.
    The text that arrives must be the text that was printed. Also how many lines were not."""
    samples = {kernel.name: [] for kernel in kernels}
    lost = {kernel.name: 0 for kernel in kernels}
    expected = "".join(f"{i:06} {FILLING}\n" for i in range(FLOOD_LINES))
    for kernel in kernels * rounds:
        seconds, text = flood(kernel, FLOOD_LINES)
        none, _ = flood(kernel, 0)
        lost[kernel.name] += differences(text, expected)
        samples[kernel.name].append(len(expected) / 1e6 / max(seconds - none, 1e-6))
    return samples, lost


def flood(kernel, lines):
    code = f'for i in 0..{lines} {{ print!("{{i:06}} {FILLING}\\n"); }} // {next(NUMBERS)}'
    outcome = kernel.cell(code)
    if outcome.status != "ok":
        raise WrongResult(f"{kernel.name}: {outcome.complaint}:\n{code}")
    return outcome.seconds, outcome.stdout


def differences(got, expected):
    """How many lines are missing or not in their place."""
    if got == expected:
        return 0
    got, expected = got.splitlines(), expected.splitlines()
    wrong = sum(a != b for a, b in zip(got, expected))
    return max(wrong + abs(len(expected) - len(got)), 1)


def loops(kernels, rounds):
    """Seconds of a loop over 20 million numbers in a cell, as the cell itself takes them."""
    samples = {kernel.name: [] for kernel in kernels}
    for kernel in kernels * rounds:
        number = next(NUMBERS)
        code = f"""\
let start = std::time::Instant::now();
let numbers: Vec<f64> = (0..20_000_000).map(|i| (i % {number + 1}) as f64).collect();
let mut sum = 0.0;
for i in 0..numbers.len() {{
    sum += numbers[i] * 0.5;
}}
assert!(sum >= 0.0);
println!("{{}}", start.elapsed().as_secs_f64());"""
        outcome = kernel.cell(code)
        if outcome.status != "ok":
            raise WrongResult(f"{kernel.name}: {outcome.complaint}:\n{code}")
        samples[kernel.name].append(float(outcome.stdout))
    return samples


def floors(rustc, rounds):
    """The compiler alone, at opt-level 0 and 2."""
    samples = {0: [], 2: []}
    for optimisation in (0, 2) * rounds:
        samples[optimisation].append(compile_seconds(rustc, optimisation))
    return samples
