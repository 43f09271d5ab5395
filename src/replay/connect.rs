//! From a target to a connection: the name's addresses, whether they may be connected to, and the first that answers.
//!
//! Decided: the check stands between the name's resolution and the connection, and the very addresses that were checked
//! are connected to, so that a name cannot change its mind in between; one address that is refused refuses the
//! target, because a name that also means a forbidden place is not to be trusted with the other. Never connected to: where
//! creel itself listens, or a replay would come back as a capture for ever; and, unless it is allowed, link-local addresses,
//! where clouds answer with a machine's credentials.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{Settings, Target, failure, settings::ALLOW_LINK_LOCAL};
use crate::model::{Failure, Timings};

/// How long the next address waits for the one before it (RFC 8305 §5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);
/// How many addresses of a name are tried.
const ADDRESSES: usize = 16;

/// A TCP connection to the target; how long its parts took goes into `timings`.
pub async fn connect(target: &Target, settings: &Settings, timings: &mut Timings) -> Result<TcpStream, Failure> {
    let began = Instant::now();
    let addresses = resolve(target).await?;
    if target.host().parse::<IpAddr>().is_err() {
        timings.dns = Some(began.elapsed());
    }
    for address in &addresses {
        check(target, *address, settings)?;
    }
    let began = Instant::now();
    let stream = first_of(&addresses).await.map_err(|error| failure::unconnected(target, &error))?;
    timings.connect = Some(began.elapsed());
    // An attempt is one message; waiting to fill a packet only costs time. Where it cannot be set nothing is lost.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = target.host().parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port())]);
    }
    match tokio::net::lookup_host((target.host(), target.port())).await {
        Err(error) => Err(failure::unresolved(target, Some(&error))),
        Ok(found) => {
            let mut addresses: Vec<SocketAddr> = Vec::new();
            for address in found {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            addresses.truncate(ADDRESSES);
            if addresses.is_empty() { Err(failure::unresolved(target, None)) } else { Ok(addresses) }
        }
    }
}

/// Whether the address may be connected to.
fn check(target: &Target, address: SocketAddr, settings: &Settings) -> Result<(), Failure> {
    let name = target.address();
    if settings.own.iter().any(|own| is_own(address, *own)) {
        return Err(failure::forbidden(&format!(
            "{name} is where creel itself listens ({address}), and what is sent there would come back as a capture; name the \
             address of your handler"
        )));
    }
    if !settings.allow_link_local && is_link_local(address.ip()) {
        return Err(failure::forbidden(&format!(
            "{name} is the link-local address {}, where clouds keep the credentials of a machine; if it is meant, allow \
             it with {ALLOW_LINK_LOCAL}",
            address.ip()
        )));
    }
    Ok(())
}

/// Whether a connection to `address` arrives at the listener on `own`.
fn is_own(address: SocketAddr, own: SocketAddr) -> bool {
    let (ip, own_ip) = (arrives_at(address.ip()), own.ip().to_canonical());
    address.port() == own.port()
        && match own_ip {
            IpAddr::V4(all) if all.is_unspecified() => ip.is_ipv4() && is_of_this_machine(ip),
            // Takes IPv4 too, unless the system was told otherwise.
            IpAddr::V6(all) if all.is_unspecified() => is_of_this_machine(ip),
            one => one == ip,
        }
}

/// The address as it is routed: IPv4 out of its IPv6 forms, and loopback for the unspecified address, to which systems
/// connect so.
fn arrives_at(ip: IpAddr) -> IpAddr {
    match embedded(ip) {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// IPv4 out of `::ffff:0:0/96` (mapped) and `64:ff9b::/96` (translated, RFC 6052 §2.1).
fn embedded(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(six) => match six.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into(),
            _ => IpAddr::V6(six),
        },
        four @ IpAddr::V4(_) => four,
    }
}

/// Whether one of this machine's interfaces has the address: only then can a socket be bound to it. Nothing is sent.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

/// `169.254.0.0/16` (RFC 3927), `fe80::/10` (RFC 4291 §2.5.6), and `fd00:ec2::254`, where one cloud has its metadata
/// service outside of these.
fn is_link_local(ip: IpAddr) -> bool {
    match embedded(ip) {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
    }
}

/// The first connection that comes about. Each address begins when the one before it failed or is slow.
async fn first_of(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut waiting = addresses.iter().copied();
    let mut under_way = JoinSet::new();
    let mut worst: Option<io::Error> = None;
    loop {
        let more = match waiting.next() {
            Some(address) => {
                under_way.spawn(TcpStream::connect(address));
                true
            }
            None => false,
        };
        tokio::select! {
            joined = under_way.join_next() => match joined {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => {
                    // That nobody listens says more than that one family of addresses has no route.
                    let says_more = error.kind() == io::ErrorKind::ConnectionRefused;
                    if worst.is_none() || says_more {
                        worst = Some(error);
                    }
                }
                Some(Err(stopped)) => worst = Some(io::Error::other(stopped)),
                None => return Err(worst.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if more => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(address: &str, own: &str) -> bool {
        is_own(address.parse().unwrap(), own.parse().unwrap())
    }

    #[test]
    fn own_addresses_are_known_in_every_form() {
        for (address, listener, expected) in [
            ("127.0.0.1:4600", "127.0.0.1:4600", true),
            ("127.0.0.1:4601", "127.0.0.1:4600", false),
            ("127.0.0.2:4600", "127.0.0.1:4600", false),
            ("0.0.0.0:4600", "127.0.0.1:4600", true),
            ("[::ffff:127.0.0.1]:4600", "127.0.0.1:4600", true),
            ("[64:ff9b::7f00:1]:4600", "127.0.0.1:4600", true),
            ("[::1]:4600", "127.0.0.1:4600", false),
            ("[::]:4600", "[::1]:4600", true),
            ("127.0.0.9:4600", "0.0.0.0:4600", true),
            ("[::1]:4600", "0.0.0.0:4600", false),
            ("127.0.0.1:4600", "[::]:4600", true),
            // Reserved for documentation (RFC 5737), so of no machine.
            ("192.0.2.1:4600", "0.0.0.0:4600", false),
        ] {
            assert_eq!(own(address, listener), expected, "{address} at {listener}");
        }
    }

    #[test]
    fn link_local_addresses_are_known_in_every_form() {
        for (ip, expected) in [
            ("169.254.169.254", true),
            ("169.253.0.1", false),
            ("::ffff:169.254.169.254", true),
            ("64:ff9b::a9fe:a9fe", true),
            ("fe80::1", true),
            ("febf::1", true),
            ("fec0::1", false),
            ("fd00:ec2::254", true),
            ("fd00:ec2::253", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(is_link_local(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[tokio::test]
    async fn the_second_address_is_tried_when_the_first_fails() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let refused = {
            let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            closed.local_addr().unwrap()
        };
        assert_eq!(first_of(&[refused, good]).await.unwrap().peer_addr().unwrap(), good);
        let error = first_of(&[refused, refused]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_said() {
        // A label of 64 characters is longer than DNS allows, so that nobody is asked for it.
        let target = Target::parse(&format!("http://{}/", "a".repeat(64))).unwrap();
        let failure = connect(&target, &Settings::default(), &mut Timings::default()).await.unwrap_err();
        assert_eq!(failure.kind, "unresolved", "{failure}");
    }
}
