//! How attempts are made: times, limits, and what is never connected to.

use std::{net::SocketAddr, time::Duration};

/// The option that sets [`Settings::allow_link_local`], as sentences name it.
pub const ALLOW_LINK_LOCAL: &str = "--allow-link-local";

/// Times, limits and permissions of a [`Client`](super::Client).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Until there is a connection: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// From the connection to the head of the answer, the sending of the body included.
    pub head_timeout: Duration,
    /// The whole attempt, the answer's body included.
    pub total_timeout: Duration,
    /// Whether certificates are taken unseen.
    pub insecure: bool,
    /// How many bytes of an answer's body are read; what comes after is left on the wire.
    pub reply_limit: usize,
    /// The addresses that creel listens on, never connected to. An unspecified address (`0.0.0.0`, `[::]`) stands for every
    /// address of this machine.
    pub own: Vec<SocketAddr>,
    /// Whether link-local addresses, among them the metadata services of clouds, may be connected to.
    pub allow_link_local: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Timeout::Connect.row().default,
            head_timeout: Timeout::Head.row().default,
            total_timeout: Timeout::Total.row().default,
            insecure: false,
            reply_limit: 10 * 1024 * 1024,
            own: Vec::new(),
            allow_link_local: false,
        }
    }
}

/// Which of the times ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timeout {
    /// [`Settings::connect_timeout`].
    Connect,
    /// [`Settings::head_timeout`].
    Head,
    /// [`Settings::total_timeout`].
    Total,
}

/// What there is to say about one of the times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeoutRow {
    /// Which.
    pub timeout: Timeout,
    /// The option that sets it, as sentences name it.
    pub option: &'static str,
    /// What it is where nothing is said.
    pub default: Duration,
    /// What it bounds.
    pub help: &'static str,
}

/// The times, in the order in which they begin to count.
pub const TIMEOUTS: [TimeoutRow; 3] = [
    TimeoutRow {
        timeout: Timeout::Connect,
        option: "--connect-timeout",
        default: Duration::from_secs(5),
        help: "how long a replay may take to get a connection: name, TCP and TLS together",
    },
    TimeoutRow {
        timeout: Timeout::Head,
        option: "--head-timeout",
        default: Duration::from_secs(30),
        help: "how long a target may take, once connected, until the head of its answer",
    },
    TimeoutRow {
        timeout: Timeout::Total,
        option: "--timeout",
        default: Duration::from_secs(60),
        help: "how long an attempt may take in all, the body of the answer included",
    },
];

impl Timeout {
    /// Its row of the table.
    pub const fn row(self) -> TimeoutRow {
        let [connect, head, total] = TIMEOUTS;
        match self {
            Self::Connect => connect,
            Self::Head => head,
            Self::Total => total,
        }
    }

    /// Its length under these settings.
    pub fn of(self, settings: &Settings) -> Duration {
        match self {
            Self::Connect => settings.connect_timeout,
            Self::Head => settings.head_timeout,
            Self::Total => settings.total_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_its_row_and_is_in_force() {
        let settings = Settings::default();
        for row in TIMEOUTS {
            assert_eq!(row.timeout.row(), row);
            assert_eq!(row.timeout.of(&settings), row.default);
            assert!(row.option.starts_with("--") && !row.help.is_empty());
        }
    }
}
