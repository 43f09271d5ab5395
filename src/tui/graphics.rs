//! Pictures on terminals that draw pixels: which way this one has, and what to write for it.
//!
//! Decided: the terminal is asked, once, when the first picture is to be shown; until it has answered, and where it draws no
//! pixels, a picture is drawn in cells. The question ends with one that every terminal answers, so nobody waits for long, and
//! while it is asked keys are not read, or answers would be taken for them. iTerm2's way cannot be asked for and is known by
//! name. Inside tmux and screen only sixel is asked for, which tmux speaks itself: what is passed through it would not know
//! where its panes are. What is written comes from ratatui-image, which knows the three ways and their terminals' faults; its
//! own question is not used, because it reads standard input, where creel may be reading a file.

use std::{
    fmt, io,
    io::Write as _,
    os::fd::BorrowedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use image::{DynamicImage, RgbaImage};
use ratatui::{buffer::Buffer, layout::Rect, layout::Size, widgets::Widget};
use ratatui_image::{
    Image,
    picker::{
        ProtocolType,
        cap_parser::{Parser, QueryStdioOptions, Response},
    },
    protocol::{Protocol, iterm2::Iterm2, kitty::Kitty, sixel::Sixel},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    stdio,
    termios::tcgetwinsize,
};

use super::{reader::Keys, terminal};
use crate::decode::Picture;

/// How long the terminal may take to answer; it may be at the other end of a slow line.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How much of an answer is read, in bytes.
const ANSWER: usize = 4096;
/// How many pixels are written at most in either direction: more than pictures have, less than a slow line minds.
const MOST: u32 = 1600;
/// How large a cell may be in pixels to be believed.
const CELL: std::ops::RangeInclusive<u16> = 1..=100;
/// The name of creel's picture in kitty, of which there is one at a time: a new one takes its place and its memory.
const KITTY_ID: u32 = 0x00c4_ee1c;

/// How a terminal draws pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// kitty's graphics protocol, with placeholders.
    Kitty,
    /// iTerm2's inline images.
    Iterm2,
    /// DEC's sixels.
    Sixel,
}

/// How this terminal draws pixels, and how many of them a cell has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Graphics {
    /// How.
    pub way: Way,
    /// Width and height of a cell in pixels; neither is 0.
    pub cell: (u16, u16),
}

/// A picture as it is written to the terminal, for one place of that size.
#[derive(Clone)]
pub struct Painted {
    /// Columns and rows of the place that it was made for.
    pub room: Size,
    written: Arc<Protocol>,
}

impl fmt::Debug for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Painted").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Painted {
    /// Draws it into the upper left corner of its place.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        Image::new(&self.written).render(area, buffer);
    }
}

impl Graphics {
    /// Makes a picture ready for a place. Nothing where there is no room, or where it cannot be encoded. Takes a processor
    /// for some time.
    pub fn paint(self, picture: &Picture, room: Size) -> Option<Painted> {
        let cells = |pixels: u32, cell: u16| pixels.div_ceil(u32::from(cell.max(1)));
        let pixels = |cells: u16, cell: u16| u32::from(cells) * u32::from(cell);
        let (wide, high) = self.cell;
        let room_for = |cells: u16, cell: u16| pixels(cells, cell).min(MOST);
        let fitting = picture.finest().within(room_for(room.width, wide), room_for(room.height, high))?;
        let size = Size {
            width: u16::try_from(cells(fitting.width(), wide)).ok()?,
            height: u16::try_from(cells(fitting.height(), high)).ok()?,
        };
        // Whole cells, so that no way scales it by itself.
        let (width, height) = (pixels(size.width, wide), pixels(size.height, high));
        let image = DynamicImage::ImageRgba8(RgbaImage::from_raw(width, height, fitting.on_sheet(width, height))?);
        let written = match self.way {
            Way::Kitty => Protocol::Kitty(Kitty::new(image, size, KITTY_ID, false, false).ok()?),
            Way::Iterm2 => Protocol::ITerm2(Iterm2::new(image, size, false).ok()?),
            Way::Sixel => Protocol::Sixel(Sixel::new(image, size, false).ok()?),
        };
        Some(Painted { room, written: Arc::new(written) })
    }

