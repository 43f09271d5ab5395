//! What moves a connection along while something that depends on it is awaited, and ends all of it when it is dropped.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::task::JoinSet;

/// Tasks that HTTP/2 wants beside its connection, for as long as the [`Driver`] lives.
#[derive(Clone, Debug)]
pub(super) struct Tasks(Weak<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        // Where the driver has gone nobody waits for this any more.
        if let Some(tasks) = self.0.upgrade() {
            tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(future);
        }
    }
}

/// See the head of this file.
#[derive(Default)]
pub(super) struct Driver {
    connection: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Driver {
    /// Where HTTP/2 puts its tasks.
    pub(super) fn tasks(&self) -> Tasks {
        Tasks(Arc::downgrade(&self.tasks))
    }

    /// Takes a connection. Its error also reaches the one who waits for the answer or for its body.
    pub(super) fn drive<C, E>(&mut self, connection: C)
    where
        C: Future<Output = Result<(), E>> + Send + 'static,
        E: 'static,
    {
        self.connection = Some(Box::pin(async move { drop(connection.await) }));
    }

    /// Awaits `future` while the connection goes on.
    pub(super) async fn run<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Some(connection) = &mut self.connection
                && connection.as_mut().poll(cx).is_ready()
            {
                self.connection = None;
            }
            future.as_mut().poll(cx)
        })
        .await
    }
}
