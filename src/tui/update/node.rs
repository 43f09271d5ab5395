//! What is done with the value that the cursor of the inspector is at: copying it and its path, filtering by it, and finding
//! what differs from the request before.

use std::sync::Arc;

use super::{filtered, page_size};
use crate::decode::{self, Cancelled, Differences, JsonPath, Name, Node, OPENED};
use crate::model::{Capture, Seq};
use crate::provider::{self, Recognition};
use crate::query::Query;
use crate::tui::{
    effect::{Copyable, Effect, Given},
    message::Tone,
    overlays::{Choice, Copied, Inside, Item, Overlay},
    panes::{
        filter,
        inspector::{AT_ONCE, PageKey, Tab, compare},
    },
    state::{Pane, State},
};

/// How many earlier requests are looked through for one of the same kind.
const LOOKED_AT: usize = 2_000;

/// How deep a node may lie for its path to be shown before it is copied.
const SHOWN: u32 = 64;

/// The longest value that is filtered by, in bytes.
const FILTERED: usize = 512;

/// What of the node at the cursor can be copied.
pub(super) fn copies(state: &State) -> Vec<Item> {
    let page = state.inspector.page.as_ref().filter(|_| state.focus == Pane::Inspector);
    let Some((page, node)) = page.and_then(|page| Some((page, page.node()?))) else { return Vec::new() };
    let (Some(tree), Some(document)) = (page.tree(), page.document()) else { return Vec::new() };
    let item = |label: &str, detail: Vec<u8>, given| Item::new(label, detail, Choice::Copy(Copied::Node(given)));
    let value = tree.value(&node);
    let shown = value.start..value.end.min(value.start + 200);
    let mut items = vec![item("value", document.bytes().get(shown).unwrap_or_default().to_vec(), Given::Value)];
    if let Some(text) = Some(value.len() <= AT_ONCE).filter(|short| *short).and_then(|_| tree.text(&node)) {
        items.push(item("text of it", text.chars().take(200).collect::<String>().into(), Given::Text));
    }
    let shallow = node.depth() <= SHOWN;
    let path = |find: &dyn Fn() -> Option<String>| if shallow { find() } else { Some("…".to_owned()) };
    let paths = [
        ("JSON pointer", path(&|| tree.pointer(&node)), Given::Pointer),
        ("jq path", path(&|| tree.jq(&node)), Given::Jq),
        ("XPath", path(&|| tree.xpath(&node)), Given::XPath),
    ];
    items.extend(paths.into_iter().filter_map(|(label, path, given)| Some(item(label, path?.into(), given))));
    items
}

/// Copies something of the node at the cursor.
pub(super) fn copy(state: &State, given: Given) -> Vec<Effect> {
    let page = state.inspector.page.as_ref();
    let found = page.and_then(|page| Some((page.node()?, page.tree()?, Arc::clone(page.document()?))));
    let Some((node, tree, document)) = found else { return Vec::new() };
    let words = match given {
        Given::Value => "the value",
        Given::Text => "the text",
        Given::Pointer if is_ambiguous(tree, node) => "the JSON pointer, which finds the last of several of one name,",
        Given::Pointer => "the JSON pointer",
        Given::Jq if is_ambiguous(tree, node) => "the jq path, which finds the last of several of one name,",
        Given::Jq => "the jq path",
        Given::XPath => "the XPath",
    };
    vec![Effect::Copy(words, Copyable::Node(document, node, given))]
}

/// Whether a path to a node finds another one.
fn is_ambiguous(tree: decode::Tree<'_>, node: Node) -> bool {
    std::iter::successors(Some(node), |node| tree.parent(node)).take(SHOWN as usize).any(|node| tree.is_shadowed(&node))
}

/// What is in the value at the cursor, where there is more to it than it seems.
pub(super) fn inside(state: &State) -> Option<Overlay> {
    let page = state.inspector.page.as_ref().filter(|_| state.focus == Pane::Inspector)?;
    let (node, tree, document) = (page.node()?, page.tree()?, page.document()?);
    let value = Some(tree.value(&node)).filter(|value| !node.opens() && value.len() <= OPENED)?;
    let look = decode::look(document.bytes().get(value)?, page.came?)?;
    Some(Overlay::Inside(Box::new(Inside::new(look, page.came?))))
}

/// Narrows the list to requests that have what the cursor is at.
pub(super) fn filter_by(state: &mut State) -> Vec<Effect> {
    match query(state) {
        Ok(query) => {
            let query = state.filter.query.clone().and(query).to_string();
            let changed = filter::set(&mut state.filter, &query);
            filter::keep(&mut state.filter);
            filtered(state, changed)
        }
        Err(why) => {
            state.tell(Tone::Plain, why);
            Vec::new()
        }
    }
}

