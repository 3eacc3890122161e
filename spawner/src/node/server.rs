use std::convert::Infallible;
use std::fs;
use std::net::{IpAddr, ToSocketAddrs};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, anyhow};

use super::port::{ReservedPort, own_address_towards};
use super::{ServerSpec, callback, environment, node_name};
use crate::config::Config;
use crate::slurm::Slurm;

/// The variable that tells the server where to listen.
const SERVICE_URL: &str = "JUPYTERHUB_SERVICE_URL";

/// Turns this process into the notebook server.
pub(super) fn start(mut spec: ServerSpec, file: &Path) -> anyhow::Result<Infallible> {
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
    let (address, port) = reserve(&node, &api_url)?;
    spec.environment.insert(
        SERVICE_URL.to_owned(),
        listen_at(&service_url, address, port.number)?,
    );
    callback::report(
        &api_url,
        &token,
        &callback::Report {
            port: port.number,
            node: &node,
            nonce: &spec.nonce,
        },
    )?;
    let (program, arguments) = spec
        .command
        .split_first()
        .ok_or_else(|| anyhow!("the hub named no program to start"))?;
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment::merged(&spec.environment))
        .current_dir(&spec.folder)
        .exec();
    Err(error).with_context(|| format!("cannot start {program} in {}", spec.folder.display()))
}

/// A port on the address that Slurm, and so the hub, knows this node by. Where that address
/// belongs to something in front of the node, on the one that faces the hub.
fn reserve(node: &str, api_url: &str) -> anyhow::Result<(IpAddr, ReservedPort)> {
    let named = Config::of_site()
        .ok()
        .and_then(|config| Slurm::new(&config.slurm).node_address(node).ok());
    let resolved = named
        .and_then(|name| (name.as_str(), 0).to_socket_addrs().ok()?.next())
        .map(|found| found.ip());
    if let Some(address) = resolved
        && let Ok(port) = ReservedPort::on(address)
    {
        return Ok((address, port));
    }
    let (host, port) =
        host_and_port(api_url).ok_or_else(|| anyhow!("{api_url} is not the address of a hub"))?;
    let address = own_address_towards(host, port)
        .with_context(|| format!("this node has no route to the hub at {host}"))?;
    let port =
        ReservedPort::on(address).with_context(|| format!("cannot bind a port on {address}"))?;
    Ok((address, port))
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
fn listen_at(url: &str, address: IpAddr, port: u16) -> anyhow::Result<String> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or_else(|| anyhow!("{SERVICE_URL} is not a URL: {url}"))?;
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    Ok(format!(
        "{scheme}://{}/{path}",
        std::net::SocketAddr::new(address, port)
    ))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_service_url_keeps_its_path() {
        let address = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 11));
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
            assert_eq!(listen_at(url, address, 4711).unwrap(), expected);
        }
        assert!(listen_at("nonsense", address, 1).is_err());
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
