//! Whether a URL leads to this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use reqwest::Url;

/// Whether the URL names this machine: `localhost`, a loopback address, `0.0.0.0` or `[::]`, or an address of one of
/// its own interfaces. Asks no name server and sends nothing.
pub fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => routed_to_itself(address.to_canonical()),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// The system's own word: a socket that is connected to one of its addresses has that address itself. To connect a
/// datagram socket sends nothing; it looks up the route.
fn routed_to_itself(address: IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() {
        return true;
    }
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = || {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect((address, DISCARD))?;
        socket.local_addr()
    };
    from().is_ok_and(|from| from.ip() == address)
}

/// Any port would do.
const DISCARD: u16 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn here(url: &str) -> bool {
        is_this_machine(&Url::parse(url).unwrap())
    }

    #[test]
    fn what_the_system_routes_to_itself_is_this_machine() {
        for url in [
            "http://localhost/",
            "https://LOCALHOST:8000/",
            "http://api.localhost./",
            "http://127.8.9.1/",
            "http://2130706433/",
            "http://0.0.0.0:8000/",
            "http://0/",
            "http://[::1]:80/",
            "http://[::]:80/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:0.0.0.0]/",
        ] {
            assert!(here(url), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://notlocalhost/",
            // Addresses for documentation: nobody has them.
            "http://192.0.2.1/",
            "http://[2001:db8::1]/",
            "http://255.255.255.255/",
            "http://224.0.0.1/",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(!here(url), "{url}");
        }
    }

    /// The address from which it would talk to others, if it is on a network.
    #[test]
    fn an_address_of_its_own_is_this_machine() {
        let from = || {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.connect("192.0.2.1:9")?;
            socket.local_addr()
        };
        match from() {
            Ok(own) => assert!(here(&format!("http://{}:8000/", own.ip())), "{own}"),
            Err(why) => eprintln!("not tried: this machine is on no network ({why})"),
        }
    }
}
