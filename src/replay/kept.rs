//! Connections that are kept from one attempt to the next, within one run of many.
//!
//! Decided: a connection is kept only after one plain message each way that ended as HTTP/1.1 says, and only for
//! [`IDLE`], which is less than servers wait before they close one. A target that closes one all the same, without having
//! answered anything on it, gets no kept connection any more in the run, and the message once more on one of its own, as
//! curl does it. Refused: keeping them between runs or for a single replay, whose outcome is to depend on nothing before
//! it; and keeping one over which a body went with a method that need not have one, because handlers that do not read it
//! take it for the next message.

use std::{
    collections::{HashMap, HashSet},
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use hyper::client::conn::http1::SendRequest;
use tokio::time::Instant;

use super::{Plan, Target, driver::Driver, outgoing::Outgoing, wire::Tap};

/// How long a connection may have been idle. Servers close theirs after 5 s and more, but for those that keep none.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// A connection that speaks HTTP/1.1.
pub(super) struct Link {
    pub(super) sender: SendRequest<Outgoing>,
    pub(super) driver: Driver,
    pub(super) tap: Tap,
    /// Whether a message went over it already.
    pub(super) used: bool,
}

impl Link {
    /// Whether the next message can be sent on it now. Sees that the target has closed it.
    async fn is_ready(&mut self) -> bool {
        let Self { sender, driver, .. } = self;
        let mut ready = pin!(driver.run(sender.ready()));
        poll_fn(|cx| Poll::Ready(matches!(ready.as_mut().poll(cx), Poll::Ready(Ok(()))))).await
    }
}

/// What must be the same for a connection to serve.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    authority: String,
    https: bool,
    insecure: bool,
    /// Whether HTTP/2 was offered.
    http2: bool,
}

impl Key {
    fn of(plan: &Plan) -> Self {
        let target: &Target = plan.target();
        let (https, insecure) = (target.is_https(), target.options().insecure);
        Self { authority: target.address(), https, insecure, http2: plan.http2().is_some() }
    }
}

#[derive(Default)]
struct Links {
    idle: HashMap<Key, Vec<(Instant, Link)>>,
    closes: HashSet<Key>,
}

/// See the head of this file. Clones share the connections, which are closed with the last of them.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Links>>);

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

impl Kept {
    /// A connection for a plan that can be sent on now.
    pub(super) async fn take(&self, plan: &Plan) -> Option<Link> {
        let key = Key::of(plan);
        loop {
            let (since, mut link) = self.lock().idle.get_mut(&key)?.pop()?;
            if since.elapsed() < IDLE && link.is_ready().await {
                return Some(link);
            }
        }
    }

    /// Keeps a connection after the answer to a plan has come whole.
    pub(super) fn put(&self, plan: &Plan, mut link: Link) {
        let key = Key::of(plan);
        link.used = true;
        let mut links = self.lock();
        if !links.closes.contains(&key) {
            links.idle.entry(key).or_default().push((Instant::now(), link));
        }
    }

    /// The target has closed a kept connection under a message: it is to have no other.
    pub(super) fn give_up(&self, plan: &Plan) {
        let key = Key::of(plan);
        let mut links = self.lock();
        links.idle.remove(&key);
        links.closes.insert(key);
    }

    fn lock(&self) -> MutexGuard<'_, Links> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether every handler knows where the message ends, also one that does not read what it did not expect.
pub(super) fn is_plain(plan: &Plan) -> bool {
    plan.body().is_empty() || matches!(plan.method().as_str(), "POST" | "PUT" | "PATCH")
}
