//! What the terminal is made to do, byte by byte: text, styles, cursor moves and the modes that creel itself sets, and
//! nothing that came from outside, whatever comes and wherever it is shown.

use vte::{Params, Parser, Perform};

use crate::{
    captures::hostile,
    panics,
    program::{in_terminal, interface, started},
    pty::Pty,
    wire::{Handler, request, send},
};

/// Modes that creel sets: mouse buttons (1000) and their coordinates (1006), paste (2004), the alternate screen (1049),
/// the cursor (25), synchronised updates (2026), and what leaving resets besides.
const MODES: &[u16] = &[25, 1000, 1002, 1003, 1006, 1015, 1049, 2004, 2026];

/// Everything a terminal was told that is no text, and everything in the text that should not be there.
#[derive(Default)]
struct Told {
    wrong: Vec<String>,
    colours: usize,
    styles: usize,
    copied: Vec<String>,
    text: String,
}

/// Code points that change how what is around them looks, or that nobody sees. Written down here once more, apart from the
/// program's own table.
fn unseen(char: char) -> bool {
    matches!(char,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl Told {
    fn by(raw: &[u8]) -> Self {
        let mut told = Self::default();
        Parser::new().advance(&mut told, raw);
        told
    }

    fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }
}

fn shown(params: &Params) -> Vec<Vec<u16>> {
    params.iter().map(<[u16]>::to_vec).collect()
}

impl Perform for Told {
    fn print(&mut self, char: char) {
        // A selector of text or emoji style is at home behind a base.
        let at_home =
            matches!(char, '\u{fe0e}' | '\u{fe0f}') && self.text.chars().last().is_some_and(|base| base > ' ');
        if unseen(char) && !at_home {
            self.wrong(format!("text {:?}", char.escape_unicode().to_string()));
        }
        self.text.push(char);
    }

    fn execute(&mut self, byte: u8) {
        self.wrong(format!("control {byte:#04x}"));
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        let all = shown(params);
        let first = all.iter().flatten().copied().next().unwrap_or(0);
        let allowed = !ignore
            && match (intermediates, action) {
                // Cursor moves, and clearing the screen or the rest of a line.
                (b"", 'H' | 'G' | 'A' | 'B' | 'C' | 'D' | 'J' | 'K') => true,
                (b"", 'm') => {
                    self.styles += 1;
                    self.colours += usize::from(
                        all.iter().flatten().any(|part| matches!(part, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107)),
                    );
                    true
                }
                (b"?", 'h' | 'l') => all.iter().flatten().all(|mode| MODES.contains(mode)),
                // The window's title is put aside and back.
                (b"", 't') => matches!(first, 22 | 23),
                _ => false,
            };
        if !allowed {
            self.wrong(format!("CSI {} {all:?} {action}", intermediates.escape_ascii()));
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        match params {
            [b"0", b"creel"] => {}
            [b"52", b"c", copied]
                if copied.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)) =>
            {
                self.copied.push(String::from_utf8_lossy(copied).into_owned());
            }
            other => self.wrong(format!("OSC {:?}", other.iter().map(|part| part.escape_ascii().to_string()))),
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        self.wrong(format!("ESC {} {}", intermediates.escape_ascii(), byte.escape_ascii()));
    }

    fn hook(&mut self, _: &Params, intermediates: &[u8], _: bool, action: char) {
        self.wrong(format!("DCS {} {action}", intermediates.escape_ascii()));
    }
}

/// Ends the program and looks at everything that it ever wrote.
#[track_caller]
fn told(mut pty: Pty) -> Told {
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
    let raw = pty.raw();
    // The program of `panics` is a test, too, and its harness says so first.
    let began = raw.iter().position(|byte| *byte == 0x1b).unwrap();
    let told = Told::by(&raw[began..]);
    assert!(told.wrong.is_empty(), "the terminal was told: {:#?}", told.wrong);
    assert!(told.text.chars().filter(|char| *char == '╭').count() >= 3, "panes were drawn");
    told
}

const NASTY: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}P$q\u{1b}\\\u{202e}txet\u{2066}\u{200b}\u{9b}31m\u{301}\u{fe0f}\u{e0041}\u{feff}";

/// Closes an overlay, and waits until it is: a character right behind Esc would be Alt with that character.
fn close(pty: &mut Pty, title: &str) {
    pty.wait_for(title);
    pty.keys("<Esc>");
    pty.wait_until("the overlay to close", |screen| !screen.contents().contains(title));
}

/// All views of the capture that is selected, by every tab, each awaited by a text of it that shows what is dangerous.
fn leaf_through(pty: &mut Pty, tabs: &[(&str, &str)]) {
    for (key, seen) in tabs {
        pty.keys(key);
        pty.wait_for(seen);
    }
}

