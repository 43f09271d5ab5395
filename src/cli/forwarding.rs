//! The options of forward mode.

use clap::{Args, ValueHint, builder::PossibleValuesParser};

use super::{checked, help};
use crate::config::Mode;

const FORWARDING: &str = "Forwarding";

/// How captures are sent on as they come.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct ForwardArgs {
    /// `forward`.
    #[arg(long, value_name = "URL|NAME", value_parser = checked("forward"), help_heading = FORWARDING,
          help = "Send each capture on as it comes, to this URL or target of creel.toml; `r` sends there too",
          value_hint = ValueHint::Url)]
    pub forward: Option<String>,
    /// `forward-mode`.
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(Mode::TABLE.map(|(name, _)| name)),
          hide_possible_values = true, help = help("forward-mode"), help_heading = FORWARDING)]
    pub forward_mode: Option<String>,
    /// `forward-timeout`.
    #[arg(long, value_name = "TIME", value_parser = checked("forward-timeout"), help = help("forward-timeout"),
          help_heading = FORWARDING)]
    pub forward_timeout: Option<String>,
    /// `forward-order`.
    #[arg(long, help = help("forward-order"), help_heading = FORWARDING)]
    pub forward_order: bool,
    /// `handshakes`.
    #[arg(long, value_name = "all|NAMES", value_parser = checked("handshakes"), help = help("handshakes"),
          help_heading = super::LISTENING)]
    pub handshakes: Option<String>,
    /// `retry`.
    #[arg(long, value_name = "N", value_parser = checked("retry"), help = help("retry"), help_heading = FORWARDING)]
    pub retry: Option<String>,
}

impl ForwardArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let Self { forward, forward_mode, forward_timeout, forward_order, handshakes, retry } = self;
        let all = [
            ("forward", forward.clone()),
            ("forward-mode", forward_mode.clone()),
            ("forward-timeout", forward_timeout.clone()),
            ("forward-order", forward_order.then(|| "true".to_owned())),
            ("handshakes", handshakes.clone()),
            ("retry", retry.clone()),
        ];
        all.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
    }
}
