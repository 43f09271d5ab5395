//! One timer for deadlines that move: set when first needed, and touched again only when a deadline comes nearer, another
//! task asks, or the timer has rung too early. Deadlines nearly always move away, so a busy connection leaves the clockwork
//! alone.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    timer: Option<Pin<Box<Sleep>>>,
    /// Whom it will wake.
    waker: Option<Waker>,
}

impl Alarm {
    /// Ready once that moment has come; otherwise the task is woken then, or earlier.
    pub(super) fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        } else if !timer.is_elapsed() && self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        while timer.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, time::Duration};

    #[tokio::test(start_paused = true)]
    async fn it_rings_when_the_last_deadline_given_has_come() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let mut asked = 0;
        poll_fn(|cx| {
            asked += 1;
            // The deadline moves away while the first is awaited.
            alarm.poll_until(cx, start + Duration::from_secs(if asked == 1 { 10 } else { 30 }))
        })
        .await;
        assert_eq!(start.elapsed().as_secs(), 30);
        poll_fn(|cx| alarm.poll_until(cx, start + Duration::from_secs(60))).await;
        let nearer = start + Duration::from_secs(70);
        let mut asked = 0;
        poll_fn(|cx| {
            asked += 1;
            let deadline = if asked == 1 { start + Duration::from_secs(600) } else { nearer };
            let polled = alarm.poll_until(cx, deadline);
            if asked == 1 {
                cx.waker().wake_by_ref();
            }
            polled
        })
        .await;
        assert_eq!(start.elapsed().as_secs(), 70);
    }
}
