//! WebP (RFC 9649): lossy, lossless, and extended with alpha, frames and EXIF.

use super::{
    Facts, Wrong, exif,
    read::{byte, le16, le24, le32},
};

/// Reads the first chunk and goes over the others.
pub(super) fn read(bytes: &[u8]) -> Result<Facts, Wrong> {
    let cut = (bytes.len(), "the header is cut short");
    let whole = 8 + le32(bytes, 4).ok_or(cut)? as usize;
    let mut facts = Facts { end: Some(whole).filter(|end| *end <= bytes.len()), ..Facts::default() };
    let data = 20;
    let mut alpha = false;
    match bytes.get(12..16) {
        Some(b"VP8 ") => (facts.width, facts.height) = lossy(bytes, data)?,
        Some(b"VP8L") => {
            let bits = le32(bytes, data + 1).ok_or(cut)?;
            if byte(bytes, data) != Some(0x2f) {
                return Err((data, "expected the mark of the lossless form"));
            }
            (facts.width, facts.height) = ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
            alpha = bits >> 28 & 1 == 1;
        }
        Some(b"VP8X") => {
            let flags = byte(bytes, data).ok_or(cut)?;
            facts.width = le24(bytes, data + 4).ok_or(cut)? + 1;
            facts.height = le24(bytes, data + 7).ok_or(cut)? + 1;
            alpha = flags & 0x10 != 0;
            if flags & 2 != 0 {
                facts.frames = Some((0, Some(0), None));
            }
        }
        Some(_) => return Err((12, "expected the chunk VP8, VP8L or VP8X")),
        None => return Err(cut),
    }
    let (mut is_lossy, mut is_lossless) = (false, false);
    let mut at = 12;
    let within = bytes.get(..whole).unwrap_or(bytes);
    while let (Some(name), Some(length)) = (within.get(at..at + 4), le32(within, at + 4)) {
        let (data, length) = (at + 8, length as usize);
        let chunk = within.get(data..data.saturating_add(length).min(within.len())).unwrap_or_default();
        match name {
            b"VP8 " => is_lossy = true,
            b"VP8L" => is_lossless = true,
            b"ANIM" => {
                if let (Some((_, _, loops)), Some(count)) = (&mut facts.frames, le16(chunk, 4)) {
                    *loops = Some(count.into());
                }
            }
            b"ANMF" => {
                if let Some((count, lasting, _)) = &mut facts.frames {
                    *count += 1;
                    *lasting = lasting.zip(le24(chunk, 12)).map(|(sum, delay)| sum + u64::from(delay));
                }
                match chunk.get(16..20) {
                    Some(b"VP8L") => is_lossless = true,
                    Some(b"VP8 " | b"ALPH") => is_lossy = true,
                    _ => {}
                }
            }
            b"EXIF" => {
                facts.turned = exif::orientation(chunk.strip_prefix(b"Exif\0\0").unwrap_or(chunk));
            }
            _ => {}
        }
        at = data.saturating_add(length).saturating_add(length % 2);
    }
    let stored = match (is_lossy, is_lossless) {
        (true, true) => Some("lossy and lossless"),
        (true, false) => Some("lossy"),
        (false, true) => Some("lossless"),
        (false, false) => None,
    };
    facts.stored.extend(stored.map(str::to_owned));
    let pixels = match (is_lossless || !is_lossy, alpha) {
        (true, true) => "4 × 8 bits, RGB with alpha",
        (true, false) => "3 × 8 bits, RGB",
        (false, true) => "3 × 8 bits, YCbCr 4:2:0 with alpha",
        (false, false) => "3 × 8 bits, YCbCr 4:2:0",
    };
    pixels.clone_into(&mut facts.pixels);
    Ok(facts)
}

/// Width and height in the first frame of VP8 (RFC 6386 §9.1).
fn lossy(bytes: &[u8], data: usize) -> Result<(u32, u32), Wrong> {
    if bytes.get(data + 3..data + 6) != Some(b"\x9d\x01\x2a") {
        return Err((data + 3, "expected the mark of a whole frame"));
    }
    let side = |at| le16(bytes, at).map(|side| u32::from(side & 0x3fff));
    side(data + 6).zip(side(data + 8)).ok_or((bytes.len(), "the header is cut short"))
}
