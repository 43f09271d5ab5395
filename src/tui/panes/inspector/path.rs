//! What is said of the place of the cursor: its path.
//!
//! Made when the cursor has moved, and not when it is drawn: to know the number of an element in a list of a million takes
//! longer than to write it.

use unicode_width::UnicodeWidthStr;

use super::Page;
use crate::decode::{self, Crumb, LOOKED, Look, Node, Wrapping};
use crate::model::Printable;
use crate::tui::{
    theme::{Role, Theme},
    widgets::line::Line,
};

/// How many steps of a path are looked for; no screen has room for more.
const STEPS: usize = 40;

/// How much of one name is shown, in columns.
const NAME: usize = 40;

/// What stands between two steps.
const BETWEEN: &str = " › ";

/// See the head of this file.
#[derive(Default, Debug)]
pub struct Here {
    /// The row of the page and how its document was laid out when this was made.
    of: Option<(usize, Wrapping)>,
    /// The node.
    pub node: Option<Node>,
    crumbs: Vec<Crumb>,
    /// What its value is besides.
    pub look: Option<Look>,
}

impl Here {
    /// Of the cursor of a page.
    pub fn of(page: &Page) -> Self {
        let of = page.laid().map(|(_, rows)| (page.cursor, rows.wrapping().clone()));
        let node = page.node();
        let crumbs = page.tree().zip(node).map_or_else(Vec::new, |(tree, node)| tree.crumbs(&node, STEPS));
        let look = page.tree().zip(node).filter(|(_, node)| !node.opens()).and_then(|(tree, node)| {
            let (document, came) = (page.document()?, page.came?);
            let value = Some(tree.value(&node)).filter(|value| value.len() <= LOOKED)?;
            decode::look(document.bytes().get(value)?, came)
        });
        Self { of, node, crumbs, look }
    }

    /// Whether it was made for that row of a document that was laid out so.
    pub fn is_of(&self, cursor: usize, wrapping: &Wrapping) -> bool {
        self.of.as_ref().is_some_and(|(row, how)| *row == cursor && how == wrapping)
    }

    /// The path in one line, shortened in the middle to fit.
    pub fn path<'a>(&self, theme: &'a Theme, columns: u16) -> Line<'a> {
        let mut line = Line::new(theme, columns);
        let mut steps: Vec<Printable> = self.crumbs.iter().map(step).collect();
        let width = |steps: &[Printable]| {
            steps.iter().map(Printable::width).sum::<usize>() + steps.len().saturating_sub(1) * BETWEEN.width()
        };
        let mut cut = None;
        while steps.len() > 1 && width(&steps) + if cut.is_some() { 4 } else { 0 } > usize::from(columns) {
            let middle = (steps.len() - 1) / 2;
            steps.remove(middle);
            cut = Some(middle);
        }
        let last = steps.len().saturating_sub(1);
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                line.add(Role::Dim, BETWEEN);
            }
            if cut == Some(at) {
                line.add(Role::Dim, "… ").add(Role::Dim, "› ");
            }
            let room = line.room();
            let step = Printable::limited(step.as_str().as_bytes(), room);
            line.outside(if at == last { Role::Key } else { Role::Dim }, &step);
        }
        if steps.is_empty() {
            line.add(Role::Dim, "the whole");
        }
        line
    }
}

fn step(crumb: &Crumb) -> Printable {
    match crumb {
        Crumb::Name(name) if name.is_empty() => Printable::from("\"\""),
        Crumb::Name(name) => Printable::limited(name, NAME),
        Crumb::Index(index) => Printable::from(format!("[{index}]").as_str()),
        Crumb::Value(index) => Printable::from(format!("value {}", index + 1).as_str()),
        Crumb::More(count) => Printable::from(format!("… {count} more …").as_str()),
    }
}
