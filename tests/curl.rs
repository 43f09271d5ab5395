//! The curl command, run by a real shell and a real curl against a listener that records what comes.

#[cfg(test)]
#[path = "curl/traps.rs"]
mod traps;
