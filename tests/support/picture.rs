//! A screen as an SVG file: the same cells in the same places, in whatever font the reader has.
//!
//! Decided: lines, corners and bars are drawn as shapes, because between two rows of text a font leaves gaps; words are
//! text at their own place and of their own length (`textLength`), so that columns stand under each other in every
//! monospace font; a sign outside ASCII may come from another font, so it stands alone in the middle of its cell. The
//! result depends on the screen and the theme alone.

#![allow(dead_code, reason = "several test programs share this file, and none of them uses all of it")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use creel::tui::theme::{Role, Theme};
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

/// A cell, in tenths of a unit: whole numbers come out the same everywhere.
const WIDE: usize = 84;
const HIGH: usize = 180;
/// From the top of a cell to the line that letters stand on.
const BASE: usize = 134;
/// Around the cells.
const PAD: usize = 100;
/// The bar at the top of the window.
const BAR: usize = 340;
/// Where the cells begin.
const TOP: usize = BAR + 50;
/// How round the corners of panes are.
const ROUND: usize = 42;

const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// How letters look: a colour and what is done to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    colour: [u8; 3],
    bold: bool,
    italic: bool,
    dim: bool,
}

/// A screen in its window. `title` stands in the window's bar, `about` is for readers who do not see it.
pub fn svg(buffer: &Buffer, theme: &Theme, title: &str, about: &str) -> String {
    let ground = theme.background.map_or([0, 0, 0], rgb);
    let text = theme.style(Role::Text).fg.map_or([128; 3], rgb);
    let mut drawn = Drawn { ground, text, ..Drawn::default() };
    for (y, row) in buffer.content.chunks(usize::from(buffer.area.width).max(1)).enumerate() {
        drawn.row(y, row);
    }
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * WIDE + 2 * PAD, rows * HIGH + TOP + PAD);
    let colour_of = |role, fallback| theme.style(role).fg.map_or(fallback, rgb);
    let raised = theme.style(Role::Overlay).bg.map_or(ground, rgb);
    let mut svg = String::new();
    let (w, h, bar) = (unit(width), unit(height), unit(BAR));
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{}">"#,
        escaped(about)
    );
    let _ = writeln!(svg, "<style>\ntext{{font:14px {FONTS};white-space:pre}}");
    for (at, look) in drawn.looks() {
        let _ = write!(svg, ".{at}{{fill:{}", hex(look.colour));
        for (on, rule) in
            [(look.bold, ";font-weight:700"), (look.italic, ";font-style:italic"), (look.dim, ";opacity:.65")]
        {
            svg.push_str(if on { rule } else { "" });
        }
        svg.push_str("}\n");
    }
    svg.push_str("</style>\n");
    // The window: its ground, its bar, three lights and a name.
    let (inside_w, inside_h) = (unit(width - 10), unit(height - 10));
    let (border, dim) = (hex(colour_of(Role::Border, text)), hex(colour_of(Role::Dim, text)));
    let _ =
        writeln!(svg, r#"<rect x=".5" y=".5" width="{inside_w}" height="{inside_h}" rx="9" fill="{}"/>"#, hex(ground));
    let _ = writeln!(
        svg,
        r#"<path d="M.5 {bar}V9.5A9 9 0 0 1 9.5 .5H{0}A9 9 0 0 1 {1} 9.5V{bar}Z" fill="{2}"/>"#,
        unit(width - 95),
        unit(width - 5),
        hex(raised)
    );
    for (at, role) in [Role::Status5xx, Role::Status4xx, Role::Status2xx].into_iter().enumerate() {
        let _ = writeln!(
            svg,
            r#"<circle cx="{}" cy="17" r="5.5" fill="{}"/>"#,
            unit(200 + at * 190),
            hex(colour_of(role, text))
        );
    }
    let _ = writeln!(
        svg,
        r#"<text x="{}" y="22" text-anchor="middle" fill="{dim}">{}</text>"#,
        unit(width / 2),
        escaped(title)
    );
    let _ = writeln!(
        svg,
        r#"<rect x=".5" y=".5" width="{inside_w}" height="{inside_h}" rx="9" fill="none" stroke="{border}"/>"#
    );
    let _ = writeln!(svg, r#"<g transform="translate({} {})">"#, unit(PAD), unit(TOP));
    drawn.write(&mut svg);
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// A line between the middles of the edges of cells.
enum Stroke {
    Across {
        y: usize,
        from: usize,
        to: usize,
    },
    Down {
        x: usize,
        from: usize,
        to: usize,
    },
    /// From a middle below or above, round a corner, to a middle at the side.
    Corner {
        from: (usize, usize),
        corner: (usize, usize),
        to: (usize, usize),
    },
}

impl Stroke {
    /// Makes this one longer by one that goes on where it ends; says whether it did.
    fn goes_on(&mut self, next: &Self) -> bool {
        let (end, to) = match (self, next) {
            (Self::Across { y, to: end, .. }, Self::Across { y: same, from, to }) if y == same && end == from => {
                (end, to)
            }
            (Self::Down { x, to: end, .. }, Self::Down { x: same, from, to }) if x == same && end == from => (end, to),
            _ => return false,
        };
        *end = *to;
        true
    }

    fn path(&self) -> String {
        match self {
            Self::Across { y, from, to } => format!("M{} {}H{}", unit(*from), unit(*y), unit(*to)),
            Self::Down { x, from, to } => format!("M{} {}V{}", unit(*x), unit(*from), unit(*to)),
            Self::Corner { from: (x, begin), corner: (_, y), to: (end, _) } => {
                let before = if begin > y { y + ROUND } else { y - ROUND };
                let after = if end > x { x + ROUND } else { x - ROUND };
                let [x, begin, before, y, after, end] = [*x, *begin, before, *y, after, *end].map(unit);
                format!("M{x} {begin}V{before}Q{x} {y} {after} {y}H{end}")
            }
        }
    }
}

/// What the cells come to, layer by layer. Maps keep their order, so the same screen gives the same file.
#[derive(Default)]
struct Drawn {
    ground: [u8; 3],
    text: [u8; 3],
    grounds: String,
    bars: BTreeMap<[u8; 3], String>,
    strokes: BTreeMap<[u8; 3], Vec<Stroke>>,
    names: BTreeMap<Look, String>,
    words: String,
}

impl Drawn {
    /// The names of the looks that are in use.
    fn looks(&self) -> Vec<(&str, Look)> {
        self.names.iter().map(|(look, name)| (name.as_str(), *look)).collect()
    }

    fn name(&mut self, look: Look) -> String {
        let next = format!("c{}", self.names.len());
        self.names.entry(look).or_insert(next).clone()
    }

    /// The colours of a cell: letters, then ground.
    fn colours(&self, cell: &Cell) -> ([u8; 3], [u8; 3]) {
        let colour = |colour, fallback| if colour == Color::Reset { fallback } else { rgb(colour) };
        let (fg, bg) = (colour(cell.fg, self.text), colour(cell.bg, self.ground));
        if cell.modifier.contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
    }

    fn row(&mut self, y: usize, row: &[Cell]) {
        let top = y * HIGH;
        self.ground_of(top, row);
        let mut x = 0;
        while let Some(cell) = row.get(x) {
            let symbol = cell.symbol();
            let columns = symbol.width().max(1);
            let (fg, _) = self.colours(cell);
            if cell.modifier.contains(Modifier::UNDERLINED) {
                self.stroke(fg, Stroke::Across { y: top + BASE + 20, from: x * WIDE, to: (x + columns) * WIDE });
            }
            if symbol == " " || self.shape(fg, symbol, x * WIDE, top) {
                x += columns;
            } else if symbol.is_ascii() {
                x = self.words(row, x, top);
            } else {
                let name = self.name(look(cell, fg));
                let (middle, y) = (unit(x * WIDE + columns * WIDE / 2), unit(top + BASE));
                let sign = escaped(symbol);
                let _ = writeln!(
                    self.words,
                    r#"<text class="{name}" x="{middle}" y="{y}" text-anchor="middle">{sign}</text>"#
                );
                x += columns;
            }
        }
    }

    /// Stretches whose ground is not that of the window.
    fn ground_of(&mut self, top: usize, row: &[Cell]) {
        let mut x = 0;
        while let Some(cell) = row.get(x) {
            let (_, bg) = self.colours(cell);
            let end = x + row.iter().skip(x).take_while(|cell| self.colours(cell).1 == bg).count();
            if bg != self.ground {
                let (left, width, y, height) = (unit(x * WIDE), unit((end - x) * WIDE), unit(top), unit(HIGH));
                let fill = hex(bg);
                let _ = writeln!(
                    self.grounds,
                    r#"<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>"#
                );
            }
            x = end;
        }
    }

    /// Words in one look, with single blanks between them. Returns where they end.
    fn words(&mut self, row: &[Cell], start: usize, top: usize) -> usize {
        let Some(first) = row.get(start) else { return start + 1 };
        let own = look(first, self.colours(first).0);
        // A blank looks the same in every look.
        let same =
            |cell: &Cell| cell.symbol() == " " || cell.symbol().is_ascii() && look(cell, self.colours(cell).0) == own;
        let mut text = String::new();
        let mut end = start;
        for (x, cell) in row.iter().enumerate().skip(start).take_while(|(_, cell)| same(cell)) {
            if cell.symbol() == " " && text.ends_with(' ') {
                break;
            }
            text.push_str(cell.symbol());
            if cell.symbol() != " " {
                end = x + 1;
            }
        }
        let name = self.name(own);
        let (x, y, length) = (unit(start * WIDE), unit(top + BASE), unit((end - start) * WIDE));
        let _ = writeln!(
            self.words,
            r#"<text class="{name}" x="{x}" y="{y}" textLength="{length}">{}</text>"#,
            escaped(text.trim_end())
        );
        end
    }

    /// Draws what is a shape and not a letter; says whether it was one.
    fn shape(&mut self, colour: [u8; 3], symbol: &str, left: usize, top: usize) -> bool {
        let (right, bottom) = (left + WIDE, top + HIGH);
        let (middle, centre) = (left + WIDE / 2, top + HIGH / 2);
        let corner =
            |from, to| Some(Stroke::Corner { from: (middle, from), corner: (middle, centre), to: (to, centre) });
        let stroke = match symbol {
            "─" => Some(Stroke::Across { y: centre, from: left, to: right }),
            "│" => Some(Stroke::Down { x: middle, from: top, to: bottom }),
            "╭" => corner(bottom, right),
            "╮" => corner(bottom, left),
            "╰" => corner(top, right),
            "╯" => corner(top, left),
            _ => None,
        };
        if let Some(stroke) = stroke {
            self.stroke(colour, stroke);
            return true;
        }
        let filled = |up: usize, right: usize| {
            let [left, right, up, bottom] = [left, right, bottom - up, bottom].map(unit);
            format!("M{left} {up}H{right}V{bottom}H{left}Z")
        };
        let bar = match symbol {
            "▌" => filled(HIGH, middle),
            "▁" => filled(HIGH / 8, right),
            "▂" => filled(HIGH / 4, right),
            "▃" => filled(HIGH * 3 / 8, right),
            "▄" => filled(HIGH / 2, right),
            "▅" => filled(HIGH * 5 / 8, right),
            "▆" => filled(HIGH * 3 / 4, right),
            "▇" => filled(HIGH * 7 / 8, right),
            "█" => filled(HIGH, right),
            _ => return false,
        };
        self.bars.entry(colour).or_default().push_str(&bar);
        true
    }

    fn stroke(&mut self, colour: [u8; 3], stroke: Stroke) {
        let strokes = self.strokes.entry(colour).or_default();
        if !strokes.iter_mut().any(|before| before.goes_on(&stroke)) {
            strokes.push(stroke);
        }
    }

    fn write(&self, svg: &mut String) {
        svg.push_str(&self.grounds);
        for (colour, path) in &self.bars {
            let _ = writeln!(svg, r#"<path fill="{}" d="{path}"/>"#, hex(*colour));
        }
        for (colour, strokes) in &self.strokes {
            let path: String = strokes.iter().map(Stroke::path).collect();
            let _ = writeln!(svg, r#"<path fill="none" stroke="{}" stroke-width="1.2" d="{path}"/>"#, hex(*colour));
        }
        svg.push_str(&self.words);
    }
}

fn look(cell: &Cell, colour: [u8; 3]) -> Look {
    let has = |modifier| cell.modifier.contains(modifier);
    Look { colour, bold: has(Modifier::BOLD), italic: has(Modifier::ITALIC), dim: has(Modifier::DIM) }
}

/// A colour that a theme at full depth may have.
fn rgb(colour: Color) -> [u8; 3] {
    match colour {
        Color::Rgb(red, green, blue) => [red, green, blue],
        other => panic!("{other} looks different on every terminal: take a theme that names its colours"),
    }
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Tenths as a number: `84` is `8.4`.
fn unit(tenths: usize) -> String {
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Compares with a file in `docs/`. `UPDATE=1` writes it; look at it before committing it.
pub fn assert_picture(name: &str, svg: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, svg).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == svg, "docs/{name} is not the screen any more; UPDATE=1 cargo test --test picture writes it anew");
}
