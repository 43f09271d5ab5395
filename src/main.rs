//! The command: parses its arguments, runs, and ends with an exit code.

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    creel::app::run(creel::cli::Cli::parse())
}
