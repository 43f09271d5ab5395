//! Many captures sent to many targets: what was asked for, and the matrix of what came of it.
//!
//! Decided: a matrix has a row a capture and a column a target, and a cell has the last outcome of that pair, how many
//! sendings there were and how many of them failed; single outcomes beyond that are attempts, which the replays pane and
//! the inbox have. Whether an outcome is the same as the one before is asked of its status and a hash of its body, which
//! is made outside. Bounded: one matrix at a time, of at most [`CELLS`] cells. Refused: a history of matrices.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::model::{Attempt, AttemptId, AttemptIds, Capture, Outcome, Period, Printable, Seq};
use crate::replay::{PlanOptions, Progress, Schedule, Target};
use crate::tui::{action::Action, movement::Move};

/// How many cells a matrix may have.
pub const CELLS: usize = 100_000;

/// What is to be sent; carried out by `perform`.
#[derive(Debug)]
pub struct Order {
    /// Which of the matrices of this run of creel it is for.
    pub run: u64,
    /// What is sent, in this order.
    pub captures: Vec<Arc<Capture>>,
    /// The row of the matrix of each of them.
    pub rows: Vec<usize>,
    /// The one target of each of them, where that is not all.
    pub each: Option<Arc<[usize]>>,
    /// Where to.
    pub targets: Arc<[Target]>,
    /// In which order and when.
    pub schedule: Schedule,
    /// How.
    pub options: PlanOptions,
    /// Where attempts have their numbers from.
    pub ids: AttemptIds,
    /// What was answered before, by capture and target.
    pub before: Vec<(Seq, usize, Attempt)>,
}

/// What has come of an order since it was told last.
#[derive(Debug)]
pub struct Told {
    /// Of which.
    pub run: u64,
    /// How far it is.
    pub progress: Progress,
    /// The tries that have ended.
    pub ended: Vec<Ended>,
    /// Whether nothing follows.
    pub done: bool,
}

/// A try that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The row of the matrix.
    pub row: usize,
    /// The column.
    pub column: usize,
    /// Whether no other try follows.
    pub last: bool,
    /// A number made of the answer's status and body; nothing without an answer.
    pub print: Option<u64>,
    /// That of the answer before, where this run does not know it.
    pub before: Option<u64>,
    /// How it ended.
    pub attempt: Attempt,
}

/// How the last sending of a cell ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// With an answer of that status.
    Status(u16),
    /// With a failure of that kind.
    Failed(&'static str),
    /// It was cancelled.
    Cancelled,
}

/// One capture at one target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cell {
    /// How many sendings have ended.
    pub sent: u32,
    /// How many of them failed, were cancelled, or were answered with 400 or above.
    pub bad: u32,
    /// How the last one ended, how long it took, and its attempt.
    pub last: Option<(What, Duration, AttemptId)>,
    /// Whether the last answer is the same as the one before it.
    pub same: Option<bool>,
    print: Option<u64>,
}

/// Whether anything is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It is under way.
    Sending,
    /// Nothing new begins.
    Paused,
    /// All has come to its end.
    Done,
}

/// A row of the matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The capture.
    pub seq: Seq,
    /// Its method and path.
    pub what: Vec<u8>,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Many {
    /// Its number.
    pub run: u64,
    /// The rows, oldest capture first.
    pub rows: Vec<Row>,
    /// The columns.
    pub targets: Arc<[Target]>,
    cells: Vec<Cell>,
    /// What was asked for.
    pub schedule: Schedule,
    /// How far it is.
    pub progress: Progress,
    /// Whether anything is sent now.
    pub phase: Phase,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Whether only rows with a failure are shown.
    pub failed_only: bool,
    /// The selected row among those that are shown, and the selected column.
    pub at: (usize, usize),
    /// The first row in sight.
    pub top: usize,
}

/// The rows that are shown: all, or those at these places.
pub enum Shown {
    /// All of so many.
    All(usize),
    /// These.
    Some(Vec<usize>),
}

