//! Forward mode over real sockets: what goes through, what comes back, and targets that misbehave.

// Helpers of tests are tests to the lints only so.
#[cfg(test)]
#[path = "forward/running.rs"]
mod running;

#[cfg(test)]
#[path = "forward/behind.rs"]
mod behind;
#[cfg(test)]
#[path = "forward/loops.rs"]
mod loops;
#[cfg(test)]
#[path = "forward/relay.rs"]
mod relay;
