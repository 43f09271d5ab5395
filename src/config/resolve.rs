//! Arguments go before the environment, the environment before the file, the file before the defaults; and every value
//! knows which of them it came from.
//!
//! Targets are the exception: they add up, in that order, because a target given for today should not hide those of the
//! project. One that has the name of an earlier one is left out.

use std::{
    collections::HashSet,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    Config, ConfigError, Folders, SETTINGS, Setting, file,
    settings::{Shape, read},
    value,
};
use crate::model::{Place, Printable, did_you_mean};
use crate::replay::{Options, Target};

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Nothing was said.
    Default,
    /// A configuration file.
    File {
        /// The file, safe to print.
        file: String,
        /// Where in it.
        place: Place,
    },
    /// The environment variable of that name.
    Environment(&'static str),
    /// The option of that name.
    Argument(&'static str),
}

impl fmt::Display for Origin {
    /// `default`, `creel.toml:3:8`, `CREEL_RING` or `--ring`: what a sentence about the value begins with.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, place } => write!(f, "{file}:{place}"),
            Self::Environment(name) | Self::Argument(name) => f.write_str(name),
        }
    }
}

/// A text that was given, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The text as written.
    pub text: String,
    /// Where.
    pub origin: Origin,
}

/// A key bound otherwise than by default. Neither name nor chord has been looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebinding {
    /// The name of the action.
    pub action: String,
    /// The chord as written: `ctrl-r`.
    pub chord: String,
    /// Where.
    pub origin: Origin,
}

/// A query with a name. Neither it nor its key has been looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedQuery {
    /// What it is called.
    pub name: String,
    /// The query as written, and where.
    pub query: Given,
    /// The chord that puts it into force, as written, and where.
    pub key: Option<Given>,
}

/// One setting as it is in force; a target or a key by itself, where there are several.
#[derive(Clone, PartialEq, Debug)]
pub struct InForce {
    /// The key of its setting.
    pub key: &'static str,
    /// The name of the target, of the query or of the action.
    pub name: Option<String>,
    /// Its value as text; empty where there is none.
    pub text: String,
    /// The key of a query.
    pub chord: Option<String>,
    /// A target that has more than its URL.
    pub target: Option<Target>,
    /// Where that came from.
    pub origin: Origin,
}

/// The environment variables that creel looks at: those that begin with `CREEL_`.
///
/// Fails when one of them is not UTF-8.
pub fn environment() -> Result<Vec<(String, String)>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with("CREEL_")) else { continue };
        match value.into_string() {
            Ok(value) => found.push((name.to_owned(), value)),
            Err(_) => return Err(ConfigError(vec![format!("{}: its value is not UTF-8", Printable::from(name))])),
        }
    }
    found.sort();
    Ok(found)
}

