//! Options of how requests are sent.

use clap::{Args, builder::PossibleValuesParser};

use super::{REPLAYING, checked, help};
use crate::config::Framing;

/// Options of everything that sends.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct SendingArgs {
    /// `connect-timeout`.
    #[arg(long, value_name = "TIME", value_parser = checked("connect-timeout"), help = help("connect-timeout"),
          help_heading = REPLAYING)]
    pub connect_timeout: Option<String>,
    /// `head-timeout`.
    #[arg(long, value_name = "TIME", value_parser = checked("head-timeout"), help = help("head-timeout"),
          help_heading = REPLAYING)]
    pub head_timeout: Option<String>,
    /// `timeout`.
    #[arg(long, value_name = "TIME", value_parser = checked("timeout"), help = help("timeout"),
          help_heading = REPLAYING)]
    pub timeout: Option<String>,
    /// `framing`.
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(Framing::TABLE.map(|(name, _)| name)),
          hide_possible_values = true, help = help("framing"), help_heading = REPLAYING)]
    pub framing: Option<String>,
    /// `insecure`.
    #[arg(long, help = help("insecure"), help_heading = REPLAYING)]
    pub insecure: bool,
    /// `allow-link-local`.
    #[arg(long, help = help("allow-link-local"), help_heading = REPLAYING)]
    pub allow_link_local: bool,
}

impl SendingArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let Self { connect_timeout, head_timeout, timeout, framing, insecure, allow_link_local } = self;
        let on = |switch: &bool| switch.then(|| "true".to_owned());
        let all = [
            ("connect-timeout", connect_timeout.clone()),
            ("head-timeout", head_timeout.clone()),
            ("timeout", timeout.clone()),
            ("framing", framing.clone()),
            ("insecure", on(insecure)),
            ("allow-link-local", on(allow_link_local)),
        ];
        all.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
    }
}
