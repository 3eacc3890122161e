use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, getsockname, ipproto, socket_with, sockopt,
};
use rustix::process::geteuid;

/// A port of this node that is given to nobody who asks for any free one, as long as this value
/// lives. The socket does not listen, so a server that binds the port with `SO_REUSEADDR`, as
/// they all do, gets it. So would a program of another user that asks for this very port first:
/// whoever is told of the port must be told only once [`is_served_by_us`], or must know the
/// server by a key.
#[derive(Debug)]
pub(super) struct ReservedPort {
    pub(super) place: SocketAddr,
    _socket: OwnedFd,
}

impl ReservedPort {
    /// Reserves a free port on one address.
    pub(super) fn on(address: IpAddr) -> io::Result<Self> {
        Self::at(SocketAddr::new(address, 0))
    }

    /// Reserves that port, or fails when it is taken. Port 0 is any that is free.
    pub(super) fn at(place: SocketAddr) -> io::Result<Self> {
        let family = if place.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let socket = socket_with(
            family,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            Some(ipproto::TCP),
        )?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &place)?;
        let place = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(Self {
            place,
            _socket: socket,
        })
    }
}

/// The kernel's state of a TCP socket that listens.
const LISTENS: &str = "0A";

/// Whether a process of this user listens at that place, or at its port on all addresses. What
/// listens there is then what answers: nobody else can listen at the same place.
pub(super) fn is_served_by_us(place: SocketAddr) -> io::Result<bool> {
    let table = if place.is_ipv4() {
        "/proc/net/tcp"
    } else {
        "/proc/net/tcp6"
    };
    let table = fs::read_to_string(table)?;
    Ok(is_served(&table, place, geteuid().as_raw()))
}

fn is_served(table: &str, place: SocketAddr, uid: u32) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let &[_, local, _, LISTENS, _, _, _, owner, ..] = columns.as_slice() else {
            return false;
        };
        owner.parse() == Ok(uid)
            && parse_place(local).is_some_and(|found| {
                found.port() == place.port()
                    && (found.ip() == place.ip() || found.ip().is_unspecified())
            })
    })
}

/// An address as the kernel prints it: words of 32 bits in the byte order of this machine, and
/// the port, in hexadecimal.
fn parse_place(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::new();
    for word in address.as_bytes().chunks(8) {
        let word = u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let address = match bytes.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// The address that this node has towards another machine. Nothing is sent.
pub(super) fn own_address_towards(host: &str, port: u16) -> io::Result<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").or_else(|_| UdpSocket::bind("[::]:0"))?;
    socket.connect((host, port))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_reserved_port_is_free_for_the_server_alone() {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let reserved: Vec<_> = (0..50).map(|_| ReservedPort::on(here).unwrap()).collect();
        let mut numbers: Vec<_> = reserved.iter().map(|port| port.place.port()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 50);
        let place = reserved[0].place;
        assert!(!is_served_by_us(place).unwrap());
        let server = TcpListener::bind(place).unwrap();
        assert!(TcpListener::bind(server.local_addr().unwrap()).is_err());
        assert!(is_served_by_us(place).unwrap());
    }

    #[test]
    fn the_server_of_another_user_is_not_ours() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1267 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1\n\
             1: 0100007F:1268 00000000:0000 01 00000000:00000000 00:00000000 00000000  1000        0 1 1\n\
             2: 00000000:1269 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n";
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        assert!(!is_served(table, at(0x1267), 1000));
        assert!(is_served(table, at(0x1267), 1001));
        assert!(!is_served(table, at(0x1268), 1000));
        assert!(is_served(table, at(0x1269), 1000));
        let wide = "00000000000000000000000001000000:1F90";
        assert_eq!(parse_place(wide).unwrap().to_string(), "[::1]:8080");
    }

    #[test]
    fn the_own_address_is_that_of_the_route() {
        assert_eq!(
            own_address_towards("127.0.0.1", 9).unwrap(),
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        );
    }
}