#[test]
fn a_hostile_request_is_shown_in_every_tab_and_obeyed_in_none() {
    let reply = format!(
        "HTTP/1.1 500 {NASTY}\r\nX-Bad: {NASTY}\r\nContent-Type: text/{NASTY}\r\nContent-Length: {}\r\n\r\n{NASTY}",
        NASTY.len()
    );
    let handler = Handler::answering(reply.replace(['\u{1b}', '\u{7}'], "\u{9b}"));
    let (mut pty, port) = interface(&["--target", &handler.url], 140, 40);
    // What HTTP allows in each place: UTF-8 in targets, and all but C0 in the values of headers.
    let bidi = "\u{202e}\u{2066}\u{200b}\u{9b}31\u{e0041}";
    let head = format!(
        "POST /a{bidi}?q{bidi}=%1b%5b2J%c2%9b&x=%e2%80%ae HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Bad: {bidi}\r\n\
         X-GitHub-Event: pu{bidi}sh\r\nX-GitHub-Delivery: {bidi}\r\nContent-Type: text/plain{bidi}"
    );
    assert!(send(port, &request(&head, format!("{NASTY}\n").repeat(50))).starts_with("HTTP/1.1 200"));
    pty.wait_for("1 caught");
    pty.keys("<Enter>");
    leaf_through(
        &mut pty,
        &[
            ("1", "^[[2J^[]0;owned^G"),
            ("2", "pu<U+202E><U+2066><U+200B><U+009B>"),
            ("3", "^[[2J<U+009B>"),
            ("4", "POST /a<U+202E>"),
            ("5", "200 OK"),
            ("r", "500 "),
            ("6", "<U+202E>txet<U+2066>"),
            ("1v", "1b 5b 32 4a"),
            ("v", "^[[2J^[]0;owned^G"),
        ],
    );
    // Overlays, and text that the user pastes.
    pty.keys("y");
    close(&mut pty, "╭ Copy");
    pty.keys("?");
    close(&mut pty, "╭ Keys");
    pty.keys("f");
    pty.send(format!("\x1b[200~pasted{}\x1b[201~", NASTY.replace('\u{1b}', "\u{9b}")).as_bytes());
    close(&mut pty, "pasted[2J]0;owned");
    // A copy is base64 of our own making.
    pty.keys("ycurl<Enter>");
    pty.wait_for("copied");
    let told = told(pty);
    assert_eq!(told.copied.len(), 1);
    assert!(told.styles > 100);
}

#[test]
fn what_could_not_become_a_request_is_shown_and_not_obeyed() {
    let (mut pty, port) = interface(&[], 140, 40);
    for bytes in [
        &b"GET /\x1b[31m\x1b]0;owned\x07 HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nX-Bad: a\x1b[2Jb\r\n\r\n",
        b"GET / HTTP/1.1\r\nX\x1b[2J: b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x1b[2J\x9b31m\xe2\x80\xae\r\n\r\n",
        b"GET /\xff\xfe\xe2\x80\xae HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        assert!(!send(port, bytes).starts_with("HTTP/1.1 2"), "{}", bytes.escape_ascii());
    }
    pty.wait_for("6 refused");
    pty.keys("!");
    pty.wait_for("GET /^[[31m");
    pty.wait_for("<U+202E>");
    close(&mut pty, "╭ Refused");
    told(pty);
}

/// What no sender can bring over HTTP/1, but a file or another protocol may: everything is hostile, the method and the
/// names of headers too.
#[test]
fn a_capture_that_is_hostile_everywhere_is_shown_in_every_tab_and_obeyed_in_none() {
    let (mut pty, _) = panics::running();
    pty.wait_for("1 caught");
    assert!(hostile().head.method().contains(&0xe2));
    pty.keys("<Enter>");
    leaf_through(
        &mut pty,
        &[
            ("1", "1b 5b 32 4a"),
            ("v", "^[[2J^[]0;owned^G"),
            ("2", "X-^[[1m"),
            ("3", "<U+202E>"),
            ("4", "P<U+202E>ST /a^[[31m\\xff"),
            ("5", "status"),
            ("6", "replay"),
        ],
    );
    pty.keys("y");
    pty.wait_for("X-^[[1m");
    close(&mut pty, "╭ Copy");
    told(pty);
}

#[test]
fn without_colour_there_is_none_and_with_it_there_is() {
    let drawn = |name: &str, value: &str| {
        let mut command = in_terminal(&["--listen", "127.0.0.1:0"]);
        command.env(name, value);
        let (mut pty, port) = started(command, 140, 40);
        send(port, &request("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close", r#"{"a": [1, null, "b"]}"#));
        pty.wait_for("null");
        pty.keys("?");
        close(&mut pty, "╭ Keys");
        pty.keys("T");
        pty.keys("<Down>");
        close(&mut pty, "╭ Theme");
        told(pty)
    };
    let plain = drawn("NO_COLOR", "1");
    assert_eq!(plain.colours, 0);
    assert!(plain.styles > 10, "meaning is carried by other attributes");
    assert!(drawn("NO_COLOR", "").colours > 10, "an empty NO_COLOR is none");
    assert!(drawn("COLORTERM", "truecolor").colours > 10);
}
