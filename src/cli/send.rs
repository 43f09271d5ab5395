//! `creel send`: samples of providers' events.

use clap::{Args, ValueHint};

use super::{FileArgs, JudgingArgs, Print, SendingArgs};

/// Options of `creel send`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
Examples:
  creel send github.push                         to the creel that listens
  creel send stripe.invoice.paid --to localhost:3000/webhooks --secret stripe=env:STRIPE_SECRET
  creel send github.push --set .repository.name=demo --set .commits=[] --times 3
  creel send twilio --to local --set 'Body=Any fish?'
  creel send slack.message --invalid-signature --to localhost:3000 && echo 'it takes anything'
  creel send --list                              what there is

Ids and times are new in each. It is signed with the secret of its provider, from --secret, CREEL_SECRETS or creel.toml; \
where there is none, with one that is made for it and printed once.

Exit status: 0 when every one was answered with 2xx; 1 when one was not; 2 for a usage, configuration or environment error.")]
pub struct SendArgs {
    /// What to send: the name of a sample, or of a provider for its commonest event
    #[arg(value_name = "SAMPLE", required_unless_present = "list")]
    pub sample: Option<String>,
    /// Where to send it: a URL, or the name of a target in creel.toml [default: the creel that listens]
    #[arg(long, value_name = "[NAME=]URL", value_hint = ValueHint::Url)]
    pub to: Option<String>,
    /// What is to be otherwise: .path=value in JSON, field=value in a form; a value that is JSON is that, and text else
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// How many to send, one after the other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), hide_default_value = true)]
    pub times: u32,
    /// Sign it with a secret that nobody knows
    #[arg(long)]
    pub invalid_signature: bool,
    /// Sign it as of a time that is longer ago than its receiver lets pass
    #[arg(long)]
    pub stale: bool,
    /// List the samples
    #[arg(long, conflicts_with_all = ["sample", "to", "sets", "invalid_signature", "stale"])]
    pub list: bool,
    /// How to print the outcomes, or the list
    #[arg(long, value_name = "HOW", value_enum, default_value_t, hide_default_value = true)]
    pub output: Print,
    /// With what it is signed.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// How it is sent.
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}
