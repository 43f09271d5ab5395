//! Signals, the loss of the terminal, and the end of the process.
//!
//! Decided: signals are heard on a thread of their own, with a runtime of its own, so that they are heard while
//! everything else hangs. The first signal that asks for an end is handed to the program, which stops cleanly; after
//! [`GRACE`] the thread ends the process itself, and so does a second signal from someone who lost patience. A terminal
//! that has gone counts as SIGHUP, found by polling its file descriptor and not by reading it: that holds where SIGHUP is
//! ignored, and a reader that spins on a dead terminal cannot hide it.
//!
//! Decided: a SIGHUP that was ignored when creel was started stays ignored, because that is what `nohup` asks for.
//! SIGINT and SIGQUIT, which shells ignore for background jobs, are heard all the same: whoever sends one to creel means
//! it. Refused: SIGTSTP and SIGCONT where there is no interface; the kernel stops and continues such a process by itself.
//!
//! This module knows nothing else of creel.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{getpid, kill_current_process_group, kill_process},
};
use tokio::{
    signal::unix::{Signal as Stream, SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

/// How long a clean end may take after the signal that asked for it. The promise to the user is two seconds.
pub const GRACE: Duration = Duration::from_millis(1_900);

/// Another signal within this time after the first is the same wish: `timeout` signals its child and then the child's
/// group, and a closing terminal sends SIGHUP along two ways.
const SAME_WISH: Duration = Duration::from_millis(250);

/// What the process was told from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// To end, by the signal of this number; comes once.
    Quit(i32),
    /// To stop (SIGTSTP): give the terminal back, then [`stop`].
    Suspend,
    /// It goes on after a stop (SIGCONT): take the terminal again and draw everything.
    Continue,
}

/// Lets a write beyond the limit on the size of files (`ulimit -f`) fail as any other does, where it would end the process.
pub fn outlive_file_size_limit() {
    // Once something hears the signal, it ends nothing, even after that something has gone. Where it cannot be heard, all is
    // as it was.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}

/// The exit code of a process that a signal ended: 128 and its number, as shells have it.
pub fn exit_code(signal: i32) -> i32 {
    128 + signal
}

/// Whether another program has the terminal, or since when it is ours again.
static LENT: Mutex<Lent> = Mutex::new(Lent { now: false, until: None });

/// See [`LENT`].
#[derive(Clone, Copy)]
struct Lent {
    now: bool,
    until: Option<Instant>,
}

impl Lent {
    fn is_at(self, now: Instant) -> bool {
        self.now || self.until.is_some_and(|until| now.saturating_duration_since(until) < BEHIND)
    }
}

/// How far behind a signal may be heard after another program has given the terminal back. Keys send us none then, since
/// the interface reads them as characters.
const BEHIND: Duration = Duration::from_millis(500);

/// Says whether another program has the terminal. While it has, the signals that its keys send (SIGINT, SIGQUIT) are its
/// own, though they reach the whole job: Ctrl-C in a pager does not end us, also where a busy machine hears it late.
pub fn lend_terminal(lent: bool) {
    let until = (!lent).then(Instant::now);
    *LENT.lock().unwrap_or_else(PoisonError::into_inner) = Lent { now: lent, until };
}

fn is_lent() -> bool {
    LENT.lock().unwrap_or_else(PoisonError::into_inner).is_at(Instant::now())
}

/// Whether a signal is meant for the program that has the terminal.
fn is_for_another(signal: Option<Signal>, lent: bool) -> bool {
    let keys = [SignalKind::interrupt(), SignalKind::quit()].map(|kind| Signal::Quit(kind.as_raw_value()));
    lent && signal.is_some_and(|signal| keys.contains(&signal))
}

/// Whom [`stop`] stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// This process alone: someone sent it SIGTSTP.
    Process,
    /// Its whole process group, as Ctrl-Z does it: what started creel and waits for it must stop too, or the shell never
    /// comes back.
    Job,
}

/// Stops the process until SIGCONT comes.
///
/// By SIGSTOP, because a SIGTSTP that a process of an orphaned group raises is dropped. Another thread may be the one that
/// stops first, so this can return a moment before the stop; whoever needs the moment after waits for
/// [`Signal::Continue`].
pub fn stop(whom: Stop) -> io::Result<()> {
    let stop = rustix::process::Signal::STOP;
    match whom {
        Stop::Process => kill_process(getpid(), stop)?,
        Stop::Job => kill_current_process_group(stop)?,
    }
    Ok(())
}

/// Whether an error of writing says that nobody reads any more: a closed pipe, or a terminal that has gone.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
        || [Errno::IO, Errno::NXIO, Errno::NODEV].iter().any(|gone| error.raw_os_error() == Some(gone.raw_os_error()))
}

/// A token that is cancelled when the other end of `file` is closed: the reader of a pipe, or a terminal.
///
/// Costs a sleeping thread until then. Nothing is read or written.
pub fn when_closed(file: OwnedFd) -> io::Result<CancellationToken> {
    let closed = CancellationToken::new();
    let token = closed.clone();
    thread::Builder::new().name("closed".to_owned()).spawn(move || {
        loop {
            let mut files = [PollFd::new(&file, PollFlags::empty())];
            match poll(&mut files, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::warn!("cannot watch a file for its other end: {error}");
                    return;
                }
            }
            let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
            if files.iter().any(|file| file.revents().intersects(gone)) {
                token.cancel();
                return;
            }
        }
    })?;
    Ok(closed)
}