    /// Asks the terminal, while nobody else reads it. Nothing where it draws no pixels, or does not say how large they are.
    pub fn ask(keys: &Keys, environment: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let asking = Asking::new(environment)?;
        keys.pause();
        let answer = asking.write().and_then(|()| Asking::answer(terminal::keys(), PATIENCE));
        keys.resume();
        let size = tcgetwinsize(stdio::stdout()).ok();
        let cell = size.and_then(|size| {
            let each = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|pixels| *pixels > 0);
            Some((each(size.ws_xpixel, size.ws_col)?, each(size.ws_ypixel, size.ws_row)?))
        });
        asking.judge(&answer.unwrap_or_default(), cell)
    }
}

/// What is asked of a terminal, by what it is called.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Asking {
    /// What it is known to have without being asked.
    known: Option<Way>,
    /// What is not to be asked for.
    not: Vec<ProtocolType>,
}

impl Asking {
    /// Nothing for a terminal that would print the question.
    fn new(environment: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let term = environment("TERM").unwrap_or_default();
        if matches!(term.as_str(), "" | "linux" | "dumb") {
            return None;
        }
        let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        if set("TMUX") || term.starts_with("screen") || term.starts_with("tmux") {
            return Some(Self { known: None, not: vec![ProtocolType::Kitty] });
        }
        let is = |name: &str, words: &[&str]| {
            environment(name).is_some_and(|value| words.iter().any(|word| value.contains(word)))
        };
        let programs = ["iTerm", "WezTerm", "mintty", "vscode", "Tabby", "Hyper", "rio", "WarpTerminal"];
        let iterm2 = is("TERM_PROGRAM", &programs) || is("LC_TERMINAL", &["iTerm"]);
        // Neither has kitty's placeholders, and Konsole's sixels are faulty.
        let faulty = set("WEZTERM_EXECUTABLE") || set("KONSOLE_VERSION");
        let not = if faulty { vec![ProtocolType::Kitty, ProtocolType::Sixel] } else { Vec::new() };
        let known = (iterm2 || faulty).then_some(Way::Iterm2);
        Some(Self { known, not })
    }

    fn write(&self) -> io::Result<()> {
        let options = QueryStdioOptions { blacklist_protocols: self.not.clone(), ..QueryStdioOptions::default() };
        let mut terminal = io::stdout().lock();
        terminal.write_all(Parser::query(false, options).as_bytes())?;
        terminal.flush()
    }

    /// What is answered, up to the answer that comes last, or as long as there is patience.
    fn answer(terminal: BorrowedFd<'_>, patience: Duration) -> io::Result<Vec<Response>> {
        let until = Instant::now() + patience;
        let mut parser = Parser::new();
        let mut said = Vec::new();
        let mut read = 0;
        while read < ANSWER {
            let left = until.saturating_duration_since(Instant::now());
            let mut files = [PollFd::from_borrowed_fd(terminal, PollFlags::IN)];
            let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(left.min(Duration::from_millis(999)).subsec_nanos()) };
            match poll(&mut files, Some(&wait)) {
                Ok(0) if left.is_zero() => break,
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let mut bytes = [0; 256];
            let count = rustix::io::read(terminal, &mut bytes)?;
            if count == 0 {
                break;
            }
            read += count;
            for byte in bytes.iter().take(count) {
                let responses = parser.push(char::from(*byte));
                let last = responses.contains(&Response::Status);
                said.extend(responses);
                if last {
                    return Ok(said);
                }
            }
        }
        Ok(said)
    }

    /// The best way of those that there are; `cell` is what the system says of its cells.
    fn judge(&self, answer: &[Response], cell: Option<(u16, u16)>) -> Option<Graphics> {
        let answered = |wanted: &Response| answer.contains(wanted);
        let way = match self.known {
            Some(way) => way,
            None if answered(&Response::Kitty) => Way::Kitty,
            None if answered(&Response::Sixel) => Way::Sixel,
            None => return None,
        };
        let told = answer.iter().find_map(|response| match response {
            Response::CellSize(size) => *size,
            _ => None,
        });
        let cell = told.or(cell).filter(|(wide, high)| CELL.contains(wide) && CELL.contains(high))?;
        Some(Graphics { way, cell })
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::fd::AsFd, os::unix::net::UnixStream};

    use super::*;
    use crate::decode::{Cancelled, Subject, Wrapping, decode};

    fn asking(environment: &[(&str, &str)]) -> Option<Asking> {
        let find = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Asking::new(&find)
    }

    fn heard(answer: &[u8]) -> Vec<Response> {
        let (mut terminal, ours) = UnixStream::pair().unwrap();
        terminal.write_all(answer).unwrap();
        Asking::answer(ours.as_fd(), Duration::from_millis(1)).unwrap()
    }

