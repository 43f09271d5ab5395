//! What a run may cost, counted where values are made, copied and compared, and where filters are called.
//!
//! The interpreter has no fuel of its own, so everything it does with a value or a context goes through here: values are
//! ours ([`super::value`]), and so is the data in a context, which is copied for every call. Past a limit the run is
//! unwound: no expression can catch that, and nothing of it is printed.
//!
//! Decided: time, the values that are alive, the depth of the stack, the number of calls, and in a path the steps into
//! nothing. The last two bound what the interpreter keeps for itself, which is freed by recursion: a chain of closures or
//! a path as long as the calls that made it must fit on the stack when it goes.

use std::{
    cell::{Cell, RefCell},
    panic::resume_unwind,
    time::Instant,
};

use super::{Limits, Stopped};
use crate::decode::Cancelled;

/// How much stack a run has, in bytes of addresses; what is not used costs nothing.
pub(super) const STACK: usize = 512 << 20;
/// How much of it calls may use; what is freed at the end has the rest.
const CALLS: usize = 128 << 20;
/// After how much work the clock is looked at: a few microseconds.
const SLICE: i64 = 512;
/// How many calls a run may make.
const STEPS: u64 = 2_000_000;
/// How many steps a path may have into what is not there.
const PATH: u32 = 50_000;

thread_local! {
    static METER: Meter = const { Meter {
        live: Cell::new(0),
        memory: Cell::new(usize::MAX),
        left: Cell::new(SLICE),
        steps: Cell::new(0),
        in_path: Cell::new(0),
        path: Cell::new(0),
        base: Cell::new(usize::MAX),
        watch: RefCell::new(None),
    } };
}

/// What the thread of a run has used.
struct Meter {
    live: Cell<usize>,
    memory: Cell<usize>,
    left: Cell<i64>,
    steps: Cell<u64>,
    in_path: Cell<u32>,
    path: Cell<u32>,
    base: Cell<usize>,
    watch: RefCell<Option<(Instant, Cancelled)>>,
}

/// Begins a run on this thread; the time runs from now on.
pub(super) fn begin(limits: &Limits, cancelled: &Cancelled) {
    METER.with(|meter| {
        meter.live.set(0);
        meter.memory.set(limits.memory);
        meter.left.set(0);
        meter.steps.set(0);
        meter.in_path.set(0);
        meter.path.set(0);
        meter.base.set(here());
        *meter.watch.borrow_mut() = Some((Instant::now() + limits.time, cancelled.clone()));
    });
}

/// Begins the time anew: what came before was reading, not running.
pub(super) fn restart(limits: &Limits) {
    METER.with(|meter| {
        if let Some((end, _)) = meter.watch.borrow_mut().as_mut() {
            *end = Instant::now() + limits.time;
        }
    });
}

/// Ends the run. Values may go while a run is being ended, so nothing is stopped twice.
pub(super) fn stop(why: Stopped) {
    if !std::thread::panicking() {
        resume_unwind(Box::new(why));
    }
}

/// Work that takes about as long as copying `bytes` bytes.
pub(super) fn tick(bytes: usize) {
    METER.with(|meter| {
        let left = meter.left.get() - 1 - i64::try_from(bytes / 64).unwrap_or(i64::MAX / 2);
        meter.left.set(left);
        if left < 0 {
            meter.left.set(SLICE);
            let end = match meter.watch.borrow().as_ref() {
                Some((_, cancelled)) if cancelled.is_cancelled() => Some(Stopped::Cancelled),
                Some((end, _)) if Instant::now() >= *end => Some(Stopped::Time),
                _ => None,
            };
            if let Some(why) = end {
                stop(why);
            }
        }
        if meter.base.get().saturating_sub(here()) > CALLS {
            stop(Stopped::Depth);
        }
    });
}

/// A filter is called.
pub(super) fn step() {
    METER.with(|meter| {
        meter.steps.set(meter.steps.get() + 1);
        if meter.steps.get() > STEPS {
            stop(Stopped::Steps);
        }
    });
    tick(0);
}

/// Something is looked up in what is not there, or cut out of a list: the only steps of which a path may have any number.
pub(super) fn step_into_nothing() {
    METER.with(|meter| {
        if meter.in_path.get() > 0 {
            meter.path.set(meter.path.get() + 1);
            if meter.path.get() > PATH {
                stop(Stopped::Steps);
            }
        }
    });
}

/// Does something while a path is made.
pub(super) fn in_path<T>(work: impl FnOnce() -> T) -> T {
    METER.with(|meter| meter.in_path.set(meter.in_path.get() + 1));
    let made = work();
    METER.with(|meter| meter.in_path.set(meter.in_path.get() - 1));
    made
}

/// Values of that many bytes come to life.
pub(super) fn charge(bytes: usize) {
    METER.with(|meter| {
        let live = meter.live.get().saturating_add(bytes);
        meter.live.set(live);
        if live > meter.memory.get() {
            stop(Stopped::Memory);
        }
    });
    tick(bytes);
}

/// They go.
pub(super) fn release(bytes: usize) {
    // A value may go with its thread, when the meter has gone.
    let _ = METER.try_with(|meter| meter.live.set(meter.live.get().saturating_sub(bytes)));
}

/// About where the stack is.
fn here() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}
