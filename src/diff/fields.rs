//! Header lines: which are there, how they are written, and in which order.
//!
//! Decided: lines are paired by their names whatever the case, several of one name in their order. Of two orders as few lines
//! as possible are said to have moved.

use std::collections::{HashMap, VecDeque};

use super::{Field, Ignored, Row, Section, Side, Sign, clip, rows::Found, words};

/// Compares two lists of header lines.
pub(super) fn compare(name: &'static str, were: &[Field], are: &[Field], ignored: &Ignored) -> Section {
    let mut by_name: HashMap<Vec<u8>, VecDeque<usize>> = HashMap::new();
    for (at, field) in were.iter().enumerate() {
        by_name.entry(field.name.to_ascii_lowercase()).or_default().push_back(at);
    }
    let paired: Vec<Option<usize>> =
        are.iter().map(|field| by_name.get_mut(&field.name.to_ascii_lowercase())?.pop_front()).collect();
    // What is ignored stands wherever it likes.
    let counted = are.iter().zip(&paired).map(|(field, was)| was.filter(|_| !ignored.header(&field.name)));
    let stays = longest_rise(&counted.collect::<Vec<_>>());
    let mut gone: VecDeque<usize> = by_name.into_values().flatten().collect();
    gone.make_contiguous().sort_unstable();
    let mut found = Found::default();
    let tell_gone = |found: &mut Found, gone: &mut VecDeque<usize>, before: usize| {
        while let Some(at) = gone.front().copied().filter(|at| *at < before) {
            gone.pop_front();
            if let Some(field) = were.get(at) {
                found.push(row(Sign::Removed, Some((at, field)), None, ignored.header(&field.name)));
            }
        }
    };
    for (at, (field, was)) in are.iter().zip(&paired).enumerate() {
        let old = was.and_then(|was| Some((was, were.get(was)?)));
        if stays.contains(&at)
            && let Some((was, _)) = old
        {
            tell_gone(&mut found, &mut gone, was);
        }
        let out = ignored.header(&field.name);
        match old {
            None => found.push(row(Sign::Added, None, Some((at, field)), out)),
            Some((was, old)) => {
                let moved = !out && !stays.contains(&at);
                let renamed = old.name != field.name;
                if old.value == field.value && !moved && !renamed {
                    let text = [field.name.as_ref(), b": ", field.shown()].concat();
                    found.alike(0, &text, [number(was), number(at)]);
                    continue;
                }
                let only_order = old.value == field.value && (!renamed || ignored.case());
                let only_case = old.value == field.value && (!moved || ignored.order());
                let out = out || only_order && moved && ignored.order() || only_case && renamed && ignored.case();
                found.push(row(Sign::Changed, Some((was, old)), Some((at, field)), out));
                let mut notes = Vec::new();
                if old.value != field.value && (old.covered.is_some() || field.covered.is_some()) {
                    notes.push("a secret, masked".to_owned());
                }
                if renamed {
                    notes.push("other case".to_owned());
                }
                if moved {
                    notes.push(format!("moved from line {} to {}", was + 1, at + 1));
                }
                if !notes.is_empty() {
                    found.note(notes.join(", "));
                }
            }
        }
    }
    tell_gone(&mut found, &mut gone, usize::MAX);
    found.section(name, Vec::new())
}

fn number(at: usize) -> Option<u32> {
    u32::try_from(at + 1).ok()
}

