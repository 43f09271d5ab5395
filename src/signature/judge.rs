//! The judge: has the secrets, says which scheme a capture is to be checked by, and keeps the verdicts of captures.
//!
//! Decided: there is one for the process, because the secrets are those of its configuration, and a query, a line of output
//! and the list must say the same of a capture. A verdict is computed when somebody asks, never where captures come in, and
//! kept by the capture's id in a store of bounded size. Secrets are
//! read when one is first needed, because reading one may mean to run a password manager. Where several schemes of a provider are there, the strongest one that
//! a secret is known for decides, and each is reported.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use zeroize::Zeroizing;

use super::{Age, Finding, Message, Named, Place, Secret, Verdict, diagnose, doctor::Diagnosis, of, verify};
use crate::model::{Capture, CaptureId, Printable};
use crate::provider::{self, Provider};

/// How many verdicts one of the two generations of the store has.
const KEPT: usize = 16 * 1024;

/// A verdict, and by which scheme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The scheme's name.
    pub scheme: &'static str,
    /// What came of it.
    pub verdict: Verdict,
}

/// All that is known of a capture's signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Who sent it.
    pub provider: &'static Provider,
    /// What each scheme of it says; at least one.
    pub findings: Vec<Finding>,
    /// Which of them decides.
    pub main: usize,
    /// What went wrong, where that was found out.
    pub diagnosis: Option<Diagnosis>,
}

impl Report {
    /// The finding that decides.
    pub fn decisive(&self) -> Option<&Finding> {
        self.findings.get(self.main)
    }
}

#[derive(Default)]
struct Kept {
    young: HashMap<CaptureId, Option<Standing>>,
    old: HashMap<CaptureId, Option<Standing>>,
}

/// Reads a secret, or says in a sentence why it is not there.
pub type Read = Box<dyn Fn(&Named) -> Result<Zeroizing<Vec<u8>>, String> + Send + Sync>;

/// A secret, once it was read; nothing inside where that failed.
struct Lazy {
    named: Named,
    secret: OnceLock<Option<Secret>>,
}

/// See the head of this file.
pub struct Judge {
    secrets: Vec<Lazy>,
    read: Read,
    /// Why secrets are not there: whose, a sentence, and whether that was told.
    complaints: Mutex<Vec<(String, String, bool)>>,
    age: Age,
    public: Vec<String>,
    kept: Mutex<Kept>,
}

impl Judge {
    /// A judge with these secrets. `public` are the URLs under which creel can be reached.
    pub fn new(secrets: Vec<Secret>, age: Age, public: Vec<String>) -> Self {
        let there = |secret: Secret| Lazy { named: secret.named.clone(), secret: OnceLock::from(Some(secret)) };
        let secrets = secrets.into_iter().map(there).collect();
        let read: Read = Box::new(|_| Err("nobody reads secrets".to_owned()));
        Self { secrets, read, complaints: Mutex::default(), age, public, kept: Mutex::default() }
    }

    /// A judge that reads these secrets as they are needed.
    pub fn reading(secrets: Vec<Named>, read: Read, age: Age, public: Vec<String>) -> Self {
        let secrets = secrets.into_iter().map(|named| Lazy { named, secret: OnceLock::new() }).collect();
        Self { secrets, read, ..Self::new(Vec::new(), age, public) }
    }

    /// Reads the secrets that `which` says yes for, without being asked for a verdict.
    pub fn read(&self, which: impl Fn(&Named) -> bool) {
        self.secrets.iter().filter(|lazy| which(&lazy.named)).for_each(|lazy| _ = self.get(lazy));
    }

