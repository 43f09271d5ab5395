//! Forward mode as the configuration has it: rules, with their queries and targets looked up.

use std::{
    fmt::Display,
    hash::{BuildHasher as _, RandomState},
    net::SocketAddr,
    sync::Arc,
};

use jiff::Timestamp;

use super::{Refused, interface};
use crate::capture::onward::Onward;
use crate::config::{self, Config, ForwardRule, Given};
use crate::forward::{Forward, Mode, Needs, Rule};
use crate::handshake::Answering;
use crate::model::Printable;
use crate::query::Query;
use crate::replay::{Client, Settings, Target};
use crate::signature;
use crate::store::Store;

/// The rules, in the order in which they are asked; none where nothing is forwarded.
pub(super) fn rules(config: &Config) -> Result<Vec<Rule>, Refused> {
    let mut rules: Vec<Rule> = Vec::new();
    if let Some(text) = &config.forward {
        let to = Given { text: text.clone(), origin: config.origin("forward") };
        let all = ForwardRule { when: None, to, mode: None, timeout: None, retry: None, order: None };
        rules.push(rule(config, &all, &[])?);
    }
    for written in &config.forward_rules {
        let next = rule(config, written, &rules)?;
        rules.push(next);
    }
    Ok(rules)
}

fn rule(config: &Config, written: &ForwardRule, before: &[Rule]) -> Result<Rule, Refused> {
    let when = match &written.when {
        None => None,
        Some(given) => Some(Query::parse(&given.text).map_err(|error| {
            Refused::because(format!("{}: {}", given.origin, interface::pointed("query", &given.text, &error)))
        })?),
    };
    let mut rule = Rule::to(target(config, &written.to.text, &written.to.origin)?);
    rule.when = when;
    rule.mode = match written.mode.unwrap_or(config.forward_mode) {
        config::Mode::Relay => Mode::Relay,
        config::Mode::Async => Mode::Async,
    };
    rule.within = written.timeout.unwrap_or(config.forward_timeout);
    rule.retry = written.retry.unwrap_or(config.retry);
    Ok(if written.order.unwrap_or(config.forward_order) { rule.in_order(before) } else { rule })
}

/// A target by its name, else by its URL; `said` is where it was written, for complaints.
pub(super) fn target(config: &Config, to: &str, said: &dyn Display) -> Result<Target, Refused> {
    if let Some(named) = config.target_named(to) {
        return interface::found(config, named);
    }
    Target::parse(to).map_err(|error| {
        let names: Vec<&str> = config.targets.iter().filter_map(Target::name).collect();
        let hint = crate::model::did_you_mean(to, names.iter().copied());
        let shown = Printable::limited(to.as_bytes(), 60);
        let or = if names.is_empty() { String::new() } else { format!("; nor is {shown} the name of a target{hint}") };
        Refused::because(format!("{said}: {error}{or}"))
    })
}

/// What the screen calls the place where captures go.
pub(super) fn label(rules: &[Rule]) -> Option<String> {
    match rules {
        [] => None,
        [one] => Some(one.target.label()),
        [first, rest @ ..] if rest.iter().all(|rule| rule.target == first.target) => Some(first.target.label()),
        several => Some(format!("{} targets", several.len())),
    }
}

/// What the listener asks of each capture: the answering of handshakes, where that is wanted, and forwarding.
pub(super) fn onward(config: &Config, forward: Option<&Forward>) -> Option<Arc<dyn Onward>> {
    let next = forward.map(Forward::onward);
    if config.handshakes.is_empty() { next } else { Some(Arc::new(Answering::new(&config.handshakes, next))) }
}

/// Forwards by these rules, if there are any; never to `own`.
pub(super) fn start(
    config: &Config,
    store: &Store,
    own: SocketAddr,
    rules: Vec<Rule>,
) -> Result<Option<Forward>, Refused> {
    if rules.is_empty() {
        return Ok(None);
    }
    // Where a rule asks for verdicts, no capture waits for a password manager.
    if rules.iter().any(|rule| rule.when.as_ref().is_some_and(|when| when.asks_about("signature"))) {
        signature::judge().read(|_| true);
    }
    let client = Client::new(Settings { own: vec![own], ..interface::sending(config) })?;
    let (store, framing, clock) = (store.clone(), config.framing, Timestamp::now);
    // The hasher of the standard library begins with numbers of the system's.
    let random = || RandomState::new().hash_one(0);
    Ok(Some(Forward::new(Needs { store, client, framing, clock, random }, rules)))
}