fn row(sign: Sign, old: Option<(usize, &Field)>, new: Option<(usize, &Field)>, ignored: bool) -> Row {
    let text = |field: &Field| {
        let start = match (old, new) {
            (Some((_, one)), Some((_, other))) => clip::window(one.shown(), other.shown()),
            _ => 0,
        };
        [field.name.as_ref(), b": ", &clip::clip(field.shown(), start)].concat()
    };
    let (left, right) = (old.map(|(_, field)| text(field)), new.map(|(_, field)| text(field)));
    let (were, are) = match (&left, &right) {
        (Some(left), Some(right)) => words::marks(left, right),
        _ => (Vec::new(), Vec::new()),
    };
    let side = |at: Option<(usize, &Field)>, text: Option<Vec<u8>>, marks: Vec<(u32, u32)>| {
        Some(Side { text: text?.into(), marks: marks.into(), number: number(at?.0) })
    };
    let name = new.or(old).map(|(_, field)| String::from_utf8_lossy(&field.name).into_owned());
    Row {
        sign,
        begins: true,
        ignored,
        depth: 0,
        old: side(old, left, were),
        new: side(new, right, are),
        path: name.map(|name| format!("header:{name}").into()),
        note: None,
        left_out: 0,
    }
}

/// The places of as many lines as possible whose partners rise with them: what is left has moved.
fn longest_rise(partners: &[Option<usize>]) -> std::collections::HashSet<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; partners.len()];
    let partner = |at: usize| partners.get(at).copied().flatten().unwrap_or(usize::MAX);
    for (at, own) in partners.iter().enumerate() {
        let Some(own) = own else { continue };
        let place = ends.partition_point(|end| partner(*end) < *own);
        if let Some(slot) = before.get_mut(at) {
            *slot = place.checked_sub(1).and_then(|place| ends.get(place)).copied();
        }
        match ends.get_mut(place) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    std::iter::successors(ends.last().copied(), |at| before.get(*at).copied().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn told(old: &[(&str, &str)], new: &[(&str, &str)], ignored: &str) -> String {
        let fields = |pairs: &[(&str, &str)]| -> Vec<Field> {
            let owned = |text: &str| Bytes::copy_from_slice(text.as_bytes());
            pairs.iter().map(|(name, value)| Field { name: owned(name), value: owned(value), covered: None }).collect()
        };
        let section = compare("headers", &fields(old), &fields(new), &ignored.parse().unwrap());
        let rows = section.rows.iter().map(|row| {
            let side = row.new.as_ref().or(row.old.as_ref()).unwrap();
            let text = String::from_utf8_lossy(&side.text).into_owned();
            let note = row.note.as_ref().map_or(String::new(), |note| format!(" ({note})"));
            format!("{}{}{text}{note}", row.sign.char(), if row.ignored { "≈" } else { "" })
        });
        rows.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn lines_are_paired_by_name_and_order_and_case_are_said() {
        for (old, new, expected) in [
            (vec![("A", "1"), ("B", "2")], vec![("A", "1"), ("B", "2")], " A: 1;  B: 2"),
            (vec![("A", "1"), ("B", "2")], vec![("a", "1"), ("B", "3")], "~a: 1 (other case); ~B: 3"),
            (
                vec![("A", "1"), ("B", "2"), ("C", "3")],
                vec![("C", "3"), ("A", "1"), ("B", "2")],
                "~C: 3 (moved from line 3 to 1);  A: 1;  B: 2",
            ),
            (
                vec![("A", "1"), ("X", "0"), ("B", "2")],
                vec![("A", "1"), ("B", "2"), ("Y", "9")],
                " A: 1; -X: 0;  B: 2; +Y: 9",
            ),
            (vec![("A", "1"), ("A", "2")], vec![("A", "1"), ("A", "2"), ("A", "1")], " A: 1;  A: 2; +A: 1"),
            (vec![("A", "1")], vec![], "-A: 1"),
        ] {
            assert_eq!(told(&old, &new, ""), expected);
        }
    }

    #[test]
    fn what_is_ignored_is_still_told() {
        let (old, new) = ([("Date", "1"), ("A", "1"), ("B", "1")], [("Date", "2"), ("b", "1"), ("A", "1")]);
        assert_eq!(
            told(&old, &new, "default header-case header-order"),
            "~≈Date: 2; ~≈b: 1 (other case, moved from line 3 to 2);  A: 1"
        );
        assert_eq!(told(&old, &new, "header-case"), "~Date: 2; ~b: 1 (other case, moved from line 3 to 2);  A: 1");
    }
}
