use serde::{Deserialize, Serialize};

/// Asks what the kernel uses of its machine. It is no part of the protocol, but what ipykernel
/// answers and resource monitors ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRequest {}

/// What the kernel uses of its machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageReply {
    /// Name of the machine.
    pub hostname: String,
    /// Number of the kernel's process.
    pub pid: u32,
    /// Time on processors since the last question, of the kernel and the processes below it, in
    /// percent of one processor; 0 the first time.
    pub kernel_cpu: f64,
    /// Memory of the kernel and the processes below it, in bytes; what they share is counted once.
    pub kernel_memory: u64,
    /// Load of all processors since the last question in percent; absent the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_cpu_percent: Option<f64>,
    /// Number of processors.
    pub cpu_count: usize,
    /// Memory of the machine.
    pub host_virtual_memory: HostMemory,
}

/// Memory of a machine, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostMemory {
    /// All there is.
    pub total: u64,
    /// What programs could get.
    pub available: u64,
    /// What they could not, in percent.
    pub percent: f64,
    /// What they could not.
    pub used: u64,
    /// What is used for nothing at all.
    pub free: u64,
    /// What was used of late.
    pub active: u64,
    /// What was not.
    pub inactive: u64,
    /// Buffers of devices.
    pub buffers: u64,
    /// Copies of files.
    pub cached: u64,
    /// What several processes share.
    pub shared: u64,
    /// The operating system's own structures.
    pub slab: u64,
}