/// The signals that came and were not yet looked at.
#[derive(Debug)]
pub struct Signals {
    signals: mpsc::Receiver<Signal>,
    looked_ahead: Option<Signal>,
}

impl Signals {
    /// Begins to listen.
    ///
    /// `terminal` is the terminal of the interface where there is one: its loss is SIGHUP, and SIGTSTP and SIGCONT are
    /// heard. `last` is called before the process is ended from here; it must give the terminal back and must not wait
    /// for anything.
    pub fn start(terminal: Option<OwnedFd>, last: fn()) -> io::Result<Self> {
        let gone = terminal.map(when_closed).transpose()?;
        let hang_up_ignored = is_ignored_at_start(SignalKind::hangup());
        let (sender, signals) = mpsc::channel(8);
        let (started, wait) = std::sync::mpsc::sync_channel(1);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = started.send(Err(error));
                    return;
                }
            };
            runtime.block_on(async move {
                match Heard::new(gone, hang_up_ignored) {
                    Ok(heard) => {
                        let _ = started.send(Ok(()));
                        listen(heard, sender, last).await;
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            });
        })?;
        wait.recv().map_err(io::Error::other)??;
        Ok(Self { signals, looked_ahead: None })
    }

    /// The next signal. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Signal {
        let first = match self.looked_ahead.take() {
            Some(signal) => signal,
            None => match self.signals.recv().await {
                Some(signal) => signal,
                // The thread lives as long as the process; without it there is nothing more to hear.
                None => std::future::pending().await,
            },
        };
        // Whoever continued us after asking us to stop would wait for ever if we stopped now.
        if first == Signal::Suspend {
            match self.signals.try_recv() {
                Ok(Signal::Continue) => return Signal::Continue,
                Ok(other) => self.looked_ahead = Some(other),
                Err(_) => {}
            }
        }
        first
    }
}

/// What the thread listens to. A stream that is not there never says anything.
struct Heard {
    interrupt: Stream,
    terminate: Stream,
    quit: Stream,
    hang_up: Option<Stream>,
    suspend: Option<Stream>,
    resume: Option<Stream>,
    gone: Option<CancellationToken>,
}

/// SIGTSTP and SIGCONT, which tokio has no name for. Their numbers differ between systems.
fn job_control() -> (SignalKind, SignalKind) {
    use rustix::process::Signal;
    (SignalKind::from_raw(Signal::TSTP.as_raw()), SignalKind::from_raw(Signal::CONT.as_raw()))
}

impl Heard {
    fn new(gone: Option<CancellationToken>, hang_up_ignored: bool) -> io::Result<Self> {
        let (stop, go_on) = job_control();
        let interface = gone.is_some();
        let when = |wanted: bool, kind| if wanted { signal(kind).map(Some) } else { Ok(None) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hang_up: when(!hang_up_ignored, SignalKind::hangup())?,
            suspend: when(interface, stop)?,
            resume: when(interface, go_on)?,
            gone,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = one(Some(&mut self.interrupt)) => Signal::Quit(SignalKind::interrupt().as_raw_value()),
            () = one(Some(&mut self.terminate)) => Signal::Quit(SignalKind::terminate().as_raw_value()),
            () = one(Some(&mut self.quit)) => Signal::Quit(SignalKind::quit().as_raw_value()),
            () = one(self.hang_up.as_mut()) => Signal::Quit(SignalKind::hangup().as_raw_value()),
            () = one(self.suspend.as_mut()) => Signal::Suspend,
            () = one(self.resume.as_mut()) => Signal::Continue,
            () = lost(self.gone.as_ref()) => {
                self.gone = None;
                Signal::Quit(SignalKind::hangup().as_raw_value())
            }
        }
    }
}

async fn one(stream: Option<&mut Stream>) {
    if let Some(stream) = stream
        && stream.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

async fn lost(gone: Option<&CancellationToken>) {
    match gone {
        Some(gone) => gone.cancelled().await,
        None => std::future::pending().await,
    }
}

async fn listen(mut heard: Heard, sender: mpsc::Sender<Signal>, last: fn()) {
    // Kept aside, so that the one signal that must not be lost always finds room.
    let mut room_to_quit = sender.clone().reserve_owned().await.ok();
    let mut quitting: Option<(i32, Instant)> = None;
    loop {
        let limit = async {
            match quitting {
                Some((_, since)) => tokio::time::sleep_until((since + GRACE).into()).await,
                None => std::future::pending().await,
            }
        };
        let signal = tokio::select! {
            signal = heard.next() => Some(signal),
            () = limit => None,
        };
        if is_for_another(signal, is_lent()) {
            continue;
        }
        match decide(signal, quitting, Instant::now()) {
            Step::Begin(number) => {
                quitting = Some((number, Instant::now()));
                if let Some(room) = room_to_quit.take() {
                    room.send(Signal::Quit(number));
                }
            }
            // A full channel holds the same word already.
            Step::Tell(signal) => drop(sender.try_send(signal)),
            Step::End(code) => {
                last();
                std::process::exit(code);
            }
            Step::Nothing => {}
        }
    }
}

/// What the thread does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// Tells the program to end.
    Begin(i32),
    /// Tells it something else.
    Tell(Signal),
    /// Ends the process with this code.
    End(i32),
    Nothing,
}

