//! Secrets by reference: `[secrets]`, `CREEL_SECRETS` and `--secret`. They add up, since a provider may have several; what is
//! behind a reference is not read here.

use toml::{Spanned, de::DeValue};

use super::{
    Config, InForce, Origin,
    file::{Reader, kind},
    providers::Described,
    resolve::value_of,
};
use crate::handshake::HANDSHAKES;
use crate::model::did_you_mean;
use crate::provider::PROVIDERS;
use crate::signature::Named;

impl Reader<'_> {
    /// Each is a reference, or a list of them.
    pub(super) fn secrets(&mut self, value: &Spanned<DeValue<'_>>, secrets: &mut Vec<(Named, Origin)>) {
        for (owner, _, value) in self.table("secrets", value) {
            let items: Vec<_> = match value.get_ref() {
                DeValue::Array(items) => items.iter().collect(),
                _ => vec![value],
            };
            for item in items {
                let at = item.span().start;
                match item.get_ref() {
                    DeValue::String(text) => match Named::new(owner, text) {
                        Ok(named) => secrets.push((named, self.origin(at))),
                        Err(why) => self.wrong(at, why),
                    },
                    other => {
                        let what = kind(other);
                        self.wrong(at, format_args!("a secret must be a text such as \"env:NAME\", not {what}"));
                    }
                }
            }
        }
    }
}

/// All secrets, those of the command line first; what is none is added to `errors`, and never repeated there.
pub(super) fn resolve(
    arguments: &[(&'static str, String)],
    environment: &[(String, String)],
    file: Vec<(Named, Origin)>,
    errors: &mut Vec<String>,
) -> Vec<(Named, Origin)> {
    let given = arguments.iter().filter(|(key, _)| *key == "secrets").map(|(_, text)| text.as_str());
    let texts = given.map(|text| (text, Origin::Argument("--secret")));
    let variable = value_of(environment, "CREEL_SECRETS").unwrap_or_default();
    let texts = texts.chain(variable.split_whitespace().map(|text| (text, Origin::Environment("CREEL_SECRETS"))));
    let mut all: Vec<(Named, Origin)> = Vec::new();
    for (text, origin) in texts {
        match text.parse::<Named>() {
            Ok(named) => all.push((named, origin)),
            Err(why) => errors.push(format!("{origin}: {why}")),
        }
    }
    for (named, origin) in file {
        if !all.iter().any(|(known, _)| *known == named) {
            all.push((named, origin));
        }
    }
    all
}

impl Config {
    /// Takes secrets and providers, and lists them by name and origin.
    pub(super) fn take_secrets(&mut self, secrets: Vec<(Named, Origin)>, providers: Vec<(Described, Origin)>) {
        for (described, origin) in providers {
            self.in_force.push(InForce {
                key: "providers",
                name: Some(described.provider.name.to_owned()),
                text: described.text,
                target: None,
                chord: None,
                origin,
            });
            self.providers.push((described.provider, described.scheme));
        }
        let known: Vec<&str> =
            PROVIDERS.iter().map(|row| row.name).chain(self.providers.iter().map(|(row, _)| row.name)).collect();
        let handshakes = HANDSHAKES.iter().filter_map(|row| Some(row.secret?.0));
        let known: Vec<&str> = known.into_iter().chain(handshakes).collect();
        for (named, origin) in secrets {
            if !known.contains(&named.provider.as_str()) {
                let hint = did_you_mean(&named.provider, known.iter().copied());
                self.warnings.push(format!("{origin}: no provider is called `{}`{hint}", named.provider));
            }
            let owner = format!("{}{}", named.provider, named.path.as_deref().unwrap_or_default());
            let text = named.reference.to_string();
            self.in_force.push(InForce { key: "secrets", name: Some(owner), text, chord: None, target: None, origin });
            self.secrets.push(named);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{file, show};

    #[test]
    fn secrets_add_up_and_a_literal_is_refused_without_being_repeated() {
        let written =
            file::parse("[secrets]\nstripe = ['env:A', 'file:b']\n'stripe/eu' = 'cmd:pass x'", Path::new("c.toml"));
        let arguments = [("secrets", "github=env:GH".to_owned())];
        let environment = [("CREEL_SECRETS".to_owned(), "slack=env:SL strpie=env:X".to_owned())];
        let config = Config::resolve(&arguments, &environment, Some(written.unwrap())).unwrap();
        let names: Vec<String> = config.secrets.iter().map(ToString::to_string).collect();
        let expected =
            ["github=env:GH", "slack=env:SL", "strpie=env:X", "stripe=env:A", "stripe=file:b", "stripe/eu=cmd:pass"];
        assert_eq!(names, expected);
        assert_eq!(config.warnings, ["CREEL_SECRETS: no provider is called `strpie`; did you mean `stripe`?"]);
        assert!(show::toml(&config).contains("stripe = [\"env:A\", \"file:b\"]"), "{}", show::toml(&config));
        let error = file::parse("[secrets]\nstripe = 'whsec_hunter2'", Path::new("c.toml")).unwrap_err().to_string();
        assert!(
            error.starts_with("c.toml:2:10: a secret is not written here") && !error.contains("hunter2"),
            "{error}"
        );
        let error = Config::resolve(&[("secrets", "stripe=hunter2".to_owned())], &[], None).unwrap_err().to_string();
        assert!(error.starts_with("--secret: ") && !error.contains("hunter2"), "{error}");
    }
}
