//! What the kernel uses of its machine, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::process;
use std::time::Instant;

use ferrolab_wire::content::{HostMemory, UsageReply};
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::system::uname;

/// Measures use since the last time it was asked.
#[derive(Default)]
pub(super) struct Sampler {
    /// Ticks that each process had used, and when that was.
    processes: Option<(Instant, BTreeMap<u32, u64>)>,
    /// Ticks of all processors: those at work, and all.
    host: Option<(u64, u64)>,
}

impl Sampler {
    pub(super) fn sample(&mut self) -> UsageReply {
        let processes = family(process::id());
        let kernel_memory = processes.keys().filter_map(|pid| memory(*pid)).sum();
        let statistics = read("stat");
        UsageReply {
            hostname: uname().nodename().to_string_lossy().into_owned(),
            pid: process::id(),
            kernel_cpu: self.kernel_cpu(processes),
            kernel_memory,
            host_cpu_percent: self.host_cpu(&statistics),
            cpu_count: processors(&statistics),
            host_virtual_memory: host_memory(&read("meminfo")),
        }
    }

    fn kernel_cpu(&mut self, now: BTreeMap<u32, u64>) -> f64 {
        let taken = Instant::now();
        let percent = self.processes.as_ref().map_or(0.0, |(last, before)| {
            // A process that is new counts from the next time on.
            let ticks: u64 = now
                .iter()
                .filter_map(|(pid, ticks)| Some(ticks.saturating_sub(*before.get(pid)?)))
                .sum();
            let seconds = ticks as f64 / clock_ticks_per_second() as f64;
            let elapsed = taken.duration_since(*last).as_secs_f64();
            if elapsed > 0.0 {
                round(100.0 * seconds / elapsed)
            } else {
                0.0
            }
        });
        self.processes = Some((taken, now));
        percent
    }

    fn host_cpu(&mut self, statistics: &str) -> Option<f64> {
        let now = processor_ticks(statistics)?;
        let (worked, all) = now;
        let before = self.host.replace(now);
        let (worked_before, all_before) = before?;
        let passed = all.saturating_sub(all_before);
        (passed > 0)
            .then(|| round(100.0 * worked.saturating_sub(worked_before) as f64 / passed as f64))
    }
}

/// To one digit behind the point.
fn round(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

/// A file below `/proc`, or nothing where it cannot be read: processes end at any time.
fn read(path: &str) -> String {
    fs::read_to_string(format!("/proc/{path}")).unwrap_or_default()
}

/// The ticks that a process and those below it have used. Only they are looked at: a large machine
/// runs many others.
fn family(root: u32) -> BTreeMap<u32, u64> {
    let mut ticks = BTreeMap::new();
    let mut unseen = vec![root];
    while let Some(pid) = unseen.pop() {
        if let Some(used) = ticks_used(&read(&format!("{pid}/stat")))
            && ticks.insert(pid, used).is_none()
        {
            unseen.extend(children(pid));
        }
    }
    ticks
}

/// The processes that the threads of a process have started.
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    threads
        .into_iter()
        .flatten()
        .flatten()
        .map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default())
        .flat_map(|children| {
            let numbers = children.split_whitespace().map(str::parse);
            numbers.filter_map(Result::ok).collect::<Vec<u32>>()
        })
        .collect()
}

/// Reads `/proc/PID/stat`. The second field is a name in parentheses, which may hold anything.
fn ticks_used(text: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let user: u64 = fields.get(11)?.parse().ok()?;
    let system: u64 = fields.get(12)?.parse().ok()?;
    Some(user + system)
}

/// Memory of a process in bytes: its share of what it shares, or all where the system does not tell
/// the share.
fn memory(pid: u32) -> Option<u64> {
    if let Some(share) = kilobytes(&read(&format!("{pid}/smaps_rollup")), "Pss") {
        return Some(share);
    }
    let pages = read(&format!("{pid}/statm"));
    let resident: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(resident * page_size() as u64)
}

/// The value of a line `NAME: 123 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let number: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

/// Reads the first line of `/proc/stat`: ticks at work and in all.
fn processor_ticks(text: &str) -> Option<(u64, u64)> {
    let ticks: Vec<u64> = text
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        // What guests used is within what users used.
        .take(8)
        .filter_map(|field| field.parse().ok())
        .collect();
    let idle = ticks.get(3)? + ticks.get(4).copied().unwrap_or(0);
    let all: u64 = ticks.iter().sum();
    Some((all - idle, all))
}

fn processors(statistics: &str) -> usize {
    statistics
        .lines()
        .filter_map(|line| line.strip_prefix("cpu"))
        .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        .count()
}

fn host_memory(text: &str) -> HostMemory {
    let bytes = |name| kilobytes(text, name).unwrap_or(0);
    let (total, available) = (bytes("MemTotal"), bytes("MemAvailable"));
    let used = total.saturating_sub(available);
    HostMemory {
        total,
        available,
        percent: round(100.0 * used as f64 / total.max(1) as f64),
        used,
        free: bytes("MemFree"),
        active: bytes("Active"),
        inactive: bytes("Inactive"),
        buffers: bytes("Buffers"),
        cached: bytes("Cached") + bytes("SReclaimable"),
        shared: bytes("Shmem"),
        slab: bytes("Slab"),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::{Sampler, family, host_memory, processor_ticks, processors, ticks_used};

    #[test]
    fn names_of_processes_may_hold_anything() {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 0 0 0 30 12 0 0 20 0 1 0 5 1 1";
        assert_eq!(ticks_used(line), Some(42));
        assert_eq!(ticks_used("42 (a"), None);
        assert_eq!(ticks_used(""), None);
    }

    #[test]
    fn statistics_of_the_machine() {
        let text = "cpu  10 0 20 60 10 0 0 0 5 0\ncpu0 1 1\ncpu1 1 1\nintr 5\n";
        assert_eq!(processor_ticks(text), Some((30, 100)));
        assert_eq!(processors(text), 2);
        let memory = host_memory(
            "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable:  250 kB\nActive(anon): 9 kB\nActive: 7 kB\n",
        );
        assert_eq!(memory.total, 1_024_000);
        assert_eq!(memory.percent, 75.0);
        assert_eq!(memory.active, 7 * 1024);
    }

    #[test]
    fn work_and_memory_of_processes_below_count() {
        let mut sampler = Sampler::default();
        let first = sampler.sample();
        assert_eq!(first.kernel_cpu, 0.0);
        assert_eq!(first.host_cpu_percent, None);
        assert!(first.kernel_memory > 0 && first.cpu_count > 0);
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(family(std::process::id()).contains_key(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        let spinning = Instant::now();
        let mut sum = 0_u64;
        while spinning.elapsed() < Duration::from_millis(300) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let second = sampler.sample();
        assert!(second.kernel_cpu > 5.0, "{}", second.kernel_cpu);
        assert!(second.host_cpu_percent.is_some());
    }
}