/// What follows from a signal, or from none within [`GRACE`], while the program was told to end by that signal at that
/// time or not at all.
fn decide(signal: Option<Signal>, quitting: Option<(i32, Instant)>, now: Instant) -> Step {
    match (signal, quitting) {
        (Some(Signal::Quit(number)), None) => Step::Begin(number),
        // A lost terminal says so more than once; that is nobody's impatience.
        (Some(Signal::Quit(number)), Some(_)) if number == SignalKind::hangup().as_raw_value() => Step::Nothing,
        (Some(Signal::Quit(_)), Some((_, since))) if now.duration_since(since) < SAME_WISH => Step::Nothing,
        (Some(Signal::Quit(_)) | None, Some((first, _))) => Step::End(exit_code(first)),
        (Some(other), _) => Step::Tell(other),
        (None, None) => Step::Nothing,
    }
}

/// Whether the process was started with this signal ignored. Known where there is `/proc` (proc(5): `SigIgn` in
/// `status`); elsewhere the answer is no.
fn is_ignored_at_start(kind: SignalKind) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_in_mask(&status, kind.as_raw_value()))
}

fn is_in_mask(status: &str, number: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(number - 1).ok().and_then(|bit| mask.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tcreel\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        assert!(is_in_mask(status, 1));
        assert!(is_in_mask(status, 13));
        assert!(!is_in_mask(status, 2));
        assert!(!is_in_mask(status, 0));
        assert!(!is_in_mask(status, 65));
        assert!(!is_in_mask("nothing of the kind", 1));
    }

    #[tokio::test]
    async fn a_pipe_that_nobody_reads_is_noticed_without_writing() {
        let (reader, writer) = io::pipe().unwrap();
        let closed = when_closed(writer.into()).unwrap();
        assert!(!closed.is_cancelled());
        drop(reader);
        tokio::time::timeout(Duration::from_secs(20), closed.cancelled()).await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_that_was_taken_back_is_not_made() {
        let (sender, signals) = mpsc::channel(8);
        let mut signals = Signals { signals, looked_ahead: None };
        for signal in [Signal::Suspend, Signal::Continue, Signal::Suspend, Signal::Quit(15)] {
            sender.try_send(signal).unwrap();
        }
        assert_eq!(signals.next().await, Signal::Continue);
        assert_eq!(signals.next().await, Signal::Suspend);
        assert_eq!(signals.next().await, Signal::Quit(15));
    }

    #[test]
    fn the_second_wish_to_end_is_obeyed_at_once() {
        let start = Instant::now();
        let quitting = Some((15, start));
        let soon = start + Duration::from_millis(10);
        let later = start + SAME_WISH;
        assert_eq!(decide(Some(Signal::Quit(15)), None, start), Step::Begin(15));
        assert_eq!(decide(Some(Signal::Quit(15)), quitting, soon), Step::Nothing);
        assert_eq!(decide(Some(Signal::Quit(2)), quitting, later), Step::End(143));
        assert_eq!(decide(Some(Signal::Quit(1)), quitting, later), Step::Nothing);
        assert_eq!(decide(None, quitting, start + GRACE), Step::End(143));
        assert_eq!(decide(Some(Signal::Suspend), quitting, soon), Step::Tell(Signal::Suspend));
        assert_eq!(decide(Some(Signal::Continue), None, soon), Step::Tell(Signal::Continue));
    }

    #[test]
    fn the_keys_of_another_program_do_not_end_us() {
        for (signal, others) in [
            (Some(Signal::Quit(2)), true),
            (Some(Signal::Quit(3)), true),
            (Some(Signal::Quit(15)), false),
            (Some(Signal::Quit(1)), false),
            (Some(Signal::Suspend), false),
            (None, false),
        ] {
            assert_eq!(is_for_another(signal, true), others, "{signal:?}");
            assert!(!is_for_another(signal, false));
        }
    }

    #[test]
    fn a_signal_of_a_program_that_had_the_terminal_may_be_heard_late() {
        let back = Instant::now();
        let lent = Lent { now: false, until: Some(back) };
        assert!(lent.is_at(back) && lent.is_at(back + BEHIND / 2));
        assert!(!lent.is_at(back + BEHIND));
        assert!(Lent { now: true, until: None }.is_at(back) && !Lent { now: false, until: None }.is_at(back));
    }

    #[test]
    fn closed_ends_are_told_from_other_errors() {
        assert!(is_closed(&io::Error::from(io::ErrorKind::BrokenPipe)));
        assert!(is_closed(&Errno::IO.into()));
        assert!(!is_closed(&Errno::NOSPC.into()));
    }
}
