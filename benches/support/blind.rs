//! A terminal that nobody looks at: frames are made into escape sequences as for a real one, written by one system call
//! each, and counted.

#![allow(dead_code, reason = "several benchmarks share this file, and none of them uses all of it")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use creel::{process::Stop, tui::runtime::Surface};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

/// The marks of a synchronised update.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What was drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    pub frames: AtomicU64,
    pub bytes: AtomicU64,
}

/// Puts a frame together and writes it where it is lost.
struct Lost {
    frame: Vec<u8>,
    nowhere: File,
    drawn: Arc<Drawn>,
}

impl Write for Lost {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// As the interface's own: what ends in anything but the mark of a whole frame waits.
    fn flush(&mut self) -> io::Result<()> {
        if self.frame.ends_with(END) {
            self.nowhere.write_all(&self.frame)?;
            self.drawn.frames.fetch_add(1, Relaxed);
            self.drawn.bytes.fetch_add(self.frame.len() as u64, Relaxed);
            self.frame.clear();
        }
        Ok(())
    }
}

/// See the head of this file.
pub struct Blind {
    terminal: Terminal<CrosstermBackend<Lost>>,
    area: Rect,
    drawn: Arc<Drawn>,
}

impl Blind {
    pub fn new(width: u16, height: u16) -> Self {
        let (area, drawn) = (Rect::new(0, 0, width, height), Arc::new(Drawn::default()));
        let nowhere = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let lost = Lost { frame: Vec::with_capacity(64 * 1024), nowhere, drawn: Arc::clone(&drawn) };
        // Of a fixed size, or the size of a terminal that is not there would be asked for.
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        Self { terminal: Terminal::with_options(CrosstermBackend::new(lost), options).unwrap(), area, drawn }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        (self.area.width, self.area.height)
    }

    /// What was drawn so far.
    pub fn drawn(&self) -> Arc<Drawn> {
        Arc::clone(&self.drawn)
    }
}

impl Surface for Blind {
    fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.backend_mut().write_all(BEGIN)?;
        self.terminal.draw(draw)?;
        self.terminal.backend_mut().write_all(END)?;
        io::Write::flush(self.terminal.backend_mut())
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.terminal.resize(self.area)
    }

    fn suspend(&mut self, _: Stop) -> io::Result<()> {
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.repaint()
    }
}
