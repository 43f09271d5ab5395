//! What the filter has found in what the inspector shows, marked as long as nothing is searched for.
//!
//! Decided: marks move nothing and are not gone through; the search is for that, and takes their place while it is on.

use std::sync::Arc;

use super::{AT_ONCE, InspectorState, Page, Tab, page::Lower, sheet::Hit};
use crate::decode::{Cancelled, Found, Needle, Pattern};
use crate::tui::{
    effect::Effect,
    marks::{Marks, Spot},
};

/// Bodies up to this size, in bytes, are looked through while updating.
const QUICK: usize = AT_ONCE / 16;

/// The marks of a page.
#[derive(Debug, Default)]
pub struct Marking {
    /// What they are for.
    needle: Needle,
    pub(super) hits: Vec<Hit>,
    pub(super) found: Found,
    /// Whether the document was looked through, or is being.
    asked: bool,
}

impl Marking {
    /// Takes what was found in the document, if it is still wanted.
    pub(super) fn take(&mut self, needle: &Needle, found: &Found) {
        if self.asked && self.needle == *needle {
            self.found = found.clone();
        }
    }
}

impl InspectorState {
    /// The marks of the filter from now on.
    pub fn mark(&mut self, marks: &Arc<Marks>) {
        if !Arc::ptr_eq(&self.marks, marks) {
            self.marks = Arc::clone(marks);
        }
    }
}

/// Marks a page for the filter in force; what takes longer than a frame is asked for.
pub(super) fn refresh(marks: &Marks, searching: bool, page: &mut Page) -> Option<Effect> {
    let spot = match page.key.tab {
        Tab::Body => Some(Spot::Body),
        Tab::Headers => Some(Spot::Headers),
        Tab::Query => Some(Spot::Query),
        Tab::Raw => Some(Spot::Raw),
        // What the sender got and what targets answered is not filtered by.
        Tab::Answer | Tab::Replays | Tab::Signature => None,
    };
    let pattern = spot.filter(|_| !searching && page.key.applied == 0).and_then(|spot| marks.at(spot));
    let Some(pattern) = pattern else {
        page.marking = Marking::default();
        return None;
    };
    if page.marking.needle != *pattern.needle() {
        // Sheets above documents are words of ours.
        let hits = if matches!(page.lower, Lower::Nothing) { page.sheet.find(pattern) } else { Vec::new() };
        page.marking = Marking { needle: pattern.needle().clone(), hits, ..Marking::default() };
    }
    if page.marking.asked {
        return None;
    }
    document(page, pattern)
}

fn document(page: &mut Page, pattern: &Pattern) -> Option<Effect> {
    let document = page.document().cloned()?;
    page.marking.asked = true;
    if document.bytes().len() > QUICK {
        return Some(Effect::Search(page.key.clone(), document, pattern.clone()));
    }
    page.marking.found = document.find(pattern, &Cancelled::default()).unwrap_or_else(Found::none);
    None
}
