//! jq: an expression applied to the JSON of a body, within limits that nothing gets past.
//!
//! Decided: the language is jaq's, an interpreter of jq. It has no limits of its own, so what it works on is ours: values
//! that are counted ([`value`]), and a context that is counted for every call ([`meter`]). A run has a thread and a stack of
//! its own, and ends by itself: past its time, its memory, its depth or its output it is unwound from within, so nothing is
//! left running behind the reader's back. What an expression is refused is in [`natives`]: whatever reaches outside of the
//! body, and the few functions that take as long as their argument is large.
//!
//! Refused: a process for each run, which would hold memory from outside, because the same limits hold here without one,
//! and a query runs expressions over thousands of bodies. Not limited from within are single steps of the libraries below,
//! none of which takes more than some seconds: a search of a regular expression, and formats that make a text of at most 8
//! MiB some times as long.

mod access;
mod arithmetic;
mod matching;
mod meter;
mod mistake;
mod natives;
mod read;
mod value;
mod write;

#[cfg(test)]
mod tests;

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use jaq_core::{
    Ctx, Native, Vars,
    load::{Arena, File, Loader},
};

pub use mistake::Mistake;
use natives::{Data, Kind};

use super::Cancelled;
use crate::model::{Period, Printable, Size};

/// How long an expression may be, in bytes.
pub const LONGEST: usize = 4096;

/// What a run may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may run, the reading of the body not counted.
    pub time: Duration,
    /// How much it may print, in bytes.
    pub output: usize,
    /// How many values it may print.
    pub values: usize,
    /// How much its values may take in memory, in bytes; a body read takes some times its size.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_millis(500), output: 8 << 20, values: 100_000, memory: 256 << 20 }
    }
}

/// An expression that can be run, on any thread, any number of times. Cheap to clone.
#[derive(Clone)]
pub struct Program(Arc<jaq_core::compile::Filter<Native<Kind>>>);

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Program")
    }
}

/// What came of a run.
#[derive(Clone, Default, Debug)]
pub struct Results {
    /// The values, JSON, one a line.
    pub text: Bytes,
    /// How many there are.
    pub count: usize,
    /// Whether the last of them is neither null nor false.
    pub truth: bool,
    /// Why these are not all, a sentence. Safe to print.
    pub why: Option<String>,
}

/// Why a run was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stopped {
    Cancelled,
    Time,
    Memory,
    Depth,
    Deep,
    Steps,
    Long,
    Output,
    Values,
}

impl Stopped {
    fn sentence(self, limits: &Limits) -> String {
        match self {
            Self::Cancelled => "stopped".to_owned(),
            Self::Time => format!("stopped after {}", Period(limits.time)),
            Self::Memory => format!("stopped: its values took more than {}", Size(limits.memory as u64)),
            Self::Depth => "stopped: it calls itself too deeply".to_owned(),
            Self::Deep => format!("stopped: a value is more than {} levels deep", value::DEEPEST),
            Self::Steps => "stopped: it took too many steps".to_owned(),
            Self::Long => "stopped: a string or a number is too long".to_owned(),
            Self::Output => format!("first {} of the output", Size(limits.output as u64)),
            Self::Values => format!("the first {} values", limits.values),
        }
    }
}

/// Makes an expression ready to run, or says what is wrong with it and where.
pub fn compile(expression: &str) -> Result<Program, Mistake> {
    if expression.len() > LONGEST {
        let sentence = format!("an expression may have at most {LONGEST} bytes");
        return Err(Mistake { span: LONGEST..expression.len(), sentence });
    }
    let source = expression.to_owned();
    let done = on_own_stack(move || {
        let arena = Arena::default();
        let file = File { code: source.as_str(), path: () };
        let loaded = Loader::new(natives::definitions()).load(&arena, file);
        let modules = loaded.map_err(|errors| mistake::unreadable(&source, &errors))?;
        let compiled = jaq_core::Compiler::default().with_funs(natives::natives()).compile(modules);
        compiled.map_err(|errors| mistake::undefined(&source, &errors))
    });
    match done {
        Some(Ok(Ok(filter))) => Ok(Program(Arc::new(filter))),
        Some(Ok(Err(mistake))) => Err(mistake),
        Some(Err(_)) => Err(Mistake { span: 0..expression.len(), sentence: FAULT.to_owned() }),
        None => Err(Mistake { span: 0..expression.len(), sentence: NO_THREAD.to_owned() }),
    }
}

