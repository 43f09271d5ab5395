//! BMP, and ICO, which is a list of BMP and PNG images.

use super::{
    Facts, Wrong, png,
    read::{be32, byte, le16, le32, per_inch},
};

/// The lengths that the second header has had, from OS/2 1.x to version 5 of Windows.
const HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

/// How many images of an icon are listed.
const LISTED: usize = 32;

/// Whether a body begins as BMP does: the two letters alone are those of many a text.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && le32(bytes, 6) == Some(0)
        && le32(bytes, 14).is_some_and(|header| HEADERS.contains(&header))
}

/// Reads both headers.
pub(super) fn read(bytes: &[u8]) -> Result<Facts, Wrong> {
    let cut = (bytes.len(), "the header is cut short");
    let header = le32(bytes, 14).ok_or(cut)?;
    let mut facts = Facts::default();
    let depth = if header == 12 {
        facts.width = le16(bytes, 18).ok_or(cut)?.into();
        facts.height = le16(bytes, 20).ok_or(cut)?.into();
        le16(bytes, 24).ok_or(cut)?
    } else {
        facts.width = le32(bytes, 18).ok_or(cut)?;
        let height = le32(bytes, 22).ok_or(cut)?.cast_signed();
        facts.height = height.unsigned_abs();
        if height < 0 {
            facts.stored.push("from the top down".to_owned());
        }
        match le32(bytes, 30) {
            Some(1 | 2) => facts.stored.push("run lengths".to_owned()),
            Some(4) => facts.stored.push("as JPEG".to_owned()),
            Some(5) => facts.stored.push("as PNG".to_owned()),
            _ => {}
        }
        if let (Some(across @ 1..), Some(down @ 1..)) = (le32(bytes, 38), le32(bytes, 42)) {
            facts.density = Some((per_inch(across), per_inch(down)));
        }
        le16(bytes, 28).ok_or(cut)?
    };
    facts.pixels = colours(depth, header);
    let (begin, length) = (le32(bytes, 10).ok_or(cut)?, bytes.len());
    // What is packed has no length that could be counted; elsewhere rows are padded to four bytes.
    let row = (u64::from(facts.width) * u64::from(depth)).div_ceil(32) * 4;
    let end = row.checked_mul(facts.height.into()).and_then(|pixels| pixels.checked_add(begin.into()));
    facts.end = match (facts.stored.iter().any(|stored| stored != "from the top down"), end) {
        (true, _) => Some(length),
        (false, end) => end.and_then(|end| usize::try_from(end).ok()).filter(|end| *end <= length).map(|end| {
            // A table of colours, a profile, or padding may stand behind the pixels.
            le32(bytes, 2).map_or(end, |said| end.max(said as usize)).min(length)
        }),
    };
    Ok(facts)
}

fn colours(depth: u16, header: u32) -> String {
    match depth {
        1..=8 => format!("{depth} bits, a palette of up to {} colours", 1_u32 << depth),
        16 => "16 bits, RGB".to_owned(),
        24 => "3 × 8 bits, RGB".to_owned(),
        32 if header >= 56 => "4 × 8 bits, RGB with alpha".to_owned(),
        32 => "32 bits, RGB".to_owned(),
        other => format!("{other} bits"),
    }
}

/// Whether a body begins as ICO does, which has no mark: the first image must be where it can be.
pub(super) fn icon_begins(bytes: &[u8]) -> bool {
    let Some(count @ 1..) = le16(bytes, 4) else { return false };
    let first = le32(bytes, 18).unwrap_or(0) as usize;
    bytes.starts_with(b"\0\0\x01\0") && byte(bytes, 9) == Some(0) && first >= 6 + 16 * usize::from(count)
}

/// Reads the list of images.
pub(super) fn icon(bytes: &[u8]) -> Result<Facts, Wrong> {
    let cut = (bytes.len(), "the list of images is cut short");
    let count = usize::from(le16(bytes, 4).ok_or(cut)?);
    let mut facts = Facts::default();
    let mut images = Vec::with_capacity(count.min(LISTED));
    let mut end = Some(0);
    for entry in (0..count).map(|image| 6 + 16 * image) {
        let side = |at| byte(bytes, at).map(|side| if side == 0 { 256 } else { u32::from(side) });
        let (mut width, mut height) = (side(entry).ok_or(cut)?, side(entry + 1).ok_or(cut)?);
        let depth = le16(bytes, entry + 6).ok_or(cut)?;
        let length = le32(bytes, entry + 8).ok_or(cut)? as usize;
        let at = le32(bytes, entry + 12).ok_or(cut)? as usize;
        let data = bytes.get(at..).unwrap_or_default();
        let packed = data.starts_with(png::MARK);
        if let (true, Some(real), Some(tall)) = (packed, be32(data, 16), be32(data, 20)) {
            (width, height) = (real, tall);
        }
        end = end.map(|end: usize| end.max(at.saturating_add(length)));
        let area = u64::from(width) * u64::from(height);
        images.push((area, width, height, depth, packed));
    }
    facts.end = end.filter(|end| *end <= bytes.len());
    images.sort_by_key(|(area, _, _, depth, _)| std::cmp::Reverse((*area, *depth)));
    let words = |depth: u16, packed| {
        let depth = if depth == 0 { String::new() } else { format!("{depth} bits, ") };
        format!("{depth}{}", if packed { "as PNG" } else { "as BMP" })
    };
    let mut listed = images.into_iter();
    if let Some((_, width, height, depth, packed)) = listed.next() {
        (facts.width, facts.height) = (width, height);
        facts.pixels = words(depth, packed);
    }
    for (_, width, height, depth, packed) in listed.by_ref().take(LISTED) {
        facts.others.push(format!("{width} × {height} pixels, {}", words(depth, packed)));
    }
    let more = listed.count();
    if more > 0 {
        facts.others.push(format!("{more} more"));
    }
    Ok(facts)
}
