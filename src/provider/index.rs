//! The table turned round: from a header's name to the rows that it is a sign of.
//!
//! Made once from [`PROVIDERS`](super::PROVIDERS) and the user's own. Header names are sorted into buckets by length, so most headers of a capture are
//! compared with no more than a handful of names.

use std::sync::LazyLock;

use super::{
    Provider, Shape, Sign, all,
    source::NAME_BYTES,
    top_level::{Step, Value},
};
use crate::model::Capture;

/// How many signs of body shape can be tracked in one walk over a body: bits of a `u64`.
const TRACKED: usize = 64;

struct Index {
    rows: Vec<&'static Provider>,
    /// By length of the name.
    headers: Vec<Vec<HeaderSign>>,
    shapes: Vec<(&'static Provider, Shape)>,
}

#[derive(Clone, Copy)]
struct HeaderSign {
    name: &'static str,
    /// The row's place in the table.
    row: usize,
    /// How the value begins and the body's shape, for a header that others send too.
    shared: Option<(&'static str, Shape)>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { rows: Vec::new(), headers: Vec::new(), shapes: Vec::new() };
    for (row, provider) in all().enumerate() {
        index.rows.push(provider);
        for sign in provider.signs {
            let (name, shared) = match *sign {
                Sign::Header(name) => (name, None),
                Sign::Shared(name, begins, shape) => (name, Some((begins, shape))),
                Sign::Body(shape) => {
                    index.shapes.push((provider, shape));
                    continue;
                }
            };
            if index.headers.len() <= name.len() {
                index.headers.resize(name.len() + 1, Vec::new());
            }
            if let Some(bucket) = index.headers.get_mut(name.len()) {
                bucket.push(HeaderSign { name, row, shared });
            }
        }
    }
    index
});

/// Who sent a capture.
pub fn which(capture: &Capture) -> Option<&'static Provider> {
    let mut alone: Option<usize> = None;
    let mut shared = false;
    for header in capture.head.headers() {
        for sign in INDEX.headers.get(header.name.len()).into_iter().flatten() {
            if header.is(sign.name) {
                match sign.shared {
                    None => alone = Some(alone.map_or(sign.row, |row| row.min(sign.row))),
                    Some(_) => shared = true,
                }
            }
        }
    }
    if let Some(row) = alone {
        return INDEX.rows.get(row).copied();
    }
    let top = top(capture)?;
    if shared && let Some(row) = by_shared(capture, top) {
        return INDEX.rows.get(row).copied();
    }
    by_shape(top)
}

/// The object that a shape is about.
fn top(capture: &Capture) -> Option<Value<'_>> {
    let document = Value::document(capture.body.first())?;
    document.at(&[Step::First]).or(Some(document))
}

fn by_shared(capture: &Capture, top: Value<'_>) -> Option<usize> {
    let mut best: Option<usize> = None;
    for header in capture.head.headers() {
        for sign in INDEX.headers.get(header.name.len()).into_iter().flatten() {
            let Some((begins, shape)) = sign.shared else { continue };
            if header.is(sign.name)
                && header.value.starts_with(begins.as_bytes())
                && best.is_none_or(|row| sign.row < row)
                && shape.iter().all(|(name, value)| top.get(name).is_some_and(|found| is(found, *value)))
            {
                best = Some(sign.row);
            }
        }
    }
    best
}

/// The first row of which every name stands at the top, found in one walk.
fn by_shape(top: Value<'_>) -> Option<&'static Provider> {
    let mut seen = [0_u8; TRACKED];
    for (name, value) in top.members() {
        for ((_, shape), seen) in INDEX.shapes.iter().zip(&mut seen) {
            for (place, (wanted, must_be)) in shape.iter().enumerate() {
                if name == wanted.as_bytes() && is(value, *must_be) {
                    *seen |= 1 << place;
                }
            }
        }
    }
    let whole = |((_, shape), seen): &(&(_, Shape), u8)| u32::from(*seen).count_ones() as usize == shape.len();
    INDEX.shapes.iter().zip(seen).find(whole).map(|((provider, _), _)| *provider)
}

fn is(value: Value<'_>, must_be: Option<&str>) -> bool {
    must_be.is_none_or(|text| value.scalar(NAME_BYTES).is_some_and(|found| *found == *text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_fits_the_walk() {
        assert!(INDEX.shapes.len() <= TRACKED);
        for (provider, shape) in &INDEX.shapes {
            assert!((1..=8).contains(&shape.len()), "{}", provider.name);
        }
    }

    #[test]
    fn a_header_is_alone_or_shared_but_not_both() {
        for bucket in &INDEX.headers {
            for sign in bucket.iter().filter(|sign| sign.shared.is_none()) {
                let same = |other: &&HeaderSign| other.name.eq_ignore_ascii_case(sign.name);
                assert_eq!(bucket.iter().filter(same).count(), 1, "{}", sign.name);
            }
        }
    }
}
