//! Sending samples: making one, and giving it to the creel that shows it, or to a target.
//!
//! Decided: to creel itself a sample goes as a request over loopback, so that it is caught as anything is; only samples do,
//! and the client for them is another one than that for replays, which never sends to creel. To a target it goes as a draft
//! that is replayed, so that what was sent and what came of it is there to be seen.

use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{
    effect::SampleTo,
    message::{Message, Tone},
};
use crate::model::{Capture, Seq};
use crate::replay::{Client, Plan, PlanOptions, Sign, Target, plan_with};
use crate::sample::{self, Order, Sample, Signer};
use crate::signature;
use crate::store::Store;

/// It is signed already.
fn as_it_is() -> PlanOptions {
    PlanOptions { sign: Some(Sign::Captured), ..PlanOptions::default() }
}

/// Makes a sample for a URL. Gives what is to be known of its signature, too.
fn made(sample: &'static Sample, target: &Target, now: Timestamp) -> Result<(Capture, &'static str), String> {
    let judge = signature::judge();
    let secrets = judge.of(sample.provider, &target.join(b"/"));
    let (signer, _) = sample::signer(sample, &secrets);
    let signed = match signer {
        Signer::Known(..) => "signed",
        Signer::Unsigned => "its provider does not sign",
        Signer::Generated(..) | Signer::MadeUp(_) => "signed with a secret that nobody knows; --secret names one",
    };
    let seed = RandomState::new().hash_one(0);
    let order = Order { sample, now, seed, target: "/", url: &target.url(), sets: &[], stale: false };
    Ok((sample::make(&order, &signer)?.capture, signed))
}

/// Makes a sample at that time and sends it, on a task of its own. What came of it goes to `messages`.
pub(super) fn send(
    client: &Client,
    store: &Store,
    messages: &mpsc::Sender<Message>,
    (sample, to, now): (&'static Sample, SampleTo, Timestamp),
) {
    let (client, store, messages) = (client.clone(), store.clone(), messages.clone());
    tokio::spawn(async move {
        let message = match to {
            SampleTo::Here(url) => here(client, sample, url, now).await,
            SampleTo::Target(target) => to_target(&store, sample, &target, now),
        };
        // Fails only when the interface has ended.
        let _ = messages.send(message).await;
    });
}

/// Sends one to creel itself.
async fn here(client: Client, sample: &'static Sample, url: String, now: Timestamp) -> Message {
    let sent = async {
        let target = Target::parse(&url).map_err(|error| error.to_string())?;
        let (capture, signed) = made(sample, &target, now)?;
        let plan = plan_with(&capture, &target, as_it_is()).map_err(|failure| failure.sentence)?;
        let reply = client.send(&plan).await.map_err(|failure| failure.sentence)?;
        Ok::<_, String>((reply.status, signed))
    };
    let name = sample.full_name();
    match sent.await {
        Ok((status, signed)) => Message::Told(Tone::Good, format!("{name} was sent here: {status}; {signed}")),
        Err(why) => Message::Told(Tone::Bad, format!("{name} was not sent: {why}")),
    }
}

/// Keeps one as a draft, and plans how it goes to a target.
fn to_target(store: &Store, sample: &'static Sample, target: &Target, now: Timestamp) -> Message {
    let planned =
        made(sample, target, now).and_then(|(capture, signed)| Ok((planned(store, capture, target)?, signed)));
    match planned {
        Ok(((seq, plan), signed)) => {
            let words = format!("sample {seq} is on its way to {}; {signed}", target.label());
            Message::Outgoing(seq, plan, words)
        }
        Err(why) => Message::Told(Tone::Bad, format!("{} was not sent: {why}", sample.full_name())),
    }
}

/// Keeps a draft, and plans how it goes to a target as it is.
fn planned(store: &Store, draft: Capture, target: &Target) -> Result<(Seq, Box<Plan>), String> {
    let seq = store.push(draft);
    let draft = store.get(seq).ok_or("there is no room in the ring")?;
    let plan = plan_with(&draft, target, as_it_is()).map_err(|failure| failure.sentence)?;
    Ok((seq, Box::new(plan)))
}

/// The same for a draft that is no sample.
pub(super) fn draft(store: &Store, draft: Capture, target: &Target) -> Message {
    match planned(store, draft, target) {
        Ok((seq, plan)) => Message::Outgoing(seq, plan, format!("{seq} is on its way to {}", target.label())),
        Err(why) => Message::Told(Tone::Bad, format!("it was not sent: {why}")),
    }
}
