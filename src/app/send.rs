//! `creel send`: samples of providers' events, made, signed and sent as captures are replayed.
//!
//! Decided: without `--to` it goes to the creel that writes the inbox of the configuration, which says in its lock where it
//! listens. A secret that is made is printed once, with what to do with it, and is nowhere else.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    Ended, Refused, commands, forwarding, interface, logging, print, replay, runtime, secrets,
    shelf::{self, say},
};
use crate::cli::{Print, SendArgs};
use crate::config::Config;
use crate::model::{AttemptIds, Capture, Printable};
use crate::process::{self, Signals};
use crate::replay::{Client, Control, Needs, PlanOptions, Schedule, Sign, Supply, Target, Unread};
use crate::resend::{Form, Orders};
use crate::resign;
use crate::sample::{self, Order, Sample, Set, Signer};
use crate::signature;

/// Sends what was asked for, or lists what there is.
pub(super) fn send(args: &SendArgs) -> Result<Ended, Refused> {
    let Some(name) = args.sample.as_deref().filter(|_| !args.list) else { return list(args.output) };
    let sample = sample::named(name).map_err(Refused::because)?;
    let sets = args.sets.iter().map(|text| {
        let refuse =
            |why: String| Refused::because(format!("--set {}: {why}", Printable::limited(text.as_bytes(), 60)));
        text.parse::<Set>().map_err(refuse)
    });
    let sets: Vec<Set> = sets.collect::<Result<_, _>>()?;
    let given = [args.sending.given(), args.judging.given()].concat();
    let config = commands::load(&given, &args.configuration)?;
    logging::start(config.log.as_deref())?;
    for warning in config.warnings.iter().chain(&secrets::appoint(&config)) {
        say(warning);
    }
    let target = target(args, &config)?;
    let judge = signature::judge();
    let path = target.join(b"/");
    let secrets = if args.invalid_signature { Vec::new() } else { judge.of(sample.provider, &path) };
    let (signer, why) = sample::signer(sample, &secrets);
    told(args, sample, &signer, why.as_deref());
    let url = judge
        .public()
        .first()
        .filter(|_| signs_public(sample))
        .map_or_else(|| target.url(), |public| public_url(public, &target));
    let made = || {
        let seed = RandomState::new().hash_one(0);
        let now = Timestamp::now();
        // The target's own path is put before it where it is sent.
        let order = Order { sample, now, seed, target: "/", url: &url, sets: &sets, stale: args.stale };
        sample::make(&order, &signer).map(|made| Arc::new(made.capture))
    };
    // What is wrong with it is said before anything is sent.
    made().map_err(Refused::because)?;
    let needs = Needs {
        client: Client::new(interface::sending(&config))?,
        targets: [target].into(),
        each: None,
        // It is signed already, perhaps wrongly on purpose.
        options: PlanOptions { sign: Some(Sign::Captured), ..PlanOptions::default() },
        ids: AttemptIds::default(),
        clock: Timestamp::now,
        random: || RandomState::new().hash_one(0),
        sign: resign::signed,
    };
    let control = Control::default();
    let orders = Orders {
        needs,
        schedule: Schedule::default(),
        expected: "status:2xx".parse().into_iter().collect(),
        form: match args.output {
            Print::Text => Form::Text,
            Print::Json => Form::Json,
        },
        bar: None,
        source: "the sample".to_owned(),
        control: control.clone(),
        keeping: None,
    };
    let mut making = Making { made, times: args.times.into() };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::start(None, || {}).map_err(|error| interface::no_signals(&error))?;
        let mut sending = std::pin::pin!(replay::send(&orders, &mut making));
        tokio::select! {
            result = &mut sending => Ok(replay::ended(result?)),
            signal = signals.next() => {
                control.cancel();
                let result = sending.await;
                match signal {
                    process::Signal::Quit(number) => Ok(Ended::Signal(number)),
                    _ => Ok(replay::ended(result?)),
                }
            }
        }
    });
    runtime.shutdown_background();
    ended
}

/// Samples, each made when it is asked for.
struct Making<F> {
    made: F,
    times: u64,
}

impl<F: Fn() -> Result<Arc<Capture>, String> + Send + Sync> Supply for Making<F> {
    fn known(&self) -> Option<u64> {
        Some(self.times)
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        Ok(self.times)
    }

    async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
        let made = (at < self.times).then(|| (self.made)()).transpose();
        made.map_err(|sentence| Unread { sentence, ends: true })
    }
}

/// Where it goes.
fn target(args: &SendArgs, config: &Config) -> Result<Target, Refused> {
    if let Some(to) = &args.to {
        return forwarding::target(config, to, &"--to");
    }
    let holder = shelf::inboxes()?.holder(&config.inbox);
    let url = holder.and_then(|holder| holder.url).ok_or_else(|| {
        Refused::because(format!(
            "no creel listens for the inbox `{}`, so say where to send it: --to URL",
            Printable::from(config.inbox.to_string().as_str())
        ))
    })?;
    Target::parse(&url).map_err(Refused::because)
}

/// Whether a scheme of its provider signs the URL.
fn signs_public(sample: &Sample) -> bool {
    signature::of(sample.provider).any(signature::is_url_signed)
}

/// The URL that a receiver takes itself to have, where it is behind another name than it is sent to.
fn public_url(public: &str, target: &Target) -> String {
    let base = if public.contains("://") { public.to_owned() } else { format!("https://{public}") };
    let after = base.find("://").map_or(0, |at| at + 3);
    let path = base.get(after..).and_then(|rest| rest.find('/')).is_some_and(|at| base.len() > after + at + 1);
    if path {
        return base;
    }
    let sent = target.join(b"/");
    format!("{}{}", base.trim_end_matches('/'), String::from_utf8_lossy(&sent))
}

/// Says with what it is signed, where that is not what the user named.
fn told(args: &SendArgs, sample: &Sample, signer: &Signer<'_>, why: Option<&str>) {
    if args.invalid_signature {
        return;
    }
    let provider = sample.provider;
    let none = why.map_or_else(|| format!("no secret of {provider} is known"), str::to_owned);
    match signer {
        Signer::Known(..) => {}
        Signer::Unsigned => say(&format!("{provider} does not sign, so this is not signed")),
        Signer::MadeUp(_) => say(&format!(
            "{none}, and only {provider} has the key, so the signature is made up; a private key of yours signs it: \
             --secret {provider}=file:KEY.pem"
        )),
        Signer::Generated(_, made) => {
            let name = format!("{}_SECRET", provider.to_ascii_uppercase().replace('-', "_"));
            let value = String::from_utf8_lossy(made.checks.bytes()).into_owned();
            say(&format!(
                "{none}, so this is signed with one that is made for it; to check it, here or in your handler:"
            ));
            say(&format!("  export {name}='{value}'"));
            say(&format!("  creel --secret {provider}=env:{name}"));
        }
    }
}

/// The samples, one a line.
fn list(output: Print) -> Result<Ended, Refused> {
    let widest = sample::all().iter().map(|sample| sample.full_name().len()).max().unwrap_or(0);
    let lines = sample::all().iter().map(|sample| match output {
        Print::Text => format!("{:widest$}  {}\n", sample.full_name(), sample.about),
        Print::Json => {
            let line = serde_json::json!({
                "type": "sample", "name": sample.full_name(), "provider": sample.provider, "event": sample.event(),
                "about": sample.about,
            });
            format!("{line}\n")
        }
    });
    print(&lines.collect::<String>())
}
