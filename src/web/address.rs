//! Where the server listens: at one address of this machine, unless somebody says otherwise.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::str::FromStr;

/// Tried first, because it is short enough to be typed and let through a firewall.
const USUAL_PORT: u16 = 8080;

/// An address of this machine, with or without a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    address: IpAddr,
    port: Option<u16>,
}

impl FromStr for Listen {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self {
                address: address.ip(),
                port: Some(address.port()),
            });
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let address = bare.unwrap_or(text).parse();
        let address = address.map_err(|_| NoAddress::Unreadable)?;
        let port = None;
        Ok(Self { address, port })
    }
}

/// Why there is no address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// What was typed is none.
    #[error("expected an address of this machine, as 192.168.1.5 or 192.168.1.5:8080")]
    Unreadable,
    /// This machine is in no network.
    #[error(
        "this machine is in no local network: connect it to the one that the phones are in, or name an address with --listen ADDR. Without --votes, raised hands are counted as ever"
    )]
    Offline,
}

impl Listen {
    /// The address at which the other machines of the local network reach this one.
    ///
    /// # Errors
    /// Where there is none.
    pub fn local() -> Result<Self, NoAddress> {
        let address = local().into_iter().next().ok_or(NoAddress::Offline)?;
        let port = None;
        Ok(Self { address, port })
    }

    /// What may be listened at, the best first.
    pub(super) fn sockets(&self) -> Vec<SocketAddr> {
        let ports = match self.port {
            Some(port) => vec![port],
            None => vec![USUAL_PORT, 0],
        };
        let socket = |port| SocketAddr::new(self.address, port);
        ports.into_iter().map(socket).collect()
    }

    /// What is to be typed into a browser: of all addresses, the one in the local network.
    pub(super) fn shown(bound: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        let local = local().into_iter().next();
        SocketAddr::new(local.unwrap_or(Ipv4Addr::LOCALHOST.into()), bound.port())
    }
}

/// The addresses of this machine in local networks, the most likely one first.
fn local() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = routed().into_iter().collect();
    for address in of_interfaces() {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// What the system would send from. Nothing is sent: a datagram socket that is connected has said nothing yet. The
/// address beyond is one of those that are kept for documentation.
fn routed() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    is_local(address).then_some(address)
}

/// Where there is no way out, as in a network that the teacher's own machine opens.
#[cfg(unix)]
fn of_interfaces() -> Vec<IpAddr> {
    use nix::ifaddrs::getifaddrs;
    use nix::net::if_::InterfaceFlags;

    let Ok(interfaces) = getifaddrs() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for interface in interfaces.filter(|it| it.flags.contains(InterfaceFlags::IFF_UP)) {
        let address = interface
            .address
            .as_ref()
            .and_then(|it| it.as_sockaddr_in());
        let address = address.map(|it| IpAddr::V4(it.ip()));
        if let Some(address) = address.filter(|it| is_local(*it)) {
            found.push((rank(&interface.interface_name), address));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, address)| address).collect()
}

#[cfg(not(unix))]
fn of_interfaces() -> Vec<IpAddr> {
    Vec::new()
}

/// Bridges between containers come last: no phone is there.
#[cfg(unix)]
fn rank(interface: &str) -> usize {
    let inside = ["docker", "br-", "veth", "virbr", "lxc", "tun", "tap"];
    usize::from(inside.iter().any(|name| interface.starts_with(name)))
}

fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !address.is_loopback() && !address.is_unspecified() && !address.is_link_local()
        }
        IpAddr::V6(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_port() {
        let sockets = |text: &str| text.parse::<Listen>().map(|it| it.sockets());
        let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(
            sockets("127.0.0.1").unwrap(),
            [socket("127.0.0.1:8080"), socket("127.0.0.1:0")]
        );
        assert_eq!(sockets("10.0.0.7:99").unwrap(), [socket("10.0.0.7:99")]);
        assert_eq!(sockets("[::1]:0").unwrap(), [socket("[::1]:0")]);
        assert_eq!(sockets("::1").unwrap(), sockets("[::1]").unwrap());
        for no in [
            "",
            "phone",
            "127.0.0.1:",
            "127.0.0.1:99999",
            "http://127.0.0.1",
        ] {
            assert_eq!(sockets(no), Err(NoAddress::Unreadable), "{no}");
        }
    }

    #[test]
    fn what_is_found_is_neither_loopback_nor_everything() {
        for address in local() {
            assert!(
                !address.is_loopback() && !address.is_unspecified(),
                "{address}"
            );
        }
        let everything = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 8080);
        let shown = Listen::shown(everything);
        assert!(!shown.ip().is_unspecified() && shown.port() == 8080);
    }
}
