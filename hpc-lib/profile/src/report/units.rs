//! Numbers with the units that suit them.

/// A time in nanoseconds.
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds.abs() {
        0.0 => "0".into(),
        ns if ns < 1e3 => format!("{nanoseconds:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        ns if ns < 1e9 => format!("{:.1} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}

/// A number of bytes; nothing for none.
pub fn bytes(count: u64) -> String {
    const STEP: f64 = 1024.0;
    let count = count as f64;
    match count {
        0.0 => String::new(),
        count if count < STEP => format!("{count} B"),
        count if count < STEP * STEP => format!("{:.1} KiB", count / STEP),
        count if count < STEP * STEP * STEP => format!("{:.1} MiB", count / STEP / STEP),
        count => format!("{:.1} GiB", count / STEP / STEP / STEP),
    }
}

/// How many, in a few digits.
pub fn count(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{:.0} k", count as f64 / 1e3),
        _ => format!("{:.0} M", count as f64 / 1e6),
    }
}

/// A share as a percentage; nothing of nothing.
pub fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 {
        format!("{:.1}", 100.0 * part / whole)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_suit_the_number() {
        assert_eq!(time(999.0), "999 ns");
        assert_eq!(time(-1_500.0), "-1.5 µs");
        assert_eq!(time(61e9), "61.00 s");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(count(9_999), "9999");
        assert_eq!(count(12_345), "12 k");
        assert_eq!(percent(1.0, 8.0), "12.5");
    }
}
