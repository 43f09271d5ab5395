//! How the inspector changes: keys, results of decoding and searching, and a new page when one is due.

use std::sync::Arc;

use super::{
    AT_ONCE, InspectorState, Lower, Page, PageKey, Tab,
    cover::{self, Cover},
    goto::GoTo,
    jq, marks, picture,
    tabs::{self, Shown},
    tree::NO_TREE,
};
use crate::decode::{self, Cancelled, Document, Found, Needle, Part, Pattern, Rows, Subject, VIEWS, ViewRow, Wrapping};
use crate::model::{Capture, Seq};
use crate::tui::{action::Action, chord::Chord, effect::Effect, mask::Mask, movement::Move};

/// Bodies up to this size, in bytes, are searched for an expression while updating: the worst of them takes the square of it.
const EXPRESSION: usize = 4 * 1024;

/// The answer to a capture has come: what is shown of it is made anew.
pub fn answered(state: &mut InspectorState, seq: Seq) {
    if state.shown.as_ref().is_some_and(|capture| capture.seq == seq) {
        state.covered = None;
        if state.tab == Tab::Answer {
            state.page = None;
        }
    }
}

/// Makes the page what it should be for the capture, the tab, the view and the size of its window; what takes longer than
/// a frame is asked for as effects.
pub fn refresh(state: &mut InspectorState, shown: Option<Shown<'_>>, (width, height): (usize, usize)) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut wrapping = Wrapping { width, ..state.wrapping.clone() };
    let was_decoding = state.page.as_ref().is_some_and(|page| matches!(page.lower, Lower::Decoding));
    let Some(shown) = shown else {
        state.page = None;
        effects.extend(was_decoding.then_some(Effect::StopDecoding));
        return effects;
    };
    let cover = cover::cover(state, &shown, &mut effects);
    let key = PageKey {
        seq: shown.capture.seq,
        tab: state.tab,
        view: state.view.map(|view| view.name),
        order: state.order,
        raised: state.raised,
        mask: shown.mask,
        covered: matches!(cover, Cover::Made(..)),
        attempt: shown
            .attempt
            .filter(|_| state.tab == Tab::Replays)
            .map(|attempt| (attempt.id, attempt.outcome.is_some())),
        judged: state.tab == Tab::Signature && shown.report.is_some(),
        applied: 0,
    };
    if state.page.as_ref().is_none_or(|page| !jq::is_same(&page.key, &key)) {
        let (sheet, subject) = tabs::content(key.tab, key.order, &shown, &cover);
        let subject = subject.map(|subject| subject.raised(state.raised));
        let mut page = Page::new(key.clone(), sheet, subject);
        let same_place = state.page.as_ref().is_some_and(|old| old.key.seq == key.seq && old.key.tab == key.tab);
        let old_view = state.page.as_ref().is_some_and(|old| old.key.view == key.view && old.key.order == key.order);
        let left = state.left.get(key.tab.index()).filter(|_| !same_place || old_view).cloned().unwrap_or_default();
        page.came = Some(shown.capture.received_at);
        (page.top, page.cursor) = left.rows;
        page.folds = Arc::clone(&left.folds);
        wrapping.folds = Arc::clone(&left.folds);
        if let Some(subject) = &page.subject {
            let never = Cancelled::default();
            if is_quick(subject) {
                let decoded = decode::decode(subject, state.view, &never);
                let laid = decoded.and_then(|document| document.wrap(&wrapping, &never).map(|rows| (document, rows)));
                if let Some((document, rows)) = laid {
                    page.lower = Lower::Ready(Arc::new(document), Box::new(rows));
                    page.come_back(&left);
                }
            } else {
                effects.push(Effect::Decode {
                    key,
                    subject: subject.clone(),
                    view: state.view,
                    wrapping: wrapping.clone(),
                });
            }
        }
        let decodes = effects.iter().any(|effect| matches!(effect, Effect::Decode { .. }));
        if was_decoding && !decodes {
            effects.push(Effect::StopDecoding);
        }
        state.page = Some(page);
    }
    let Some(page) = &mut state.page else { return effects };
    page.sheet.wrap(width);
    effects.extend(jq::apply(&mut state.jq, page, &wrapping));
    wrapping.folds = Arc::clone(&page.folds);
    effects.extend(wrap(page, wrapping.clone()));
    if let Some(pattern) = state.search.pattern().filter(|pattern| page.needle() != pattern.needle()) {
        page.search(pattern);
        effects.extend(search_document(page, pattern, height));
        // What was found may have been in a fold.
        wrapping.folds = Arc::clone(&page.folds);
        effects.extend(wrap(page, wrapping));
    }
    effects.extend(marks::refresh(&state.marks, state.search.is_on(), page));
    // While a large body is on its way, its place is kept for it; and where the results of an expression were left is of no
    // account when the body is back.
    if !matches!(page.lower, Lower::Decoding) {
        page.settle(height);
        if let Some(left) = state.left.get_mut(page.key.tab.index()).filter(|_| page.under.is_none()) {
            *left = page.left(left);
        }
    }
    effects.extend(picture::refresh(state, (width, height)));
    effects
}

