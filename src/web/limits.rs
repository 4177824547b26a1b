//! How much one address may ask for, and how much all may. One phone that floods takes nothing from the others; many
//! that do take their answers, but not the screen in front of the class.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Requests a second that an address may go on with. A phone asks every two seconds; a class behind one router is
/// still served.
const RATE: f64 = 400.0;

/// Requests that it may make at once, after it was quiet.
const BURST: f64 = 4_000.0;

/// So many requests too many are told to wait. Whoever does not is not even answered.
const PATIENCE: f64 = 400.0;

/// Connections of one address. Each has one request, which takes milliseconds unless it is kept open on purpose.
const OPEN_FOR_ONE: usize = 512;

/// Addresses that are remembered. More are forgotten as soon as they are quiet.
const REMEMBERED: usize = 4_096;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is served.
    Serve,
    /// It is told to come again.
    Wait,
    /// It is closed.
    Refuse,
}

#[derive(Debug)]
struct Guest {
    open: usize,
    left: f64,
    at: Instant,
}

/// Who has asked for how much. `H` is what a connection is ended with.
#[derive(Debug)]
pub(super) struct Limits<H> {
    most: usize,
    clients: HashMap<IpAddr, Guest>,
    /// In the order in which they came.
    open: BTreeMap<u64, (IpAddr, Option<H>)>,
    next: u64,
}

impl<H> Limits<H> {
    /// So many connections at once, of all addresses together.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            clients: HashMap::new(),
            open: BTreeMap::new(),
            next: 0,
        }
    }

    /// Somebody connects.
    pub(super) fn admit(&mut self, address: IpAddr, now: Instant) -> Admission {
        let address = network(address);
        if self.clients.len() >= REMEMBERED {
            let quiet = |client: &Guest| client.open == 0 && client.refilled(now) >= BURST;
            self.clients.retain(|_, client| !quiet(client));
        }
        let full = self.clients.len() >= REMEMBERED;
        if full && !self.clients.contains_key(&address) {
            return Admission::Refuse;
        }
        let client = self.clients.entry(address).or_insert(Guest {
            open: 0,
            left: BURST,
            at: now,
        });
        client.left = client.refilled(now);
        client.at = now;
        if client.left < 1.0 - PATIENCE {
            return Admission::Refuse;
        }
        client.left -= 1.0;
        if client.left >= 0.0 {
            Admission::Serve
        } else {
            Admission::Wait
        }
    }

    /// It is served from now on. Where too many are, the one that has been there longest is ended: an honest request
    /// is over by then.
    pub(super) fn enter(&mut self, address: IpAddr) -> (u64, Option<H>) {
        let address = network(address);
        let of_one = self.clients.get(&address).map_or(0, |client| client.open);
        let oldest = if of_one >= OPEN_FOR_ONE {
            let mut open = self.open.iter();
            open.find_map(|(number, (of, _))| (*of == address).then_some(*number))
        } else if self.open.len() >= self.most {
            self.open.keys().next().copied()
        } else {
            None
        };
        let ended = oldest.and_then(|oldest| self.leave(oldest));
        self.next += 1;
        self.open.insert(self.next, (address, None));
        if let Some(client) = self.clients.get_mut(&address) {
            client.open += 1;
        }
        (self.next, ended)
    }

    /// How it is ended, once that is known.
    pub(super) fn ends_with(&mut self, number: u64, handle: H) {
        if let Some((_, known)) = self.open.get_mut(&number) {
            *known = Some(handle);
        }
    }

    /// It is over.
    pub(super) fn leave(&mut self, number: u64) -> Option<H> {
        let (address, handle) = self.open.remove(&number)?;
        if let Some(client) = self.clients.get_mut(&address) {
            client.open = client.open.saturating_sub(1);
        }
        handle
    }
}

impl Guest {
    fn refilled(&self, now: Instant) -> f64 {
        let since: Duration = now.saturating_duration_since(self.at);
        (self.left + since.as_secs_f64() * RATE).min(BURST)
    }
}

/// Who has one address of version 6 has all those of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn one_that_floods_is_told_to_wait_and_then_told_nothing_and_the_others_are_served() {
        let mut limits = Limits::<()>::new(100);
        let now = Instant::now();
        let mut seen = Vec::new();
        for _ in 0..10_000 {
            let admission = limits.admit(ONE, now);
            if seen.last() != Some(&admission) {
                seen.push(admission);
            }
        }
        assert_eq!(seen, [Admission::Serve, Admission::Wait, Admission::Refuse]);
        assert_eq!(limits.admit(OTHER, now), Admission::Serve);
        // A while later it is served again.
        let later = now + Duration::from_secs(2);
        assert_eq!(limits.admit(ONE, later), Admission::Serve);
    }

    #[test]
    fn the_oldest_connection_makes_room_for_a_new_one() {
        let mut limits = Limits::new(3);
        let now = Instant::now();
        for name in ["a", "b", "c"] {
            limits.admit(ONE, now);
            let (number, ended) = limits.enter(ONE);
            assert_eq!(ended, None);
            limits.ends_with(number, name);
        }
        limits.admit(OTHER, now);
        assert_eq!(limits.enter(OTHER).1, Some("a"));
        assert_eq!(limits.open.len(), 3);
    }

    #[test]
    fn an_address_makes_room_for_itself() {
        let mut limits = Limits::new(10_000);
        let now = Instant::now();
        limits.admit(OTHER, now);
        let (first, _) = limits.enter(OTHER);
        limits.ends_with(first, 0);
        for at in 1..=OPEN_FOR_ONE {
            limits.admit(ONE, now);
            let (number, ended) = limits.enter(ONE);
            assert_eq!(ended, None);
            limits.ends_with(number, at);
        }
        limits.admit(ONE, now);
        assert_eq!(limits.enter(ONE).1, Some(1));
        assert_eq!(limits.open.len(), OPEN_FOR_ONE + 1);
    }

    #[test]
    fn no_more_is_remembered_than_fits() {
        let mut limits = Limits::<()>::new(10);
        let now = Instant::now();
        for at in 0..100_000_u32 {
            limits.admit(IpAddr::V4(at.into()), now);
            assert!(limits.clients.len() <= REMEMBERED);
        }
        // Those that are quiet are forgotten, and others are served.
        let later = now + Duration::from_secs(1);
        assert_eq!(
            limits.admit(IpAddr::V4(100_000.into()), later),
            Admission::Serve
        );
        let all: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(network(all), network("2001:db8::ffff".parse().unwrap()));
    }
}