const FAULT: &str = "the interpreter failed on this expression, which is a fault in creel";
const NO_THREAD: &str = "there is no room for another thread to run it";

/// Runs an expression over the JSON values of a text, one after another. Nothing only when cancelled. Never panics.
///
/// Waits until it is done, which the limits see to; not to be called where waiting is not wanted.
pub fn run(program: &Program, text: &Bytes, limits: &Limits, cancelled: &Cancelled) -> Option<Results> {
    let (program, text, limits_of_run, flag) = (program.clone(), text.clone(), *limits, cancelled.clone());
    let done = on_own_stack(move || {
        let mut sink = Sink::default();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            meter::begin(&limits_of_run, &flag);
            sink.fill(&program, &text, &limits_of_run)
        }));
        let why = match ended {
            Ok(why) => why,
            Err(payload) => Some(reason(payload.as_ref(), &limits_of_run)),
        };
        sink.text.truncate(sink.whole);
        Results { text: sink.text.into(), count: sink.count, truth: sink.truth, why }
    });
    if cancelled.is_cancelled() {
        return None;
    }
    Some(match done {
        Some(Ok(results)) => results,
        Some(Err(payload)) => Results { why: Some(reason(payload.as_ref(), limits)), ..Results::default() },
        None => Results { why: Some(NO_THREAD.to_owned()), ..Results::default() },
    })
}

/// Why a run was unwound.
fn reason(payload: &(dyn Any + Send), limits: &Limits) -> String {
    payload.downcast_ref::<Stopped>().map_or_else(|| FAULT.to_owned(), |stopped| stopped.sentence(limits))
}

/// Does something on a thread with a stack of its own; nothing where there is no room for one.
fn on_own_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<std::thread::Result<T>> {
    let thread = std::thread::Builder::new().name("jq".to_owned()).stack_size(meter::STACK);
    thread.spawn(work).ok().map(std::thread::JoinHandle::join)
}

/// What has been printed.
#[derive(Default)]
struct Sink {
    text: Vec<u8>,
    /// How much of it is whole values.
    whole: usize,
    count: usize,
    truth: bool,
}

impl Sink {
    /// Why it is not all; a limit unwinds.
    fn fill(&mut self, program: &Program, text: &Bytes, limits: &Limits) -> Option<String> {
        let mut at = read::skip(text, 0);
        let mut number = 0;
        let mut failed = None;
        while at < text.len() {
            number += 1;
            let (input, end) = match read::value(text, at) {
                Ok(read) => read,
                Err((at, why)) => return Some(format!("not JSON: {why} at byte {at}")),
            };
            meter::restart(limits);
            let context = Ctx::<Kind>::new(Data(&program.0.lut), Vars::new([]));
            for result in program.0.id.run((context, input)) {
                match result.map_err(jaq_core::Exn::get_err) {
                    Ok(value) => self.print(&value, limits),
                    Err(Ok(error)) => {
                        // What is said is said without quotes.
                        let error = match error.into_val() {
                            value::Val::Str(text) => text.text().into_owned(),
                            other => other.to_string(),
                        };
                        let error = Printable::limited(error.as_bytes(), 200).as_str().to_owned();
                        failed.get_or_insert(if number > 1 { format!("{error} (value {number})") } else { error });
                        break;
                    }
                    Err(Err(_)) => {
                        failed.get_or_insert_with(|| "break outside of its label".to_owned());
                        break;
                    }
                }
            }
            at = read::skip(text, end);
        }
        failed
    }

    fn print(&mut self, value: &value::Val, limits: &Limits) {
        if self.count == limits.values {
            meter::stop(Stopped::Values);
        }
        write::json(value, &mut self.text, limits.output);
        self.text.push(b'\n');
        self.whole = self.text.len();
        self.count += 1;
        self.truth = jaq_core::ValT::as_bool(value);
    }
}