/// Wraps the document anew where that is due; what takes longer than a frame is asked for, once.
fn wrap(page: &mut Page, wrapping: Wrapping) -> Option<Effect> {
    let Lower::Ready(document, rows) = &page.lower else { return None };
    if *rows.wrapping() == wrapping {
        page.asked = None;
        return None;
    }
    if document.bytes().len() <= AT_ONCE {
        let rows = document.wrap(&wrapping, &Cancelled::default())?;
        page.relay(rows);
        return None;
    }
    if page.asked.as_ref() == Some(&wrapping) {
        return None;
    }
    let effect = Effect::Wrap(page.key.clone(), Arc::clone(document), wrapping.clone());
    page.asked = Some(wrapping);
    Some(effect)
}

/// Whether decoding takes less than a frame: what is packed, as pixels are too, may take longer than its size says.
fn is_quick(subject: &Subject) -> bool {
    subject.rest.is_none() && subject.len() <= AT_ONCE && !subject.is_coded() && !subject.is_image()
}

fn search_document(page: &mut Page, pattern: &Pattern, height: usize) -> Option<Effect> {
    let document = page.document().filter(|_| !pattern.is_empty()).cloned();
    let at_once = if pattern.needle().regex { EXPRESSION } else { AT_ONCE };
    match document {
        Some(document) if document.bytes().len() > at_once => {
            Some(Effect::Search(page.key.clone(), document, pattern.clone()))
        }
        Some(document) => {
            let found = document.find(pattern, &Cancelled::default()).unwrap_or_else(Found::none);
            page.found(found, height);
            None
        }
        None => {
            // What is still being decoded is searched when it is here.
            if !matches!(page.lower, Lower::Decoding) {
                page.found(Found::none(), height);
            }
            None
        }
    }
}

fn page_of<'a>(state: &'a mut InspectorState, key: &PageKey) -> Option<&'a mut Page> {
    state.page.as_mut().filter(|page| page.key == *key)
}

/// Takes a decoded body, if it is still wanted.
pub fn decoded(
    state: &mut InspectorState,
    key: &PageKey,
    result: Result<(Arc<Document>, Rows), String>,
    height: usize,
) -> Option<Effect> {
    let page = state.page.as_mut().filter(|page| page.key == *key)?;
    match result {
        Ok((document, rows)) => page.lower = Lower::Ready(document, Box::new(rows)),
        Err(sentence) => page.lower = Lower::Failed(sentence),
    }
    search_document(page, state.search.pattern()?, height)
}

/// Takes rows for a new width, if they are still wanted.
pub fn wrapped(state: &mut InspectorState, key: &PageKey, rows: Rows) {
    if let Some(page) = page_of(state, key) {
        page.relay(rows);
    }
}

/// Takes the places where the searched words stand, if they are still wanted.
pub fn searched(state: &mut InspectorState, key: &PageKey, needle: &Needle, found: Found, height: usize) {
    let Some(page) = page_of(state, key) else { return };
    page.marking.take(needle, &found);
    if page.needle() == needle {
        page.found(found, height);
    }
}