fn query(state: &State) -> Result<Query, &'static str> {
    let page = state.inspector.page.as_ref().filter(|page| page.key.tab == Tab::Body);
    let page = page.ok_or("only a value of the body is filtered by")?;
    let (Some(node), Some(tree), Some(document)) = (page.node(), page.tree(), page.document()) else {
        return Err("the cursor is at no value: lines nest in JSON and XML");
    };
    if page.key.covered {
        return Err("secrets are masked here, so this value is not what came");
    }
    if page.key.applied > 0 {
        return Err("these are the results of a jq expression, and not what came");
    }
    if document.view().name == "json"
        && let Some(path) = tree.jq(&node)
        && let Ok((path, _)) = JsonPath::read(&path)
    {
        // In which place of a list it stood is seldom what is looked for.
        let written = document.bytes().get(tree.value(&node)).unwrap_or_default();
        return if written.len() > FILTERED && !node.opens() {
            Err("this value is too long to filter by")
        } else {
            Ok(Query::at_path(path.anywhere(), written))
        };
    }
    if node.opens() {
        return Err("the cursor is at several values; go to one of them");
    }
    let value = tree.value(&node);
    let (with_name, value_only) = match tree.name(&node) {
        Name::Member(name) => (name.start..value.end, value.clone()),
        _ => (value.clone(), value.clone()),
    };
    if with_name.len() > FILTERED {
        return Err("this value is too long to filter by");
    }
    let text = |range| document.bytes().get(range).and_then(|bytes| std::str::from_utf8(bytes).ok());
    // White space between a name and its value is as the sender wrote it; a line end is nothing for one line of text.
    let plain = text(with_name).filter(|text| !text.contains(char::is_control));
    let text = plain.or_else(|| text(value_only)).ok_or("this value is no text")?;
    Ok(Query::body_has(text))
}

/// Goes to the next difference from the request before of the same kind, or to the one before that.
pub(super) fn difference(state: &mut State, forward: bool) -> Vec<Effect> {
    match differ(state, forward) {
        Ok((said, effects)) => {
            if let Some(said) = said {
                state.tell(Tone::Plain, said);
            }
            effects
        }
        Err(why) => {
            state.tell(Tone::Plain, why);
            Vec::new()
        }
    }
}

fn differ(state: &mut State, forward: bool) -> Result<(Option<String>, Vec<Effect>), String> {
    let (_, height) = page_size(state);
    let earlier = |state: &State| state.shown().and_then(|shown| earlier(state, shown));
    let page = state.inspector.page.as_ref().filter(|page| page.key.tab == Tab::Body);
    let page = page.ok_or("differences are shown in the body")?;
    if page.comparing.is_some() {
        return Ok((None, Vec::new()));
    }
    if page.compared.is_none() {
        let document = page.document().ok_or("there is no body here to compare")?;
        if !decode::is_comparable(document) {
            return Err("only bodies of JSON are compared".to_owned());
        }
        let before = earlier(state).ok_or("no earlier request of this kind is here to compare with")?;
        let seq = before.seq;
        if document.bytes().len() > AT_ONCE || before.body.len() > AT_ONCE {
            let effect = Effect::Compare(page.key.clone(), Arc::clone(document), before);
            if let Some(page) = &mut state.inspector.page {
                page.comparing = Some(forward);
            }
            return Ok((Some(format!("comparing with {seq}…")), vec![effect]));
        }
        let found = compare(document, &before, &Cancelled::default()).unwrap_or_else(|| Err(String::new()))?;
        if let Some(page) = &mut state.inspector.page {
            page.compared = Some((seq, found));
        }
    }
    let page = state.inspector.page.as_mut().ok_or("no request is selected")?;
    Ok((Some(page.next_difference(forward, height)), Vec::new()))
}

/// Takes differences that were found, if they are still wanted.
pub(super) fn compared(state: &mut State, key: &PageKey, before: Seq, found: Result<Differences, String>) {
    let (_, height) = page_size(state);
    let Some(page) = state.inspector.page.as_mut().filter(|page| page.key == *key) else { return };
    let Some(forward) = page.comparing.take() else { return };
    let said = found.map(|found| {
        page.compared = Some((before, found));
        page.next_difference(forward, height)
    });
    state.tell(Tone::Plain, said.unwrap_or_else(|why| why));
}

/// The last request before one that is of the same kind: the same event of the same provider, or, where nobody is
/// recognised, the same method and path.
pub(super) fn earlier(state: &State, shown: &Arc<Capture>) -> Option<Arc<Capture>> {
    let kind =
        |recognised: &Option<Recognition>| recognised.as_ref().map(|known| (known.provider.name, known.event.clone()));
    let own = kind(&provider::recognise(shown));
    let candidates = state.captures.newest_first().filter(|capture| capture.seq < shown.seq).take(LOOKED_AT);
    let is_alike = |capture: &&Arc<Capture>| match &own {
        Some(own) => kind(&provider::recognise(capture)).as_ref() == Some(own),
        None => capture.head.method() == shown.head.method() && capture.head.path() == shown.head.path(),
    };
    candidates.into_iter().find(is_alike).cloned()
}
