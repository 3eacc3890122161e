use std::env;
use std::fmt::{self, Write as _};
use std::fs;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use crate::array::bytes_text;
use crate::display::{Bundle, Render, escape};
use crate::{pool, simd};

/// What the computer under a notebook is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Machine {
    /// Name of the node.
    pub host: String,
    /// Model of the processor.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Threads on which arrays are computed.
    pub threads: usize,
    /// Vector instructions in use.
    pub vector_unit: String,
    /// Bytes of memory, where the system tells.
    pub memory: Option<usize>,
    /// Bytes of memory that this process may still take, where the system tells.
    pub available_memory: Option<usize>,
    /// Number of the Slurm job, if this is one.
    pub slurm_job: Option<String>,
    /// Nodes of the Slurm job, in Slurm's notation.
    pub slurm_nodes: Option<String>,
}

/// Describes the computer that runs this.
///
/// ```
/// use hpc::prelude::*;
/// let machine = machine();
/// assert!(machine.cores >= 1);
/// println!("{machine}");
/// ```
pub fn machine() -> Machine {
    Machine {
        host: first_line("/proc/sys/kernel/hostname").unwrap_or_else(|| "unknown".into()),
        processor: processor().unwrap_or_else(|| env::consts::ARCH.into()),
        cores: available_parallelism().map_or(1, NonZeroUsize::get),
        threads: pool::threads(),
        vector_unit: simd::level().to_string(),
        memory: memory_line("MemTotal:"),
        available_memory: available_memory(),
        slurm_job: env::var("SLURM_JOB_ID").ok(),
        slurm_nodes: env::var("SLURM_JOB_NODELIST").ok(),
    }
}

/// Memory that this process may still take: what the system has free, or what the limit of its
/// control group leaves. `None` where neither is known.
pub(crate) fn available_memory() -> Option<usize> {
    let system = memory_line("MemAvailable:");
    let group = group_memory();
    match (system, group) {
        (Some(system), Some(group)) => Some(system.min(group)),
        (system, group) => system.or(group),
    }
}

/// A line of `/proc/meminfo`, in bytes.
fn memory_line(name: &str) -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// What the memory limit of the control group (version 2) leaves, for this group and those around.
fn group_memory() -> Option<usize> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let number = |path: String| first_line(&path)?.parse::<usize>().ok();
    let left = |group: &str| {
        let limit = number(format!("/sys/fs/cgroup{group}/memory.max"))?;
        let used = number(format!("/sys/fs/cgroup{group}/memory.current"))?;
        Some(limit.saturating_sub(used))
    };
    std::path::Path::new(path)
        .ancestors()
        .filter_map(|group| left(group.to_str()?.trim_end_matches('/')))
        .min()
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':')
        .map(|(_, model)| model.trim().to_owned())
}

fn first_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}

impl Machine {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("host", self.host.clone()),
            ("processor", self.processor.clone()),
            ("cores", self.cores.to_string()),
            ("threads in use", self.threads.to_string()),
            ("vector unit", self.vector_unit.clone()),
        ];
        let bytes = |bytes: usize| bytes_text(bytes as f64);
        rows.extend(self.memory.map(|memory| ("memory", bytes(memory))));
        rows.extend(
            self.available_memory
                .map(|memory| ("available", bytes(memory))),
        );
        rows.extend(self.slurm_job.clone().map(|job| ("Slurm job", job)));
        rows.extend(self.slurm_nodes.clone().map(|nodes| ("Slurm nodes", nodes)));
        rows
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (index, (name, value)) in rows.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{name:<width$}  {value}")?;
        }
        Ok(())
    }
}

impl Render for Machine {
    fn render(&self) -> Bundle {
        let mut html = String::from("<table><tbody>");
        for (name, value) in self.rows() {
            let value = escape(&value);
            let _ = write!(
                html,
                "<tr><th scope=\"row\" style=\"text-align:left\">{name}</th>\
                 <td style=\"text-align:left\">{value}</td></tr>"
            );
        }
        html += "</tbody></table>";
        Bundle::text(self.to_string()).html(html)
    }
}