/// Does what an action means here; returns a sentence when it means nothing now.
pub fn act(state: &mut InspectorState, action: Action, height: usize) -> Result<(), &'static str> {
    if let Some(tab) = Tab::opened_by(action) {
        state.tab = tab;
        return Ok(());
    }
    match action {
        Action::NextTab => state.tab = state.tab.step(1),
        Action::PreviousTab => state.tab = state.tab.step(-1),
        Action::NextView if state.tab == Tab::Headers => state.order = state.order.other(),
        Action::NextView => return next_view(state),
        Action::Folding => match &state.page {
            Some(page) if page.has_cursor() => state.folding = true,
            _ => return Err(NO_TREE),
        },
        Action::Fold
        | Action::FoldAll
        | Action::UnfoldAll
        | Action::Parent
        | Action::NextSibling
        | Action::PreviousSibling => {
            let page = state.page.as_mut().ok_or("no request is selected")?;
            return page.act_on_tree(action, height);
        }
        Action::Unpack => {
            let document = state.page.as_ref().and_then(Page::document);
            if document.is_none_or(|document| !document.is_stopped()) {
                return Err("nothing here was stopped while it was unpacked");
            }
            if state.raised {
                return Err("it was stopped at the highest limits; w saves the body as it came");
            }
            state.raised = true;
        }
        Action::WrapLines => state.wrapping.soft = !state.wrapping.soft,
        Action::LineNumbers => state.wrapping.numbered = !state.wrapping.numbered,
        Action::Escapes => state.wrapping.decoded = !state.wrapping.decoded,
        Action::ScrollRight | Action::ScrollLeft if state.wrapping.soft || !state.has_document() => {
            state.tab = state.tab.step(if action == Action::ScrollRight { 1 } else { -1 });
        }
        Action::ScrollRight | Action::ScrollLeft | Action::LineStart | Action::LineEnd => {
            if let Some(page) = &mut state.page {
                sideways(page, action, height);
            }
        }
        Action::Search => state.search.edit(),
        Action::Jq => {
            if !jq::takes(state.tab) {
                state.tab = Tab::Body;
            }
            state.jq.edit();
        }
        Action::NextMatch | Action::PreviousMatch => {
            let page = state.page.as_mut().ok_or("nothing to search: no request is selected")?;
            if page.needle().text.is_empty() {
                return Err("nothing is searched for: / in the inspector searches");
            }
            if page.is_searching() {
                return Err("still searching");
            }
            if page.matches() == 0 {
                return Err("no match");
            }
            page.next_match(if action == Action::NextMatch { 1 } else { -1 }, height);
        }
        _ => {
            let Some(page) = &mut state.page else { return Ok(()) };
            // The row that the path covers is not read.
            if let Some(to) = Move::of(action, height.saturating_sub(usize::from(page.has_cursor()))) {
                if page.has_cursor() {
                    page.step(to, height);
                } else {
                    page.scroll_to(to.from(page.top, page.rows()), height);
                }
            }
        }
    }
    Ok(())
}

/// Moves the first column. A step leaves half of what was in sight there.
fn sideways(page: &mut Page, action: Action, height: usize) {
    let half = page.columns().map_or(0, |(_, room)| isize::try_from(room.div_ceil(2)).unwrap_or(0));
    match action {
        Action::ScrollRight => page.scroll_columns(half),
        Action::ScrollLeft => page.scroll_columns(-half),
        Action::LineEnd => page.scroll_to_end(height),
        _ => page.left = 0,
    }
}

/// A key behind `z`.
pub fn fold_key(
    state: &mut InspectorState,
    action: Option<Action>,
    chord: Chord,
    height: usize,
) -> Result<(), &'static str> {
    state.folding = false;
    match action {
        None => Err("not a fold: R opens all, M folds all, a the one at the cursor, 1 to 9 to that depth"),
        Some(Action::FoldTo) => {
            let depth = chord.typed().and_then(|digit| digit.to_digit(10)).unwrap_or(1);
            state.page.as_mut().ok_or("no request is selected")?.fold_to_depth(depth)
        }
        Some(Action::Cancel) => Ok(()),
        Some(action) => act(state, action, height),
    }
}

/// Goes to where a text says; returns a sentence about where that is, or about why it is nowhere.
pub fn go_to(state: &mut InspectorState, typed: &str, height: usize) -> Result<String, String> {
    let page = state.page.as_mut().ok_or("no request is selected")?;
    let to: GoTo = typed.parse()?;
    to.go(page, height)
}

/// The parts of the body of a capture, as they came: of the page where it shows them, else of a body that takes less than a
/// frame to take apart.
pub fn parts(state: &InspectorState, capture: &Capture, mask: Mask) -> Vec<Part> {
    let page = state
        .page
        .as_ref()
        .filter(|page| page.key.seq == capture.seq && page.key.tab == Tab::Body && mask != Mask::Everywhere);
    let shown = page.and_then(Page::document).filter(|document| !document.parts().is_empty());
    if let Some(document) = shown {
        return document.parts().to_vec();
    }
    let subject = Subject::of(capture);
    let decoded = is_quick(&subject).then(|| decode::decode(&subject, None, &Cancelled::default()));
    decoded.flatten().map_or_else(Vec::new, |document| document.parts().to_vec())
}

/// Goes round the views that can show this body, from the one that was chosen last. Whether a large body is what a view
/// shows is not known at once, so that one is asked for and may be answered by another with a note.
fn next_view(state: &mut InspectorState) -> Result<(), &'static str> {
    let page = state.page.as_ref().filter(|page| page.key.tab.has_views());
    let (page, subject) = page
        .and_then(|page| Some((page, page.subject.as_ref()?)))
        .ok_or("there is no body here to show in another view")?;
    let now = page.key.view.or_else(|| page.document().map(|document| document.view().name));
    let next = VIEWS.iter().position(|view| Some(view.name) == now).map_or(0, |at| at + 1);
    let can_show = |view: &&'static ViewRow| {
        if !decode::is_offered(view, subject) {
            return false;
        }
        !is_quick(subject)
            || decode::decode(subject, Some(*view), &Cancelled::default())
                .is_some_and(|document| document.view() == *view)
    };
    state.view = VIEWS.iter().cycle().skip(next).take(VIEWS.len()).find(can_show);
    Ok(())
}
