use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::port::{ReservedPort, is_served_by_us, own_address_towards};
use super::{ServerSpec, callback, environment, exit_code, node_name, pass_on_termination};
use crate::config::Config;
use crate::slurm::Slurm;

/// The variable that tells the server where to listen.
const SERVICE_URL: &str = "JUPYTERHUB_SERVICE_URL";

/// How long a server may take until it listens, on a busy node and a cold file system.
const LISTEN_LIMIT: Duration = Duration::from_mins(5);
/// How often the table of ports is looked at until then.
const LISTEN_PAUSE: Duration = Duration::from_millis(100);

/// Runs the notebook server to its end, and tells the hub where it is once it listens.
pub(super) fn run(mut spec: ServerSpec, file: &Path) -> anyhow::Result<ExitCode> {
    // The token is in memory now; the next reader would only be a second start of the same job.
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    let variable = |name: &str| {
        spec.environment
            .get(name)
            .cloned()
            .ok_or_else(|| anyhow!("the hub did not set {name} for this server"))
    };
    let (api_url, token) = (
        variable("JUPYTERHUB_API_URL")?,
        variable("JUPYTERHUB_API_TOKEN")?,
    );
    let service_url = variable(SERVICE_URL)?;
    let node = node_name();
    let port = reserve(&node, &api_url)?;
    let place = port.place;
    spec.environment
        .insert(SERVICE_URL.to_owned(), listen_at(&service_url, place)?);
    let nonce = std::mem::take(&mut spec.nonce);
    let report = move || {
        let report = callback::Report {
            port: place.port(),
            node: &node,
            nonce: &nonce,
        };
        callback::report(&api_url, &token, &report)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime.block_on(supervise(&spec, port, report));
    // A report under way need not be waited for: its server has ended.
    runtime.shutdown_background();
    Ok(ExitCode::from(exit_code(status?)))
}

/// The server from start to end. A server that never listens, or that the hub does not want, is
/// told to end.
async fn supervise(
    spec: &ServerSpec,
    port: ReservedPort,
    report: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<ExitStatus> {
    let (program, arguments) = spec
        .command
        .split_first()
        .ok_or_else(|| anyhow!("the hub named no program to start"))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment::merged(&spec.environment))
        .current_dir(&spec.folder)
        .spawn()
        .with_context(|| format!("cannot start {program} in {}", spec.folder.display()))?;
    let announce = async move {
        wait_until_served(port.place).await?;
        tokio::task::spawn_blocking(report).await?
    };
    tokio::pin!(announce);
    let mut problem = None;
    let mut announced = false;
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status?;
                return problem.map_or(Ok(status), Err);
            }
            _ = terminate.recv() => pass_on_termination(&child)?,
            result = &mut announce, if !announced => {
                announced = true;
                if let Err(error) = result {
                    problem = Some(error);
                    pass_on_termination(&child)?;
                }
            }
        }
    }
}

/// Waits until the server of this user listens. A port that somebody else has taken in the
/// meantime is never announced: the server cannot listen there, and ends.
async fn wait_until_served(place: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + LISTEN_LIMIT;
    while !is_served_by_us(place)? {
        if Instant::now() > deadline {
            bail!(
                "the server did not listen at {place} within {} s",
                LISTEN_LIMIT.as_secs()
            );
        }
        tokio::time::sleep(LISTEN_PAUSE).await;
    }
    Ok(())
}

/// A port on the address that Slurm, and so the hub, knows this node by. Where that address
/// belongs to something in front of the node, on the one that faces the hub.
fn reserve(node: &str, api_url: &str) -> anyhow::Result<ReservedPort> {
    let named = Config::of_site()
        .ok()
        .and_then(|config| Slurm::new(&config.slurm).node_address(node).ok());
    let resolved = named
        .and_then(|name| (name.as_str(), 0).to_socket_addrs().ok()?.next())
        .map(|found| found.ip());
    if let Some(address) = resolved
        && let Ok(port) = ReservedPort::on(address)
    {
        return Ok(port);
    }
    let (host, port) =
        host_and_port(api_url).ok_or_else(|| anyhow!("{api_url} is not the address of a hub"))?;
    let address = own_address_towards(host, port)
        .with_context(|| format!("this node has no route to the hub at {host}"))?;
    ReservedPort::on(address).with_context(|| format!("cannot bind a port on {address}"))
}

fn host_and_port(url: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let usual = if scheme == "https" { 443 } else { 80 };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            Some((host.trim_matches(['[', ']']), port.parse().ok()?))
        }
        _ => Some((authority.trim_matches(['[', ']']), usual)),
    }
}

/// The service URL with another host and port; scheme and path stay.
fn listen_at(url: &str, place: SocketAddr) -> anyhow::Result<String> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| anyhow!("{SERVICE_URL} is not a URL: {url}"))?;
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    Ok(format!("{scheme}://{place}/{path}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::mpsc;

    use super::*;

    fn run(
        command: &[&str],
        port: ReservedPort,
        report: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<ExitStatus> {
        let spec = ServerSpec {
            command: command.iter().map(|&word| word.to_owned()).collect(),
            folder: "/".into(),
            environment: BTreeMap::new(),
            nonce: String::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(supervise(&spec, port, report))
    }

    fn reserved() -> ReservedPort {
        ReservedPort::on(Ipv4Addr::LOCALHOST.into()).unwrap()
    }

    #[test]
    fn a_server_that_does_not_listen_is_never_reported() {
        let status = run(&["sh", "-c", "sleep 0.5; exit 3"], reserved(), || {
            panic!("it was reported")
        });
        assert_eq!(status.unwrap().code(), Some(3));
    }

    #[test]
    fn a_server_that_listens_is_reported_and_one_that_nobody_wants_ends() {
        let port = reserved();
        let _server = TcpListener::bind(port.place).unwrap();
        let (sender, receiver) = mpsc::channel();
        let ended = run(&["sleep", "60"], port, move || {
            sender.send(()).unwrap();
            bail!("the hub does not want this server")
        });
        receiver.recv().unwrap();
        let error = ended.unwrap_err().to_string();
        assert!(error.contains("does not want"), "{error}");
    }

    #[test]
    fn the_service_url_keeps_its_path() {
        let place = SocketAddr::from((Ipv4Addr::new(10, 77, 0, 11), 4711));
        for (url, expected) in [
            (
                "http://127.0.0.1:0/user/ada/",
                "http://10.77.0.11:4711/user/ada/",
            ),
            (
                "https://:0/user/a%20b/x/",
                "https://10.77.0.11:4711/user/a%20b/x/",
            ),
            ("http://", "http://10.77.0.11:4711/"),
        ] {
            assert_eq!(listen_at(url, place).unwrap(), expected);
        }
        assert!(listen_at("nonsense", place).is_err());
    }

    #[test]
    fn the_hub_is_found_in_its_url() {
        for (url, expected) in [
            ("http://10.77.0.1:8081/hub/api", ("10.77.0.1", 8081)),
            ("https://hub.example.org/hub/api", ("hub.example.org", 443)),
            ("http://[fd00::1]:81/hub", ("fd00::1", 81)),
            ("http://[fd00::1]/hub", ("fd00::1", 80)),
        ] {
            assert_eq!(host_and_port(url), Some(expected));
        }
        assert_eq!(host_and_port("nothing"), None);
    }
}
