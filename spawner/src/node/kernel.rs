use std::convert::Infallible;
use std::env;
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};

use anyhow::{Context, anyhow, bail};
use rustix::fs::{MemfdFlags, memfd_create};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::port::ReservedPort;
use super::{exit_code, node_name};
use crate::config::Config;
use crate::slurm::{JobId, JobName, Label, Request, Slurm, Step};

/// The ports of a kernel, by their names in a connection file.
const PORTS: [&str; 5] = [
    "shell_port",
    "iopub_port",
    "stdin_port",
    "control_port",
    "hb_port",
];
/// Stands for the path of the connection file in the arguments of a kernel.
const CONNECTION_FILE: &str = "{connection_file}";
/// More than any order holds.
const LARGEST_ORDER: u64 = 1 << 20;

/// What the provisioner sends through the standard input of the job step, so that no key is ever
/// an argument or a file on a shared disk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KernelOrder {
    /// The kernel's command; `{connection_file}` stands for its connection file.
    command: Vec<String>,
    /// The connection file without an address; with ports when the kernel is started again, so
    /// that its clients need not connect anew.
    connection: Map<String, Value>,
    /// Whether only processes of this node will connect.
    local: bool,
    /// The folder to start in.
    folder: Option<PathBuf>,
}

/// Where a kernel is to run.
#[derive(Debug)]
pub struct Placement {
    /// The job to be a step of; without it the kernel becomes a job of its own.
    pub inside: Option<JobId>,
    /// The node, when it matters which.
    pub node: Option<Label>,
    /// What a job of its own asks for.
    pub request: Request,
}

/// Turns this process into the `srun` that runs [`run_kernel`] on a node. The order, on
/// standard input, passes through.
///
/// # Errors
/// When `srun` cannot be started.
pub fn launch_kernel(placement: &Placement) -> anyhow::Result<Infallible> {
    let slurm = Slurm::new(&Config::of_person()?.slurm);
    let program = env::current_exe().context("cannot find out the path of this program")?;
    let key = uuid::Uuid::new_v4().simple().to_string();
    let step = Step {
        inside: placement.inside.as_ref(),
        node: placement.node.as_ref(),
        request: &placement.request,
        name: &JobName::new("kernel", &key),
        program: &program,
        arguments: &["node", "kernel"],
    };
    Err(slurm.become_step(&step).into())
}

/// Binds the kernel's ports, writes its connection file into the memory of this process, tells
/// the provisioner on standard output (one line of JSON) and runs the kernel to its end. The keys
/// are on no disk, and are gone with this process however it ends.
///
/// # Errors
/// When the order cannot be read or followed.
pub fn run_kernel() -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(LARGEST_ORDER)
        .read_to_string(&mut text)
        .context("cannot read the order")?;
    let mut order: KernelOrder =
        serde_json::from_str(&text).context("cannot understand the order")?;
    let key = order.connection.get("key").and_then(Value::as_str);
    if key.is_none_or(str::is_empty) {
        bail!("this kernel has no key, so that anybody who reaches its ports could run code in it");
    }
    let encrypted = order
        .connection
        .get("curve_secretkey")
        .is_some_and(Value::is_string);
    if !order.local && !encrypted {
        bail!(
            "this kernel has no CURVE encryption, so it cannot run on another node than its server"
        );
    }
    let address = if order.local {
        IpAddr::from([127, 0, 0, 1])
    } else {
        cluster_address()?
    };
    let mut reserved = Vec::new();
    for name in PORTS {
        let wanted = order
            .connection
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|port| u16::try_from(port).ok());
        let port = ReservedPort::at(SocketAddr::new(address, wanted.unwrap_or(0)))
            .or_else(|_| ReservedPort::on(address))
            .with_context(|| format!("cannot bind a port on {address}"))?;
        let number = port.place.port();
        order.connection.insert(name.to_owned(), number.into());
        reserved.push(port);
    }
    order
        .connection
        .insert("ip".to_owned(), address.to_string().into());
    order
        .connection
        .insert("transport".to_owned(), "tcp".into());
    let (_memory, file) = connection_file(&order.connection)?;
    tell(&order.connection, &file)?;
    let arguments: Vec<String> = order
        .command
        .iter()
        .map(|argument| argument.replace(CONNECTION_FILE, &file.display().to_string()))
        .collect();
    let (program, arguments) = arguments
        .split_first()
        .ok_or_else(|| anyhow!("the kernelspec names no program"))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    if let Some(folder) = order.folder.filter(|folder| folder.is_dir()) {
        command.current_dir(folder);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime
        .block_on(outlive(&mut command))
        .with_context(|| format!("cannot run {program} on {}", node_name()))?;
    Ok(ExitCode::from(exit_code(status)))
}

/// Runs a program to its end. Signals that end or interrupt are for the program, which gets them
/// from Slurm as this process does; this one stays to clean up.
async fn outlive(command: &mut Command) -> std::io::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// The address that Slurm knows this node by.
fn cluster_address() -> anyhow::Result<IpAddr> {
    let node = node_name();
    let name = Slurm::new(&Config::of_site()?.slurm).node_address(&node)?;
    let found = (name.as_str(), 0)
        .to_socket_addrs()
        .with_context(|| format!("cannot resolve {name}"))?
        .next();
    Ok(found.ok_or_else(|| anyhow!("{name} has no address"))?.ip())
}

/// The connection file: memory of this process, which the kernel opens as a file of `/proc`. Only
/// processes of the same user can.
fn connection_file(connection: &Map<String, Value>) -> anyhow::Result<(File, PathBuf)> {
    let write = || {
        let mut file = File::from(memfd_create("ferrolab-kernel", MemfdFlags::CLOEXEC)?);
        // Kernels refuse a file that looks as if others could read it.
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(&serde_json::to_vec(connection)?)?;
        io::Result::Ok(file)
    };
    let file = write().context("cannot write the connection file")?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    Ok((file, PathBuf::from(path)))
}

/// The line that the provisioner waits for. No key is in it.
fn tell(connection: &Map<String, Value>, file: &Path) -> anyhow::Result<()> {
    let mut line = json!({ "ferrolab": "kernel", "node": node_name(), "connection_file": file });
    for name in PORTS.into_iter().chain(["ip"]) {
        line[name] = connection[name].clone();
    }
    if let (Ok(job), Ok(step)) = (env::var("SLURM_JOB_ID"), env::var("SLURM_STEP_ID")) {
        line["step"] = format!("{job}.{step}").into();
        line["job"] = job.into();
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot tell the ports")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_connection_file_is_there_as_long_as_its_memory() {
        let mut connection = Map::new();
        connection.insert("key".to_owned(), "k".into());
        let (memory, path) = connection_file(&connection).unwrap();
        assert!(path.is_file());
        assert_eq!(fs::read_to_string(&path).unwrap(), r#"{"key":"k"}"#);
        // A kernel is another process.
        let read = std::process::Command::new("cat").arg(&path).output();
        assert_eq!(read.unwrap().stdout, br#"{"key":"k"}"#);
        drop(memory);
        assert!(!path.exists());
    }
}
