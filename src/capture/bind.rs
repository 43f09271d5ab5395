//! Opening the socket: the address that was asked for, or the next free port of a range, or a sentence that says why not.

use std::{io, net::SocketAddr, ops::RangeInclusive};

use tokio::net::TcpListener;

/// Why nothing can be caught at an address.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error("port {port} of {ip} is taken by another program: stop that one, or choose another port with --listen", port = .0.port(), ip = .0.ip())]
    Taken(SocketAddr),
    /// The port and all that could stand in for it are taken.
    #[error(
        "port {port} of {ip} and the ports {first} to {last} are all taken: stop a program that listens there, or choose a port with --listen",
        port = .addr.port(), ip = .addr.ip(), first = .range.start(), last = .range.end()
    )]
    AllTaken {
        /// The address that was tried first.
        addr: SocketAddr,
        /// The ports that were tried after it.
        range: RangeInclusive<u16>,
    },
    /// The system does not allow it.
    #[error(
        "not allowed to listen on {0}: ports below 1024 are for the administrator, so choose one above with --listen"
    )]
    Forbidden(SocketAddr),
    /// No interface of this machine has that address.
    #[error("{ip} is not an address of this machine: listen on 127.0.0.1, or on 0.0.0.0 for all addresses", ip = .0.ip())]
    NotHere(SocketAddr),
    /// Anything else that the system says.
    #[error("cannot listen on {addr}: {source}; choose another address with --listen")]
    Other {
        /// The address that was tried.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

impl ListenError {
    fn new(addr: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::Taken(addr),
            io::ErrorKind::PermissionDenied => Self::Forbidden(addr),
            io::ErrorKind::AddrNotAvailable => Self::NotHere(addr),
            _ => Self::Other { addr, source },
        }
    }
}

/// A socket on which connections are accepted already, though nobody answers them before `serve`.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: TcpListener,
    addr: SocketAddr,
}

impl Listener {
    /// Listens on that address. Where its port is taken, the ports of `fall_back_to` are tried in order; port 0 takes any
    /// that is free.
    pub async fn bind(addr: SocketAddr, fall_back_to: Option<RangeInclusive<u16>>) -> Result<Self, ListenError> {
        let first = match Self::at(addr).await {
            Err(ListenError::Taken(addr)) => ListenError::Taken(addr),
            result => return result,
        };
        let Some(range) = fall_back_to else { return Err(first) };
        for port in range.clone().filter(|port| *port != addr.port()) {
            match Self::at(SocketAddr::new(addr.ip(), port)).await {
                Err(ListenError::Taken(_)) => {}
                result => return result,
            }
        }
        Err(ListenError::AllTaken { addr, range })
    }

    async fn at(addr: SocketAddr) -> Result<Self, ListenError> {
        let socket = TcpListener::bind(addr).await.map_err(|error| ListenError::new(addr, error))?;
        let addr = socket.local_addr().map_err(|error| ListenError::new(addr, error))?;
        Ok(Self { socket, addr })
    }

    /// The address that it listens on, with the port that was found.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[tokio::test]
    async fn a_taken_port_is_an_error_or_the_next_free_one_is_used() {
        let first = Listener::bind(loopback(0), None).await.unwrap();
        let taken = first.local_addr();
        let error = Listener::bind(taken, None).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("port {} of 127.0.0.1 is taken", taken.port())), "{error}");
        let error = Listener::bind(taken, Some(taken.port()..=taken.port())).await.unwrap_err();
        assert!(error.to_string().contains("are all taken"), "{error}");

        let free = Listener::bind(loopback(0), None).await.unwrap().local_addr().port();
        let second = Listener::bind(taken, Some(free..=free)).await.unwrap();
        assert_eq!(second.local_addr(), loopback(free));
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_said_so() {
        let error = Listener::bind(SocketAddr::from(([192, 0, 2, 1], 0)), None).await.unwrap_err();
        assert!(error.to_string().starts_with("192.0.2.1 is not an address of this machine"), "{error}");
    }

    #[test]
    fn every_error_is_a_sentence_with_something_to_do() {
        for kind in [io::ErrorKind::AddrInUse, io::ErrorKind::PermissionDenied, io::ErrorKind::OutOfMemory] {
            let sentence = ListenError::new(loopback(80), kind.into()).to_string();
            assert!(sentence.contains("80") && sentence.contains("--listen"), "{sentence}");
        }
    }
}