    #[test]
    fn the_best_way_that_a_terminal_has_is_taken() {
        let plain = asking(&[("TERM", "xterm-256color")]).unwrap();
        let judge =
            |asking: &Asking, answer: &[u8]| asking.judge(&heard(answer), None).map(|known| (known.way, known.cell));
        let kitty = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;4c\x1b[6;20;10t\x1b[0n";
        assert_eq!(judge(&plain, kitty), Some((Way::Kitty, (10, 20))));
        assert_eq!(judge(&plain, b"\x1b[?62;4;22c\x1b[6;18;9t\x1b[0n"), Some((Way::Sixel, (9, 18))));
        assert_eq!(judge(&plain, b"\x1b[?62;22c\x1b[6;18;9t\x1b[0n"), None);
        // Who does not say how large a cell is, and says so impossibly, cannot be drawn for.
        assert_eq!(judge(&plain, b"\x1b[?62;4c\x1b[0n"), None);
        assert_eq!(judge(&plain, b"\x1b[?62;4c\x1b[6;0;0t\x1b[0n"), None);
        assert_eq!(judge(&plain, b"\x1b[?62;4c\x1b[6;60000;60000t\x1b[0n"), None);
        let wezterm = asking(&[("TERM", "xterm-256color"), ("WEZTERM_EXECUTABLE", "/usr/bin/wezterm")]).unwrap();
        assert_eq!(judge(&wezterm, b"\x1b[6;20;10t\x1b[0n"), Some((Way::Iterm2, (10, 20))));
        assert_eq!(asking(&[("TERM_PROGRAM", "iTerm.app"), ("TERM", "xterm")]).unwrap().known, Some(Way::Iterm2));
        let known = plain.judge(&heard(b"\x1b[?4c\x1b[0n"), Some((8, 16)));
        assert_eq!(known, Some(Graphics { way: Way::Sixel, cell: (8, 16) }));
    }

    #[test]
    fn a_terminal_that_would_print_the_question_is_not_asked() {
        assert_eq!(asking(&[("TERM", "linux")]), None);
        assert_eq!(asking(&[]), None);
        let tmux = asking(&[("TERM", "tmux-256color"), ("LC_TERMINAL", "iTerm2")]).unwrap();
        assert_eq!((tmux.known, tmux.not), (None, vec![ProtocolType::Kitty]));
    }

    #[test]
    fn silence_and_noise_end_the_waiting() {
        for answer in [&b""[..], b"\x1b[A\x1b[", &[b'x'; ANSWER * 2], &[0xff; 300]] {
            assert_eq!(heard(answer), []);
        }
        let (terminal, ours) = UnixStream::pair().unwrap();
        drop(terminal);
        assert!(Asking::answer(ours.as_fd(), Duration::from_secs(60)).unwrap().is_empty());
    }

    #[test]
    fn every_way_writes_its_own_into_one_cell() {
        let mut png = io::Cursor::new(Vec::new());
        RgbaImage::from_pixel(30, 20, image::Rgba([200, 30, 90, 255]))
            .write_to(&mut png, image::ImageFormat::Png)
            .unwrap();
        let document = decode(&Subject::held(png.into_inner().into(), None), None, &Cancelled::default()).unwrap();
        document.wrap(&Wrapping::at(80), &Cancelled::default()).unwrap();
        let picture = document.picture().unwrap();
        let room = Size { width: 12, height: 5 };
        for (way, begins) in [(Way::Kitty, "\x1b_G"), (Way::Iterm2, "\x1b]1337;File="), (Way::Sixel, "\x1bP")] {
            let painted = Graphics { way, cell: (10, 20) }.paint(picture, room).unwrap();
            let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 10));
            painted.draw(Rect::new(2, 3, room.width, room.height), &mut buffer);
            let written = buffer.cell((2, 3)).unwrap().symbol();
            assert!(written.contains(begins), "{way:?} {written:?}");
            // 12 columns of 10 pixels have room for four times 30, and 5 rows of 20 for four times 20.
            let drawn = |at| buffer.cell(at).unwrap() != &ratatui::buffer::Cell::EMPTY;
            assert!(drawn((13, 6)) && !drawn((14, 6)) && !drawn((13, 7)) && !drawn((1, 3)), "{way:?}");
        }
        assert!(Graphics { way: Way::Sixel, cell: (10, 20) }.paint(picture, Size { width: 0, height: 3 }).is_none());
    }
}
