//! Copying text to the user's clipboard.
//!
//! Decided: both ways that exist are tried. The terminal is asked by OSC 52, which works over SSH and inside tmux and needs
//! no display, but never says whether the terminal obeyed, and not every terminal takes much; where there is a display,
//! its clipboard is set as well, on a thread of its own that keeps the selection alive (under X11 it dies with its
//! owner) and that nobody waits for longer than [`PATIENCE`]. What is sent is base64 of our own making, so text from
//! outside cannot end the sequence.

use std::{
    fmt, io,
    sync::{
        OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::sync::oneshot;

use super::terminal;

/// How many bytes of text a terminal is given: 100,000 bytes of sequence, the least limit known (hterm).
pub const TERMINAL_LIMIT: usize = 74_994;

/// How long the display has to take the text.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much of a sequence GNU screen passes on in one piece.
const SCREEN_PIECE: usize = 240;

/// How a copy was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct How {
    /// The length of the text, in bytes.
    pub bytes: usize,
    /// Whether the terminal was asked to take it. Terminals do not answer.
    pub terminal: bool,
    /// Whether the display took it; `None` where there is no display.
    pub display: Option<bool>,
}

impl How {
    /// The sentence for the user. `what` is a word of ours for what was copied: `body`.
    pub fn sentence(&self, what: &str) -> String {
        let plural = if self.bytes == 1 { "" } else { "s" };
        let way = match (self.terminal, self.display) {
            (_, Some(true)) => "",
            (_, Some(false)) => " through the terminal; the display did not take it",
            (_, None) => " through the terminal",
        };
        format!("copied {} byte{plural} of {what}{way}", self.bytes)
    }
}

/// Why nothing was copied: what the terminal's way and the display's way came to.
#[derive(Debug)]
pub struct CopyError {
    terminal: TerminalRefused,
    display: Option<String>,
}

#[derive(Debug)]
enum TerminalRefused {
    TooLong(usize),
    Write(io::Error),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.terminal {
            TerminalRefused::TooLong(bytes) => write!(
                f,
                "not copied: {bytes} bytes are more than the {TERMINAL_LIMIT} that a terminal takes (OSC 52), and "
            )?,
            TerminalRefused::Write(error) => {
                write!(f, "not copied: the terminal could not be written to ({error}), and ")?;
            }
        }
        match &self.display {
            None => f.write_str("there is no display whose clipboard could; copy a part of it"),
            Some(why) => write!(f, "the display's clipboard did not take it: {why}"),
        }
    }
}

impl std::error::Error for CopyError {}

/// What stands between us and the terminal, and how a sequence gets through it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Between {
    Nothing,
    /// tmux obeys the sequence itself when `set-clipboard` is on, and passes it on when `allow-passthrough` is; both are
    /// sent, since it does not say which.
    Tmux,
    Screen,
}

/// The user's clipboard.
#[derive(Debug)]
pub struct Clipboard {
    between: Between,
    has_display: bool,
    display: OnceLock<Option<SyncSender<Wish>>>,
}

type Wish = (String, oneshot::Sender<Result<(), String>>);

impl Clipboard {
    /// The clipboard of the session that `environment` tells of. Connects to nothing yet.
    pub fn new(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let term = environment("TERM").unwrap_or_default();
        let between = if set("TMUX") || term.starts_with("tmux") {
            Between::Tmux
        } else if set("STY") || term.starts_with("screen") {
            Between::Screen
        } else {
            Between::Nothing
        };
        let has_display = cfg!(target_os = "macos") || set("DISPLAY") || set("WAYLAND_DISPLAY");
        Self { between, has_display, display: OnceLock::new() }
    }

    /// Copies text. Ends within about a second.
    pub async fn copy(&self, text: String) -> Result<How, CopyError> {
        let bytes = text.len();
        let terminal = match sequence(&text, self.between) {
            Some(sequence) => terminal::send(&sequence).map_err(TerminalRefused::Write),
            None => Err(TerminalRefused::TooLong(bytes)),
        };
        let display = if self.has_display { Some(self.give_to_display(text).await) } else { None };
        match (terminal, display) {
            (Err(terminal), None) => Err(CopyError { terminal, display: None }),
            (Err(terminal), Some(Err(why))) => Err(CopyError { terminal, display: Some(why) }),
            (terminal, display) => {
                if let Some(Err(why)) = &display {
                    tracing::warn!("the display's clipboard did not take a copy: {why}");
                }
                Ok(How { bytes, terminal: terminal.is_ok(), display: display.map(|result| result.is_ok()) })
            }
        }
    }

    async fn give_to_display(&self, text: String) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let busy = || "it does not answer".to_owned();
        let owner = self.display.get_or_init(|| own_selection().ok());
        let owner = owner.as_ref().ok_or("no thread could be started for it")?;
        owner.try_send((text, answer)).map_err(|_| busy())?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}

