//! Samples: realistic events of the providers that creel knows, to try a handler before anything real has happened.
//!
//! [`all`] is the table, read out of the files in `data/`: one a provider, the commonest event first, written by us after the
//! shapes that the providers' documents show. [`make`] makes a request of a row: ids and times are new in each (`fill`),
//! fields are set as the user says (`set`), JSON is written in the style of its sender (`write`), and it is signed.
//!
//! Decided: a sample is made as a capture that nobody sent, so that all that sends captures sends it. Nothing here reads a
//! clock or chance. Refused: samples fetched from providers, and copies of their examples.

mod data;
mod fill;
mod make;
mod read;
mod set;
#[cfg(test)]
mod tests;
mod write;

use std::sync::LazyLock;

pub use fill::Dice;
pub use make::{Made, Order, Signer, make, signer};
pub use set::Set;

use crate::model::{Printable, did_you_mean};

/// A row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Who sends such, by its name in the table of providers.
    pub provider: &'static str,
    /// What is called so, behind the provider and a dot: `push`.
    pub name: &'static str,
    /// What has happened, in a few words.
    pub about: &'static str,
    method: &'static str,
    event: &'static str,
    id: &'static str,
    prefix: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    content: Content,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    Nothing,
    /// JSON, and how it is written.
    Json(&'static str, write::Style),
    /// The fields of a form.
    Form(Vec<(&'static str, &'static str)>),
    /// JSON in a field of a form.
    FormJson(&'static str, &'static str, write::Style),
}

impl Sample {
    /// What it is called: `github.push`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.provider, self.name)
    }

    /// The event that the table of providers finds in it.
    pub fn event(&self) -> &'static str {
        self.event
    }

    /// How a secret of its provider begins.
    pub fn secret_prefix(&self) -> &'static str {
        self.prefix
    }
}

static ALL: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    // A test reads every file, so none is left out.
    data::FILES.iter().flat_map(|(provider, file)| read::samples(provider, file).unwrap_or_default()).collect()
});

/// Every sample, by provider, the commonest event of each first.
pub fn all() -> &'static [Sample] {
    &ALL
}

/// The sample of that name: `github.push`, or `github` for its first, or `github.pull_request` for the first that goes on so.
///
/// Fails with a sentence that names what may have been meant.
pub fn named(name: &str) -> Result<&'static Sample, String> {
    let name = name.trim();
    let exact = || all().iter().find(|sample| sample.full_name().eq_ignore_ascii_case(name));
    let begins = |sample: &&Sample| {
        let full = sample.full_name();
        full.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
            && full.get(name.len()..).is_some_and(|rest| rest.starts_with(['.', '/']))
    };
    exact().or_else(|| all().iter().find(begins)).ok_or_else(|| {
        let names: Vec<String> = all().iter().map(Sample::full_name).collect();
        let providers = all().iter().map(|sample| sample.provider);
        let mut hint = did_you_mean(name, names.iter().map(String::as_str));
        if hint.is_empty() {
            hint = did_you_mean(name.split('.').next().unwrap_or_default(), providers);
        }
        format!(
            "no sample is called `{}`{hint}; creel send --list says what there is",
            Printable::limited(name.as_bytes(), 60)
        )
    })
}
