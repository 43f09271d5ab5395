//! PNG and APNG (PNG specification, third edition).

use super::{
    Facts, Wrong, exif,
    read::{be32, byte, per_inch},
};

/// What every file begins with.
pub(super) const MARK: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Reads the header and goes over the chunks.
pub(super) fn read(bytes: &[u8]) -> Result<Facts, Wrong> {
    if bytes.get(8..16) != Some(b"\0\0\0\x0dIHDR") {
        return Err((8, "expected the chunk IHDR"));
    }
    let cut = (bytes.len(), "the header is cut short");
    let width = be32(bytes, 16).ok_or(cut)?;
    let height = be32(bytes, 20).ok_or(cut)?;
    let depth = byte(bytes, 24).ok_or(cut)?;
    let colour = byte(bytes, 25).ok_or(cut)?;
    let mut facts = Facts { width, height, ..Facts::default() };
    if byte(bytes, 28) == Some(1) {
        facts.stored.push("interlaced (Adam7)".to_owned());
    }
    let mut at = 33;
    let mut palette = None;
    let mut cut_out = false;
    let (mut delays, mut timed) = (0_u64, false);
    while let (Some(length), Some(name)) = (be32(bytes, at), bytes.get(at + 4..at + 8)) {
        let data = at + 8;
        let length = length as usize;
        match name {
            b"PLTE" => palette = Some(length / 3),
            b"tRNS" => cut_out = true,
            b"acTL" => {
                if let (Some(count), Some(loops)) = (be32(bytes, data), be32(bytes, data + 4)) {
                    facts.frames = Some((u64::from(count), None, Some(loops)));
                }
            }
            b"fcTL" => {
                let number = |at| super::read::be16(bytes, at).map(u64::from);
                if let (Some(delay), Some(parts)) = (number(data + 20), number(data + 22)) {
                    delays = delays.saturating_add(delay * 1000 / if parts == 0 { 100 } else { parts });
                    timed = true;
                }
            }
            b"pHYs" => {
                if let (Some(across), Some(down), Some(1)) =
                    (be32(bytes, data), be32(bytes, data + 4), byte(bytes, data + 8))
                {
                    facts.density = Some((per_inch(across), per_inch(down)));
                }
            }
            b"eXIf" => {
                facts.turned = bytes.get(data..).and_then(|rest| rest.get(..length)).and_then(exif::orientation);
            }
            b"IEND" => {
                facts.end = Some(data.saturating_add(length).saturating_add(4)).filter(|end| *end <= bytes.len());
                break;
            }
            _ => {}
        }
        at = data.saturating_add(length).saturating_add(4);
    }
    if let Some((_, lasting, _)) = facts.frames.as_mut().filter(|_| timed) {
        *lasting = Some(delays);
    }
    let with = if cut_out { ", with a colour that is transparent" } else { "" };
    facts.pixels = match colour {
        0 => format!("{depth} bits of grey{with}"),
        2 => format!("3 × {depth} bits, RGB{with}"),
        3 => {
            let count = palette.unwrap_or(0);
            let with = if cut_out { ", with transparency" } else { "" };
            format!("{depth} bits, a palette of {count} colours{with}")
        }
        4 => format!("2 × {depth} bits, grey with alpha"),
        6 => format!("4 × {depth} bits, RGB with alpha"),
        other => format!("{depth} bits, of the colour type {other}, which PNG does not know"),
    };
    Ok(facts)
}
