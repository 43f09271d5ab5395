//! Options of what is kept on the disk.

use clap::{Args, builder::PossibleValuesParser};

use super::{KEEPING, checked, help};
use crate::store::Durability;

/// Options of the inbox.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct KeepingArgs {
    /// `inbox`.
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"), help = help("inbox"), help_heading = KEEPING)]
    pub inbox: Option<String>,
    /// `ephemeral`.
    #[arg(long, help = help("ephemeral"), help_heading = KEEPING)]
    pub ephemeral: bool,
    /// `durability`.
    #[arg(long, value_name = "WHEN", hide_possible_values = true, help = help("durability"), help_heading = KEEPING,
          value_parser = PossibleValuesParser::new(Durability::TABLE.map(|(name, _)| name)))]
    pub durability: Option<String>,
    /// `keep`.
    #[arg(long, value_name = "N", value_parser = checked("keep"), help = help("keep"), help_heading = KEEPING)]
    pub keep: Option<String>,
    /// `keep-bytes`.
    #[arg(long, value_name = "SIZE", value_parser = checked("keep-bytes"), help = help("keep-bytes"),
          help_heading = KEEPING)]
    pub keep_bytes: Option<String>,
    /// `keep-age`.
    #[arg(long, value_name = "TIME", value_parser = checked("keep-age"), help = help("keep-age"),
          help_heading = KEEPING)]
    pub keep_age: Option<String>,
}

impl KeepingArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let Self { inbox, ephemeral, durability, keep, keep_bytes, keep_age } = self;
        let all = [
            ("inbox", inbox.clone()),
            ("ephemeral", ephemeral.then(|| "true".to_owned())),
            ("durability", durability.clone()),
            ("keep", keep.clone()),
            ("keep-bytes", keep_bytes.clone()),
            ("keep-age", keep_age.clone()),
        ];
        all.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
    }
}