    /// Why secrets are not there that were to be read, a sentence each, each given once.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = complaints.iter_mut().filter_map(|(_, sentence, told)| {
            let new = !std::mem::replace(told, true);
            new.then(|| sentence.clone())
        });
        untold.collect()
    }

    fn get<'a>(&self, lazy: &'a Lazy) -> Option<&'a Secret> {
        let read = || {
            let why = match (self.read)(&lazy.named) {
                Ok(value) if value.is_empty() => "is empty".to_owned(),
                Ok(value) => return Some(Secret::new(lazy.named.clone(), value)),
                Err(why) => format!("is not there: {why}"),
            };
            let shown = Printable::limited(lazy.named.to_string().as_bytes(), 120);
            let complaint = (lazy.named.provider.clone(), format!("the secret {shown} {why}"), false);
            self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
            None
        };
        lazy.secret.get_or_init(read).as_ref()
    }

    /// Under which URLs creel can be reached.
    pub fn public(&self) -> &[String] {
        &self.public
    }

    /// The secrets that captures of a provider are checked with: those of the path where it has its own, else those for all
    /// paths. Reads them where that was not done before, which may mean to wait for a command.
    pub fn of(&self, provider: &str, path: &[u8]) -> Vec<&Secret> {
        let own = || self.secrets.iter().filter(|lazy| lazy.named.provider == provider && lazy.named.is_for(path));
        let narrow = own().any(|lazy| lazy.named.path.is_some());
        own().filter(|lazy| lazy.named.path.is_some() || !narrow).filter_map(|lazy| self.get(lazy)).collect()
    }

    /// The verdict on a capture; nothing where its sender is not known or does not sign. Reads its body where that was not
    /// done before, which may wait for the disk.
    pub fn standing(&self, capture: &Capture) -> Option<Standing> {
        let locked = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let kept = locked();
            if let Some(known) = kept.young.get(&capture.id).or_else(|| kept.old.get(&capture.id)) {
                return *known;
            }
        }
        let standing = self.findings(capture, None).and_then(|report| {
            let finding = report.decisive()?;
            Some(Standing { scheme: finding.scheme.name, verdict: finding.verdict })
        });
        let mut kept = locked();
        if kept.young.len() >= KEPT {
            kept.old = std::mem::take(&mut kept.young);
        }
        kept.young.insert(capture.id, standing);
        standing
    }

    /// Everything about a capture's signature, and what the doctor says. `provider` is who sent it, where the user says so.
    pub fn report(&self, capture: &Capture, provider: Option<&'static Provider>) -> Option<Report> {
        let mut report = self.findings(capture, provider)?;
        let finding = report.decisive()?;
        let message = Message::of(capture, &self.public);
        let mine = self.of(report.provider.name, message.path());
        // No command is run for what is only tried.
        let known: Vec<Secret> = self.secrets.iter().filter_map(|lazy| lazy.secret.get()?.clone()).collect();
        report.diagnosis = diagnose(&message, finding, &mine, &known);
        Some(report)
    }

    /// Who sent a capture: as it is recognised, else as the secret for its path says, else as a header does that something
    /// on the way renamed.
    pub fn sender_of(&self, capture: &Capture) -> Option<&'static Provider> {
        provider::which(capture).or_else(|| {
            let path = capture.head.path();
            let own = self.secrets.iter().find(|lazy| lazy.named.path.is_some() && lazy.named.is_for(path));
            let name = own.map(|lazy| lazy.named.provider.as_str()).or_else(|| renamed(capture))?;
            provider::named(name)
        })
    }

    fn findings(&self, capture: &Capture, provider: Option<&'static Provider>) -> Option<Report> {
        let path = capture.head.path();
        let provider = provider.or_else(|| self.sender_of(capture))?;
        let message = Message::of(capture, &self.public);
        let secrets = self.of(provider.name, path);
        let all: Vec<Finding> = of(provider.name).map(|scheme| verify(scheme, &message, &secrets, self.age)).collect();
        let there: Vec<Finding> = all.iter().filter(|finding| finding.verdict != Verdict::Missing).cloned().collect();
        let findings = if there.is_empty() { all.into_iter().take(1).collect() } else { there };
        if findings.is_empty() {
            return None;
        }
        let main = findings.iter().position(|finding| finding.verdict != Verdict::NoSecret).unwrap_or(0);
        let mut findings = findings;
        if let Some(finding) = findings.get_mut(main).filter(|finding| finding.verdict == Verdict::NoSecret) {
            let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
            let own = complaints.iter().find(|(owner, _, _)| owner == provider.name);
            finding.why = finding.why.take().or_else(|| own.map(|(_, sentence, _)| sentence.clone()));
        }
        Some(Report { provider, findings, main, diagnosis: None })
    }
}

/// The provider whose signature's header stands behind other words: `X-Original-Stripe-Signature`. Only headers that have the
/// provider's name in them say so: many have an `X-Signature`.
fn renamed(capture: &Capture) -> Option<&'static str> {
    let plain = |text: &str| text.replace('-', "").to_ascii_lowercase();
    let is_behind = |own: &[u8], name: &str| {
        let (before, rest) = own.split_at_checked(own.len().saturating_sub(name.len())).unwrap_or_default();
        before.ends_with(b"-") && rest.eq_ignore_ascii_case(name.as_bytes())
    };
    capture.head.headers().find_map(|header| {
        let scheme = super::all().find(|scheme| {
            matches!(scheme.at, Place::Header(name)
                if is_behind(header.name, name) && plain(name).contains(&plain(scheme.provider)))
        })?;
        Some(scheme.provider)
    })
}

static JUDGE: RwLock<Option<Arc<Judge>>> = RwLock::new(None);

/// Makes a judge the one of the process. The one before is dropped, and its secrets are wiped, once nobody uses it.
pub fn appoint(judge: Option<Judge>) {
    *JUDGE.write().unwrap_or_else(PoisonError::into_inner) = judge.map(Arc::new);
}

/// The judge of the process; one without secrets where none was appointed.
pub fn judge() -> Arc<Judge> {
    let appointed = JUDGE.read().unwrap_or_else(PoisonError::into_inner).clone();
    appointed.unwrap_or_else(|| Arc::new(Judge::new(Vec::new(), Age::Scheme, Vec::new())))
}