/// Starts the thread that owns the display's selection. It ends when the [`Clipboard`] is dropped.
fn own_selection() -> io::Result<SyncSender<Wish>> {
    let (sender, wishes) = sync_channel::<Wish>(2);
    thread::Builder::new().name("clipboard".to_owned()).spawn(move || {
        let mut display = None;
        while let Ok((text, answer)) = wishes.recv() {
            let _ = answer.send(set_selection(&mut display, text).map_err(|error| error.to_string()));
        }
    })?;
    Ok(sender)
}

/// Sets the selection, connecting first where that has not worked yet.
fn set_selection(display: &mut Option<arboard::Clipboard>, text: String) -> Result<(), arboard::Error> {
    let mut connection = match display.take() {
        Some(connection) => connection,
        None => arboard::Clipboard::new()?,
    };
    connection.set_text(text)?;
    *display = Some(connection);
    Ok(())
}

/// The escape sequence that asks a terminal to take `text` (OSC 52, xterm's ctlseqs), or nothing when that is too long.
fn sequence(text: &str, between: Between) -> Option<Vec<u8>> {
    if text.len() > TERMINAL_LIMIT {
        return None;
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes();
    Some(match between {
        Between::Nothing => plain,
        Between::Tmux => {
            // Inside the passthrough every escape is doubled; there is one, at the start.
            let wrapped = [b"\x1bPtmux;\x1b", plain.as_slice(), b"\x1b\\"].concat();
            [plain, wrapped].concat()
        }
        Between::Screen => plain.chunks(SCREEN_PIECE).flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"].concat()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_sequence_suits_what_stands_between() {
        assert_eq!(sequence("creel", Between::Nothing).unwrap(), b"\x1b]52;c;Y3JlZWw=\x07");
        assert_eq!(
            sequence("creel", Between::Tmux).unwrap(),
            b"\x1b]52;c;Y3JlZWw=\x07\x1bPtmux;\x1b\x1b]52;c;Y3JlZWw=\x07\x1b\\"
        );
        assert_eq!(sequence("creel", Between::Screen).unwrap(), b"\x1bP\x1b]52;c;Y3JlZWw=\x07\x1b\\");
    }

    #[test]
    fn no_terminal_is_given_more_than_it_takes() {
        let whole = sequence(&"x".repeat(TERMINAL_LIMIT), Between::Nothing).unwrap();
        assert!(whole.len() <= 100_000, "{}", whole.len());
        assert_eq!(sequence(&"x".repeat(TERMINAL_LIMIT + 1), Between::Nothing), None);
    }

    #[test]
    fn what_stands_between_is_read_from_the_environment() {
        let between = |set: &[(&str, &str)]| {
            let of = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            Clipboard::new(&of).between
        };
        assert_eq!(between(&[("TERM", "xterm-256color")]), Between::Nothing);
        assert_eq!(between(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")]), Between::Tmux);
        assert_eq!(between(&[("TERM", "screen.xterm-256color"), ("STY", "1.pts-0")]), Between::Screen);
    }

    #[tokio::test]
    async fn no_way_at_all_is_said() {
        let clipboard = Clipboard { between: Between::Nothing, has_display: false, display: OnceLock::new() };
        let error = clipboard.copy("x".repeat(80_000)).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "not copied: 80000 bytes are more than the 74994 that a terminal takes (OSC 52), and there is no display whose \
             clipboard could; copy a part of it"
        );
        let error = clipboard.copy("x".to_owned()).await.unwrap_err().to_string();
        assert!(error.starts_with("not copied: the terminal could not be written to"), "{error}");
    }

    #[test]
    fn the_sentence_says_by_which_way() {
        let how = |bytes, terminal, display| How { bytes, terminal, display }.sentence("body");
        assert_eq!(how(312, true, Some(true)), "copied 312 bytes of body");
        assert_eq!(how(312, false, Some(true)), "copied 312 bytes of body");
        assert_eq!(how(1, true, None), "copied 1 byte of body through the terminal");
        assert_eq!(
            how(2, true, Some(false)),
            "copied 2 bytes of body through the terminal; the display did not take it"
        );
    }

    proptest! {
        #[test]
        fn text_from_outside_cannot_end_the_sequence(text in any::<String>()) {
            let sequence = sequence(&text, Between::Screen).unwrap();
            let inside: Vec<u8> = sequence
                .split(|byte| *byte == 0x1b)
                .flat_map(|part| part.strip_prefix(b"P").or(part.strip_prefix(b"\\")).unwrap_or(part).to_vec())
                .collect();
            let coded = inside.strip_prefix(b"]52;c;").unwrap().strip_suffix(b"\x07").unwrap();
            prop_assert_eq!(STANDARD.decode(coded).unwrap(), text.as_bytes());
        }
    }
}
