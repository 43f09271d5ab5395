//! GIF (`GIF89a` specification), with the block by which Netscape said how often it is shown.

use super::{
    Facts, Wrong,
    read::{byte, le16},
};

/// Reads the header and goes over the blocks.
pub(super) fn read(bytes: &[u8]) -> Result<Facts, Wrong> {
    let cut = (bytes.len(), "the header is cut short");
    let width = le16(bytes, 6).ok_or(cut)?;
    let height = le16(bytes, 8).ok_or(cut)?;
    let packed = byte(bytes, 10).ok_or(cut)?;
    let mut facts = Facts { width: width.into(), height: height.into(), ..Facts::default() };
    let mut at = 13 + table(packed);
    let (mut frames, mut delays, mut loops) = (0_u64, 0_u64, 1);
    let (mut cut_out, mut interlaced, mut own) = (false, false, false);
    loop {
        match byte(bytes, at) {
            Some(b',') => {
                let Some(packed) = byte(bytes, at + 9) else { break };
                frames += 1;
                interlaced |= packed & 0x40 != 0;
                own |= table(packed) > 0;
                // The size of codes stands before what is coded.
                at = blocks(bytes, at + 11 + table(packed));
            }
            Some(b'!') => {
                match byte(bytes, at + 1) {
                    Some(0xf9) => {
                        cut_out |= byte(bytes, at + 3).is_some_and(|flags| flags & 1 != 0);
                        delays += le16(bytes, at + 4).map_or(0, |delay| u64::from(delay) * 10);
                    }
                    Some(0xff) if bytes.get(at + 3..at + 14) == Some(b"NETSCAPE2.0") => {
                        // So many times after the first.
                        loops = match le16(bytes, at + 16) {
                            Some(0) | None => 0,
                            Some(again) => u32::from(again) + 1,
                        };
                    }
                    _ => {}
                }
                at = blocks(bytes, at + 2);
            }
            Some(b';') => {
                facts.end = Some(at + 1);
                break;
            }
            _ => break,
        }
    }
    let count = if packed & 0x80 == 0 { 0 } else { 2_u32 << (packed & 7) };
    let with = if cut_out { ", with transparency" } else { "" };
    facts.pixels = match (count, own) {
        (0, _) => format!("palettes of the frames{with}"),
        (count, false) => format!("{} bits, a palette of {count} colours{with}", (packed & 7) + 1),
        (count, true) => format!("a palette of {count} colours, and palettes of the frames{with}"),
    };
    if interlaced {
        facts.stored.push("interlaced".to_owned());
    }
    facts.frames = Some((frames, Some(delays), Some(loops)));
    Ok(facts)
}

/// How many bytes a table of colours has.
fn table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 * (2 << (packed & 7)) }
}

/// Behind a row of blocks, of which the last is empty.
fn blocks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(length) = byte(bytes, at) {
        at += 1 + usize::from(length);
        if length == 0 {
            break;
        }
    }
    at
}