impl Config {
    /// Finds and reads the configuration file and puts everything together.
    ///
    /// `arguments` are keys of settings with what the command line says, `file` is what `--config` says, `environment` is
    /// what [`environment`] gave.
    pub fn load(
        arguments: &[(&'static str, String)],
        file: Option<&Path>,
        environment: &[(String, String)],
        folders: &Folders,
    ) -> Result<Self, ConfigError> {
        let variable = value_of(environment, "CREEL_CONFIG");
        let asked = match (file, variable) {
            (Some(path), _) => Some((path, "--config")),
            (None, Some(path)) => Some((Path::new(path), "CREEL_CONFIG")),
            (None, None) => None,
        };
        let written = folders.find(asked)?.map(|path| file::read(&path)).transpose()?;
        Self::resolve(arguments, environment, written)
    }

    /// Puts everything together; the file has been read.
    pub fn resolve(
        arguments: &[(&'static str, String)],
        environment: &[(String, String)],
        file: Option<file::Written>,
    ) -> Result<Self, ConfigError> {
        let file = file.unwrap_or_default();
        let mut errors = Vec::new();
        let mut chosen = Vec::new();
        for setting in SETTINGS.iter().filter(|setting| setting.shape != Shape::Table) {
            let given = choose(setting, arguments, environment, &file);
            if let Err(why) = (setting.check)(&given.text) {
                errors.push(format!("{}: {why}", given.origin));
            }
            chosen.push((setting.key, given));
        }
        let targets = targets(arguments, environment, file.targets, &mut errors);
        let secrets = super::secrets::resolve(arguments, environment, file.secrets, &mut errors);
        if !errors.is_empty() {
            return Err(ConfigError(errors));
        }
        let text = |key: &str| chosen.iter().find(|(own, _)| *own == key).map(|(_, given)| given.text.clone());
        let mut config = read(|key| text(key).unwrap_or_default())
            .map_err(|(key, why)| ConfigError(vec![format!("`{key}`: {why}")]))?;

        config.redact = text("redact").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        config.ignore = text("ignore").unwrap_or_default().parse().unwrap_or_default();
        // What is said for this run alone stands in place of the rules of the project.
        if config.forward.is_none() {
            config.forward_rules = file.forward_rules;
        }
        config.keys = file.keys;
        config.queries = file.queries;
        config.in_force = chosen
            .into_iter()
            .map(|(key, Given { text, origin })| InForce { key, name: None, text, chord: None, target: None, origin })
            .collect();
        config.take(targets);
        config.take_secrets(secrets, file.providers);
        config.warnings.extend(unknown(environment));
        // What a file names is where the file is.
        let folder = file.path.parent().map(Path::to_owned).unwrap_or_default();
        for (key, path) in [("respond-body", &mut config.respond_body), ("log", &mut config.log)] {
            let from_file =
                config.in_force.iter().any(|row| row.key == key && matches!(row.origin, Origin::File { .. }));
            if let Some(path) = path.as_mut().filter(|_| from_file) {
                *path = folder.join(&path);
            }
        }
        config.file = Some(file.path).filter(|path| *path != PathBuf::new());
        Ok(config)
    }

    /// Takes the targets, and adds them, the keys and the queries to the list of what is in force.
    fn take(&mut self, targets: Vec<(Target, Origin)>) {
        for (at, (target, origin)) in targets.into_iter().enumerate() {
            let name = target.name().map_or_else(|| format!("target-{}", at + 1), str::to_owned);
            let more = (*target.options() != Options::default()).then(|| target.clone());
            let (name, text) = (Some(name), target.url());
            self.in_force.push(InForce { key: "targets", name, text, chord: None, target: more, origin });
            self.targets.push(target);
        }
        let keys = self.keys.iter().map(|Rebinding { action, chord, origin }| InForce {
            key: "keys",
            name: Some(action.clone()),
            text: chord.clone(),
            chord: None,
            target: None,
            origin: origin.clone(),
        });
        self.in_force.extend(keys);
        let queries = self.queries.iter().map(|NamedQuery { name, query, key }| InForce {
            key: "queries",
            name: Some(name.clone()),
            text: query.text.clone(),
            chord: key.as_ref().map(|key| key.text.clone()),
            target: None,
            origin: query.origin.clone(),
        });
        self.in_force.extend(queries);
    }

    /// Where the value of a setting came from: what a sentence about it should begin with.
    pub fn origin(&self, key: &str) -> Origin {
        self.in_force.iter().find(|row| row.key == key).map_or(Origin::Default, |row| row.origin.clone())
    }

    /// Whether anybody said anything about a setting.
    pub fn asked(&self, key: &str) -> bool {
        self.origin(key) != Origin::Default
    }

    /// The target of that name.
    pub fn target_named(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name() == Some(name))
    }
}

/// The text of a setting that is in force.
fn choose(
    setting: &'static Setting,
    arguments: &[(&'static str, String)],
    environment: &[(String, String)],
    file: &file::Written,
) -> Given {
    if let (Some(flag), Some((_, text))) = (setting.flag, arguments.iter().rfind(|(key, _)| *key == setting.key)) {
        return Given { text: text.clone(), origin: Origin::Argument(flag) };
    }
    if let Some((name, text)) = setting.env.and_then(|name| Some((name, value_of(environment, name)?))) {
        return Given { text: text.to_owned(), origin: Origin::Environment(name) };
    }
    let written = file.values.iter().find(|(own, _)| own.key == setting.key);
    written
        .map_or_else(|| Given { text: setting.default.to_owned(), origin: Origin::Default }, |(_, given)| given.clone())
}

/// The value of a variable that is set to something.
pub(super) fn value_of<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    environment.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
}

/// All targets in the order in which they count; what is none is added to `errors`.
fn targets(
    arguments: &[(&'static str, String)],
    environment: &[(String, String)],
    file: Vec<(Target, Origin)>,
    errors: &mut Vec<String>,
) -> Vec<(Target, Origin)> {
    let Some(setting) = Setting::named("targets") else { return file };
    let mut texts = Vec::new();
    if let Some(flag) = setting.flag {
        let given = arguments.iter().filter(|(key, _)| *key == setting.key);
        texts.extend(given.map(|(_, text)| (text.as_str(), Origin::Argument(flag))));
    }
    if let Some(name) = setting.env {
        let given = value_of(environment, name).unwrap_or_default().split_whitespace();
        texts.extend(given.map(|text| (text, Origin::Environment(name))));
    }
    let mut all = Vec::new();
    for (text, origin) in texts {
        match value::target(text) {
            Ok(target) => all.push((target, origin)),
            Err(why) => errors.push(format!("{origin}: {why}")),
        }
    }
    all.extend(file);
    let mut names = HashSet::new();
    all.retain(|(target, _)| target.name().is_none_or(|name| names.insert(name.to_owned())));
    all
}

/// Variables that are no settings: where the file is, and what a command that `creel expect` runs finds.
const OTHERS: [&str; 3] = ["CREEL_CONFIG", "CREEL_URL", "CREEL_PORT"];

/// Variables that look as if they were meant for creel, and are not.
fn unknown(environment: &[(String, String)]) -> Vec<String> {
    let known = || SETTINGS.iter().filter_map(|setting| setting.env).chain(OTHERS);
    let unknown = environment.iter().filter(|(name, _)| !known().any(|own| own == name));
    unknown
        .map(|(name, _)| (Printable::limited(name.as_bytes(), 60), did_you_mean(name, known())))
        .filter(|(_, hint)| !hint.is_empty())
        .map(|(name, hint)| format!("no setting is read from `{name}`{hint}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn written(text: &str) -> file::Written {
        file::parse(text, Path::new("conf/creel.toml")).unwrap()
    }

    fn row<'a>(config: &'a Config, key: &str) -> &'a InForce {
        config.in_force.iter().find(|row| row.key == key).unwrap()
    }

    #[test]
    fn arguments_go_before_the_environment_before_the_file_before_the_defaults() {
        let arguments = [("ring", "4".to_owned())];
        let environment = pairs(&[("CREEL_RING", "3"), ("CREEL_THEME", "nord"), ("CREEL_FILTER", "")]);
        let file = "ring = 2\ntheme = 'light'\nrespond = 204\nfilter = 'a'";
        let config = Config::resolve(&arguments, &environment, Some(written(file))).unwrap();
        for (key, text, origin) in [
            ("ring", "4", "--ring"),
            ("theme", "nord", "CREEL_THEME"),
            ("respond", "204", "conf/creel.toml:3:11"),
            ("filter", "a", "conf/creel.toml:4:10"),
            ("max-body", "10MiB", "default"),
        ] {
            assert_eq!(
                (row(&config, key).text.as_str(), row(&config, key).origin.to_string().as_str()),
                (text, origin)
            );
            assert_eq!(config.asked(key), origin != "default");
        }
        assert_eq!((config.ring, config.theme.as_str(), config.respond), (4, "nord", 204));
        assert_eq!(config.file.as_deref(), Some(Path::new("conf/creel.toml")));
    }

    #[test]
    fn every_setting_can_be_set_from_everywhere() {
        for setting in SETTINGS.iter().filter(|setting| setting.shape != Shape::Table) {
            let text = match setting.shape {
                Shape::Words => setting.example.replace(['[', ']', '"', ','], ""),
                _ => setting.example.trim_matches('"').to_owned(),
            };
            let line = format!("{} = {}", setting.key, setting.example);
            let environment = pairs(&[(setting.env.unwrap(), &text)]);
            let by_option = setting.flag.map(|_| Config::resolve(&[(setting.key, text.clone())], &[], None));
            let others = [Config::resolve(&[], &environment, None), Config::resolve(&[], &[], Some(written(&line)))];
            for config in by_option.into_iter().chain(others) {
                let config = config.unwrap();
                assert_eq!(row(&config, setting.key).text, text);
                let mut defaults = Config::resolve(&[], &[], None).unwrap();
                (defaults.in_force, defaults.file) = (config.in_force.clone(), config.file.clone());
                assert_ne!(config, defaults, "{} changes nothing", setting.key);
            }
        }
    }

    #[test]
    fn targets_add_up_and_the_first_of_a_name_stays() {
        let arguments = [("targets", ":1".to_owned()), ("targets", "a=:2".to_owned())];
        let environment = pairs(&[("CREEL_TARGETS", " b=:3  http://x/?q=1 ")]);
        let config = Config::resolve(&arguments, &environment, Some(written("[targets]\na = ':4'\nc = ':5'"))).unwrap();
        let urls: Vec<_> = config.targets.iter().map(|target| (target.label(), target.url())).collect();
        for (own, (label, url)) in urls.iter().zip([
            ("localhost:1", "http://localhost:1/"),
            ("a", "http://localhost:2/"),
            ("b", "http://localhost:3/"),
            ("x", "http://x/?q=1"),
            ("c", "http://localhost:5/"),
        ]) {
            assert_eq!((own.0.as_str(), own.1.as_str()), (label, url));
        }
        assert_eq!(urls.len(), 5);
        assert_eq!(config.target_named("a").unwrap().port(), 2);
        assert_eq!(config.target_named("http"), None);
        assert_eq!(row(&config, "targets").name.as_deref(), Some("target-1"));
    }

    #[test]
    fn what_a_file_names_is_beside_the_file() {
        let config = Config::resolve(&[], &[], Some(written("respond-body = 'a.json'\nlog = '/tmp/log'"))).unwrap();
        assert_eq!(config.respond_body.as_deref(), Some(Path::new("conf/a.json")));
        assert_eq!(config.log.as_deref(), Some(Path::new("/tmp/log")));
        let config = Config::resolve(&[("log", "b".to_owned())], &[], Some(written("log = 'a'"))).unwrap();
        assert_eq!(config.log.as_deref(), Some(Path::new("b")));
    }

    #[test]
    fn what_is_wrong_names_its_origin() {
        let environment = pairs(&[("CREEL_RING", "many"), ("CREEL_TIMEOUT", "30"), ("CREEL_TARGETS", ":1 ftp://x")]);
        let error = Config::resolve(&[("respond", "99".to_owned())], &environment, None).unwrap_err().to_string();
        assert_eq!(
            error.lines().collect::<Vec<_>>(),
            [
                "CREEL_RING: `many` is not a whole number from 1, such as 10000",
                "--respond: `99` is not a status to answer with: write a number from 200 to 599",
                "CREEL_TIMEOUT: \"30\" is not a length of time: say the unit, such as 30s or 30ms",
                "CREEL_TARGETS: the target `ftp://x` is neither http nor https but `ftp`",
            ]
        );
    }

    #[test]
    fn a_variable_that_is_nearly_one_is_a_warning() {
        let environment = pairs(&[("CREEL_RINGS", "1"), ("CREEL_CONFIG", ""), ("CREEL_SOMETHING_ELSE", "1")]);
        let config = Config::resolve(&[], &environment, None).unwrap();
        assert_eq!(config.warnings, ["no setting is read from `CREEL_RINGS`; did you mean `CREEL_RING`?"]);
    }

    #[test]
    fn the_file_is_found_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders { current: folder.path().to_owned(), ..Folders::default() };
        std::fs::write(folder.path().join("creel.toml"), "ring = 7").unwrap();
        std::fs::write(folder.path().join("other.toml"), "ring = 8").unwrap();
        let other = folder.path().join("other.toml");
        let variable = pairs(&[("CREEL_CONFIG", other.to_str().unwrap())]);
        assert_eq!(Config::load(&[], None, &[], &folders).unwrap().ring, 7);
        assert_eq!(Config::load(&[], Some(&other), &[], &folders).unwrap().ring, 8);
        assert_eq!(Config::load(&[], None, &variable, &folders).unwrap().ring, 8);
        let missing = Config::load(&[], Some(Path::new("no.toml")), &variable, &folders).unwrap_err().to_string();
        assert_eq!(missing, "--config: the configuration file `no.toml` does not exist");
    }
}