impl Shown {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of a row among all.
    pub fn get(&self, at: usize) -> Option<usize> {
        match self {
            Self::All(count) => (at < *count).then_some(at),
            Self::Some(rows) => rows.get(at).copied(),
        }
    }
}

impl Many {
    /// An empty matrix.
    pub fn new(run: u64, rows: Vec<Row>, targets: Arc<[Target]>, schedule: Schedule) -> Self {
        let cells = vec![Cell::default(); rows.len() * targets.len()];
        Self {
            run,
            rows,
            targets,
            cells,
            schedule,
            progress: Progress::default(),
            phase: Phase::Sending,
            cancelled: false,
            failed_only: false,
            at: (0, 0),
            top: 0,
        }
    }

    /// Whether nothing is sent any more.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// A cell.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.cells.get(row * self.targets.len() + column).filter(|_| column < self.targets.len())
    }

    fn cell_mut(&mut self, row: usize, column: usize) -> Option<&mut Cell> {
        let columns = self.targets.len();
        self.cells.get_mut(row * columns + column).filter(|_| column < columns)
    }

    /// Whether a cell is a failure: something failed, or nothing was sent though all is over.
    pub fn is_failed(&self, cell: &Cell) -> bool {
        cell.bad > 0 || (self.is_done() && cell.sent == 0)
    }

    /// Takes in what was told, but for the attempts.
    pub fn take(&mut self, progress: Progress, done: bool) {
        self.progress = progress;
        if done {
            self.phase = Phase::Done;
        }
    }

    /// Takes in how a sending ended.
    pub fn ended(&mut self, ended: &Ended) {
        if !ended.last {
            return;
        }
        let (what, bad) = match &ended.attempt.outcome {
            Some(Outcome::Replied(reply)) => (What::Status(reply.status), reply.status >= 400),
            Some(Outcome::Failed(failure)) => (What::Failed(failure.kind), true),
            Some(Outcome::Cancelled) | None => (What::Cancelled, true),
        };
        let Some(cell) = self.cell_mut(ended.row, ended.column) else { return };
        let before = cell.print.or(ended.before);
        cell.sent += 1;
        cell.bad += u32::from(bad);
        cell.last = Some((what, ended.attempt.duration.unwrap_or_default(), ended.attempt.id));
        cell.same = ended.print.and_then(|print| before.map(|before| before == print));
        cell.print = ended.print.or(cell.print);
    }

    /// The pairs that failed, by row and column; they are empty from here on.
    pub fn take_failed(&mut self) -> Vec<(usize, usize)> {
        let columns = self.targets.len().max(1);
        let failed: Vec<_> = (0..self.cells.len())
            .filter(|at| self.cells.get(*at).is_some_and(|cell| self.is_failed(cell)))
            .map(|at| (at / columns, at % columns))
            .collect();
        for (row, column) in &failed {
            if let Some(cell) = self.cell_mut(*row, *column) {
                *cell = Cell { print: cell.print, ..Cell::default() };
            }
        }
        failed
    }

    /// How many cells are failures.
    pub fn failures(&self) -> usize {
        self.cells.iter().filter(|cell| self.is_failed(cell)).count()
    }

    /// The rows that are shown.
    pub fn shown(&self) -> Shown {
        if !self.failed_only {
            return Shown::All(self.rows.len());
        }
        let columns = self.targets.len().max(1);
        let failed = |cells: &[Cell]| cells.iter().any(|cell| self.is_failed(cell));
        let rows = self.cells.chunks(columns).enumerate().filter(|(_, cells)| failed(cells)).map(|(row, _)| row);
        Shown::Some(rows.collect())
    }

    /// The selected row and column.
    pub fn selected(&self) -> Option<(usize, usize)> {
        Some((self.shown().get(self.at.0)?, self.at.1))
    }

    /// Moves the selection, in a window of so many rows.
    pub fn act(&mut self, action: Action, height: usize) {
        let columns = self.targets.len();
        match action {
            Action::ScrollRight => self.at.1 = (self.at.1 + 1).min(columns.saturating_sub(1)),
            Action::ScrollLeft => self.at.1 = self.at.1.saturating_sub(1),
            _ => {
                if let Some(to) = Move::of(action, height) {
                    self.at.0 = to.from(self.at.0, self.shown().len());
                }
            }
        }
        self.keep_in_sight(height);
    }

    /// Puts the selection among the rows that are shown, and in sight.
    pub fn keep_in_sight(&mut self, height: usize) {
        let (count, height) = (self.shown().len(), height.max(1));
        self.at.0 = self.at.0.min(count.saturating_sub(1));
        self.top = self.top.clamp((self.at.0 + 1).saturating_sub(height), self.at.0);
    }

    /// How far it is, in words.
    pub fn words(&self) -> String {
        let Progress { total, under_way, answered, refused, failed, cancelled, .. } = self.progress;
        let done = self.progress.done();
        let mut words = match total {
            Some(total) => format!("{done} of {total} sent"),
            None => format!("{done} sent"),
        };
        for (count, what) in [
            (answered - refused.min(answered), "ok"),
            (refused, "4xx or 5xx"),
            (failed, "no answer"),
            (cancelled, "cancelled"),
            (under_way, "under way"),
        ] {
            if count > 0 {
                words += &format!(", {count} {what}");
            }
        }
        if self.progress.late >= Duration::from_millis(100) {
            words += &format!(", up to {} late", Period(self.progress.late));
        }
        words
    }

    /// The matrix as lines: `seq,method and path,target,status,time in ms,sendings,failures,same as before`.
    pub fn csv(&self) -> String {
        let mut text = "seq,request,target,status,error,duration_ms,sent,failed,same\r\n".to_owned();
        self.each(|row, target, cell, status, error, millis| {
            let fields = [quoted(&Printable::new(&row.what).to_string()), quoted(&target.known_as())];
            let same = cell.same.map_or(String::new(), |same| same.to_string());
            let status = status.map_or(String::new(), |status| status.to_string());
            let (seq, [what, target], error) = (row.seq.0, fields, error.unwrap_or_default());
            text += &format!("{seq},{what},{target},{status},{error},{millis},{},{},{same}\r\n", cell.sent, cell.bad);
        });
        text
    }

    /// The same as JSON lines.
    pub fn json(&self) -> String {
        let mut text = String::new();
        self.each(|row, target, cell, status, error, millis| {
            let line = serde_json::json!({
                "type": "result", "seq": row.seq.0, "request": String::from_utf8_lossy(&row.what),
                "target": target.known_as(), "status": status, "error": error, "duration_ms": millis.parse::<f64>().ok(),
                "sent": cell.sent, "failed": cell.bad, "same": cell.same,
            });
            text += &(crate::export::ascii(&line.to_string()) + "\n");
        });
        text
    }

    fn each(&self, mut take: impl FnMut(&Row, &Target, &Cell, Option<u16>, Option<&'static str>, String)) {
        for (at, row) in self.rows.iter().enumerate() {
            for (column, target) in self.targets.iter().enumerate() {
                let Some(cell) = self.cell(at, column) else { continue };
                let (status, error) = match cell.last.map(|(what, ..)| what) {
                    Some(What::Status(status)) => (Some(status), None),
                    Some(What::Failed(kind)) => (None, Some(kind)),
                    Some(What::Cancelled) => (None, Some("cancelled")),
                    None => (None, None),
                };
                let millis = cell.last.map_or(String::new(), |(_, time, _)| format!("{:.3}", time.as_secs_f64() * 1e3));
                take(row, target, cell, status, error, millis);
            }
        }
    }
}

/// A field of CSV (RFC 4180). What a spreadsheet would compute begins with a quote of its own.
fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Captures that are marked. They are of the list, so there are no more than it has rows.
pub type Marked = BTreeSet<Seq>;
