use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, getsockname, ipproto, socket_with, sockopt,
};

/// A port of this node that nobody else is given: the socket is bound, and stays so across
/// `exec`. It does not listen, so a program that binds the same port with `SO_REUSEADDR`, as
/// every server does, gets it.
#[derive(Debug)]
pub(super) struct ReservedPort {
    pub(super) number: u16,
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
        let number = SocketAddr::try_from(getsockname(&socket)?)?.port();
        fcntl_setfd(&socket, FdFlags::empty())?;
        Ok(Self {
            number,
            _socket: socket,
        })
    }
}

/// The address that this node has towards another machine. Nothing is sent.
pub(super) fn own_address_towards(host: &str, port: u16) -> io::Result<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").or_else(|_| UdpSocket::bind("[::]:0"))?;
    socket.connect((host, port))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn a_reserved_port_is_free_for_the_server_alone() {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let reserved: Vec<_> = (0..50).map(|_| ReservedPort::on(here).unwrap()).collect();
        let mut numbers: Vec<_> = reserved.iter().map(|port| port.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 50);
        let server = TcpListener::bind((here, reserved[0].number)).unwrap();
        assert!(TcpListener::bind(server.local_addr().unwrap()).is_err());
    }

    #[test]
    fn the_own_address_is_that_of_the_route() {
        assert_eq!(
            own_address_towards("127.0.0.1", 9).unwrap(),
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        );
    }
}
